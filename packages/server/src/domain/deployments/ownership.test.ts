/** Whose deployments they are, and as whom: the room's own tables, on both engines. */
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deploy, exec } from "@atalaya/protocol";
import { describe, expect, test } from "vitest";
import type { Actor } from "../../api/actor.ts";
import { person } from "../../api/actor.testing.ts";
import { openBlobs } from "../../platform/blobs/index.ts";
import { silentLog } from "../../platform/log/index.ts";
import { engines, type EngineUnderTest } from "../../platform/store/engines.testing.ts";
import { createBlobs } from "../blobs/index.ts";
import { handClock, key, openWorld } from "../jobs/world.testing.ts";
import { createDeploymentsRoom, savedBlobNames } from "./index.ts";
import { NewDeployment } from "./new-deployment.ts";

const ana = person("ana", "user");
const eva = person("eva", "user");
const admin = person("ada", "admin");

async function openRoom({ open }: EngineUnderTest) {
  await using undo = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "atalaya-deployments-"));
  undo.defer(() => rm(folder, { recursive: true, force: true }));
  const store = undo.use(await open());
  const clock = handClock();
  const blobs = createBlobs({ store, bytes: await openBlobs(folder, { clock }), clock, log: silentLog });
  const alsoNamed = savedBlobNames(store);
  const world = undo.use(
    await openWorld(store, {
      hosts: 2,
      capabilities: [exec, deploy],
      blobs,
      alsoNamed,
    }),
  );
  for (const agent of world.agents) await agent.connect({ capabilities: ["exec", "deploy"] });
  const { jobs, names } = world.room;
  const { deployments, saved } = createDeploymentsRoom({ store, jobs, blobs, names, key, clock: world.clock });
  /** A file that this caller brought. */
  async function file(name: string, text: string, actor: Actor) {
    const bytes = Buffer.from(text);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    await blobs.upload(sha256, part(bytes), { offset: 0, more: false }, actor);
    return { name, sha256, size: bytes.length };
  }
  const owned = undo.move();
  return {
    world,
    deployments,
    saved,
    file,
    async wish(actor: Actor, more: object = {}) {
      const artifacts = [await file("f", "x", actor)];
      return NewDeployment.parse({ selector: "all", artifacts, command: { kind: "shell", script: "./go" }, ...more });
    },
    /** As whom the agents were asked, and whether that was a person's own account. */
    async asked(id: string) {
      await world.quiet();
      const requests = world.agents.flatMap(({ frames }) =>
        frames.flatMap((frame) =>
          frame.type === "start" ? [JSON.parse(frame.request) as Record<string, unknown>] : [],
        ),
      );
      return requests.filter(({ deployment }) => deployment === id).map(({ account, mapped }) => [account, mapped]);
    },
    async finish(outcome: object = { counts: { created: 1 } }) {
      await world.quiet();
      for (const agent of world.agents) {
        for (const run of [...agent.spool.keys()]) {
          agent.accept(run);
          agent.say({ type: "result", run, state: "succeeded", result: outcome, lastSequence: 0, durationMs: 5 });
        }
      }
      await world.quiet();
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function* part(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

describe.each(engines)("whose deployments they are, on $name", (engine) => {
  test("a person deploys as themselves and as nobody else", async () => {
    await using it = await openRoom(engine);
    const made = await it.deployments.create(await it.wish(ana), ana);
    expect(await it.asked(made.id)).toEqual([
      ["ana", true],
      ["ana", true],
    ]);
    for (const account of ["root", "eva"]) {
      await expect(it.deployments.create(await it.wish(ana, { account }), ana)).rejects.toMatchObject({
        code: "job.account-forbidden",
      });
    }
    expect((await it.deployments.list({ limit: 10 }, ana)).items.map(({ id }) => id)).toEqual([made.id]);
  });

  test("what is another's is not there: to see, to run again, to roll back, to save or to take files from", async () => {
    await using it = await openRoom(engine);
    const artifact = await it.file("secret", "ana's own words", ana);
    const made = await it.deployments.create(await it.wish(ana, { artifacts: [artifact] }), ana);
    await it.finish();
    const saved = await it.wish(ana, { artifacts: [artifact] });
    await it.saved.put("web", saved, ana);
    const tries = [
      it.deployments.one(made.id, eva),
      it.deployments.hosts(made.id, { limit: 10, files: true }, eva),
      it.deployments.again(made.id, {}, eva),
      it.deployments.rollBack(made.id, { force: true, commands: true }, eva),
      it.deployments.spec(made.id, eva),
      it.saved.get("web", ana.name, eva),
      it.saved.toRun("web", ana.name, eva),
      it.saved.remove("web", eva),
    ];
    for (const one of await Promise.allSettled(tries))
      expect(one).toMatchObject({ status: "rejected", reason: { code: "deployment.unknown" } });
    // Knowing the digest of a file is no right to it.
    for (const one of await Promise.allSettled([it.deployments.create(saved, eva), it.saved.put("mine", saved, eva)]))
      expect(one).toMatchObject({ status: "rejected", reason: { code: "blob.unknown" } });
    expect((await it.deployments.list({ limit: 10 }, eva)).items).toEqual([]);
    expect(await it.saved.list(eva)).toEqual([]);
    // Two people's saved deployments of one name are two.
    await it.saved.put("web", await it.wish(eva, { artifacts: [] }), eva);
    expect((await it.saved.get("web", undefined, ana)).files).toBe(1);
    expect((await it.saved.list(admin)).map(({ owner }) => owner)).toEqual([ana.name, eva.name]);
  });

  test("an administrator who does a person's again, or undoes it, stays that person on the hosts", async () => {
    await using it = await openRoom(engine);
    const made = await it.deployments.create(await it.wish(ana), ana);
    await it.finish();
    const again = await it.deployments.again(made.id, {}, admin);
    expect((await it.asked(again.id)).map(([account]) => account)).toEqual(["ana", "ana"]);
    const back = await it.deployments.rollBack(made.id, { force: false, commands: true }, admin);
    expect((await it.asked(back.id)).map(([account]) => account)).toEqual(["ana", "ana"]);
    await it.saved.put("web", await it.wish(ana), ana);
    await expect(it.saved.toRun("web", ana.name, admin)).rejects.toMatchObject({ code: "job.account-forbidden" });
    expect(await it.saved.toRun("web", undefined, ana)).toMatchObject({ selector: "all" });
    await it.saved.put("named", await it.wish(ana, { account: "ana" }), ana);
    expect(await it.saved.toRun("named", ana.name, admin)).toMatchObject({ account: "ana" });
    // Their own runs as the agent, as they asked.
    const own = await it.deployments.create(await it.wish(admin), admin);
    await it.finish();
    const ownAgain = await it.deployments.again(own.id, {}, admin);
    expect((await it.asked(ownAgain.id)).map(([account]) => account)).toEqual([undefined, undefined]);
  });

  test("they are listed in pages, told host by host, undone once each, and forgotten with their time", async () => {
    await using it = await openRoom(engine);
    const made: string[] = [];
    for (let n = 0; n < 5; n += 1)
      made.push((await it.deployments.create(await it.wish(ana, { name: `n${n}` }), ana)).id);
    await it.finish({ counts: { created: 2, kept: 1 }, folder: "/home/ana" });
    const first = await it.deployments.list({ limit: 3 }, ana);
    const rest = await it.deployments.list({ limit: 3, cursor: first.next! }, ana);
    expect([...first.items, ...rest.items].map(({ id }) => id)).toEqual(made.toReversed());
    expect(rest.next).toBeUndefined();

    const { items } = await it.deployments.hosts(made[0]!, { limit: 1, files: false }, ana);
    expect(items).toMatchObject([{ host: { name: "pc1" }, counts: { created: 2, kept: 1 }, folder: "/home/ana" }]);
    const back = await it.deployments.rollBack(made[0]!, { force: false, commands: false }, ana);
    expect((await it.deployments.one(made[0]!, ana)).rollbacks).toEqual([back.id]);
    await expect(it.deployments.again(back.id, {}, ana)).rejects.toMatchObject({ code: "request.conflict" });

    const once = await it.wish(ana, { name: "once" });
    const [one, two] = [await it.deployments.create(once, ana, "k"), await it.deployments.create(once, ana, "k")];
    expect(two.id).toBe(one.id);
    await it.file("f", "x", eva);
    expect((await it.deployments.create(once, eva, "k")).id).not.toBe(one.id);
    await it.deployments.forget(it.world.clock.now() + 1);
    expect((await it.deployments.list({ limit: 10 }, ana)).items).toEqual([]);
  });
});
