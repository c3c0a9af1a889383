/** `atalaya token`: join tokens, which let machines in. */
import type { Command } from "commander";
import type { components } from "@atalaya/client";
import { time, whole } from "../option-values.ts";
import { allItems, at } from "../pages.ts";
import { table } from "../ui/table.ts";
import { printable } from "../ui/terminal.ts";
import { duration, expiry } from "../ui/time.ts";
import { collect, examples, printJson, type Context } from "./command.ts";

type JoinToken = components["schemas"]["JoinToken"];

interface CreateOptions {
  readonly uses?: string;
  readonly expires?: string;
  readonly place?: string;
  readonly label: readonly string[];
  readonly via: readonly string[];
  readonly note?: string;
}

export function register(program: Command, context: Context): void {
  const token = program
    .command("token")
    .summary("let machines in")
    .description("Join tokens: each lets a counted number of machines in until it expires.")
    .addHelpText(
      "after",
      examples("atalaya token create", "atalaya token create --uses 40 --expires 2h", "atalaya token ls"),
    );

  const create = token
    .command("create")
    .summary("make one and print the line to paste on the machine")
    .description("Makes a join token and prints the line that puts an agent on a machine.")
    .option("--uses <n>", "how many machines (1)")
    .option("--expires <time>", "for how long (1h)")
    .option("--place <site/lab>", "where the machines stand")
    .option("--label <key=value>", "a label for them (again for more)", collect, [] as readonly string[])
    .option(
      "--via <host:port>",
      "a waypoint, for machines that cannot reach the server (again for more)",
      collect,
      [] as readonly string[],
    )
    .option("--note <text>", "what it is for")
    .addHelpText(
      "after",
      examples(
        "atalaya token create",
        "atalaya token create --uses 40 --expires 2h --place centro-a/aula-1",
        "atalaya token create --via 10.0.0.7:8444",
        "atalaya token create --json | jq -r .line",
      ),
    );
  create.action(async (options: CreateOptions) => {
    const { session } = context;
    const global = context.global(create);
    const { place, label, via, note } = options;
    const expiresInMs = time("--expires", options.expires);
    const uses = whole("--uses", options.uses);
    const made = await session.client(global).post("/api/v1/join-tokens", {
      body: {
        ...(uses === undefined ? {} : { uses }),
        ...(expiresInMs === undefined ? {} : { expiresInMs }),
        ...(place === undefined ? {} : { place }),
        ...(label.length === 0 ? {} : { labels: Object.fromEntries(label.map(labelOf)) }),
        ...(via.length === 0 ? {} : { via: [...via] }),
        ...(note === undefined ? {} : { note }),
      },
    });
    if (global.json === true) return printJson(session, made);
    const { out, err } = session.terminal;
    const machines = made.uses === 1 ? "the machine" : `each of up to ${made.uses} machines`;
    const within = duration(Math.round((made.expiresAt - session.now()) / 60_000) * 60_000);
    await err.write(`Paste this line, as root, on ${machines} (within ${within}):\n\n`);
    await out.write(`${made.line}\n`);
    if (made.warning !== undefined) await err.write(`\n${err.paint.yellow("note:")} ${made.warning}\n`);
  });

  const ls = token
    .command("ls")
    .summary("list them")
    .description("Lists join tokens, the used and expired ones too; never their values.")
    .addHelpText("after", examples("atalaya token ls", "atalaya token ls --json"));
  ls.action(async () => {
    const { session } = context;
    const global = context.global(ls);
    const client = session.client(global);
    const tokens = await allItems((cursor) =>
      client.get("/api/v1/join-tokens", { params: { query: { limit: 500, ...at(cursor) } } }),
    );
    if (global.json === true) return printJson(session, tokens);
    const { out, err } = session.terminal;
    if (tokens.length === 0) return err.write("No join tokens. Make one with: atalaya token create\n");
    const columns = [
      { title: "ID", cell: ({ id }: JoinToken) => id, whole: true },
      {
        title: "STATE",
        cell: ({ state }: JoinToken) => state,
        paint: ({ state }: JoinToken) => (state === "usable" ? out.paint.green : out.paint.dim),
      },
      { title: "USED", cell: ({ taken, uses }: JoinToken) => `${taken}/${uses}` },
      { title: "EXPIRES", cell: ({ expiresAt }: JoinToken) => expiry(expiresAt, session.now()) },
      { title: "BY", cell: ({ createdBy }: JoinToken) => printable(createdBy) },
      { title: "NOTE", cell: ({ note }: JoinToken) => printable(note ?? "") },
    ];
    await out.write(table(tokens, columns, out.columns));
  });

  const revoke = token
    .command("revoke <id>")
    .summary("nobody comes in with it any more")
    .description("From now on nobody comes in with it. Who came in with it stays: see atalaya host revoke.")
    .addHelpText("after", examples("atalaya token revoke jt_cfHaFpHPFyV1GuG-zdsw0g"));
  revoke.action(async (id: string) => {
    const { session } = context;
    await session.client(context.global(revoke)).delete("/api/v1/join-tokens/{id}", { params: { path: { id } } });
    await session.terminal.err.write(`${printable(id)} is revoked; who came in with it stays (atalaya host revoke)\n`);
  });
}

function labelOf(text: string): readonly [string, string] {
  const equals = text.indexOf("=");
  return equals === -1 ? [text, ""] : [text.slice(0, equals), text.slice(equals + 1)];
}
