/**
 * How a setting's text is read. Each schema takes text, because that is what the environment has; the file's numbers
 * and lists are written as text first, so that both are held to the same rules.
 */
import { z } from "zod";

export const onOff = z.string().transform((text, context): boolean => {
  if (/^(on|true|yes|1)$/i.test(text)) return true;
  if (/^(off|false|no|0)$/i.test(text)) return false;
  context.addIssue("is neither `on` nor `off`");
  return z.NEVER;
});

/** A whole number within bounds. */
export function wholeNumber(least: number, most: number) {
  return z.string().transform((text, context): number => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    context.addIssue(`is no whole number from ${least} to ${most}`);
    return z.NEVER;
  });
}

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  k: 1e3,
  m: 1e6,
  g: 1e9,
  t: 1e12,
  ki: 2 ** 10,
  mi: 2 ** 20,
  gi: 2 ** 30,
  ti: 2 ** 40,
};

/** `500MB`, `20GiB`, `1000000`. */
export const byteSize = z.string().transform((text, context): number => {
  const match = /^(\d{1,12}(?:\.\d{1,3})?) ?([kmgt]i?)?b?$/i.exec(text);
  const value = match === null ? Number.NaN : Math.round(Number(match[1]) * UNITS[(match[2] ?? "").toLowerCase()]!);
  if (Number.isSafeInteger(value) && value > 0) return value;
  context.addIssue("is no size such as `500MB` or `20GiB`");
  return z.NEVER;
});

export function oneOf<const Words extends readonly string[]>(words: Words) {
  return z.string().transform((text, context): Words[number] => {
    if (words.includes(text)) return text;
    context.addIssue(`is none of ${words.map((word) => `\`${word}\``).join(", ")}`);
    return z.NEVER;
  });
}

export const folder = z.string().min(1, "is empty");

/** A file's path; empty: none. */
export const optionalPath = z.string().transform((text): string | undefined => (text === "" ? undefined : text));

/** An account of this machine, by name; empty: none. */
export const accountName = z.string().transform((text, context): string | undefined => {
  if (text === "") return undefined;
  if (/^[A-Za-z_][A-Za-z0-9_.-]{0,30}\$?$/.test(text)) return text;
  context.addIssue("is no name of an account");
  return z.NEVER;
});

/** A file's name without folder. */
export const fileTitle = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/, "is no name of a file");

/** One line of text; empty: none. */
export const line = z
  .string()
  .max(500, "is too long")
  .regex(/^[^\u0000-\u001f]*$/, "holds control characters")
  .transform((text): string | undefined => (text === "" ? undefined : text));

export type StoreChoice = { readonly kind: "embedded" } | { readonly kind: "postgres"; readonly url: string };

/** `embedded`, or where a PostgreSQL is. */
export const storeChoice = z.string().transform((text, context): StoreChoice => {
  if (text === "embedded") return { kind: "embedded" };
  if (/^postgres(ql)?:\/\/[^/]/.test(text) && URL.canParse(text)) return { kind: "postgres", url: text };
  context.addIssue("is neither `embedded` nor a URL such as postgres://user:password@host:5432/database");
  return z.NEVER;
});

/** `20%`; empty: no limit. */
export const percentage = z.string().transform((text, context): string | undefined => {
  if (text === "") return undefined;
  if (/^(100|[1-9]?\d)%$/.test(text)) return text;
  context.addIssue("is no percentage such as 20%");
  return z.NEVER;
});

/** Labels with commas: `key` or `key=value`. */
export const labels = z.string().transform((text, context): readonly string[] => {
  const names = listOf(text);
  for (const name of names) {
    if (!/^[A-Za-z0-9][\w./-]{0,62}(=[^,]{0,256})?$/.test(name))
      context.addIssue(`${JSON.stringify(name)} is no label such as key or key=value`);
  }
  return names;
});

/** Words parted by commas or blanks. */
export function listOf(text: string): string[] {
  return text.split(/[\s,]+/).filter((each) => each !== "");
}
