/** Looks at a host, as they lie in the store: short texts, because there are millions of them. Pure. */
import { isCounted, type Sample } from "@atalaya/protocol";

export interface Point {
  /** Epoch milliseconds by the server's clock. */
  readonly at: number;
  /** Shares between 0 and 1; null: the host could not tell. */
  readonly cpu: number | null;
  readonly load: number | null;
  readonly memory: number | null;
  readonly swap: number | null;
  /** Of the root file system. */
  readonly disk: number | null;
  /** Bytes a second, all cards together. */
  readonly rx: number | null;
  readonly tx: number | null;
  /** Degrees of the warmest sensor. */
  readonly celsius: number | null;
}

type Value = Exclude<keyof Point, "at">;

/** What stands behind the time, in this order, with what it is multiplied by. New ones go to the end: texts are kept. */
const values: readonly (readonly [value: Value, scale: number])[] = [
  ["cpu", 1_000],
  ["load", 100],
  ["memory", 1_000],
  ["swap", 1_000],
  ["disk", 1_000],
  ["rx", 1],
  ["tx", 1],
  ["celsius", 10],
];

/** All in base 36, shares in tenths of a percent, loads in hundredths: `time.cpu.load.memory…;`, without empty ends. */
export function encodePoints(points: readonly Point[]): string {
  return points
    .map((point) => {
      const parts = values.map(([value, scale]) => whole(point[value], scale));
      return `${[point.at.toString(36), ...parts].join(".").replace(/\.+$/, "")};`;
    })
    .join("");
}

/** What cannot be read is left out. */
export function decodePoints(text: string): readonly Point[] {
  return text.split(";").flatMap((part) => {
    const [time = "", ...parts] = part.split(".");
    const at = parseInt(time, 36);
    if (part === "" || !Number.isSafeInteger(at)) return [];
    return [pointOf(at, (value, index, scale) => amount(parts[index], scale))];
  });
}

/** By time, each time once: a host that came back may have told some twice. */
export function joined(some: readonly Point[], more: readonly Point[]): readonly Point[] {
  const points = new Map([...some, ...more].map((point) => [point.at, point]));
  return [...points.values()].toSorted((a, b) => a.at - b.at);
}

/** The mean of each; null where there is nothing to take it of. */
export function meanOf(at: number, points: readonly Point[]): Point {
  return pointOf(at, (value) => {
    const known = points.map((point) => point[value]).filter((one) => one !== null);
    return known.length === 0 ? null : known.reduce((sum, one) => sum + one, 0) / known.length;
  });
}

function pointOf(at: number, told: (value: Value, index: number, scale: number) => number | null): Point {
  const entries = values.map(([value, scale], index) => [value, told(value, index, scale)] as const);
  return { at, ...(Object.fromEntries(entries) as Record<Value, number | null>) };
}

function whole(value: number | null, scale: number): string {
  return value === null ? "" : Math.round(value * scale).toString(36);
}

function amount(text: string | undefined, scale: number): number | null {
  if (text === undefined || text === "") return null;
  const value = parseInt(text, 36);
  return Number.isFinite(value) ? value / scale : null;
}

/** What of a sample belongs into history. */
export function pointOfSample(sample: Sample, at: number): Point {
  const { cpu, load, memory, swap, disks = [], networks, temperatures = [] } = sample;
  const part = (of: { readonly used: number; readonly total: number } | undefined): number | null =>
    of === undefined || of.total === 0 ? null : Math.min(1, of.used / of.total);
  const cards = networks?.filter(isCounted).filter(({ rxBytesPerSecond }) => rxBytesPerSecond !== undefined) ?? [];
  const sum = (key: "rxBytesPerSecond" | "txBytesPerSecond"): number | null =>
    cards.length === 0 ? null : cards.reduce((all, card) => all + (card[key] ?? 0), 0);
  return {
    at,
    cpu: cpu?.total ?? null,
    load: load?.[0] ?? null,
    memory: part(memory),
    swap: part(swap),
    disk: part(disks.find(({ mount }) => mount === "/")),
    rx: sum("rxBytesPerSecond"),
    tx: sum("txBytesPerSecond"),
    celsius: temperatures.length === 0 ? null : Math.max(...temperatures.map(({ celsius }) => celsius)),
  };
}
