import { exec } from "@atalaya/protocol";
import { describe, expect, test } from "vitest";
import type { Actor } from "../../api/actor.ts";
import { person } from "../../api/actor.testing.ts";
import { heardAudit } from "../../api/audit.testing.ts";
import { mount } from "../../api/mount.ts";
import { silentLog } from "../../platform/log/index.ts";
import { engines } from "../../platform/store/engines.testing.ts";
import { jobRoutes } from "./index.ts";
import { echo, openWorld, type World } from "./world.testing.ts";

const peer = { door: "public", address: "127.0.0.1", port: 1, hostName: async () => undefined } as const;
const ana = person("ana", "user");
const eva = person("eva", "user");
const operator = person("oma", "operator");

/** What a caller is answered, without what differs in every request. */
async function ask(world: World, actor: Actor, method: string, path: string, body?: unknown) {
  const { jobs, output } = world.room;
  const needs = { audit: heardAudit(), authenticate: async () => actor, log: silentLog };
  const app = mount([{ at: "/api/v1", routes: jobRoutes({ jobs, output }) }], needs);
  const answer = await app.fetch(
    new Request(`https://here/api/v1${path}`, {
      method,
      headers: { "x-request-id": "r", ...(body === undefined ? {} : { "content-type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }),
    { peer },
  );
  return { status: answer.status, text: await answer.text() };
}

/** A job of Ana's that has said something. */
async function printed(world: World) {
  await world.agents[0]!.connect();
  const job = await world.room.jobs.create(echo(), ana);
  await world.quiet();
  const run = job.runs[0]!.id;
  world.agents[0]!.print(run, "ana's own words");
  await world.quiet();
  return { job, run };
}

describe.each(engines)("whose jobs they are on $name", ({ open }) => {
  test("what is not yours is not there: no route tells it from what never was", async () => {
    await using store = await open();
    await using world = await openWorld(store, { hosts: 1 });
    const { job, run } = await printed(world);

    const nowhere = { job: `job_${"A".repeat(20)}`, run: `run_${"A".repeat(21)}Q` };
    const paths: readonly (readonly [string, (ids: typeof nowhere) => string, unknown?])[] = [
      ["GET", ({ job: id }) => `/jobs/${id}`],
      ["GET", ({ job: id }) => `/jobs/${id}/runs`],
      ["POST", ({ job: id }) => `/jobs/${id}/cancel`],
      ["POST", ({ job: id }) => `/jobs/${id}/pause`],
      ["POST", ({ job: id }) => `/jobs/${id}/resume`],
      ["POST", ({ job: id }) => `/jobs/${id}/abort`, { running: "cancel" }],
      ["POST", ({ job: id }) => `/jobs/${id}/retry`, {}],
      ["GET", ({ run: id }) => `/runs/${id}`],
      ["GET", ({ run: id }) => `/runs/${id}/output`],
      ["POST", ({ run: id }) => `/runs/${id}/cancel`],
    ];
    for (const [method, path, body] of paths) {
      const hers = await ask(world, eva, method, path({ job: job.id, run }), body);
      const nobodys = await ask(world, eva, method, path(nowhere), body);
      expect(hers.status, path(nowhere)).toBe(404);
      expect(hers.text.replaceAll(job.id, nowhere.job).replaceAll(run, nowhere.run)).toBe(nobodys.text);
    }
    expect(JSON.parse((await ask(world, eva, "GET", "/jobs")).text)).toEqual({ items: [] });
    const { id: host } = job.runs[0]!.host;
    expect(JSON.parse((await ask(world, eva, "GET", `/hosts/${host}/runs`)).text)).toEqual({ items: [] });
    const elsewhere = { ...ana, places: ["elsewhere"] };
    expect((await ask(world, elsewhere, "GET", `/hosts/${host}/runs`)).status).toBe(404);
    const second = await world.room.jobs.create(echo(), ana);
    const pages: string[] = [];
    for (let cursor: string | undefined = ""; cursor !== undefined;) {
      const page = `/hosts/${host}/runs?limit=1${cursor === "" ? "" : `&cursor=${cursor}`}`;
      const { items, next } = JSON.parse((await ask(world, operator, "GET", page)).text) as {
        items: { job: string; createdBy: string }[];
        next?: string;
      };
      pages.push(...items.map(({ job: id, createdBy }) => `${id} ${createdBy}`));
      cursor = next;
    }
    expect(pages).toEqual([second, job].map(({ id }) => `${id} pam:ana`));
    // Nothing of it had an effect.
    const after = await world.room.jobs.job(job.id, ana);
    expect(after.state).toBe("running");
    expect((await ask(world, ana, "GET", `/runs/${run}/output`)).text).toBe("ana's own words");
  });

  test("every live topic shows one's own only", async () => {
    await using store = await open();
    await using world = await openWorld(store, { hosts: 1 });
    const { job, run } = await printed(world);

    for (const topic of world.room.topics) {
      const params = [{ job: job.id }, { run }, {}]
        .map((given) => topic.params.safeParse(given))
        .find((parsed) => parsed.success)!;
      const read = async (actor: Actor) => {
        try {
          return JSON.stringify((await (await topic.open(params.data, undefined, actor)).read(undefined)).events);
        } catch (error) {
          return (error as { code: string }).code;
        }
      };
      expect(["[]", "job.unknown", "run.unknown"], topic.name).toContain(await read(eva));
      expect(["job.unknown", "run.unknown"], topic.name).not.toContain(await read(ana));
    }
  });

  test("who may see all jobs sees and controls those of others; limited to places, only their own", async () => {
    await using store = await open();
    await using world = await openWorld(store, { hosts: 1 });
    const job = await world.room.jobs.create(echo(), ana);
    expect((await world.room.jobs.list({ limit: 10 }, operator)).items).toMatchObject([{ id: job.id }]);
    expect((await world.room.jobs.pause(job.id, operator)).state).toBe("paused");
    const limited = { ...operator, places: ["site"] };
    expect((await world.room.jobs.list({ limit: 10 }, limited)).items).toEqual([]);
    await expect(world.room.jobs.job(job.id, limited)).rejects.toMatchObject({ code: "job.unknown" });
  });
});

describe("whom jobs run as", () => {
  const { open } = engines[0]!;
  const requestOf = async (world: World, job: { readonly id: string }, actor: Actor) =>
    (await world.room.jobs.job(job.id, actor)).request as Record<string, unknown>;

  test("a person's run as that person, whatever their request says; the agent is told so, signed", async () => {
    await using store = await open();
    await using world = await openWorld(store, { hosts: 1 });
    await world.agents[0]!.connect();
    const job = await world.room.jobs.create(echo(), ana);
    await world.quiet();
    expect(await requestOf(world, job, ana)).toMatchObject({ account: "ana", mapped: true });
    const start = world.agents[0]!.frames.find((frame) => frame.type === "start");
    expect(JSON.parse(start!.request)).toMatchObject({ account: "ana", mapped: true });

    const { request, ...rest } = echo();
    const asRoot = { ...rest, request: { ...(request as object), account: "root" } };
    await expect(world.room.jobs.create(asRoot, ana)).rejects.toMatchObject({ code: "job.account-forbidden" });
    expect((await world.room.jobs.list({ limit: 10 }, ana)).items).toHaveLength(1);
  });

  test("nobody gets another's account by asking again", async () => {
    await using store = await open();
    await using world = await openWorld(store, { hosts: 1 });
    const { request, ...rest } = echo();
    const job = await world.room.jobs.create(
      { ...rest, request: { ...(request as object), account: "root" } },
      operator,
    );
    await world.room.jobs.cancel(job.id, operator);
    const curious: Actor = { ...eva, permissions: new Set([...eva.permissions, "job.read-all"]) };
    await expect(world.room.jobs.retry(job.id, {}, curious)).rejects.toMatchObject({ code: "job.account-forbidden" });
    expect(await requestOf(world, await world.room.jobs.retry(job.id, {}, operator), operator)).toMatchObject({
      account: "root",
    });
  });

  test("what acts as the agent itself is only for who may choose", async () => {
    await using store = await open();
    const { runner: _, ...raw } = exec;
    await using world = await openWorld(store, { hosts: 1, capabilities: [{ ...raw, name: "raw" }] });
    const wish = { ...echo(), capability: "raw" };
    await expect(world.room.jobs.create(wish, ana)).rejects.toMatchObject({ code: "job.account-forbidden" });
    expect((await world.room.jobs.create(wish, operator)).capability).toBe("raw");
  });
});
