/**
 * Readers of what stands behind the `?` of an address. What does not fit is taken out: a shared link never breaks a view.
 * It must be named for that: the router lays what is read over the raw search, and what is only left out stays.
 */
type Read<K extends string, V> = Partial<Record<K, V>>;

/** Any text; numbers and the like are text that the router has read too cleverly. */
export function text<K extends string>(key: K, value: unknown): Read<K, string> {
  const isText = (typeof value === "string" && value !== "") || typeof value === "number" || typeof value === "boolean";
  return { [key]: isText ? String(value) : undefined } as Read<K, string>;
}

/** A path of our own, never another site's: who signs in must not be sent away. */
export function pathText<K extends string>(key: K, value: unknown): Read<K, string> {
  return { [key]: isOwnPath(value) ? value : undefined } as Read<K, string>;
}

export function oneOf<K extends string, const V extends string>(
  key: K,
  values: readonly V[],
  value: unknown,
): Read<K, V> {
  return { [key]: values.includes(value as V) ? value : undefined } as Read<K, V>;
}

/** As the reader of addresses sees it, who takes `/\` and `/<tab>/` for the beginning of another site. */
function isOwnPath(value: unknown): value is string {
  if (typeof value !== "string" || !value.startsWith("/")) return false;
  return URL.parse(value, "https://here.invalid")?.origin === "https://here.invalid";
}
