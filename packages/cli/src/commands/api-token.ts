/** `atalaya api-token`: credentials for programs. */
import type { Command } from "commander";
import { UsageError } from "../session.ts";
import { allItems, at } from "../pages.ts";
import { table } from "../ui/table.ts";
import { printable } from "../ui/terminal.ts";
import { ago, duration, parseDuration } from "../ui/time.ts";
import { examples, type Context } from "./command.ts";

const ROLES = ["viewer", "operator", "admin"] as const;

interface CreateOptions {
  readonly role?: string;
  readonly permission: readonly string[];
  readonly place: readonly string[];
  readonly expires?: string;
}

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

export function register(program: Command, context: Context): void {
  const token = program
    .command("api-token")
    .summary("credentials for programs")
    .description("API tokens: shown once, limited to permissions, places and a time.");
  token.addHelpText(
    "after",
    examples(
      "atalaya api-token create ci --role operator --expires 90d > ci.token && chmod 600 ci.token",
      "atalaya api-token create prometheus --permission server.read",
      "atalaya api-token ls",
      "atalaya api-token revoke at_…",
    ),
  );

  const create = token
    .command("create <name>")
    .summary("make one; it is printed once")
    .option("--role <role>", `${ROLES.join(", ")} (viewer)`)
    .option("--permission <name>", "instead of a role (again for more)", collect, [] as readonly string[])
    .option("--place <site/lab>", "only hosts there (again for more)", collect, [] as readonly string[])
    .option("--expires <time>", "for how long (without: until revoked)");
  create.action(async (name: string, options: CreateOptions) => {
    const { session } = context;
    const global = context.global(create);
    const expiresInMs = options.expires === undefined ? undefined : parseDuration(options.expires);
    if (options.expires !== undefined && expiresInMs === undefined)
      throw new UsageError(`--expires: ${options.expires} is no time such as 30d`);
    if (options.role !== undefined && options.permission.length > 0)
      throw new UsageError("--role and --permission exclude each other");
    const role = options.role ?? "viewer";
    if (!isRole(role)) throw new UsageError(`--role: ${role} is none of ${ROLES.join(", ")}`);
    const made = await session.client(global).post("/api/v1/api-tokens", {
      body: {
        name,
        ...(options.permission.length > 0 ? { permissions: [...options.permission] as never } : { role }),
        ...(options.place.length === 0 ? {} : { places: [...options.place] }),
        ...(expiresInMs === undefined ? {} : { expiresInMs }),
      },
    });
    if (global.json === true) return session.terminal.out.write(`${JSON.stringify(made, null, 2)}\n`);
    await session.terminal.err.write(`${made.id}: keep it, it is not shown again.\n`);
    await session.terminal.out.write(`${made.token}\n`);
  });

  const ls = token.command("ls").summary("list them");
  ls.action(async () => {
    const { session } = context;
    const global = context.global(ls);
    const client = session.client(global);
    const tokens = await allItems((cursor) =>
      client.get("/api/v1/api-tokens", { params: { query: { limit: 500, ...at(cursor) } } }),
    );
    if (global.json === true) return session.terminal.out.write(`${JSON.stringify(tokens, null, 2)}\n`);
    if (tokens.length === 0) return session.terminal.err.write("No API tokens.\n");
    const now = session.now();
    await session.terminal.out.write(
      table(
        tokens,
        [
          { title: "ID", cell: ({ id }) => id },
          { title: "NAME", cell: ({ name }) => printable(name) },
          { title: "MAY", cell: ({ role, permissions }) => role ?? permissions.join(",") },
          {
            title: "EXPIRES",
            cell: ({ expiresAt }) =>
              expiresAt === undefined ? "-" : expiresAt > now ? `in ${duration(expiresAt - now)}` : ago(expiresAt, now),
          },
          { title: "USED", cell: ({ lastUsedAt }) => ago(lastUsedAt, now) },
        ],
        session.terminal.wide,
      ),
    );
  });

  const revoke = token.command("revoke <id>").summary("it is worth nothing from now on");
  revoke.action(async (id: string) => {
    const { session } = context;
    await session.client(context.global(revoke)).delete("/api/v1/api-tokens/{id}", { params: { path: { id } } });
    await session.terminal.err.write(`${id} is revoked\n`);
  });
}

function isRole(text: string): text is (typeof ROLES)[number] {
  return (ROLES as readonly string[]).includes(text);
}
