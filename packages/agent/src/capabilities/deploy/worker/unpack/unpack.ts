/** An archive into a folder: every entry made ready beside its place, or nothing. */
import { createHash } from "node:crypto";
import { closeSync, fstatSync, writeSync } from "node:fs";
import { AtalayaError, type FileOutcome } from "@atalaya/protocol";
import { copyThrough, digestOf, openRegular } from "../digest.ts";
import type { Owner } from "../ownership.ts";
import type { Staged, Staging } from "../staging.ts";
import type { Tree } from "../tree.ts";
import { defaultLimits, meter, unacceptable, type ArchiveEntry } from "./entry.ts";
import { archiveKind } from "./kind.ts";
import { tarEntries } from "./tar.ts";
import { zipEntries } from "./zip.ts";

export interface Unpacking {
  /** A path of the archive. */
  readonly archive: string;
  readonly tree: Tree;
  /** Where its entries go: empty, or a path below the tree ending in `/`. */
  readonly below: string;
  readonly overwrite: "replace" | "keep";
  readonly owner: Owner | undefined;
  readonly staging: Staging;
  readonly signal: AbortSignal;
  /** Told what becomes of each; `undefined`: known when it is placed. */
  found(path: string, outcome: FileOutcome | undefined): void;
}

export async function unpack(wish: Unpacking): Promise<void> {
  const { archive, staging, tree, below, signal } = wish;
  const file = openRegular(archive);
  let entries: AsyncGenerator<ArchiveEntry>;
  let count: ReturnType<typeof meter>;
  try {
    const kind = archiveKind(file);
    count = meter(defaultLimits, fstatSync(file).size);
    entries = kind === "zip" ? zipEntries(archive) : tarEntries(archive, kind);
  } finally {
    closeSync(file);
  }
  const seen = new Map<string, "file" | "folder" | "link">();
  const copies: Extract<ArchiveEntry, { kind: "copy" }>[] = [];
  const ready = new Map<string, { readonly mode: number; readonly sha256: string; readonly temporary: () => number }>();

  for await (const entry of entries) {
    signal.throwIfAborted();
    count.entry();
    claim(seen, entry);
    const path = `${below}${entry.path}`;
    if (entry.kind === "folder") staging.folder(tree, path);
    else if (entry.kind === "copy") copies.push(entry);
    else if (entry.kind === "link") placeLink(wish, entry, path);
    else {
      const mode = entry.mode & 0o777;
      await placeFile(
        wish,
        path,
        mode,
        async (to) => {
          const hash = createHash("sha256");
          let size = 0;
          for await (const part of bytesOf(entry)) {
            signal.throwIfAborted();
            count.bytes(part.length);
            hash.update(part);
            size += part.length;
            for (let at = 0; at < part.length;) at += writeSync(to, part, at);
          }
          return { sha256: hash.digest("hex"), size };
        },
        (temporary, sha256) => ready.set(entry.path, { mode, sha256, temporary }),
      );
    }
  }
  // What a hard link is to share is only known for certain when all is there.
  for (const { path, of } of copies) {
    const source = ready.get(of);
    if (source === undefined)
      throw unacceptable(`the archive's hard link ${path} leads to ${of}, which is no file of it`);
    await placeFile(wish, `${below}${path}`, source.mode, async (to) => {
      const from = source.temporary();
      try {
        count.bytes(fstatSync(from).size);
        return await copyThrough(from, to, signal);
      } finally {
        closeSync(from);
      }
    });
  }
}

/** What is wrong with the bytes of an archive is the archive's failure; what is wrong with our disk is not. */
async function* bytesOf(entry: Extract<ArchiveEntry, { kind: "file" }>): AsyncGenerator<Uint8Array> {
  try {
    yield* await entry.open();
  } catch (error) {
    if (error instanceof AtalayaError || (error instanceof Error && "syscall" in error)) throw error;
    throw unacceptable(`the archive is damaged: ${error instanceof Error ? error.message : ""}`, error);
  }
}

/** Two entries of one name, or one that goes through another that is no folder, have only the purpose to confuse. */
function claim(seen: Map<string, "file" | "folder" | "link">, { path, kind }: ArchiveEntry): void {
  const own = kind === "copy" ? "file" : kind;
  const before = seen.get(path);
  if (before !== undefined && (before !== "folder" || own !== "folder"))
    throw unacceptable(`the archive has ${JSON.stringify(path)} twice`);
  seen.set(path, own);
  for (let at = path.indexOf("/"); at !== -1; at = path.indexOf("/", at + 1)) {
    const above = path.slice(0, at);
    const known = seen.get(above);
    if (known !== undefined && known !== "folder")
      throw unacceptable(`the archive has ${JSON.stringify(above)} as a ${known} and as a folder`);
    seen.set(above, "folder");
  }
}

async function placeFile(
  { tree, staging, overwrite, owner, signal, found }: Unpacking,
  path: string,
  mode: number,
  fill: (to: number) => Promise<{ readonly sha256: string; readonly size: number }>,
  made?: (temporary: () => number, sha256: string) => void,
): Promise<void> {
  const before = staging.standing(tree, path);
  const staged: Staged = await staging.file(tree, path, { mode, owner }, fill);
  const { after } = staged;
  if (after.kind !== "file") return;
  if (before.kind === "file" && before.size === after.size && (before.mode & 0o777) === mode) {
    const there = await digestOf(() => tree.at(path, openRegular), signal);
    if (there === after.sha256) {
      made?.(() => tree.at(path, openRegular), after.sha256);
      staged.drop();
      return found(path, "unchanged");
    }
  }
  if (before.kind !== "absent" && overwrite === "keep") {
    made?.(staged.open, after.sha256);
    staged.leave();
    return found(path, "kept");
  }
  made?.(staged.open, after.sha256);
  staged.place(overwrite === "keep");
  found(path, undefined);
}

function placeLink(
  { tree, staging, overwrite, owner, found }: Unpacking,
  entry: Extract<ArchiveEntry, { kind: "link" }>,
  path: string,
): void {
  const before = staging.standing(tree, path);
  if (before.kind === "link" && before.target === entry.target) return found(path, "unchanged");
  if (before.kind !== "absent" && overwrite === "keep") return found(path, "kept");
  staging.link(tree, path, entry.target, owner).place(overwrite === "keep");
  found(path, undefined);
}
