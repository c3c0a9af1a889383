/** `atalaya hosts [SELECTOR]`. */
import type { Command } from "commander";
import { allItems, at } from "../pages.ts";
import { colourOf } from "../ui/progress.ts";
import { table } from "../ui/table.ts";
import { printable } from "../ui/terminal.ts";
import { ago } from "../ui/time.ts";
import { examples, type Context } from "./command.ts";

export function register(program: Command, context: Context): void {
  const command = program
    .command("hosts")
    .summary("list hosts")
    .description("Lists the hosts a selector hits, all of them without one.")
    .argument("[selector]", "which hosts", "all")
    .addHelpText(
      "after",
      examples(
        "atalaya hosts",
        "atalaya hosts 'state:offline and lab:aula-1'",
        "atalaya hosts 'os:debian and memory:<4GiB'",
        "atalaya hosts all --json | jq '.[].name'",
      ),
    );
  command.action(async (selector: string) => {
    const { session } = context;
    const { terminal, now } = session;
    const global = context.global(command);
    const client = session.client(global);
    const hosts = await allItems((cursor) =>
      client.get("/api/v1/hosts", { params: { query: { selector, limit: 1000, ...at(cursor) } } }),
    );
    if (global.json === true) return terminal.out.write(`${JSON.stringify(hosts, null, 2)}\n`);
    if (hosts.length === 0) return terminal.err.write("No host matches. Add one with: atalaya token create\n");
    const { paint } = terminal;
    await terminal.out.write(
      table(
        hosts,
        [
          { title: "NAME", cell: ({ name }) => paint.bold(printable(name)) },
          { title: "STATE", cell: ({ state }) => colourOf(state, paint)(state) },
          { title: "PLACE", cell: ({ place }) => printable(place ?? "-") },
          {
            title: "OS",
            cell: ({ os }) => printable(os === undefined ? "-" : [os.id, os.version].filter(Boolean).join(" ")),
          },
          {
            title: "ADDRESS",
            cell: ({ addresses }) =>
              printable(addresses.find((address) => !address.includes(":")) ?? addresses[0] ?? "-"),
          },
          {
            title: "SEEN",
            cell: ({ state, lastSeenAt, offlineReason }) =>
              state === "online"
                ? "now"
                : `${ago(lastSeenAt, now())}${offlineReason === undefined ? "" : ` (${offlineReason})`}`,
          },
          { title: "LABELS", cell: ({ labels }) => printable(labelText(labels)) },
        ],
        terminal.wide,
      ),
    );
  });
}

export function labelText(labels: Readonly<Record<string, string>>): string {
  const texts = Object.entries(labels).map(([key, value]) => (value === "" ? key : `${key}=${value}`));
  return texts.length === 0 ? "-" : texts.join(" ");
}
