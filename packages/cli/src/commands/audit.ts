/** `atalaya audit`: who changed what, and whether the log of it is whole. */
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import type { Command } from "commander";
import { verifyAuditExport, type AuditExportVerdict, type components } from "@atalaya/client";
import { time, whole } from "../option-values.ts";
import { allItems, at } from "../pages.ts";
import { findCa, UsageError, type GlobalOptions } from "../session.ts";
import { table, type Column } from "../ui/table.ts";
import { printable, type Sink } from "../ui/terminal.ts";
import { moment } from "../ui/time.ts";
import { examples, printJson, type Context } from "./command.ts";

type Entry = components["schemas"]["AuditEntry"];
type Report = components["schemas"]["AuditReport"];

interface Filter {
  readonly actor?: string;
  readonly action?: string;
  readonly target?: string;
  readonly outcome?: string;
  readonly address?: string;
  readonly request?: string;
  readonly since?: string;
  readonly until?: string;
  readonly limit?: string;
  readonly follow?: boolean;
}

const OUTCOMES = ["done", "refused", "failed", "unknown"] as const;
const SHOWN = 50;

export function register(program: Command, context: Context): void {
  const { session } = context;
  const audit = program
    .command("audit")
    .summary("who changed what, and whether the log of it is whole")
    .description("The audit log: every change and sign-in, in chains that cannot be changed\nunnoticed.")
    .addHelpText("after", examples("atalaya audit ls", "atalaya audit export > audit.ndjson", "atalaya audit verify"));

  const ls = audit
    .command("ls")
    .summary("entries, the newest first")
    .description(`Shows entries of the audit log, the newest ${SHOWN} first.`)
    .option("--actor <name>", "who, as in pam:ana")
    .option("--action <name>", "what: job.create, or all of its kind: job")
    .option("--target <name>", "on what: an id, or a name such as pc-01")
    .option("--outcome <word>", OUTCOMES.join(", "))
    .option("--address <address>", "from where")
    .option("--request <id>", "of one request")
    .option("--since <time>", "not older than that: 2d")
    .option("--until <time>", "older than that: 1h")
    .option("--limit <n>", `how many (${SHOWN})`)
    .option("--follow", "and what comes, until Ctrl-C; takes no filters")
    .addHelpText(
      "after",
      examples(
        "atalaya audit ls --actor pam:ana --action job --since 2d",
        "atalaya audit ls --target pc-01 --outcome refused",
        "atalaya audit ls --follow --json | jq -c .action",
      ),
    );
  ls.action(async (options: Filter) => {
    const global = context.global(ls);
    const client = session.client(global);
    const { out, err } = session.terminal;
    if (options.follow === true) return follow(options, global);
    const query = queryOf(options);
    const limit = whole("--limit", options.limit) ?? SHOWN;
    const entries = await allItems(
      (cursor) =>
        client.get("/api/v1/audit", { params: { query: { ...query, limit: Math.min(limit, 500), ...at(cursor) } } }),
      limit,
    );
    if (global.json === true) return printJson(session, entries);
    if (entries.length === 0) return err.write("No such entries.\n");
    await out.write(table(entries, columnsOf(out), out.columns));
  });

  async function follow(options: Filter, global: GlobalOptions): Promise<void> {
    if (options.limit !== undefined || Object.keys(queryOf(options)).length > 0)
      throw new UsageError("--follow shows all entries: leave the filters out");
    const client = session.client(global);
    const { out } = session.terminal;
    const { revision } = await client.get("/api/v1/audit", { params: { query: { limit: 1 } } });
    const from = { since: revision, signal: session.interrupted };
    for await (const { events } of client.live.subscribe("audit", {}, from)) {
      for (const event of events) {
        const entry = event["entry"] as Entry;
        await out.write(`${global.json === true ? JSON.stringify(entry) : lineOf(entry)}\n`);
      }
    }
  }

  const exported = audit
    .command("export")
    .summary("all of it, as lines of JSON")
    .description(
      "Writes the whole audit log as lines of JSON. The first says, signed, what\nfollows: audit verify checks the file without a server.",
    )
    .addHelpText("after", examples("atalaya audit export > audit.ndjson", "atalaya audit verify audit.ndjson"));
  exported.action(async () => {
    const stream = await session
      .client(context.global(exported))
      .get("/api/v1/audit/export", { parseAs: "stream" as const });
    const decoder = new TextDecoder();
    for await (const bytes of stream ?? []) await session.terminal.out.write(decoder.decode(bytes, { stream: true }));
  });

  const verify = audit
    .command("verify [file]")
    .summary("whether it is as it was written")
    .description(
      "Checks all hashes and signatures: at the server, or of an exported file, which\nneeds only the fleet's CA (--ca, or the server's of this machine). The exit\nstatus is 1 when something was changed, removed, reordered or cut off.",
    )
    .addHelpText("after", examples("atalaya audit verify", "atalaya audit verify audit.ndjson --ca ca.pem"));
  verify.action(async (file: string | undefined) => {
    const global = context.global(verify);
    const { out, err } = session.terminal;
    if (file === undefined) {
      const report = await session.client(global).get("/api/v1/audit/verify");
      if (!report.good) context.exit(1);
      return global.json === true ? printJson(session, report) : out.write(reportText(report, out));
    }
    const verdict = await verifyAuditExport(linesOf(file), findCa(global, session.env));
    if (verdict.problem !== undefined) context.exit(1);
    if (global.json === true) return printJson(session, verdict);
    await out.write(verdictText(verdict, out));
    if (!verdict.proven) {
      await err.write(
        `${err.paint.yellow("note:")} without the fleet's CA (--ca FILE) this only proves that the file fits\nits own words, not that your server wrote it\n`,
      );
    }
  });
}

