import { ClientError } from "../client-error.ts";

/** What goes wrong before a server answers, as a person can use it. */
export function unreachable(url: URL, cause: unknown): ClientError {
  if (cause instanceof ClientError) return cause;
  const reason = cause instanceof Error ? cause.message : "for an unknown reason";
  const code = cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : "";
  if (/CERT|SELF_SIGNED|ISSUER|ALTNAME|VERIFY/.test(code)) {
    return new ClientError({
      code: "server.untrusted",
      detail: `The server at ${url.host} is not one we trust: ${reason}.`,
      next: "Give its CA (ca.pem) or its pin.",
      cause,
    });
  }
  const said = code === "ECONNREFUSED" ? "nobody listens there" : reason;
  return new ClientError({
    code: "server.unreachable",
    detail: `The server at ${url.host} cannot be reached: ${said}.`,
    cause,
  });
}
