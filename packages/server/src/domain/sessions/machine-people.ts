/** Accounts of the server's machine change while their people are signed in: what the machine says now is asked now and then. */
import type { Bus } from "../../platform/bus/bus.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log/index.ts";
import type { MachineAccount, Pam } from "../../platform/pam/index.ts";
import type { Person, Users } from "../users/index.ts";
import type { SessionStore } from "./sessions.store.ts";

/** Accounts of people, on Debian and most others; below are the system's. */
const FIRST_PERSON_UID = 1000;
const NOBODY_UID = 65_534;

/** An account of the machine as a person here; `*` stands for every account that is a person's. */
export function personOfAccount({ name, uid, fullName, groups }: MachineAccount): Person {
  const isPerson = uid >= FIRST_PERSON_UID && uid !== NOBODY_UID;
  return { name: `pam:${name}`, account: name, fullName, groups: isPerson ? [...groups, "*"] : groups };
}

export interface ReviewNeeds {
  readonly sessions: Pick<SessionStore, "names" | "endAll">;
  readonly users: Pick<Users, "standing" | "meet">;
  readonly pam: Pick<Pam, "account">;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Ends the sessions of accounts that are gone, and notes the groups of the others: a session whose role or places would
 * be others now ends by that. One by one, so that a directory that is slow has one question at a time.
 */
export async function reviewMachinePeople({ sessions, users, pam, bus, clock, log }: ReviewNeeds): Promise<void> {
  for (const name of await sessions.names("pam", clock.now())) {
    const account = await pam.account(name.slice("pam:".length));
    if (account === undefined) {
      log.warn({ user: name }, "this account is gone from the machine: its sessions end");
      await sessions.endAll(name, clock.now());
      bus.tell("identity");
      continue;
    }
    const before = await users.standing(name);
    const now = await users.meet(personOfAccount(account), "");
    if (JSON.stringify(before?.given) !== JSON.stringify(now.given)) {
      log.info({ user: name }, "what this user's groups give has changed: their sessions end");
      bus.tell("identity");
    }
  }
}
