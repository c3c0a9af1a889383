/**
 * What the page may load and do. Scripts come from files of our own only. Styles too, except for `<style>` elements that
 * carry this answer's nonce: Mantine writes its variables into one and xterm its cells' sizes. Style *attributes* in
 * markup stay forbidden: React sets properties one by one, which no policy needs to allow.
 */
export function contentPolicy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "style-src-attr 'none'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "worker-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

/** Whether somebody looks with a browser: programs ask for JSON or for anything at all. */
export function wantsPage(request: Request): boolean {
  if (request.method !== "GET" && request.method !== "HEAD") return false;
  return /\btext\/html\b/i.test(request.headers.get("accept") ?? "");
}

/** Below these, what does not exist is a mistake of a program and never a view of the console. */
export function isForPrograms(path: string): boolean {
  return /^\/(api|assets|dist|link)(\/|$)/.test(path);
}
