/** What a terminal's address asks for. Pure. */
import { AtalayaError, TerminalRequest } from "@atalaya/protocol";
import { z } from "zod";

const Query = z.strictObject({
  columns: z.coerce.number().default(80),
  rows: z.coerce.number().default(24),
  account: z.string().optional(),
  term: z.string().optional(),
  lang: z.string().optional(),
});

const PATH = /^\/api\/v1\/hosts\/([^/]+)\/terminal$/;

/** The host that a terminal's path names; undefined for all other paths. */
export function terminalHostOf(path: string): string | undefined {
  const name = PATH.exec(path)?.[1];
  if (name === undefined) return undefined;
  try {
    return decodeURIComponent(name);
  } catch {
    return undefined;
  }
}

/** Throws `request.malformed`. */
export function readWish(target: string): TerminalRequest {
  const { searchParams } = new URL(target, "https://atalaya");
  const query = Query.safeParse(Object.fromEntries(searchParams));
  const parsed = query.success ? TerminalRequest.safeParse(query.data) : query;
  if (parsed.success) return parsed.data as TerminalRequest;
  const [issue] = parsed.error.issues;
  throw new AtalayaError("request.malformed", `The terminal's ${issue?.path.join(".") || "query"}: ${issue?.message}.`);
}
