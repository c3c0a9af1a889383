/** Which folder a deployment means, made if it is missing, and whether the policy lets it be used. */
import { existsSync, mkdirSync, realpathSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { AtalayaError } from "@atalaya/protocol";
import { fileFailure } from "./failure.ts";

/** Empty or `~`: the home. `~/x` and `x`: below it. Absolute: itself. Another's `~name` is not guessed. */
export function folderOf(into: string, home: string): string {
  if (into === "" || into === "~") return normalize(home);
  if (into.startsWith("~/")) return join(home, into.slice(2));
  if (into.startsWith("~"))
    throw new AtalayaError("deploy.folder", `${into}: only ~ and ~/… are known, for the account's own home`);
  return into.startsWith("/") ? normalize(into) : join(home, into);
}

/** `made`: told of each folder that was missing, outermost first. Returns the path with links resolved. */
export function makeFolder(
  path: string,
  account: { readonly name: string; readonly home: string },
  made: (folder: string) => void,
): string {
  try {
    const missing: string[] = [];
    let at = path;
    for (; !existsSync(at) && at !== dirname(at); at = dirname(at)) missing.unshift(at);
    if (missing.includes(account.home))
      throw new AtalayaError("deploy.folder", `${account.name} has no home: ${account.home} does not exist`);
    for (const folder of missing) {
      mkdirSync(folder, 0o755);
      made(folder);
    }
    const real = realpathSync(path);
    if (statSync(real).isDirectory()) return real;
    throw new AtalayaError("deploy.folder", `${path} is not a folder`);
  } catch (error) {
    throw fileFailure(error, path, account.name);
  }
}

/** Before anything is made: the nearest folder that is there decides where a link leads. */
export function checkAllowed(path: string, folders: readonly string[] | undefined): void {
  if (folders === undefined) return;
  let at = path;
  const rest: string[] = [];
  while (!existsSync(at) && at !== dirname(at)) {
    rest.unshift(at.slice(dirname(at).length).replace(/^\//, ""));
    at = dirname(at);
  }
  const real = join(realpathSync(at), ...rest);
  if (folders.some((folder) => `${real}/`.startsWith(`${folder.replace(/\/$/, "")}/`))) return;
  throw new AtalayaError("run.forbidden-by-policy", `the policy of this host allows no deployment to ${real}`);
}
