import { randomBytes } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Log } from "../../platform/log/index.ts";
import { type Build, type BuiltFile, type Encoding, readBuild, suffixes } from "./build.ts";
import { contentPolicy, isForPrograms, wantsPage } from "./policy.ts";

export interface Console {
  /** The page, to a browser, at every address that is no program's; undefined: answer as to a program. */
  page(request: Request): Promise<Response | undefined>;
  /** A file of the build; undefined when there is none of this name. */
  file(name: string, request: Request): Promise<Response | undefined>;
}

/** Where the workspace's own build lies, whether or not there is one. */
export function consoleFolder(): string {
  return join(dirname(fileURLToPath(import.meta.resolve("@atalaya/console/package.json"))), "dist");
}

/**
 * Without a build nobody is served a page, and the server works all the same. One that is put there later, or in the place
 * of another, is served from the next page on; who still has an older page asks for files that are gone, and loads anew.
 */
export async function openConsole({ folder, log }: { readonly folder: string; readonly log: Log }): Promise<Console> {
  let seen = await markOf(folder);
  let build = await readBuild(folder);
  let reading: Promise<void> | undefined;
  if (build === undefined)
    log.warn({ folder }, "the web console is not built: browsers get the text that programs get");

  /** The build as it lies there now; while another is being put in its place, still the old one. */
  async function current(): Promise<Build | undefined> {
    const mark = await markOf(folder);
    if (mark === undefined || mark === seen) return build;
    reading ??= readBuild(folder).then((found) => {
      reading = undefined;
      if (found === undefined) return;
      build = found;
      seen = mark;
      log.info({ folder }, "serving the web console that was built meanwhile");
    });
    await reading;
    return build;
  }

  /** Undefined too when the build that it belonged to is gone. */
  async function read(name: string, choose: (file: BuiltFile) => string) {
    for (const known of [build, await current()]) {
      const file = known?.files.get(name);
      const bytes = file === undefined ? undefined : await bytesOf(choose(file));
      if (file !== undefined && bytes !== undefined) return { file, bytes };
    }
    return undefined;
  }

  return {
    async page(request) {
      if (!wantsPage(request) || isForPrograms(new URL(request.url).pathname)) return undefined;
      const shown = await current();
      if (shown === undefined) return undefined;
      const nonce = randomBytes(16).toString("base64");
      return new Response(request.method === "HEAD" ? null : shown.page.replaceAll("__NONCE__", nonce), {
        headers: {
          "Content-Type": "text/html; charset=utf-8",
          "Content-Security-Policy": contentPolicy(nonce),
          "Cache-Control": "no-store",
          "Cross-Origin-Opener-Policy": "same-origin",
          "Cross-Origin-Resource-Policy": "same-origin",
          "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
          Vary: "Accept",
        },
      });
    },
    async file(name, request) {
      const encodingOf = ({ encodings }: BuiltFile) =>
        encodings.find((one) => accepts(request.headers.get("accept-encoding"), one));
      const found = await read(name, (file) => {
        const encoding = encodingOf(file);
        return `${file.path}${encoding === undefined ? "" : suffixes[encoding]}`;
      });
      if (found === undefined) return undefined;
      const { file, bytes } = found;
      const headers = new Headers({
        ETag: file.etag,
        "Cache-Control": file.isHashed ? "public, max-age=31536000, immutable" : "no-cache",
        "Cross-Origin-Resource-Policy": "same-origin",
        Vary: "Accept-Encoding",
      });
      if (names(request.headers.get("if-none-match"), file.etag)) return new Response(null, { status: 304, headers });
      const encoding = encodingOf(file);
      headers.set("Content-Type", file.type);
      if (encoding !== undefined) headers.set("Content-Encoding", encoding);
      headers.set("Content-Length", String(bytes.length));
      return new Response(request.method === "HEAD" ? null : bytes, { headers });
    },
  };
}

/** Changes when another build is put there; undefined while there is none. */
async function markOf(folder: string): Promise<string | undefined> {
  const found = await orAbsent(stat(join(folder, "index.html")));
  return found === undefined ? undefined : `${found.ino} ${found.mtimeMs} ${found.size}`;
}

async function bytesOf(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const bytes = await orAbsent(readFile(path));
  return bytes === undefined ? undefined : new Uint8Array(bytes);
}

async function orAbsent<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

function names(header: string | null, etag: string): boolean {
  return header?.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag) ?? false;
}

/** RFC 9110, 12.5.3, as far as browsers use it: a coding that is named, unless with a weight of nothing. */
function accepts(header: string | null, encoding: Encoding): boolean {
  return (
    header?.split(",").some((part) => {
      const [name, weight] = part.split(";").map((piece) => piece.trim().toLowerCase());
      return name === encoding && !/^q=0(\.0*)?$/.test(weight ?? "");
    }) ?? false
  );
}
