/** What files of /proc say, as values. Pure; what cannot be read is absent, and nothing a file holds makes it throw. */

export interface CpuTimes {
  readonly busy: number;
  readonly all: number;
}

/** proc(5) `/proc/stat`: all CPUs first, then each. Guest time is in user time already. */
export function parseCpuTimes(text: string): { readonly total?: CpuTimes; readonly cores: readonly CpuTimes[] } {
  const cores: CpuTimes[] = [];
  let total: CpuTimes | undefined;
  for (const line of text.split("\n", 2_000)) {
    const match = /^cpu(\d*)\s+([\d ]+)$/.exec(line.trimEnd());
    if (match === null) continue;
    const times = match[2]!.split(" ").map(Number).slice(0, 8);
    const all = times.reduce((sum, ticks) => sum + ticks, 0);
    const busy = all - (times[3] ?? 0) - (times[4] ?? 0);
    if (!Number.isSafeInteger(all)) continue;
    if (match[1] === "") total = { busy, all };
    else if (cores.length < 1_024) cores.push({ busy, all });
  }
  return { ...(total === undefined ? {} : { total }), cores };
}

/** Between 0 and 1; undefined when no time passed. Counters may go back (a core was taken away and came again). */
export function shareOf(before: CpuTimes | undefined, now: CpuTimes | undefined): number | undefined {
  if (before === undefined || now === undefined || now.all <= before.all) return undefined;
  return Math.min(1, Math.max(0, (now.busy - before.busy) / (now.all - before.all)));
}

/** `/proc/meminfo`, in bytes by its names. */
export function parseMeminfo(text: string): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const line of text.split("\n", 200)) {
    const match = /^([A-Za-z0-9_()]{1,64}):\s+(\d{1,13}) kB$/.exec(line.trim());
    if (match !== null) found.set(match[1]!, Number(match[2]) * 1024);
  }
  return found;
}

/** `used` is what is not to be had: kernels before 3.14 do not say what is available. */
export function memoryOf(info: ReadonlyMap<string, number>) {
  const total = info.get("MemTotal");
  const free = info.get("MemFree");
  if (total === undefined || free === undefined) return undefined;
  const cached = (info.get("Cached") ?? 0) + (info.get("SReclaimable") ?? 0) + (info.get("Buffers") ?? 0);
  const available = Math.min(total, info.get("MemAvailable") ?? free + cached);
  return { total, free, available, cached, used: total - available };
}

export function swapOf(info: ReadonlyMap<string, number>) {
  const total = info.get("SwapTotal");
  const free = info.get("SwapFree");
  if (total === undefined || free === undefined || total === 0) return undefined;
  return { total, used: Math.max(0, total - free) };
}

export function parseLoad(text: string): readonly [number, number, number] | undefined {
  const match = /^(\d{1,7}\.\d+) (\d{1,7}\.\d+) (\d{1,7}\.\d+) /.exec(text);
  return match === null ? undefined : [Number(match[1]), Number(match[2]), Number(match[3])];
}

export function parseUptime(text: string): number | undefined {
  const match = /^(\d{1,12}(?:\.\d+)?) /.exec(text);
  return match === null ? undefined : Number(match[1]);
}

export interface NetworkCount {
  readonly name: string;
  readonly rx: number;
  readonly tx: number;
}

/** `/proc/net/dev` without the loopback. */
export function parseNetworks(text: string): readonly NetworkCount[] {
  const found: NetworkCount[] = [];
  for (const line of text.split("\n", 2_000)) {
    const at = line.lastIndexOf(":");
    if (at < 0) continue;
    const name = line.slice(0, at).trim();
    const counts = line
      .slice(at + 1)
      .trim()
      .split(/\s+/)
      .map(Number);
    const [rx] = counts;
    const tx = counts[8];
    if (name === "" || name === "lo" || rx === undefined || tx === undefined) continue;
    if (!Number.isFinite(rx) || !Number.isFinite(tx) || rx < 0 || tx < 0) continue;
    if (found.length < 64) found.push({ name: name.slice(0, 256), rx, tx });
  }
  return found;
}

/** Mount points of real file systems, each device once: `/proc/self/mountinfo` (proc(5)). */
export function parseMounts(text: string): readonly string[] {
  const found = new Map<string, string>();
  for (const line of text.split("\n", 20_000)) {
    const [before, after] = line.split(" - ", 2);
    const fields = before?.split(" ") ?? [];
    const [type, source] = after?.split(" ") ?? [];
    const device = fields[2];
    const mount = fields[4];
    if (device === undefined || mount === undefined || type === undefined || !isReal(type, source ?? "")) continue;
    if (found.has(device) || found.size >= 64) continue;
    // Octal for what would end a field: \040 is a space.
    found.set(
      device,
      mount.replace(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(parseInt(code, 8))),
    );
  }
  return [...found.values()];
}

/** Those with a device of their own; network file systems are left out: asking them may wait for ever. */
function isReal(type: string, source: string): boolean {
  if (["overlay", "squashfs", "iso9660", "erofs"].includes(type)) return type === "overlay";
  return source.startsWith("/dev/") || type === "zfs" || type === "btrfs" || type === "bcachefs";
}

export interface ProcessStat {
  readonly name: string;
  /** Clock ticks of user and system time. */
  readonly ticks: number;
  /** Resident pages. */
  readonly pages: number;
}

/** `/proc/pid/stat`: a process names itself, so its name may hold anything, also parentheses and line feeds. */
export function parseProcess(text: string): ProcessStat | undefined {
  const open = text.indexOf("(");
  const close = text.lastIndexOf(")");
  if (open < 0 || close < open) return undefined;
  const fields = text.slice(close + 2).split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  const pages = Number(fields[21]);
  if (!Number.isSafeInteger(ticks) || ticks < 0 || !Number.isSafeInteger(pages) || pages < 0) return undefined;
  return { name: text.slice(open + 1, close).slice(0, 256), ticks, pages };
}

/** A sensor's thousandths of a degree; what no chip has is broken. */
export function parseCelsius(text: string | undefined): number | undefined {
  const value = text !== undefined && /^-?\d{1,7}$/.test(text.trim()) ? Number(text) / 1000 : undefined;
  return value === undefined || value < -60 || value > 200 ? undefined : value;
}

/** To a hundredth of a percent. */
export function roundShare(share: number): number {
  return Math.round(share * 10_000) / 10_000;
}
