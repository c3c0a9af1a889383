/** A terminal's screen over time, as asciicast v2 (https://docs.asciinema.org/manual/asciicast/v2/). Pure. */
import { StringDecoder } from "node:string_decoder";

export interface CastHead {
  readonly columns: number;
  readonly rows: number;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly title: string;
  readonly term: string;
}

export interface Cast {
  readonly head: string;
  /** Lines for these bytes; a character that is not whole yet waits for its rest. */
  output(bytes: Uint8Array, now: number): string;
  resize(columns: number, rows: number, now: number): string;
}

export function asciicast({ columns, rows, startedAt, title, term }: CastHead): Cast {
  const decoder = new StringDecoder("utf8");
  // Times are seconds with six digits, and never go back.
  let last = 0;
  const at = (now: number): number => (last = Math.max(last, (now - startedAt) / 1000));
  const line = (now: number, code: "o" | "r", data: string): string => `${JSON.stringify([at(now), code, data])}\n`;
  return {
    head: `${JSON.stringify({
      version: 2,
      width: columns,
      height: rows,
      timestamp: Math.floor(startedAt / 1000),
      title,
      env: { TERM: term },
    })}\n`,
    output(bytes, now) {
      const text = decoder.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
      return text === "" ? "" : line(now, "o", text);
    },
    resize: (wide, high, now) => line(now, "r", `${wide}x${high}`),
  };
}
