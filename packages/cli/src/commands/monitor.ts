/** `atalaya monitor SELECTOR`. */
import type { Command } from "commander";
import type { components } from "@atalaya/client";
import { table } from "../ui/table.ts";
import { printable } from "../ui/terminal.ts";
import { examples, printJson, type Context } from "./command.ts";

type Load = components["schemas"]["HostLoad"];

const EVERY_MS = 2_000;
const CLEAR = "\u001b[H\u001b[J";

export function register(program: Command, context: Context): void {
  const command = program
    .command("monitor")
    .summary("see how busy hosts are")
    .description("Shows load, CPU, memory, disks and temperatures, the busiest host first.")
    .argument("[selector]", "which hosts", "all")
    .option("--once", "print it once and leave")
    .addHelpText(
      "after",
      examples("atalaya monitor", "atalaya monitor lab:aula-1 --once", "atalaya monitor pc-01 --json | jq '.[].cpu'"),
    );
  command.action(async (selector: string, { once }: { readonly once?: boolean }) => {
    const { session } = context;
    const global = context.global(command);
    const client = session.client(global);
    const { out, err } = session.terminal;
    for (;;) {
      const { items } = await client.get("/api/v1/monitor", { params: { query: { selector } } });
      if (global.json === true) return printJson(session, items);
      const isLive = once !== true && out.columns !== undefined;
      if (items.length === 0 && !isLive) return err.write("Nothing is known yet of any of these hosts.\n");
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

function percent(share: number | null): string {
  return share === null ? "-" : `${Math.round(share * 100)} %`;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
