/** A pseudo-terminal with a program in it, as a duplex: back-pressure both ways, and never a blocking write. */
import { write as writeFd } from "node:fs";
import { Duplex } from "node:stream";
import { ReadStream } from "node:tty";
import type { TerminalSize } from "@atalaya/protocol";
import type { PtyBinding } from "./binding.ts";

export interface PtyPlan extends TerminalSize {
  readonly file: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

export interface Pty {
  /** Ends when the last program has let go of the terminal. Ending it is the key Ctrl-D. */
  readonly bytes: Duplex;
  /** Of the program, which leads a session of its own. */
  readonly pid: number;
  /** As POSIX shells report it: 128 + n for signal n. */
  readonly exited: Promise<number>;
  resize(size: TerminalSize): void;
}

/** The terminal takes nothing at the moment: its program does not read. */
const AGAIN_MS = { first: 5, most: 200 } as const;
const DRAINED_MS = 100;
const END_AGAIN_MS = 500;
const CTRL_D = Buffer.from([4]);
/** The kernel's own buffer; more at once is only cut. */
const MOST_AT_ONCE = 4_096;

/** Throws what the system says when it has no terminals left. */
export function openPty(binding: PtyBinding, { file, args, environment, columns, rows }: PtyPlan): Pty {
  const exit = Promise.withResolvers<number>();
  const entries = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const { fd, pid } = binding.fork(file, args, entries, "/", columns, rows, -1, -1, true, "", (code, signal) =>
    exit.resolve(signal > 0 ? 128 + signal : code),
  );
  const output = new ReadStream(fd);
  output.pause();
  /** The descriptor is `output`'s: after its end the number may be another file's. */
  let closed = false;
  let ended = false;
  let writing = false;
  const settled: (() => void)[] = [];

  function write(bytes: Buffer, done: (error?: Error | null) => void, againMs: number = AGAIN_MS.first): void {
    // Nobody reads what is typed at a terminal that has ended.
    if (closed || bytes.length === 0) return done();
    writing = true;
    writeFd(fd, bytes, 0, Math.min(bytes.length, MOST_AT_ONCE), null, (error, written) => {
      writing = false;
      for (const each of settled.splice(0)) each();
      if (error === null) return write(bytes.subarray(written), done);
      if (error.code !== "EAGAIN") return done();
      setTimeout(() => write(bytes, done, Math.min(2 * againMs, AGAIN_MS.most)), againMs);
    });
  }

  /**
   * A terminal has no end of input, only a key for it, which is lost on a program that just changes how it reads. Pressed
   * again and again, it is what the end of a file is: whoever reads then, reads it.
   */
  function endInput(): void {
    write(CTRL_D, () => {
      if (!closed) setTimeout(endInput, END_AGAIN_MS);
    });
  }

  const bytes = new Duplex({
    allowHalfOpen: true,
    read: () => void output.resume(),
    write: (chunk: Buffer, _, done) => write(chunk, done),
    final(done) {
      endInput();
      done();
    },
    destroy(error, done) {
      closed = true;
      const close = (): void => {
        output.destroy();
        done(error);
      };
      if (writing) settled.push(close);
      else close();
    },
  });
  let read = 0;
  output.on("data", (chunk: Buffer) => {
    read += 1;
    if (!bytes.push(chunk)) output.pause();
  });
  const over = (): void => {
    if (ended) return;
    ended = true;
    closed = true;
    bytes.push(null);
  };
  // What runs on in the background holds the terminal open; what the program wrote has come once nothing more comes.
  const drain = (before: number): void => {
    if (ended || bytes.destroyed) return;
    if (read === before && !output.isPaused()) return over();
    setTimeout(drain, DRAINED_MS, read);
  };
  void exit.promise.then(() => setTimeout(drain, DRAINED_MS, read));
  // EIO is how Linux says that nobody has the other end any more.
  output.on("error", over).on("end", over).on("close", over);

  return {
    bytes,
    pid,
    exited: exit.promise,
    resize(size) {
      if (!closed) binding.resize(fd, size.columns, size.rows);
    },
  };
}
