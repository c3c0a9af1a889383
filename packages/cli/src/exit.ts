/** Exit statuses: 0 every run succeeded, 1 some did not, 2 wrong usage, 3 not reached, 4 not allowed, 5 no host. */
import { ClientError, exitStatusOf } from "@atalaya/client";
import { CommanderError } from "commander";
import { UsageError } from "./session.ts";
import type { States } from "./ui/progress.ts";
import { printable, type Terminal } from "./ui/terminal.ts";

const WRONG_USAGE = 2;
const MOST_ISSUES = 20;

/** What a person does about it here; the server's own advice is for all kinds of clients. */
const NEXT: Readonly<Record<string, string>> = {
  "identity.missing":
    "Give an API token: --token-file FILE (or ATALAYA_TOKEN_FILE). On the server's own machine, the account that runs it needs none.",
  "identity.invalid": "Make a new one on the server's machine: atalaya api-token create NAME",
  "identity.expired": "Make a new one on the server's machine: atalaya api-token create NAME",
  "server.untrusted": "Give the CA that signed its certificate: --ca FILE (ca.pem in the server's data folder).",
  "server.unreachable": "Is it running? Is the address right? --server https://host:port (or ATALAYA_SERVER)",
  "selector.no-match": "See whom there is: atalaya hosts",
  "group.unknown": "See: atalaya group ls",
  "script.unknown": "See: atalaya script ls",
  "deployment.unknown": "See: atalaya deployment ls",
  "activation.unknown": "See: atalaya activation ls",
};

export function statusOf(states: States, targets: number): 0 | 1 {
  return states["succeeded"] === targets ? 0 : 1;
}

/** Tells the failure on `stderr` and returns the status to end with. */
export async function explain(cause: unknown, { err }: Pick<Terminal, "err">): Promise<number> {
  // What failed while it was cleaned up after is not why it failed.
  if (cause instanceof SuppressedError) return explain(cause.suppressed, { err });
  if (cause instanceof CommanderError) return cause.exitCode === 0 ? 0 : WRONG_USAGE;
  const head = err.paint.red("error:");
  if (cause instanceof UsageError) {
    await err.write(`${head} ${cause.message}\n`);
    return WRONG_USAGE;
  }
  if (cause instanceof ClientError) {
    const { code, detail, details, next } = cause;
    const lines = detailLines(details);
    await err.write(`${head} ${printable(detail)} ${err.paint.dim(`(${printable(code)})`)}\n`);
    for (const line of lines) await err.write(`  ${line}\n`);
    // A caret says it better than the same in words.
    const advice = code === "selector.malformed" ? undefined : (own(cause) ?? next ?? NEXT[code]);
    if (advice !== undefined) await err.write(`${advice.split("\n").map(printable).join("\n")}\n`);
    return exitStatusOf(code);
  }
  await err.write(`${head} ${cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}\n`);
  return 1;
}

/** Instead of what the server advises; what we ourselves say has no HTTP status. */
function own({ code, status }: ClientError): string | undefined {
  return status === undefined && code !== "server.untrusted" ? undefined : NEXT[code];
}

/** What helps a person: the caret under a selector, the fields that are wrong. */
function detailLines(details: Readonly<Record<string, unknown>> | undefined): readonly string[] {
  if (details === undefined) return [];
  const { caret, issues } = details;
  if (typeof caret === "string") return caret.split("\n").map(printable);
  if (!Array.isArray(issues) || issues.length < 2) return [];
  return issues
    .slice(0, MOST_ISSUES)
    .map((issue: { readonly path?: unknown; readonly message?: unknown }) =>
      printable(`${String(issue.path)}: ${String(issue.message)}`),
    );
}
