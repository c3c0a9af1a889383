/** Values of options: times, sizes, numbers, variables. What cannot be read is told with the option's name. */
import { UsageError } from "./session.ts";
import { parseDuration, parseSize } from "./ui/time.ts";

/** In milliseconds. */
export function time(option: string, text: string | undefined): number | undefined {
  return read(option, text, parseDuration, "is no time such as 90s, 10m, 2h, 30d");
}

export function seconds(option: string, text: string | undefined): number | undefined {
  const ms = time(option, text);
  return ms === undefined ? undefined : Math.max(1, Math.round(ms / 1000));
}

/** In bytes. */
export function size(option: string, text: string | undefined): number | undefined {
  return read(option, text, parseSize, "is no size such as 512MiB, 10MB, 4096");
}

export function whole(option: string, text: string | undefined): number | undefined {
  const digits = (given: string): number | undefined => (/^-?\d{1,9}$/.test(given) ? Number(given) : undefined);
  return read(option, text, digits, "is no whole number");
}

export function fraction(option: string, text: string | undefined): number | undefined {
  const digits = (given: string): number | undefined =>
    /^\d{1,6}(\.\d{1,6})?$/.test(given) ? Number(given) : undefined;
  return read(option, text, digits, "is no number such as 0.5 or 2");
}

/** Of a repeated `--env NAME=value`. */
export function variables(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf("=");
      if (at < 1) throw new UsageError(`--env ${text}: write NAME=value`);
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}

function read(
  option: string,
  text: string | undefined,
  parse: (text: string) => number | undefined,
  complaint: string,
): number | undefined {
  if (text === undefined) return undefined;
  const value = parse(text);
  if (value === undefined) throw new UsageError(`${option}: ${text} ${complaint}`);
  return value;
}
