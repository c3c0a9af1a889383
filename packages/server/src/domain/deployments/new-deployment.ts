/** What a caller asks for. The parts that reach the agent are the capability's own. */
import { deploy } from "@atalaya/protocol";
import { z } from "zod";
import { Name, Note } from "../../api/schemas.ts";
import { Policy, SecretValues } from "../jobs/index.ts";

const { deployment: _, rollback: __, mapped: ___, ...wish } = deploy.request.shape;
const YEAR_MS = 31_536_000_000;

/** As it is kept: what would be dangerous or stale to keep is not in it. */
export const DeploymentSpec = z
  .strictObject({
    name: z.string().min(1).max(200).optional().describe("For people: what this is."),
    selector: z.string().max(16_384).describe("Which hosts, as of now: the set is frozen."),
    ...wish,
    policy: Policy.optional(),
    deadlineMs: z.int().min(1).max(YEAR_MS).optional().describe("Runs that have not begun after so long expire."),
    note: Note.optional(),
  })
  .meta({ id: "DeploymentSpec", description: "Files, a folder, and what happens around them." });
export type DeploymentSpec = z.output<typeof DeploymentSpec>;

export const NewDeployment = DeploymentSpec.extend({
  secrets: SecretValues.optional().describe("Values by name, for the commands. Kept sealed until the end."),
  confirm: z.int().min(0).optional().describe("The number of hosts you expect."),
}).meta({ id: "NewDeployment", description: "Files placed in a folder of an account, on a set of hosts." });
export type NewDeployment = z.output<typeof NewDeployment>;

export const Again = z
  .strictObject({
    selector: z.string().max(16_384).optional().describe("Absent: the same, as of now."),
    secrets: SecretValues.optional(),
    confirm: z.int().min(0).optional(),
    note: Note.optional(),
  })
  .meta({ id: "DeployAgain", description: "The same once more." });
export type Again = z.output<typeof Again>;

export const RollBack = z
  .strictObject({
    force: z.boolean().default(false).describe("Also files that changed since."),
    commands: z.boolean().default(true).describe("Run its command and health check afterwards, as after deploying."),
    secrets: SecretValues.optional(),
    confirm: z.int().min(0).optional(),
    note: Note.optional(),
  })
  .meta({ id: "RollBack", description: "Puts back what a deployment replaced, and removes what it made." });
export type RollBack = z.output<typeof RollBack>;

export const SavedName = Name;

/** The request that agents get. */
export function requestOf(
  { name: _, selector: __, policy: _p, deadlineMs: _d, note: _n, ...rest }: DeploymentSpec,
  id: string,
) {
  return { ...rest, deployment: id };
}

/** Only what the commands of a rollback need: whom it is for and where it goes its own journal knows. */
export function rollbackRequest(spec: DeploymentSpec, of: string, id: string, { force, commands }: RollBack) {
  const { account, env, secretEnv, timeLimitMs, outputLimitBytes, graceMs, into, tomcat, command, health } = spec;
  const shared = { account, env, timeLimitMs, outputLimitBytes, graceMs, into };
  return withoutUndefined({
    ...shared,
    deployment: id,
    rollback: { deployment: of, force },
    ...(commands ? { command, health, tomcat, secretEnv } : {}),
  });
}

function withoutUndefined(value: object): object {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined));
}
