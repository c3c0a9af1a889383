import { open, type FileHandle } from "node:fs/promises";
import { AtalayaError } from "@atalaya/protocol";
import { plainPath, syncFolder } from "./files.ts";
import { HEADER_BYTES, writeHeader, writeRecord, type Extent } from "./record.ts";

export interface AppenderNeeds {
  readonly folder: string;
  /** The number of the next segment; older files are never written again, so that a torn tail stays alone. */
  readonly next: number;
  readonly maxBytes: number;
  /** A segment was begun, grew, or takes no more. */
  changed(segment: number, bytes: number, finished: boolean): void;
}

export interface Appender extends AsyncDisposable {
  /** Resolves when all records are durable. What is appended meanwhile goes to the disk together, with one sync. */
  append(records: readonly Uint8Array[]): Promise<Extent[]>;
  /** Ends the segment under way, if there is one. */
  finish(): Promise<void>;
}

interface Group {
  readonly records: readonly Uint8Array[];
  readonly resolve: (extents: Extent[]) => void;
  readonly reject: (error: unknown) => void;
}

interface Current {
  readonly segment: number;
  readonly handle: FileHandle;
  /** Bytes of the segment, staged ones included. */
  size: number;
}

// Small records are copied together, so that the disk sees few large writes. Measured with groups of 1 MiB in records
// of 32 KiB, durable, on a busy machine: 64 KiB staged 205 MB/s, 256 KiB 440 MB/s, 1 MiB 670 MB/s.
const STAGED_BYTES = 1024 * 1024;

export function createAppender({ folder, next, maxBytes, changed }: AppenderNeeds): Appender {
  const staging = Buffer.allocUnsafeSlow(STAGED_BYTES);
  let staged = 0;
  let number = next;
  let current: Current | undefined;
  let queue: Group[] = [];
  let working: Promise<void> | undefined;
  let closed = false;

  async function work(): Promise<void> {
    while (queue.length > 0) {
      const groups = queue;
      queue = [];
      try {
        const extents: Extent[][] = [];
        for (const { records } of groups) extents.push(await place(records));
        await sync();
        groups.forEach(({ resolve }, index) => resolve(extents[index] ?? []));
      } catch (cause) {
        // After a failed write or sync nobody knows what the disk holds: that file is left alone.
        staged = 0;
        await end().catch(() => {});
        const error = new AtalayaError("store.unavailable", `Cannot write to ${folder}`, { cause });
        for (const { reject } of groups) reject(error);
      }
    }
    working = undefined;
  }

  async function place(records: readonly Uint8Array[]): Promise<Extent[]> {
    const extents: Extent[] = [];
    for (const record of records) {
      const { segment, size } = await roomFor(record);
      extents.push({ segment, offset: size, length: record.length });
      await stage(record);
    }
    return extents;
  }

  async function roomFor({ length }: Uint8Array): Promise<Current> {
    if (current !== undefined && current.size > 0 && current.size + HEADER_BYTES + length > maxBytes) {
      await sync();
      await end();
    }
    return (current ??= await begin());
  }

  async function begin(): Promise<Current> {
    const segment = number++;
    const handle = await open(plainPath(folder, segment), "wx", 0o600);
    await syncFolder(folder);
    changed(segment, 0, false);
    return { segment, handle, size: 0 };
  }

  async function stage(record: Uint8Array): Promise<void> {
    if (staged + HEADER_BYTES + record.length > STAGED_BYTES) await flush();
    if (current === undefined) return;
    if (HEADER_BYTES + record.length <= STAGED_BYTES) {
      staged = writeRecord(staging, staged, record);
    } else {
      writeHeader(staging, 0, record);
      await writeAll(current.handle, staging.subarray(0, HEADER_BYTES), current.size);
      await writeAll(current.handle, record, current.size + HEADER_BYTES);
    }
    current.size += HEADER_BYTES + record.length;
  }

  async function flush(): Promise<void> {
    if (current === undefined || staged === 0) return;
    await writeAll(current.handle, staging.subarray(0, staged), current.size - staged);
    staged = 0;
  }

  async function sync(): Promise<void> {
    if (current === undefined) return;
    await flush();
    await current.handle.datasync();
    changed(current.segment, current.size, false);
  }

  async function end(): Promise<void> {
    if (current === undefined) return;
    const { segment, handle, size } = current;
    current = undefined;
    changed(segment, size, true);
    await handle.close();
  }

  return {
    append(records) {
      if (closed) return Promise.reject(new AtalayaError("store.unavailable", "The segments are closed"));
      const large = records.find(({ length }) => length > maxBytes - HEADER_BYTES);
      if (large !== undefined) {
        return Promise.reject(
          new AtalayaError("request.too-large", `A record of ${large.length} bytes does not fit into a segment`),
        );
      }
      if (records.length === 0) return Promise.resolve([]);
      return new Promise((resolve, reject) => {
        queue.push({ records, resolve, reject });
        working ??= work();
      });
    },
    async finish() {
      while (working !== undefined) await working;
      // Held like any other work, so that nobody appends to a file that is being closed.
      working = end().then(work, work);
      await working;
    },
    async [Symbol.asyncDispose]() {
      closed = true;
      while (working !== undefined) await working;
      await end();
    },
  };
}

async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}
