/** Bytes, times and versions as people write them. */

const byteUnits = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  PB: 1e15,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
  PiB: 2 ** 50,
} as const;

const timeUnits = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/** Bytes, or undefined when there is no such quantity. The unit is needed: `memory:>8` could mean anything. */
export function readBytes(text: string): number | undefined {
  return readQuantity(text, byteUnits, true);
}

export function readDuration(text: string): number | undefined {
  return readQuantity(text, timeUnits, false);
}

/** The shortest exact writing. */
export function printBytes(bytes: number): string {
  return printQuantity(bytes, byteUnits);
}

export function printDuration(ms: number): string {
  return printQuantity(ms, timeUnits);
}

function readQuantity(text: string, units: Readonly<Record<string, number>>, fractions: boolean): number | undefined {
  const match = /^(\d{1,15}(?:\.\d{1,6})?)([A-Za-z]{1,3})$/.exec(text);
  if (match === null || (!fractions && text.includes("."))) return undefined;
  const unit = Object.keys(units).find((name) => name.toLowerCase() === match[2]!.toLowerCase());
  if (unit === undefined) return undefined;
  const value = Math.round(Number(match[1]) * units[unit]!);
  return Number.isSafeInteger(value) ? value : undefined;
}

function printQuantity(value: number, units: Readonly<Record<string, number>>): string {
  let shortest: string | undefined;
  for (const [unit, size] of Object.entries(units)) {
    if (value % size !== 0) continue;
    const text = `${value / size}${unit}`;
    if (shortest === undefined || text.length < shortest.length) shortest = text;
  }
  return shortest ?? String(value);
}

export const VERSION = /^[0-9A-Za-z][0-9A-Za-z.+~_-]{0,63}$/;

/**
 * Negative when `a` is older. Numbers count as numbers (`1.10` after `1.9`), a missing part counts as 0 (`1.2` equals
 * `1.2.0`), and `alpha`, `beta`, `dev`, `pre`, `rc`, `snapshot` or a `~` come before the version they lead to.
 */
export function compareVersions(a: string, b: string): number {
  const left = partsOf(a);
  const right = partsOf(b);
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const order = compareParts(left[i], right[i]);
    if (order !== 0) return order;
  }
  return 0;
}

const BEFORE_RELEASE = /^(?:~|alpha|beta|dev|pre|preview|rc|snapshot)$/;

function partsOf(version: string): readonly string[] {
  return version.toLowerCase().match(/\d+|[a-z]+|~/g) ?? [];
}

function rankOf(part: string | undefined): number {
  if (part === undefined || /^0+$/.test(part)) return 1;
  if (BEFORE_RELEASE.test(part)) return 0;
  return /^\d/.test(part) ? 3 : 2;
}

function compareParts(a: string | undefined, b: string | undefined): number {
  const rank = rankOf(a);
  const order = rank - rankOf(b);
  if (order !== 0 || rank === 1) return order;
  if (rank !== 3) return a! < b! ? -1 : a! > b! ? 1 : 0;
  const left = a!.replace(/^0+/, "");
  const right = b!.replace(/^0+/, "");
  return left.length - right.length || (left < right ? -1 : left > right ? 1 : 0);
}
