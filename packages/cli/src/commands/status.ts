/** `atalaya status [HOST]`. */
import type { Command } from "commander";
import type { components } from "@atalaya/client";
import { allItems, at } from "../pages.ts";
import { UsageError } from "../session.ts";
import { table } from "../ui/table.ts";
import { printable, type Sink } from "../ui/terminal.ts";
import { ago, moment } from "../ui/time.ts";
import { examples, printJson, type Context } from "./command.ts";
import { diffLines, statusSheet } from "./status-sheet.ts";

type Digest = components["schemas"]["StatusDigest"];
type Change = components["schemas"]["StatusChange"];

interface Options {
  readonly all?: boolean;
  readonly digest?: boolean;
  readonly history?: boolean;
  readonly diff?: readonly string[];
  readonly at?: string;
  readonly select?: string;
}

const HISTORY_SHOWN = 200;

export function register(program: Command, context: Context): void {
  const command = program
    .command("status")
    .summary("what hosts are and hold, and how that changed")
    .description(
      "Lists the hosts that are ready with the digests of their statuses, or shows one host's: settings, network, packages, services.",
    )
    .argument("[host]", "one host, by name or id")
    .option("--select <selector>", "without a host: only these")
    .option("--all", "without a host: those that are offline, too")
    .option("--digest", "only the digest: of the list, or of the host")
    .option("--history", `the last ${HISTORY_SHOWN} changes of the host's status`)
    .option("--diff <revision...>", "what changed between two revisions of it, or since one")
    .option("--at <revision>", "the status as it was then")
    .addHelpText(
      "after",
      examples(
        "atalaya status",
        "atalaya status --digest",
        "atalaya status pc-01",
        "atalaya status pc-01 --json | jq .status.packages",
        "atalaya status pc-01 --history",
        "atalaya status pc-01 --diff 120 185",
      ),
    );
  command.action(async (host: string | undefined, options: Options) => {
    checkOptions(host, options);
    const { session } = context;
    const global = context.global(command);
    const client = session.client(global);
    const { out, err } = session.terminal;
    const isJson = global.json === true;
    const now = session.now();

    if (host === undefined) {
      const query = { selector: options.select ?? "all", state: options.all === true ? "all" : "listed" } as const;
      if (options.digest === true) {
        const { digest, revision } = await client.get("/api/v1/status", { params: { query: { ...query, limit: 1 } } });
        return isJson ? printJson(session, { digest, revision }) : out.write(`${digest}\n`);
      }
      const items = await allItems((cursor) =>
        client.get("/api/v1/status", { params: { query: { ...query, limit: 1000, ...at(cursor) } } }),
      );
      if (isJson) return printJson(session, items);
      if (items.length === 0) return err.write("No host has told its status.\n");
      return out.write(digestTable(items, out, now));
    }

    const path = { host };
    if (options.history === true) {
      const { items } = await client.get("/api/v1/hosts/{host}/status/history", {
        params: { path, query: { limit: HISTORY_SHOWN } },
      });
      return isJson ? printJson(session, items) : out.write(historyTable(items, out));
    }
    if (options.diff !== undefined) {
      const [from, to] = await revisionsOf(options.diff, async () => (await statusOf()).revision);
      const diff = await client.get("/api/v1/hosts/{host}/status/diff", { params: { path, query: { from, to } } });
      return isJson ? printJson(session, diff) : out.write(diffLines(diff, out));
    }
    if (options.at !== undefined) {
      const revision = numberOf(options.at);
      const then = await client.get("/api/v1/hosts/{host}/status/revisions/{revision}", {
        params: { path: { host, revision } },
      });
      return isJson ? printJson(session, then) : out.write(statusSheet(then, out, now));
    }
    const status = await statusOf();
    if (options.digest === true) {
      const { digest, revision } = status;
      return isJson ? printJson(session, { digest, revision }) : out.write(`${digest}\n`);
    }
    return isJson ? printJson(session, status) : out.write(statusSheet(status, out, now));

    async function statusOf() {
      return client.get("/api/v1/hosts/{host}/status", { params: { path: { host: host! } } });
    }
  });
}

function checkOptions(host: string | undefined, options: Options): void {
  const ofOne = (["history", "diff", "at"] as const).filter((name) => options[name] !== undefined);
  const ofAll = (["all", "select"] as const).filter((name) => options[name] !== undefined);
  if (host === undefined && ofOne.length > 0) throw new UsageError(`--${ofOne[0]} needs a host.`);
  if (host !== undefined && ofAll.length > 0) throw new UsageError(`--${ofAll[0]} goes without a host.`);
  const [one, other] = [...ofOne, ...(options.digest === true ? ["digest"] : [])];
  if (one !== undefined && other !== undefined) throw new UsageError(`--${one} and --${other} do not go together.`);
}

async function revisionsOf(
  texts: readonly string[],
  latest: () => Promise<number>,
): Promise<readonly [number, number]> {
  const [from, to, more] = texts;
  if (from === undefined || more !== undefined) throw new UsageError("--diff takes one revision, or two.");
  return [numberOf(from), to === undefined ? await latest() : numberOf(to)];
}

function numberOf(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new UsageError(`${JSON.stringify(text)} is no revision; --history lists them.`);
  return Number(text);
}

function digestTable(items: readonly Digest[], { paint, columns }: Sink, now: number): string {
  return table(
    items,
    [
      { title: "NAME", cell: ({ host }) => printable(host.name), paint: () => paint.bold },
      { title: "READY", cell: ({ listed }) => (listed ? "yes" : "no") },
      { title: "DIGEST", cell: ({ digest }) => digest, whole: true },
      { title: "CHANGED", cell: ({ changedAt }) => ago(changedAt, now) },
      { title: "REVISION", cell: ({ revision }) => String(revision) },
      { title: "BY", cell: ({ source }) => source },
    ],
    columns,
  );
}

function historyTable(items: readonly Change[], { columns }: Sink): string {
  return table(
    items,
    [
      { title: "REVISION", cell: ({ revision }) => String(revision), whole: true },
      { title: "WHEN", cell: (change) => moment(change.at) },
      { title: "DIGEST", cell: ({ digest }) => digest.slice(0, 12) },
      { title: "BY", cell: ({ source }) => source },
      { title: "PARTS", cell: ({ parts }) => printable(parts.join(" ")) },
    ],
    columns,
  );
}
