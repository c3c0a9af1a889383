/**
 * Decides where enrolling agents belong: a new host, a known one, another system of one. Pure; `attach.store.ts` reads
 * and writes. Many newcomers are decided one after the other, so that two of the same machine meet.
 */
import type { Fingerprint } from "@atalaya/protocol";
import type { Attachment, HostKey, Newcomer, SystemKey } from "./fleet.ts";
import { nameFromHostname, uniqueName } from "./names.ts";
import { meaningfulParts, recognise, type Recognition, rememberedHardware } from "./recognise.ts";
import { placeTest } from "./selection.ts";

export interface DraftSystem {
  readonly key?: SystemKey;
  readonly kind: "live" | "os";
  readonly name: string;
  enrolment: string | null;
  agentVersion: string;
  /** It is known, and its enrolment is not as it was. */
  isChanged: boolean;
}

/** A host as the batch leaves it. Without a key it is new. */
export interface DraftHost {
  readonly key?: HostKey;
  readonly id: string;
  readonly name: string;
  hardware: Fingerprint;
  hardwareIsChanged: boolean;
  place: readonly string[];
  placeIsChanged: boolean;
  readonly labels: Map<string, string>;
  readonly newLabels: Map<string, string>;
  readonly systems: DraftSystem[];
  /** Hosts that a person has said are other machines than this one. */
  readonly apart?: ReadonlySet<HostKey>;
}

export interface Proposal {
  readonly host: DraftHost;
  readonly other: DraftHost;
  readonly reason: string;
}

export interface Placed {
  readonly verdict: Attachment["verdict"];
  readonly host: DraftHost;
  readonly system: DraftSystem;
  readonly other?: DraftHost;
}

/** `hosts` grows by the new ones. */
export function placeNewcomers(
  newcomers: readonly Newcomer[],
  hosts: DraftHost[],
  world: { readonly isTaken: (name: string) => boolean; readonly newId: () => string },
): { readonly placed: readonly Placed[]; readonly proposals: readonly Proposal[] } {
  const proposals: Proposal[] = [];
  const names = new Set<string>();
  const isTaken = (name: string) => names.has(name) || world.isTaken(name);

  function newHost(newcomer: Newcomer, hardware: Fingerprint): DraftHost {
    const name = uniqueName(nameFromHostname(newcomer.hostname), isTaken);
    names.add(name);
    const host: DraftHost = {
      id: world.newId(),
      name,
      hardware,
      hardwareIsChanged: false,
      place: [],
      placeIsChanged: false,
      labels: new Map(),
      newLabels: new Map(),
      systems: [],
    };
    hosts.push(host);
    return host;
  }

  function placeOne(newcomer: Newcomer): Placed {
    // Whoever asks again, because an answer was lost, gets the same one.
    for (const host of hosts) {
      const system = host.systems.find(({ enrolment }) => enrolment === newcomer.enrolment);
      if (system !== undefined) return { verdict: "known-host", host, system };
    }
    const hardware = meaningfulParts(newcomer.fingerprint);
    const recognition = recogniseAmong(hosts, newcomer);
    const host = recognition.verdict === "known" ? hosts[recognition.host]! : newHost(newcomer, hardware);
    const hadSystems = host.systems.length > 0;
    const { system, isNew } = systemOf(host, newcomer);
    remember(host, newcomer, hardware);
    if (recognition.verdict === "known") {
      return { verdict: hadSystems && isNew ? "another-system" : "known-host", host, system };
    }
    if (recognition.verdict === "new") return { verdict: "new-host", host, system };
    const other = hosts[recognition.other]!;
    proposals.push({ host, other, reason: recognition.reason });
    return { verdict: "merge-proposed", host, system, other };
  }

  return { placed: newcomers.map(placeOne), proposals };
}

/** The answer names hosts by their place in the list. */
export function recogniseAmong(
  hosts: readonly DraftHost[],
  { fingerprint, reach }: Pick<Newcomer, "fingerprint" | "reach">,
): Recognition {
  const candidates = hosts.map((host, index) => ({ ...host.hardware, host: index }));
  const isApart = (one: DraftHost, other: DraftHost) => other.key !== undefined && one.apart?.has(other.key) === true;
  const areTwo = (one: number, other: number) =>
    isApart(hosts[one]!, hosts[other]!) || isApart(hosts[other]!, hosts[one]!);
  return withinReach(recognise(meaningfulParts(fingerprint), candidates, areTwo), reach, hosts);
}

/** A machine that is let in by somebody with a limit, and looks like one beyond it, is for a person to decide. */
function withinReach(
  recognition: Recognition,
  reach: readonly string[] | undefined,
  hosts: readonly DraftHost[],
): Recognition {
  if (recognition.verdict !== "known" || placeTest(reach)(hosts[recognition.host]!)) return recognition;
  return { verdict: "doubtful", other: recognition.host, reason: "its hardware is that of a host in another place" };
}

function systemOf(host: DraftHost, { system: { kind, name }, enrolment, agentVersion }: Newcomer) {
  const known = host.systems.find((system) => system.kind === kind && system.name === name);
  if (known === undefined) {
    const system: DraftSystem = { kind, name, enrolment, agentVersion, isChanged: false };
    host.systems.push(system);
    return { system, isNew: true };
  }
  known.enrolment = enrolment;
  known.agentVersion = agentVersion;
  known.isChanged = known.key !== undefined;
  return { system: known, isNew: false };
}

/** A token's place and labels fill what is empty; what a person has set stays. */
function remember(host: DraftHost, newcomer: Newcomer, shown: Fingerprint): void {
  const hardware = rememberedHardware(host.hardware, shown);
  if (hardware !== undefined) {
    host.hardware = hardware;
    host.hardwareIsChanged = true;
  }
  if (host.place.length === 0 && newcomer.place !== undefined && newcomer.place.length > 0) {
    host.place = newcomer.place;
    host.placeIsChanged = true;
  }
  for (const [key, value] of Object.entries(newcomer.labels ?? {})) {
    if (host.labels.has(key)) continue;
    host.labels.set(key, value);
    host.newLabels.set(key, value);
  }
}
