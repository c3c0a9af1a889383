/**
 * The output of one run on its way: from the files its pump fills, cut into numbered chunks, to the link, until the server
 * has committed them. Nothing is held in memory: what cannot be sent yet stays in the files.
 */
import { closeSync, ftruncateSync, openSync, readFileSync, renameSync, statSync, writeSync, type Stats } from "node:fs";
import { open, stat, type FileHandle } from "node:fs/promises";
import { encodeOutput, MAX_OUTPUT_CHUNK_BYTES, OUTPUT_HEADER_BYTES, type OutputStream } from "@atalaya/protocol";
import { codeOf, isFull } from "../platform/durable-file.ts";
import {
  acknowledge,
  cut,
  decodeIndex,
  emptyIndex,
  encodeHeader,
  HEADER_BYTES,
  RECORD_BYTES,
  skipTo,
  type Chunk,
  type Flow,
  type Generation,
} from "../spool/chunk-index.ts";
import type { RunFiles } from "../spool/layout.ts";
import type { Outlet } from "./outlet.ts";

const SHARED_CHUNK_BYTES = 64 * 1024;
/** Sent and not yet committed, for one run. */
const WINDOW_BYTES = 4 * 1024 * 1024;
const MAX_RECORDS = 100_000;
const NOTHING = new Uint8Array(0);

export interface Output {
  readonly lastSequence: number;
  readonly flow: Flow;
  /** Whether output is missing because the index of what was sent, or the output itself, was spoiled. */
  readonly damaged: boolean;
  /** Bytes in the files. */
  readonly stored: number;
  /** Bytes the command wrote in all. */
  readonly total: number;
  /** Whether it is time to stop the pump, for `bytes` are stored. */
  over(bytes: number): boolean;
  /** Looks at the files' sizes. */
  look(): Promise<void>;
  /** From now on only bytes before these ends count. */
  end(ends: { readonly stdout: number; readonly stderr: number }): void;
  attach(outlet: Outlet, handle: number, through: number): void;
  detach(): void;
  acknowledge(through: number): void;
  /** Cuts and sends as much as there is room for. */
  pump(): Promise<void>;
  /** All that was looked at is sent on this link. */
  sent(): boolean;
  /** All that was looked at is committed. */
  drained(): boolean;
  /** Takes the room that the index will need first, before a chatty command has it. */
  begin(): void;
  mark(flow: Flow): void;
  /** Empties the files and begins a new generation. The pump must be stopped, and all drained. */
  empty(): void;
  close(): Promise<void>;
}

