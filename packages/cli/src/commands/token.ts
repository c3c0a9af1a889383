/** `atalaya token`: join tokens, which let machines in. */
import type { Command } from "commander";
import { UsageError } from "../session.ts";
import { allItems, at } from "../pages.ts";
import { whole } from "../exec-request.ts";
import { table } from "../ui/table.ts";
import { printable } from "../ui/terminal.ts";
import { ago, duration, parseDuration } from "../ui/time.ts";
import { examples, type Context } from "./command.ts";

interface CreateOptions {
  readonly uses?: string;
  readonly expires?: string;
  readonly place?: string;
  readonly label: readonly string[];
  readonly note?: string;
}

export function register(program: Command, context: Context): void {
  const token = program
    .command("token")
    .summary("let machines in")
    .description("Join tokens: each lets a counted number of machines in until it expires.");
  token.addHelpText(
    "after",
    examples(
      "atalaya token create",
      "atalaya token create --uses 40 --expires 2h --place centro-a/aula-1 --label lab",
      "atalaya token ls",
      "atalaya token revoke jt_…",
    ),
  );

  const create = token
    .command("create")
    .summary("make one and print the line to paste on the machine")
    .option("--uses <n>", "how many machines (1)")
    .option("--expires <time>", "for how long (1h)")
    .option("--place <site/lab>", "where the machines stand")
    .option(
      "--label <key=value>",
      "a label for them (again for more)",
      (value: string, before: readonly string[]) => [...before, value],
      [] as readonly string[],
    )
    .option("--note <text>", "what it is for");
  create.action(async (options: CreateOptions) => {
    const { session } = context;
    const global = context.global(create);
    const expiresInMs = options.expires === undefined ? undefined : parseDuration(options.expires);
    if (options.expires !== undefined && expiresInMs === undefined)
      throw new UsageError(`--expires: ${options.expires} is no time such as 1h, 2d`);
    const uses = whole("--uses", options.uses);
    const made = await session.client(global).post("/api/v1/join-tokens", {
      body: {
        ...(uses === undefined ? {} : { uses }),
        ...(expiresInMs === undefined ? {} : { expiresInMs }),
        ...(options.place === undefined ? {} : { place: options.place }),
        ...(options.label.length === 0 ? {} : { labels: Object.fromEntries(options.label.map(labelOf)) }),
        ...(options.note === undefined ? {} : { note: options.note }),
      },
    });
    if (global.json === true) return session.terminal.out.write(`${JSON.stringify(made, null, 2)}\n`);
    const { paint } = session.terminal;
    const machines = made.uses === 1 ? "the machine" : `each of up to ${made.uses} machines`;
    await session.terminal.err.write(
      `Paste this line, as root, on ${machines} (within ${duration(made.expiresAt - session.now())}):\n\n`,
    );
    await session.terminal.out.write(`${made.line}\n`);
    if (made.warning !== undefined) await session.terminal.err.write(`\n${paint.yellow("note:")} ${made.warning}\n`);
  });

  const ls = token.command("ls").summary("list them");
  ls.action(async () => {
    const { session } = context;
    const global = context.global(ls);
    const client = session.client(global);
    const tokens = await allItems((cursor) =>
      client.get("/api/v1/join-tokens", { params: { query: { limit: 500, ...at(cursor) } } }),
    );
    if (global.json === true) return session.terminal.out.write(`${JSON.stringify(tokens, null, 2)}\n`);
    if (tokens.length === 0) return session.terminal.err.write("No join tokens. Make one with: atalaya token create\n");
    const now = session.now();
    await session.terminal.out.write(
      table(
        tokens,
        [
          { title: "ID", cell: ({ id }) => id },
          { title: "STATE", cell: ({ state }) => state },
          { title: "USED", cell: ({ taken, uses }) => `${taken}/${uses}` },
          {
            title: "EXPIRES",
            cell: ({ expiresAt }) => (expiresAt > now ? `in ${duration(expiresAt - now)}` : ago(expiresAt, now)),
          },
          { title: "BY", cell: ({ createdBy }) => printable(createdBy) },
          { title: "NOTE", cell: ({ note }) => printable(note ?? "") },
        ],
        session.terminal.wide,
      ),
    );
  });

  const revoke = token.command("revoke <id>").summary("nobody comes in with it any more");
  revoke.action(async (id: string) => {
    const { session } = context;
    await session.client(context.global(revoke)).delete("/api/v1/join-tokens/{id}", { params: { path: { id } } });
    await session.terminal.err.write(`${id} is revoked; who came in with it stays (atalaya host revoke)\n`);
  });
}

function labelOf(text: string): readonly [string, string] {
  const at = text.indexOf("=");
  return at === -1 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}
