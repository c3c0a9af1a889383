import { createHash } from "node:crypto";
import { writeSync } from "node:fs";
import type { Hold } from "./hold.ts";
import { makeFolder } from "./folder.ts";
import type { Staging } from "./staging.ts";
import { openTree } from "./tree.ts";

/** MarcoPolo, service files: the file's name means nothing, its `id` is what is published. */
export async function stageService(hold: Hold, staging: Staging, trees: DisposableStack): Promise<void> {
  const { account, request } = hold.plan;
  const { id, params } = request.marcopolo!;
  const home = trees.use(openTree(makeFolder(account.home, account, staging.madeFolder)));
  const text = Buffer.from(`${JSON.stringify({ id, ...(params === undefined ? {} : { params }) }, undefined, 2)}\n`);
  const sha256 = createHash("sha256").update(text).digest("hex");
  const staged = await staging.file(home, serviceFile(id), { mode: 0o644, owner: undefined }, async (to) => {
    writeSync(to, text);
    return { sha256, size: text.length };
  });
  staged.place(false);
}

/** Below the home. */
export function serviceFile(id: string): string {
  return `.polo/${id}.json`;
}
