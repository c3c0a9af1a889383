/** `atalaya terminal HOST`. */
import type { Command } from "commander";
import { escapes } from "../ui/escape.ts";
import { keyboard } from "../ui/keyboard.ts";
import { printable } from "../ui/terminal.ts";
import { examples, type Context } from "./command.ts";

/** The person did not wait for the shell's end. */
const LEFT = 1;

export function register(program: Command, context: Context): void {
  const command = program
    .command("terminal")
    .summary("open a terminal on a host")
    .description("Opens a login shell on a host, in this terminal.")
    .argument("<host>", "name or id")
    .option("--as <account>", "the account on the host; without it your own there, as the server's rules say")
    .addHelpText(
      "after",
      `${examples("atalaya terminal pc-01", "atalaya terminal pc-01 --as deploy", "echo 'uptime; exit' | atalaya terminal pc-01")}
Leave with exit, or at any time with ~. at the beginning of a line. The exit
status is the shell's.
`,
    );
  command.action(async (host: string, { as: account }: { readonly as?: string }) => {
    const { session } = context;
    const { err } = session.terminal;
    const client = session.client(context.global(command));
    using keys = keyboard(process.stdin, process.stdout);
    const { env } = session;
    const terminal = client.openTerminal(
      {
        host,
        ...keys.size,
        ...(account === undefined ? {} : { account }),
        ...fitting("term", env["TERM"], /^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$/),
        ...fitting("lang", env["LC_ALL"] ?? env["LANG"], /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/),
      },
      {
        opened(opening) {
          if (opening.recorded) void err.write(`This terminal on ${printable(opening.host.name)} is recorded.\r\n`);
        },
        shows(bytes) {
          keys.shown(bytes);
          return session.terminal.out.write(bytes);
        },
      },
    );
    const escape = escapes();
    let left = false;
    const leaveNow = (): void => {
      left = true;
      terminal.close();
    };
    keys.onKeys(async (bytes) => {
      if (!keys.isTerminal) return terminal.type(bytes);
      const { send, leave } = escape.read(bytes);
      if (send.length > 0) await terminal.type(send);
      if (leave) leaveNow();
    });
    keys.onEnd(() => terminal.endInput());
    keys.onResize(({ columns, rows }) => terminal.resize(columns, rows));
    session.interrupted.addEventListener("abort", leaveNow, { once: true });
    const status = await terminal.ended.catch((cause: unknown) => {
      if (left) return LEFT;
      throw cause;
    });
    context.exit(status);
  });
}

/** What the server would refuse is left out: an odd TERM must not keep anybody from a terminal. */
function fitting<Name extends string>(name: Name, value: string | undefined, form: RegExp) {
  return value !== undefined && form.test(value) ? { [name]: value } : {};
}
