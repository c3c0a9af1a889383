/** What agents tell: parts by their digests, values of those that changed, and samples. */
import {
  AtalayaError,
  canonicalJson,
  withoutSecrets,
  type Live,
  type Sample,
  type StatusFrame,
} from "@atalaya/protocol";
import type { Log } from "../../platform/log/index.ts";
import type { HostKey } from "../fleet/index.ts";
import type { Link, Links } from "../link/index.ts";
import { digestOfText, partOf, type Part, type Parts } from "./parts.ts";

export function listenToAgents(needs: {
  readonly links: Links;
  readonly log: Log;
  /** What is known of this host, also what is not committed yet. */
  partsOf(host: HostKey): Parts | undefined;
  put(link: Link, parts: Parts, live: Live | undefined): Promise<unknown>;
  beat(host: HostKey, live: Live): void;
}): Disposable {
  const { links, log } = needs;
  return links.attach({
    up: () => undefined,
    down: () => undefined,
    aside(link, frame) {
      if (frame.type === "sample") needs.beat(link.host, liveOf(frame.sample));
      else if (frame.type === "status") heard(link, frame);
    },
  });

  function heard(link: Link, frame: StatusFrame): void {
    try {
      const { parts, missing } = partsOfFrame(frame, needs.partsOf(link.host));
      if (missing.length > 0) return void link.send({ type: "want-status", parts: [...missing] });
      needs
        .put(link, parts, frame.live)
        .catch((error: unknown) => log.warn({ err: error, enrolment: link.enrolment }, "a status was not kept"));
    } catch (error) {
      if (!(error instanceof AtalayaError)) throw error;
      log.warn({ code: error.code, enrolment: link.enrolment }, "a status was refused");
      link.send({ type: "problem", code: error.code, message: error.message });
    }
  }
}

/** The parts that the frame names, as far as their values are known or told. Throws `status.mismatch`. */
export function partsOfFrame(
  { parts: digests, values = {} }: StatusFrame,
  known: Parts | undefined,
): { readonly parts: Parts; readonly missing: readonly string[] } {
  const parts = new Map<string, Part>();
  const missing: string[] = [];
  const told = new Map<string, unknown>(Object.entries(values));
  for (const [name, digest] of Object.entries(digests)) {
    if (digest === undefined) continue;
    const have = known?.get(name);
    if (have?.digest === digest) parts.set(name, have);
    else if (!told.has(name)) missing.push(name);
    else {
      const value = told.get(name);
      const body = canonicalJson(value);
      if (digestOfText(body) !== digest)
        throw new AtalayaError("status.mismatch", `The part ${name} is not what its digest says.`);
      // The agent took out what is secret; what it overlooked goes no further than here.
      parts.set(name, partOf(name, withoutSecrets(value, name)));
    }
  }
  return { parts, missing };
}

export function liveOf({ uptimeSeconds, load, memory, cpu }: Sample): Live {
  return {
    ...(uptimeSeconds === undefined ? {} : { uptime: uptimeSeconds }),
    ...(load === undefined ? {} : { loadavg: [...load] }),
    ...(memory === undefined ? {} : { freemem: memory.free }),
    ...(cpu?.times === undefined
      ? {}
      : {
          cpus: cpu.times.map(([user = 0, nice = 0, sys = 0, idle = 0, irq = 0]) => ({
            times: { user, nice, sys, idle, irq },
          })),
        }),
  };
}
