/** What one caller is told of the list, as texts of server-sent events: in order, each once, and where to go on. */
import type { HostKey } from "../../domain/fleet/index.ts";
import {
  digestOfList,
  seenAs,
  seesPlaces,
  type StatusEntry,
  type StatusEvent,
  type StatusRoom,
} from "../../domain/status/index.ts";
import type { HeldSelection, Selection } from "./selections.ts";

export interface FollowNeeds {
  readonly status: Pick<StatusRoom, "revision" | "eventsAfter" | "list" | "get">;
  readonly places: readonly string[] | undefined;
  /** Absent: from now on. */
  readonly since?: Since | undefined;
  /** Absent: all hosts. */
  readonly selection?: Pick<HeldSelection, "current">;
  readonly shown?: Shown | undefined;
  nameOf(host: HostKey): string | undefined;
  now(): number;
}

/** Where a caller stopped. */
export interface Since {
  readonly revision: number;
  /** Of the selection it was told of then; absent: it does not say. */
  readonly mark?: string;
}

/** What callers who named fields want to see. */
export interface Shown {
  minion(entry: StatusEntry): Readonly<Record<string, unknown>>;
  /** Names of parts: other changes are not told. */
  readonly parts: ReadonlySet<string>;
}

export interface Follower {
  /** Undefined: nothing to say now; null: it can never say more. */
  next(): string | undefined | null;
}

const EVENTS_AT_ONCE = 500;

/** `123`, or `123.MARK` of a stream with a selector. Undefined for what is neither. */
export function sinceOf(text: string | undefined): Since | undefined {
  const [, revision, mark] = /^(\d{1,15})(?:\.([\w-]{1,32}))?$/.exec(text ?? "") ?? [];
  if (revision === undefined) return undefined;
  return { revision: Number(revision), ...(mark === undefined ? {} : { mark }) };
}

export function follow({ status, places, since, selection, shown, nameOf, now }: FollowNeeds): Follower {
  const sees = seesPlaces(places);
  /** All up to it is told, with regard to `hit`. */
  let cursor = since?.revision;
  let hit: Selection | undefined = selection?.current;
  // Who was picked then is not kept: if it is not who is picked now, nobody can say who came and went.
  if (since?.mark !== undefined && since.mark !== hit?.mark) cursor = Infinity;

  const idOf = (revision: number): string => `id: ${revision}${hit === undefined ? "" : `.${hit.mark}`}\n`;

  function begin(event: "now" | "reset"): string {
    hit = selection?.current;
    cursor = status.revision;
    const list = status.list({ places });
    const digest =
      hit === undefined
        ? list.digest
        : digestOfList(list.blocks.flatMap(({ things }) => things.filter(({ host }) => hit!.hosts.has(host))));
    return `${idOf(cursor)}event: ${event}\ndata: ${JSON.stringify({ revision: cursor, digest })}\n\n`;
  }

  /** Once all that happened is told: who is picked now and was not, and the other way round. */
  function turn(to: Selection): string {
    const from = hit!;
    hit = to;
    const revision = cursor!;
    const gone = [...from.hosts].filter((host) => !to.hosts.has(host));
    const come = [...to.hosts].filter((host) => !from.hosts.has(host));
    const at = new Date(now()).toISOString();
    const about = (host: HostKey) => {
      const entry = status.get(host);
      if (entry === undefined || entry.state === "absent" || !sees(entry.place)) return [];
      return [{ entry, data: { id: entry.id, name: nameOf(host) ?? entry.id, at, revision } }];
    };
    const texts = [
      ...gone.flatMap(about).map(({ data }) => textOf("removed", data)),
      ...come.flatMap(about).flatMap(({ entry, data }) => {
        const added = textOf("added", data);
        if (entry.state !== "listed") return [added];
        return [added, textOf("ready", { ...data, digest: entry.digest, ...minionOf(entry) })];
      }),
    ];
    return `${texts.join("")}${idOf(revision)}\n`;
  }

  function minionOf(entry: StatusEntry | undefined): { readonly minion?: unknown } {
    return shown === undefined || entry === undefined ? {} : { minion: shown.minion(entry) };
  }

  function tell(event: StatusEvent, isLast: boolean): string {
    const kind = seenAs(event, sees);
    if (kind === undefined || hit?.hosts.has(event.host) === false) return "";
    if (kind === "changed" && shown !== undefined && event.names?.some((name) => shown.parts.has(name)) !== true)
      return "";
    const { id, name, at, revision, digest, names } = event;
    const text = textOf(kind, {
      id,
      name,
      at: new Date(at).toISOString(),
      revision,
      ...(digest === undefined || kind === "removed" ? {} : { digest }),
      ...(names === undefined ? {} : { parts: names }),
      ...(kind === "ready" || kind === "changed" ? minionOf(status.get(event.host)) : {}),
    });
    return isLast ? `${idOf(revision)}${text}` : text;
  }

  return {
    next() {
      if (selection !== undefined && selection.current === undefined) return null;
      if (cursor === undefined) return begin("now");
      const told = status.eventsAfter(cursor);
      if (told === undefined) return begin("reset");
      let text = "";
      let count = 0;
      for (const [n, event] of told.entries()) {
        // A revision is told whole, so that its number says where to go on.
        if (count >= EVENTS_AT_ONCE && event.revision !== cursor) return text === "" ? `${idOf(cursor)}\n` : text;
        const isLast = told[n + 1]?.revision !== event.revision;
        const one = tell(event, isLast);
        text += one;
        count += 1;
        cursor = event.revision;
        if (isLast && one === "" && text !== "") text += `${idOf(cursor)}\n`;
      }
      if (selection?.current !== undefined && hit !== undefined && selection.current.mark !== hit.mark)
        text += turn(selection.current);
      return text === "" ? undefined : text;
    },
  };
}

function textOf(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
