/** One reader for each field: what may stand after `name:`, `cpu:` and so on. */
import { networkOf, printAddress, readAddress } from "./addresses.ts";
import type { Fail } from "./malformed.ts";
import { readPattern, readPatterns, rest, type Span, splitAt } from "./pattern-text.ts";
import type { Pattern } from "./pattern.ts";
import { readBytes, readDuration, VERSION } from "./quantities.ts";
import {
  type Comparison,
  comparisons,
  type HostState,
  hostStates,
  type Network,
  type QuantityField,
  type Selector,
  type TextField,
  type VersionField,
} from "./selector.ts";
import { textOf } from "./tokens.ts";

type Reader = (value: Span, fail: Fail) => Selector;

const GROUP = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62})$/;
const LABEL_KEY = /^[A-Za-z0-9](?:[A-Za-z0-9._/-]{0,61}[A-Za-z0-9])?$/;

/** Letters, digits, `.`, `_`, `-`; begins with a letter or digit; at most 63 characters. */
export function isGroupName(name: string): boolean {
  return GROUP.test(name);
}

/** As a group's name, and `/` for prefixes of one's own; ends in a letter or digit. */
export function isLabelKey(key: string): boolean {
  return LABEL_KEY.test(key);
}

/** Every field by its name: also the list of what may stand before a colon. */
export const readers: Readonly<Record<string, Reader>> = {
  name: text("name", "a name"),
  id: text("id", "a host's id"),
  place: (value, fail) => ({
    kind: "place",
    paths: splitAt(value, ",").map((path) =>
      // A level never contains a slash, so it parts them inside quotation marks too: `place:"Campus Sur/Aula 1"`.
      splitAt(path, "/", true).map((level) => readPattern(level, "a place", fail)),
    ),
  }),
  site: text("site", "a site"),
  lab: text("lab", "a lab"),
  label: readLabel,
  state: readState,
  os: text("os", "an operating system"),
  version: versionOrText("version"),
  kernel: versionOrText("kernel"),
  agent: versionOrText("agent"),
  arch: text("arch", "an architecture"),
  virt: text("virt", "a kind of virtualization"),
  vendor: text("vendor", "a vendor"),
  product: text("product", "a product"),
  serial: text("serial", "a serial number"),
  uuid: text("uuid", "a machine's UUID"),
  mac: (value, fail) => ({
    kind: "text",
    field: "mac",
    patterns: readPatterns(value, "a MAC address", fail).map(withColons),
  }),
  ip: (value, fail) => ({ kind: "address", of: splitAt(value, ",").map((item) => readNetwork(item, fail)) }),
  cpu: quantity(
    "cpu",
    (digits) => (/^\d{1,9}$/.test(digits) ? Number(digits) : undefined),
    "a number of cores such as `4`",
  ),
  memory: quantity("memory", readBytes, "a size such as `8GiB`"),
  disk: quantity("disk", readBytes, "a size such as `100GB`"),
  seen: readSeen,
  system: text("system", "`live`, `os`"),
  capability: text("capability", "a capability"),
};

export function readGroup(name: Span, fail: Fail): Selector {
  const group = textOf(name.glyphs);
  if (!isGroupName(group)) fail(name.position, "that is no name of a group", ["a group's name after `@`"]);
  return { kind: "group", name: group };
}

function text(field: TextField, what: string): Reader {
  return (value, fail) => ({ kind: "text", field, patterns: readPatterns(value, what, fail) });
}

function withColons(pattern: Pattern): Pattern {
  return pattern.map((part) => (part.kind === "text" ? { kind: "text", text: part.text.replaceAll("-", ":") } : part));
}

function readLabel(value: Span, fail: Fail): Selector {
  const equals = value.glyphs.findIndex((glyph) => !glyph.quoted && glyph.char === "=");
  const key = textOf(equals === -1 ? value.glyphs : value.glyphs.slice(0, equals));
  if (!isLabelKey(key)) {
    fail(value.position, key === "" ? "a label is missing" : "that is no name of a label", [
      "a label",
      "a label=value",
    ]);
  }
  if (equals === -1) return { kind: "label", key };
  return { kind: "label", key, values: readPatterns(rest(value, equals + 1), 'a value (or `""`)', fail) };
}

function readState(value: Span, fail: Fail): Selector {
  const states = splitAt(value, ",").map((item): HostState => {
    const word = textOf(item.glyphs).toLowerCase();
    return hostStates.find((state) => state === word) ?? fail(item.position, "that is no state of a host", hostStates);
  });
  return { kind: "state", states };
}

function versionOrText(field: VersionField): Reader {
  const asText = text(field, "a version");
  return (value, fail) => {
    const { comparison, operand } = readComparison(value, fail);
    if (comparison === undefined) return asText(value, fail);
    const version = textOf(operand.glyphs);
    if (!VERSION.test(version)) fail(operand.position, "that is no version", ["a version such as `1.2`"]);
    return { kind: "version", field, comparison, version };
  };
}

function quantity(field: QuantityField, read: (text: string) => number | undefined, what: string): Reader {
  return (value, fail) => {
    const { comparison, operand } = readComparison(value, fail);
    const amount = read(textOf(operand.glyphs));
    if (amount === undefined) {
      return fail(
        operand.position,
        `${field} is compared with a quantity`,
        comparison === undefined ? [...comparisons, what] : [what],
      );
    }
    return { kind: "quantity", field, comparison: comparison ?? "=", value: amount };
  };
}

function readSeen(value: Span, fail: Fail): Selector {
  const { comparison, operand } = readComparison(value, fail);
  if (comparison === "=") fail(value.position, "nothing is seen at an exact moment", ["`<`", "`>`"]);
  const ms = readDuration(textOf(operand.glyphs));
  if (ms === undefined) fail(operand.position, "that is no length of time", ["a time such as `5m`, `12h` or `30d`"]);
  return { kind: "seen", comparison: comparison ?? "<", ms };
}

function readComparison(
  value: Span,
  fail: Fail,
): { readonly comparison: Comparison | undefined; readonly operand: Span } {
  let length = 0;
  while (value.glyphs[length]?.quoted === false && "<>=!".includes(value.glyphs[length]!.char)) length += 1;
  if (length === 0) return { comparison: undefined, operand: value };
  const sign = textOf(value.glyphs.slice(0, length));
  const comparison = comparisons.find((each) => each === sign);
  if (comparison === undefined) fail(value.position, `\`${sign}\` is no comparison`, comparisons);
  return { comparison, operand: rest(value, length) };
}

function readNetwork(item: Span, fail: Fail): Network | { readonly kind: "pattern"; readonly pattern: Pattern } {
  const isPattern = item.glyphs.some((glyph) => !glyph.quoted && "*?[".includes(glyph.char));
  if (isPattern) return { kind: "pattern", pattern: readPattern(item, "an address", fail) };
  const [written, length, ...more] = textOf(item.glyphs).split("/");
  const bytes = written!.includes("%") ? undefined : readAddress(written!);
  if (bytes === undefined || more.length > 0) {
    return fail(item.position, "that is no IP address", ["an address", "a network such as `10.0.0.0/8`", "a pattern"]);
  }
  const bits = bytes.length * 8;
  if (length === undefined) return { kind: "network", address: printAddress(bytes), prefix: bits };
  if (!/^\d{1,3}$/.test(length) || Number(length) > bits) {
    fail(item.position + written!.length + 1, "that is no prefix length", [`a number from 0 to ${bits}`]);
  }
  return { kind: "network", address: printAddress(networkOf(bytes, Number(length))), prefix: Number(length) };
}
