/** The files of a deployment: found, named as they will be below the folder, and uploaded where the server lacks them. */
import { lstat, readdir, stat } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { uploadBlob, type Client } from "@atalaya/client";
import { UsageError, type Session } from "./session.ts";
import { byteBar } from "./ui/bar.ts";

export interface LocalFile {
  /** Below the folder on the hosts. */
  readonly name: string;
  readonly path: string;
  readonly size: number;
  readonly executable: boolean;
}

/** `site`: the folder itself; `site/`: what is in it; a file: under its own name. */
export async function localFiles(paths: readonly string[]): Promise<readonly LocalFile[]> {
  const files: LocalFile[] = [];
  for (const path of paths) {
    const found = await stat(path).catch((cause: Error) => {
      throw new UsageError(`cannot read ${path}: ${cause.message}`, { cause });
    });
    if (found.isDirectory()) {
      const base = path.endsWith("/") || basename(path) === "." ? "" : basename(path);
      files.push(...(await below(path, base)));
    } else if (found.isFile()) files.push(fileOf(basename(path), path, found));
    else throw new UsageError(`${path} is neither a file nor a folder`);
  }
  if (files.length === 0) throw new UsageError(`there are no files in ${paths.join(", ")}`);
  const names = new Set<string>();
  for (const { name } of files) {
    if (names.has(name)) throw new UsageError(`two of the files would both be ${name}`);
    names.add(name);
  }
  return files;
}

async function below(folder: string, base: string): Promise<readonly LocalFile[]> {
  const files: LocalFile[] = [];
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries.toSorted((a, b) => (join(a.parentPath, a.name) < join(b.parentPath, b.name) ? -1 : 1))) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) continue;
    if (!entry.isFile())
      throw new UsageError(`${path} is a link or the like: pack the folder with tar and deploy that with --unpack`);
    files.push(fileOf(join(base, relative(folder, path)), path, await lstat(path)));
  }
  return files;
}

function fileOf(
  name: string,
  path: string,
  { size, mode }: { readonly size: number; readonly mode: number },
): LocalFile {
  return { name, path, size, executable: (mode & 0o100) !== 0 };
}

export interface UploadedFile {
  readonly name: string;
  readonly sha256: string;
  readonly size: number;
  readonly mode?: string;
  readonly unpack?: boolean;
}

/** `mode` absent: what can be executed here can be executed there. */
export async function uploadFiles(
  client: Client,
  session: Session,
  files: readonly LocalFile[],
  { unpack, mode }: { readonly unpack: boolean; readonly mode?: string | undefined },
): Promise<readonly UploadedFile[]> {
  const { terminal } = session;
  const total = files.reduce((sum, { size }) => sum + size, 0);
  let before = 0;
  const uploaded: UploadedFile[] = [];
  for (const { name, path, executable } of files) {
    const blob = await uploadBlob(client, path, {
      signal: session.interrupted,
      onProgress(received) {
        if (terminal.live) void terminal.err.write(`\r\u001b[2Kuploading ${byteBar(before + received, total)}`);
      },
    });
    before += blob.size;
    const ownMode = mode === undefined && executable && !unpack ? { mode: "0755" } : {};
    uploaded.push({ name, ...blob, ...ownMode, ...(unpack ? { unpack } : {}) });
  }
  if (terminal.live) void terminal.err.write("\r\u001b[2K");
  return uploaded;
}
