import { z } from "zod";

export interface InfoNeeds {
  readonly version: string;
  readonly engine: "sqlite" | "postgres";
  readonly startedAt: number;
  /** Links at this server now. */
  readonly links: () => number;
}

export const ServerInfo = z
  .object({
    name: z.literal("atalaya"),
    version: z.string(),
    engine: z.enum(["sqlite", "postgres"]),
    startedAt: z.int(),
    links: z.int(),
  })
  .meta({ id: "ServerInfo", description: "What this server is." });
export type ServerInfo = z.output<typeof ServerInfo>;

export function serverInfo({ version, engine, startedAt, links }: InfoNeeds): ServerInfo {
  return { name: "atalaya", version, engine, startedAt, links: links() };
}
