/** Who a file is to belong to, and whether this account may give it away. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { AtalayaError } from "@atalaya/protocol";

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** `name`, `name:group` or `:group`. Throws `deploy.owner`, before anything is touched. */
export function ownerOf(text: string, me: Owner & { readonly groups: readonly number[] }): Owner {
  const [name = "", group] = text.split(":");
  const user = name === "" ? undefined : entryOf("passwd", name);
  const uid = user === undefined ? me.uid : Number(user[2]);
  const gid =
    group === undefined ? (user === undefined ? me.gid : Number(user[3])) : Number(entryOf("group", group)[2]);
  if (me.uid !== 0 && uid !== me.uid) throw refused(`only root can give files to ${name}`);
  if (me.uid !== 0 && gid !== me.gid && !me.groups.includes(gid))
    throw refused(`this account is not in the group ${group}`);
  return { uid, gid };
}

/** A line of passwd(5) or group(5); numbers are taken as they are. */
function entryOf(kind: "passwd" | "group", name: string): readonly string[] {
  const found = find(readText(`/etc/${kind}`), name) ?? find(getent(kind, name), name);
  if (found !== undefined) return found;
  if (/^\d{1,9}$/.test(name)) return [name, "", name, name];
  throw refused(`there is no ${kind === "passwd" ? "account" : "group"} ${name} on this host`);
}

function find(text: string, name: string): readonly string[] | undefined {
  const line = text.split("\n").find((one) => one.startsWith(`${name}:`));
  const fields = line?.split(":");
  return fields !== undefined && /^\d+$/.test(fields[2] ?? "") ? fields : undefined;
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function getent(kind: string, name: string): string {
  try {
    return execFileSync("getent", [kind, name], {
      encoding: "utf8",
      timeout: 10_000,
      stdio: ["ignore", "pipe", "ignore"],
    });
  } catch {
    return "";
  }
}

function refused(message: string): AtalayaError {
  return new AtalayaError("deploy.owner", message);
}
