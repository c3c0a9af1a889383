/** Every view of the console, by the address that the router knows it by: what axe looks at. */

/** What a world must have before the views can be visited. */
export interface Made {
  readonly job: string;
  readonly run: string;
  readonly deployment: string;
}

export interface View {
  /** As `router.tsx` writes it. */
  readonly route: string;
  readonly path: (made: Made) => string;
  /** A text that stands there once the view is whole. */
  readonly sign: string;
}

const view = (route: string, sign: string, path: string | ((made: Made) => string) = route): View => ({
  route,
  sign,
  path: typeof path === "string" ? () => path : path,
});

/** Seen by whoever is signed in. */
export const views: readonly View[] = [
  view("/", "Latest jobs"),
  view("/", "of 6 hosts online", "/?selector=lab:aula-1"),
  view("/hosts", "norte / aula-1"),
  view("/hosts", "pc-01", "/hosts?view=table"),
  view("/hosts/$host", "Systems on this host", "/hosts/pc-01"),
  view("/hosts/$host", "Connected", "/hosts/pc-01?tab=history"),
  view("/hosts/$host", "hello", "/hosts/pc-01?tab=runs"),
  view("/hosts/$host", "In the list of minions", "/hosts/real?tab=status"),
  view("/hosts/$host", "Busiest processes", "/hosts/real?tab=monitor"),
  view("/hosts/$host", "Month", "/hosts/real?tab=monitor&span=hour"),
  view("/hosts/$host/terminal", "Ctrl Shift C copies", "/hosts/real/terminal"),
  view("/jobs", "hello"),
  view("/jobs/$job", "5 of 5 ended", ({ job }) => `/jobs/${job}`),
  view("/jobs/$job", "5 lines", ({ job }) => `/jobs/${job}?tab=output`),
  view("/runs/$run", "1 line,", ({ run }) => `/runs/${run}`),
  view("/shell", "13 hosts", "/shell?selector=all"),
  view("/deployments", "Notes"),
  view("/deployments/new", "Drop files or folders here"),
  view("/deployments/$deployment", "1 created", ({ deployment }) => `/deployments/${deployment}`),
  view("/scripts", "greet"),
  view("/new-script", "Add a parameter"),
  view("/scripts/$script", "Whom to greet", "/scripts/greet?selector=pc-01"),
  view("/scripts/$script/edit", "Choices, one a line", "/scripts/greet/edit"),
  view("/discovery", "Discovery"),
  view("/enrolment", "Nobody waits"),
  view("/users", "Roles"),
  view("/tokens", "No API tokens"),
  view("/audit", "session"),
  view("/server", "certificate-days"),
  view("/account", "Where you are signed in"),
  view("$", "There is no view at this address", "/nowhere"),
];

/** Seen by who is not signed in. */
export const viewsOutside: readonly View[] = [
  view("/sign-in", "Every machine in sight"),
  view("/sign-in", "let nobody in", "/sign-in#error=identity.no-role"),
];
