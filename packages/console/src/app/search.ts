/** Readers of what stands behind the `?` of an address. What does not fit is left out: a shared link never breaks a view. */

/** Any text; numbers and the like are text that the router has read too cleverly. */
export function text<K extends string>(key: K, value: unknown): Partial<Record<K, string>> {
  if (typeof value === "string" && value !== "") return { [key]: value } as Record<K, string>;
  if (typeof value === "number" || typeof value === "boolean") return { [key]: String(value) } as Record<K, string>;
  return {};
}

/** A path of our own, never another site's: who signs in must not be sent away. */
export function pathText<K extends string>(key: K, value: unknown): Partial<Record<K, string>> {
  return typeof value === "string" && /^\/(?![/\\])/.test(value) ? ({ [key]: value } as Record<K, string>) : {};
}

export function oneOf<K extends string, const V extends string>(
  key: K,
  values: readonly V[],
  value: unknown,
): Partial<Record<K, V>> {
  return values.includes(value as V) ? ({ [key]: value } as Record<K, V>) : {};
}
