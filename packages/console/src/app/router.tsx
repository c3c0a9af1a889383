/** Every address, with what may stand in its search. Views are fetched when somebody goes there. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet } from "@tanstack/react-router";
import { ErrorView, NothingHere } from "./error-view.tsx";
import { Gate } from "./gate.tsx";
import { oneOf, pathText, text } from "./search.ts";

const root = createRootRoute({ component: Outlet, notFoundComponent: NothingHere });

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: ({ next }): { next?: string } => pathText("next", next),
  component: lazyRouteComponent(() => import("../pages/sign-in/sign-in-page.tsx"), "SignInPage"),
});

const gate = createRoute({ getParentRoute: () => root, id: "gate", component: Gate, notFoundComponent: NothingHere });

const overview = createRoute({
  getParentRoute: () => gate,
  path: "/",
  component: lazyRouteComponent(() => import("../pages/overview/overview-page.tsx"), "OverviewPage"),
});

const hosts = createRoute({
  getParentRoute: () => gate,
  path: "/hosts",
  validateSearch: ({ selector, view }): { selector?: string; view?: "map" | "table" } => ({
    ...text("selector", selector),
    ...oneOf("view", ["map", "table"], view),
  }),
  component: lazyRouteComponent(() => import("../pages/fleet/fleet-page.tsx"), "FleetPage"),
});

const host = createRoute({
  getParentRoute: () => gate,
  path: "/hosts/$host",
  component: lazyRouteComponent(() => import("../pages/host/host-page.tsx"), "HostPage"),
});

export const router = createRouter({
  routeTree: root.addChildren([signIn, gate.addChildren([overview, hosts, host])]),
  defaultErrorComponent: ErrorView,
  defaultNotFoundComponent: NothingHere,
  defaultPreload: "intent",
  scrollRestoration: false,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
