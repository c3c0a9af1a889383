import type { Fleet } from "../fleet/index.ts";

/** How many hosts each lab has: shares of a lab are shares of all its hosts, not only of a job's targets. */
export interface Labs {
  /** Counts anew. Cheap enough for once a job, too dear for once a run. */
  count(): Promise<void>;
  size(lab: string): number;
}

export function countLabs(fleet: Pick<Fleet, "resolve">): Labs {
  let sizes = new Map<string, number>();
  return {
    async count() {
      const { hosts } = await fleet.resolve("all");
      const counted = new Map<string, number>();
      for (const host of hosts) {
        const lab = host.place.join("/");
        if (lab !== "") counted.set(lab, (counted.get(lab) ?? 0) + 1);
      }
      sizes = counted;
    },
    size: (lab) => sizes.get(lab) ?? 0,
  };
}
