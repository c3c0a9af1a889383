/** `atalaya activation`: original stormbolt agents that may get a certificate. */
import { readFileSync } from "node:fs";
import type { Command } from "commander";
import type { Client, components } from "@atalaya/client";
import { time, whole } from "../option-values.ts";
import { allItems, at } from "../pages.ts";
import { UsageError } from "../session.ts";
import { sheet, table } from "../ui/table.ts";
import { printable } from "../ui/terminal.ts";
import { ago, expiry } from "../ui/time.ts";
import { collect, examples, printJson, type Context } from "./command.ts";

type Agent = components["schemas"]["ActivationAgent"];

interface AddOptions {
  readonly id?: string;
  readonly secretFile?: string;
  readonly uses?: string;
  readonly expires?: string;
  readonly uplink: readonly string[];
  readonly ports?: string;
}

export function register(program: Command, context: Context): void {
  const activation = program
    .command("activation")
    .summary("original stormbolt agents: who may get a certificate")
    .description("Original stormbolt and stormflash agents that get a certificate by serial key and token.")
    .addHelpText(
      "after",
      examples(
        "atalaya activation add 30a2a131-f812-4666-bb69-c443f7e3a901",
        "atalaya activation ls",
        "atalaya activation rm 30a2a131-f812-4666-bb69-c443f7e3a901",
      ),
    );
  registerAdd(activation, context);
  registerLooking(activation, context);

  const rm = activation
    .command("rm <agent>")
    .summary("remove one: its certificates open nothing any more")
    .description("Removes an agent, by id or serial key. If it is connected, its connection ends.")
    .addHelpText("after", examples("atalaya activation rm 30a2a131-f812-4666-bb69-c443f7e3a901"));
  rm.action(async (name: string) => {
    const { session } = context;
    const client = session.client(context.global(rm));
    const { id } = await agentNamed(client, name);
    await client.delete("/agents/{id}", { params: { path: { id } } });
    await session.terminal.err.write(`${printable(id)} is removed; its certificates open nothing any more\n`);
  });
}

