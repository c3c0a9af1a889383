import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What sampling reads, as it stands there: it is done every second, so nothing is trimmed or sorted. What cannot be read is absent. */
export interface MachineFiles {
  /** Where `/` is. */
  readonly root: string;
  text(path: string): string | undefined;
  list(path: string): readonly string[];
}

export function machineFiles(root: string): MachineFiles {
  return {
    root,
    text(path) {
      try {
        return readFileSync(join(root, path), "utf8");
      } catch {
        return undefined;
      }
    },
    list(path) {
      try {
        return readdirSync(join(root, path));
      } catch {
        return [];
      }
    },
  };
}
