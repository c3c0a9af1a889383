/** A room of enrolments for tests: a real store and real keys, a clock that is moved by hand, a fleet that only counts. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { X509Certificate } from "node:crypto";
import { AtalayaError, type EnrolmentReply, type EnrolmentRequest } from "@atalaya/protocol";
import type { Actor } from "../../api/actor.ts";
import { permissions, type Permission } from "../../api/permissions.ts";
import { createLocalBus } from "../../platform/bus/index.ts";
import { systemClock, type Clock } from "../../platform/clock.ts";
import { silentLog } from "../../platform/log/index.ts";
import { makeCsr } from "../../platform/pki/csr.testing.ts";
import { openPki, type Pki } from "../../platform/pki/index.ts";
import type { Store } from "../../platform/store/index.ts";
import type { Fleet, HostGone } from "../fleet/index.ts";
import { createEnrolment, type EnrolmentNeeds } from "./create.ts";

export const admin: Actor = { name: "test", permissions: new Set(Object.keys(permissions) as Permission[]) };

/** Keys of a fleet, in a folder that goes with them. */
export async function testPki(clock: Clock = systemClock): Promise<Pki> {
  const folder = await mkdtemp(join(tmpdir(), "atalaya-enrolment-"));
  const pki = await openPki(join(folder, "pki"), { clock, log: silentLog });
  return {
    ...pki,
    async [Symbol.asyncDispose]() {
      await pki[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}

/** Gives each enrolment a host of its own and remembers what it was told. */
export function countingFleet() {
  const attached: Parameters<Fleet["attach"]>[0][] = [];
  const detached: string[] = [];
  const keys = new Map<string, number>();
  const listeners = new Set<(gone: HostGone) => void>();
  const fleet: EnrolmentNeeds["fleet"] = {
    async attach(newcomer) {
      attached.push(newcomer);
      if (!keys.has(newcomer.enrolment)) keys.set(newcomer.enrolment, keys.size + 1);
      const key = keys.get(newcomer.enrolment)!;
      return { verdict: "new-host", host: key, system: key + 100 };
    },
    foresee: async (newcomers) => newcomers.map(() => ({ verdict: "new-host" })),
    async detach(enrolment) {
      detached.push(enrolment);
    },
    byKey: () => undefined,
    hostOfSystem: () => undefined,
    onGone(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
  };
  const forget = (gone: HostGone) => listeners.forEach((listener) => listener(gone));
  return { fleet, attached, detached, forget };
}

export function room(store: Store, pki: Pki, needs: Partial<EnrolmentNeeds> = {}) {
  const { fleet, attached, detached, forget } = countingFleet();
  const made = createEnrolment({
    store,
    bus: createLocalBus({ clock: systemClock }),
    clock: systemClock,
    log: silentLog,
    pki,
    fleet,
    ...needs,
  });
  const newToken = async (uses = 1, expiresInMs = 3_600_000) =>
    (await made.joinTokens.create({ uses, expiresInMs }, admin)).token;
  return { ...made, attached, detached, forget, newToken };
}

/** What the n-th machine asks with. */
export async function machine(n = 1, csr: { readonly cn?: string } = {}) {
  const { csrPem, keyPem } = await makeCsr(csr);
  const request = {
    csr: csrPem,
    fingerprint: { uuid: `uuid-${n}`, serial: `serial-${n}`, macs: [`02:00:00:00:00:${String(n).padStart(2, "0")}`] },
    system: { kind: "os", name: `disk-${n}` },
    hostname: `pc${n}`,
    agentVersion: "0.1.0",
  } satisfies EnrolmentRequest;
  return { request, keyPem };
}

export function certificateOf(reply: EnrolmentReply): X509Certificate {
  if (reply.state !== "accepted") throw new Error(`is ${reply.state}`);
  return new X509Certificate(reply.certificate);
}

/** The code it is refused with; `accepted` when it is not. */
export async function refusalOf(act: Promise<unknown>): Promise<string> {
  try {
    await act;
    return "accepted";
  } catch (error) {
    if (error instanceof AtalayaError) return error.code;
    throw error;
  }
}
