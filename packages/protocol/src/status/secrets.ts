/** Names that stand for credentials, whole or as the last word: `skey`, `API_TOKEN`, `db-password`, `privateKey`. */
const SECRET =
  /^(s?token|skey|serialkey|key|secret|password|passwd|passphrase|credentials?)$|([_-]|\b)(s?token|skey|secret|password|passwd|passphrase|api[_-]?key|(private|secret|access)[_-]?key)$|(Token|Secret|Password|Passphrase|PrivateKey|SecretKey|ApiKey|AccessKey)$/i;
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;
/** `scheme://user:password@`, RFC 3986, 3.2.1. */
const USER_INFO = /\b([a-z][a-z0-9+.-]*:\/\/)[^\s/?#@]*@/gi;

/**
 * The same value with all that is secret replaced by null, keys kept. Environments of processes (`options.env`) keep
 * their names only: what is secret in there, no name tells. Addresses lose the user and password in them.
 */
export function withoutSecrets(value: unknown, name = ""): unknown {
  if (typeof value === "string") {
    if (SECRET.test(name) || PRIVATE_KEY.test(value)) return null;
    return value.includes("://") ? value.replace(USER_INFO, "$1") : value;
  }
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(item, name));
  if (typeof value !== "object" || value === null) return SECRET.test(name) && typeof value === "number" ? null : value;
  if (SECRET.test(name)) return null;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      key,
      name === "options" && key === "env" ? namesOf(member) : withoutSecrets(member, key),
    ]),
  );
}

function namesOf(environment: unknown): unknown {
  if (typeof environment !== "object" || environment === null) return null;
  return Object.fromEntries(Object.keys(environment).map((name) => [name, null]));
}
