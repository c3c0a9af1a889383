/** A rollback: the journal of a deployment, backwards. */
import { closeSync, constants, openSync } from "node:fs";
import { AtalayaError, type FileOutcome } from "@atalaya/protocol";
import { copyThrough, digestOf, openRegular } from "./digest.ts";
import type { Entry, Journal } from "./journal.ts";
import type { Staging } from "./staging.ts";
import type { State } from "./state.ts";
import { openTree, type Standing, type Tree } from "./tree.ts";

export interface Restoring {
  readonly journal: Journal;
  /** Of the deployment that is undone. */
  readonly state: Pick<State, "kept">;
  readonly staging: Staging;
  readonly force: boolean;
  readonly uid: number;
  readonly signal: AbortSignal;
  readonly trees: DisposableStack;
  warn(sentence: string): void;
}

/** Prepares all of it or throws; each path with its outcome, in the order of the steps. */
export async function restore(
  wish: Restoring,
): Promise<readonly { readonly path: string; readonly outcome: FileOutcome }[]> {
  const { journal, force, signal } = wish;
  const trees = new Map<string, Tree | undefined>();
  const treeOf = (root: string): Tree | undefined => {
    if (!trees.has(root)) trees.set(root, openIfThere(root, wish.trees));
    return trees.get(root);
  };
  const changed: string[] = [];
  const todo: { readonly entry: Entry; readonly tree: Tree }[] = [];
  for (const entry of journal.entries.toReversed()) {
    const path = `${entry.root}/${entry.path}`;
    const tree = treeOf(entry.root);
    const now: Standing = tree === undefined ? { kind: "absent" } : tree.standing(entry.path);
    if (await isBefore(entry, now, tree, wish)) continue;
    if (tree === undefined || !(await isAfter(entry, now, tree, signal))) changed.push(path);
    if (tree !== undefined) todo.push({ entry, tree });
    else if (force) wish.warn(`${path}: its folder is gone, it is not put back`);
  }
  if (changed.length > 0 && !force) {
    const some = changed.slice(0, 20).join(", ");
    throw new AtalayaError(
      "deploy.changed-since",
      `changed since they were deployed: ${some}${changed.length > 20 ? " …" : ""}`,
    );
  }
  for (const path of changed) wish.warn(`${path} had changed since it was deployed`);
  const outcomes: { path: string; outcome: FileOutcome }[] = [];
  for (const { entry, tree } of todo) {
    await prepare(wish, entry, tree);
    const outcome = entry.before.kind === "absent" ? "removed" : "restored";
    outcomes.push({ path: `${entry.root}/${entry.path}`, outcome });
  }
  return outcomes;
}

async function prepare({ staging, state, uid, signal }: Restoring, { path, before }: Entry, tree: Tree): Promise<void> {
  if (before.kind === "absent") return staging.removal(tree, path);
  if (before.kind === "link") return staging.link(tree, path, before.target, undefined).place(false);
  // Only root can make a file somebody else's again.
  const owner = uid === 0 ? { uid: before.uid, gid: before.gid } : undefined;
  const staged = await staging.file(tree, path, { mode: before.mode, owner }, async (to) => {
    const from = openKept(state.kept(before.kept));
    try {
      return await copyThrough(from, to, signal);
    } finally {
      closeSync(from);
    }
  });
  staged.place(false);
}

function openKept(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (cause) {
    throw new AtalayaError("deploy.nothing-kept", `the previous version in ${path} is gone`, { cause });
  }
}

/** Already as it was: removed by somebody, or put back by a rollback that was cut off. */
async function isBefore(
  { before, path }: Entry,
  now: Standing,
  tree: Tree | undefined,
  wish: Restoring,
): Promise<boolean> {
  if (before.kind === "absent") return now.kind === "absent";
  if (before.kind === "link") return now.kind === "link" && now.target === before.target;
  if (now.kind !== "file" || now.size !== before.size || now.mode !== before.mode || tree === undefined) return false;
  const there = await digestOf(() => tree.at(path, openRegular), wish.signal).catch(() => undefined);
  return there !== undefined && there === (await digestOf(() => openKept(wish.state.kept(before.kept)), wish.signal));
}

async function isAfter({ after, path }: Entry, now: Standing, tree: Tree, signal: AbortSignal): Promise<boolean> {
  if (after.kind === "absent") return now.kind === "absent";
  if (after.kind === "link") return now.kind === "link" && now.target === after.target;
  if (now.kind !== "file" || now.size !== after.size) return false;
  return (await digestOf(() => tree.at(path, openRegular), signal).catch(() => undefined)) === after.sha256;
}

function openIfThere(root: string, trees: DisposableStack): Tree | undefined {
  try {
    const tree = openTree(root);
    // A link took the folder's place: what lies behind it is another folder.
    if (tree.root === root) return trees.use(tree);
    tree[Symbol.dispose]();
    return undefined;
  } catch {
    return undefined;
  }
}
