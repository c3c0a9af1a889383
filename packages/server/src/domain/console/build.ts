/** The files of a build, known by name when the server starts: what is not in this list cannot be asked for. */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { extname, join } from "node:path";

export interface BuiltFile {
  readonly path: string;
  readonly type: string;
  /** Strong, in quotes. */
  readonly etag: string;
  /** Its name changes with its content, so that a browser need never ask again. */
  readonly isHashed: boolean;
  /** Of these there is a compressed copy beside it, best first. */
  readonly encodings: readonly Encoding[];
}

export type Encoding = "br" | "gzip";
export const suffixes: Readonly<Record<Encoding, string>> = { br: ".br", gzip: ".gz" };

const types: Readonly<Record<string, string>> = {
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".woff2": "font/woff2",
};

export interface Build {
  /** With `__NONCE__` where each answer's nonce goes. */
  readonly page: string;
  readonly files: ReadonlyMap<string, BuiltFile>;
}

/** Undefined when nothing was built there. */
export async function readBuild(folder: string): Promise<Build | undefined> {
  try {
    const page = await readFile(join(folder, "index.html"), "utf8");
    const names = await readdir(join(folder, "assets"));
    const known = new Set(names);
    const wanted = names.filter((name) => Object.hasOwn(types, extname(name)));
    const files = await Promise.all(wanted.map(async (name) => [name, await describe(folder, name, known)] as const));
    return { page, files: new Map(files) };
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

async function describe(folder: string, name: string, known: ReadonlySet<string>): Promise<BuiltFile> {
  const path = join(folder, "assets", name);
  const digest = createHash("sha256").update(await readFile(path));
  return {
    path,
    type: types[extname(name)]!,
    etag: `"${digest.digest("base64url").slice(0, 27)}"`,
    isHashed: /-[A-Za-z0-9_-]{8}\.[a-z0-9]+$/.test(name),
    encodings: (["br", "gzip"] as const).filter((encoding) => known.has(`${name}${suffixes[encoding]}`)),
  };
}
