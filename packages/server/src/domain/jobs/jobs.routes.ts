import { z } from "zod";
import { pageOf, PageQuery } from "../../api/page.ts";
import { route, routes } from "../../api/route.ts";
import { auditOf } from "./audited.ts";
import type { OutputDoor } from "./output-door.ts";
import type { Jobs } from "./jobs.ts";
import { NewJob, RetryJob } from "./new-job.ts";
import {
  CreatedJobView,
  HostRunView,
  JobId,
  JobStateName,
  JobView,
  RunDetailView,
  RunId,
  RunStateName,
  RunView,
} from "./views.ts";

const tags = ["jobs"];
const JobPath = z.object({ job: JobId });
const HostPath = z.object({ host: z.string().min(1).max(256).describe("Id or name.") });
const RunPath = z.object({ run: RunId });
const Idempotency = z.object({
  "idempotency-key": z
    .string()
    .min(1)
    .max(255)
    .optional()
    .describe("The same key with the same request makes one job."),
});
const Abort = z
  .strictObject({ running: z.enum(["leave", "cancel"]).default("leave").describe("What becomes of runs under way.") })
  .meta({ id: "AbortJob", description: "Stops a rollout." });
const OutputQuery = z.object({
  from: z.coerce.number().int().min(1).default(1).describe("The first sequence wanted."),
  stream: z.enum(["stdout", "stderr"]).optional().describe("Absent: both, in the order they were written."),
});
/** A request may carry a script and its standard input. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;

/** `/jobs` and `/runs`: ask a capability of hosts and follow what becomes of it. */
export const jobRoutes = ({ jobs, output }: { readonly jobs: Jobs; readonly output: OutputDoor }) =>
  routes()
    .openapi(
      route({
        method: "post",
        path: "/jobs",
        operationId: "createJob",
        permission: "job.create",
        audit: "job.create",
        summary: "Ask one capability of a set of hosts",
        tags,
        headers: Idempotency,
        body: NewJob,
        maxBodyBytes: MAX_BODY_BYTES,
        responses: { 201: CreatedJobView },
      }),
      async (c) => {
        const wish = c.req.valid("json");
        c.var.audit.note({ details: auditOf(wish) });
        const job = await jobs.create(wish, c.var.actor, c.req.valid("header")["idempotency-key"]);
        c.var.audit.note({ targets: [job.id], details: { hosts: job.targets } });
        return c.json(job, 201);
      },
    )
    .openapi(
      route({
        method: "get",
        path: "/jobs",
        operationId: "listJobs",
        permission: "job.read",
        summary: "Jobs, the newest first",
        tags,
        query: PageQuery.extend({ state: JobStateName.optional() }),
        responses: { 200: pageOf(JobView) },
      }),
      async (c) => c.json(await jobs.list(c.req.valid("query"), c.var.actor), 200),
    )
    .openapi(
      route({
        method: "get",
        path: "/jobs/{job}",
        operationId: "getJob",
        permission: "job.read",
        summary: "One job, with its runs counted by state",
        tags,
        params: JobPath,
        responses: { 200: JobView },
      }),
      async (c) => c.json(await jobs.job(c.req.valid("param").job, c.var.actor), 200),
    )
    .openapi(
      route({
        method: "get",
        path: "/jobs/{job}/runs",
        operationId: "listRuns",
        permission: "job.read",
        summary: "The runs of a job, in the order of its targets",
        tags,
        params: JobPath,
        query: PageQuery.extend({ state: RunStateName.optional() }),
        responses: { 200: pageOf(RunView) },
      }),
      async (c) => c.json(await jobs.runs(c.req.valid("param").job, c.req.valid("query"), c.var.actor), 200),
    )
    .openapi(
      route({
        method: "get",
        path: "/hosts/{host}/runs",
        operationId: "listHostRuns",
        permission: "job.read",
        summary: "The runs of one host, the newest first",
        tags,
        params: HostPath,
        query: PageQuery,
        responses: { 200: pageOf(HostRunView) },
      }),
      async (c) => c.json(await jobs.hostRuns(c.req.valid("param").host, c.req.valid("query"), c.var.actor), 200),
    )
    .openapi(
      route({
        method: "post",
        path: "/jobs/{job}/cancel",
        operationId: "cancelJob",
        permission: "job.create",
        audit: "job.cancel",
        summary: "Cancel every run that has not ended",
        tags,
        params: JobPath,
        responses: { 200: JobView },
      }),
      async (c) => c.json(await jobs.cancel(c.req.valid("param").job, c.var.actor), 200),
    )
    .openapi(
      route({
        method: "post",
        path: "/jobs/{job}/abort",
        operationId: "abortJob",
        permission: "job.create",
        audit: "job.abort",
        summary: "Start no further run",
        tags,
        params: JobPath,
        body: Abort,
        responses: { 200: JobView },
      }),
      async (c) => c.json(await jobs.abort(c.req.valid("param").job, c.req.valid("json").running, c.var.actor), 200),
    )
    .openapi(
      route({
        method: "post",
        path: "/jobs/{job}/pause",
        operationId: "pauseJob",
        permission: "job.create",
        audit: "job.pause",
        summary: "Start no further run until it is resumed",
        tags,
        params: JobPath,
        responses: { 200: JobView },
      }),
      async (c) => c.json(await jobs.pause(c.req.valid("param").job, c.var.actor), 200),
    )
    .openapi(
      route({
        method: "post",
        path: "/jobs/{job}/resume",
        operationId: "resumeJob",
        permission: "job.create",
        audit: "job.resume",
        summary: "Go on with a paused job",
        tags,
        params: JobPath,
        responses: { 200: JobView },
      }),
      async (c) => c.json(await jobs.resume(c.req.valid("param").job, c.var.actor), 200),
    )
    .openapi(
      route({
        method: "post",
        path: "/jobs/{job}/retry",
        operationId: "retryJob",
        permission: "job.create",
        audit: "job.retry",
        summary: "A new job on the hosts whose runs did not succeed",
        tags,
        params: JobPath,
        headers: Idempotency,
        body: RetryJob,
        responses: { 201: CreatedJobView },
      }),
      async (c) => {
        const key = c.req.valid("header")["idempotency-key"];
        const job = await jobs.retry(c.req.valid("param").job, c.req.valid("json"), c.var.actor, key);
        c.var.audit.note({ targets: [job.id], details: { hosts: job.targets } });
        return c.json(job, 201);
      },
    )
    .openapi(
      route({
        method: "get",
        path: "/runs/{run}",
        operationId: "getRun",
        permission: "job.read",
        summary: "One run, with its history",
        tags,
        params: RunPath,
        responses: { 200: RunDetailView },
      }),
      async (c) => c.json(await jobs.run(c.req.valid("param").run, c.var.actor), 200),
    )
    .openapi(
      route({
        method: "post",
        path: "/runs/{run}/cancel",
        operationId: "cancelRun",
        permission: "job.create",
        audit: "run.cancel",
        summary: "Cancel one run",
        tags,
        params: RunPath,
        responses: { 200: RunView },
      }),
      async (c) => c.json(await jobs.cancelRun(c.req.valid("param").run, c.var.actor), 200),
    )
    .openapi(
      route({
        method: "get",
        path: "/runs/{run}/output",
        operationId: "getRunOutput",
        permission: "job.read",
        summary: "The output of a run that is kept so far, as bytes",
        tags,
        params: RunPath,
        query: OutputQuery,
        responses: { 200: { raw: "application/octet-stream" } },
      }),
      async (c) => {
        const { from, stream } = c.req.valid("query");
        const body = await output.bytes(c.req.valid("param").run, { from, stream }, c.var.actor);
        return c.body(body, 200, { "Content-Type": "application/octet-stream" }) as never;
      },
    );
