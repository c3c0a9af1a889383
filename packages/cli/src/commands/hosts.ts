/** `atalaya hosts [SELECTOR]`. */
import type { Command } from "commander";
import type { components } from "@atalaya/client";
import { allItems, at } from "../pages.ts";
import { colourOf } from "../ui/progress.ts";
import { table } from "../ui/table.ts";
import { printable } from "../ui/terminal.ts";
import { ago } from "../ui/time.ts";
import { examples, printJson, type Context } from "./command.ts";

type Host = components["schemas"]["Host"];

export function register(program: Command, context: Context): void {
  const command = program
    .command("hosts")
    .summary("list hosts")
    .description("Lists the hosts a selector picks; all of them without one.")
    .argument("[selector]", "which hosts", "all")
    .addHelpText(
      "after",
      examples(
        "atalaya hosts",
        "atalaya hosts 'state:offline and lab:aula-1'",
        "atalaya hosts 'os:debian and memory:<4GiB'",
        "atalaya hosts --json | jq -r '.[].name'",
      ),
    );
  command.action(async (selector: string) => {
    const { session } = context;
    const global = context.global(command);
    const client = session.client(global);
    const hosts = await allItems((cursor) =>
      client.get("/api/v1/hosts", { params: { query: { selector, limit: 1000, ...at(cursor) } } }),
    );
    if (global.json === true) return printJson(session, hosts);
    const { out, err } = session.terminal;
    if (hosts.length === 0) {
      return err.write(
        selector === "all" ? "No hosts yet. Add one with: atalaya token create\n" : "No host matches.\n",
      );
    }
    const now = session.now();
    const columns = [
      { title: "NAME", cell: ({ name }: Host) => printable(name), paint: () => out.paint.bold },
      { title: "STATE", cell: ({ state }: Host) => state, paint: ({ state }: Host) => colourOf(state, out.paint) },
      { title: "PLACE", cell: ({ place }: Host) => printable(place ?? "-") },
      { title: "OS", cell: ({ os }: Host) => printable([os?.id, os?.version].filter(Boolean).join(" ") || "-") },
      { title: "ADDRESS", cell: ({ addresses }: Host) => printable(addressOf(addresses)) },
      { title: "SEEN", cell: (host: Host) => seen(host, now) },
      { title: "LABELS", cell: ({ labels }: Host) => printable(labelText(labels)) },
    ];
    await out.write(table(hosts, columns, out.columns));
  });
}

/** The one that says most to a person: not loopback, not of one cable only, rather short than long. */
function addressOf(addresses: readonly string[]): string {
  const told = addresses.filter((address) => !/^(127\.|::1$|fe80:)/i.test(address));
  return told.find((address) => !address.includes(":")) ?? told[0] ?? addresses[0] ?? "-";
}

function seen({ state, lastSeenAt, offlineReason }: Host, now: number): string {
  if (state === "online") return "now";
  return offlineReason === undefined ? ago(lastSeenAt, now) : `${ago(lastSeenAt, now)} (${printable(offlineReason)})`;
}

export function labelText(labels: Readonly<Record<string, string>>): string {
  const texts = Object.entries(labels).map(([key, value]) => (value === "" ? key : `${key}=${value}`));
  return texts.length === 0 ? "-" : texts.join(" ");
}
