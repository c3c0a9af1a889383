import type { CSSProperties } from "react";
import { hasControls, readAnsi, type Style } from "./ansi.ts";
import type { LogLine } from "./log-buffer.ts";

/** The 16 colours of terminals, chosen to be read on the dark ground of our output in both themes. */
const palette = [
  "#8a92b2",
  "#ff8b78",
  "#7fd6a0",
  "#e9c46a",
  "#8fb0ff",
  "#d9a3ee",
  "#7fd0dd",
  "#dde1f0",
  "#a9b0cb",
  "#ffa999",
  "#a3e8bd",
  "#ffdc8c",
  "#b3caff",
  "#e9c3f7",
  "#a6e6ef",
  "#ffffff",
] as const;

const SHOWN = 4_000;

/** One line as text in colours. Very long ones are cut for the eye; the download has them whole. */
export function Spans({ line }: { readonly line: LogLine }) {
  const text = line.text.length > SHOWN ? `${line.text.slice(0, SHOWN)}…` : line.text;
  if (line.style === undefined && !hasControls(text)) return text;
  return readAnsi(text, line.style).spans.map((span, at) => (
    <span key={at} style={cssOf(span.style)}>
      {span.text}
    </span>
  ));
}

function cssOf({ fg, bg, bold, dim, italic, underline, inverse }: Style): CSSProperties {
  const color = fg === undefined ? undefined : colorOf(fg);
  const background = bg === undefined ? undefined : colorOf(bg);
  return {
    ...(inverse === true
      ? { color: background ?? "var(--console-ground)", backgroundColor: color ?? "var(--console-ink)" }
      : {
          ...(color === undefined ? {} : { color }),
          ...(background === undefined ? {} : { backgroundColor: background }),
        }),
    // Dark letters on what was meant as a ground.
    ...(background !== undefined && color === undefined && inverse !== true ? { color: "#14172a" } : {}),
    ...(bold === true ? { fontWeight: 700 } : {}),
    ...(dim === true ? { opacity: 0.7 } : {}),
    ...(italic === true ? { fontStyle: "italic" } : {}),
    ...(underline === true ? { textDecoration: "underline" } : {}),
  };
}

function colorOf(code: number): string {
  if (code >= 0x1000000) return `#${(code - 0x1000000).toString(16).padStart(6, "0")}`;
  if (code < 16) return palette[code]!;
  if (code >= 232) {
    const level = 8 + (code - 232) * 10;
    return `rgb(${level} ${level} ${level})`;
  }
  const at = code - 16;
  const step = (n: number) => (n === 0 ? 0 : 55 + n * 40);
  return `rgb(${step(Math.floor(at / 36))} ${step(Math.floor(at / 6) % 6)} ${step(at % 6)})`;
}
