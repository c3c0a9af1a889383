/**
 * The pump of native/pump.c (its words stand there) for machines on which that program does not run: other processors,
 * or a data folder from which nothing may be executed. It costs a Node for each run.
 */
import { fstatSync, readSync, writeSync } from "node:fs";
import { Socket } from "node:net";

type Mark = "run\n" | "full" | "eof\n" | "cut\n";

const MARK = 5;
const AGAIN_MS = 100;
/** What a pipe can hold for an account without privileges: no more can have been in it when the signal came. */
const MOST_IN_A_PIPE = 1024 * 1024;

/** Never returns: ends the process when nobody is left who could print more. `cap`: bytes. */
export function pumpSlowly(cap: number): void {
  const pipes = [
    { pipe: 0, file: 1, socket: readerOf(0) },
    { pipe: 3, file: 4, socket: readerOf(3) },
  ];
  let open = pipes.length;
  let sinking = false;

  for (const { file, socket } of pipes) {
    socket.on("data", (bytes: Buffer) => {
      if (sinking) return;
      append(file, bytes);
      holdAtCap(socket, file);
    });
    socket.on("error", () => process.exit(3));
    socket.on("close", () => {
      open -= 1;
      if (open > 0) return;
      if (!sinking) mark("eof\n");
      process.exit(0);
    });
  }
  process.on("SIGUSR2", () => {
    if (sinking) return;
    for (const { pipe, file, socket } of pipes) {
      // What was read while it was held at the cap.
      for (let bytes; (bytes = socket.read() as Buffer | null) !== null;) append(file, bytes);
      copyWhatIsThere(pipe, file);
    }
    sinking = true;
    mark("cut\n");
  });
  mark("run\n");

  function holdAtCap(socket: Socket, file: number): void {
    if (cap === 0 || sinking || fstatSync(file).size < cap) return void socket.resume();
    socket.pause();
    setTimeout(() => holdAtCap(socket, file), AGAIN_MS);
  }
}

function readerOf(pipe: number): Socket {
  return new Socket({ fd: pipe, readable: true, writable: false });
}

function copyWhatIsThere(pipe: number, file: number): void {
  const buffer = Buffer.allocUnsafe(64 * 1024);
  try {
    for (let copied = 0; copied < MOST_IN_A_PIPE;) {
      const count = readSync(pipe, buffer);
      if (count === 0) return;
      append(file, buffer.subarray(0, count));
      copied += count;
    }
  } catch (error) {
    // EBADF: it has been closed at its end.
    if (!["EAGAIN", "EBADF"].includes(codeOf(error))) process.exit(3);
  }
}

function append(file: number, bytes: Buffer): void {
  let full = false;
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(file, bytes, at);
    } catch (error) {
      if (!isFull(error)) process.exit(4);
      if (!full) mark("full");
      full = true;
      wait();
    }
  }
  if (full) mark("run\n");
}

function mark(word: Mark): void {
  for (;;) {
    try {
      writeSync(MARK, word, 0);
      return;
    } catch (error) {
      if (!isFull(error)) process.exit(5);
      wait();
    }
  }
}

/** Nothing else is to be done meanwhile: what was read must be written first. */
function wait(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, AGAIN_MS);
}

const codeOf = (error: unknown): string => String((error as { readonly code?: unknown }).code);
const isFull = (error: unknown): boolean => ["ENOSPC", "EDQUOT"].includes(codeOf(error));
