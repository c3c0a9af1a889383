import { z } from "zod";

export interface InfoNeeds {
  readonly version: string;
  readonly engine: "sqlite" | "postgres";
  readonly startedAt: number;
  /** Links at this server now. */
  readonly links: () => number;
  /** Unfinished ones. */
  readonly jobs: () => number;
  /** What the data folder takes on the disk. */
  readonly dataBytes: () => Promise<number>;
  readonly guard: Guard;
}

const Guard = z
  .object({
    labShare: z.string().optional().describe("Of one lab, as `20%`."),
    apart: z.array(z.string()).readonly().optional().describe("Never two that carry such a label."),
    maxConcurrent: z.int().optional().describe("In all."),
  })
  .describe("How many hosts may be under commands at once, whoever asks: others wait for their turn.");
type Guard = z.output<typeof Guard>;

export const ServerInfo = z
  .object({
    name: z.literal("atalaya"),
    version: z.string(),
    engine: z.enum(["sqlite", "postgres"]),
    startedAt: z.int(),
    links: z.int(),
    jobs: z.int().describe("Unfinished ones."),
    dataBytes: z.int().describe("What the data folder takes on the disk; as it was a minute ago at most."),
    guard: Guard,
  })
  .meta({ id: "ServerInfo", description: "What this server is." });
export type ServerInfo = z.output<typeof ServerInfo>;

export async function serverInfo(needs: InfoNeeds): Promise<ServerInfo> {
  const { version, engine, startedAt, links, jobs, dataBytes, guard } = needs;
  return {
    name: "atalaya",
    version,
    engine,
    startedAt,
    links: links(),
    jobs: jobs(),
    dataBytes: await dataBytes(),
    guard,
  };
}
