/**
 * What terminals write (ECMA-48): colours become styles, everything else that is not text is left out. The result is
 * text and numbers; nothing that a machine prints can become markup.
 */
export interface Style {
  /** 0 to 255 of the palette, or 0x1000000 and RGB. */
  readonly fg?: number | undefined;
  readonly bg?: number | undefined;
  readonly bold?: boolean | undefined;
  readonly dim?: boolean | undefined;
  readonly italic?: boolean | undefined;
  readonly underline?: boolean | undefined;
  readonly inverse?: boolean | undefined;
}

export interface Span {
  readonly text: string;
  readonly style: Style;
}

export const plain: Style = {};
const RGB = 0x1000000;

/** Written so that nothing is ever tried twice: a machine must not be able to keep a browser busy with one line. CSI with its parameters and final byte; OSC and its kin to their end; other escapes; control characters but tabs. */
const CONTROL =
  /\x1b\[([0-?]*)([ -/]*)([@-~])|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[ -/]*[0-~]?|[\x00-\x08\x0a-\x1f\x7f-\x9f]/g;

/** A line in pieces of one style each, and the style in which the next line begins. */
export function readAnsi(line: string, start: Style = plain): { readonly spans: readonly Span[]; readonly end: Style } {
  const spans: Span[] = [];
  let style = start;
  let from = 0;
  const push = (text: string) => {
    if (text !== "") spans.push({ text, style });
  };
  for (const match of line.matchAll(CONTROL)) {
    push(line.slice(from, match.index));
    from = match.index + match[0].length;
    if (match[3] === "m" && match[2] === "") style = styled(style, match[1] ?? "");
  }
  push(line.slice(from));
  return { spans, end: style };
}

/** Only the text, for searching and copying. */
export function plainText(line: string): string {
  return hasControls(line) ? line.replaceAll(CONTROL, "") : line;
}

/** Most lines have none, and need no reading. */
export function hasControls(line: string): boolean {
  return /[\x00-\x08\x0a-\x1f\x7f-\x9f]/.test(line);
}

/** What a line shows in the end: a carriage return goes back to its beginning, as progress bars do. */
export function overwritten(line: string): string {
  const text = line.endsWith("\r") ? line.slice(0, -1) : line;
  return text.slice(text.lastIndexOf("\r") + 1);
}

function styled(before: Style, parameters: string): Style {
  // A colon parts sub-parameters of colours (ITU T.416), and many write a semicolon instead.
  const codes = parameters.split(/[;:]/).map((code) => (code === "" ? 0 : Number(code)));
  let style = before;
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at]!;
    if (code === 38 || code === 48) {
      const { color, taken } = extended(codes, at + 1);
      if (color !== undefined) style = code === 38 ? { ...style, fg: color } : { ...style, bg: color };
      at += taken;
    } else style = simple(style, code);
  }
  return style;
}

function extended(
  codes: readonly number[],
  at: number,
): { readonly color: number | undefined; readonly taken: number } {
  if (codes[at] === 5) return { color: byte(codes[at + 1]), taken: 2 };
  if (codes[at] !== 2) return { color: undefined, taken: 1 };
  const [r, g, b] = [byte(codes[at + 1]), byte(codes[at + 2]), byte(codes[at + 3])];
  const isWhole = r !== undefined && g !== undefined && b !== undefined;
  return { color: isWhole ? RGB + r * 65_536 + g * 256 + b : undefined, taken: 4 };
}

function byte(value: number | undefined): number | undefined {
  return value !== undefined && value >= 0 && value <= 255 ? value : undefined;
}

function simple(style: Style, code: number): Style {
  if (code === 0) return plain;
  if (code === 1) return { ...style, bold: true };
  if (code === 2) return { ...style, dim: true };
  if (code === 3) return { ...style, italic: true };
  if (code === 4) return { ...style, underline: true };
  if (code === 7) return { ...style, inverse: true };
  if (code === 22) return { ...style, bold: undefined, dim: undefined };
  if (code === 23) return { ...style, italic: undefined };
  if (code === 24) return { ...style, underline: undefined };
  if (code === 27) return { ...style, inverse: undefined };
  if (code >= 30 && code <= 37) return { ...style, fg: code - 30 };
  if (code === 39) return { ...style, fg: undefined };
  if (code >= 40 && code <= 47) return { ...style, bg: code - 40 };
  if (code === 49) return { ...style, bg: undefined };
  if (code >= 90 && code <= 97) return { ...style, fg: code - 82 };
  if (code >= 100 && code <= 107) return { ...style, bg: code - 92 };
  return style;
}
