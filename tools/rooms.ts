/**
 * Every source file has a room, or the check says so: a new folder is a decision that somebody writes down here (and
 * in docs/architecture.md), not something that happens.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Folders, all they contain included; or single files. */
export const rooms: Readonly<Record<string, readonly string[]>> = {
  "packages/protocol/src": [
    "index.ts",
    "failures.ts",
    "facts.ts",
    "enrolment.ts",
    "run-states.ts",
    "tickets.ts",
    "link/",
    "capabilities/",
    "selectors/",
    "audit/",
    "marcopolo/",
    "status/",
    "waypoint/",
  ],
  "packages/agent": ["build.ts"],
  "packages/agent/src": [
    "main.ts",
    "agent.ts",
    "on-demand.ts",
    "endings.test.ts",
    "containment.test.ts",
    "settings.ts",
    "help.ts",
    "version.ts",
    "commands/",
    "enrol/",
    "link/",
    "marcopolo/",
    "capabilities/",
    "runs/",
    "spool/",
    "tickets/",
    "policy/",
    "instances/",
    "storm-api/",
    "streams/",
    "tasks/",
    "status/",
    "waypoint/",
    "platform/",
    "testing/",
    "blobs.ts",
    "blob-source.ts",
    "facts-reporter.ts",
    "identity-watch.ts",
    "renewer.ts",
    "accounts.test.ts",
    "survival.test.ts",
  ],
  "packages/client/src": [
    "index.ts",
    "arrived.ts",
    "client.ts",
    "calls.ts",
    "client-error.ts",
    "retry.ts",
    "upload-parts.ts",
    "generated/",
    "live/",
    "node/",
    "browser.ts",
    "browser/",
  ],
  "packages/cli": ["bin/"],
  "packages/cli/src": [
    "main.ts",
    "program.ts",
    "session.ts",
    "exit.ts",
    "follow.ts",
    "guard.ts",
    "job-output.ts",
    "exec-request.ts",
    "package-request.ts",
    "personality-files.ts",
    "task.ts",
    "stdin-file.ts",
    "arrival.ts",
    "attend.ts",
    "attend-deployment.ts",
    "deploy-files.ts",
    "preview.ts",
    "option-values.ts",
    "rollout-options.ts",
    "secrets.ts",
    "confirm.ts",
    "pages.ts",
    "show.ts",
    "commands/",
    "ui/",
  ],
  "packages/console": ["vite.config.ts", "public/"],
  "packages/console/src": [
    "main.tsx",
    "styles.d.ts",
    "app/",
    "session/",
    "api/",
    "theme/",
    "words/",
    "ui/",
    "output/",
    "upload/",
    "pages/",
  ],
  "packages/testkit/src": ["index.ts", "sim/", "processes/", "faults/", "plane/", "bolt-peer/"],
  "packages/server/src": [
    "main.ts",
    "server-start.mjs",
    "program/",
    "plane.ts",
    "plane/",
    "local-agent.ts",
    "last-words.ts",
    "local-agent-words.ts",
    "local-agent-orphan.ts",
    "installation.ts",
    "version.ts",
    "settings/",
    "api/",
    "migrations/",
  ],
  "packages/server/src/cores": [
    "core.ts",
    "conformance.ts",
    "conformance-harness.ts",
    "conformance-http.ts",
    "conformance-life.ts",
    "conformance-daemon.ts",
    "daemonize.ts",
    "local/",
    "builtin/",
  ],
  "packages/server/src/gateways": ["marcopolo/", "dns-sd/", "tower-relay/", "bolt/", "activation/", "tower/"],
  "packages/server/src/domain": [
    "accounts/",
    "audit/",
    "discovery/",
    "server/",
    "fleet/",
    "blobs/",
    "enrolment/",
    "link/",
    "jobs/",
    "deployments/",
    "scripts/",
    "identity/",
    "users/",
    "sessions/",
    "live/",
    "distribution/",
    "terminals/",
    "relay/",
    "monitor/",
    "status/",
    "console/",
  ],
  "packages/server/src/platform": [
    "clock.ts",
    "batches.ts",
    "folder-size.ts",
    "followed-files.ts",
    "repeat.ts",
    "folders.ts",
    "turns.ts",
    "network.ts",
    "last-used.ts",
    "latest.ts",
    "lent-buffers.ts",
    "sealing.ts",
    "store/",
    "pam/",
    "bus/",
    "daemon/",
    "blobs/",
    "segments/",
    "log/",
    "metrics/",
    "pki/",
  ],
  tools: [""],
  bench: [""],
  e2e: [""],
};

/** Names that say nothing about what is inside. */
const nameless = /(^|\/)(utils?|helpers?|misc|common|shared)(\.[a-z.]+)?(\/|$)/;

/** What is wrong with each of these files' places; empty when all have a room. */
export function strangers(files: readonly string[]): readonly string[] {
  const places = Object.entries(rooms).flatMap(([folder, names]) => names.map((name) => `${folder}/${name}`));
  const hasRoom = (file: string) => {
    const tested = file.replace(/\.(test|testing|bench)\.ts$/, ".ts");
    return places.some(
      (place) => file === place || tested === place || (place.endsWith("/") && file.startsWith(place)),
    );
  };
  return files.flatMap((file) => {
    if (nameless.test(file)) return [`${file}: its name does not say what it is about`];
    if (!hasRoom(file)) return [`${file}: no room is declared for it in tools/rooms.ts`];
    return [];
  });
}

/** All sources in the folders that have rooms, from the root. */
export function sourceFiles(root: string): readonly string[] {
  return ["packages", "tools", "bench", "e2e"]
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((file) => `${folder}/${file}`),
    )
    .filter((file) => /\.[cm]?[jt]sx?$/.test(file) && !/(^|\/)(node_modules|dist)\//.test(file))
    .toSorted();
}

/** Rooms of the domain that the page of architecture does not tell of, tells of twice, or that are no more. */
export function untold(page: string, folders: readonly string[]): readonly string[] {
  const told = [...page.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, room]) => room ?? "");
  return [
    ...folders.filter((room) => !told.includes(room)).map((room) => `${DOMAIN}/${room}: has no row in ${PAGE}`),
    ...told.filter((room, at) => told.indexOf(room) < at).map((room) => `${PAGE}: tells of the room ${room} twice`),
    ...told
      .filter((room) => !folders.includes(room))
      .map((room) => `${PAGE}: tells of the room ${room}, which is not there`),
  ];
}

const PAGE = "docs/architecture.md";
const DOMAIN = "packages/server/src/domain";

if (import.meta.main) {
  const root = join(import.meta.dirname, "..");
  const found = [
    ...strangers(sourceFiles(root)),
    ...untold(readFileSync(join(root, PAGE), "utf8"), readdirSync(join(root, DOMAIN))),
  ];
  for (const sentence of found) console.log(sentence);
  if (found.length > 0) process.exitCode = 1;
}
