import { join } from "node:path";
import { X509Certificate } from "node:crypto";
import { readdir } from "node:fs/promises";
import { z } from "zod";
import { identityFiles } from "../enrol/identity.ts";
import { codeOf, readJsonIfThere } from "../platform/durable-file.ts";
import { failureOf } from "../platform/log.ts";
import { policyFile } from "../policy/policy-file.ts";
import { isRunId } from "../spool/layout.ts";
import { VERSION } from "../version.ts";
import { agentOf } from "./lock.ts";

const Written = z.object({
  state: z.string(),
  server: z.string().optional(),
  reason: z.object({ code: z.string(), message: z.string() }).optional(),
  since: z.number(),
  waypoint: z.object({ listen: z.string(), problem: z.string().optional() }).optional(),
});

export interface Status {
  readonly version: string;
  readonly data: string;
  readonly running: boolean;
  readonly pid?: number;
  readonly joined: boolean;
  readonly enrolment?: string;
  readonly host?: { readonly id: string; readonly name: string };
  readonly servers?: readonly string[];
  readonly certificateNotAfter?: number;
  readonly link?: z.output<typeof Written>;
  readonly runs: number;
  readonly policyProblem?: string;
}

/** Reads files only: it works whether the agent runs or not, and changes nothing. */
export async function status(data: string): Promise<Status> {
  const base = { version: VERSION, data, runs: await countRuns(data) };
  const pid = agentOf(data);
  const enrolled = await identityFiles(data).enrolled();
  const link = await readJsonIfThere(join(data, "link.json"), Written);
  const policyProblem = await policyFile(data)
    .current()
    .then(
      () => undefined,
      (error: unknown) => failureOf(error).message,
    );
  return {
    ...base,
    running: pid !== undefined,
    ...(pid === undefined ? {} : { pid }),
    joined: enrolled !== undefined,
    ...(enrolled === undefined
      ? {}
      : {
          enrolment: enrolled.enrolment,
          host: enrolled.host,
          servers: enrolled.servers,
          certificateNotAfter: Date.parse(new X509Certificate(enrolled.certificate).validTo),
        }),
    ...(link === undefined || pid === undefined ? {} : { link }),
    ...(policyProblem === undefined ? {} : { policyProblem }),
  };
}

async function countRuns(data: string): Promise<number> {
  try {
    return (await readdir(join(data, "spool"))).filter(isRunId).length;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return 0;
    throw error;
  }
}

export function showStatus(status: Status): string {
  const lines: (readonly [string, string])[] = [
    ["agent", `${status.version}, ${status.running ? `running (process ${status.pid})` : "not running"}`],
    [
      "host",
      status.host === undefined
        ? "has not joined a server"
        : `${status.host.name} (${status.host.id}, enrolment ${status.enrolment})`,
    ],
  ];
  if (status.servers !== undefined) lines.push(["servers", status.servers.join(", ")]);
  if (status.certificateNotAfter !== undefined)
    lines.push(["certificate", `valid until ${new Date(status.certificateNotAfter).toISOString()}`]);
  if (status.link !== undefined) {
    const { state, server, reason, since, waypoint } = status.link;
    lines.push(["link", `${state}${server === undefined ? "" : ` ${server}`} since ${new Date(since).toISOString()}`]);
    if (reason !== undefined) lines.push(["", `${reason.message} (${reason.code})`]);
    if (state === "dormant")
      lines.push(["", "it does not come back with this identity: atalaya-agent uninstall, then a new join line"]);
    if (waypoint !== undefined) {
      const { listen, problem } = waypoint;
      lines.push(["waypoint", problem === undefined ? `listens on ${listen}` : `not open on ${listen}: ${problem}`]);
    }
  }
  lines.push(["runs", `${status.runs} in the spool`]);
  if (status.policyProblem !== undefined) lines.push(["policy", `nothing is allowed: ${status.policyProblem}`]);
  lines.push(["data", status.data]);
  return `${lines.map(([name, text]) => `${name.padEnd(12)} ${text}`).join("\n")}\n`;
}