function registerAdd(activation: Command, context: Context): void {
  const add = activation
    .command("add <serial-key>")
    .summary("let one get certificates, and print its token")
    .description(
      "Lets the agent with this serial key get certificates. An instance of a cloud knows its UUID as serial key. The token is printed once.",
    )
    .option("--id <id>", "what it is called in its certificates (a UUID is made)")
    .option("--secret-file <file>", "file with a token that it has already, - for standard input")
    .option("--uses <n>", "how many certificates it may get (any number)")
    .option("--expires <time>", "until when it may be activated (for ever)")
    .option(
      "--uplink <host:port>",
      "where it connects to, again for more (this server)",
      collect,
      [] as readonly string[],
    )
    .option("--ports <list>", "ports it opens to the server, with commas (5000)")
    .addHelpText(
      "after",
      examples(
        "atalaya activation add 30a2a131-f812-4666-bb69-c443f7e3a901",
        "atalaya activation add lab-7 --uses 1 --expires 2h",
        "atalaya activation add lab-7 --secret-file stoken.txt --ports 5000,8000",
      ),
    );
  add.action(async (serialkey: string, options: AddOptions) => {
    const { session } = context;
    const global = context.global(add);
    const { id, secretFile, uplink, ports } = options;
    const uses = whole("--uses", options.uses);
    const expiresInMs = time("--expires", options.expires);
    const made = await session.client(global).post("/agents", {
      body: {
        serialkey,
        ...(id === undefined ? {} : { id }),
        ...(secretFile === undefined ? {} : { stoken: secretOf(secretFile) }),
        bolt: {
          ...(uplink.length === 0 ? {} : { uplinks: [...uplink] }),
          ...(ports === undefined ? {} : { allowedPorts: portsOf(ports) }),
        },
        ...(uses === undefined ? {} : { uses }),
        ...(expiresInMs === undefined ? {} : { expiresInMs }),
      },
    });
    if (global.json === true) return printJson(session, made);
    const { out, err } = session.terminal;
    await err.write(`${printable(made.id)} may be activated. Its metadata names this tracker, with its token:\n\n`);
    await out.write(`${made.tracker.replace("://", `://${encodeURIComponent(made.stoken ?? "")}@`)}\n`);
    await err.write(`\nIt then connects to ${(made.bolt.uplinks ?? []).map(printable).join(", ")}.\n`);
  });
}

function registerLooking(activation: Command, context: Context): void {
  const ls = activation
    .command("ls")
    .summary("list them")
    .description("Lists the agents that may get certificates, newest first; never their tokens.")
    .addHelpText("after", examples("atalaya activation ls", "atalaya activation ls --json"));
  ls.action(async () => {
    const { session } = context;
    const global = context.global(ls);
    const agents = await allAgents(session.client(global));
    if (global.json === true) return printJson(session, agents);
    const { out, err } = session.terminal;
    if (agents.length === 0) return err.write("No agents. Add one with: atalaya activation add SERIAL-KEY\n");
    const columns = [
      { title: "ID", cell: ({ id }: Agent) => id, whole: true },
      { title: "SERIAL KEY", cell: ({ serialkey }: Agent) => printable(serialkey) },
      {
        title: "STATE",
        cell: ({ status }: Agent) => status.toLowerCase(),
        paint: ({ status }: Agent) => (status === "ACTIVE" ? out.paint.green : out.paint.dim),
      },
      { title: "USED", cell: ({ used, uses }: Agent) => (uses === null ? `${used}` : `${used}/${uses}`) },
      { title: "ACTIVATED", cell: ({ activatedAt }: Agent) => ago(activatedAt, session.now()) },
      { title: "BY", cell: ({ createdBy }: Agent) => printable(createdBy) },
    ];
    await out.write(table(agents, columns, out.columns));
  });

  const show = activation
    .command("show <agent>")
    .summary("all about one")
    .description("Shows an agent, by id or serial key, with what it is told about its connection.")
    .addHelpText("after", examples("atalaya activation show lab-7", "atalaya activation show lab-7 --json"));
  show.action(async (name: string) => {
    const { session } = context;
    const global = context.global(show);
    const agent = await agentNamed(session.client(global), name);
    if (global.json === true) return printJson(session, agent);
    const { ca: _, ...bolt } = agent.bolt;
    const { certificate, uses, used } = agent;
    await session.terminal.out.write(
      sheet([
        ["id", agent.id],
        ["serial key", printable(agent.serialkey)],
        ["state", agent.status.toLowerCase()],
        ["used", uses === null ? `${used} times` : `${used} of ${uses} times`],
        ["may be activated", agent.expiresAt === undefined ? "for ever" : expiry(agent.expiresAt, session.now())],
        ["activated", ago(agent.activatedAt, session.now())],
        ["certificate", certificate && `${certificate.serial}, ${expiry(certificate.expiresAt, session.now())}`],
        ["made by", printable(agent.createdBy)],
        ["bolt", Object.entries(bolt).map(([key, value]) => `${key} ${printable(String(value))}`)],
      ]),
    );
  });
}

function allAgents(client: Client): Promise<readonly Agent[]> {
  return allItems((cursor) => client.get("/agents", { params: { query: { limit: 500, ...at(cursor) } } }));
}

/** By id, else by serial key. */
async function agentNamed(client: Client, name: string): Promise<Agent> {
  const found = (await allAgents(client)).find(({ id, serialkey }) => id === name || serialkey === name);
  return found ?? client.get("/agents/{id}", { params: { path: { id: name } } });
}

function secretOf(file: string): string {
  try {
    return readFileSync(file === "-" ? 0 : file, "utf8").trim();
  } catch (cause) {
    throw new UsageError(`--secret-file: cannot read ${file}: ${(cause as Error).message}`, { cause });
  }
}

function portsOf(text: string): number[] {
  return text.split(",").map((each) => {
    const port = /^\d{1,5}$/.test(each.trim()) ? Number(each) : Number.NaN;
    if (port >= 0 && port <= 65_535) return port;
    throw new UsageError(`--ports: ${each} is no port`);
  });
}
