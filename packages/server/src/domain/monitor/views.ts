import { AtalayaError, Sample } from "@atalaya/protocol";
import { z } from "zod";
import type { Actor } from "../../api/actor.ts";
import { isInReach } from "../../api/places.ts";
import { Timestamp } from "../../api/schemas.ts";
import type { DirectoryHost, Fleet } from "../fleet/index.ts";
import type { Latest } from "./monitor.ts";

export const SampleView = Sample.extend({ clockSkewMs: z.int().optional() }).meta({
  id: "Sample",
  description: "How a host fares. What it cannot tell is absent.",
});

const Share = z.number().min(0).max(1).nullable();
export const PointView = z
  .object({
    at: Timestamp,
    cpu: Share,
    load: z.number().nullable(),
    memory: Share,
    swap: Share,
    disk: Share.describe("Of the root file system."),
    rx: z.number().nullable().describe("Bytes a second received by all cards."),
    tx: z.number().nullable().describe("Bytes a second sent by all cards."),
    celsius: z.number().nullable().describe("Of the warmest sensor."),
  })
  .meta({ id: "LoadPoint", description: "Shares between 0 and 1; null: the host could not tell." });

export const LoadView = z
  .object({
    host: z.object({ id: z.string(), name: z.string() }),
    at: Timestamp,
    cpu: Share,
    load: z.number().nullable(),
    memory: Share,
    disk: Share.describe("Of the fullest one."),
    celsius: z.number().nullable().describe("Of the warmest sensor."),
  })
  .meta({ id: "HostLoad", description: "How busy a host is." });
export type LoadView = z.output<typeof LoadView>;

export const OverviewView = z
  .object({
    total: z.int(),
    states: z.record(z.string(), z.int()),
    places: z.array(z.object({ place: z.string().nullable(), total: z.int(), states: z.record(z.string(), z.int()) })),
    load: z.object({
      sampled: z.int().describe("Hosts whose load is known."),
      cpu: Share,
      memory: Share,
      busy: z.array(LoadView).describe("The ten busiest."),
    }),
  })
  .meta({ id: "FleetOverview", description: "The fleet at a glance." });
export type OverviewView = z.output<typeof OverviewView>;

/** Unknown and out of reach answer alike. */
export async function visibleHost(fleet: Pick<Fleet, "host">, name: string, actor: Actor): Promise<DirectoryHost> {
  const host = await fleet.host(name);
  const place = host.place.length === 0 ? undefined : host.place.join("/");
  if (!isInReach(actor, place)) throw new AtalayaError("host.unknown", `There is no host ${name}.`);
  return host;
}

export function loadView({ id, name }: Pick<DirectoryHost, "id" | "name">, { sample, receivedAt }: Latest): LoadView {
  const { cpu, load, memory, disks = [], temperatures = [] } = sample;
  const fullest = disks.reduce((most, { used, total }) => Math.max(most, total > 0 ? used / total : 0), 0);
  return {
    host: { id, name },
    at: receivedAt,
    cpu: cpu?.total ?? null,
    load: load?.[0] ?? null,
    memory: memory === undefined || memory.total === 0 ? null : Math.min(1, memory.used / memory.total),
    disk: disks.length === 0 ? null : Math.min(1, fullest),
    celsius: temperatures.length === 0 ? null : Math.max(...temperatures.map(({ celsius }) => celsius)),
  };
}
