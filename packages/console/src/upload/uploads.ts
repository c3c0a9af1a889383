/** Files on their way to the server: hashed in a worker, sent once, two at a time; each can be taken back. */
import { uploadParts } from "@atalaya/client/browser";
import { client } from "../api/client.ts";
import { cell, type Source } from "../api/source.ts";
import type { PickedFile } from "./dropped-files.ts";
import type { HashAnswer } from "./hash.worker.ts";

export interface Upload {
  readonly name: string;
  /** There is nothing to send: it is made on the hosts. */
  readonly isFolder: boolean;
  readonly size: number;
  readonly state: "waiting" | "hashing" | "sending" | "done" | "failed";
  /** Bytes hashed, or safe on the server. */
  readonly done: number;
  readonly sha256?: string;
  readonly error?: unknown;
  /** Archives may be unpacked where they arrive. */
  readonly unpack: boolean;
}

export interface Uploads extends Source<readonly Upload[]> {
  add(files: readonly PickedFile[]): void;
  remove(name: string): void;
  setUnpack(name: string, unpack: boolean): void;
  /** Ends all that is under way. */
  close(): void;
}

const AT_ONCE = 2;

export function isArchive(name: string): boolean {
  return /\.(tar|tgz|zip|tar\.(gz|zst|zstd))$/i.test(name);
}

export function createUploads(): Uploads {
  const list = cell<readonly Upload[]>([]);
  const waiting: { readonly name: string; readonly file: File; readonly over: AbortController }[] = [];
  const overs = new Map<string, AbortController>();
  let running = 0;

  function patch(name: string, change: Partial<Upload>): void {
    list.set(list.get().map((upload) => (upload.name === name ? { ...upload, ...change } : upload)));
  }

  async function work(): Promise<void> {
    running += 1;
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { name, file, over } = next;
      if (over.signal.aborted) continue;
      try {
        patch(name, { state: "hashing" });
        const sha256 = await digestOf(file, over.signal, (done) => patch(name, { done }));
        patch(name, { state: "sending", sha256, done: 0 });
        const source = {
          sha256,
          size: file.size,
          read: async (from: number, length: number) => file.slice(from, from + length),
        };
        await uploadParts(client, source, { signal: over.signal, onProgress: (done) => patch(name, { done }) });
        patch(name, { state: "done", done: file.size });
      } catch (error) {
        if (!over.signal.aborted) patch(name, { state: "failed", error });
      }
    }
    running -= 1;
  }

  return {
    get: list.get,
    subscribe: list.subscribe,
    add(files) {
      for (const { name, file } of files) {
        overs.get(name)?.abort();
        const over = new AbortController();
        overs.set(name, over);
        const isFolder = file === undefined;
        const state = isFolder ? "done" : "waiting";
        const fresh: Upload = { name, isFolder, size: file?.size ?? 0, state, done: 0, unpack: false };
        list.set([...list.get().filter((upload) => upload.name !== name), fresh]);
        if (!isFolder) waiting.push({ name, file, over });
      }
      while (running < AT_ONCE && waiting.length > running) void work();
    },
    remove(name) {
      overs.get(name)?.abort();
      overs.delete(name);
      list.set(list.get().filter((upload) => upload.name !== name));
    },
    setUnpack: (name, unpack) => patch(name, { unpack }),
    close() {
      for (const over of overs.values()) over.abort();
    },
  };
}

function digestOf(file: File, signal: AbortSignal, onProgress: (hashed: number) => void): Promise<string> {
  const worker = new Worker(new URL("./hash.worker.ts", import.meta.url), { type: "module" });
  return new Promise<string>((resolve, reject) => {
    signal.addEventListener("abort", () => reject(new Error("taken back")), { once: true });
    worker.addEventListener("error", () => reject(new Error("The file cannot be read.")));
    worker.addEventListener("message", ({ data }: MessageEvent<HashAnswer>) => {
      if (data.kind === "progress") onProgress(data.hashed);
      else if (data.kind === "done") resolve(data.sha256);
      else reject(new Error(data.message));
    });
    worker.postMessage({ file });
  }).finally(() => worker.terminate());
}
