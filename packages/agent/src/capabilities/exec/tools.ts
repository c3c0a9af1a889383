import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import type { Tools } from "./wrapper.ts";

const FOLDERS = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"];

/** Where this host keeps the wrapper's programs. Absolute, so that nobody's PATH decides what runs as root. */
export function findTools(folders: readonly string[] = FOLDERS): Partial<Tools> {
  const find = (name: string): string | undefined => findProgram(name, folders);
  const names = ["setsid", "mkfifo", "chown", "setpriv", "prlimit", "nice"] as const satisfies (keyof Tools)[];
  const found = names.map((name) => [name, find(name)] as const);
  return Object.fromEntries(found.filter(([, path]) => path !== undefined));
}

export function findProgram(name: string, folders: readonly string[] = FOLDERS): string | undefined {
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
