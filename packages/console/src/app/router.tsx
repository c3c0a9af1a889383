/** Every address, with what may stand in its search. Views are fetched when somebody goes there. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet } from "@tanstack/react-router";
import { spans, type Span } from "../api/monitor.ts";
import { ErrorView, NothingHere } from "./error-view.tsx";
import { runStates, type RunState } from "../ui/states.ts";
import type { ViewPermission } from "../session/roles-of.ts";
import { Gate } from "./gate.tsx";
import { oneOf, pathText, text } from "./search.ts";

const root = createRootRoute({ component: Outlet });

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: ({ next }): { next?: string } => pathText("next", next),
  component: lazyRouteComponent(() => import("../pages/sign-in/sign-in-page.tsx"), "SignInPage"),
});

const gate = createRoute({ getParentRoute: () => root, id: "gate", component: Gate });

const overview = createRoute({
  getParentRoute: () => gate,
  path: "/",
  validateSearch: ({ selector }): { selector?: string } => text("selector", selector),
  component: lazyRouteComponent(() => import("../pages/overview/overview-page.tsx"), "OverviewPage"),
});

const hosts = createRoute({
  getParentRoute: () => gate,
  path: "/hosts",
  staticData: { permission: "fleet.read" },
  validateSearch: ({ selector, view }): { selector?: string; view?: "map" | "table" } => ({
    ...text("selector", selector),
    ...oneOf("view", ["map", "table"], view),
  }),
  component: lazyRouteComponent(() => import("../pages/fleet/fleet-page.tsx"), "FleetPage"),
});

const host = createRoute({
  getParentRoute: () => gate,
  path: "/hosts/$host",
  staticData: { permission: "fleet.read" },
  validateSearch: ({
    tab,
    span,
  }): { tab?: "monitor" | "status" | "runs" | "history" | "packages" | "services"; span?: Span } => ({
    ...oneOf("tab", ["monitor", "status", "runs", "history", "packages", "services"], tab),
    ...oneOf("span", spans, span),
  }),
  component: lazyRouteComponent(() => import("../pages/host/host-page.tsx"), "HostPage"),
});

const jobs = createRoute({
  getParentRoute: () => gate,
  path: "/jobs",
  staticData: { permission: "job.read" },
  validateSearch: ({ state }): { state?: "open" | "finished" } => oneOf("state", ["open", "finished"], state),
  component: lazyRouteComponent(() => import("../pages/jobs/jobs-page.tsx"), "JobsPage"),
});

const job = createRoute({
  getParentRoute: () => gate,
  path: "/jobs/$job",
  staticData: { permission: "job.read" },
  validateSearch: ({ tab, state, fold }): { tab?: "output"; state?: RunState; fold?: "same" } => ({
    ...oneOf("tab", ["output"], tab),
    ...oneOf("state", runStates, state),
    ...oneOf("fold", ["same"], fold),
  }),
  component: lazyRouteComponent(() => import("../pages/job/job-page.tsx"), "JobPage"),
});

const run = createRoute({
  getParentRoute: () => gate,
  path: "/runs/$run",
  staticData: { permission: "job.read" },
  component: lazyRouteComponent(() => import("../pages/run/run-page.tsx"), "RunPage"),
});

const shell = createRoute({
  getParentRoute: () => gate,
  path: "/shell",
  staticData: { permission: "job.create" },
  validateSearch: ({
    selector,
    job: asked,
    show,
  }): { selector?: string; job?: string; show?: "lines" | "hosts" | "same" } => ({
    ...text("selector", selector),
    ...text("job", asked),
    ...oneOf("show", ["lines", "hosts", "same"], show),
  }),
  component: lazyRouteComponent(() => import("../pages/shell/shell-page.tsx"), "ShellPage"),
});

const enrolment = createRoute({
  getParentRoute: () => gate,
  path: "/enrolment",
  staticData: { permission: "enrolment.read" },
  component: lazyRouteComponent(() => import("../pages/enrolment/enrolment-page.tsx"), "EnrolmentPage"),
});

const tokens = createRoute({
  getParentRoute: () => gate,
  path: "/tokens",
  staticData: { permission: "identity.read" },
  component: lazyRouteComponent(() => import("../pages/tokens/tokens-page.tsx"), "TokensPage"),
});

const server = createRoute({
  getParentRoute: () => gate,
  path: "/server",
  staticData: { permission: "server.read" },
  component: lazyRouteComponent(() => import("../pages/server/server-page.tsx"), "ServerPage"),
});

const account = createRoute({
  getParentRoute: () => gate,
  path: "/account",
  component: lazyRouteComponent(() => import("../pages/account/account-page.tsx"), "AccountPage"),
});

const users = createRoute({
  getParentRoute: () => gate,
  path: "/users",
  staticData: { permission: "user.read" },
  component: lazyRouteComponent(() => import("../pages/users/users-page.tsx"), "UsersPage"),
});

const audit = createRoute({
  getParentRoute: () => gate,
  path: "/audit",
  staticData: { permission: "audit.read" },
  validateSearch: ({
    actor,
    action,
    target,
    outcome,
  }): { actor?: string; action?: string; target?: string; outcome?: "done" | "refused" | "failed" | "unknown" } => ({
    ...text("actor", actor),
    ...text("action", action),
    ...text("target", target),
    ...oneOf("outcome", ["done", "refused", "failed", "unknown"], outcome),
  }),
  component: lazyRouteComponent(() => import("../pages/audit/audit-page.tsx"), "AuditPage"),
});

const deployments = createRoute({
  getParentRoute: () => gate,
  path: "/deployments",
  staticData: { permission: "deployment.read" },
  component: lazyRouteComponent(() => import("../pages/deployments/deployments-page.tsx"), "DeploymentsPage"),
});

const newDeployment = createRoute({
  getParentRoute: () => gate,
  path: "/deployments/new",
  staticData: { permission: "deployment.write" },
  component: lazyRouteComponent(() => import("../pages/deployments/new-deployment-page.tsx"), "NewDeploymentPage"),
});

const deployment = createRoute({
  getParentRoute: () => gate,
  path: "/deployments/$deployment",
  staticData: { permission: "deployment.read" },
  component: lazyRouteComponent(() => import("../pages/deployments/deployment-page.tsx"), "DeploymentPage"),
});

const scripts = createRoute({
  getParentRoute: () => gate,
  path: "/scripts",
  staticData: { permission: "deployment.read" },
  component: lazyRouteComponent(() => import("../pages/scripts/scripts-page.tsx"), "ScriptsPage"),
});

const newScript = createRoute({
  getParentRoute: () => gate,
  path: "/new-script",
  staticData: { permission: "deployment.write" },
  component: lazyRouteComponent(() => import("../pages/scripts/edit-script-page.tsx"), "NewScriptPage"),
});

const script = createRoute({
  getParentRoute: () => gate,
  path: "/scripts/$script",
  staticData: { permission: "deployment.read" },
  validateSearch: ({ selector }): { selector?: string } => text("selector", selector),
  component: lazyRouteComponent(() => import("../pages/scripts/script-page.tsx"), "ScriptPage"),
});

const editScript = createRoute({
  getParentRoute: () => gate,
  path: "/scripts/$script/edit",
  staticData: { permission: "deployment.write" },
  component: lazyRouteComponent(() => import("../pages/scripts/edit-script-page.tsx"), "EditScriptPage"),
});

const discovery = createRoute({
  getParentRoute: () => gate,
  path: "/discovery",
  staticData: { permission: "discovery.read" },
  component: lazyRouteComponent(() => import("../pages/discovery/discovery-page.tsx"), "DiscoveryPage"),
});

const terminal = createRoute({
  getParentRoute: () => gate,
  path: "/hosts/$host/terminal",
  staticData: { permission: "terminal.open" },
  validateSearch: ({ account: wanted }): { account?: string } => text("account", wanted),
  component: lazyRouteComponent(() => import("../pages/terminal/terminal-page.tsx"), "TerminalPage"),
});

const nowhere = createRoute({ getParentRoute: () => gate, path: "$", component: NothingHere });

const views = [
  overview,
  hosts,
  host,
  jobs,
  job,
  run,
  shell,
  enrolment,
  tokens,
  server,
  account,
  users,
  audit,
  deployments,
  newDeployment,
  deployment,
  scripts,
  newScript,
  script,
  editScript,
  discovery,
  terminal,
  nowhere,
] as const;

export const router = createRouter({
  routeTree: root.addChildren([signIn, gate.addChildren(views)]),
  defaultErrorComponent: ErrorView,
  defaultNotFoundComponent: NothingHere,
  defaultPreload: "intent",
  scrollRestoration: false,
});

declare module "@tanstack/react-router" {
  interface StaticDataRouteOption {
    /** Who lacks it finds a word about that in the place of the view. */
    readonly permission?: ViewPermission;
  }
  interface Register {
    router: typeof router;
  }
}
