/** What hosts, labels and places may be called. */
import { AtalayaError } from "@atalaya/protocol";
import { isLabelKey } from "@atalaya/protocol/selectors";

const LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
const NAME = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`);
const MAX_NAME = 253;
/** They would be read as something else where a selector is expected. */
const WORDS_OF_SELECTORS = new Set(["all", "none", "and", "or", "not"]);

/** Throws `request.malformed` unless a host may be called so: like a DNS name (RFC 1123, 2.1), and no word of selectors. */
export function checkHostName(name: string): void {
  if (name.length > MAX_NAME || !NAME.test(name)) {
    throw malformed("name", "A host's name is made of letters, digits and dashes, parted by dots, like a DNS name");
  }
  if (WORDS_OF_SELECTORS.has(name.toLowerCase())) throw malformed("name", `\`${name}\` is a word of selectors`);
}

/** What an enrolling machine is called when nobody else is: the first label of its hostname, made fit. */
export function nameFromHostname(hostname: string): string {
  const first = hostname.split(".")[0]!.toLowerCase();
  const fit = first
    .replace(/[^a-z0-9-]+/g, "-")
    .slice(0, 50)
    .replace(/^-+|-+$/g, "");
  if (fit === "") return "host";
  return WORDS_OF_SELECTORS.has(fit) ? `host-${fit}` : fit;
}

/** Without control characters: what agents say of themselves ends up on terminals, and PostgreSQL stores no NUL. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, "");
}

/** `pc-01`, `pc-01-2`, `pc-01-3`: the first that nobody has. */
export function uniqueName(wanted: string, isTaken: (name: string) => boolean): string {
  if (!isTaken(wanted)) return wanted;
  for (let number = 2; ; number++) {
    const name = `${wanted}-${number}`;
    if (!isTaken(name)) return name;
  }
}

const MAX_LABELS = 64;
const MAX_LABEL_VALUE = 256;
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

/** Labels after a change (null takes one away). Throws `request.malformed`, having changed nothing. */
export function changedLabels(
  labels: Readonly<Record<string, string>>,
  change: Readonly<Record<string, string | null>>,
): Readonly<Record<string, string>> {
  const result = new Map(Object.entries(labels));
  for (const [key, value] of Object.entries(change)) {
    if (!isLabelKey(key)) {
      throw malformed(
        `labels.${key}`,
        `${JSON.stringify(key)} is no label: at most 63 letters, digits, dots, dashes, slashes, underscores`,
      );
    }
    if (value === null) {
      result.delete(key);
      continue;
    }
    if (value.length > MAX_LABEL_VALUE || UNPRINTABLE.test(value) || !value.isWellFormed()) {
      throw malformed(`labels.${key}`, `A label's value has at most ${MAX_LABEL_VALUE} printable characters`);
    }
    result.set(key, value);
  }
  if (result.size > MAX_LABELS) throw malformed("labels", `A host has at most ${MAX_LABELS} labels`);
  return Object.fromEntries(result);
}

const MAX_PLACE_DEPTH = 8;
const MAX_PLACE_LEVEL = 63;

/** The levels of a path such as `site-a/aula-1`. Throws `request.malformed`. */
export function placeOf(path: string): readonly string[] {
  return checkedPlace(path.split("/"));
}

/** The same levels, when a place may be called so. */
export function checkedPlace(levels: readonly string[]): readonly string[] {
  if (levels.length > MAX_PLACE_DEPTH) throw malformed("place", `A place has at most ${MAX_PLACE_DEPTH} levels`);
  for (const level of levels) {
    const isFit = level !== "" && level === level.trim() && level.length <= MAX_PLACE_LEVEL;
    if (!isFit || level.includes("/") || UNPRINTABLE.test(level) || !level.isWellFormed()) {
      throw malformed("place", `A level of a place has 1 to ${MAX_PLACE_LEVEL} printable characters and no slash`);
    }
  }
  return levels;
}

function malformed(path: string, message: string): AtalayaError {
  return new AtalayaError("request.malformed", `${message}.`, { details: { issues: [{ in: "body", path, message }] } });
}
