import type { Answer } from "./records.ts";
import type { Sighting } from "../../domain/discovery/index.ts";

/** What machines offer of themselves on most networks. */
export const BROWSED = ["_workstation._tcp.local", "_ssh._tcp.local", "_sftp-ssh._tcp.local", "_atalaya._tcp.local"];

const MAX_SERVICES = 16;

/** What a response tells of its sender; undefined when it speaks of no service we look for. Pure: nothing in it is trusted. */
export function sightingOf(address: string, answers: readonly Answer[]): Sighting | undefined {
  const services = new Map<string, string>();
  for (const answer of answers) {
    if (answer.type !== "PTR" || typeof answer.data !== "string" || services.size >= MAX_SERVICES) continue;
    const service = BROWSED.find((each) => each === answer.name.toLowerCase());
    if (service !== undefined && answer.data.toLowerCase().endsWith(`.${service}`)) {
      services.set(service, answer.data.slice(0, -service.length - 1));
    }
  }
  const [instance] = services.values();
  if (instance === undefined) return undefined;
  const name = nameIn(instance);
  return {
    address,
    ...(name === "" ? {} : { name }),
    services: [...services.keys()].map((service) => ({ id: service.replace(/\.local$/, ""), params: {} })),
  };
}

/** Workstations write `name [aa:bb:cc:dd:ee:ff]`. */
function nameIn(instance: string): string {
  return instance
    .replace(/ \[[0-9a-f:]{17}\]$/i, "")
    .replaceAll(/\p{Cc}/gu, "")
    .slice(0, 253);
}
