import { AtalayaError } from "../failures.ts";
import type { Facts } from "../facts.ts";
import { isInNetwork, readAddress } from "./addresses.ts";
import { compilePatterns, type Pattern } from "./pattern.ts";
import { compareVersions } from "./quantities.ts";
import {
  type Comparison,
  type HostState,
  MAX_SELECTOR_DEPTH,
  type Selector,
  type TextField,
  type VersionField,
} from "./selector.ts";

/** What a selector can see of a host. */
export interface SelectableHost {
  readonly id: string;
  readonly name: string;
  /** Outermost first; empty: nowhere. */
  readonly place: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly facts: Facts;
  readonly state: HostState;
  readonly system?: { readonly kind: "live" | "os"; readonly name: string };
  readonly agentVersion?: string;
  readonly lastSeenAt?: number;
  readonly addresses: readonly string[];
  readonly capabilities: readonly string[];
}

/** What a selector means beyond the host: the time, and what groups stand for. */
export interface SelectorContext {
  /** Epoch milliseconds. */
  readonly now: number;
  /** What the group of this name stands for; undefined: there is none. */
  readonly group: (name: string) => Selector | undefined;
}

type Test = (host: SelectableHost) => boolean;
type TextTerm = Extract<Selector, { kind: "text" }>;

/** Whether one host is hit; to ask about many, compile once. */
export function matches(selector: Selector, host: SelectableHost, context: SelectorContext): boolean {
  return compileSelector(selector, context)(host);
}

/**
 * A test that is fast to ask of many hosts. Throws `group.unknown`, and `group.circular` when a group leads back to
 * itself.
 */
export function compileSelector(selector: Selector, context: SelectorContext): Test {
  const groups = new Map<string, Test | "under way">();
  let nesting = 0;

  function compile(part: Selector): Test {
    switch (part.kind) {
      case "all":
        return () => true;
      case "none":
        return () => false;
      case "not": {
        const test = compile(part.of);
        return (host) => !test(host);
      }
      case "and": {
        const tests = part.of.map(compile);
        return (host) => tests.every((test) => test(host));
      }
      case "or": {
        const tests = part.of.map(compile);
        return (host) => tests.some((test) => test(host));
      }
      case "group":
        return groupTest(part.name);
      default:
        return compileTerm(part, context.now);
    }
  }

  function groupTest(name: string): Test {
    const known = groups.get(name);
    if (known === "under way")
      throw new AtalayaError("group.circular", `The group @${name} leads back to itself`, { details: { group: name } });
    if (known !== undefined) return known;
    if (nesting >= MAX_SELECTOR_DEPTH) {
      throw new AtalayaError("group.circular", `The group @${name} stands too deep in other groups`, {
        details: { group: name },
      });
    }
    const selector = context.group(name);
    if (selector === undefined)
      throw new AtalayaError("group.unknown", `There is no group @${name}`, { details: { group: name } });
    groups.set(name, "under way");
    nesting += 1;
    const test = remembering(compile(selector));
    nesting -= 1;
    groups.set(name, test);
    return test;
  }

  return compile(selector);
}

// Groups that use a group twice, which uses another twice, and so on, would ask the innermost 2^n times a host.
function remembering(test: Test): Test {
  let last: SelectableHost | undefined;
  let answer = false;
  return (host) => {
    if (host !== last) {
      answer = test(host);
      last = host;
    }
    return answer;
  };
}

function compileTerm(
  term: Exclude<Selector, { kind: "all" | "none" | "or" | "and" | "not" | "group" }>,
  now: number,
): Test {
  switch (term.kind) {
    case "text":
      return textTest(term);
    case "place": {
      const paths = term.paths.map((path) => path.map((level) => compilePatterns([level], { ignoreCase: true })));
      return ({ place }) =>
        paths.some((path) => path.length <= place.length && path.every((level, i) => level(place[i]!)));
    }
    case "label":
      return labelTest(term.key, term.values);
    case "state":
      return ({ state }) => term.states.includes(state);
    case "quantity": {
      const compare = comparing(term.comparison);
      const holds = (value: number | undefined) => value !== undefined && compare(value - term.value);
      if (term.field === "cpu") return ({ facts }) => holds(facts.cpu?.cores);
      if (term.field === "memory") return ({ facts }) => holds(facts.memory?.totalBytes);
      return ({ facts }) => facts.disks?.some((disk) => holds(disk.sizeBytes)) ?? false;
    }
    case "version": {
      const compare = comparing(term.comparison);
      return (host) => {
        const version = versionOf[term.field](host);
        return version !== undefined && compare(compareVersions(version, term.version));
      };
    }
    case "seen": {
      const compare = comparing(term.comparison);
      return ({ state, lastSeenAt }) => {
        // Never seen is longer ago than any time.
        const age = state === "online" ? 0 : lastSeenAt === undefined ? Infinity : now - lastSeenAt;
        return compare(age - term.ms);
      };
    }
    case "address":
      return addressTest(term.of);
  }
}

