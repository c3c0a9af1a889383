/** Where a package's file comes from: of the host, with the run, or from an address; in the end it is a file that we can trust. */
import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { realpath, rename, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { AtalayaError, type PackageManager, type PackageSource } from "@atalaya/protocol";
import { blobName, type Scene } from "../../tasks/task.ts";

const ENDINGS: Readonly<Record<PackageManager, string>> = {
  dpkg: ".deb",
  npm: ".tgz",
  rpm: ".rpm",
  apk: ".apk",
  pacman: ".pkg.tar.zst",
};
const MOST_BYTES = 4 * 1024 * 1024 * 1024;

/** The path of the file. Throws `package.source`. */
export async function fileOf(
  source: PackageSource,
  manager: PackageManager,
  scene: Pick<Scene, "folder" | "signal" | "progress">,
): Promise<string> {
  switch (source.kind) {
    case "file":
      return trusted(source.path);
    case "blob": {
      // Managers tell a file from a name by its ending.
      const path = join(scene.folder, `${source.sha256}${ENDINGS[manager]}`);
      await rename(join(scene.folder, blobName(source.sha256)), path);
      return path;
    }
    case "url":
      return download(source, join(scene.folder, `${source.sha256}${ENDINGS[manager]}`), scene);
  }
}

/** Its scripts run as root: nobody else may be able to write it. */
async function trusted(path: string): Promise<string> {
  const real = await realpath(path).catch(() => {
    throw new AtalayaError("package.source", `there is no file ${path} on this host`);
  });
  const file = await stat(real);
  if (!file.isFile()) throw new AtalayaError("package.source", `${path} is not a file`);
  for (let at = real; ; at = dirname(at)) {
    const { uid, mode } = await stat(at);
    const sticky = (mode & 0o1000) !== 0 && at !== real;
    if ((uid !== 0 && uid !== process.getuid?.()) || ((mode & 0o022) !== 0 && !sticky))
      throw new AtalayaError("package.source", `others than the agent's account can write ${at}`);
    if (at === "/") return real;
  }
}

async function download(
  { url, sha256 }: Extract<PackageSource, { kind: "url" }>,
  path: string,
  { signal, progress }: Pick<Scene, "signal" | "progress">,
): Promise<string> {
  const failed = (why: string, cause?: unknown): AtalayaError =>
    new AtalayaError("package.source", `${new URL(url).host}: ${why}`, { cause });
  try {
    const response = await fetch(url, { signal, redirect: "follow" });
    if (!response.ok || response.body === null) throw failed(`it answered ${response.status}`);
    const total = Number(response.headers.get("content-length") ?? 0);
    const hash = createHash("sha256");
    let came = 0;
    await pipeline(
      Readable.fromWeb(response.body as never),
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          hash.update(chunk);
          came += chunk.length;
          if (came > MOST_BYTES) throw failed("the file is larger than 4 GiB");
          progress({ phase: "fetching", done: came, total: Math.max(total, came) });
          yield chunk;
        }
      },
      createWriteStream(path, { mode: 0o600, flags: "wx" }),
    );
    if (hash.digest("hex") !== sha256) throw failed("the file has another SHA-256 than was asked for");
    return path;
  } catch (error) {
    if (error instanceof AtalayaError || signal.aborted) throw error;
    throw failed(error instanceof Error ? error.message : String(error), error);
  }
}
