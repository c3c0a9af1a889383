import { Worker } from "node:worker_threads";
import { AtalayaError } from "@atalaya/protocol";
import type { Answer, Ask, AskChange, ThreadSettings, Value } from "./messages.ts";
import { sqliteFailure } from "./sqlite-failure.ts";

export interface Result {
  readonly columns: readonly string[];
  readonly flat: readonly Value[];
  readonly changes: number | bigint;
  readonly inserted: number | bigint;
}

/** One SQLite thread, started at the first use and again after a crash. */
export interface Thread extends AsyncDisposable {
  /** The thread's life: what was begun in one life cannot go on in the next. */
  life(): number;
  /** Asks within `life`; rejects with `store.unavailable` when that life is over. */
  ask(life: number, connection: number, sql: string, parameters: readonly Value[], begin: Ask[4]): Promise<Result>;
  /** Asks for a whole change: its statements, and which one's answer is wanted. All of it is done, or nothing. */
  askChange(life: number, connection: number, statements: AskChange[2], wanted: number): Promise<Result>;
  /** The running worker, for tests that kill it. */
  readonly worker: Worker | undefined;
}

interface Waiting {
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

export function startThread(settings: ThreadSettings): Thread {
  let worker: Worker | undefined;
  let lives = 0;
  let closed = false;
  let nextId = 0;
  let outbox: (Ask | AskChange)[] = [];
  const waiting = new Map<number, Waiting>();

  function start(): Worker {
    const started = new Worker(new URL("./connections.worker.ts", import.meta.url), {
      workerData: settings,
      // Rows and statements are dead when their answer is sent: the room that main's links need would be kept for nothing.
      resourceLimits: { maxYoungGenerationSizeMb: 12 },
    });
    started.unref();
    let cause: unknown;
    started.on("message", (answers: readonly Answer[]) => answers.forEach(settle));
    started.on("error", (error) => (cause = error));
    started.on("exit", () => {
      if (worker === started) worker = undefined;
      lives += 1;
      const cut = [...waiting.values()];
      waiting.clear();
      for (const { reject } of cut) reject(threadEnded(cause));
    });
    return started;
  }

  function taken(id: number): Waiting | undefined {
    const asked = waiting.get(id);
    waiting.delete(id);
    // The loop may end when nothing is asked, but not while somebody waits for an answer.
    if (waiting.size === 0) worker?.unref();
    return asked;
  }

  function settle(answer: Answer): void {
    const asked = taken(answer[0]);
    if (asked === undefined) return;
    if (answer.length === 2) return asked.reject(sqliteFailure(answer[1]));
    asked.resolve({ columns: answer[1], flat: answer[2], changes: answer[3], inserted: answer[4] });
  }

  function flush(): void {
    const asks = outbox;
    outbox = [];
    try {
      worker?.postMessage(asks);
    } catch (error) {
      // A value that cannot be cloned; each of the batch is told, none was done.
      for (const [id] of asks) taken(id)?.reject(error);
    }
  }

  function post(life: number, asking: (id: number) => Ask | AskChange): Promise<Result> {
    if (closed || life !== lives) return Promise.reject(threadEnded(undefined));
    worker ??= start();
    worker.ref();
    return new Promise((resolve, reject) => {
      const id = nextId++;
      waiting.set(id, { resolve, reject });
      // What one turn asks travels in one message.
      if (outbox.push(asking(id)) === 1) queueMicrotask(flush);
    });
  }

  return {
    life: () => lives,
    get worker() {
      return worker;
    },
    // Kysely's parameters are frozen, and V8 writes frozen arrays as slowly as those with holes.
    ask: (life, connection, sql, parameters, begin) =>
      post(life, (id) => [id, connection, sql, [...parameters], begin]),
    askChange: (life, connection, statements, wanted) =>
      post(life, (id) => [id, connection, statements.map(([sql, values]) => [sql, [...values]]), wanted]),
    async [Symbol.asyncDispose]() {
      closed = true;
      if (worker === undefined) return;
      const ended = new Promise((resolve) => worker?.once("exit", resolve));
      worker.ref();
      worker.postMessage("close");
      await ended;
    },
  };
}

function threadEnded(cause: unknown): AtalayaError {
  return new AtalayaError("store.unavailable", "The store's thread ended before it answered", { cause });
}
