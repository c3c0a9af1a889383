/** A person's day: real accounts, a real browser, real agents on hosts of a network, from signing in to signing out. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { splitJoinToken } from "@atalaya/protocol";
import { bareMachine, canMakeNetworks } from "@atalaya/testkit";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { canBrowse, type Visit } from "./console-world.ts";
import { LAB_SERVER, openLab, type Lab, type LabHost } from "./lab-world.ts";

const PEER = fileURLToPath(new URL("marcopolo-peer.child.ts", import.meta.url));
const AGENT = fileURLToPath(import.meta.resolve("@atalaya/agent/main"));

describe.runIf(canBrowse && canMakeNetworks)("a day in the lab", { timeout: 60_000 }, () => {
  let lab: Lab;
  let enrolled: readonly LabHost[];
  let waiting: LabHost;
  let old: LabHost;
  let ana: Visit;
  const owned = new AsyncDisposableStack();

  beforeAll(async () => {
    lab = owned.use(await openLab({ hosts: 5, env: { ATALAYA_DISCOVERY_SECONDS: "2" } }));
    [waiting, old] = [lab.hosts[3]!, lab.hosts[4]!];
    enrolled = lab.hosts.slice(0, 3);
    await Promise.all(enrolled.map((host) => lab.join(host)));
    for (const host of enrolled) lab.start(host);
  }, 60_000);
  afterAll(() => owned.disposeAsync());

  /** What each host has at a path below its disk. */
  const onDisks = (path: string) => enrolled.map(({ own }) => readFileSync(join(own, path), "utf8"));
  const outputOf = (page: Page) => page.getByRole("log", { name: "Output" });

  async function type(page: Page, command: string): Promise<void> {
    await page.getByRole("textbox", { name: "Command" }).fill(command);
    await page.keyboard.press("Enter");
  }

  test("an account of the server's machine signs in by the page; a wrong password is told, and roles come from groups", async () => {
    await using stranger = await lab.stranger();
    const { page } = stranger;
    await page.goto("/sign-in");
    await page.getByLabel("Account").fill(lab.ana);
    await page.locator("input[type=password]").fill("guessed");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("alert").getByText("Account or password is wrong").waitFor();

    await using ada = await lab.signIn(lab.ada);
    await ada.page.getByRole("button", { name: `${lab.ada} Administrator` }).waitFor();
    await ada.page.getByRole("link", { name: "Users" }).waitFor();
    ana = owned.use(await lab.signIn(lab.ana));
    await ana.page.getByRole("button", { name: `${lab.ana} User` }).waitFor();
    expect(await ana.page.getByRole("link", { name: "Users" }).count()).toBe(0);
  });

  test("files that are chosen and a folder that is dropped come to three hosts as their account, and go back with a click", async () => {
    const { page, complaints } = ana;
    const dropped = join(lab.disk, "site");
    mkdirSync(join(dropped, "css"), { recursive: true });
    writeFileSync(join(dropped, "index.html"), "<h1>new</h1>\n");
    writeFileSync(join(dropped, "css", "a.css"), "h1 { color: green }\n");
    for (const { own } of enrolled) writeFileSync(join(own, "ana", "program"), "old\n", { mode: 0o666 });

    await page.getByRole("link", { name: "Deployments" }).click();
    await page.getByRole("link", { name: "New deployment" }).first().click();
    const choosing = page.waitForEvent("filechooser");
    await page.getByRole("button", { name: "Choose files" }).click();
    const program = {
      name: "program",
      mimeType: "text/plain",
      buffer: Buffer.from("#!/bin/sh\necho I am $(id -un)\n"),
    };
    await (await choosing).setFiles([program]);
    await dropOn(page, dropped);
    const files = page.getByRole("list", { name: "Files" });
    await files.getByText("ready", { exact: false }).nth(2).waitFor();
    await files.getByText("site/css/a.css").waitFor();
    await page.getByRole("textbox", { name: "Where", exact: true }).fill("pc-[01-03]");
    await page.keyboard.press("Enter");
    await page.getByText("3 hosts, 3 online").waitFor();
    await page.getByRole("textbox", { name: "Mode" }).fill("755");
    await page.getByRole("textbox", { name: "Then run" }).fill("./program");
    await page.getByRole("button", { name: "Deploy" }).click();
    const asked = page.getByRole("dialog");
    await asked.getByText("pc-[01-03]").waitFor();
    await asked.getByRole("button", { name: "Deploy" }).click();

    const results = page.getByRole("table", { name: "Host by host" });
    for (const { name } of enrolled) {
      const row = results.getByRole("row").filter({ hasText: name });
      await row.getByText("2 created, 1 replaced").waitFor();
      await row.getByText("succeeded").waitFor();
    }
    expect(onDisks("ana/program")).toEqual(Array(3).fill(program.buffer.toString()));
    expect(onDisks("ana/site/css/a.css")).toEqual(Array(3).fill("h1 { color: green }\n"));
    await results.getByRole("link", { name: "pc-02" }).click();
    await outputOf(page).getByText(`I am ${lab.ana}`).waitFor();
    await page.goBack();

    await page.getByRole("button", { name: "Roll back" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Roll back" }).click();
    for (const { name } of enrolled)
      await results.getByRole("row").filter({ hasText: name }).getByText("1 restored, 2 removed").waitFor();
    expect(onDisks("ana/program")).toEqual(["old\n", "old\n", "old\n"]);
    for (const { own } of enrolled) expect(existsSync(join(own, "ana", "site"))).toBe(false);
    expect(complaints).toEqual([]);
  });

  test("a command runs on many, its output is watched, and the stop button ends its processes there", async () => {
    const { page, complaints } = ana;
    await page.goto("/shell?selector=pc-%5B01-03%5D");
    await page.getByText("3 hosts, 3 online").waitFor();
    // A number that no other process of this machine sleeps for.
    const seconds = `${600 + Math.random()}`;
    await type(page, `echo "$(hostname) begins"; sleep ${seconds} & sleep ${seconds}; echo never`);
    for (const { name } of enrolled) await outputOf(page).getByText(`${name} begins`).waitFor();
    expect(sleepers(seconds)).toBe(6);
    await page.getByRole("button", { name: "Stop" }).click();
    const dialog = page.getByRole("dialog", { name: "Stop this job" });
    await dialog.getByText("3 hosts").waitFor();
    await dialog.getByRole("button", { name: "Stop" }).click();
    await page.getByText("3 of 3 ended").waitFor();
    await expect.poll(() => sleepers(seconds), { timeout: 10_000 }).toBe(0);
    await page.getByRole("link", { name: /begins/ }).click();
    await page.getByRole("table").getByText("cancelled").nth(2).waitFor();
    expect(complaints).toEqual([]);
  });

  test("two tabs that lose the line in the middle of output show each byte once, in order", async () => {
    const { page } = ana;
    await page.goto("/shell?selector=pc-%5B01-03%5D");
    await page.getByText("3 hosts, 3 online").waitFor();
    await type(page, "for i in $(seq 1 200); do printf 'half-%s' $i; sleep 0.02; echo '-line'; done");
    const other = await page.context().newPage();
    await page.getByText("0 of 3 ended").waitFor();
    await other.goto(page.url());
    // What was seen scrolls away: the lines are counted.
    const count = page.getByText(/^\d+ lines, /);
    for (const seen of [90, 240, 390]) {
      await expect
        .poll(async () => parseInt(await count.innerText()), { timeout: 15_000, interval: 20 })
        .toBeGreaterThan(seen);
      lab.line.cut();
    }
    const lines = Array.from({ length: 200 }, (_, at) => `half-${at + 1}-line`);
    for (const tab of [page, other]) {
      await tab.getByText("3 of 3 ended").waitFor();
      await tab.getByText("600 lines,", { exact: false }).waitFor();
      await tab.bringToFront();
      await tab.getByRole("button", { name: "Copy", exact: true }).click();
      await tab.getByText("600 lines copied").waitFor();
      const copied = ((await tab.evaluate("navigator.clipboard.readText()")) as string).split("\n");
      for (const { name } of enrolled) {
        const own = copied.filter((line) => line.startsWith(`${name}: `)).map((line) => line.slice(name.length + 2));
        expect(own).toEqual(lines);
      }
    }
    await other.close();
  });

  test("a terminal on a host is typed into and read, follows the window's size, and ends with its shell", async () => {
    const { page, complaints } = ana;
    await page.goto("/hosts/pc-02");
    await page.getByRole("link", { name: "Terminal" }).click();
    await page.getByText(`As ${lab.ana}.`, { exact: false }).waitFor();
    const rows = page.locator(".xterm-rows");
    const columnsNow = async (mark: string) => {
      await page.keyboard.type(`echo ${mark} $(id -un) at $(hostname), $(stty size | cut -d' ' -f2) wide\n`);
      const told = rows.getByText(new RegExp(`${mark} ${lab.ana} at pc-02, \\d+ wide`)).last();
      return Number(/(\d+) wide/.exec(await told.innerText())?.[1]);
    };
    const before = await columnsNow("first");
    await page.setViewportSize({ width: 900, height: 700 });
    await expect.poll(async () => (await columnsNow("then")) < before, { timeout: 10_000 }).toBe(true);
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.keyboard.type("exit 7\n");
    await page.getByText("The shell ended with 7.").waitFor();
    expect(complaints).toEqual([]);
  });

  test("machines that come later appear without a reload, and Enrol makes hosts of them", async () => {
    await using visit = await lab.signIn(lab.ada);
    const { page, complaints } = visit;
    await page.getByRole("link", { name: "Discovery" }).click();
    const table = page.getByRole("table", { name: "Discovery" });
    await table.getByRole("link", { name: "pc-01" }).waitFor();
    const rowOf = ({ address }: LabHost) => table.getByRole("row").filter({ hasText: address });
    expect(await rowOf(old).count()).toBe(0);

    // An old MarcoPolo node: the line of its button is typed on it.
    const polod = owned.use(
      old.spawn({ program: process.execPath, args: [PEER, "answer", "n7", "receiver"], env: {} }),
    );
    await polod.prints(/answering/);
    await rowOf(old).getByText("n7").waitFor();
    const other = owned.use(waiting.spawn({ program: process.execPath, args: [PEER, "answer", "n8"], env: {} }));
    await other.prints(/answering/);
    await rowOf(old).getByRole("button", { name: "Enrol" }).click();
    const dialog = page.getByRole("dialog", { name: "Enrol" });
    const line = await dialog.getByText("ATALAYA_JOIN_TOKEN=", { exact: false }).innerText();
    await page.keyboard.press("Escape");
    await using machine = await bareMachine(old);
    const installed = await machine.typed(line);
    expect(installed.code, installed.printed).toBe(0);
    await rowOf(old).getByRole("link", { name: old.name }).waitFor({ timeout: 30_000 });

    // An agent that nobody invited: its button lets it in.
    const { body } = await lab.server.call<{ readonly token: string }>("POST", "/api/v1/join-tokens", {});
    const { pin } = splitJoinToken(body.token)!;
    const args = [AGENT, "join", "--data", waiting.data, "--server", LAB_SERVER, "--ca-pin", pin];
    await using joining = waiting.spawn({ program: process.execPath, args, env: {} });
    await joining.prints(/atalaya host accept/);
    await rowOf(waiting).getByText("n8").waitFor();
    await rowOf(waiting).getByRole("button", { name: "Enrol" }).click();
    await page.getByText("It was waiting, and is let in.").waitFor();
    expect((await joining.ended()).code, joining.printed).toBe(0);
    lab.start(waiting);
    await rowOf(waiting).getByRole("link", { name: waiting.name }).waitFor({ timeout: 20_000 });
    expect(complaints).toEqual([]);
  });
});

/** Drags a file or folder of this machine onto the page, as a file manager does. */
async function dropOn(page: Page, path: string): Promise<void> {
  const box = (await page.getByRole("group", { name: "Files" }).boundingBox())!;
  const devtools = await page.context().newCDPSession(page);
  const data = { items: [], files: [path], dragOperationsMask: 1 };
  const where = { x: box.x + box.width / 2, y: box.y + 20, data };
  for (const type of ["dragEnter", "dragOver", "drop"] as const)
    await devtools.send("Input.dispatchDragEvent", { type, ...where });
  await devtools.detach();
}

/** How many processes of this machine, which all hosts share, sleep for this time. */
function sleepers(seconds: string): number {
  const commands = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8");
      } catch {
        // It ended while we looked.
        return "";
      }
    });
  return commands.filter((command) => command === `sleep\0${seconds}\0`).length;
}
