import type { BenchOptions } from "./question.ts";

/** Reads `--name value`, `--name=value` and bare `--name`. A sentence when it cannot. `known` absent: any name will do. */
export function parseCommandLine(argv: readonly string[], known: readonly string[] | undefined): BenchOptions | string {
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
  }
  return options;
}

function valueOf(text: string): string | number {
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}
