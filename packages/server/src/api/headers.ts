const defaults: readonly (readonly [string, string])[] = [
  ["Cache-Control", "no-store"],
  ["Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"],
];
const always: readonly (readonly [string, string])[] = [
  ["Strict-Transport-Security", "max-age=31536000"],
  ["X-Content-Type-Options", "nosniff"],
  ["X-Frame-Options", "DENY"],
  ["Referrer-Policy", "no-referrer"],
];

/** Headers of every answer. A route may be cached or carry a policy of its own when it says so itself. */
export function secured(headers: Headers): void {
  for (const [name, value] of defaults) if (!headers.has(name)) headers.set(name, value);
  for (const [name, value] of always) headers.set(name, value);
}
