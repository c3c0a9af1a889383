/** What the server says. Whatever cannot be read is undefined: a newer server may say more. */
export type ServerFrame =
  | { readonly type: "subscribed" | "done"; readonly id: number }
  | {
      readonly type: "batch";
      readonly id: number;
      readonly events: readonly LiveEvent[];
      readonly cursor: number;
      /** More of the same commit follows. */
      readonly part: boolean;
    }
  | { readonly type: "error"; readonly id?: number; readonly code: string; readonly message: string };

export type LiveEvent = Readonly<Record<string, unknown>>;

export function readServerFrame(text: string): ServerFrame | undefined {
  const frame = readObject(text);
  if (frame === undefined) return undefined;
  const { type, id, events, cursor, code, message } = frame;
  const hasId = typeof id === "number";
  if ((type === "subscribed" || type === "done") && hasId) return { type, id };
  if (type === "batch" && hasId && Array.isArray(events) && typeof cursor === "number")
    return { type, id, events, cursor, part: frame["part"] === true };
  if (type === "error" && typeof code === "string" && typeof message === "string") {
    return hasId ? { type, id, code, message } : { type, code, message };
  }
  return undefined;
}

function readObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
