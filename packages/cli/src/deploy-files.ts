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

/** One that nothing lies in: others are made with their files. */
export interface LocalFolder {
  readonly name: string;
  /** Octal, as `0750`; absent: 0755. */
  readonly mode?: string;
}

export interface LocalTree {
  readonly files: readonly LocalFile[];
  readonly folders: readonly LocalFolder[];
}

/** The files among them. Throws when there are none. */
export async function localFiles(paths: readonly string[]): Promise<readonly LocalFile[]> {
  const { files } = await localTree(paths);
  if (files.length === 0) throw new UsageError(`there are no files in ${paths.join(", ")}`);
  return files;
}

/** `site`: the folder itself; `site/`: what is in it; a file: under its own name. */
export async function localTree(paths: readonly string[]): Promise<LocalTree> {
  const files: LocalFile[] = [];
  const folders: LocalFolder[] = [];
  for (const path of paths) {
    const found = await stat(path).catch((cause: Error) => {
      throw new UsageError(`cannot read ${path}: ${cause.message}`, { cause });
    });
    if (found.isDirectory()) {
      const base = path.endsWith("/") || basename(path) === "." ? "" : basename(path);
      const found = await below(path, base);
      files.push(...found.files);
      folders.push(...found.folders);
    } else if (found.isFile()) files.push(fileOf(basename(path), path, found));
    else throw new UsageError(`${path} is neither a file nor a folder`);
  }
  if (files.length + folders.length === 0) throw new UsageError(`there are no files in ${paths.join(", ")}`);
  const names = new Set<string>();
  for (const { name } of files) {
    if (names.has(name)) throw new UsageError(`two of the files would both be ${name}`);
    names.add(name);
  }
  return { files, folders: folders.filter(({ name }, at) => folders.findIndex((one) => one.name === name) === at) };
}

async function below(folder: string, base: string): Promise<LocalTree> {
  const files: LocalFile[] = [];
  const folders: LocalFolder[] = [];
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries.toSorted((a, b) => (join(a.parentPath, a.name) < join(b.parentPath, b.name) ? -1 : 1))) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) {
      if ((await readdir(path)).length === 0)
        folders.push(folderOf(join(base, relative(folder, path)), await lstat(path)));
      continue;
    }
    if (!entry.isFile())
      throw new UsageError(`${path} is a link or the like: pack the folder with tar and deploy that with --unpack`);
    files.push(fileOf(join(base, relative(folder, path)), path, await lstat(path)));
  }
  if (entries.length === 0 && base !== "") folders.push(folderOf(base, await stat(folder)));
  return { files, folders };
}

function folderOf(name: string, { mode }: { readonly mode: number }): LocalFolder {
  const bits = mode & 0o777;
  return { name, ...(bits === 0o755 ? {} : { mode: `0${bits.toString(8).padStart(3, "0")}` }) };
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
