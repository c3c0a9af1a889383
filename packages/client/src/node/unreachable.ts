import { ClientError } from "../client-error.ts";

/** What goes wrong before a server answers, as a person can use it. */
export function unreachable(url: URL, cause: unknown): ClientError {
  if (cause instanceof ClientError) return cause;
  const code = String((cause as { readonly code?: unknown } | null)?.code ?? "");
  const reason = cause instanceof Error ? cause.message : String(cause);
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
