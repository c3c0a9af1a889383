/** What the status of a host says of packages, and when to look again. */
import { watch, type FSWatcher } from "node:fs";
import type { InstalledPackage } from "@atalaya/protocol";
import { systemManager } from "./managers.ts";
import { listNpm, NPM_PREFIX } from "./npm.ts";
import { capture } from "./steps.ts";

/** Where distributions' own npm puts things, beside the usual prefix. */
const PREFIXES = [NPM_PREFIX, "/usr"];

/** All of the system's manager, then npm's. What cannot be read is absent. */
export async function readPackages(): Promise<readonly InstalledPackage[]> {
  const system = await Promise.resolve(systemManager({ ask: capture })?.list()).catch(() => undefined);
  const npm = await Promise.all(PREFIXES.map((prefix) => listNpm(prefix)));
  return [...(system ?? []), ...npm.flat()];
}

/** A manager writes its database many times for one package. */
const QUIET_MS = 1_000;
const DATABASES = [
  "/var/lib/dpkg",
  "/var/lib/rpm",
  "/lib/apk/db",
  "/var/lib/pacman/local",
  ...PREFIXES.map((prefix) => `${prefix}/lib/node_modules`),
];

/** Calls after the databases have changed and have been quiet for a moment; no timer runs while nothing happens. */
export function watchPackages(changed: () => void, folders: readonly string[] = DATABASES): Disposable {
  const watchers: FSWatcher[] = [];
  let timer: NodeJS.Timeout | undefined;
  const soon = (): void => {
    clearTimeout(timer);
    timer = setTimeout(changed, QUIET_MS);
    timer.unref();
  };
  for (const folder of folders) {
    try {
      const watcher = watch(folder, { persistent: false }, soon);
      watcher.on("error", () => watcher.close());
      watchers.push(watcher);
    } catch {
      // Not there: another system's, or a prefix without packages. One that is made later shows at the next look.
    }
  }
  return {
    [Symbol.dispose]() {
      clearTimeout(timer);
      for (const watcher of watchers) watcher.close();
    },
  };
}

export const packagesSource = {
  name: "packages",
  read: readPackages,
  changed: watchPackages,
} as const;
