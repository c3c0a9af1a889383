/**
 * The expression that picks hosts, as a tree. Made by `parseSelector`, written by `printSelector`, decided by
 * `compileSelector`. Lists inside a term mean "any of these"; `and` and `or` never hold their own kind.
 */
import type { Pattern } from "./pattern.ts";

export const hostStates = ["online", "offline", "quarantined", "pending"] as const;
export type HostState = (typeof hostStates)[number];

/** Fields whose values are text: compared as patterns, without regard to case except for `id`. */
export const textFields = [
  "name",
  "id",
  "site",
  "lab",
  "os",
  "version",
  "kernel",
  "arch",
  "virt",
  "vendor",
  "product",
  "serial",
  "uuid",
  "mac",
  "agent",
  "system",
  "capability",
] as const;
export type TextField = (typeof textFields)[number];

/** Fields that may also be compared as versions, as in `agent:<1.2`. */
export const versionFields = ["version", "kernel", "agent"] as const;
export type VersionField = (typeof versionFields)[number];

/** `cpu` counts cores, `memory` and `disk` are bytes; `disk` is true when any disk of the host satisfies it. */
export type QuantityField = "cpu" | "memory" | "disk";

export const comparisons = ["<=", ">=", "<", ">", "="] as const;
export type Comparison = (typeof comparisons)[number];

/** A network in canonical writing; one address when the prefix is as long as the address. */
export interface Network {
  readonly kind: "network";
  readonly address: string;
  readonly prefix: number;
}

export type Selector =
  | { readonly kind: "all" }
  | { readonly kind: "none" }
  | { readonly kind: "and"; readonly of: readonly Selector[] }
  | { readonly kind: "or"; readonly of: readonly Selector[] }
  | { readonly kind: "not"; readonly of: Selector }
  | { readonly kind: "group"; readonly name: string }
  | { readonly kind: "text"; readonly field: TextField; readonly patterns: readonly Pattern[] }
  /** Each path is a subtree, one pattern a level, outermost first. */
  | { readonly kind: "place"; readonly paths: readonly (readonly Pattern[])[] }
  /** Without values: the host has the label at all. */
  | { readonly kind: "label"; readonly key: string; readonly values?: readonly Pattern[] }
  | { readonly kind: "state"; readonly states: readonly HostState[] }
  | {
      readonly kind: "quantity";
      readonly field: QuantityField;
      readonly comparison: Comparison;
      readonly value: number;
    }
  | {
      readonly kind: "version";
      readonly field: VersionField;
      readonly comparison: Comparison;
      readonly version: string;
    }
  /** How long ago the host was last seen; an online host is seen now. */
  | { readonly kind: "seen"; readonly comparison: Exclude<Comparison, "=">; readonly ms: number }
  | {
      readonly kind: "address";
      readonly of: readonly (Network | { readonly kind: "pattern"; readonly pattern: Pattern })[];
    };

/** Longest text of a selector, in UTF-16 units; holds for its canonical form too, so that what was read can be read again. */
export const MAX_SELECTOR_LENGTH = 65_536;
/** Deepest nesting of parentheses and `not`. */
export const MAX_SELECTOR_DEPTH = 64;

/** The conjunction of these, flattened. */
export function allOf(selectors: readonly Selector[]): Selector {
  return joined("and", selectors) ?? { kind: "all" };
}

/** The disjunction of these, flattened. */
export function anyOf(selectors: readonly Selector[]): Selector {
  return joined("or", selectors) ?? { kind: "none" };
}

function joined(kind: "and" | "or", selectors: readonly Selector[]): Selector | undefined {
  const of = selectors.flatMap((selector) => (selector.kind === kind ? selector.of : [selector]));
  return of.length > 1 ? { kind, of } : of[0];
}
