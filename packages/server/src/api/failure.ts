import { AtalayaError } from "@atalaya/protocol";
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { ApiEnv } from "./environment.ts";
import { problemOf, PROBLEM_TYPE, retryAfterOf } from "./problem.ts";

/** Any error as a problem document. What we did not foresee is told to the log, not to the caller. */
export function answerFailure(error: unknown, c: Context<ApiEnv>): Response {
  const failure = asFailure(error);
  const problem = problemOf(failure, c.var.requestId);
  if (problem.status >= 500) c.var.log.error({ err: error, code: failure.code }, failure.message);

  const headers = new Headers({ "Content-Type": PROBLEM_TYPE });
  const retryAfter = retryAfterOf(failure);
  if (retryAfter !== undefined) headers.set("Retry-After", String(retryAfter));
  const scheme = failure.code.startsWith("activation.") ? "Basic" : "Bearer";
  if (problem.status === 401) headers.set("WWW-Authenticate", `${scheme} realm="atalaya"`);
  const allowed = failure.details?.["allowed"];
  if (failure.code === "route.method-not-allowed" && Array.isArray(allowed)) headers.set("Allow", allowed.join(", "));
  return new Response(JSON.stringify(problem), { status: problem.status, headers });
}

function asFailure(error: unknown): AtalayaError {
  if (error instanceof AtalayaError) return error;
  // Hono's own refusals, made before any handler ran.
  if (error instanceof HTTPException && error.status === 415) {
    return new AtalayaError(
      "request.unsupported-type",
      "The body must be JSON, sent as `Content-Type: application/json`.",
    );
  }
  if (error instanceof HTTPException && error.status === 400) {
    const issues = [{ in: "body", path: "", message: "is not JSON" }];
    return new AtalayaError("request.malformed", "The body is not JSON.", { details: { issues } });
  }
  return new AtalayaError(
    "server.internal",
    "Something went wrong on the server. Its log has the reason under this request id.",
    {
      cause: error,
    },
  );
}
