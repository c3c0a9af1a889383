import { foldHosts, parseSelector } from "@atalaya/client/browser";

/** A selector that picks exactly these hosts: by their names as a person would write them, or else by their ids. */
export function selectorOf(hosts: readonly { readonly id: string; readonly name: string }[]): string {
  const byName = `name:${foldHosts(hosts.map(({ name }) => name))}`;
  const isSafe = hosts.every(({ name }) => /^[A-Za-z0-9._-]+$/.test(name)) && canBeRead(byName);
  return isSafe ? byName : `id:${hosts.map(({ id }) => id).join(",")}`;
}

function canBeRead(selector: string): boolean {
  try {
    parseSelector(selector);
    return true;
  } catch {
    return false;
  }
}
