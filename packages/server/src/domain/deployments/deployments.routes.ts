import { z } from "zod";
import { pageOf, PageQuery } from "../../api/page.ts";
import { route, routes } from "../../api/route.ts";
import type { Deployments } from "./deployments.ts";
import { Again, DeploymentSpec, NewDeployment, RollBack, SavedName } from "./new-deployment.ts";
import type { SavedDeployments } from "./saved.ts";
import { DeploymentDetail, DeploymentId, DeploymentView, HostResult, SavedView } from "./views.ts";

const tags = ["deployments"];
const DeploymentPath = z.object({ deployment: DeploymentId });
const SavedPath = z.object({ name: SavedName });
const Idempotency = z.object({
  "idempotency-key": z
    .string()
    .min(1)
    .max(255)
    .optional()
    .describe("The same key with the same request makes one deployment."),
});
const Owner = z.object({ owner: z.string().max(200).optional().describe("Absent: your own.") });
/** Thousands of files are named one by one. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;

/** `/deployments`: place files on hosts, see what became of them, put back what was. */
export const deploymentRoutes = ({
  deployments,
  saved,
}: {
  readonly deployments: Deployments;
  readonly saved: SavedDeployments;
}) =>
  routes()
    .openapi(
      route({
        method: "post",
        path: "/deployments",
        operationId: "createDeployment",
        permission: "deployment.write",
        audit: "deployment.create",
        summary: "Place files in a folder on a set of hosts",
        description: "The files are uploaded as blobs before. Its job is followed, cancelled and retried as any other.",
        tags,
        headers: Idempotency,
        body: NewDeployment,
        maxBodyBytes: MAX_BODY_BYTES,
        responses: { 201: DeploymentDetail },
      }),
      async (c) => {
        const wish = c.req.valid("json");
        c.var.audit.note({ details: auditOf(wish) });
        const made = await deployments.create(wish, c.var.actor, c.req.valid("header")["idempotency-key"]);
        c.var.audit.note({ targets: [made.id, made.job.id], details: { hosts: made.job.targets } });
        return c.json(made, 201);
      },
    )
    .openapi(
      route({
        method: "get",
        path: "/deployments",
        operationId: "listDeployments",
        permission: "deployment.read",
        summary: "Deployments, the newest first",
        tags,
        query: PageQuery,
        responses: { 200: pageOf(DeploymentView) },
      }),
      async (c) => c.json(await deployments.list(c.req.valid("query"), c.var.actor), 200),
    )
    .openapi(
      route({
        method: "get",
        path: "/deployments/saved",
        operationId: "listSavedDeployments",
        permission: "deployment.read",
        summary: "Deployments kept under a name",
        tags,
        responses: { 200: z.object({ items: z.array(SavedView) }) },
      }),
      async (c) => c.json({ items: [...(await saved.list(c.var.actor))] }, 200),
    )
    .openapi(
      route({
        method: "get",
        path: "/deployments/saved/{name}",
        operationId: "getSavedDeployment",
        permission: "deployment.read",
        summary: "One saved deployment",
        tags,
        params: SavedPath,
        query: Owner,
        responses: { 200: SavedView },
      }),
      async (c) => c.json(await saved.get(c.req.valid("param").name, c.req.valid("query").owner, c.var.actor), 200),
    )
    .openapi(
      route({
        method: "put",
        path: "/deployments/saved/{name}",
        operationId: "putSavedDeployment",
        permission: "deployment.write",
        audit: "deployment.save",
        summary: "Keep a deployment and its files under a name",
        tags,
        params: SavedPath,
        body: DeploymentSpec,
        maxBodyBytes: MAX_BODY_BYTES,
        responses: { 200: SavedView },
      }),
      async (c) => {
        const { name } = c.req.valid("param");
        c.var.audit.note({ targets: [name], details: auditOf(c.req.valid("json")) });
        return c.json(await saved.put(name, c.req.valid("json"), c.var.actor), 200);
      },
    )
    .openapi(
      route({
        method: "delete",
        path: "/deployments/saved/{name}",
        operationId: "deleteSavedDeployment",
        permission: "deployment.write",
        audit: "deployment.forget",
        summary: "Forget a saved deployment",
        tags,
        params: SavedPath,
        responses: { 204: null },
      }),
      async (c) => {
        c.var.audit.note({ targets: [c.req.valid("param").name] });
        await saved.remove(c.req.valid("param").name, c.var.actor);
        return c.body(null, 204);
      },
    )
    .openapi(
      route({
        method: "post",
        path: "/deployments/saved/{name}/run",
        operationId: "runSavedDeployment",
        permission: "deployment.write",
        audit: "deployment.create",
        summary: "Run a saved deployment",
        tags,
        params: SavedPath,
        query: Owner,
        headers: Idempotency,
        body: Again,
        responses: { 201: DeploymentDetail },
      }),
      async (c) => {
        const { name } = c.req.valid("param");
        const { selector, note, ...rest } = c.req.valid("json");
        const spec = await saved.toRun(name, c.req.valid("query").owner, c.var.actor);
        const wish = {
          ...spec,
          ...rest,
          name: spec.name ?? name,
          selector: selector ?? spec.selector,
          ...(note === undefined ? {} : { note }),
        };
        c.var.audit.note({ details: auditOf(wish) });
        const made = await deployments.create(wish, c.var.actor, c.req.valid("header")["idempotency-key"]);
        c.var.audit.note({ targets: [made.id, made.job.id], details: { saved: name, hosts: made.job.targets } });
        return c.json(made, 201);
      },
    )
    .openapi(
      route({
        method: "get",
        path: "/deployments/{deployment}",
        operationId: "getDeployment",
        permission: "deployment.read",
        summary: "One deployment, with its files",
        tags,
        params: DeploymentPath,
        responses: { 200: DeploymentDetail },
      }),
      async (c) => c.json(await deployments.one(c.req.valid("param").deployment, c.var.actor), 200),
    )
    .openapi(
      route({
        method: "get",
        path: "/deployments/{deployment}/hosts",
        operationId: "listDeploymentHosts",
        permission: "deployment.read",
        summary: "What became of it on each host, by the last attempt there",
        tags,
        params: DeploymentPath,
        query: PageQuery.extend({
          files: z.enum(["true", "false"]).default("false").describe("With what became of each file."),
        }),
        responses: { 200: pageOf(HostResult) },
      }),
      async (c) => {
        const { files, ...page } = c.req.valid("query");
        const query = { ...page, files: files === "true" };
        return c.json(await deployments.hosts(c.req.valid("param").deployment, query, c.var.actor), 200);
      },
    )
    .openapi(
      route({
        method: "post",
        path: "/deployments/{deployment}/again",
        operationId: "deployAgain",
        permission: "deployment.write",
        audit: "deployment.create",
        summary: "The same once more, on the hosts its selector hits now",
        tags,
        params: DeploymentPath,
        headers: Idempotency,
        body: Again,
        responses: { 201: DeploymentDetail },
      }),
      async (c) => {
        const { deployment } = c.req.valid("param");
        const key = c.req.valid("header")["idempotency-key"];
        const made = await deployments.again(deployment, c.req.valid("json"), c.var.actor, key);
        c.var.audit.note({ targets: [made.id, made.job.id], details: { again: deployment, hosts: made.job.targets } });
        return c.json(made, 201);
      },
    )
    .openapi(
      route({
        method: "post",
        path: "/deployments/{deployment}/rollback",
        operationId: "rollBackDeployment",
        permission: "deployment.write",
        audit: "deployment.rollback",
        summary: "Put back what it replaced, remove what it made",
        tags,
        params: DeploymentPath,
        headers: Idempotency,
        body: RollBack,
        responses: { 201: DeploymentDetail },
      }),
      async (c) => {
        const { deployment } = c.req.valid("param");
        const key = c.req.valid("header")["idempotency-key"];
        c.var.audit.note({ targets: [deployment] });
        const made = await deployments.rollBack(deployment, c.req.valid("json"), c.var.actor, key);
        c.var.audit.note({ targets: [deployment, made.id, made.job.id], details: { hosts: made.job.targets } });
        return c.json(made, 201);
      },
    );

/** What was done and as whom; neither environment nor commands, which is where secrets are written by mistake. */
function auditOf({ name, selector, into, account, artifacts }: DeploymentSpec): Readonly<Record<string, unknown>> {
  return { name, selector, into, account, files: artifacts.slice(0, 20).map((artifact) => artifact.name) };
}
