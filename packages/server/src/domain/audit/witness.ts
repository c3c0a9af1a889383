import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Position } from "@atalaya/protocol/audit";

/** A copy of the head outside of the store. Whoever cuts the store's end, or brings back an older one, leaves it behind. */
export interface Witness {
  readonly head: Position | undefined;
  /** In the background, the newest wins: it may lag behind a kill, and is never ahead. */
  saw(head: Position): void;
  settled(): Promise<void>;
}

const Head = z.object({ writer: z.string(), sequence: z.int(), hash: z.string() });

export async function openWitness(folder: string, failed: (error: unknown) => void): Promise<Witness> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, "head.json");
  const text = await readFile(file, "utf8").catch(() => "");
  let head = readHead(text);
  let writing: Promise<void> | undefined;
  let kept = head;

  async function write(): Promise<void> {
    while (kept !== head) {
      const next = head;
      try {
        await writeFile(`${file}.new`, `${JSON.stringify(next)}\n`, { mode: 0o600 });
        await rename(`${file}.new`, file);
      } catch (error) {
        failed(error);
      }
      kept = next;
    }
    writing = undefined;
  }

  return {
    get head() {
      return head;
    },
    saw(next) {
      head = next;
      writing ??= write();
    },
    settled: async () => writing,
  };
}

function readHead(text: string): Position | undefined {
  try {
    const parsed = Head.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
