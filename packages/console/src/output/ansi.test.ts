import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hasControls, overwritten, plainText, readAnsi } from "./ansi.ts";

const esc = "\u001b";

describe("reading colours", () => {
  test("gives each piece its style, and the next line the last one", () => {
    expect(readAnsi(`a${esc}[1;31mb${esc}[22mc`)).toEqual({
      spans: [
        { text: "a", style: {} },
        { text: "b", style: { bold: true, fg: 1 } },
        { text: "c", style: { bold: undefined, dim: undefined, fg: 1 } },
      ],
      end: { bold: undefined, dim: undefined, fg: 1 },
    });
  });

  test("knows the palette of 256 and true colours, and refuses what is none", () => {
    expect(readAnsi(`${esc}[38;5;208mx`).spans[0]?.style.fg).toBe(208);
    expect(readAnsi(`${esc}[48;2;1;2;3mx`).spans[0]?.style.bg).toBe(0x1000000 + 0x010203);
    expect(readAnsi(`${esc}[38;5;999mx`).spans[0]?.style.fg).toBeUndefined();
  });

  test("leaves out titles, links and movements of the cursor", () => {
    expect(plainText(`${esc}]0;title\u0007a${esc}[2Jb${esc}[10;10Hc${esc}]8;;http://x${esc}\\d`)).toBe("abcd");
  });

  test("whatever comes, only text is left, and all of it that was text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 40 }), (line) => {
        const { spans } = readAnsi(line);
        const text = spans.map((span) => span.text).join("");
        expect(text).toBe(plainText(line));
        expect(hasControls(text)).toBe(false);
      }),
    );
  });
});

test("a progress bar shows where it came to", () => {
  expect(overwritten("10%\r50%\r100%")).toBe("100%");
  expect(overwritten("done\r")).toBe("done");
});
