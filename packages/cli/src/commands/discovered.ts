/** `atalaya discovered`: machines that were seen on the network. */
import type { Command } from "commander";
import type { components } from "@atalaya/client";
import { ClientError } from "@atalaya/client";
import { time } from "../option-values.ts";
import { allItems, at } from "../pages.ts";
import type { GlobalOptions, Session } from "../session.ts";
import { table } from "../ui/table.ts";
import { printable } from "../ui/terminal.ts";
import { ago, duration } from "../ui/time.ts";
import { examples, printJson, type Context } from "./command.ts";

type Discovered = components["schemas"]["Discovered"];

export function register(program: Command, context: Context): void {
  const discovered = program
    .command("discovered")
    .summary("machines seen on the network, and letting them in")
    .description(
      "Machines that the server sees in its own networks (MarcoPolo, DNS-SD). What they say of themselves is not proven.",
    )
    .addHelpText(
      "after",
      examples("atalaya discovered ls", "atalaya discovered enrol 192.0.2.7 --place centro-a/aula-1"),
    );

  const ls = discovered
    .command("ls")
    .summary("list those that are no hosts yet")
    .description("Lists machines on the network that are no hosts yet.")
    .option("--all", "hosts and machines that left, too")
    .addHelpText("after", examples("atalaya discovered ls", "atalaya discovered ls --all --json"));
  ls.action(async ({ all }: { readonly all?: boolean }) => {
    const { session } = context;
    const global = context.global(ls);
    const nodes = (await nodesOf(session, global)).filter(
      ({ host, goneAt }) => all === true || (host === undefined && goneAt === undefined),
    );
    if (global.json === true) return printJson(session, nodes);
    const { out, err } = session.terminal;
    if (nodes.length === 0) {
      return err.write(
        "No machines. The server looks for them while others can reach it (ATALAYA_LISTEN, ATALAYA_DISCOVERY).\n",
      );
    }
    const columns = [
      { title: "ADDRESS", cell: ({ address }: Discovered) => address, whole: true },
      { title: "NAME", cell: ({ name }: Discovered) => printable(name ?? "") },
      { title: "STATE", cell: stateOf },
      { title: "SEEN BY", cell: ({ doors }: Discovered) => doors.join(", ") },
      { title: "SERVICES", cell: ({ services }: Discovered) => printable(services.map(({ id }) => id).join(", ")) },
      { title: "LAST SEEN", cell: ({ lastSeenAt }: Discovered) => ago(lastSeenAt, session.now()) },
    ];
    await out.write(table(nodes, columns, out.columns));
  });

  const enrol = discovered
    .command("enrol <address-or-name>")
    .summary("let one in: accept it if it waits, else print the line to paste there")
    .description("Accepts a machine that waits to be let in; for others it prints the line that puts an agent on it.")
    .option("--place <site/lab>", "where it stands")
    .option("--expires <time>", "for how long the line holds (1h)")
    .addHelpText("after", examples("atalaya discovered enrol pc-07", "atalaya discovered enrol 192.0.2.7 --json"));
  enrol.action(async (which: string, options: { readonly place?: string; readonly expires?: string }) => {
    const { session } = context;
    const global = context.global(enrol);
    const expiresInMs = time("--expires", options.expires);
    const node = find(await nodesOf(session, global), which);
    const way = await session.client(global).post("/api/v1/discovered/{id}/enrol", {
      params: { path: { id: node.id } },
      body: {
        ...(options.place === undefined ? {} : { place: options.place }),
        ...(expiresInMs === undefined ? {} : { expiresInMs }),
      },
    });
    if (global.json === true) return printJson(session, way);
    const { out, err } = session.terminal;
    if (way.kind === "accepted") return err.write(`${printable(which)} waited, and is let in (${way.enrolment})\n`);
    const within = duration(Math.round((way.expiresAt - session.now()) / 60_000) * 60_000);
    await err.write(`Paste this line, as root, on ${printable(node.name ?? node.address)} (within ${within}):\n\n`);
    await out.write(`${way.line}\n`);
    if (way.warning !== undefined) await err.write(`\n${err.paint.yellow("note:")} ${way.warning}\n`);
  });
}

function nodesOf(session: Session, global: GlobalOptions): Promise<readonly Discovered[]> {
  const client = session.client(global);
  return allItems((cursor) => client.get("/api/v1/discovered", { params: { query: { limit: 500, ...at(cursor) } } }));
}

function find(nodes: readonly Discovered[], which: string): Discovered {
  const hits = nodes.filter(({ id, address, name }) => [id, address, name].includes(which));
  const [first] = hits;
  if (first !== undefined && hits.length === 1) return first;
  throw new ClientError({
    code: "discovery.unknown",
    detail:
      first === undefined
        ? `No discovered machine is called ${which}.`
        : `${hits.length} discovered machines are called ${which}: ${hits.map(({ address }) => address).join(", ")}.`,
    next: "atalaya discovered ls --all",
  });
}

function stateOf({ host, enrolment, goneAt }: Discovered): string {
  if (host !== undefined) return `host ${printable(host.name)}`;
  if (enrolment !== undefined) return "waits to be let in";
  return goneAt === undefined ? "not enrolled" : "left";
}
