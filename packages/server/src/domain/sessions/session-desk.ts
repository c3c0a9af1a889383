/** Sessions as people look after them: their own, and with a permission those of others within their places. */
import { AtalayaError } from "@atalaya/protocol";
import { z } from "zod";
import type { Actor } from "../../api/actor.ts";
import { decodeCursor, pageOfVisible, type Page } from "../../api/page.ts";
import type { Bus } from "../../platform/bus/bus.ts";
import type { Clock } from "../../platform/clock.ts";
import { maySee } from "../identity/index.ts";
import { entryOf, givenOf, type SessionEntry } from "./session.ts";
import type { SessionRow, SessionStore } from "./sessions.store.ts";

export interface SessionDesk {
  /** Newest first. `of` names whose; absent: the asker's own. */
  list(
    query: { readonly of?: string; readonly limit: number; readonly cursor?: string },
    by: Actor,
  ): Promise<Page<SessionEntry>>;
  /** Throws `session.unknown` for what is neither the asker's own nor theirs to end. */
  end(id: string, by: Actor): Promise<SessionEntry>;
  /** Ends all of somebody's; answers how many. `of` absent: the asker's own. */
  endAll(of: string | undefined, by: Actor): Promise<number>;
}

export interface SessionDeskNeeds {
  readonly sessions: Pick<SessionStore, "list" | "byIds" | "end" | "endAll">;
  readonly bus: Bus;
  readonly clock: Clock;
}

const Keys = z.tuple([z.int().min(0)]);

export function sessionDesk({ sessions, bus, clock }: SessionDeskNeeds): SessionDesk {
  return {
    async list({ of, limit, cursor }, by) {
      const name = of ?? by.name;
      checkMay("user.read", name, by);
      const before = cursor === undefined ? undefined : decodeCursor(Keys, cursor)[0];
      const now = clock.now();
      return pageOfVisible<SessionRow, SessionEntry>(
        (last, count) => {
          const from = last?.id ?? before;
          return sessions.list({ name, limit: count, ...(from === undefined ? {} : { before: from }) });
        },
        {
          limit,
          isVisible: (row) => row.expires_at > now && mayReach(row, by),
          item: (row) => entryOf(row, by.session),
          keys: (row) => [row.id],
        },
      );
    },
    async end(id, by) {
      const [row] = await sessions.byIds([id]);
      const mayEnd =
        row !== undefined && (row.name === by.name || (by.permissions.has("user.write") && mayReach(row, by)));
      if (!mayEnd) throw new AtalayaError("session.unknown", `There is no session ${id}.`);
      await sessions.end(id, clock.now());
      bus.tell("identity");
      return entryOf(row, by.session);
    },
    async endAll(of, by) {
      const name = of ?? by.name;
      checkMay("user.write", name, by);
      if (name !== by.name && by.places !== undefined) {
        const reached = await sessions.list({ name, limit: 1000 });
        const hidden = reached.find((row) => !mayReach(row, by));
        if (hidden !== undefined) throw new AtalayaError("user.unknown", `There is no user ${name}.`);
      }
      const ended = await sessions.endAll(name, clock.now());
      bus.tell("identity");
      return ended;
    },
  };
}

/** What somebody did not make themselves takes a permission. */
function checkMay(permission: "user.read" | "user.write", name: string, by: Actor): void {
  if (name === by.name || by.permissions.has(permission)) return;
  throw new AtalayaError("identity.forbidden", `${by.name} may not do this: it needs ${permission}.`, {
    details: { permission },
  });
}

function mayReach(row: SessionRow, by: Actor): boolean {
  return row.name === by.name || maySee(by, givenOf(row).places);
}