function comparing(comparison: Comparison): (difference: number) => boolean {
  switch (comparison) {
    case "<":
      return (difference) => difference < 0;
    case "<=":
      return (difference) => difference <= 0;
    case ">":
      return (difference) => difference > 0;
    case ">=":
      return (difference) => difference >= 0;
    case "=":
      return (difference) => difference === 0;
  }
}

const versionOf: Readonly<Record<VersionField, (host: SelectableHost) => string | undefined>> = {
  version: ({ facts }) => facts.os?.version,
  kernel: ({ facts }) => facts.kernel?.release,
  agent: ({ agentVersion }) => agentVersion,
};

type Texts = readonly (string | undefined)[];

/** What a text field is compared with; any of several counts. */
const textsOf: Readonly<Record<Exclude<TextField, "name" | "id">, (host: SelectableHost) => Texts>> = {
  site: ({ place }) => [place[0]],
  // Between a site and its labs there may be more levels: the lab is the innermost.
  lab: ({ place }) => (place.length > 1 ? [place.at(-1)] : []),
  os: ({ facts }) => [facts.os?.id, facts.os?.name],
  version: (host) => [versionOf.version(host)],
  kernel: (host) => [versionOf.kernel(host), host.facts.kernel?.name],
  arch: ({ facts }) => [facts.kernel?.arch],
  virt: ({ facts }) => [facts.virtualization],
  vendor: ({ facts }) => [facts.vendor],
  product: ({ facts }) => [facts.product],
  serial: ({ facts }) => [facts.serial],
  uuid: ({ facts }) => [facts.uuid],
  mac: ({ facts }) => facts.networks?.map((network) => network.mac) ?? [],
  agent: (host) => [versionOf.agent(host)],
  system: ({ system }) => (system === undefined ? [] : [system.kind, `${system.kind}:${system.name}`]),
  capability: ({ capabilities }) => capabilities,
};

function textTest({ field, patterns }: TextTerm): Test {
  const test = compilePatterns(patterns, { ignoreCase: field !== "id" });
  // The two that are asked most need no array.
  if (field === "name") return ({ name }) => test(name);
  if (field === "id") return ({ id }) => test(id);
  const texts = textsOf[field];
  return (host) => texts(host).some((text) => text !== undefined && test(text));
}

function labelTest(key: string, values: readonly Pattern[] | undefined): Test {
  if (values === undefined) return ({ labels }) => Object.hasOwn(labels, key);
  const test = compilePatterns(values, { ignoreCase: false });
  return ({ labels }) => Object.hasOwn(labels, key) && test(labels[key]!);
}

function addressTest(of: Extract<Selector, { kind: "address" }>["of"]): Test {
  const patterns = of.flatMap((item) => (item.kind === "pattern" ? [item.pattern] : []));
  const matchesText = compilePatterns(patterns, { ignoreCase: true });
  const networks = of.flatMap((item) =>
    item.kind === "network" ? [{ bytes: readAddress(item.address)!, prefix: item.prefix }] : [],
  );
  const holds = (text: string) => {
    if (patterns.length > 0 && matchesText(text.replace(/[%/].*$/, ""))) return true;
    const bytes = networks.length === 0 ? undefined : readAddress(text);
    return bytes !== undefined && networks.some((network) => isInNetwork(bytes, network.bytes, network.prefix));
  };
  return ({ addresses, facts }) =>
    addresses.some(holds) || (facts.networks?.some((network) => network.addresses.some(holds)) ?? false);
}
