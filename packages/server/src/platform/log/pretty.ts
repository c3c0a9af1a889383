const paints: Readonly<Record<string, number>> = { fatal: 31, error: 31, warn: 33, info: 32, debug: 36, trace: 90 };
const known = new Set(["level", "time", "msg", "err", "error"]);

/** One JSON line as a person reads it: time, level, sentence, then what is known beside it. Anything else passes as it is. */
export function prettyLine(line: string, options: { readonly color: boolean }): string {
  const entry = parsed(line);
  if (entry === undefined) return line;
  const paint = (text: string, code: number): string => (options.color ? `\u001b[${code}m${text}\u001b[0m` : text);
  const level = String(entry["level"]);
  const fields = Object.entries(entry)
    .filter(([name]) => !known.has(name))
    .map(([name, value]) => paint(`${name}=${printable(value)}`, 90));
  const head = [
    paint(String(entry["time"]).slice(11, 19), 90),
    paint(level.padEnd(5), paints[level] ?? 0),
    typeof entry["msg"] === "string" ? printableText(entry["msg"]) : "",
    ...fields,
  ].join(" ");
  return `${head}\n${trace(entry["err"] ?? entry["error"])}`;
}

function trace(error: unknown): string {
  if (typeof error !== "object" || error === null) return "";
  const { stack, message, code } = error as { stack?: unknown; message?: unknown; code?: unknown };
  const text = typeof stack === "string" ? stack : String(message);
  const lines = (typeof code === "string" ? `${code}: ${text}` : text).split("\n");
  return lines.map((each) => `    ${printableText(each)}\n`).join("");
}

function printable(value: unknown): string {
  if (typeof value === "string" && /^[\w@:/.+,=[\]-]+$/.test(value)) return value;
  return printableText(JSON.stringify(value));
}

// A host's name or an error's text may come from outside: it must not steer the terminal.
function printableText(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(
    /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g,
    (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}

function parsed(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
