/** What screens showed: a file each in the data folder, written as it happens, and a row from the beginning to its end. */
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { AtalayaError, type TerminalRequest } from "@atalaya/protocol";
import type { Actor } from "../../api/actor.ts";
import { decodeCursor, pageOfVisible, type Page, type PageQuery } from "../../api/page.ts";
import { isInReach } from "../../api/places.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Store } from "../../platform/store/index.ts";
import type { DirectoryHost, Fleet } from "../fleet/index.ts";
import { asciicast } from "./asciicast.ts";
import { recordingStore, type RecordingRow } from "./recordings.store.ts";
import { RecordingCursor, type RecordingView } from "./views.ts";

/** One terminal that is being recorded. */
export interface Recording {
  /** False: the disk is behind, wait for room. */
  output(bytes: Uint8Array): boolean;
  resize(size: { readonly columns: number; readonly rows: number }): void;
  readonly isFull: boolean;
  onRoom(listener: () => void): void;
  /** It cannot be written any more: what must be recorded must not go on. */
  onFailure(listener: (failure: AtalayaError) => void): void;
  /** There is a terminal: from here on the recording is listed, whatever becomes of this server. */
  opened(account: string): Promise<void>;
  end(about: { readonly durationMs: number; readonly exitCode?: number }): Promise<void>;
  /** There was no terminal after all. */
  drop(): Promise<void>;
}

export interface Beginning {
  readonly id: string;
  readonly host: Pick<DirectoryHost, "key" | "name">;
  readonly actor: string;
  readonly wish: TerminalRequest;
}

export interface Recordings {
  begin(of: Beginning): Promise<Recording>;
  list(page: PageQuery, actor: Actor): Promise<Page<RecordingView>>;
  /** The asciicast's bytes. Throws `terminal.unknown-recording`. */
  read(id: string, actor: Actor): Promise<{ readonly bytes: Readable; readonly size: number }>;
  /** Removes what began before `at`; returns how many. */
  prune(at: number): Promise<number>;
}

export interface RecordingsNeeds {
  readonly store: Store;
  readonly folder: string;
  readonly fleet: Pick<Fleet, "byKey">;
  readonly clock: Clock;
}

const CAST = ".cast";
const NO_END = -1;
/** Names in one question. */
const AT_ONCE = 500;
const UNWRITTEN_BYTES = 4 * 1024 * 1024;

export function createRecordings({ store, folder, fleet, clock }: RecordingsNeeds): Recordings {
  const rows = recordingStore(store);
  const fileOf = (id: string): string => join(folder, `${id}${CAST}`);
  const openNow = new Set<string>();

  /** Of a host that is forgotten only those know who may see all places. */
  function isVisible(row: Pick<RecordingRow, "host">, actor: Actor): boolean {
    const place = fleet.byKey(row.host)?.place ?? [];
    return isInReach(actor, place.length === 0 ? undefined : place.join("/"));
  }

  async function begin({ id, host, actor, wish }: Beginning): Promise<Recording> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const startedAt = clock.now();
    const title = `${actor} at ${host.name}`;
    const cast = asciicast({ columns: wish.columns, rows: wish.rows, startedAt, title, term: wish.term });
    const file = createWriteStream(fileOf(id), { flags: "wx", mode: 0o600, highWaterMark: UNWRITTEN_BYTES });
    let failure: AtalayaError | undefined;
    let told: ((failure: AtalayaError) => void) | undefined;
    file.on("error", (cause) => {
      failure = new AtalayaError("store.unavailable", "The terminal's recording cannot be written.", { cause });
      told?.(failure);
    });
    const closed = new Promise<void>((resolve) => file.once("close", resolve));
    let isFull = false;
    const write = (text: string): void => {
      if (text !== "" && failure === undefined && !file.write(text)) isFull = true;
    };
    file.on("drain", () => void (isFull = false));
    write(cast.head);
    return {
      output(bytes) {
        write(cast.output(bytes, clock.now()));
        return !isFull;
      },
      resize: ({ columns, rows: high }) => write(cast.resize(columns, high, clock.now())),
      get isFull() {
        return isFull;
      },
      onRoom: (listener) => void file.on("drain", listener),
      onFailure(listener) {
        told = listener;
        if (failure !== undefined) listener(failure);
      },
      async opened(account) {
        openNow.add(id);
        const about = { id, host: host.key, host_name: host.name, actor, account, started_at: startedAt };
        await rows.add({ ...about, duration_ms: NO_END, exit_code: null, bytes: 0 });
      },
      async end({ durationMs, exitCode }) {
        file.end();
        await closed;
        await rows.end(id, { duration_ms: durationMs, exit_code: exitCode ?? null, bytes: file.bytesWritten });
        openNow.delete(id);
      },
      async drop() {
        file.destroy();
        await closed;
        await rm(fileOf(id), { force: true });
      },
    };
  }

  /** Files of terminals whose server was killed before they were open. */
  async function pruneUnlisted(at: number): Promise<number> {
    const names = await readdir(folder).catch(() => []);
    const ids = names.filter((name) => name.endsWith(CAST)).map((name) => name.slice(0, -CAST.length));
    let count = 0;
    for (let from = 0; from < ids.length; from += AT_ONCE) {
      const some = ids.slice(from, from + AT_ONCE);
      const known = await rows.known(some);
      for (const id of some.filter((one) => !known.has(one))) {
        const written = await stat(fileOf(id)).catch(() => undefined);
        if (written === undefined || written.mtimeMs >= at) continue;
        await rm(fileOf(id), { force: true });
        count += 1;
      }
    }
    return count;
  }

  async function viewOf(row: RecordingRow): Promise<RecordingView> {
    const common = {
      id: row.id,
      host: row.host_name,
      actor: row.actor,
      account: row.account,
      startedAt: row.started_at,
    };
    if (row.duration_ms !== NO_END)
      return {
        ...common,
        durationMs: row.duration_ms,
        ...(row.exit_code === null ? {} : { exitCode: row.exit_code }),
        bytes: row.bytes,
      };
    const file = await stat(fileOf(row.id)).catch(() => undefined);
    const durationMs = file === undefined ? 0 : Math.max(0, Math.round(file.mtimeMs) - row.started_at);
    const state = openNow.has(row.id) ? { open: true as const } : { cutShort: true as const };
    return { ...common, durationMs, bytes: file?.size ?? 0, ...state };
  }

  return {
    begin,
    async list({ limit, cursor }, actor) {
      const from = cursor === undefined ? undefined : decodeCursor(RecordingCursor, cursor)[0];
      const page = await pageOfVisible<RecordingRow, RecordingRow>(
        (after, count) => rows.list(after?.key ?? from, count),
        {
          limit,
          isVisible: (row) => isVisible(row, actor),
          item: (row) => row,
          keys: ({ key }) => [key],
        },
      );
      return { ...page, items: await Promise.all(page.items.map(viewOf)) };
    },
    async read(id, actor) {
      const row = await rows.byId(id);
      const size = await stat(fileOf(id)).then(
        (file) => file.size,
        () => undefined,
      );
      if (row === undefined || size === undefined || !isVisible(row, actor))
        throw new AtalayaError("terminal.unknown-recording", `There is no recording ${id}.`);
      return { bytes: createReadStream(fileOf(id)), size };
    },
    async prune(at) {
      const gone = await rows.prune(at);
      for (const id of gone) await rm(fileOf(id), { force: true });
      return gone.length + (await pruneUnlisted(at));
    },
  };
}
