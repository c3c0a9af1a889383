/**
 * What must never be read in a log. Two nets: fields by name, wherever callers put objects; and texts by their form,
 * because a token also hides in a message, an address or an error's sentence.
 */
const secretFields = [
  "authorization",
  "cookie",
  "set-cookie",
  "proxy-authorization",
  "x-api-key",
  "token",
  "joinToken",
  "apiToken",
  "secret",
  "secrets",
  "password",
  "passphrase",
  "stdin",
  "env",
  "keyPem",
  "privateKey",
  "ticketKeys",
];

/** Paths for pino: it knows no "anywhere", so each field is named at the first four levels. */
export const redactedPaths: readonly string[] = secretFields.flatMap((field) => {
  const at = /^[A-Za-z]+$/.test(field) ? `.${field}` : `["${field}"]`;
  return [at.replace(/^\./, ""), `*${at}`, `*.*${at}`, `*.*.*${at}`];
});

const tokens = /\b(?:at[a-z]|aat)_[A-Za-z0-9_-]{20,}(\.[A-Za-z0-9_-]{43})?/g;
const bearer = /\b(Bearer|Basic) [A-Za-z0-9._~+/=-]{8,}/gi;
const privateKeys = /-----BEGIN ([A-Z]+ )*PRIVATE KEY-----.*?(-----END ([A-Z]+ )*PRIVATE KEY-----|$)/gs;
const urlPasswords = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@"]*):[^\s/@"]+@/gi;

/** A whole line, censored by form. */
export function censorText(line: string): string {
  return line
    .replace(tokens, (token) => `${token.slice(0, 4)}[redacted]`)
    .replace(bearer, "$1 [redacted]")
    .replace(privateKeys, "[redacted private key]")
    .replace(urlPasswords, "$1:[redacted]@");
}
