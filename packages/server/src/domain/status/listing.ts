/**
 * Things in an order, as blocks, with one digest over all of them. A block ends after every thing whose id's MD5 begins
 * with a byte below 4 (one in 64), so where blocks end depends on what is in the list and on nothing else; a change
 * touches the digest of its block and that of the blocks. The digest of a block is the MD5 of its things' digests, that
 * of the list the MD5 of its blocks' digests, all in lower-case hex.
 */
import { createHash } from "node:crypto";

export interface Listed {
  /** Fixed for as long as it is listed; nobody else has it. */
  readonly position: number;
  readonly id: string;
  readonly digest: string;
}

export interface Block<Thing extends Listed> {
  readonly things: readonly Thing[];
  /** Grows with every change of what is in it. */
  readonly version: number;
}

export interface Listing<Thing extends Listed> {
  readonly size: number;
  readonly blocks: readonly Block<Thing>[];
  /** Grows with every change of any thing. */
  readonly version: number;
  readonly digest: string;
  /** As the original counts it: MD5 of the ids. */
  readonly legacyDigest: string;
  /** In its place, also when it is there already, perhaps as another object. */
  put(thing: Thing): void;
  remove(position: number): void;
  /** Its bytes changed, not its digest. */
  touch(position: number): void;
}

interface OwnBlock<Thing extends Listed> extends Block<Thing> {
  things: Thing[];
  version: number;
  digest: string | undefined;
}

export function createListing<Thing extends Listed>(): Listing<Thing> {
  const blocks: OwnBlock<Thing>[] = [];
  let size = 0;
  let version = 0;
  let digest: string | undefined;
  let legacy: string | undefined;

  const stale = (block: OwnBlock<Thing>): void => {
    block.digest = digest = undefined;
    block.version = version += 1;
  };
  const blockAt = (position: number): number =>
    firstAt(blocks.length, (n) => (blocks[n]!.things.at(-1)?.position ?? 0) >= position);
  const placeIn = (block: OwnBlock<Thing>, position: number): number =>
    firstAt(block.things.length, (n) => block.things[n]!.position >= position);

  function find(
    position: number,
  ): { readonly block: OwnBlock<Thing>; readonly n: number; readonly at: number } | undefined {
    const n = blockAt(position);
    const block = blocks[n];
    if (block === undefined) return undefined;
    const at = placeIn(block, position);
    return block.things[at]?.position === position ? { block, n, at } : undefined;
  }

  function insert(thing: Thing): void {
    legacy = undefined;
    size += 1;
    let n = blockAt(thing.position);
    // Behind all others: into the last block, unless that one has ended.
    if (n === blocks.length && n > 0 && !endsBlock(blocks[n - 1]!.things.at(-1)!.id)) n -= 1;
    let block = blocks[n];
    if (block === undefined) blocks.push((block = { things: [], version: 0, digest: undefined }));
    const at = placeIn(block, thing.position);
    block.things.splice(at, 0, thing);
    stale(block);
    if (!endsBlock(thing.id) || at === block.things.length - 1) return;
    const rest: OwnBlock<Thing> = { things: block.things.splice(at + 1), version: 0, digest: undefined };
    stale(rest);
    blocks.splice(n + 1, 0, rest);
  }

  return {
    get size() {
      return size;
    },
    get version() {
      return version;
    },
    blocks,
    get digest() {
      return (digest ??= md5(blocks.map((block) => (block.digest ??= md5(block.things.map((thing) => thing.digest))))));
    },
    get legacyDigest() {
      return (legacy ??= digestOfIds(blocks.flatMap(({ things }) => things)));
    },
    put(thing) {
      const found = find(thing.position);
      if (found === undefined) return insert(thing);
      if (found.block.things[found.at]!.id !== thing.id) {
        this.remove(thing.position);
        return insert(thing);
      }
      found.block.things[found.at] = thing;
      stale(found.block);
    },
    remove(position) {
      const found = find(position);
      if (found === undefined) return;
      const { block, n, at } = found;
      const [gone] = block.things.splice(at, 1);
      size -= 1;
      legacy = undefined;
      stale(block);
      const next = blocks[n + 1];
      if (endsBlock(gone!.id) && next !== undefined) {
        block.things.push(...next.things);
        blocks.splice(n + 1, 1);
      }
      if (block.things.length === 0) blocks.splice(n, 1);
    },
    touch(position) {
      const found = find(position);
      if (found !== undefined) found.block.version = version += 1;
    },
  };
}

/** The digest of a list that is not kept. */
export function digestOfList(things: Iterable<Omit<Listed, "position">>): string {
  const blocks: string[] = [];
  let block: string[] = [];
  for (const { id, digest } of things) {
    block.push(digest);
    if (!endsBlock(id)) continue;
    blocks.push(md5(block));
    block = [];
  }
  if (block.length > 0) blocks.push(md5(block));
  return md5(blocks);
}

/** As the original counts a list. */
export function digestOfIds(things: readonly Pick<Listed, "id">[]): string {
  return md5(things.map(({ id }) => id));
}

function endsBlock(id: string): boolean {
  return createHash("md5").update(id).digest()[0]! < 4;
}

function md5(texts: readonly string[]): string {
  const hash = createHash("md5");
  for (const text of texts) hash.update(text);
  return hash.digest("hex");
}

function firstAt(count: number, isIt: (n: number) => boolean): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isIt(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
