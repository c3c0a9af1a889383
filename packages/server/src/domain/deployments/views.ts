/** Deployments as callers see them. */
import { Artifact, fileOutcomes } from "@atalaya/protocol";
import { z } from "zod";
import { idOf, Timestamp } from "../../api/schemas.ts";
import { JobId, JobView, RunView } from "../jobs/index.ts";
import { DeploymentSpec } from "./new-deployment.ts";

export const DeploymentId = idOf("dep");

/** How it goes: of the job, and of its retries where they know better. */
const Course = JobView.pick({
  id: true,
  state: true,
  reason: true,
  states: true,
  targets: true,
  opened: true,
  finishedAt: true,
  revision: true,
});

export const DeploymentView = z
  .object({
    id: DeploymentId,
    name: z.string().optional(),
    kind: z.enum(["deploy", "rollback"]),
    rollbackOf: DeploymentId.optional().describe("Of a rollback: what it undoes."),
    undoes: z
      .object({ files: z.int().min(0), bytes: z.int().min(0) })
      .optional()
      .describe("Of a rollback: how much what it undoes had brought, while that is known."),
    rollbacks: z.array(DeploymentId).describe("What undid this one, oldest first."),
    spec: DeploymentSpec.omit({ artifacts: true }).describe("What was asked for, without the files."),
    files: z.int().min(0).describe("How many artifacts."),
    bytes: z.int().min(0).describe("Of all artifacts together."),
    createdBy: z.string(),
    createdAt: Timestamp,
    job: Course,
    retries: z.array(JobId).describe("Jobs that tried it again where it had not succeeded, oldest first."),
  })
  .meta({ id: "Deployment", description: "Files placed on hosts: a job, and what it was for." });
export type DeploymentView = z.output<typeof DeploymentView>;

export const DeploymentDetail = DeploymentView.extend({
  artifacts: z.array(Artifact),
  changed: z
    .array(z.string())
    .optional()
    .describe(
      "Once its job has finished: names of the hosts where it may have changed something, so where a rollback goes.",
    ),
}).meta({
  id: "DeploymentDetail",
  description: "A deployment with its files.",
});
export type DeploymentDetail = z.output<typeof DeploymentDetail>;

export const FileResultView = z.object({ name: z.string(), outcome: z.enum(fileOutcomes) });

export const HostResult = z
  .object({
    host: RunView.shape.host,
    run: RunView.pick({
      id: true,
      job: true,
      state: true,
      reason: true,
      startedAt: true,
      finishedAt: true,
      durationMs: true,
    }),
    folder: z.string().optional(),
    counts: z.partialRecord(z.enum(fileOutcomes), z.int().min(0)),
    check: z.object({ exitCode: z.int().optional() }).optional(),
    command: z.object({ exitCode: z.int().optional() }).optional(),
    health: z.object({ exitCode: z.int().optional(), attempts: z.int().optional() }).optional(),
    rolledBack: z.boolean().optional().describe("It failed in the end, and everything was put back."),
    files: z.array(FileResultView).optional().describe("With `files=true`."),
  })
  .meta({ id: "DeploymentHost", description: "What became of a deployment on one host, by its last attempt there." });
export type HostResult = z.output<typeof HostResult>;

export const SavedView = z
  .object({
    name: z.string(),
    owner: z.string(),
    spec: DeploymentSpec,
    files: z.int().min(0),
    bytes: z.int().min(0),
    changedAt: Timestamp,
  })
  .meta({ id: "SavedDeployment", description: "A deployment to be run again under its name; its files are kept." });
export type SavedView = z.output<typeof SavedView>;
