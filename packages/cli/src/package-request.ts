/** From the words of `atalaya package` to the capability's request. */
import { time } from "./option-values.ts";
import { UsageError } from "./session.ts";

export interface PackageOptions {
  readonly manager?: string;
  readonly npmPrefix?: string;
  readonly refresh?: boolean;
  readonly purge?: boolean;
  readonly lockWait?: string;
  readonly timeout?: string;
  /** With `install`: a file here, or of the hosts, that the one package is in. */
  readonly upload?: string;
  readonly file?: string;
}

export const MANAGERS = ["dpkg", "npm", "rpm", "apk", "pacman"];

export type PackageVerb = "list" | "install" | "remove" | "hold" | "unhold" | "upgrade";

/** `uploaded`: the digest of what `--upload` names. */
export function packageRequest(
  verb: PackageVerb,
  words: readonly string[],
  options: PackageOptions,
  uploaded?: string,
): object {
  const { manager, npmPrefix: prefix, refresh, purge, file } = options;
  if (manager !== undefined && !MANAGERS.includes(manager))
    throw new UsageError(`--manager: ${manager} is none of ${MANAGERS.join(", ")}`);
  if (prefix !== undefined && manager !== "npm") throw new UsageError("--npm-prefix goes with --manager npm");
  if (file !== undefined && options.upload !== undefined) throw new UsageError("--file or --upload: not both");
  if ((file ?? options.upload) !== undefined && words.length !== 1)
    throw new UsageError("name the one package that is in the file");
  const lockWaitMs = time("--lock-wait", options.lockWait);
  const timeLimitMs = time("--timeout", options.timeout);
  const source =
    uploaded !== undefined
      ? { kind: "blob", sha256: uploaded }
      : file === undefined
        ? undefined
        : { kind: "file", path: file };
  return {
    action: verb,
    names: words.map((word) => ({ ...wanted(word, manager), ...(source === undefined ? {} : { source }) })),
    ...(manager === undefined ? {} : { manager }),
    ...(prefix === undefined ? {} : { prefix }),
    ...(refresh === true ? { refresh } : {}),
    ...(purge === true ? { purge } : {}),
    ...(lockWaitMs === undefined ? {} : { lockWaitMs }),
    ...(timeLimitMs === undefined ? {} : { timeLimitMs }),
  };
}

/** `NAME` or `NAME=VERSION`; npm's people write `NAME@VERSION`. */
function wanted(word: string, manager: string | undefined): { readonly name: string; readonly version?: string } {
  const at = manager === "npm" && !word.includes("=") ? word.lastIndexOf("@") : word.indexOf("=");
  if (at <= 0) return { name: word };
  return { name: word.slice(0, at), version: word.slice(at + 1) };
}
