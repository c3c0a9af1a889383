import type { Context } from "hono";
import { z } from "zod";
import type { ApiEnv } from "../../api/environment.ts";
import { decodeCursor, encodeCursor } from "../../api/page.ts";
import { route, routes } from "../../api/route.ts";
import type { Fleet } from "../../domain/fleet/index.ts";
import { seenAs, seesPlaces, statusOf, type StatusEntry, type StatusRoom } from "../../domain/status/index.ts";
import type { Clock } from "../../platform/clock.ts";
import { createListBytes, documents, streamOf } from "./bytes.ts";
import type { EventStreams } from "./events.ts";
import { sinceOf } from "./follower.ts";
import { checkList, EventsQuery, ListQuery, OneQuery, partsOfFields } from "./query.ts";
import { checkListed, minionOf, presenceOf, selected } from "./selection.ts";
import { entityTag, isKnown } from "./validators.ts";

export interface MinionsNeeds {
  readonly status: StatusRoom;
  readonly fleet: Pick<Fleet, "resolve" | "host" | "byKey">;
  readonly events: EventStreams;
  readonly clock: Clock;
  /** Digests as the original counts them. */
  readonly legacyDigests: boolean;
  /** New with every start: what is live is counted anew then. */
  readonly start: string;
}

const ByPosition = z.tuple([z.int().min(0)]);
const tags = ["minions"];
const JSON_TYPE = "application/json; charset=utf-8";
const LINES_TYPE = "application/x-ndjson; charset=utf-8";

