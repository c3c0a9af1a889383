/**
 * Tells the server what this host is and holds: once after each connect as digests, whose values the server asks for
 * when it lacks them, then only what changed. Nothing is sent while nothing changes.
 */
import { createHash } from "node:crypto";
import {
  canonicalJson,
  MAX_STATUS_BYTES,
  statusParts,
  withoutSecrets,
  type Live,
  type StatusFrame,
} from "@atalaya/protocol";
import { failureOf, type Log } from "../platform/log.ts";
import type { StatusSource } from "./source.ts";

export interface StatusReporter extends Disposable {
  /** A link is up: everything is looked at and told by digests. */
  up(): void;
  down(): void;
  /** The server lacks the values of these parts. */
  wanted(parts: readonly string[]): void;
  /** Something may have changed: looks at it soon. */
  look(name: StatusSource["name"]): void;
}

export interface ReporterNeeds {
  readonly sources: readonly StatusSource[];
  readonly live: () => Live;
  readonly log: Log;
  send(frame: StatusFrame): void;
  readonly times?: Partial<typeof TIMES>;
}

/** Whether or not anything said that something changed. */
export const LOOK_AT_ALL_MS = 10 * 60_000;

const TIMES = {
  /** A source that takes longer is absent until it answers. */
  readMs: 15_000,
  /** What comes within this is told together. */
  togetherMs: 200,
  cheapEveryMs: 5_000,
  dearEveryMs: LOOK_AT_ALL_MS,
};

interface Told {
  readonly digest: string;
  /** Canonical JSON: a list of packages is a tenth of what it is as objects, and is seldom asked for. */
  readonly text: string;
  readonly bytes: number;
}

export function createReporter({ sources, live, log, send, times }: ReporterNeeds): StatusReporter {
  const { readMs, togetherMs, cheapEveryMs, dearEveryMs } = { ...TIMES, ...times };
  const known = new Map<string, Told>();
  /** What cheap sources said last: most say the same all day. */
  const said = new Map<string, string>();
  const reading = new Map<string, Promise<void>>();
  const again = new Set<string>();
  const changed = new Set<string>();
  const watches: Disposable[] = [];
  const timers: NodeJS.Timeout[] = [];
  let soon: NodeJS.Timeout | undefined;
  let isUp = false;
  let hasTold = false;
  let over = false;

  /** Reads one source, once at a time; resolves in time whether it answered or not. */
  function read(source: StatusSource): Promise<void> {
    const under = reading.get(source.name);
    if (under !== undefined) {
      // What is being read may have been there before what we were told of.
      again.add(source.name);
      return inTime(under);
    }
    const now = (async () => {
      do {
        again.delete(source.name);
        take(source, await source.read());
      } while (again.has(source.name) && !over);
    })()
      .catch((error: unknown) => log.warn("status.unread", { part: source.name, ...failureOf(error) }))
      .finally(() => reading.delete(source.name));
    reading.set(source.name, now);
    return inTime(now);
  }

  function inTime(work: Promise<void>): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, readMs);
      timer.unref();
      void work.then(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  function take({ name, cheap }: StatusSource, value: unknown): void {
    if (over) return;
    if (cheap === true && value !== undefined) {
      const now = JSON.stringify(value);
      if (said.get(name) === now) return;
      said.set(name, now);
    }
    const before = known.get(name)?.digest;
    if (value === undefined) {
      known.delete(name);
      said.delete(name);
    } else {
      const shown = withoutSecrets(value, name);
      const text = canonicalJson(shown);
      const wrong = statusParts[name].safeParse(shown).error?.issues[0];
      if (wrong !== undefined)
        return log.warn("status.unread", { part: name, message: `${wrong.path.join(".")}: ${wrong.message}` });
      const digest = createHash("sha256").update(text).digest("hex");
      known.set(name, { digest, text, bytes: Buffer.byteLength(text) });
    }
    if (known.get(name)?.digest === before) return;
    changed.add(name);
    tellSoon();
  }

  function tellSoon(): void {
    if (!isUp || !hasTold || soon !== undefined) return;
    soon = setTimeout(() => {
      soon = undefined;
      if (changed.size > 0) tell([...changed]);
    }, togetherMs);
    soon.unref();
  }

  function tell(values: readonly string[]): void {
    if (!isUp) return;
    for (const name of values) changed.delete(name);
    const parts = fitting();
    const told = values.filter((name) => parts.has(name));
    send({
      type: "status",
      parts: Object.fromEntries([...parts].map(([name, { digest }]) => [name, digest])),
      ...(told.length === 0
        ? {}
        : { values: Object.fromEntries(told.map((name) => [name, valueOf(parts.get(name)!)])) }),
      live: live(),
    } as StatusFrame);
  }

  /** What the server takes; the largest parts stay away when all together are too much. */
  function fitting(): ReadonlyMap<string, Told> {
    const parts = new Map(known);
    let bytes = [...parts.values()].reduce((sum, part) => sum + part.bytes, 0);
    for (const [name, part] of [...parts].toSorted(([, a], [, b]) => b.bytes - a.bytes)) {
      if (bytes <= MAX_STATUS_BYTES - MARGIN_BYTES) break;
      log.warn("status.too-large", { part: name, bytes: part.bytes });
      parts.delete(name);
      bytes -= part.bytes;
    }
    return parts;
  }

  function begin(): void {
    if (watches.length > 0 || timers.length > 0) return;
    for (const source of sources) {
      const watch = source.changed?.(() => void read(source));
      if (watch !== undefined) watches.push(watch);
    }
    const every = (ms: number, some: readonly StatusSource[]): void => {
      const timer = setInterval(() => isUp && some.forEach((source) => void read(source)), ms);
      timer.unref();
      timers.push(timer);
    };
    every(
      cheapEveryMs,
      sources.filter(({ cheap }) => cheap === true),
    );
    every(
      dearEveryMs,
      sources.filter(({ cheap }) => cheap !== true),
    );
  }

  return {
    up() {
      isUp = true;
      hasTold = false;
      // What was read for an earlier link is as good as new: whoever can tells when it changes.
      const waits = sources.filter((source) => source.cheap === true || !known.has(source.name));
      void Promise.all(waits.map(read)).then(() => {
        if (!isUp || over) return;
        begin();
        hasTold = true;
        changed.clear();
        tell([]);
      });
    },
    down() {
      isUp = hasTold = false;
      clearTimeout(soon);
      soon = undefined;
    },
    wanted: (parts) => tell(parts),
    look(name) {
      const source = sources.find((each) => each.name === name);
      if (source !== undefined) void read(source);
    },
    [Symbol.dispose]() {
      over = true;
      isUp = false;
      clearTimeout(soon);
      for (const timer of timers) clearInterval(timer);
      for (const watch of watches) watch[Symbol.dispose]();
    },
  };
}

function valueOf({ text }: Told): unknown {
  return JSON.parse(text) as unknown;
}

/** Names and digests beside the parts. */
const MARGIN_BYTES = 16_384;
