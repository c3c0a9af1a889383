// Who may know whom. docs/architecture.md tells why; tools/directions.test.ts provokes every rule.
// @ts-check
import "./tools/teach-swc-using.mjs";

const TEST = String.raw`\.(test|testing|bench|global)\.tsx?$`;
const SERVER = "^packages/server/src";
const ROOMS_IN_ORDER = [
  ["fleet", "enrolment", "link", "jobs"],
  ["identity", "users", "sessions"],
];
/** The folder of an npm package, wherever npm put it. */
const npm = (/** @type {string[]} */ ...names) => `(^|/)node_modules/(${names.join("|")})/`;

/** All that the agent's bundle may contain; docs/decisions/dependencies.md gives the reasons. */
const AGENT_MAY_USE = [
  "@peculiar/x509",
  "multicast-dns",
  "reflect-metadata",
  "smol-toml",
  "systeminformation",
  "tar-stream",
  "ws",
  "yauzl",
  "zod",
];

/**
 * In the server a layer knows the layers after it and none before it. `cores/core.ts` holds contracts only, so that
 * every layer may speak of a peer or a door without knowing who opens it.
 */
const LAYERS = ["cores", "plane", "gateways", "domain", "api", "platform"];
const layer = (/** @type {string} */ name) => (name === "plane" ? `${SERVER}/plane(\\.ts$|/)` : `${SERVER}/${name}/`);
const layerRules = LAYERS.slice(1).map((name, at) => ({
  name: `${name}-knows-no-layer-above`,
  comment: "main → cores → plane → gateways → domain → api → platform",
  from: { path: layer(name), pathNot: TEST },
  to: {
    path: [`${SERVER}/(main\\.ts$|program/)`, ...LAYERS.slice(0, at + 1).map(layer)],
    ...(name === "platform" ? {} : { pathNot: `${SERVER}/cores/core\\.ts$` }),
  },
}));

const roomRules = ROOMS_IN_ORDER.flatMap((rooms) =>
  rooms.slice(0, -1).map((room, at) => ({
    name: `${room}-knows-no-later-room`,
    comment: rooms.join(" ← "),
    from: { path: `${SERVER}/domain/${room}/`, pathNot: TEST },
    to: { path: `${SERVER}/domain/(${rooms.slice(at + 1).join("|")})/` },
  })),
);

/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: [
    {
      name: "no-cycles",
      comment: "Types count: a cycle of types is a cycle of meaning.",
      from: {},
      to: { circular: true },
    },
    { name: "nothing-unresolved", from: {}, to: { couldNotResolve: true } },
    {
      name: "only-tests-import-tests",
      from: { path: "^packages/", pathNot: [TEST, "^packages/testkit/"] },
      to: { path: TEST },
    },
    {
      name: "only-tests-import-testkit",
      from: { path: "^packages/", pathNot: [TEST, "^packages/testkit/"] },
      to: { path: "^packages/testkit/" },
    },
    {
      name: "nothing-shipped-knows-the-workshop",
      comment: "tools, benches and journeys look at the packages, never the other way round.",
      from: { path: "^packages/" },
      to: { path: "^(tools|bench|e2e)/" },
    },
    {
      name: "protocol-stands-alone",
      comment: "Pure: it runs in an agent, a server and a browser alike.",
      from: { path: "^packages/protocol/src/", pathNot: TEST },
      to: { pathNot: ["^packages/protocol/src/", npm("zod")] },
    },
    {
      name: "agent-has-few-dependencies",
      comment: "It runs on every machine: each package in it is asked for by name in .dependency-cruiser.mjs.",
      from: { path: "^packages/agent/src/", pathNot: TEST },
      to: {
        pathNot: ["^packages/(agent|protocol)/(src/|package\\.json$)", npm(...AGENT_MAY_USE)],
        dependencyTypesNot: ["core"],
      },
    },
    {
      name: "cli-and-console-know-client-only",
      comment: "What a person can do, a program can do: through the same API.",
      from: { path: "^packages/(cli|console)/src/", pathNot: TEST },
      to: { path: "^packages/(agent|protocol|server|testkit)/" },
    },
    {
      name: "ui-knows-no-route",
      comment: "What views are made of knows neither views nor addresses.",
      from: { path: "^packages/console/src/ui/", pathNot: TEST },
      to: { path: ["^packages/console/src/(app|pages)/", npm("@tanstack/react-router")] },
    },
    {
      name: "browsers-have-no-node",
      comment: "The client's door for browsers, and all behind it, runs without Node.",
      from: { path: "^packages/client/src/(browser|live|generated)(/|\\.ts$)", pathNot: TEST },
      to: { path: ["^packages/client/src/(node/|index\\.ts$)", "^node:", npm("ws")] },
    },
    {
      name: "client-knows-openapi-only",
      comment:
        "And the language of selectors (decision 0012) and the check of audit logs (0018), the same at both ends.",
      from: { path: "^packages/client/src/", pathNot: TEST },
      to: { path: "^packages/(?!client/)", pathNot: "^packages/protocol/src/(selectors|audit)/index\\.ts$" },
    },
    {
      name: "server-knows-protocol-only",
      comment: "Agent and server meet in the protocol. The bundle of the agent is a file to the server, not code.",
      from: { path: `${SERVER}/`, pathNot: TEST },
      to: { path: "^packages/(agent|cli|client|console)/" },
    },
    {
      name: "rooms-meet-at-index",
      from: { path: `${SERVER}/domain/([^/]+)/`, pathNot: TEST },
      to: { path: `${SERVER}/domain/[^/]+/`, pathNot: [`${SERVER}/domain/$1/`, `${SERVER}/domain/[^/]+/index\\.ts$`] },
    },
    {
      name: "rooms-are-entered-at-index",
      comment: "The composition root and the gateways use the rooms' doors like everybody else.",
      from: { path: `${SERVER}/(?!domain/)`, pathNot: TEST },
      to: { path: `${SERVER}/domain/[^/]+/`, pathNot: `${SERVER}/domain/[^/]+/index\\.ts$` },
    },
    ...layerRules,
    {
      name: "cores-know-the-door-only",
      comment: "A core knows the plane's door and nothing behind it.",
      from: { path: `${SERVER}/cores/`, pathNot: TEST },
      to: { path: `${SERVER}/((main|plane)\\.ts$|(plane|program|gateways|domain|migrations)/)` },
    },
    ...roomRules,
    {
      name: "sql-only-in-stores",
      comment: "One place a room to look for SQL; everything else asks the store.",
      from: {
        path: `${SERVER}/`,
        pathNot: [TEST, "\\.store\\.ts$", `${SERVER}/platform/store/`, `${SERVER}/migrations/`],
      },
      to: { path: ["^node:sqlite$", "^sqlite$", npm("kysely", "pg", "pg-[a-z-]+")] },
    },
    {
      name: "http-only-in-routes",
      comment: "Rules do not know that somebody asked over HTTP.",
      from: { path: `${SERVER}/`, pathNot: [TEST, "\\.routes\\.ts$", `${SERVER}/api/`, `${SERVER}/plane(\\.ts$|/)`] },
      to: { path: npm("hono", "@hono/[^/]+") },
    },
  ],
  options: {
    // TypeScript 7 has no API that dependency-cruiser could use: without this line it sees 0 modules and is content.
    parser: "swc",
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    // Not `/dist/`: that would also drop the edges into node_modules/*/dist, and with them most rules.
    exclude: { path: "^packages/[^/]+/dist/" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "types", "default"],
      extensions: [".ts", ".tsx", ".mjs", ".js", ".json"],
    },
  },
};
