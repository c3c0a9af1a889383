import type { InstalledPackage } from "@atalaya/protocol";

/**
 * dpkg's database, `/var/lib/dpkg/status` (dpkg(1), "Package states"): paragraphs of fields. What is only configured or not
 * there any more is left out. A second architecture of a package has it in its name, as dpkg itself says it.
 */
export function parseDpkgStatus(text: string): InstalledPackage[] {
  const found: InstalledPackage[] = [];
  const seen = new Set<string>();
  for (const paragraph of text.split("\n\n")) {
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

function field(paragraph: string, name: string): string | undefined {
  const at = paragraph.startsWith(`${name}: `) ? 0 : paragraph.indexOf(`\n${name}: `);
  if (at === -1) return undefined;
  const from = paragraph.indexOf(": ", at) + 2;
  const to = paragraph.indexOf("\n", from);
  return paragraph.slice(from, to === -1 ? undefined : to).trim();
}
