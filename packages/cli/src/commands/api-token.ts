/** `atalaya api-token`: credentials for programs. */
import type { Command } from "commander";
import type { components } from "@atalaya/client";
import { time } from "../option-values.ts";
import { allItems, at } from "../pages.ts";
import { UsageError } from "../session.ts";
import { table } from "../ui/table.ts";
import { printable } from "../ui/terminal.ts";
import { ago, expiry } from "../ui/time.ts";
import { collect, examples, printJson, type Context } from "./command.ts";

type ApiToken = components["schemas"]["ApiToken"];
const ROLES = ["user", "viewer", "operator", "admin"] as const;

interface CreateOptions {
  readonly role?: string;
  readonly permission: readonly string[];
  readonly place: readonly string[];
  readonly account?: string;
  readonly expires?: string;
}

export function register(program: Command, context: Context): void {
  const token = program
    .command("api-token")
    .summary("credentials for programs")
    .description("API tokens: shown once, limited to permissions, places and a time.")
    .addHelpText(
      "after",
      examples("atalaya api-token create ci --role operator --expires 90d", "atalaya api-token ls"),
    );

  const create = token
    .command("create <name>")
    .summary("make one; it is printed once")
    .description("Makes an API token. It is printed once, alone on standard output.")
    .option("--role <role>", `${ROLES.join(", ")} (viewer)`)
    .option("--permission <name>", "instead of a role (again for more)", collect, [] as readonly string[])
    .option("--place <site/lab>", "only hosts there (again for more)", collect, [] as readonly string[])
    .option("--account <name>", "the account of hosts that its commands run as")
    .option("--expires <time>", "for how long (without: until revoked)")
    .addHelpText(
      "after",
      examples(
        "(umask 077; atalaya api-token create ci --role operator > ci.token)",
        "atalaya --token-file ci.token hosts",
        "atalaya api-token create prometheus --permission server.read",
      ),
    );
  create.action(async (name: string, options: CreateOptions) => {
    const { session } = context;
    const global = context.global(create);
    const { permission, place, account } = options;
    const expiresInMs = time("--expires", options.expires);
    if (options.role !== undefined && permission.length > 0) {
      throw new UsageError("--role and --permission exclude each other");
    }
    const role = options.role ?? "viewer";
    if (!isRole(role)) throw new UsageError(`--role: ${role} is none of ${ROLES.join(", ")}`);
    const made = await session.client(global).post("/api/v1/api-tokens", {
      body: {
        name,
        ...(permission.length > 0 ? { permissions: [...permission] as never } : { role }),
        ...(place.length === 0 ? {} : { places: [...place] }),
        ...(account === undefined ? {} : { account }),
        ...(expiresInMs === undefined ? {} : { expiresInMs }),
      },
    });
    if (global.json === true) return printJson(session, made);
    await session.terminal.err.write(`${made.id}: keep it, it is not shown again.\n`);
    await session.terminal.out.write(`${made.token}\n`);
  });

  const ls = token
    .command("ls")
    .summary("list them")
    .description("Lists API tokens; never their values.")
    .addHelpText("after", examples("atalaya api-token ls", "atalaya api-token ls --json"));
  ls.action(async () => {
    const { session } = context;
    const global = context.global(ls);
    const client = session.client(global);
    const tokens = await allItems((cursor) =>
      client.get("/api/v1/api-tokens", { params: { query: { limit: 500, ...at(cursor) } } }),
    );
    if (global.json === true) return printJson(session, tokens);
    const { out, err } = session.terminal;
    if (tokens.length === 0) return err.write("No API tokens. Make one with: atalaya api-token create NAME\n");
    const now = session.now();
    const columns = [
      { title: "ID", cell: ({ id }: ApiToken) => id, whole: true },
      { title: "NAME", cell: ({ name }: ApiToken) => printable(name) },
      { title: "MAY", cell: ({ role, permissions }: ApiToken) => role ?? permissions.join(",") },
      { title: "PLACES", cell: ({ places }: ApiToken) => printable(places?.join(",") ?? "everywhere") },
      { title: "EXPIRES", cell: ({ expiresAt }: ApiToken) => (expiresAt === undefined ? "-" : expiry(expiresAt, now)) },
      { title: "USED", cell: ({ lastUsedAt }: ApiToken) => ago(lastUsedAt, now) },
    ];
    await out.write(table(tokens, columns, out.columns));
  });

  const revoke = token
    .command("revoke <id>")
    .summary("it is worth nothing from now on")
    .description("From now on the token is worth nothing.")
    .addHelpText("after", examples("atalaya api-token revoke token_fx4bQ_FoaQ00piOxMRG7-w"));
  revoke.action(async (id: string) => {
    const { session } = context;
    await session.client(context.global(revoke)).delete("/api/v1/api-tokens/{id}", { params: { path: { id } } });
    await session.terminal.err.write(`${printable(id)} is revoked\n`);
  });
}

function isRole(text: string): text is (typeof ROLES)[number] {
  return (ROLES as readonly string[]).includes(text);
}