export function openOutput(files: RunFiles, limitBytes: number | undefined): Output {
  const paths = { stdout: files.stdout, stderr: files.stderr };
  const readers: { stdout?: FileHandle; stderr?: FileHandle } = {};
  let index = readIndex(files.chunks) ?? emptyIndex({ flow: "flowing", base: 0, bytesBefore: 0, damaged: false });
  let indexFile: number | undefined;
  let unwritten: Uint8Array[] = [];
  let sizes = { stdout: 0, stderr: 0 };
  let ends: { readonly stdout: number; readonly stderr: number } | undefined;
  let link: { readonly outlet: Outlet; readonly handle: number } | undefined;
  let sentThrough = 0;
  let inFlight = 0;
  let lastStream: OutputStream = "stderr";

  /** A whole index that is to take the file's place. */
  let replacement: Uint8Array | undefined;

  /** Opened for reading and writing, not appending: what could not be read of it is cut off, not followed. */
  function openIndex(): number {
    if (indexFile !== undefined) return indexFile;
    const fresh = readIndex(files.chunks) === undefined;
    const file = openSync(files.chunks, fresh ? "w+" : "r+", 0o600);
    try {
      if (fresh) writeAll(file, encodeHeader(index.generation), 0);
      else ftruncateSync(file, HEADER_BYTES + (index.records - unwritten.length) * RECORD_BYTES);
    } catch (error) {
      closeSync(file);
      throw error;
    }
    return (indexFile = file);
  }

  function append(record: Uint8Array): void {
    unwritten.push(record);
    writeRecords();
  }

  /** What a full disk did not take is tried again, and nothing is sent before it has been: after a crash the same sequence must carry the same bytes. */
  function writeRecords(): void {
    if (replacement !== undefined) replaceIndex(replacement);
    replacement = undefined;
    if (unwritten.length === 0) return;
    const before = (index.records - unwritten.length) * RECORD_BYTES;
    writeAll(openIndex(), Buffer.concat(unwritten), HEADER_BYTES + before);
    unwritten = [];
  }

  function writeGeneration(generation: Generation): void {
    writeAll(openIndex(), encodeHeader(generation), 0);
    index.generation = generation;
  }

  function replaceIndex(whole: Uint8Array): void {
    const next = `${files.chunks}.new`;
    const file = openSync(next, "w", 0o600);
    try {
      writeAll(file, whole, 0);
    } finally {
      closeSync(file);
    }
    renameSync(next, files.chunks);
    if (indexFile !== undefined) closeSync(indexFile);
    indexFile = undefined;
  }

  /** The server knows of more than the index: some of that was lost with the machine's memory, or spoiled. */
  function catchUp(through: number): void {
    const written = { stdout: sizeNow(paths.stdout), stderr: sizeNow(paths.stderr) };
    const skipped = skipTo(index, through, written);
    index = skipped.index;
    replacement = skipped.file;
    unwritten = [];
    sizes = written;
  }

  const waiting = (stream: OutputStream): number => Math.max(0, sizes[stream] - index.next[stream]);
  const allowance = (): number =>
    limitBytes === undefined
      ? Number.MAX_SAFE_INTEGER
      : Math.max(0, limitBytes - index.generation.bytesBefore - index.bytes);
  const uncut = (): number => Math.min(waiting("stdout") + waiting("stderr"), allowance());

  async function read(stream: OutputStream, offset: number, length: number): Promise<Buffer> {
    const frame = Buffer.allocUnsafe(OUTPUT_HEADER_BYTES + length);
    try {
      const reader = (readers[stream] ??= await open(paths[stream], "r"));
      const { bytesRead } = await reader.read(frame, OUTPUT_HEADER_BYTES, length, offset);
      return frame.subarray(0, OUTPUT_HEADER_BYTES + bytesRead);
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw error;
      return frame.subarray(0, OUTPUT_HEADER_BYTES);
    }
  }

  function send(chunk: Chunk, frame: Buffer): void {
    if (link === undefined) return;
    frame.set(encodeOutput({ stream: chunk.stream, handle: link.handle, sequence: chunk.sequence, bytes: NOTHING }));
    link.outlet.output(frame);
    sentThrough = chunk.sequence;
    inFlight += chunk.length;
  }

  /** The next chunk that is numbered but not sent on this link. */
  function unsent(): Chunk | undefined {
    const first = index.chunks[0];
    return first === undefined ? undefined : index.chunks[Math.max(0, sentThrough + 1 - first.sequence)];
  }

  async function sendOld(chunk: Chunk): Promise<void> {
    const frame = await read(chunk.stream, chunk.offset, chunk.length);
    const whole = frame.length === OUTPUT_HEADER_BYTES + chunk.length;
    // Bytes that a power cut took are sent as none, so that the sequence has no gap.
    if (!whole) writeGeneration({ ...index.generation, damaged: true });
    send(chunk, whole ? frame : Buffer.alloc(OUTPUT_HEADER_BYTES));
  }

  /** False when there is nothing to cut. */
  async function sendNew(): Promise<boolean> {
    const both = waiting("stdout") > 0 && waiting("stderr") > 0;
    const other = lastStream === "stdout" ? "stderr" : "stdout";
    const stream = both ? other : waiting("stdout") > 0 ? "stdout" : "stderr";
    const most = both ? SHARED_CHUNK_BYTES : MAX_OUTPUT_CHUNK_BYTES;
    const length = Math.min(waiting(stream), most, allowance());
    if (length === 0) return false;
    const frame = await read(stream, index.next[stream], length);
    const got = frame.length - OUTPUT_HEADER_BYTES;
    if (got === 0) {
      sizes[stream] = index.next[stream];
      return true;
    }
    const { chunk, record } = cut(index, stream, got);
    append(record);
    lastStream = stream;
    send(chunk, frame);
    return true;
  }

  return {
    get lastSequence() {
      return index.lastSequence;
    },
    get flow() {
      return index.generation.flow;
    },
    get damaged() {
      return index.generation.damaged;
    },
    get stored() {
      return sizes.stdout + sizes.stderr;
    },
    get total() {
      return index.generation.bytesBefore + sizes.stdout + sizes.stderr;
    },
    over: (bytes) => sizes.stdout + sizes.stderr >= bytes || index.records >= MAX_RECORDS,
    async look() {
      const [stdout, stderr] = await Promise.all([sizeOf(paths.stdout), sizeOf(paths.stderr)]);
      sizes = { stdout: Math.min(stdout, ends?.stdout ?? stdout), stderr: Math.min(stderr, ends?.stderr ?? stderr) };
    },
    end(given) {
      ends = given;
    },
    attach(outlet, handle, through) {
      link = { outlet, handle };
      if (through > index.lastSequence) catchUp(through);
      acknowledge(index, through);
      sentThrough = through;
      inFlight = 0;
    },
    detach() {
      link = undefined;
    },
    acknowledge(through) {
      let bytes = 0;
      for (const chunk of index.chunks) {
        if (chunk.sequence > through) break;
        if (chunk.sequence <= sentThrough) bytes += chunk.length;
      }
      acknowledge(index, through);
      inFlight -= bytes;
      link?.outlet.committed(bytes);
    },
    async pump() {
      writeRecords();
      while (link !== undefined && inFlight < WINDOW_BYTES && link.outlet.hasRoom()) {
        const old = unsent();
        if (old !== undefined) await sendOld(old);
        else if (!(await sendNew())) return;
      }
    },
    sent: () => link !== undefined && unsent() === undefined && uncut() === 0,
    drained: () => index.chunks.length === 0 && uncut() === 0,
    begin() {
      try {
        openIndex();
      } catch (error) {
        if (!isFull(error)) throw error;
      }
    },
    mark(flow) {
      writeGeneration({ ...index.generation, flow });
    },
    empty() {
      const resumed = index.generation.flow === "emptying";
      const generation: Generation = {
        ...index.generation,
        flow: "emptying",
        base: index.lastSequence,
        // What is over the output limit is never cut, but counts as written.
        bytesBefore: index.generation.bytesBefore + (resumed ? 0 : Math.max(index.bytes, sizes.stdout + sizes.stderr)),
      };
      try {
        replaceIndex(encodeHeader(generation));
      } catch (error) {
        if (!isFull(error)) throw error;
        // The room it needs is in the files, and an agent that dies here finds them paused, drained and shorter.
        for (const path of [paths.stdout, paths.stderr]) truncate(path);
        replaceIndex(encodeHeader(generation));
      }
      index = emptyIndex(generation);
      unwritten = [];
      for (const path of [paths.stdout, paths.stderr]) truncate(path);
      sizes = { stdout: 0, stderr: 0 };
      writeGeneration({ ...generation, flow: "emptied" });
    },
    async close() {
      link = undefined;
      if (indexFile !== undefined) closeSync(indexFile);
      indexFile = undefined;
      await Promise.all([readers.stdout?.close(), readers.stderr?.close()]);
      delete readers.stdout;
      delete readers.stderr;
    },
  };
}

function writeAll(file: number, bytes: Uint8Array, position: number): void {
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at, bytes.length - at, position + at);
}

function sizeNow(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function truncate(path: string): void {
  const file = openSync(path, "r+");
  ftruncateSync(file, 0);
  closeSync(file);
}

function readIndex(path: string) {
  try {
    return decodeIndex(readFileSync(path));
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }: Stats) => size,
    () => 0,
  );
}
