/** What callers may ask of `/minions`. */
import { AtalayaError } from "@atalaya/protocol";
import { z } from "zod";
import { PageQuery } from "../../api/page.ts";

const OnOff = z.enum(["on", "off"]);

export const ListQuery = z.object({
  state: z
    .enum(["ready", "all"])
    .default("ready")
    .describe("`all`: those that are offline, too, with when they were last seen."),
  selector: z.string().max(65_536).optional().describe("Only hosts that it picks."),
  fields: z
    .string()
    .max(4_096)
    .optional()
    .describe("Only these, with commas; `os.hostname` is a field of a field. The id always comes."),
  limit: PageQuery.shape.limit.unwrap().optional().describe("A page of so many; `Link` leads to the next."),
  cursor: PageQuery.shape.cursor,
  since: z.coerce.number().int().min(0).optional().describe("Only what changed after this revision, and who left."),
  format: z.enum(["json", "ndjson"]).optional().describe("`ndjson`: one minion a line, as `Accept` may say, too."),
  live: OnOff.default("on").describe("`off`: without what changes by itself (uptime, load, free memory, CPU times)."),
  pretty: OnOff.optional().describe("With blanks, as the original does it."),
});
export type ListQuery = z.output<typeof ListQuery>;

export const OneQuery = ListQuery.pick({ state: true, fields: true, live: true, pretty: true });

export const EventsQuery = ListQuery.pick({ selector: true, fields: true }).extend({
  since: z
    .string()
    .regex(/^\d{1,15}(\.[\w-]{1,32})?$/, "is no revision, and no id of an event")
    .optional()
    .describe("Go on after this revision, or after the event with this id."),
});

export function checkList({ since, selector, state, limit, format }: ListQuery): void {
  if (since === undefined) return;
  const wrong = [
    ...(selector === undefined ? [] : ["selector"]),
    ...(state === "ready" ? [] : ["state"]),
    ...(limit === undefined ? [] : ["limit"]),
    ...(format === "ndjson" ? ["format"] : []),
  ];
  if (wrong.length === 0) return;
  throw new AtalayaError("request.malformed", `since goes without ${wrong.join(", ")}.`, {
    details: { issues: wrong.map((path) => ({ in: "query", path, message: "does not go with since" })) },
  });
}

/** The parts that these fields are of. */
export function partsOfFields(fields: string): ReadonlySet<string> {
  return new Set(fields.split(",").flatMap((field) => field.trim().split(".", 1).filter(Boolean)));
}

/** Only the named fields, in the order of the document; `id` in any case. */
export function fieldsOf(
  document: Readonly<Record<string, unknown>>,
  fields: string,
): Readonly<Record<string, unknown>> {
  const paths = fields
    .split(",")
    .map((field) => field.trim().split("."))
    .filter(([head]) => head !== "");
  return picked(document, [["id"], ...paths]);
}

function picked(value: Readonly<Record<string, unknown>>, paths: readonly (readonly string[])[]) {
  const found: [string, unknown][] = [];
  for (const [name, member] of Object.entries(value)) {
    const deeper = paths.filter(([head]) => head === name).map(([, ...rest]) => rest);
    if (deeper.length === 0) continue;
    if (deeper.some((rest) => rest.length === 0)) found.push([name, member]);
    else if (Array.isArray(member))
      found.push([name, member.map((item: unknown) => (isObject(item) ? picked(item, deeper) : item))]);
    else if (isObject(member)) found.push([name, picked(member, deeper)]);
  }
  return Object.fromEntries(found);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
