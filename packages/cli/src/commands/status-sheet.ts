/** One status, and what differs between two, for a person. */
import type { components } from "@atalaya/client";
import { sheet } from "../ui/table.ts";
import { printable, type Sink } from "../ui/terminal.ts";
import { ago, moment } from "../ui/time.ts";

type Diff = components["schemas"]["StatusDiff"];

interface Shown {
  readonly host?: { readonly name: string };
  readonly listed?: boolean;
  readonly digest: string;
  readonly revision: number;
  readonly source: string;
  readonly changedAt?: number;
  readonly at?: number;
  readonly status: Readonly<Record<string, unknown>>;
}

/** The parts in few words; `--json` has all of them. */
export function statusSheet(shown: Shown, { paint }: Sink, now: number): string {
  const { host, listed, digest, revision, source, status } = shown;
  const when = shown.changedAt ?? shown.at;
  const os = objectOf(status["os"]);
  const uplink = objectOf(status["uplink"]);
  return sheet([
    ["host", host === undefined ? undefined : paint.bold(printable(host.name))],
    ["ready", listed === undefined ? undefined : listed ? "yes" : "no, what it was last"],
    ["digest", digest],
    ["revision", `${revision}${when === undefined ? "" : `, ${moment(when)} (${ago(when, now)})`}, by ${source}`],
    ["system", words(os["hostname"], os["type"], os["release"], os["arch"])],
    ["uptime", typeof os["uptime"] === "number" ? `${Math.round(os["uptime"] / 60)} min` : undefined],
    ["network", Object.keys(objectOf(os["networkInterfaces"])).map(printable).join(" ") || undefined],
    ["uplink", uplink["host"] === undefined ? undefined : words(uplink["host"], uplink["port"])],
    ...(["packages", "services", "instances", "clients"] as const).map(
      (name): readonly [string, string | undefined] => [name, countOf(status[name])],
    ),
    ["plugins", namesOf(status["plugins"])],
    [
      "versions",
      Object.entries(objectOf(status["versions"]))
        .map(([name, version]) => `${printable(name)} ${printable(String(version))}`)
        .join(", ") || undefined,
    ],
  ]);
}

/** A line each: `+` what is new, `-` what is gone, `~` what is another. */
export function diffLines({ from, to, differences, truncated }: Diff, { paint }: Sink): string {
  const marks = { added: paint.green("+"), removed: paint.red("-"), changed: paint.yellow("~") } as const;
  const lines = differences.map(({ path, kind, before, after }) => {
    const values = [before, after].filter((value) => value !== undefined).map(short);
    return `${marks[kind]} ${printable(path)}: ${values.join(" → ")}\n`;
  });
  const head = paint.dim(`${from.revision} (${moment(from.at)}) → ${to.revision} (${moment(to.at)})\n`);
  return `${head}${lines.length === 0 ? "Nothing differs.\n" : lines.join("")}${truncated ? "… and more.\n" : ""}`;
}

const MOST_CHARACTERS = 160;

function short(value: unknown): string {
  const text = printable(JSON.stringify(value));
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {};
}

function words(...values: readonly unknown[]): string | undefined {
  return (
    values
      .filter((value) => value !== undefined && value !== null)
      .map((value) => printable(typeof value === "string" ? value : JSON.stringify(value)))
      .join(" ") || undefined
  );
}

function countOf(value: unknown): string | undefined {
  return Array.isArray(value) ? String(value.length) : undefined;
}

function namesOf(value: unknown): string | undefined {
  if (!Array.isArray(value)) return undefined;
  const names = value.flatMap((item: unknown) => {
    const { name } = objectOf(item);
    return typeof name === "string" ? [printable(name)] : [];
  });
  return names.join(" ") || undefined;
}
