/** Standard input of commands from a file or from ours: short text goes into the request, everything else as a blob. */
import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { uploadBlob, type Client } from "@atalaya/client";
import { UsageError, type Session } from "./session.ts";

/** Above it the request would weigh on the job's every row and list. */
const INLINE_BYTES = 512 * 1024;

export async function fileStdin(client: Client, session: Session, path: string): Promise<object> {
  if (path === "-") return spooled(client, session, process.stdin);
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw new UsageError(`cannot read ${path}: it is a folder`);
    // A pipe, as of the shell's <(…), can be read only once.
    if (!found.isFile()) return await spooled(client, session, createReadStream(path));
    const { head, rest } = await begin(createReadStream(path));
    rest.destroy();
    return asText(head) ?? (await upload(client, session, path));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).syscall === undefined) throw cause;
    throw new UsageError(`cannot read ${path}: ${(cause as Error).message}`, { cause });
  }
}

/** What is too long for the request waits in a file: its digest is the blob's name, so it is needed first. */
async function spooled(client: Client, session: Session, stream: Readable): Promise<object> {
  const { head, rest } = await begin(stream);
  const text = asText(head);
  if (text !== undefined) return text;
  const folder = await mkdtemp(join(tmpdir(), "atalaya-stdin-"));
  try {
    const file = join(folder, "stdin");
    await pipeline(
      Readable.from(
        (async function* () {
          yield head;
          yield* rest;
        })(),
      ),
      createWriteStream(file, { mode: 0o600 }),
      { signal: session.interrupted },
    );
    return await upload(client, session, file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Up to one byte more than fits into a request, and the stream to read on from. */
async function begin(stream: Readable): Promise<{ readonly head: Buffer; readonly rest: Readable }> {
  const parts: Buffer[] = [];
  let length = 0;
  while (length <= INLINE_BYTES) {
    const part = (await nextOf(stream)) as Buffer | undefined;
    if (part === undefined) break;
    parts.push(part);
    length += part.length;
  }
  return { head: Buffer.concat(parts), rest: stream };
}

/** One chunk, leaving the stream as it is. */
function nextOf(stream: Readable): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const part: unknown = stream.read();
      if (part === null && !stream.readableEnded) return;
      done();
      resolve(part ?? undefined);
    };
    const failed = (cause: Error): void => {
      done();
      reject(cause);
    };
    function done(): void {
      stream.off("readable", look).off("end", look).off("error", failed);
    }
    stream.on("readable", look).on("end", look).on("error", failed);
    look();
  });
}

function asText(head: Buffer): object | undefined {
  if (head.length > INLINE_BYTES) return undefined;
  try {
    return { kind: "text", text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(head) };
  } catch {
    return undefined;
  }
}

async function upload(client: Client, session: Session, path: string): Promise<object> {
  const { terminal } = session;
  const { sha256 } = await uploadBlob(client, path, {
    signal: session.interrupted,
    onProgress(received, size) {
      if (terminal.live)
        void terminal.err.write(`\r\u001b[2Kuploading ${mebibytes(received)} of ${mebibytes(size)} MiB`);
    },
  });
  if (terminal.live) void terminal.err.write("\r\u001b[2K");
  return { kind: "blob", sha256 };
}

function mebibytes(bytes: number): string {
  return (bytes / 1024 ** 2).toFixed(1);
}
