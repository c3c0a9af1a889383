/** Agents that print many lines, in a process of its own. */
import { crowd, enrolSim, type Crowd } from "@atalaya/testkit";
import { AT_ONCE_WORD } from "./console-words.ts";
import { takeOrders } from "./orders.ts";

export interface ConsoleOrder {
  readonly do: "connect";
  readonly host: string;
  readonly port: number;
  readonly ca: string;
  readonly token: string;
  readonly count: number;
  /** What each prints, in chunks of some lines, as an agent reads them from a spool. */
  readonly lines: number;
}

/** Of commands that do not print all at once. */
const CHUNK_EVERY_MS = 50;

const AT_ONCE = 16;
const LINES_A_CHUNK = 10;
let agents: Crowd | undefined;

async function obey({ host, port, ca, token, count, lines }: ConsoleOrder): Promise<void> {
  let next = 1;
  const identities: Awaited<ReturnType<typeof enrolSim>>[] = [];
  const workers = Array.from({ length: AT_ONCE }, async () => {
    while (next <= count) {
      const n = next++;
      const hostname = `out-${String(n).padStart(3, "0")}`;
      identities.push(await enrolSim({ host, port, ca }, { token, n: 1_000_000 + n, hostname }));
    }
  });
  await Promise.all(workers);
  agents = crowd(
    identities.map((identity, at) => ({
      identity,
      host,
      port,
      behave: ({ request }) => ({
        output: said(at, lines),
        ...(request.includes(AT_ONCE_WORD) ? {} : { everyMs: CHUNK_EVERY_MS }),
      }),
    })),
  );
  await agents.connect();
}

function said(at: number, lines: number) {
  return Array.from({ length: Math.ceil(lines / LINES_A_CHUNK) }, (_, chunk) => {
    const first = chunk * LINES_A_CHUNK;
    const some = Array.from({ length: Math.min(LINES_A_CHUNK, lines - first) }, (__, line) => lineOf(at, first + line));
    return { stream: "stdout" as const, bytes: Buffer.from(some.join("")) };
  });
}

/** As long as a line of a log is. */
function lineOf(at: number, line: number): string {
  return `Nov 22 06:00:00 unit-${at}[${1_000 + line}]: step ${line + 1} of the work is done, and nothing stands in its way\n`;
}

takeOrders(obey);
