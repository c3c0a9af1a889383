/** Whether the absolute path, links resolved, is the folder or below it. */
export function isInside(path: string, folder: string): boolean {
  const base = folder.endsWith("/") ? folder : `${folder}/`;
  return `${path}/`.startsWith(base) && !path.split("/").includes("..");
}
