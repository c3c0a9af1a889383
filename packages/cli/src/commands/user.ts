/** `atalaya user`: the people who sign in. */
import type { Command } from "commander";
import type { Client, components } from "@atalaya/client";
import { allItems, at } from "../pages.ts";
import { UsageError, type Session } from "../session.ts";
import { table } from "../ui/table.ts";
import { printable } from "../ui/terminal.ts";
import { ago, moment } from "../ui/time.ts";
import { collect, examples, printJson, type Context } from "./command.ts";

type User = components["schemas"]["User"];
type SessionEntry = components["schemas"]["SessionEntry"];
const ROLES = ["user", "viewer", "operator", "admin"] as const;
/** Takes an override back. */
const GROUPS = "groups";

export function register(program: Command, context: Context): void {
  const user = program
    .command("user")
    .summary("people: roles, sessions, second factors")
    .description("The people who have signed in. Their groups give them a role; this overrides it.")
    .addHelpText("after", examples("atalaya user ls", "atalaya user role alice operator --place centro/aula-1"));

  const ls = user
    .command("ls")
    .summary("list them")
    .description("Lists the people who have signed in.")
    .addHelpText("after", examples("atalaya user ls", "atalaya user ls --json"));
  ls.action(async () => {
    const { session } = context;
    const global = context.global(ls);
    const client = session.client(global);
    const users = await allItems((cursor) =>
      client.get("/api/v1/users", { params: { query: { limit: 500, ...at(cursor) } } }),
    );
    if (global.json === true) return printJson(session, users);
    const { out, err } = session.terminal;
    if (users.length === 0) return err.write("Nobody has signed in yet.\n");
    const now = session.now();
    const columns = [
      { title: "NAME", cell: ({ name }: User) => printable(name), whole: true },
      { title: "FULL NAME", cell: ({ fullName }: User) => printable(fullName) },
      { title: "ROLE", cell: roleText },
      { title: "PLACES", cell: ({ places }: User) => printable(places?.join(",") ?? "everywhere") },
      { title: "2ND FACTOR", cell: ({ secondFactor }: User) => secondFactor },
      { title: "SIGNED IN", cell: ({ signedInAt }: User) => ago(signedInAt, now) },
    ];
    await out.write(table(users, columns, out.columns));
  });

  const show = user
    .command("show <user>")
    .summary("one of them, with their sessions")
    .description("Shows a person and their sessions.")
    .addHelpText("after", examples("atalaya user show alice"));
  show.action(async (name: string) => {
    const { session } = context;
    const global = context.global(show);
    const client = session.client(global);
    const path = { user: fullName(name) };
    const shown = await client.get("/api/v1/users/{user}", { params: { path } });
    const sessions = await allItems((cursor) =>
      client.get("/api/v1/sessions", { params: { query: { of: shown.name, limit: 500, ...at(cursor) } } }),
    );
    if (global.json === true) return printJson(session, { ...shown, sessions });
    await session.terminal.out.write(sheet(shown, sessions, session));
  });

  const role = user
    .command("role <user> <role>")
    .summary("give a role and places, or leave them to the groups")
    .description(
      `Gives a role: ${ROLES.join(", ")}. The word ${GROUPS} takes\nback what was given. Their sessions end.`,
    )
    .option("--place <site/lab>", "only hosts there (again for more)", collect, [] as readonly string[])
    .option("--everywhere", "all hosts, whatever their groups say")
    .addHelpText(
      "after",
      examples(
        "atalaya user role alice operator --place centro/aula-1",
        "atalaya user role alice admin --everywhere",
        "atalaya user role alice groups",
      ),
    );
  role.action(async (name: string, word: string, options: { place: readonly string[]; everywhere?: boolean }) => {
    if (options.everywhere === true && options.place.length > 0) {
      throw new UsageError("--place and --everywhere exclude each other");
    }
    if (word !== GROUPS && !isRole(word)) throw new UsageError(`${word} is none of ${ROLES.join(", ")}, ${GROUPS}`);
    const places = options.everywhere === true ? "everywhere" : options.place.length > 0 ? [...options.place] : null;
    await change(role, name, { role: word === GROUPS ? null : (word as (typeof ROLES)[number]), places });
  });

  for (const blocked of [true, false]) {
    const verb = blocked ? "block" : "unblock";
    const command = user
      .command(`${verb} <user>`)
      .summary(blocked ? "let them in no more" : "let them in again")
      .description(blocked ? "Their sessions end at once, and they cannot sign in." : "They may sign in again.")
      .addHelpText("after", examples(`atalaya user ${verb} alice`));
    command.action((name: string) => change(command, name, { blocked }));
  }

  const out = user
    .command("sign-out <user>")
    .summary("end all their sessions")
    .description("Ends all sessions of a person. They may sign in again.")
    .addHelpText("after", examples("atalaya user sign-out alice"));
  out.action(async (name: string) => {
    const { session } = context;
    const of = fullName(name);
    const { ended } = await session
      .client(context.global(out))
      .delete("/api/v1/sessions", { params: { query: { of } } });
    await session.terminal.err.write(`${printable(of)}: ${ended} ${ended === 1 ? "session" : "sessions"} ended\n`);
  });

  const reset = user
    .command("reset-second-factor <user>")
    .summary("for who lost their device")
    .description("Forgets a person's second factor and their recovery codes.")
    .addHelpText("after", examples("atalaya user reset-second-factor alice"));
  reset.action(async (name: string) => {
    const { session } = context;
    const path = { user: fullName(name) };
    await session.client(context.global(reset)).delete("/api/v1/users/{user}/second-factor", { params: { path } });
    await session.terminal.err.write(`${printable(path.user)} has no second factor now\n`);
  });

  async function change(command: Command, name: string, body: Change): Promise<void> {
    const { session } = context;
    const global = context.global(command);
    const path = { user: fullName(name) };
    const changed = await session.client(global).patch("/api/v1/users/{user}", { params: { path }, body });
    if (global.json === true) return printJson(session, changed);
    const places = changed.places === undefined ? "everywhere" : changed.places.join(", ");
    await session.terminal.err.write(`${printable(`${changed.name}: ${roleText(changed)}, ${places}`)}\n`);
  }
}

type Change = NonNullable<Parameters<Client["patch"]>[1]>["body"] & components["schemas"]["UserChange"];

/** People say `alice` for `pam:alice`. */
function fullName(name: string): string {
  return name.includes(":") || name.startsWith("user_") ? name : `pam:${name}`;
}

function roleText({ role, blocked }: User): string {
  if (blocked !== undefined) return "blocked";
  return role ?? "none";
}

function sheet(user: User, sessions: readonly SessionEntry[], { now }: Session): string {
  const lines: readonly (readonly [string, string])[] = [
    ["name", user.name],
    ["full name", user.fullName],
    ["role", `${roleText(user)}${user.override.role === undefined ? "" : " (given here, not by their groups)"}`],
    ["places", user.places?.join(", ") ?? "everywhere"],
    ["groups", user.groups.filter((group) => group !== "*").join(", ")],
    ["second factor", user.secondFactor],
    ["signed in", `${moment(user.signedInAt)} from ${user.signedInFrom}`],
    ...sessions.map(
      ({ id, address, usedAt, agent }) =>
        ["session", `${id} from ${address}, used ${ago(usedAt, now())}, ${agent.slice(0, 40)}`] as const,
    ),
  ];
  return lines.map(([title, value]) => `${title.padEnd(14)} ${printable(value)}\n`).join("");
}

function isRole(text: string): text is (typeof ROLES)[number] {
  return (ROLES as readonly string[]).includes(text);
}
