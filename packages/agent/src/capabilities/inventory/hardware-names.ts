/** What firmware says when its maker said nothing. Such a value tells no machine from another. */
const JUNK = new Set([
  "",
  "none",
  "n/a",
  "na",
  "not available",
  "not applicable",
  "not specified",
  "not present",
  "unknown",
  "default string",
  "to be filled by o.e.m.",
  "o.e.m.",
  "oem",
  "system serial number",
  "system product name",
  "system manufacturer",
  "chassis serial number",
  "empty",
  "invalid",
  "123456789",
  "1234567890",
  "0123456789",
  "03000200-0400-0500-0006-000700080009",
]);

/** Trimmed; undefined when it is junk: a known filler, or one character over and over (zeros, ones, f, dots). */
export function meaningful(text: string | undefined): string | undefined {
  const value = text?.replaceAll("\0", "").trim();
  if (value === undefined || JUNK.has(value.toLowerCase())) return undefined;
  return /^(.)\1*$/.test(value.replace(/[-: ]/g, "")) ? undefined : value;
}
