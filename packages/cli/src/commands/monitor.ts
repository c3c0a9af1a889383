/** `atalaya monitor SELECTOR`. */
import type { Command } from "commander";
import type { Client, components } from "@atalaya/client";
import { UsageError } from "../session.ts";
import { table } from "../ui/table.ts";
import { printable } from "../ui/terminal.ts";
import { examples, printJson, type Context } from "./command.ts";
import { monitorHost } from "./monitor-host.ts";

type Load = components["schemas"]["HostLoad"];

interface Options {
  readonly once?: boolean;
  readonly watch?: boolean;
}

const EVERY_MS = 2_000;
const CLEAR = "\u001b[H\u001b[J";

export function register(program: Command, context: Context): void {
  const command = program
    .command("monitor")
    .summary("see how busy hosts are")
    .description(
      "Shows load, CPU, memory, disks and temperatures, the busiest host first; of one\nhost that is named also cores, networks, people and processes.",
    )
    .argument("[selector]", "which hosts, or the name of one", "all")
    .option("--once", "print it once and leave (several hosts)")
    .option("--watch", "again every second (one host); with --json a line each")
    .addHelpText(
      "after",
      examples(
        "atalaya monitor",
        "atalaya monitor lab:aula-1 --once",
        "atalaya monitor all --json | jq '.[].cpu'",
        "atalaya monitor pc-01",
        "atalaya monitor pc-01 --watch",
      ),
    );
  command.action(async (selector: string, { once, watch }: Options) => {
    const { session } = context;
    const global = context.global(command);
    const client = session.client(global);
    const { out, err } = session.terminal;
    const host = await hostNamed(client, selector);
    if (host !== undefined)
      return monitorHost(client, session, { host, watch: watch === true, json: global.json === true });
    if (watch === true) throw new UsageError("--watch takes the name of one host");
    for (;;) {
      const { items } = await client.get("/api/v1/monitor", { params: { query: { selector } } });
      if (global.json === true) return printJson(session, items);
      const isLive = once !== true && out.columns !== undefined;
      if (items.length === 0 && !isLive)
        return err.write("No host matches, or none of them has told how it fares yet.\n");
      const busiest = items.toSorted((a, b) => (b.cpu ?? 0) - (a.cpu ?? 0));
      const columns = [
        { title: "NAME", cell: ({ host }: Load) => printable(host.name), paint: () => out.paint.bold },
        { title: "LOAD", cell: ({ load }: Load) => load?.toFixed(2) ?? "-" },
        { title: "CPU", cell: ({ cpu }: Load) => percent(cpu) },
        { title: "MEMORY", cell: ({ memory }: Load) => percent(memory) },
        { title: "DISK", cell: ({ disk }: Load) => percent(disk) },
        { title: "TEMP", cell: ({ celsius }: Load) => (celsius === null ? "-" : `${Math.round(celsius)} °C`) },
      ];
      const text = table(busiest, columns, out.columns);
      await out.write(isLive ? `${CLEAR}${text}` : text);
      if (!isLive) return;
      await pause(EVERY_MS, session.interrupted);
      if (session.interrupted.aborted) return;
    }
  });
}

/** Undefined when the words pick hosts in another way. */
async function hostNamed(client: Client, selector: string): Promise<string | undefined> {
  if (!/^[\w.-]+$/.test(selector) || selector === "all" || selector === "none") return undefined;
  const path = { host: selector };
  return client.get("/api/v1/hosts/{host}", { params: { path } }).then(
    ({ name }) => name,
    () => undefined,
  );
}

function percent(share: number | null): string {
  return share === null ? "-" : `${Math.round(share * 100)} %`;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
