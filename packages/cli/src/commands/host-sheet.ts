/** All that is known of one host, for a person. */
import type { components } from "@atalaya/client";
import { colourOf } from "../ui/progress.ts";
import { sheet, table } from "../ui/table.ts";
import { printable, type Sink } from "../ui/terminal.ts";
import { ago, bytes } from "../ui/time.ts";
import { labelText } from "./hosts.ts";

type HostDetail = components["schemas"]["HostDetail"];
export type HostEvent = components["schemas"]["HostHistoryItem"];

export function hostSheet(host: HostDetail, { paint }: Sink, now: number): string {
  const { facts, offlineReason } = host;
  const reason = offlineReason === undefined ? "" : ` (${printable(offlineReason)})`;
  const head = `${paint.bold(printable(host.name))}  ${colourOf(host.state, paint)(host.state)}${reason}\n`;
  const { os, kernel, cpu, memory } = facts;
  const rows = sheet([
    ["id", host.id],
    ["place", printable(host.place ?? "-")],
    ["labels", printable(labelText(host.labels))],
    ["seen", host.state === "online" ? "now" : ago(host.lastSeenAt, now)],
    ["booted", facts.bootedAt === undefined ? undefined : ago(facts.bootedAt, now)],
    ["os", printable(os?.name ?? [os?.id, os?.version].filter(Boolean).join(" "))],
    ["kernel", kernel && printable(`${kernel.name} ${kernel.release} ${kernel.arch}`)],
    ["cpu", cpu && printable(`${cpu.cores} × ${cpu.model ?? "unknown"}`)],
    ["memory", memory && bytes(memory.totalBytes)],
    ["disks", (facts.disks ?? []).map((disk) => words(disk.name, bytes(disk.sizeBytes), disk.model))],
    ["networks", (facts.networks ?? []).map((card) => words(card.name, card.mac, ...card.addresses))],
    ["hardware", words(facts.vendor, facts.product)],
    ["serial", printable(facts.serial ?? "")],
    ["uuid", printable(facts.uuid ?? "")],
    ["limits", limitsOf(facts.cgroups)],
    ["virtual", printable(facts.virtualization ?? "")],
    ["addresses", host.addresses.map(printable).join(" ")],
    [
      "via",
      host.via &&
        `${host.via.map(printable).join(", then ")} (its ${host.state === "online" ? "link goes" : "last link went"} through there)`,
    ],
    ["agent", host.agentVersion && words(host.agentVersion, `can ${host.capabilities.join(", ") || "nothing"}`)],
    [
      "doors",
      host.doors.map(({ kind, name, state, address, via, offlineReason }) =>
        words(kind, name, state, address, via && `through ${via}`, offlineReason && `(${offlineReason})`),
      ),
    ],
    ["systems", host.systems.map(({ kind, name, state, enrolment }) => words(`${kind}:${name}`, state, enrolment))],
  ]);
  const proposals = host.proposals.map(({ name, reason: why }) =>
    paint.yellow(
      `It may be the same machine as ${printable(name)} (${printable(why)}). If so: atalaya host merge ${printable(host.name)} ${printable(name)}; if not: atalaya host dismiss ${printable(host.name)} ${printable(name)}\n`,
    ),
  );
  return head + rows + proposals.join("");
}

export function historyTable(events: readonly HostEvent[], { columns }: Sink, now: number): string {
  return table(
    events,
    [
      { title: "AT", cell: ({ at }) => new Date(at).toISOString().replace("T", " ").slice(0, 19), whole: true },
      { title: "AGO", cell: ({ at }) => ago(at, now) },
      { title: "WHAT", cell: ({ event }) => event },
      { title: "DETAILS", cell: detailsOf },
    ],
    columns,
  );
}

function detailsOf({ at: _at, event: _event, ...details }: HostEvent): string {
  const told = Object.entries(details).filter(([, value]) => value !== undefined && value !== null && value !== "");
  return told
    .map(([key, value]) => `${key} ${printable(typeof value === "string" ? value : JSON.stringify(value))}`)
    .join(", ");
}

/** What holds commands within their limits there; nothing is known before the host has told its facts. */
function limitsOf(groups: HostDetail["facts"]["cgroups"]): string {
  if (groups === undefined) return "of each process (no control groups)";
  const { controllers } = groups;
  if (controllers.length === 0) return "of each process (control groups only hold commands together)";
  return `by control groups: ${controllers.map(printable).join(", ")}`;
}

function words(...parts: readonly (string | undefined)[]): string {
  return parts
    .filter((part) => part !== undefined && part !== "")
    .map((part) => printable(part!))
    .join("  ");
}
