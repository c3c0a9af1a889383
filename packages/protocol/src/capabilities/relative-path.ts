/** Longest path Linux takes (PATH_MAX, with its NUL). */
const MAX_PATH_BYTES = 4095;
const MAX_NAME_BYTES = 255;
const encoder = new TextEncoder();

/**
 * Why this is no path that stays below the folder it is put into; undefined when it is one. Separators are `/`. Names
 * that no file can have are refused, so is everything that would have to be normalised first: nothing is guessed.
 */
export function pathProblem(path: string): string | undefined {
  if (path === "") return "is empty";
  if (path.includes("\0")) return "contains NUL";
  if (path.startsWith("/")) return "is absolute";
  if (encoder.encode(path).length > MAX_PATH_BYTES) return "is longer than a path can be";
  for (const name of path.split("/")) {
    if (name === "") return "has an empty part";
    if (name === "." || name === "..") return `has the part ${name}`;
    if (encoder.encode(name).length > MAX_NAME_BYTES) return "has a name longer than a name can be";
  }
  return undefined;
}

/** Where a symbolic link at `path` leads, without a file system; undefined when out of the folder. Both relative. */
export function linkLeadsTo(path: string, target: string): string | undefined {
  if (target === "" || target.startsWith("/") || target.includes("\0")) return undefined;
  const parts = path.split("/").slice(0, -1);
  for (const name of target.split("/")) {
    if (name === "" || name === ".") continue;
    if (name !== "..") parts.push(name);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.join("/");
}
