import { statfs } from "node:fs/promises";
import type { Sample } from "@atalaya/protocol";
import type { MachineFiles } from "./machine-files.ts";
import { parseMounts } from "./proc.ts";

const STATFS_MS = 1_000;

/** How full the file systems are. Those that do not answer in time are not asked again while they hang. */
export function diskUse({ text }: MachineFiles): () => Promise<Sample["disks"]> {
  const hanging = new Set<string>();
  return disks;

  async function disks(): Promise<Sample["disks"]> {
    const mounts = parseMounts(text("proc/self/mountinfo") ?? "");
    const found = await Promise.all(mounts.map(diskAt));
    return found.filter((disk) => disk !== undefined);
  }

  async function diskAt(mount: string) {
    if (hanging.has(mount)) return undefined;
    hanging.add(mount);
    const asked = statfs(mount).then(
      ({ bsize, blocks, bfree, bavail }) => {
        hanging.delete(mount);
        // As df: what only root may still fill is neither used nor free.
        const total = (blocks - bfree + bavail) * bsize;
        return blocks === 0 ? undefined : { mount: mount.slice(0, 256), total, used: (blocks - bfree) * bsize };
      },
      () => void hanging.delete(mount),
    );
    return Promise.race([
      asked,
      new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), STATFS_MS).unref()),
    ]);
  }
}
