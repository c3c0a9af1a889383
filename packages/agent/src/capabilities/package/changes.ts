/** What a deed changed, by the manager's own lists before and after it. Pure. */
import type { InstalledPackage, PackageOutcome } from "@atalaya/protocol";
import { bareName, byName } from "./manager.ts";

export interface Change {
  readonly name: string;
  readonly outcome: PackageOutcome;
  readonly before?: string;
  readonly after?: string;
}

/** What was named comes first, also when it is as it was; then whatever came or went with it. */
export function changesOf(
  before: readonly InstalledPackage[],
  after: readonly InstalledPackage[],
  named: readonly string[],
): readonly Change[] {
  const [was, is] = [byName(before), byName(after)];
  const names = named.map((name) => (was.has(name) || is.has(name) ? name : bareName(name)));
  const all = new Set([...names, ...was.keys(), ...is.keys()]);
  return [...all].flatMap((name) => {
    const change = changeOf(name, was.get(name), is.get(name));
    return change.outcome !== "unchanged" || names.includes(name) ? [change] : [];
  });
}

function changeOf(name: string, was: InstalledPackage | undefined, is: InstalledPackage | undefined): Change {
  const versions = {
    ...(was === undefined ? {} : { before: was.version }),
    ...(is === undefined ? {} : { after: is.version }),
  };
  return { name, outcome: outcomeOf(was, is), ...versions };
}

function outcomeOf(was: InstalledPackage | undefined, is: InstalledPackage | undefined): PackageOutcome {
  if (was === undefined) return is === undefined ? "unchanged" : "installed";
  if (is === undefined) return "removed";
  if (was.version !== is.version || (was.status === "broken") !== (is.status === "broken")) return "changed";
  if (was.status === is.status) return "unchanged";
  return is.status === "held" ? "held" : "unheld";
}
