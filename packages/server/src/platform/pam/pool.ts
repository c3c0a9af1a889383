/**
 * Helpers, as many as are needed up to a limit. Each does one thing at a time and is killed when it takes too long, so a
 * module that hangs costs one helper, guesses at one account cost two, and a network that tries and tries at most half.
 */
import type { Clock } from "../clock.ts";
import { networkOf } from "../network.ts";
import type { Child, ChildNeeds } from "./child.ts";
import type { Ask, Reply } from "./lines.ts";

export interface PoolNeeds {
  start(needs: Pick<ChildNeeds, "heard" | "complained" | "ended">): Child;
  readonly clock: Clock;
  readonly size: number;
  /** A helper that takes longer is killed. */
  readonly deadlineMs: number;
  readonly queue?: number;
  complained(line: string): void;
}

/** What a question came to; its id is the asker's business. */
export type Result =
  | Extract<Reply, { kind: "answer" | "account" }>
  | (Extract<Reply, { kind: "failed" }> & { readonly id: number });

export interface Pool extends Disposable {
  /** Never rejects. */
  ask(ask: Ask): Promise<Result>;
  /** How many helpers there are. */
  readonly size: number;
}

interface Waiting {
  readonly ask: Ask;
  /** Who tries and whom; undefined: nobody signs in. */
  readonly of: { readonly network: string; readonly account: string } | undefined;
  settle(result: Result): void;
}
interface Helper {
  readonly child: Child;
  work: Waiting | undefined;
  timer: Disposable | undefined;
}

/** Idle helpers hold memory: the next sign-in starts one in a fraction of a second. */
const IDLE_MS = 120_000;
const QUEUE = 256;
/** One for its owner beside one for a guess. */
const ACCOUNT_SHARE = 2;

export function createPool({ start, clock, size, deadlineMs, queue = QUEUE, complained }: PoolNeeds): Pool {
  const helpers = new Set<Helper>();
  const waiting: Waiting[] = [];
  const share = Math.max(1, Math.ceil(size / 2));

  function isShareTaken({ of }: Waiting): boolean {
    if (of === undefined) return false;
    const others = [...helpers].flatMap(({ work }) => work?.of ?? []);
    return (
      others.filter(({ network }) => network === of.network).length >= share ||
      others.filter(({ account }) => account === of.account).length >= Math.min(share, ACCOUNT_SHARE)
    );
  }

  function pump(): void {
    for (;;) {
      const at = waiting.findIndex((each) => !isShareTaken(each));
      if (at === -1) return;
      const helper = [...helpers].find(({ work }) => work === undefined) ?? (helpers.size < size ? hire() : undefined);
      if (helper === undefined) return;
      give(helper, waiting.splice(at, 1)[0]!);
    }
  }

  function hire(): Helper {
    const child = start({
      heard: (reply) => hear(helper, reply),
      complained,
      ended: (why) => lose(helper, `The helper that asks PAM is gone: ${why}.`),
    });
    const helper: Helper = { child, work: undefined, timer: undefined };
    helpers.add(helper);
    return helper;
  }

  function give(helper: Helper, work: Waiting): void {
    helper.timer?.[Symbol.dispose]();
    helper.work = work;
    helper.timer = clock.after(deadlineMs, () => {
      helper.child.kill();
      lose(helper, `PAM did not answer within ${Math.round(deadlineMs / 1000)} s.`);
    });
    helper.child.say({ ...work.ask, id: 0 } as Parameters<Child["say"]>[0]);
  }

  function hear(helper: Helper, reply: Reply): void {
    if (reply.kind === "ready") return;
    if (reply.kind === "unable") return lose(helper, reply.text);
    const { work } = helper;
    if (work === undefined) return;
    rest(helper);
    work.settle(reply);
    pump();
  }

  function rest(helper: Helper): void {
    helper.work = undefined;
    helper.timer?.[Symbol.dispose]();
    helper.timer = clock.after(IDLE_MS, () => {
      helpers.delete(helper);
      helper.child.close();
    });
  }

  function lose(helper: Helper, text: string): void {
    if (!helpers.delete(helper)) return;
    helper.timer?.[Symbol.dispose]();
    helper.child.close();
    helper.work?.settle({ kind: "failed", id: 0, code: "identity.pam-unavailable", text });
    pump();
  }

  return {
    ask(ask) {
      if (waiting.length >= queue) {
        const text = `${queue} people wait to be signed in already.`;
        return Promise.resolve({ kind: "failed", id: 0, code: "server.busy", text });
      }
      const of =
        ask.kind === "check"
          ? { network: networkOf(ask.attempt.address), account: ask.attempt.account.toLowerCase() }
          : undefined;
      return new Promise((settle) => {
        waiting.push({ ask, of, settle });
        pump();
      });
    },
    get size() {
      return helpers.size;
    },
    [Symbol.dispose]() {
      for (const { child, timer } of helpers) {
        timer?.[Symbol.dispose]();
        child.kill();
      }
      helpers.clear();
    },
  };
}
