/** `/packages` (reference of the original, 4.2 to 4.4). */
import { AtalayaError, type InstalledPackage } from "@atalaya/protocol";
import { z } from "zod";
import { packageEntry } from "../status/packages.ts";
import { notAllowed, type Call, type Reply } from "./call.ts";
import { read } from "./read.ts";

const NewPackage = z.object({
  name: z.string().min(1),
  version: z.string().optional(),
  source: z.string().optional(),
  type: z.enum(["npm", "dpkg"]).optional(),
});
const Changed = z.object({ version: z.string().min(1) });

export async function packageRoutes(call: Call): Promise<Reply> {
  const { method, rest, body, deeds } = call;
  if (rest.length === 0) {
    if (method === "GET") return { status: 200, body: (await deeds.packages()).map(entryOf) };
    if (method === "POST") return install(call);
    throw notAllowed(method);
  }
  const found = (await deeds.packages()).find((one) => entryOf(one).id === rest[0] || one.name === rest[0]);
  if (found === undefined || rest.length > 1)
    throw new AtalayaError("package.unknown", `there is no package ${rest.join("/")} here`);
  const { name, manager } = found;
  switch (method) {
    case "GET":
      return { status: 200, body: entryOf(found) };
    case "PUT": {
      const { version } = read(Changed, body);
      await call.perform("package", { action: "install", manager, names: [{ name, ...versionOf(version) }] });
      return envelope(call, name, manager);
    }
    case "DELETE":
      await call.perform("package", { action: "remove", manager, names: [{ name }] });
      return { status: 204 };
    default:
      throw notAllowed(method);
  }
}

const entryOf = (one: InstalledPackage) => {
  const entry = packageEntry(one);
  return { ...entry, status: { ...entry.status, imported: false } };
};

async function install(call: Call): Promise<Reply> {
  const { name, version, source, type } = read(NewPackage, call.body);
  const origin = originOf(source ?? (type === "npm" ? "npm:" : "apt-get:"));
  const here = (await call.deeds.packages()).find((one) => one.name === name && one.manager === origin.manager);
  // The original answers the bare package here, and an envelope below.
  if (here !== undefined && (version === undefined || version === "*" || version === here.version))
    return { status: 200, body: { ...entryOf(here), source: source ?? "builtin" } };
  const wanted = { name, ...(origin.source === undefined ? versionOf(version) : { source: origin.source }) };
  await call.perform("package", { action: "install", manager: origin.manager, names: [wanted] });
  return envelope(call, name, origin.manager, source);
}

async function envelope({ deeds }: Call, name: string, manager: string, source?: string): Promise<Reply> {
  const found = (await deeds.packages()).find((one) => one.name === name && one.manager === manager);
  if (found === undefined) throw new AtalayaError("package.failed", `${name} is not installed after all`);
  const data = { ...entryOf(found), ...(source === undefined ? {} : { source }) };
  return { status: 200, body: { id: data.id, data, saved: true } };
}

export function versionOf(version: string | undefined): { version?: string } {
  return version === undefined || version === "*" ? {} : { version };
}

/** The scheme picks the installer; a bare address is of a Debian package, as in the oldest generation. A file from an address comes with its digest, for the original's has none: `#sha256=…`. */
export function originOf(source: string): { readonly manager: "npm" | "dpkg"; readonly source?: object } {
  const [, scheme, rest = ""] = /^([a-z-]+):(.*)$/s.exec(source) ?? [];
  const isAddress = scheme === "http" || scheme === "https";
  const manager =
    scheme === "npm" ? "npm" : isAddress || scheme === "dpkg" || scheme === "apt-get" ? "dpkg" : undefined;
  if (manager === undefined)
    throw new AtalayaError("request.malformed", `the source ${source} is none of npm:, dpkg: and apt-get:`);
  if (scheme === "apt-get" || rest.replaceAll("/", "") === "") return { manager };
  const [address, sha256] = rest.split("#sha256=");
  if (sha256 === undefined || !/^[0-9a-f]{64}$/.test(sha256))
    throw new AtalayaError("package.source", "a package from an address must come with its digest", {
      next: "append #sha256= and the SHA-256 of the file in hexadecimal",
    });
  return { manager, source: { kind: "url", url: `${isAddress ? scheme : "http"}:${address}`, sha256 } };
}
