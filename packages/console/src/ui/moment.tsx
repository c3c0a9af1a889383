import { useTranslation } from "react-i18next";
import { cell, useSource, type Source } from "../api/source.ts";

const TICK_MS = 15_000;

/** The time by this browser, told a few times a minute while somebody looks. */
function clock(): Source<number> {
  const now = cell(Date.now());
  let timer: ReturnType<typeof setInterval> | undefined;
  let watchers = 0;
  return {
    get: now.get,
    subscribe(listener) {
      const leave = now.subscribe(listener);
      if (watchers++ === 0) timer = setInterval(() => now.set(Date.now()), TICK_MS);
      return () => {
        leave();
        if (--watchers === 0) clearInterval(timer);
      };
    },
  };
}
const ticking = clock();

const steps: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];

/** `3 minutes ago`; `at` in epoch milliseconds. */
export function ago(at: number, now: number, language: string): string {
  const seconds = Math.round((at - now) / 1000);
  const [unit, size] = steps.find(([, length]) => Math.abs(seconds) >= length) ?? ["second", 1];
  return new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" }).format(
    Math.trunc(seconds / size),
    unit,
  );
}

/** `22 Nov 2026, 03:14:15`, in the browser's time zone. */
export function exactly(at: number, language: string): string {
  return new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "medium" }).format(at);
}

/** When something was, as people say it; the exact time is in its title. */
export function Moment({ at }: { readonly at: number }) {
  const { i18n } = useTranslation();
  const now = useSource(ticking);
  // What is younger than the last tick has just happened, and is not yet to come.
  return (
    <time dateTime={new Date(at).toISOString()} title={exactly(at, i18n.language)}>
      {ago(at, at > now && at - now < 2 * TICK_MS ? at : now, i18n.language)}
    </time>
  );
}

/** `1.4 s`, `2 min 5 s`, `3 h 12 min`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 59.5) return `${seconds.toFixed(seconds < 9.95 ? 1 : 0)} s`;
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** `4.2 MB`, in powers of 1000 as disks are sold and networks counted. */
export function byteSize(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}
