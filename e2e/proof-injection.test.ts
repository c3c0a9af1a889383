/**
 * Script where marcodeployer took it for markup (S-9): names of processes, files, machines and services, commands,
 * output and whatever else people, hosts and neighbours may say, shown to an administrator in a real browser.
 */
import { copyFileSync, chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { canMakeNetworks, enrolSim, SimAgent } from "@atalaya/testkit";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { canBrowse, openPage, type Visit } from "./console-world.ts";
import { labDoor, type Person } from "./lab-people.ts";
import { openLab, type Lab } from "./lab-world.ts";
import { PASSWORD } from "../packages/server/src/platform/pam/accounts.testing.ts";

const PEER = fileURLToPath(new URL("marcopolo-peer.child.ts", import.meta.url));
/** Runs where it is taken for markup; what it would leave is looked for. */
const EVIL = `<img src=x onerror="stolen=1"><script>stolen=1</script>`;
/** As long as the name of a process may be. */
const SHORT = "<b id=stolen>";

describe.runIf(canBrowse && canMakeNetworks)("script in what others say", { timeout: 60_000 }, () => {
  const owned = new AsyncDisposableStack();
  let lab: Lab;
  let ana: Person;
  let ada: Person;
  let visit: Visit;
  let dialogs: number;

  beforeAll(async () => {
    lab = owned.use(await openLab({ hosts: 2, env: { ATALAYA_DISCOVERY_SECONDS: "2" } }));
    const [host, neighbour] = [lab.hosts[0]!, lab.hosts[1]!];
    await lab.join(host);
    await lab.start(host).prints(/link\.up/);
    // A neighbour's name comes from the network, and nobody has let it in.
    owned.use(neighbour.spawn({ program: process.execPath, args: [PEER, "answer", SHORT, SHORT], env: {} }));
    const door = labDoor(lab);
    [ana, ada] = [await door.signIn(lab.ana), await door.signIn(lab.ada)];
    visit = owned.use(
      await openPage(lab.browser, {
        baseURL: door.origin,
        userAgent: `Mozilla/5.0 (${EVIL}) Chrome/140.0`,
      }),
    );
    dialogs = 0;
    visit.page.on("dialog", (dialog) => {
      dialogs += 1;
      void dialog.dismiss();
    });
  }, 60_000);
  afterAll(() => owned.disposeAsync());

  /** Nothing of it has become a part of the page. */
  async function isText(page: Page, where: string): Promise<void> {
    expect(await page.locator("#stolen, img[src=x], script:not([src]):not([nonce])").count(), where).toBe(0);
    expect(await page.evaluate("typeof stolen"), where).toBe("undefined");
  }
  async function see(path: string, ...signs: readonly string[]): Promise<void> {
    const { page } = visit;
    await page.goto(path);
    for (const sign of signs) await page.getByText(sign, { exact: false }).first().waitFor();
    await isText(page, path);
  }

  test("the way to the page: whereto afterwards, and what scripts see of the cookie", async () => {
    const { page } = visit;
    const elsewhere = [
      "https://evil.example/",
      "javascript:stolen=1",
      "//evil.example/",
      "/\\evil.example/",
      "/\t/evil.example/",
    ];
    for (const next of elsewhere) {
      await page.goto(`/sign-in?next=${encodeURIComponent(next)}`);
      await page.getByLabel("Account").fill(lab.ada);
      await page.locator("input[type=password]").fill(PASSWORD);
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
      expect(new URL(page.url()).host, next).toBe(`127.0.0.1:${lab.line.port}`);
      await isText(page, next);
      if (next !== elsewhere.at(-1)) await page.context().clearCookies();
    }
    // Neither scripts nor anybody who reads the page's scripts gets the cookie.
    expect(await page.evaluate("document.cookie")).toBe("");
  });

  test("what hosts say: names, facts, labels, processes, services on the network", async () => {
    const target = { host: "127.0.0.1", port: lab.line.port, ca: lab.server.ca };
    const { body } = await lab.server.call<{ token: string }>("POST", "/api/v1/join-tokens", { note: EVIL });
    const identity = await enrolSim(target, { token: body.token, n: 7, hostname: EVIL });
    const said = { os: { id: EVIL, name: EVIL, version: EVIL }, kernel: { name: EVIL, release: EVIL, arch: EVIL } };
    const hardware = {
      vendor: EVIL,
      product: EVIL,
      serial: EVIL,
      virtualization: EVIL,
      cpu: { model: EVIL, cores: 1 },
    };
    const parts = { disks: [{ name: EVIL, sizeBytes: 1, model: EVIL }], networks: [{ name: EVIL, addresses: [EVIL] }] };
    const agent = new SimAgent({
      identity,
      host: target.host,
      port: target.port,
      hello: { agentVersion: SHORT, system: { kind: "os", name: EVIL } },
      behave: () => ({}),
    });
    owned.defer(() => agent.wipe());
    await agent.connect();
    agent.send({
      type: "facts",
      facts: { hostname: EVIL, timezone: EVIL, ...said, ...hardware, ...parts },
      digest: "d",
    });
    const { body: fleet } = await ada.call<{ items: { name: string }[] }>("GET", "/api/v1/hosts");
    const name = fleet.items.map((each) => each.name).find((each) => each !== "pc-01")!;
    expect(name).toMatch(/^[a-z0-9-]+$/);
    await expect
      .poll(async () => JSON.stringify((await ada.call("GET", `/api/v1/hosts/${name}`)).body))
      .toContain("onerror");
    await see(`/hosts/${name}`, EVIL);
    await see("/hosts?view=table", name);
    await see(`/hosts/${name}?tab=history`, name);
    await see("/hosts?view=map", name);

    // A person's process on a host, named as the tool that lists it would not like.
    const bin = join(lab.hosts[0]!.own, "bin");
    mkdirSync(bin, { recursive: true });
    copyFileSync("/bin/yes", join(bin, SHORT));
    chmodSync(join(bin, SHORT), 0o755);
    const job = { selector: "pc-01", capability: "exec" };
    const script = `timeout 40 '${join(lab.disk, "bin", SHORT)}' >/dev/null`;
    const request = { command: { kind: "shell", script } };
    const { body: running } = await ana.call<{ id: string }>("POST", "/api/v1/jobs", { ...job, request });
    await see("/hosts/pc-01?tab=monitor", SHORT);
    await ana.call("POST", `/api/v1/jobs/${running.id}/cancel`);
    await see("/discovery", SHORT);
  });

  test("what people say: commands, notes, names of files and deployments, scripts, groups, what they read with", async () => {
    const file = await ana.upload("x");
    const deployment = await ana.call<{ id: string }>("POST", "/api/v1/deployments", {
      name: EVIL,
      selector: "pc-01",
      into: "evil",
      note: EVIL,
      artifacts: [{ name: `${SHORT}/<img src=x onerror=stolen=1>`, ...file }],
      command: { kind: "shell", script: `echo '${EVIL}'` },
    });
    expect(deployment.status).toBe(201);
    const wish = { text: `echo '${EVIL}'`, description: EVIL };
    expect((await ana.call("PUT", "/api/v1/scripts/evil", wish)).status).toBe(200);
    const group = { selector: "all", description: EVIL };
    expect((await ada.call("PUT", "/api/v1/groups/evil", group)).status).toBe(200);
    await see("/deployments", EVIL);
    await see(`/deployments/${deployment.body.id}`, EVIL, SHORT);
    await see("/scripts", EVIL);
    await see("/scripts/evil", EVIL);
    await see("/jobs", "pc-01");
    await see("/account", "Where you are signed in");
    await see("/users", ana.account);
    await see("/enrolment", EVIL);
    await see(`/audit?target=${encodeURIComponent(EVIL)}`, "enrolment.request");
    await see("/audit", "deployment.create");
    for (const path of ["/hosts?selector=", "/shell?selector=", "/jobs/", "/runs/", "/hosts/", "/deployments/", "/"])
      await see(`${path}${encodeURIComponent(EVIL)}`);
  });

  test("what commands print, in lines, folded and in a terminal", async () => {
    const link = `\\033]8;;javascript:stolen=1\\033\\\\click\\033]8;;\\033\\\\`;
    const script = `printf '%s\\n' '${EVIL}'; printf '${link} \\033]0;${SHORT}\\007 \\033[31m${SHORT}\\033[0m\\n'; echo '${EVIL}' >&2`;
    const { body } = await ana.call<{ id: string; runs: readonly { id: string }[] }>("POST", "/api/v1/jobs", {
      selector: "pc-01",
      capability: "exec",
      note: EVIL,
      request: { command: { kind: "shell", script } },
    });
    await see(`/jobs/${body.id}?tab=output`, EVIL, SHORT);
    await see(`/jobs/${body.id}?tab=output&fold=same`, EVIL);
    await see(`/jobs/${body.id}`, "1 of 1 ended");
    await see(`/runs/${body.runs[0]!.id}`, EVIL);
    await see(`/shell?job=${body.id}&show=hosts`, EVIL);
    const { page, complaints } = visit;
    expect(await page.locator("a[href^='javascript']").count()).toBe(0);
    await page.goto("/hosts/pc-01/terminal");
    await page.getByText("Ctrl Shift C copies", { exact: false }).waitFor();
    await page.keyboard.type(`${script.replaceAll("\\n'; ", "\\n'\n")}; echo the-$((6*7))-end\n`);
    await page.locator(".xterm-rows").getByText("the-42-end").waitFor();
    await isText(page, "terminal");
    expect(await page.title()).toContain("pc-01");
    expect([dialogs, complaints]).toEqual([0, []]);
  });
});
