import type { BenchOptions } from "./question.ts";

/**
 * Reads `--name value`, `--name=value` and bare `--name`. A sentence when it cannot. `told`: a sentence for each that is
 * known, with its default in parentheses; absent: any name will do.
 */
export function parseCommandLine(
  argv: readonly string[],
  told: Readonly<Record<string, string>> | undefined,
): BenchOptions | string {
  const known = told === undefined ? undefined : Object.keys(told);
  const options: Record<string, string | number | true> = {};
  for (let at = 0; at < argv.length; at += 1) {
    const match = /^--([a-z][a-zA-Z-]*)(?:=(.*))?$/s.exec(argv[at] ?? "");
    const name = match?.[1];
    if (name === undefined) return `"${argv[at]}" is not an option.`;
    if (known !== undefined && !known.includes(name)) {
      return `--${name} is unknown here.${known.length > 0 ? ` There is: ${known.map((k) => `--${k}`).join(", ")}` : ""}`;
    }
    const next = argv[at + 1];
    if (match?.[2] !== undefined) options[name] = valueOf(match[2]);
    else if (next !== undefined && !next.startsWith("--")) {
      options[name] = valueOf(next);
      at += 1;
    } else options[name] = true;
    const wanted = unlike(told?.[name] ?? "", options[name]!);
    if (wanted !== undefined) return `--${name} wants ${wanted}.`;
  }
  return options;
}

/** What a value must be to stand in a default's place; undefined: it can. Nothing that is measured of no hosts is met. */
function unlike(sentence: string, value: string | number | true): string | undefined {
  const [, standard] = /\((\d[\d.,]*)/.exec(sentence) ?? [];
  if (standard === undefined) return undefined;
  const parts = standard.includes(",") ? String(value).split(",") : [String(value)];
  const least = Number(standard) === 0 ? 0 : Number.MIN_VALUE;
  if (parts.every((part) => /^\d+(\.\d+)?$/.test(part) && Number(part) >= least)) return undefined;
  return `a number${least > 0 ? " above 0" : ""}, as ${standard}`;
}

function valueOf(text: string): string | number {
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}
