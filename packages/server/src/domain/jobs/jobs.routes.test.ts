import { describe, expect, test } from "vitest";
import { heardAudit } from "../../api/audit.testing.ts";
import { mount } from "../../api/mount.ts";
import { silentLog } from "../../platform/log/index.ts";
import { engines } from "../../platform/store/engines.testing.ts";
import type { Actor } from "../../api/actor.ts";
import { jobRoutes } from "./index.ts";
import { admin, echo, openWorld, type World } from "./world.testing.ts";

const peer = { door: "public", address: "127.0.0.1", port: 1, hostName: async () => undefined } as const;
const { open } = engines[0]!;

function apiOf(world: World, actor: Actor = admin) {
  const { jobs, output } = world.room;
  const app = mount([{ at: "/api/v1", routes: jobRoutes({ jobs, output }) }], {
    audit: heardAudit(),
    authenticate: async () => actor,
    log: silentLog,
  });
  return async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const init =
      body === undefined
        ? { method, headers }
        : { method, headers: { ...headers, "Content-Type": "application/json" }, body: JSON.stringify(body) };
    return app.fetch(new Request(`https://here/api/v1${path}`, init), { peer });
  };
}

describe("jobs over HTTP", () => {
  test("are made, listed, followed and cancelled", async () => {
    await using store = await open();
    await using world = await openWorld(store, { hosts: 2, diligent: true });
    await world.agents[0]!.connect();
    const ask = apiOf(world);
    const made = await ask("POST", "/jobs", echo(), { "Idempotency-Key": "once" });
    expect(made.status).toBe(201);
    const job = (await made.json()) as { id: string; runs: { id: string }[] };
    const again = await ask("POST", "/jobs", echo(), { "Idempotency-Key": "once" });
    expect(await again.json()).toMatchObject({ id: job.id });
    await world.quiet();

    expect(await (await ask("GET", "/jobs?limit=1&state=running")).json()).toMatchObject({ items: [{ id: job.id }] });
    const page = (await (await ask("GET", `/jobs/${job.id}/runs?limit=1`)).json()) as {
      items: unknown[];
      next: string;
    };
    expect(page.items).toMatchObject([{ state: "succeeded", host: { name: "pc1" } }]);
    const rest = await (await ask("GET", `/jobs/${job.id}/runs?limit=1&cursor=${page.next}`)).json();
    expect(rest).toMatchObject({ items: [{ state: "queued", host: { name: "pc2" } }] });

    for (const verb of ["pause", "resume"]) expect((await ask("POST", `/jobs/${job.id}/${verb}`)).status).toBe(200);
    expect(await (await ask("POST", `/runs/${job.runs[1]!.id}/cancel`)).json()).toMatchObject({ state: "cancelled" });
    expect(await (await ask("GET", `/jobs/${job.id}`)).json()).toMatchObject({ state: "finished" });
    const retried = await ask("POST", `/jobs/${job.id}/retry`, {});
    expect(await retried.json()).toMatchObject({ retryOf: job.id, targets: 1 });
  });

  test("give a run's output as its bytes", async () => {
    await using store = await open();
    await using world = await openWorld(store, { hosts: 1 });
    const [agent] = world.agents;
    await agent!.connect();
    const ask = apiOf(world);
    const job = (await (await ask("POST", "/jobs", echo())).json()) as { runs: { id: string }[] };
    await world.quiet();
    const id = job.runs[0]!.id;
    agent!.print(id, "line\n\0");
    await world.quiet();
    const answer = await ask("GET", `/runs/${id}/output`);
    expect(answer.headers.get("content-type")).toBe("application/octet-stream");
    expect(Buffer.from(await answer.arrayBuffer()).toString()).toBe("line\n\0");
  });

  test("answer what is wrong with its code, and what is forbidden not at all", async () => {
    await using store = await open();
    await using world = await openWorld(store, { hosts: 1 });
    const ask = apiOf(world);
    const codeOf = async (answer: Response) => [answer.status, ((await answer.json()) as { code: string }).code];
    expect(await codeOf(await ask("POST", "/jobs", { selector: "all" }))).toEqual([400, "request.malformed"]);
    expect(await codeOf(await ask("GET", "/jobs/job_AAAAAAAAAAAAAAAAAAAA"))).toEqual([404, "job.unknown"]);
    expect(await codeOf(await ask("GET", "/runs/run_AAAAAAAAAAAAAAAAAAAAAA"))).toEqual([404, "run.unknown"]);
    const reader = apiOf(world, { ...admin, permissions: new Set(["job.read"]) });
    expect(await codeOf(await reader("POST", "/jobs", echo()))).toEqual([403, "identity.forbidden"]);
  });
});
