import { open, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";

/** What is known of a segment without opening it. */
export interface SegmentInfo {
  readonly segment: number;
  /** `open` takes records, `finished` waits to be sealed, `sealed` is compressed. */
  readonly state: "open" | "finished" | "sealed";
  /** On the disk. */
  readonly bytes: number;
  /** Epoch milliseconds of the last append. */
  readonly lastAppendAt: number;
}

const NAME = /^(\d{10})\.segment(\.zst)?$/;

export function plainPath(folder: string, segment: number): string {
  return join(folder, `${String(segment).padStart(10, "0")}.segment`);
}

export function sealedPath(folder: string, segment: number): string {
  return `${plainPath(folder, segment)}.zst`;
}

/** The segments of a folder; takes away what an interrupted sealing left. */
export async function scan(folder: string): Promise<SegmentInfo[]> {
  const found = new Map<number, SegmentInfo>();
  for (const name of (await readdir(folder)).sort()) {
    if (name.endsWith(".partial")) await rm(join(folder, name), { force: true });
    const [, digits, sealed] = NAME.exec(name) ?? [];
    if (digits === undefined) continue;
    const segment = Number(digits);
    // A sealed segment has its name only when it is whole: what it was made of may go. (`.zst` sorts after it.)
    if (sealed !== undefined && found.has(segment)) await rm(plainPath(folder, segment), { force: true });
    const { size, mtimeMs } = await stat(join(folder, name));
    const state = sealed === undefined ? "finished" : "sealed";
    found.set(segment, { segment, state, bytes: size, lastAppendAt: Math.trunc(mtimeMs) });
  }
  return [...found.values()];
}

/** Makes a new or renamed name in the folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, "r");
  await handle.sync();
}
