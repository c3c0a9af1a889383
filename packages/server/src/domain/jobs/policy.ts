/** What a caller may ask of a job's course, and what the installation demands of every job. */
import { z } from "zod";

const Percent = z.string().regex(/^(100|[1-9]?[0-9])%$/, "is not a percentage such as 25%");
const Share = z.union([z.int().min(0).max(1_000_000), Percent]);
const AtLeastOne = z.union([
  z.int().min(1).max(1_000_000),
  Percent.refine((text) => text !== "0%", "must be more than 0%"),
]);
/** `key`, or `key=value`. */
const LabelName = z.string().min(1).max(256);

/** One mechanism for every capability. All parts are optional; without any, every host starts at once. */
export const Policy = z.strictObject({
  canary: AtLeastOne.optional().describe("So many hosts go first, alone."),
  wave: AtLeastOne.optional().describe("Hosts in each wave after the canary. Absent: all the rest."),
  failureBudget: Share.optional().describe("When more runs than this have failed, the rest is not started."),
  maxConcurrent: z.int().min(1).max(1_000_000).optional().describe("Never more hosts at once than this."),
  labShare: Percent.optional().describe("Never more of one lab's hosts at once than this."),
  apart: z.array(LabelName).max(32).optional().describe("Never two hosts at once that carry this label."),
});
export type Policy = z.output<typeof Policy>;

/** The blast-radius policy of the settings: it holds for all jobs together, whatever they ask. */
export interface GuardSettings {
  /** `20%`: of each lab's hosts, over all jobs. */
  readonly labShare?: string;
  readonly apart?: readonly string[];
  readonly maxConcurrent?: number;
  /** A job on more hosts than this must be confirmed with their number. */
  readonly confirmAbove?: number;
}

/** `25%` of `total`, rounded down; a number is itself. */
export function shareOf(share: number | string, total: number): number {
  if (typeof share === "number") return share;
  return Math.floor((Number(share.slice(0, -1)) * total) / 100);
}
