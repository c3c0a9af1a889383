/** A terminal that remembers what was printed. */
import { paint, type Terminal } from "./terminal.ts";

export interface Recorded extends Terminal {
  readonly printed: { out: Buffer; err: Buffer };
}

export function recordedTerminal(
  options: { readonly columns?: number; readonly live?: boolean; readonly colour?: boolean } = {},
): Recorded {
  const printed = { out: Buffer.alloc(0), err: Buffer.alloc(0) };
  const sink = (name: "out" | "err") => ({
    paint: paint(options.colour === true),
    columns: options.columns,
    write(text: string | Uint8Array) {
      printed[name] = Buffer.concat([printed[name], Buffer.from(text as string)]);
      return Promise.resolve();
    },
  });
  return { printed, out: sink("out"), err: sink("err"), live: options.live === true };
}
