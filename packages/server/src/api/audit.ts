/**
 * The audit log as those see it who write to it. Routes do not: what every route that changes something leaves there is
 * written here and in `mount.ts`, in one place. What is no route (a login, a terminal, a gateway) calls `record`.
 */
import { AtalayaError } from "@atalaya/protocol";
import type { Actor } from "./actor.ts";
import type { AuditAction } from "./audit-actions.ts";

/** What an entry says beyond who and what. Never passwords, secrets or tokens: details are shown and exported. */
export interface About {
  /** Ids as they are, everything else with its kind: `host:pc-01`, `group:web`. */
  readonly targets?: readonly string[];
  readonly details?: Readonly<Record<string, unknown>>;
}

export interface Change extends About {
  readonly actor: Pick<Actor, "name" | "token">;
  readonly action: AuditAction;
  readonly address?: string | undefined;
  readonly requestId?: string | undefined;
}

/** How it went; `code` is a failure's. */
export type Outcome = { readonly outcome: "done" } | { readonly outcome: "refused" | "failed"; readonly code: string };

export interface PendingChange {
  /** Resolves when the entry is kept, durably. `about` is added to what the beginning said. Called once. */
  end(how: Outcome, about?: About): Promise<void>;
  /** Instead of `end`: nothing was changed. */
  drop(): void;
}

export interface AuditDoor {
  /**
   * Before a change: leaves a mark that outlives this process, so that also a change whose server was killed is told.
   * Rejects with `audit.unavailable` while the log cannot be written: then nothing may be changed.
   */
  begin(change: Change): Promise<PendingChange>;
  /** Something that is over. Resolves when its entry is kept, durably. */
  record(entry: Change & Outcome): Promise<void>;
}

/** The audit log as one request sees it. */
export interface RequestAudit {
  /** For the guard, first of all: what is asked for, whoever asks. */
  asked(action: AuditAction, params: Readonly<Record<string, string>>): void;
  /** For the guard, once the caller may. */
  begin(actor: Actor): Promise<void>;
  /** For handlers: what else the entry shall say. */
  note(about: About): void;
  /** For handlers: what succeeds here has changed nothing this time, and leaves no entry. Refusals still do. */
  changedNothing(): void;
  /** For `mount`, once the answer is known; `error` is what a handler or guard threw. */
  end(actor: Actor, status: number, error: unknown): Promise<void>;
}

export function requestAudit(
  door: AuditDoor,
  from: { readonly address: string; readonly requestId?: string },
): RequestAudit {
  let action: AuditAction | undefined;
  let about: Required<About> = { targets: [], details: {} };
  let pending: PendingChange | undefined;
  let isTold = true;
  return {
    asked(named, params) {
      action = named;
      about = { ...about, targets: Object.entries(params).map(targetOf) };
    },
    async begin(actor) {
      if (action !== undefined) pending = await door.begin({ actor, action, ...about, ...from });
    },
    note({ targets = [], details = {} }) {
      about = {
        targets: [...new Set([...about.targets, ...targets])],
        details: { ...about.details, ...details },
      };
    },
    changedNothing: () => void (isTold = false),
    async end(actor, status, error) {
      if (action === undefined) return;
      const how = outcomeOf(status, error);
      if (!isTold && how.outcome === "done") return pending?.drop();
      if (pending === undefined) return door.record({ actor, action, ...about, ...from, ...how });
      return pending.end(how, about);
    },
  };
}

/** `token_…` and its like tell what they are; a name does not. */
function targetOf([param, value]: readonly [string, string]): string {
  return /^[a-z]+_[A-Za-z0-9_-]{8,}$/.test(value) ? value : `${param}:${value}`;
}

function outcomeOf(status: number, error: unknown): Outcome {
  if (status < 400) return { outcome: "done" };
  const code = error instanceof AtalayaError ? error.code : status < 500 ? "request.malformed" : "server.internal";
  return { outcome: status < 500 ? "refused" : "failed", code };
}