const WORDS = ["actor", "action", "target", "address", "request"] as const;

/** Commander hands over the shared options, too: only what is a filter goes to the server. */
function queryOf({ since, until, outcome, ...given }: Filter) {
  if (outcome !== undefined && !isOutcome(outcome)) {
    throw new UsageError(`--outcome: ${outcome} is none of ${OUTCOMES.join(", ")}`);
  }
  const now = Date.now();
  const from = time("--since", since);
  const before = time("--until", until);
  return {
    ...Object.fromEntries(WORDS.flatMap((word) => (given[word] === undefined ? [] : [[word, given[word]]]))),
    ...(outcome === undefined ? {} : { outcome }),
    ...(from === undefined ? {} : { since: now - from }),
    ...(before === undefined ? {} : { until: now - before }),
  };
}

function isOutcome(text: string): text is (typeof OUTCOMES)[number] {
  return (OUTCOMES as readonly string[]).includes(text);
}

function columnsOf(out: Sink): readonly Column<Entry>[] {
  return [
    { title: "WHEN", cell: (entry) => moment(entry.at) },
    { title: "WHO", cell: (entry) => printable(entry.actor) },
    { title: "WHAT", cell: (entry) => printable(entry.action) },
    {
      title: "HOW",
      cell: howOf,
      paint: ({ outcome }) =>
        outcome === "done" ? out.paint.dim : outcome === "refused" ? out.paint.yellow : out.paint.red,
    },
    { title: "FROM", cell: (entry) => printable(entry.address ?? "") },
    { title: "ON", cell: (entry) => printable(entry.targets.join(" ")) },
  ];
}

function howOf({ outcome, code }: Entry): string {
  return code === undefined ? outcome : printable(`${outcome}: ${code}`);
}

function lineOf(entry: Entry): string {
  const { at: when, actor, action, targets, address = "" } = entry;
  return printable([moment(when), actor, action, howOf(entry), address, ...targets].join("  "));
}

function reportText({ good, entries, chains }: Report, out: Sink): string {
  const lines = chains.map(({ writer, base, head, hash, problem }) => {
    const range = base === 0 ? `1 to ${head}` : `${base + 1} to ${head} (those before were dropped by age)`;
    if (problem === undefined)
      return `${out.paint.green("whole")}    ${printable(writer)}: entries ${range}, head ${hash}`;
    return `${wordOf(problem, out)}  ${printable(writer)}: entry ${problem.sequence}: ${printable(problem.message)}`;
  });
  return `${lines.map((line) => `${line}\n`).join("")}${sentence(good, entries)}`;
}

function verdictText({ entries, problem, heads }: AuditExportVerdict, out: Sink): string {
  const lines =
    problem === undefined
      ? heads.map(
          ({ writer, sequence, hash }) =>
            `${out.paint.green("whole")}    ${printable(writer)}: up to entry ${sequence}, head ${hash}`,
        )
      : [
          `${wordOf(problem, out)}  line ${problem.line}, entry ${problem.sequence} of ${printable(problem.writer)}: ${printable(problem.message)}`,
        ];
  return `${lines.map((line) => `${line}\n`).join("")}${sentence(problem === undefined, entries)}`;
}

function wordOf({ kind }: { readonly kind: string }, out: Sink): string {
  return out.paint.red(kind === "truncated" ? "CUT OFF" : "CHANGED");
}

function sentence(good: boolean, entries: number): string {
  const count = entries === 1 ? "1 entry is" : `${entries} entries are`;
  return good ? `${count} as written.\n` : `Only ${count} certainly as written.\n`;
}

async function* linesOf(file: string): AsyncGenerator<string, void, undefined> {
  const input = createReadStream(file, "utf8");
  try {
    yield* createInterface({ input, crlfDelay: Infinity });
  } catch (cause) {
    throw new UsageError(`cannot read ${file}: ${(cause as Error).message}`, { cause });
  }
}
