import { z } from "zod";
import { pageOf, PageQuery } from "../../api/page.ts";
import { route, routes } from "../../api/route.ts";
import { Name } from "../../api/schemas.ts";
import { CreatedJobView } from "../jobs/index.ts";
import { ScriptWish } from "./script.ts";
import { RunScript, ScriptView, type Scripts } from "./scripts.ts";

const tags = ["scripts"];
const ScriptPath = z.object({ script: Name });
const Idempotency = z.object({ "idempotency-key": z.string().min(1).max(255).optional() });

/** `/scripts`: the library. Anybody who deploys may use it; who made a script changes it. */
export const scriptRoutes = ({ scripts }: { readonly scripts: Scripts }) =>
  routes()
    .openapi(
      route({
        method: "get",
        path: "/scripts",
        operationId: "listScripts",
        permission: "deployment.read",
        summary: "The library of scripts",
        tags,
        query: PageQuery,
        responses: { 200: pageOf(ScriptView) },
      }),
      async (c) => c.json(await scripts.list(c.req.valid("query")), 200),
    )
    .openapi(
      route({
        method: "get",
        path: "/scripts/{script}",
        operationId: "getScript",
        permission: "deployment.read",
        summary: "One script, with its parameters",
        tags,
        params: ScriptPath,
        responses: { 200: ScriptView },
      }),
      async (c) => c.json(await scripts.get(c.req.valid("param").script), 200),
    )
    .openapi(
      route({
        method: "put",
        path: "/scripts/{script}",
        operationId: "putScript",
        permission: "deployment.write",
        audit: "script.change",
        summary: "Make or change a script",
        tags,
        params: ScriptPath,
        body: ScriptWish,
        maxBodyBytes: 1024 * 1024,
        responses: { 200: ScriptView },
      }),
      async (c) => {
        const { script } = c.req.valid("param");
        c.var.audit.note({ targets: [script] });
        return c.json(await scripts.put(script, c.req.valid("json"), c.var.actor), 200);
      },
    )
    .openapi(
      route({
        method: "delete",
        path: "/scripts/{script}",
        operationId: "deleteScript",
        permission: "deployment.write",
        audit: "script.delete",
        summary: "Delete a script",
        tags,
        params: ScriptPath,
        responses: { 204: null },
      }),
      async (c) => {
        const { script } = c.req.valid("param");
        c.var.audit.note({ targets: [script] });
        await scripts.remove(script, c.var.actor);
        return c.body(null, 204);
      },
    )
    .openapi(
      route({
        method: "post",
        path: "/scripts/{script}/run",
        operationId: "runScript",
        permission: "deployment.write",
        audit: "script.run",
        summary: "Run a script with values for its parameters",
        description:
          "Values reach it as variables of its environment, a file as its standard input; none of them ever stands in its text.",
        tags,
        params: ScriptPath,
        headers: Idempotency,
        body: RunScript,
        responses: { 201: CreatedJobView },
      }),
      async (c) => {
        const { script } = c.req.valid("param");
        const wish = c.req.valid("json");
        c.var.audit.note({ targets: [script], details: { selector: wish.selector, account: wish.account } });
        const job = await scripts.run(script, wish, c.var.actor, c.req.valid("header")["idempotency-key"]);
        c.var.audit.note({ targets: [script, job.id], details: { hosts: job.targets } });
        return c.json(job, 201);
      },
    );
