/**
 * Words. A *selector* is the expression that picks hosts; a *term* is one condition of it, a *pattern* what text is
 * compared with, a *host set* many names folded into few words.
 */
export { parseSelector } from "./parse.ts";
export { printSelector } from "./print.ts";
export { compileSelector, matches, type SelectableHost, type SelectorContext } from "./match.ts";
export {
  allOf,
  anyOf,
  hostStates,
  MAX_SELECTOR_DEPTH,
  MAX_SELECTOR_LENGTH,
  textFields,
  type HostState,
  type Selector,
} from "./selector.ts";
export { literal } from "./pattern.ts";
export { expandHosts, foldHosts } from "./host-set.ts";
export { compareNames } from "./natural-order.ts";
export { isGroupName, isLabelKey } from "./terms.ts";
export { readAddress, type AddressBytes } from "./addresses.ts";
export type { MalformedDetails } from "./malformed.ts";
