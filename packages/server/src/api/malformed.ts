import { AtalayaError } from "@atalaya/protocol";
import type { z } from "zod";

/** One thing wrong with a request: where, and a sentence. */
export interface Issue {
  readonly in: string;
  readonly path: string;
  readonly message: string;
}

/** Hono's hook for validation: all that is wrong, in one answer. */
export function malformed(
  result: { target: string } & ({ success: true } | { success: false; error: z.ZodError }),
): void {
  if (result.success) return;
  throw malformedBy(result.error, result.target === "json" ? "body" : result.target);
}

/** Everything that a schema found wrong with one part of a request, as one failure. */
export function malformedBy(error: z.ZodError, place: string): AtalayaError {
  const issues = issuesOf(error, place);
  return new AtalayaError("request.malformed", sentence(issues), { details: { issues } });
}

export function issuesOf(error: z.ZodError, place: string): readonly Issue[] {
  return error.issues.flatMap((issue) => flatten(issue, place));
}

/** A union's own message is "Invalid input"; what its likeliest branch says is more use. */
function flatten(issue: z.core.$ZodIssue, place: string, base: readonly PropertyKey[] = []): readonly Issue[] {
  const path = [...base, ...issue.path];
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    const likeliest = issue.errors.reduce((best, branch) => (depth(branch) > depth(best) ? branch : best));
    return likeliest.flatMap((inner) => flatten(inner, place, path));
  }
  // Of a record's key: its own message is "Invalid key in record".
  const message = issue.code === "invalid_key" ? (issue.issues[0]?.message ?? issue.message) : issue.message;
  return [{ in: place, path: path.map(String).join("."), message }];
}

function depth(issues: readonly z.core.$ZodIssue[]): number {
  return Math.max(0, ...issues.map((issue) => issue.path.length));
}

function sentence(issues: readonly Issue[]): string {
  const [first] = issues;
  if (first === undefined) return "The request is malformed.";
  const where = first.path === "" ? `the ${first.in}` : `${first.in} \`${first.path}\``;
  const more = issues.length === 1 ? "" : ` (and ${issues.length - 1} more)`;
  return `The request is malformed: ${where}: ${first.message}${more}.`;
}
