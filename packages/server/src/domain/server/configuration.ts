/** What this server runs by: its settings and whence each has its value, where it listens, and what it opened. */
import { z } from "zod";

export const ServerSetting = z
  .object({
    name: z.string().describe("As in `atalaya.toml`."),
    variable: z.string().describe("As in the environment."),
    origin: z.enum(["default", "file", "environment"]).describe("Whence it has its value."),
    secret: z.boolean().describe("Its value is told to nobody."),
    value: z.string().optional().describe("As it was written; empty: not set."),
    default: z.string(),
    sentence: z.string(),
  })
  .meta({ id: "ServerSetting", description: "One setting as it holds." });
export type ServerSetting = z.output<typeof ServerSetting>;

export const ServerConfiguration = z
  .object({
    core: z.string().describe("What runs the server."),
    node: z.string(),
    system: z.string().describe("The operating system it runs on."),
    data: z.string().describe("The data folder."),
    file: z.string().describe("Where settings are looked for, beside the environment; it need not exist."),
    doors: z
      .array(
        z.object({
          door: z.enum(["public", "bolt", "bolt-uplinks", "tower", "tower-tls", "relay", "relay-domain", "discovery"]),
          at: z.array(z.string()).describe("Addresses or names; empty: closed."),
        }),
      )
      .describe("Listeners of its own and of gateways."),
    settings: z.array(ServerSetting),
  })
  .meta({ id: "ServerConfiguration", description: "What this server runs by. Settings are read when it starts." });
export type ServerConfiguration = z.output<typeof ServerConfiguration>;
