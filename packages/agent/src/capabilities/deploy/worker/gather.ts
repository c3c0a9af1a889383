/** Artifacts become steps: what is already there as it should be is not even fetched. */
import { closeSync, fstatSync, statfsSync } from "node:fs";
import { AtalayaError, type Artifact, type FileOutcome } from "@atalaya/protocol";
import type { DeployRequest } from "../hand.ts";
import { copyThrough, digestOf, openRegular } from "./digest.ts";
import type { Hold } from "./hold.ts";
import type { Owner } from "./ownership.ts";
import type { Staging } from "./staging.ts";
import type { Tree } from "./tree.ts";
import { unpack } from "./unpack/unpack.ts";

export interface Gathering {
  readonly request: DeployRequest;
  readonly tree: Tree;
  readonly owner: Owner | undefined;
  readonly staging: Staging;
  readonly hold: Hold;
  readonly signal: AbortSignal;
}

/** What is known of a path before the files are in place; `undefined`: its step will tell. */
export interface Found {
  readonly path: string;
  /** The artifact it is; absent: an entry of an archive. */
  readonly artifact?: number;
  readonly outcome: FileOutcome | undefined;
}

/** Blobs asked for ahead, so that the network never waits for the disk. */
const AHEAD_BYTES = 64 * 1024 * 1024;
const AHEAD_BLOBS = 64;
const DEFAULT_MODE = 0o644;

/** In the order of the steps that were made, those without an outcome. */
export async function gather(gathering: Gathering): Promise<readonly Found[]> {
  const { request, tree, hold, owner } = gathering;
  const found: Found[] = [];
  const needed: { readonly artifact: Artifact; readonly index: number }[] = [];
  hold.say({ say: "progress", phase: "checking", done: 0, total: request.artifacts.length });
  for (const [index, artifact] of request.artifacts.entries()) {
    const outcome = artifact.unpack === true ? undefined : await alreadyThere(gathering, artifact);
    if (outcome === undefined) needed.push({ artifact, index });
    else found.push({ path: artifact.name, artifact: index, outcome });
  }
  const sizes = new Map(needed.map(({ artifact }) => [artifact.sha256, artifact.size]));
  const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  checkSpace(
    tree,
    needed.reduce((sum, { artifact }) => sum + artifact.size, 0),
  );
  hold.say({ say: "progress", phase: "fetching", done: 0, total: bytes });

  const uses = new Map<string, number>();
  for (const { artifact } of needed) uses.set(artifact.sha256, (uses.get(artifact.sha256) ?? 0) + 1);
  const asked = asking(needed, hold);
  for (const [at, { artifact, index }] of needed.entries()) {
    asked.until(at);
    const blob = await hold.blob(artifact.sha256, gathering.signal);
    if (artifact.unpack === true) await unpackOne(gathering, artifact, blob, found);
    else await placeOne(gathering, artifact, index, blob, found);
    const left = uses.get(artifact.sha256)! - 1;
    uses.set(artifact.sha256, left);
    if (left === 0) hold.say({ say: "done", blob: artifact.sha256 });
  }
  // After the files, some of which may have made them.
  for (const { name, mode } of request.folders ?? []) {
    const making = { owner, ...(mode === undefined ? {} : { mode: Number.parseInt(mode, 8) }) };
    const isNew = gathering.staging.folder(tree, name, making);
    found.push({ path: `${name}/`, outcome: isNew ? "created" : "unchanged" });
  }
  return found;
}

/** Asks for blobs a little ahead of their turn: the agent keeps no more of them than that. */
function asking(needed: readonly { readonly artifact: Artifact }[], hold: Hold) {
  let next = 0;
  return {
    until(at: number): void {
      const blobs: string[] = [];
      let bytes = 0;
      for (let ahead = at; ahead < next; ahead += 1) bytes += needed[ahead]!.artifact.size;
      while (next < needed.length && (next <= at || (next - at < AHEAD_BLOBS && bytes < AHEAD_BYTES))) {
        const { sha256, size } = needed[next]!.artifact;
        blobs.push(sha256);
        bytes += size;
        next += 1;
      }
      if (blobs.length > 0) hold.say({ say: "want", blobs });
    },
  };
}

function modeOf({ mode }: Artifact, request: DeployRequest): number {
  const given = mode ?? request.mode;
  return given === undefined ? DEFAULT_MODE : Number.parseInt(given, 8);
}

async function alreadyThere(gathering: Gathering, artifact: Artifact): Promise<"unchanged" | "kept" | undefined> {
  const { tree, staging, request, owner, signal } = gathering;
  const before = staging.standing(tree, artifact.name);
  if (before.kind === "absent") return undefined;
  if (before.kind === "file" && before.size === artifact.size) {
    const asWished =
      before.mode === modeOf(artifact, request) &&
      (owner === undefined || (before.uid === owner.uid && before.gid === owner.gid));
    // Whoever wants files kept asks for nothing more than that they are there.
    if (asWished || request.overwrite === "keep") {
      const there = await readable(() => digestOf(() => tree.at(artifact.name, openRegular), signal));
      if (there === artifact.sha256) return "unchanged";
    }
  }
  return request.overwrite === "keep" ? "kept" : undefined;
}

/** A file that this account may replace and not read is none that is unchanged. */
async function readable(digest: () => Promise<string | undefined>): Promise<string | undefined> {
  return digest().catch((error: NodeJS.ErrnoException) => {
    if (error.code === "EACCES") return undefined;
    throw error;
  });
}

async function placeOne(
  { tree, staging, request, owner, signal }: Gathering,
  artifact: Artifact,
  index: number,
  blob: string,
  found: Found[],
): Promise<void> {
  const making = { mode: modeOf(artifact, request), owner };
  const staged = await staging.file(tree, artifact.name, making, async (to) => {
    const from = openRegular(blob);
    try {
      const held = await copyThrough(from, to, signal);
      // From the uploader's disk to this one: what is placed is what was meant.
      if (held.sha256 !== artifact.sha256)
        throw new AtalayaError("blob.mismatch", `${artifact.name}: the bytes are not those of the digest`);
      return held;
    } finally {
      closeSync(from);
    }
  });
  staged.place(request.overwrite === "keep");
  found.push({ path: artifact.name, artifact: index, outcome: undefined });
}

async function unpackOne(
  { tree, staging, request, owner, signal }: Gathering,
  artifact: Artifact,
  blob: string,
  found: Found[],
): Promise<void> {
  const from = openRegular(blob);
  try {
    if (fstatSync(from).size !== artifact.size || (await digestOf(() => openRegular(blob), signal)) !== artifact.sha256)
      throw new AtalayaError("blob.mismatch", `${artifact.name}: the bytes are not those of the digest`);
  } finally {
    closeSync(from);
  }
  await unpack({
    archive: blob,
    tree,
    below: artifact.name.includes("/") ? artifact.name.slice(0, artifact.name.lastIndexOf("/") + 1) : "",
    overwrite: request.overwrite,
    owner,
    staging,
    signal,
    found: (path, outcome) => void found.push({ path, outcome }),
  });
}

function checkSpace(tree: Tree, bytes: number): void {
  const { bavail, bsize } = statfsSync(tree.root);
  if (bavail * bsize >= bytes) return;
  throw new AtalayaError(
    "deploy.no-space",
    `the disk of ${tree.root} has ${bavail * bsize} bytes free, and ${bytes} are to be placed`,
  );
}
