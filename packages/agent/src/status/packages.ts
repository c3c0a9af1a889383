import { createHash } from "node:crypto";

/** A package as a manager's reader tells it. */
export interface FoundPackage {
  readonly name: string;
  readonly version: string;
  readonly manager: string;
  readonly arch?: string | undefined;
  readonly status: string;
}

/** In the shape of the original. The id follows from manager and name, so that hosts that have the same say the same. */
export function packageEntry({ name, version, manager, arch, status }: FoundPackage) {
  return {
    name,
    version,
    source: "builtin",
    type: manager,
    ...(arch === undefined ? {} : { arch }),
    status: { installed: true, ...(status === "installed" ? {} : { state: status }) },
    id: idOf(`${manager}/${name}`),
  };
}

/** A UUID made of a name (RFC 9562, version 8). */
export function idOf(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  const variant = ((parseInt(hex[16]!, 16) & 3) | 8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join("-");
}
