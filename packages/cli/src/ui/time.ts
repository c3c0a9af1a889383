/** Durations and moments, for people and from people. */
const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/** `90s`, `1h30m`, `2d` in milliseconds; undefined when it is none. A bare number is seconds. */
export function parseDuration(text: string): number | undefined {
  if (/^\d+(\.\d+)?$/.test(text)) return Math.round(Number(text) * 1000);
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d|w))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d|w)/g)) {
    total += Number(amount) * UNITS[unit as keyof typeof UNITS];
  }
  return Math.round(total);
}

const SIZES = { "": 1, k: 1000, m: 1000 ** 2, g: 1000 ** 3, ki: 1024, mi: 1024 ** 2, gi: 1024 ** 3 } as const;

/** `512MiB`, `10MB`, `4096` in bytes; undefined when it is none. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([kmg]i?)?b?$/i.exec(text);
  if (match === null) return undefined;
  return Math.round(Number(match[1]) * SIZES[(match[2] ?? "").toLowerCase() as keyof typeof SIZES]);
}

export function ago(then: number | undefined, now: number): string {
  if (then === undefined) return "never";
  return `${duration(Math.max(0, now - then))} ago`;
}

/** The largest unit, or two where the second matters: `3s`, `1m20s`, `4h`, `2d`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`;
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)}s`;
  if (ms < UNITS.m) return `${Math.floor(ms / 1000)}s`;
  if (ms < UNITS.h) return `${Math.floor(ms / UNITS.m)}m${String(Math.floor((ms % UNITS.m) / 1000)).padStart(2, "0")}s`;
  if (ms < UNITS.d) return `${Math.floor(ms / UNITS.h)}h`;
  return `${Math.floor(ms / UNITS.d)}d`;
}

/** In local time: `2026-11-22 01:20:05`. */
export function moment(at: number): string {
  const date = new Date(at);
  const two = (part: number): string => String(part).padStart(2, "0");
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":")}`;
}

/** `640 KiB`, `23.5 GiB`. */
export function bytes(count: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, count)) / 10)));
  const amount = count / 1024 ** power;
  return `${power === 0 || amount >= 100 ? Math.round(amount) : amount.toFixed(1)} ${units[power]}`;
}

/** `in 59m10s`, `3d ago`. */
export function expiry(at: number, now: number): string {
  return at > now ? `in ${duration(at - now)}` : ago(at, now);
}