/** `/minions`: the original tower's list, whose checksums tell the truth. HEAD is answered by the same routes. */
export const minionRoutes = ({ status, fleet, events, clock, legacyDigests, start }: MinionsNeeds) => {
  const bytes = createListBytes(clock);

  /** What HEAD says is exactly what the original said, and a little more. */
  function headOf(digest: string, tag: string): Record<string, string> {
    return {
      "content-md5": digest,
      etag: tag,
      "cache-control": "private, no-cache",
      "atalaya-revision": String(status.revision),
    };
  }

  function head(c: Context<ApiEnv>, headers: Record<string, string>): Response {
    return c.body(null, 200, { ...headers, "content-type": "text/html; charset=utf-8", "content-length": "0" });
  }

  return routes()
    .openapi(
      route({
        method: "get",
        path: "/minions",
        operationId: "listMinions",
        permission: "status.read",
        summary: "The status of all hosts that are ready, in the order of becoming so",
        description:
          "HEAD tells the digest alone, in `Content-MD5`: MD5 in lower-case hex over the digests of all that are listed. It changes when something visible does, and not by the mere passing of time.",
        tags,
        query: ListQuery,
        responses: { 200: { raw: "application/json" } },
      }),
      async (c) => {
        const query = c.req.valid("query");
        checkList(query);
        const { actor } = c.var;
        const { fields, limit, cursor, since, live, selector, state, pretty } = query;
        const isHead = c.req.raw.method === "HEAD";
        const lines =
          query.format === "ndjson" || (query.format ?? c.req.header("accept")?.includes("ndjson")) === true;
        const list = status.list(actor);
        const isWhole = selector === undefined && state === "ready";
        const some = isWhole ? undefined : await selected({ status, fleet }, query, actor);
        const { digest, legacyDigest } = some ?? list;
        const beat = live === "off" ? undefined : `${start}${list.version.toString(36)}`;
        const { live: _, state: asked, format: __, ...rest } = query;
        const tag = entityTag(digest, beat, {
          ...rest,
          // When who is offline was last seen is in the answer, and in no digest.
          ...(asked === "all" ? { asked, seen: some?.entries.map((entry) => presenceOf(entry, fleet)) } : {}),
          ...(lines ? { lines } : {}),
        });
        const headers = headOf(legacyDigests ? legacyDigest : digest, tag);
        const after = cursor === undefined ? 0 : decodeCursor(ByPosition, cursor)[0];
        if (isKnown(c.req.header("if-none-match"), tag, digest)) return c.body(null, 304, headers);
        if (isHead) return head(c, headers);

        if (since !== undefined) return c.json(changesSince(since, query, actor), 200, headers);
        if (isWhole && fields === undefined && limit === undefined && cursor === undefined && !lines) {
          const spacing =
            pretty === "on" || (pretty === undefined && c.var.peer.door === "tower") ? "listed" : "compact";
          const { length, chunks } = bytes.of(list, { spacing, live: live === "on" });
          return c.body(streamOf(chunks), 200, {
            ...headers,
            "content-type": JSON_TYPE,
            ...(length === undefined ? {} : { "content-length": String(length) }),
          });
        }
        const all = some?.entries ?? list.blocks.flatMap(({ things }) => things);
        const left = all.filter(({ position }) => position > after);
        const page = limit === undefined ? left : left.slice(0, limit);
        const last = page.at(-1);
        if (limit !== undefined && left.length > limit && last !== undefined) {
          const next = new URL(c.req.url);
          next.searchParams.set("cursor", encodeCursor([last.position]));
          headers["link"] = `<${next.pathname}${next.search}>; rel="next"`;
        }
        function* minions() {
          for (const entry of page) yield JSON.stringify(minionOf(entry, query, fleet), null, pretty === "on" ? 2 : 0);
        }
        const marks = lines ? { open: "", comma: "\n", close: page.length > 0 ? "\n" : "" } : LIST_MARKS;
        return c.body(streamOf(documents(minions(), marks)), 200, {
          ...headers,
          "content-type": lines ? LINES_TYPE : JSON_TYPE,
        });
      },
    )
    .openapi(
      route({
        method: "get",
        path: "/minions/events",
        operationId: "followMinions",
        permission: "status.read",
        summary: "What becomes of the list, as server-sent events: added, ready, changed, removed",
        description:
          "`Last-Event-ID` or `since` go on where somebody stopped; without them it begins now. `reset` says that what happened since is not known any more: read the list anew. With a selector, who comes to be picked is `added` and `ready`, and who no longer is, `removed`. With fields, `ready` and `changed` bring these of the minion, and a change of other parts is not told.",
        tags,
        query: EventsQuery,
        responses: { 200: { raw: "text/event-stream" } },
      }),
      async (c) => {
        const { since, selector, fields } = c.req.valid("query");
        const wish = {
          since: sinceOf(c.req.header("last-event-id")) ?? sinceOf(since),
          selector,
          shown:
            fields === undefined
              ? undefined
              : {
                  parts: partsOfFields(fields),
                  minion: (entry: StatusEntry) => minionOf(entry, { state: "ready", live: "on", fields }, fleet),
                },
        };
        return c.body(await events.open(c.var.actor, wish, c.req.raw.signal), 200, {
          "content-type": "text/event-stream; charset=utf-8",
          "cache-control": "no-store",
          "x-accel-buffering": "no",
        });
      },
    )
    .openapi(
      route({
        method: "get",
        path: "/minions/{id}",
        operationId: "getMinion",
        permission: "status.read",
        summary: "The status of one host",
        description: "HEAD tells its digest in `Content-MD5`.",
        tags,
        params: z.object({ id: z.string().min(1).max(256).describe("As it is listed; or id or name of the host.") }),
        query: OneQuery,
        responses: { 200: { raw: "application/json" } },
      }),
      async (c) => {
        const query = c.req.valid("query");
        const { entry, host } = await statusOf({ fleet, status }, c.req.valid("param").id, c.var.actor);
        checkListed(entry, query.state, host.name);
        const { digest } = entry;
        const beat = query.live === "off" ? undefined : `${start}${entry.beats.toString(36)}`;
        const { live: _, state, ...rest } = query;
        // Who is offline is another answer, though the same document.
        const variant = { ...rest, ...(state === "all" ? { state, seen: presenceOf(entry, fleet) } : {}) };
        const tag = entityTag(digest, beat, variant);
        const headers = headOf(legacyDigests ? entry.legacyDigest : digest, tag);
        if (isKnown(c.req.header("if-none-match"), tag, digest)) return c.body(null, 304, headers);
        if (c.req.raw.method === "HEAD") return head(c, headers);
        const isPretty = query.pretty === "on" || (query.pretty === undefined && c.var.peer.door === "tower");
        const text = JSON.stringify(minionOf(entry, query, fleet), null, isPretty ? 2 : 0);
        return c.body(text, 200, {
          ...headers,
          "content-type": JSON_TYPE,
          "content-length": String(Buffer.byteLength(text)),
        });
      },
    );

  function changesSince(since: number, query: ListQuery, actor: { readonly places?: readonly string[] }) {
    const { revision } = status;
    const list = status.list(actor);
    const told = status.eventsAfter(since);
    const listed = list.blocks.flatMap(({ things }) => things);
    if (told === undefined) {
      return {
        revision,
        digest: list.digest,
        reset: true,
        changed: listed.map((entry) => minionOf(entry, query, fleet)),
        gone: [],
      };
    }
    const sees = seesPlaces(actor.places);
    const seen = told.flatMap((event) => {
      const kind = seenAs(event, sees);
      return kind === undefined || kind === "added" ? [] : [{ ...event, kind }];
    });
    const hosts = new Set(seen.map(({ host }) => host));
    const there = listed.filter(({ host }) => hosts.has(host));
    const left = new Set(there.map(({ host }) => host));
    return {
      revision,
      digest: list.digest,
      reset: false,
      changed: there.map((entry) => minionOf(entry, query, fleet)),
      gone: [...new Set(seen.filter(({ host }) => !left.has(host)).map(({ id }) => id))],
    };
  }
};

const LIST_MARKS = { open: "[", comma: ",", close: "]" };
