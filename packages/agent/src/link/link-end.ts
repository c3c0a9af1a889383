/** The link ended, or never came to be. `retryAfterMs` null: do not come back with this identity. */
export class LinkEnd extends Error {
  override readonly name = "LinkEnd";
  readonly code: string;
  readonly retryAfterMs: number | null | undefined;
  readonly slot: number | undefined;
  constructor(
    code: string,
    message: string,
    more: { readonly retryAfterMs?: number | null; readonly slot?: number; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause });
    this.code = code;
    this.retryAfterMs = more.retryAfterMs;
    this.slot = more.slot;
  }
}

/** In TLS 1.3 a refused client certificate is heard of after the handshake, as an alert. */
export function codeOfAlert(error: Error & { readonly code?: unknown }): string {
  const code = String(error.code);
  if (/ALERT_CERTIFICATE_EXPIRED/.test(code)) return "certificate.expired";
  if (/ALERT_CERTIFICATE_REVOKED/.test(code)) return "certificate.revoked";
  return "host.offline";
}
