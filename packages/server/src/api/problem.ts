/** Failures as RFC 9457 problem documents. The code is the contract; everything else is for people. */
import { failures, type AtalayaError, type FailureCode } from "@atalaya/protocol";
import { z } from "zod";

export const PROBLEM_TYPE = "application/problem+json";

const codes = Object.keys(failures) as [FailureCode, ...FailureCode[]];

export const Problem = z
  .object({
    type: z.string().describe("`urn:atalaya:problem:` and the code."),
    title: z.string().describe("What the code means, the same each time."),
    status: z.int(),
    code: z.enum(codes).describe("The contract for programs; docs/reference/failures.md has them all."),
    detail: z.string().describe("A sentence for people; it may change."),
    details: z.record(z.string(), z.unknown()).optional(),
    next: z.string().optional().describe("What a person may do now."),
    requestId: z.string(),
  })
  .meta({ id: "Problem", description: "A failure (RFC 9457)." });
export type Problem = z.output<typeof Problem>;

/** What every operation may answer besides success. */
export function problemResponses() {
  return { default: { description: "A failure.", content: { [PROBLEM_TYPE]: { schema: Problem } } } };
}

export function problemOf(error: AtalayaError, requestId: string): Problem {
  return {
    type: `urn:atalaya:problem:${error.code}`,
    title: failures[error.code].means,
    status: failures[error.code].status,
    code: error.code,
    detail: error.message,
    ...(error.details === undefined ? {} : { details: { ...error.details } }),
    ...(error.next === undefined ? {} : { next: error.next }),
    requestId,
  };
}

/** Seconds to wait, for failures that waiting may cure. `details.retryAfterMs` names them, else a second. */
export function retryAfterOf(error: AtalayaError): number | undefined {
  const { status } = failures[error.code];
  if (status !== 429 && status !== 503) return undefined;
  const wait = error.details?.["retryAfterMs"];
  return typeof wait === "number" && wait > 0 ? Math.ceil(wait / 1000) : 1;
}
