import { expect, test } from "vitest";
import { droppedFiles } from "./dropped-files.ts";

const file = (name: string) => ({ name, isFile: true, file: (give: (file: File) => void) => give(new File([], name)) });
/** As browsers do: a hundred at a time, then nothing. */
const folder = (name: string, ...inside: readonly object[]) => ({
  name,
  isFile: false,
  createReader: () => {
    const left = [...inside];
    return { readEntries: (give: (some: object[]) => void) => give(left.splice(0, 100)) };
  },
});
const drop = (...entries: readonly object[]) =>
  droppedFiles({
    items: entries.map((entry) => ({ kind: "file", webkitGetAsEntry: () => entry })),
  } as unknown as DataTransfer);

test("a drop is all files below it, and the folders that nothing lies in", async () => {
  const many = Array.from({ length: 150 }, (_, n) => file(`f${n}`));
  const picked = await drop(file("a.txt"), folder("site", folder("cache"), folder("css", ...many)), folder("empty"));
  expect(picked.filter((one) => one.file === undefined).map(({ name }) => name)).toEqual(["site/cache", "empty"]);
  expect(picked.filter((one) => one.file !== undefined)).toHaveLength(151);
  expect(picked.map(({ name }) => name)).toContain("site/css/f149");
});
