/** Where the command line prints, and what the place can do. Nothing else asks about terminals. */
import type { WriteStream } from "node:tty";

export interface Terminal {
  readonly out: Sink;
  readonly err: Sink;
  /** `stdout` is a terminal: tables may be cut to its width. */
  readonly wide: number | undefined;
  /** A line on `stderr` may be rewritten in place. */
  readonly live: boolean;
  readonly paint: Paint;
}

export interface Sink {
  /** Resolves when there is room again. */
  write(text: string | Uint8Array): Promise<void>;
}

export type Paint = Readonly<Record<"bold" | "dim" | "red" | "green" | "yellow" | "cyan", (text: string) => string>>;

export function terminal(
  streams: { readonly stdout: NodeJS.WriteStream; readonly stderr: NodeJS.WriteStream },
  env: NodeJS.ProcessEnv,
): Terminal {
  const { stdout, stderr } = streams;
  // https://no-color.org: present and not empty, whatever its value.
  const colour = stdout.isTTY === true && (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb";
  return {
    out: sink(stdout),
    err: sink(stderr),
    wide: stdout.isTTY === true ? (stdout as WriteStream).columns : undefined,
    live: stderr.isTTY === true && env["TERM"] !== "dumb",
    paint: paint(colour),
  };
}

export function paint(colour: boolean): Paint {
  const with_ = (on: number, off: number) => (text: string) => (colour ? `\u001b[${on}m${text}\u001b[${off}m` : text);
  return {
    bold: with_(1, 22),
    dim: with_(2, 22),
    red: with_(31, 39),
    green: with_(32, 39),
    yellow: with_(33, 39),
    cyan: with_(36, 39),
  };
}

function sink(stream: NodeJS.WriteStream): Sink {
  // A reader that goes away (`| head`) is no failure of ours.
  stream.on("error", (cause: NodeJS.ErrnoException) => {
    if (cause.code === "EPIPE") process.exit(0);
    throw cause;
  });
  return {
    write(text) {
      if (stream.write(text)) return Promise.resolve();
      return new Promise((resolve) => stream.once("drain", resolve));
    },
  };
}

// C0 and C1 control characters but tab: what a host's name or a failure's sentence must not do to a terminal.
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g;

/** Text that came from a host or a person, safe to stand in one line. */
export function printable(text: string): string {
  return text.replaceAll(CONTROL, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`);
}
