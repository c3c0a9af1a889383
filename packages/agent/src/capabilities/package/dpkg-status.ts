import type { InstalledPackage } from "@atalaya/protocol";

/**
 * dpkg's database, `/var/lib/dpkg/status` (dpkg(1), "Package states"): paragraphs of fields. What is only configured or not
 * there any more is left out. A second architecture of a package has it in its name, as dpkg itself says it.
 *
 * Bytes are read, and only of the fields that are kept is text made: a piece of a long text would keep all of it in memory.
 */
export function parseDpkgStatus(database: string | Buffer): InstalledPackage[] {
  const bytes = typeof database === "string" ? Buffer.from(database) : database;
  const found: InstalledPackage[] = [];
  const seen = new Set<string>();
  for (let from = 0; from < bytes.length;) {
    const next = bytes.indexOf("\n\n", from);
    const paragraph = bytes.subarray(from, next === -1 ? undefined : next);
    from = next === -1 ? bytes.length : next + 2;
    const name = field(paragraph, "Package");
    const version = field(paragraph, "Version");
    const [want, , state] = (field(paragraph, "Status") ?? "").split(" ");
    const status = statusOf(want, state);
    if (name === undefined || version === undefined || status === undefined) continue;
    const arch = field(paragraph, "Architecture");
    const full = seen.has(name) && arch !== undefined ? `${name}:${arch}` : name;
    seen.add(name);
    found.push({ name: full, version, manager: "dpkg", ...(arch === undefined ? {} : { arch }), status });
  }
  return found.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function statusOf(want: string | undefined, state: string | undefined): InstalledPackage["status"] | undefined {
  switch (state) {
    case "installed":
      return want === "hold" ? "held" : "installed";
    case "unpacked":
    case "half-configured":
    case "half-installed":
    case "triggers-awaited":
    case "triggers-pending":
      return "broken";
    default:
      return undefined;
  }
}

function field(paragraph: Buffer, name: string): string | undefined {
  const first = `${name}: `;
  const found = paragraph.indexOf(`\n${first}`);
  const starts = paragraph.subarray(0, first.length).equals(Buffer.from(first));
  if (!starts && found === -1) return undefined;
  const from = (starts ? 0 : found + 1) + first.length;
  const to = paragraph.indexOf("\n", from);
  return paragraph.toString("utf8", from, to === -1 ? paragraph.length : to).trim();
}
