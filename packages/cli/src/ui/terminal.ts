/** Where the command line prints, and what the place can do. Nothing else asks about terminals. */

export interface Terminal {
  readonly out: Sink;
  readonly err: Sink;
  /** A line on `stderr` may be rewritten in place. */
  readonly live: boolean;
}

export interface Sink {
  /** Resolves when there is room again. */
  write(text: string | Uint8Array): Promise<void>;
  /** Each stream its own: with `2> file` only that one has no colours. */
  readonly paint: Paint;
  /** Width of the terminal, as it is now; undefined where there is none. */
  readonly columns: number | undefined;
}

export type Paint = Readonly<Record<"bold" | "dim" | "red" | "green" | "yellow" | "cyan", (text: string) => string>>;

/** What a program ends with whose reader went away, as if SIGPIPE had ended it. */
const READER_GONE = 141;

export function terminal(
  { stdout, stderr }: { readonly stdout: NodeJS.WriteStream; readonly stderr: NodeJS.WriteStream },
  env: NodeJS.ProcessEnv,
): Terminal {
  const isDumb = env["TERM"] === "dumb";
  // https://no-color.org: present and not empty, whatever its value.
  const mayColour = (env["NO_COLOR"] ?? "") === "" && !isDumb;
  return {
    out: sink(stdout, mayColour),
    err: sink(stderr, mayColour),
    live: stderr.isTTY && !isDumb,
  };
}

export function paint(colour: boolean): Paint {
  const between = (on: number, off: number) => (text: string) =>
    colour && text !== "" ? `\u001b[${on}m${text}\u001b[${off}m` : text;
  return {
    bold: between(1, 22),
    dim: between(2, 22),
    red: between(31, 39),
    green: between(32, 39),
    yellow: between(33, 39),
    cyan: between(36, 39),
  };
}

function sink(stream: NodeJS.WriteStream, mayColour: boolean): Sink {
  // A reader that goes away (`| head`) is no failure to tell.
  stream.on("error", (cause: NodeJS.ErrnoException) => {
    if (cause.code === "EPIPE") process.exit(READER_GONE);
    throw cause;
  });
  let room: Promise<void> | undefined;
  return {
    paint: paint(stream.isTTY && mayColour),
    get columns() {
      // Some terminals do not know it, and say 0.
      return stream.isTTY && stream.columns > 0 ? stream.columns : undefined;
    },
    write(text) {
      if (stream.write(text)) return Promise.resolve();
      return (room ??= new Promise((resolve) =>
        stream.once("drain", () => {
          room = undefined;
          resolve();
        }),
      ));
    },
  };
}

// C0 and C1 control characters but tab, and what turns the direction of text: what a host's name or a failure's
// sentence must not do to a terminal.
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Text that came from a host or a person, safe to stand in one line. */
export function printable(text: string): string {
  return text.replaceAll(CONTROL, (character) => {
    const hex = character.charCodeAt(0).toString(16);
    return hex.length > 2 ? `\\u${hex.padStart(4, "0")}` : `\\x${hex.padStart(2, "0")}`;
  });
}
