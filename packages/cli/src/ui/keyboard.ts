/** The person's own terminal while another one is shown in it: raw keys in, and everything as it was afterwards. */

import { spawnSync } from "node:child_process";

export interface Keyboard extends Disposable {
  /** A person sits there; otherwise a file or a pipe is read. */
  readonly isTerminal: boolean;
  readonly size: { readonly columns: number; readonly rows: number };
  onKeys(listener: (bytes: Buffer) => Promise<void>): void;
  /** Told what is shown, so that all it changed can be undone. */
  shown(bytes: Uint8Array): void;
  onEnd(listener: () => void): void;
  onResize(listener: (size: { readonly columns: number; readonly rows: number }) => void): void;
}

const FALLBACK = { columns: 80, rows: 24 };
/** What a program inside may have left on: mouse reports, bracketed paste, a hidden cursor, colours. */
const PLAIN = "\u001b[?1000l\u001b[?1002l\u001b[?1003l\u001b[?1006l\u001b[?2004l\u001b[?25h\u001b[0m";
const ALTERNATE = { on: "\u001b[?1049h", off: "\u001b[?1049l" } as const;

/** Takes it from now on, until disposed of or until the process ends, however it does. */
export function keyboard(stdin: NodeJS.ReadStream, stdout: NodeJS.WriteStream): Keyboard {
  const isTerminal = stdin.isTTY && stdout.isTTY;
  const size = () => ({ columns: stdout.columns ?? FALLBACK.columns, rows: stdout.rows ?? FALLBACK.rows });
  const life = new DisposableStack();
  let restored = false;
  let touched = false;
  let alternate = false;
  function restore(): void {
    if (restored || !isTerminal) return;
    restored = true;
    stdin.setRawMode(false);
    // Leaving the alternate screen moves the cursor, also when one is not there.
    if (touched) stdout.write(`${alternate ? ALTERNATE.off : ""}${PLAIN}`);
  }
  if (isTerminal) {
    stdin.setRawMode(true);
    // Node's raw mode still writes a return before each line feed, which a program that draws does not mean. Leaving the
    // raw mode takes this back, too.
    spawnSync("stty", ["-opost"], { stdio: ["inherit", "ignore", "ignore"] });
    process.on("exit", restore);
    life.defer(() => void process.off("exit", restore));
  }
  life.defer(() => {
    restore();
    stdin.pause();
    // A file has none of it.
    (stdin as Partial<NodeJS.ReadStream>).unref?.();
  });
  return {
    isTerminal,
    get size() {
      return size();
    },
    onKeys(listener) {
      const keys = (bytes: Buffer): void => {
        stdin.pause();
        void listener(bytes).then(() => stdin.resume());
      };
      stdin.on("data", keys);
      life.defer(() => void stdin.off("data", keys));
    },
    shown(bytes) {
      touched = true;
      const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const on = text.lastIndexOf(ALTERNATE.on);
      const off = text.lastIndexOf(ALTERNATE.off);
      if (on !== off) alternate = on > off;
    },
    onEnd(listener) {
      stdin.once("end", listener);
      life.defer(() => void stdin.off("end", listener));
    },
    onResize(listener) {
      const resized = (): void => listener(size());
      stdout.on("resize", resized);
      life.defer(() => void stdout.off("resize", resized));
    },
    [Symbol.dispose]: () => life.dispose(),
  };
}
