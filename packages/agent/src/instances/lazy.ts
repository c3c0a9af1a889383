import { readdirSync } from "node:fs";
import { failureOf, type Log } from "../platform/log.ts";
import type { Variables } from "../capabilities/environment/variables.ts";
import type { ClearNeeds } from "./clear.ts";
import type { Supervisor } from "./supervisor.ts";

export interface LazySupervisor extends AsyncDisposable {
  /** Loaded and opened at the first call: an agent without instances does without. */
  open(): Promise<Supervisor>;
  /** Opens it where there are instances to be looked after. */
  begin(): void;
  /** Whether there are, or were. */
  readonly wanted: boolean;
  /** Calls whenever one has changed, also one that is the first. */
  watch(changed: () => void): Disposable;
}

export interface LazyNeeds extends Omit<ClearNeeds, "variables"> {
  readonly data: string;
  readonly bootId: string;
  readonly log: Log;
  readonly variables: Variables;
}

export function lazySupervisor(needs: LazyNeeds): LazySupervisor {
  const { data, bootId, log, variables } = needs;
  let opening: Promise<Supervisor> | undefined;
  const watchers = new Set<() => void>();

  function open(): Promise<Supervisor> {
    return (opening ??= Promise.all([import("./supervisor.ts"), import("./clear.ts")]).then(
      ([{ openSupervisor }, { clearance }]) =>
        openSupervisor({
          data,
          bootId,
          log,
          now: Date.now,
          clear: clearance({ ...needs, variables: () => variables.values() }),
          changed: () => watchers.forEach((told) => told()),
        }),
    ));
  }

  return {
    open,
    get wanted() {
      return opening !== undefined || hasEntries(`${data}/instances`);
    },
    watch(changed) {
      watchers.add(changed);
      return { [Symbol.dispose]: () => void watchers.delete(changed) };
    },
    begin() {
      if (!hasEntries(`${data}/instances`)) return;
      open().catch((error: unknown) => log.error("instances.not-opened", failureOf(error)));
    },
    async [Symbol.asyncDispose]() {
      await (await opening?.catch(() => undefined))?.close();
    },
  };
}

function hasEntries(folder: string): boolean {
  try {
    return readdirSync(folder).length > 0;
  } catch {
    return false;
  }
}
