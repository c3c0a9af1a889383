import { printPattern, printPatterns } from "./pattern-text.ts";
import { printBytes, printDuration } from "./quantities.ts";
import type { Selector } from "./selector.ts";

/** The canonical form: what it prints is read back as the same tree. */
export function printSelector(selector: Selector): string {
  switch (selector.kind) {
    case "all":
    case "none":
      return selector.kind;
    case "or":
      return selector.of.map(printSelector).join(" or ");
    case "and":
      return selector.of
        .map((part) => (part.kind === "or" ? `(${printSelector(part)})` : printSelector(part)))
        .join(" and ");
    case "not":
      return selector.of.kind === "or" || selector.of.kind === "and"
        ? `not (${printSelector(selector.of)})`
        : `not ${printSelector(selector.of)}`;
    default:
      return printTerm(selector);
  }
}

function printTerm(term: Exclude<Selector, { kind: "all" | "none" | "or" | "and" | "not" }>): string {
  switch (term.kind) {
    case "group":
      return `@${term.name}`;
    case "text":
      return `${term.field}:${printPatterns(term.patterns)}`;
    case "place":
      return `place:${term.paths.map((path) => path.map(printPattern).join("/")).join(",")}`;
    case "label":
      return term.values === undefined ? `label:${term.key}` : `label:${term.key}=${printPatterns(term.values)}`;
    case "state":
      return `state:${term.states.join(",")}`;
    case "quantity": {
      const sign = term.comparison === "=" ? "" : term.comparison;
      return `${term.field}:${sign}${term.field === "cpu" ? term.value : printBytes(term.value)}`;
    }
    case "version":
      return `${term.field}:${term.comparison}${term.version}`;
    case "seen":
      return `seen:${term.comparison}${printDuration(term.ms)}`;
    case "address":
      return `ip:${term.of.map(printNetwork).join(",")}`;
  }
}

function printNetwork(item: Extract<Selector, { kind: "address" }>["of"][number]): string {
  if (item.kind === "pattern") return printPattern(item.pattern);
  const bits = item.address.includes(":") ? 128 : 32;
  return item.prefix === bits ? item.address : `${item.address}/${item.prefix}`;
}
