/** What must be said to the server so that a host has exactly these labels; written as `key=value` or `key`. */
export function labelChanges(
  before: Readonly<Record<string, string>>,
  wanted: readonly string[],
): Readonly<Record<string, string | null>> {
  const after = new Map(
    wanted.map((word) => {
      const [key = "", ...value] = word.split("=");
      return [key.trim(), value.join("=").trim()] as const;
    }),
  );
  const changes: Record<string, string | null> = {};
  for (const key of Object.keys(before)) if (!after.has(key)) changes[key] = null;
  for (const [key, value] of after) if (before[key] !== value) changes[key] = value;
  return changes;
}
