import { AtalayaError } from "@atalaya/protocol";
import type { Actor } from "../../api/actor.ts";
import type { DirectoryHost, Fleet } from "../fleet/index.ts";
import { accountBy, rulesFor, type AccountRule, type Login } from "./account-rule.ts";

/** Whom something runs as. */
export interface Runner {
  /** Absent: the account the agent runs as. */
  readonly account?: string;
  /** A person's own, by the rules: the agent holds it to its policy for people. */
  readonly mapped: boolean;
}

export interface Accounts {
  /**
   * Whom this actor runs as on these hosts, when it asks for this account or for none. Throws `job.account-forbidden`:
   * when no rule gives an account on one of them, when it is another than asked for, and when it is not the same on all.
   */
  accountFor(
    actor: Actor,
    asked: string | undefined,
    hosts: readonly Pick<DirectoryHost, "key" | "name">[],
  ): Promise<Runner>;
}

export interface AccountsNeeds {
  readonly rules: readonly AccountRule[];
  readonly fleet: Pick<Fleet, "resolve">;
}

/** Hosts that an error names. */
const SHOWN = 10;

export function createAccounts({ rules, fleet }: AccountsNeeds): Accounts {
  /** Which hosts each selector of the rules hits now. */
  async function placesOf(fitting: readonly AccountRule[]): Promise<ReadonlyMap<string, ReadonlySet<number>>> {
    const selectors = [...new Set(fitting.flatMap(({ at }) => at ?? []))];
    const hit = selectors.map(async (selector) => {
      const { hosts } = await fleet.resolve(selector);
      return [selector, new Set(hosts.map(({ key }) => key))] as const;
    });
    return new Map(await Promise.all(hit));
  }

  async function mapped(login: Login, hosts: readonly Pick<DirectoryHost, "key" | "name">[]): Promise<string> {
    const fitting = rulesFor(login, rules);
    const places = await placesOf(fitting);
    const given = Map.groupBy(hosts, ({ key }) => {
      const rule = fitting.find(({ at }) => at === undefined || places.get(at)!.has(key));
      return rule === undefined ? undefined : accountBy(rule, login);
    });
    const without = given.get(undefined);
    if (without !== undefined) {
      throw forbidden(`No rule gives ${login.name} an account on ${namesOf(without)}.`, {
        details: { hosts: without.slice(0, SHOWN).map(({ name }) => name) },
        next: "An administrator says in the setting `accounts` whom who runs as.",
      });
    }
    const [account, ...others] = [...given.keys()];
    if (account === undefined) throw forbidden(`${login.name} has no account here.`);
    if (others.length === 0) return account;
    throw forbidden(`${login.name} is ${[...given.keys()].join(" or ")}, depending on the host.`, {
      details: {
        accounts: Object.fromEntries(
          [...given].map(([name, on]) => [name, on.slice(0, SHOWN).map((host) => host.name)]),
        ),
      },
      next: "Select the hosts of one account at a time.",
    });
  }

  return {
    async accountFor(actor, asked, hosts) {
      if (actor.permissions.has("account.choose")) {
        const account = asked ?? actor.runsAs;
        return { mapped: false, ...(account === undefined ? {} : { account }) };
      }
      const account = actor.runsAs ?? (await mapped(loginOf(actor), hosts));
      if (asked !== undefined && asked !== account) {
        throw forbidden(`${actor.name} runs commands as ${account}, not as ${asked}.`, {
          details: { account },
          next: "Leave the account out.",
        });
      }
      return { account, mapped: true };
    },
  };
}

/** A token acts for the person who made it, with that person's rules. */
function loginOf({ name, login, account, groups = [] }: Actor): Login {
  return { name: login ?? name, account, groups };
}

function namesOf(hosts: readonly { readonly name: string }[]): string {
  const shown = hosts.slice(0, 3).map(({ name }) => name);
  return hosts.length > shown.length ? `${shown.join(", ")} and ${hosts.length - shown.length} more` : shown.join(", ");
}

function forbidden(
  sentence: string,
  more: { readonly details?: Readonly<Record<string, unknown>>; readonly next?: string } = {},
): AtalayaError {
  return new AtalayaError("job.account-forbidden", sentence, more);
}
