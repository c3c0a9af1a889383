import { AtalayaError } from "@atalaya/protocol";
import type { Clock } from "../clock.ts";
import type { Log } from "../log/index.ts";
import type { Pam } from "./answer.ts";
import { startChild, type Child } from "./child.ts";
import type { Ask, Question, Reply } from "./lines.ts";

export interface PamNeeds {
  readonly clock: Clock;
  readonly log: Log;
  /** Names a file of /etc/pam.d. */
  readonly service: string;
  /** How many helpers there may be. */
  readonly helpers: number;
  /** How long PAM's modules may take. */
  readonly deadlineMs: number;
}

/** A way to PAM with a keeper behind it. */
export interface PamKeeper extends Pam, Disposable {
  /** Starts the keeper now, while this process is root. Otherwise the first question does. */
  start(): void;
}

type Heard = Exclude<Reply, { kind: "ready" | "unable" }>;

/** Beside the helpers' own limit: for their start on a busy machine. */
const GRACE_MS = 15_000;

/** Only root can ask PAM for others: the keeper is started as root, and answers when this process is root no more. */
export function createPam({ clock, log, service, helpers, deadlineMs }: PamNeeds): PamKeeper {
  const waiting = new Map<number, (heard: Heard) => void>();
  let keeper: Child | undefined;
  let last = 0;
  let isOver = false;

  function hired(): Child {
    if (keeper !== undefined) return keeper;
    if (isOver || process.geteuid?.() !== 0) {
      throw unavailable("What asks PAM as root has ended, and only root can start it anew.", "Restart the server.");
    }
    const child = startChild({
      program: "keeper.program.ts",
      args: [service, String(helpers), String(deadlineMs)],
      heard(reply) {
        if (reply.kind !== "ready" && reply.kind !== "unable") waiting.get(reply.id)?.(reply);
      },
      complained: (line) => log.warn({ line }, "PAM's helper complains"),
      ended(why) {
        keeper = undefined;
        if (!isOver) log.error({ why }, "what asks PAM has ended");
        for (const [id, settle] of waiting) {
          settle({ kind: "failed", id, code: "identity.pam-unavailable", text: `What asks PAM has ended: ${why}.` });
        }
      },
    });
    log.debug({ pid: child.pid, service }, "started what asks PAM");
    keeper = child;
    return child;
  }

  async function ask(question: Ask): Promise<Heard> {
    const child = hired();
    const id = ++last;
    const heard = await new Promise<Heard>((resolve) => {
      const timer = clock.after(2 * deadlineMs + GRACE_MS, () => {
        settle({ kind: "failed", id, code: "identity.pam-unavailable", text: "PAM did not answer in time." });
      });
      const settle = (reply: Heard): void => {
        timer[Symbol.dispose]();
        waiting.delete(id);
        resolve(reply);
      };
      waiting.set(id, settle);
      child.say({ ...question, id } as Question);
    });
    if (heard.kind !== "failed") return heard;
    log.warn({ code: heard.code, reason: heard.text }, "PAM did not answer");
    if (heard.code === "server.busy") throw new AtalayaError("server.busy", heard.text);
    throw unavailable(heard.text, "The server's log and the machine's (journalctl) may say more.");
  }

  return {
    start: () => void hired(),
    async check(attempt) {
      const heard = await ask({ kind: "check", attempt });
      if (heard.kind === "answer") return heard.answer;
      throw new Error("PAM's helper answered another question");
    },
    async account(name) {
      const heard = await ask({ kind: "account", account: name });
      if (heard.kind === "account") return heard.account;
      throw new Error("PAM's helper answered another question");
    },
    [Symbol.dispose]() {
      isOver = true;
      keeper?.close();
    },
  };
}

function unavailable(text: string, next: string): AtalayaError {
  return new AtalayaError("identity.pam-unavailable", text, { next });
}
