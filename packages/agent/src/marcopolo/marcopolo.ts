/** MarcoPolo on this machine: answers on the network, and the doors for its programs where the policy opens them. */
import { hostname } from "node:os";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { findAccount, ownAccount, type Account } from "../capabilities/exec/account.ts";
import { readJsonIfThere, writeDurably } from "../platform/durable-file.ts";
import { failureOf, type Log } from "../platform/log.ts";
import type { PolicyFile } from "../policy/policy-file.ts";
import type { Policy } from "../policy/policy.ts";
import { accountOfUid, isInGroup } from "./accounts.ts";
import { createCatalogue } from "./catalogue.ts";
import { polodIsHere } from "./polod-here.ts";
import { publishAtPolod, publishForAccount, unpublishAtPolod } from "./polod.ts";
import { openRegistration } from "./registration-door.ts";
import { openResolver } from "./resolver-door.ts";
import { openResponder } from "./responder.ts";
import { tokens } from "./tokens.ts";

/** By what our agents are found: `Request-For` this. */
const OWN_SERVICE = "atalaya";
/** How soon a changed policy, a port that became free, or a polod that started anew is noticed. */
const LOOK_MS = 30_000;
const LEGACY_SECRET = "/etc/marcopolo/polo/secret";
const PRIVILEGED_GROUP = "marcopolo";

export interface MarcoPoloNeeds {
  readonly data: string;
  readonly policy: PolicyFile;
  readonly agentVersion: string;
  /** The certificate and key of the registration door: the agent's own. Undefined while it has none. */
  readonly identity: () => Promise<{ readonly certificate: string; readonly key: string } | undefined>;
  readonly log: Log;
}

export interface MarcoPolo extends AsyncDisposable {
  /** A deployment has written a service file: it is published at once. `account` empty: the agent's own. */
  registered(service: { readonly id: string; readonly account: string }): Promise<void>;
}

type Part = "responder" | "resolver" | "registration";

/** Follows the policy until it is disposed. Nothing here can end the agent: what does not open is said in the log, once. */
export function openMarcoPolo(needs: MarcoPoloNeeds): MarcoPolo {
  const { log, data } = needs;
  const open = new Map<Part, AsyncDisposable>();
  const complained = new Set<string>();
  let rules: Policy["discovery"] | undefined;
  let atPolod = false;
  let over = false;

  const own = { id: OWN_SERVICE, params: { version: needs.agentVersion } };
  const catalogue = createCatalogue({ own, account: findAccount, now: Date.now });
  const reload = (): void => {
    catalogue.reload();
    lookSoon();
  };

  function complain(what: string, error: unknown): void {
    if (complained.has(what)) return;
    complained.add(what);
    log.warn(`marcopolo.${what}`, failureOf(error));
  }

  async function keep(part: Part, wanted: boolean, make: () => Promise<AsyncDisposable>): Promise<void> {
    if (wanted === open.has(part)) return;
    if (!wanted) {
      await open.get(part)?.[Symbol.asyncDispose]();
      open.delete(part);
      return;
    }
    try {
      open.set(part, await make());
      complained.delete(part);
      log.info("marcopolo.open", { part });
    } catch (error) {
      complain(part, error);
    }
  }

  const responder = (): Promise<AsyncDisposable> =>
    openResponder({
      catalogue,
      params: () => ({ hostname: hostname(), atalaya: needs.agentVersion }),
      beyondNeighbours: () => rules?.["beyond-neighbours"] ?? false,
      log,
      now: Date.now,
    });

  async function registration(): Promise<AsyncDisposable> {
    const identity = await needs.identity();
    if (identity === undefined) throw new Error("this agent has no certificate yet");
    const kept = await heldTokens(join(data, "polo-tokens.json"));
    return openRegistration({
      catalogue,
      tokens: tokens({
        held: kept,
        legacySecret: async () =>
          rules?.["legacy-tokens"] === true ? readFile(LEGACY_SECRET).catch(() => undefined) : undefined,
      }),
      account: accountOfUid,
      mayPublishForMachine: async (account: Account) =>
        account.uid === 0 || (await isInGroup(account.name, PRIVILEGED_GROUP)),
      ...identity,
      log,
    });
  }

  async function look(): Promise<void> {
    rules = await needs.policy
      .current()
      .then(({ discovery }) => discovery)
      .catch(() => undefined);
    if (over) return;
    const answer = rules?.answer ?? false;
    // Where one is at home, the port is its own, also before it starts and while it starts anew.
    await keep("responder", answer && !(await polodIsHere()), responder);
    const usePolod = answer && !open.has("responder");
    if (usePolod) {
      await publishAtPolod(OWN_SERVICE).then(
        () => (atPolod = true),
        (error: unknown) => complain("polod", error),
      );
    } else if (atPolod) {
      atPolod = false;
      if (!answer) await unpublishAtPolod(OWN_SERVICE, log);
    }
    await keep("resolver", rules?.resolver ?? false, () => openResolver(log));
    await keep("registration", rules?.registration ?? false, registration);
  }

  process.on("SIGUSR1", reload);
  let looking = look();
  function lookSoon(): void {
    looking = looking.then(look);
  }
  const timer = setInterval(lookSoon, LOOK_MS);
  timer.unref();
  return {
    async registered({ id, account: name }) {
      catalogue.reload();
      await looking;
      if (!atPolod) return;
      const account = name === "" ? ownAccount() : await findAccount(name);
      if (account === undefined) return;
      await publishForAccount(id, account).catch((error: unknown) =>
        log.warn("marcopolo.not-published", { service: id, account: account.name, ...failureOf(error) }),
      );
    },
    async [Symbol.asyncDispose]() {
      over = true;
      clearInterval(timer);
      process.off("SIGUSR1", reload);
      await looking;
      if (atPolod) await unpublishAtPolod(OWN_SERVICE, log);
      await Promise.all([...open.values()].map((part) => part[Symbol.asyncDispose]()));
    },
  };
}

async function heldTokens(path: string) {
  const schema = z.record(z.string().regex(/^\d+$/), z.string().regex(/^[0-9a-f]{64}$/));
  const hashes = new Map(
    Object.entries((await readJsonIfThere(path, schema)) ?? {}).map(([uid, hash]) => [Number(uid), hash] as const),
  );
  return {
    get: (uid: number) => hashes.get(uid),
    all: () => hashes,
    async set(uid: number, hash: string) {
      hashes.set(uid, hash);
      await writeDurably(path, `${JSON.stringify(Object.fromEntries(hashes))}\n`);
    },
  };
}
