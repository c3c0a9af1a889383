import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Log } from "../../platform/log/index.ts";
import { type Encoding, readBuild, suffixes } from "./build.ts";
import { contentPolicy, isForPrograms, wantsPage } from "./policy.ts";

export interface Console {
  /** The page, to a browser, at every address that is no program's; undefined: answer as to a program. */
  page(request: Request): Response | undefined;
  /** A file of the build; undefined when there is none of this name. */
  file(name: string, request: Request): Promise<Response | undefined>;
}

/** Where the workspace's own build lies, whether or not there is one. */
export function consoleFolder(): string {
  return join(dirname(fileURLToPath(import.meta.resolve("@atalaya/console/package.json"))), "dist");
}

/** Without a build nobody is served a page, and the server works all the same. */
export async function openConsole({ folder, log }: { readonly folder: string; readonly log: Log }): Promise<Console> {
  const build = await readBuild(folder);
  if (build === undefined) {
    log.warn({ folder }, "the web console is not built: browsers get the text that programs get");
    return { page: () => undefined, file: async () => undefined };
  }
  return {
    page(request) {
      if (!wantsPage(request) || isForPrograms(new URL(request.url).pathname)) return undefined;
      const nonce = randomBytes(16).toString("base64");
      return new Response(request.method === "HEAD" ? null : build.page.replaceAll("__NONCE__", nonce), {
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
      const file = build.files.get(name);
      if (file === undefined) return undefined;
      const headers = new Headers({
        ETag: file.etag,
        "Cache-Control": file.isHashed ? "public, max-age=31536000, immutable" : "no-cache",
        "Cross-Origin-Resource-Policy": "same-origin",
        Vary: "Accept-Encoding",
      });
      if (names(request.headers.get("if-none-match"), file.etag)) return new Response(null, { status: 304, headers });
      const encoding = file.encodings.find((one) => accepts(request.headers.get("accept-encoding"), one));
      headers.set("Content-Type", file.type);
      if (encoding !== undefined) headers.set("Content-Encoding", encoding);
      const bytes = new Uint8Array(await readFile(`${file.path}${encoding === undefined ? "" : suffixes[encoding]}`));
      headers.set("Content-Length", String(bytes.length));
      return new Response(request.method === "HEAD" ? null : bytes, { headers });
    },
  };
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
