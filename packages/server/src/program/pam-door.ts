import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log/index.ts";
import { chooseService, createPam, type PamKeeper } from "../platform/pam/index.ts";
import type { Settings } from "../settings/index.ts";

export interface PamDoor {
  readonly pam: PamKeeper | { readonly unavailable: string };
  /** What whoever starts the server should know. */
  readonly notes: readonly string[];
}

/** While still root: chooses whom PAM asks, and makes the service's file where there is none. */
export async function openPamDoor(
  { pamService, pamHelpers, pamSeconds }: Pick<Settings, "pamService" | "pamHelpers" | "pamSeconds">,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Promise<PamDoor> {
  if (process.geteuid?.() !== 0) {
    return {
      pam: { unavailable: "The server was not started as root, and only root can check this machine's passwords." },
      notes: [],
    };
  }
  const chosen = await chooseService(pamService);
  if ("unavailable" in chosen) {
    log.warn({ reason: chosen.unavailable }, "nobody can sign in by password");
    return { pam: chosen, notes: [] };
  }
  const { service, note } = chosen;
  if (note !== undefined) log.warn({ service }, note);
  const pam = createPam({ clock, log, service, helpers: pamHelpers, deadlineMs: pamSeconds * 1000 });
  return { pam, notes: note === undefined ? [] : [note] };
}
