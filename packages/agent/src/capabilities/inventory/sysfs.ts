import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

/** The machine's own files. What cannot be read is absent. */
export interface Sysfs {
  text(path: string): string | undefined;
  list(path: string): readonly string[];
  link(path: string): string | undefined;
  exists(path: string): boolean;
}

/** `root` is `/`, or a folder that stands for it: tests and hosts made of namespaces describe a machine that way. */
export function sysfs(root = "/"): Sysfs {
  const attempt = <T>(act: () => T): T | undefined => {
    try {
      return act();
    } catch {
      return undefined;
    }
  };
  const list = (path: string): readonly string[] => attempt(() => readdirSync(join(root, path)).toSorted()) ?? [];
  return {
    text: (path) => attempt(() => readFileSync(join(root, path), "utf8").trim()),
    list,
    link: (path) => attempt(() => readlinkSync(join(root, path))),
    exists: (path) =>
      attempt(() => readFileSync(join(root, path))) !== undefined ||
      attempt(() => readdirSync(join(root, path))) !== undefined,
  };
}
