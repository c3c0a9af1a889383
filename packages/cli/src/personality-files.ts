/** The files of a personality: folders are laid out like the host's own, single files say where they go. */
import { readFile } from "node:fs/promises";
import { localFiles } from "./deploy-files.ts";
import { UsageError } from "./session.ts";

export interface PersonalityFileRequest {
  readonly path: string;
  readonly content: string;
  readonly owner?: string;
  readonly mode?: string;
}

/** All files travel in one message. */
const MOST_BYTES = 2_000_000;

export async function personalityFiles(
  words: readonly string[],
  { owner, mode }: { readonly owner?: string; readonly mode?: string },
): Promise<readonly PersonalityFileRequest[]> {
  const found = (await Promise.all(words.map((word) => placesOf(word)))).flat();
  const total = found.reduce((sum, { size }) => sum + size, 0);
  if (total > MOST_BYTES)
    throw new UsageError(
      `the files have ${total} bytes, a personality ${MOST_BYTES} at most: atalaya deploy takes large files`,
    );
  return Promise.all(
    found.map(async ({ path, local, executable }) => ({
      path,
      content: (await readFile(local)).toString("base64"),
      ...(owner === undefined ? {} : { owner }),
      ...(mode !== undefined ? { mode } : executable ? { mode: "0755" } : {}),
    })),
  );
}

interface Place {
  readonly path: string;
  readonly local: string;
  readonly size: number;
  readonly executable: boolean;
}

async function placesOf(word: string): Promise<readonly Place[]> {
  const at = word.lastIndexOf(":/");
  if (at > 0) {
    const [file, more] = await localFiles([word.slice(0, at)]);
    if (file === undefined || more !== undefined) throw new UsageError(`${word.slice(0, at)} is not one file`);
    return [{ path: word.slice(at + 1), local: file.path, size: file.size, executable: file.executable }];
  }
  if (!word.endsWith("/"))
    throw new UsageError(
      `${word}: say where it goes (${word}:/etc/…), or name a folder that is laid out like the host (${word}/)`,
    );
  const files = await localFiles([word]);
  return files.map(({ name, path, size, executable }) => ({ path: `/${name}`, local: path, size, executable }));
}
