/** The host's end of streams of kind `terminal`: a login shell in a pseudo-terminal, as an account of this host. */
import { AtalayaError, TerminalRequest, TerminalSaid, type TerminalEnd, type TerminalOpened } from "@atalaya/protocol";
import type { z } from "zod";
import type { Environment } from "../../link/proxy.ts";
import { forbidsTerminal } from "../../policy/commands.ts";
import type { Policy } from "../../policy/policy.ts";
import { firstLine, localeOf } from "../../runs/launchpad.ts";
import type { ByteStream } from "../../streams/byte-stream.ts";
import type { ReadyStream, StreamKind } from "../../streams/streams.ts";
import { findAccount, ownAccount, type Account } from "../exec/account.ts";
import { foregroundGroup, killAll, killGroup, sessionMembers } from "../exec/processes.ts";
import type { Tools } from "../exec/wrapper.ts";
import { ptyBinding } from "./binding.ts";
import { planTerminal } from "./plan.ts";
import { openPty, type Pty, type PtyPlan } from "./pty.ts";

export interface TerminalNeeds {
  readonly tools: Partial<Tools>;
  /** The agent's own. */
  readonly environment: Environment;
  /** Where the library for terminals lies; absent: beside the agent. */
  readonly folder?: string;
}

/** After our end, for the server's. */
const LAST_MS = 10_000;
/** After a hang-up, before what ignores it is killed. */
const HANG_UP_MS = 2_000;

export function terminalKind({ tools, environment, folder }: TerminalNeeds): StreamKind {
  return {
    async prepare(wanted, { policy }) {
      const request = parsed(wanted);
      const own = ownAccount();
      const account = await accountOf(request, own);
      const switched = account.uid !== own.uid;
      const forbidden = forbidsTerminal(policy, account, switched || request.mapped === true);
      if (forbidden !== undefined) throw new AtalayaError("stream.forbidden-by-policy", forbidden);
      if (switched && process.getuid?.() !== 0)
        throw new AtalayaError(
          "terminal.cannot-start",
          `the agent is not root here: it cannot open a terminal as ${account.name}`,
        );
      const binding = ptyBinding(folder);
      const plan = planTerminal({ request, account, switched, locale: localeOf(environment) }, tools);
      const idleMs = idleOf(request, policy);
      return ready(plan, account, idleMs, policy.exec.leftovers, (wish) => openPty(binding, wish));
    },
  };
}

function ready(
  plan: PtyPlan,
  account: Account,
  idleMs: number | undefined,
  leftovers: "leave" | "kill",
  open: (plan: PtyPlan) => Pty,
): ReadyStream {
  let pty: Pty | undefined;
  return {
    said(value) {
      const said = TerminalSaid.safeParse(value);
      if (said.success) pty?.resize(said.data);
    },
    run(stream) {
      try {
        pty = open(plan);
      } catch (cause) {
        const why = cause instanceof Error ? cause.message : "";
        throw new AtalayaError("terminal.cannot-start", `the system gave no terminal: ${why}`, { cause });
      }
      stream.say({ type: "opened", account: account.name } satisfies z.output<typeof TerminalOpened>);
      join(stream, pty);
      watchIdle(stream, idleMs);
      endTogether(stream, pty, leftovers);
    },
  };
}

function join({ bytes, lastWord }: ByteStream, pty: Pty): void {
  bytes.pipe(pty.bytes);
  pty.bytes.pipe(bytes, { end: false });
  pty.bytes.once("end", () => {
    void pty.exited.then((exitCode) => {
      lastWord({ exitCode } satisfies TerminalEnd);
      bytes.end();
      // What is still typed has nobody to read it; the server ends its direction as soon as it hears of ours.
      bytes.unpipe(pty.bytes).resume();
      const patience = setTimeout(() => bytes.destroy(), LAST_MS);
      bytes.once("close", () => clearTimeout(patience));
    });
  });
}

function watchIdle({ bytes }: ByteStream, idleMs: number | undefined): void {
  if (idleMs === undefined) return;
  const timer = setTimeout(
    () => bytes.destroy(new AtalayaError("stream.idle", "no key was pressed for too long")),
    idleMs,
  );
  timer.unref();
  bytes.on("data", () => timer.refresh());
  bytes.once("close", () => clearTimeout(timer));
}

/** However the stream ends, so does the terminal, and its shell with what is in its foreground. */
function endTogether({ bytes }: ByteStream, pty: Pty, leftovers: "leave" | "kill"): void {
  let exited = false;
  void pty.exited.then(async () => {
    exited = true;
    // At once: while it has members, nobody else can have the number of the session.
    if (leftovers === "kill") killAll(await sessionMembers(pty.pid));
  });
  bytes.once("close", () => {
    const foreground = exited ? undefined : foregroundGroup(pty.pid);
    // The kernel hangs up on the shell and on the foreground.
    pty.bytes.destroy();
    if (exited) return;
    setTimeout(() => {
      if (exited) return;
      for (const group of new Set([pty.pid, foreground ?? pty.pid])) killGroup(group);
    }, HANG_UP_MS);
  });
}

function parsed(wanted: unknown): TerminalRequest {
  try {
    return TerminalRequest.parse(wanted);
  } catch (cause) {
    throw new AtalayaError("request.malformed", `the request of a terminal cannot be read: ${firstLine(cause)}`, {
      cause,
    });
  }
}

async function accountOf({ account: name }: TerminalRequest, own: Account): Promise<Account> {
  if (name === undefined || name === own.name) return own;
  const account = await findAccount(name);
  if (account === undefined)
    throw new AtalayaError("terminal.cannot-start", `there is no account ${name} on this host`);
  return account;
}

function idleOf({ idleMs }: TerminalRequest, { terminal }: Policy): number | undefined {
  const seconds = terminal["idle-seconds"];
  const both = [idleMs, seconds === undefined ? undefined : seconds * 1000].filter((ms) => ms !== undefined);
  return both.length === 0 ? undefined : Math.min(...both);
}
