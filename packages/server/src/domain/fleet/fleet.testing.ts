import { createLocalBus } from "../../platform/bus/index.ts";
import { type Clock, systemClock } from "../../platform/clock.ts";
import { silentLog } from "../../platform/log/index.ts";
import type { Store } from "../../platform/store/index.ts";
import { createFleet, type FleetRoom } from "./create-fleet.ts";
import type { Attachment, Fleet, Newcomer } from "./fleet.ts";

export interface HandClock extends Clock {
  time: number;
  after: Clock["after"];
}

/** Stands still until it is set; timers run in real time. */
export function handClock(time = 1_700_000_000_000): HandClock {
  const clock: HandClock = { time, now: () => clock.time, after: (ms, act) => systemClock.after(ms, act) };
  return clock;
}

export function openFleet(
  store: Store,
  { clock = handClock(), server = "one", bus = createLocalBus({ clock }) } = {},
): Promise<FleetRoom> {
  return createFleet({ store, bus, clock, log: silentLog, server });
}

/** A machine of its own for every number. */
export function newcomer(number: number, more: Partial<Newcomer> = {}): Newcomer {
  const hex = number.toString(16).padStart(12, "0");
  return {
    enrolment: `enr_${number}`,
    fingerprint: {
      uuid: `4c4c4544-0000-1000-8000-${hex}`,
      serial: `S${number}X`,
      macs: [hex.replace(/..(?=.)/g, "$&:")],
    },
    system: { kind: "os", name: "sda2" },
    hostname: `pc-${String(number).padStart(2, "0")}`,
    agentVersion: "1.0.0",
    ...more,
  };
}

/** The link of a machine that was attached. */
export function linkOf(
  { host, system }: Attachment,
  number: number,
  more: Partial<Parameters<Fleet["linkUp"]>[0]> = {},
): Parameters<Fleet["linkUp"]>[0] {
  const { enrolment, fingerprint, agentVersion } = newcomer(number);
  return {
    system,
    host,
    enrolment,
    fingerprint,
    agentVersion,
    address: `10.0.${number >> 8}.${number & 255}`,
    bootId: "boot",
    nonce: "nonce",
    capabilities: ["exec"],
    at: 1_700_000_000_000,
    ...more,
  };
}
