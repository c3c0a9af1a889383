import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import type { Tools } from "./wrapper.ts";

const FOLDERS = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"];

/** Where this host keeps the wrapper's programs. Absolute, so that nobody's PATH decides what runs as root. */
export function findTools(folders: readonly string[] = FOLDERS): Partial<Tools> {
  const find = (name: string): string | undefined => folders.map((folder) => join(folder, name)).find(isExecutable);
  const found = { setsid: find("setsid"), setpriv: find("setpriv"), prlimit: find("prlimit"), nice: find("nice") };
  return Object.fromEntries(Object.entries(found).filter(([, path]) => path !== undefined));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
