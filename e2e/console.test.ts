/** A person's ways through the web console, in a real browser. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { faultProxy } from "@atalaya/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { canBrowse, consoleWorld, type ConsoleWorld } from "./console-world.ts";

describe.runIf(canBrowse)("the web console", () => {
  let world: ConsoleWorld;
  beforeAll(async () => {
    world = await consoleWorld();
  });
  afterAll(() => world[Symbol.asyncDispose]());

  test("asks a stranger to sign in, and brings them where they wanted to go", async () => {
    await using visit = await world.stranger();
    const { page, complaints } = visit;
    await page.goto("/hosts?view=table");
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    expect(new URL(page.url()).searchParams.get("next")).toBe("/hosts?view=table");
    const [path, hash] = (await world.signInPath()).split("#");
    await page.goto(`${path}?next=${encodeURIComponent("/hosts?view=table")}#${hash}`);
    await page.getByRole("table", { name: "Hosts" }).getByRole("link", { name: "pc-07" }).waitFor();
    expect(page.url()).not.toContain("link=");
    await page.goto(`${path}#${hash}`);
    await page.getByRole("alert").getByText("A link works once", { exact: false }).waitFor();
    expect(complaints).toEqual([]);
  });

  test("shows the fleet by place, narrows it by a selector, and says where one is wrong", async () => {
    await using visit = await world.visit();
    const { page, complaints } = visit;
    await page.getByRole("link", { name: "Hosts", exact: true }).click();
    await page.getByRole("heading", { name: "norte / aula-1" }).waitFor();
    await page.getByText("13 hosts").waitFor();
    const field = page.getByRole("textbox", { name: "Which hosts" });
    await field.fill("lab:aula-2 and");
    await field.press("Enter");
    await page.getByRole("alert").getByText("position 15").waitFor();
    await field.fill("lab:aula-2 and not pc-04");
    await field.press("Enter");
    await page.getByText("5 hosts").waitFor();
    expect(new URL(page.url()).searchParams.get("selector")).toBe("lab:aula-2 and not pc-04");
    // Live: what somebody else changes is seen without asking.
    await world.server.call("PATCH", "/api/v1/hosts/pc-02", { place: "norte/aula-1" });
    await page.getByText("4 hosts").waitFor();
    await world.server.call("PATCH", "/api/v1/hosts/pc-02", { place: "sur/aula-2" });
    expect(complaints).toEqual([]);
  });

  test("runs a command, shows its output while it runs, and stops it", async () => {
    await using visit = await world.visit();
    const { page, complaints } = visit;
    await page.goto("/shell?selector=real");
    await page.getByText("1 host, 1 online").waitFor();
    await page.getByRole("textbox", { name: "Command" }).fill("echo '<b>begun</b>'; sleep 600");
    await page.keyboard.press("Enter");
    const output = page.getByRole("log", { name: "Output" });
    // As text, never as markup.
    await output.getByText("<b>begun</b>").waitFor();
    await page.getByRole("button", { name: "Stop" }).click();
    const dialog = page.getByRole("dialog", { name: "Stop this job" });
    await dialog.getByText("1 host").waitFor();
    await dialog.getByRole("button", { name: "Stop" }).click();
    await page.getByText("1 of 1 ended").waitFor();
    await page.getByRole("link", { name: /sleep 600/ }).click();
    await page.getByRole("table").getByText("cancelled").waitFor();
    expect(complaints).toEqual([]);
  });

  test("asks for the number of hosts before a command reaches many, and folds equal answers", async () => {
    await using visit = await world.visit();
    const { page, complaints } = visit;
    await page.goto("/shell?selector=pc-%5B01-12%5D&show=same");
    await page.getByText("12 hosts, 12 online").waitFor();
    await page.getByRole("textbox", { name: "Command" }).fill("say hello");
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog");
    await dialog.getByText("pc-[01-12]").waitFor();
    const run = dialog.getByRole("button", { name: "Run" });
    expect(await run.isDisabled()).toBe(true);
    await dialog.getByRole("textbox").fill("12");
    await run.click();
    await page.getByText("12 of 12 ended").waitFor();
    const answers = page.getByRole("region", { name: "Equal as one" });
    await answers.getByText("hello").waitFor();
    expect(await answers.getByText("12 hosts").count()).toBe(1);
    expect(complaints).toEqual([]);
  });

  test("loses no line and shows none twice when its connection breaks in the middle of output", async () => {
    await using proxy = await faultProxy(world.server);
    await using visit = await world.visit({ port: proxy.port });
    const { page, complaints } = visit;
    await page.goto("/shell?selector=real");
    await page
      .getByRole("textbox", { name: "Command" })
      .fill("for i in $(seq 1 240); do echo line-$i-; sleep 0.01; done");
    await page.keyboard.press("Enter");
    const output = page.getByRole("log", { name: "Output" });
    for (const seen of [40, 110, 170]) {
      await output.getByText(`line-${seen}-`).waitFor();
      proxy.cut();
    }
    await output.getByText("line-240-").waitFor();
    await page.getByText("1 of 1 ended").waitFor();
    await page.getByRole("button", { name: "Copy", exact: true }).click();
    await page.getByText("240 lines copied").waitFor();
    const copied = await page.evaluate("navigator.clipboard.readText()");
    expect(copied).toBe(Array.from({ length: 240 }, (_, at) => `real: line-${at + 1}-\n`).join(""));
    expect(complaints).toEqual([]);
  });

  test("deploys a folder of files, shows what became of each, and rolls it back", async () => {
    const folder = await mkdtemp(join(tmpdir(), "atalaya-deployed-"));
    try {
      await using visit = await world.visit();
      const { page, complaints } = visit;
      await page.goto("/deployments/new");
      await page
        .locator("input[type=file]")
        .first()
        .setInputFiles([
          { name: "hello.txt", mimeType: "text/plain", buffer: Buffer.from("from the console\n") },
          { name: "<img src=x onerror=alert(1)>.txt", mimeType: "text/plain", buffer: Buffer.alloc(300_000, 7) },
        ]);
      await page.getByText("ready", { exact: false }).nth(1).waitFor();
      await page.getByRole("textbox", { name: "Where", exact: true }).fill("real");
      await page.keyboard.press("Enter");
      await page.getByText("1 host, 1 online").waitFor();
      await page.getByRole("textbox", { name: "Into folder" }).fill(join(folder, "site"));
      await page.getByRole("button", { name: "Deploy" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Deploy" }).click();
      await page.getByRole("table", { name: "Host by host" }).getByText("2 created").waitFor();
      expect(await readFile(join(folder, "site", "hello.txt"), "utf8")).toBe("from the console\n");
      await page.getByRole("button", { name: "Roll back" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Roll back" }).click();
      await page.getByRole("table", { name: "Host by host" }).getByText("2 removed").waitFor();
      await expect(readFile(join(folder, "site", "hello.txt"))).rejects.toThrow("ENOENT");
      await page.getByText("takes back 2 · 300 kB").waitFor();
      // What changed nothing offers no way back.
      for (const word of ["1 created", "1 unchanged"]) {
        await page.goto(`/deployments/${await world.deploy("Note", "real", join(folder, "again"))}`);
        await page.getByRole("table", { name: "Host by host" }).getByText(word).waitFor();
        expect(await page.getByRole("button", { name: "Roll back" }).isEnabled()).toBe(word === "1 created");
      }
      expect(complaints).toEqual([]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  test("shows how a host fares, every second while one looks", async () => {
    await using visit = await world.visit();
    const { page, complaints } = visit;
    await page.goto("/hosts/real?tab=monitor");
    await page.getByRole("figure", { name: "CPU" }).waitFor();
    const memory = page.getByRole("figure", { name: "Memory" });
    await memory.getByText(/\d %$/).first().waitFor();
    await page
      .getByRole("table", { name: "Busiest processes" })
      .getByText(/\d MB$/)
      .first()
      .waitFor();
    // What cannot be told is not there: this simulated host tells nothing at all.
    await page.goto("/hosts/pc-01?tab=monitor");
    await page.getByText("This agent tells no values").waitFor();
    expect(complaints).toEqual([]);
  });

  test("writes a script with parameters, and runs it by its form on hosts that are shown before", async () => {
    await using visit = await world.visit();
    const { page, complaints } = visit;
    await page.goto("/new-script");
    await page.getByRole("textbox", { name: "Name" }).fill("greet");
    await page
      .getByRole("textbox", { name: "Text", exact: true })
      .fill(`for i in $(seq "$TIMES"); do echo "hola $WHO"; done # ${"long lines scroll in their box ".repeat(9)}`);
    await page.getByRole("button", { name: "Add a parameter" }).click();
    await page.getByRole("textbox", { name: "Variable" }).fill("WHO");
    await page.getByRole("button", { name: "Add a parameter" }).click();
    await page.getByRole("textbox", { name: "Variable" }).nth(1).fill("TIMES");
    await page.getByRole("combobox", { name: "Type" }).nth(1).click();
    await page.getByRole("option", { name: "Number" }).click();
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("heading", { level: 1, name: "greet" }).waitFor();
    const text = await page.getByText("long lines scroll in their box").boundingBox();
    expect(text!.x + text!.width).toBeLessThan(page.viewportSize()!.width);
    await page.getByRole("textbox", { name: "Where" }).fill("real");
    await page.keyboard.press("Enter");
    await page.getByText("1 host, 1 online").waitFor();
    await page.getByRole("textbox", { name: "WHO" }).fill("<b>Ana</b>; false");
    const run = page.getByRole("button", { name: "Run", exact: true });
    await page.getByRole("textbox", { name: "TIMES" }).fill("many");
    await run.click();
    await page.getByText("Must be a number").waitFor();
    await page.getByRole("textbox", { name: "TIMES" }).fill("2");
    await run.click();
    await page.getByRole("dialog").getByText("real").first().waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Run" }).click();
    await page.getByRole("log", { name: "Output" }).getByText("hola <b>Ana</b>; false").nth(1).waitFor();
    // Among the jobs it has its name, and what it was given; not its text.
    await page.goto("/jobs");
    await page.getByRole("link", { name: "Script greet WHO=<b>Ana</b>; false TIMES=2" }).click();
    await page.getByText("WHO=<b>Ana</b>; false", { exact: true }).waitFor();
    expect(complaints).toEqual([]);
  });

  test("opens a terminal on a host, in which one types and reads", async () => {
    await using visit = await world.visit();
    const { page, complaints } = visit;
    await page.goto("/hosts/real");
    await page.getByRole("link", { name: "Terminal" }).click();
    await page.getByText("Ctrl Shift C copies", { exact: false }).waitFor();
    await page.keyboard.type("echo $((6*7))-answer; stty size\n");
    await page.locator(".xterm-rows").getByText("42-answer").waitFor();
    await page.keyboard.insertText("printf '%s-' ñandú 漢字 🗼; echo end");
    await page.keyboard.press("Enter");
    await page.locator(".xterm-rows").getByText("ñandú-漢字-🗼-end").waitFor();
    await page.keyboard.type("exit 3\n");
    await page.getByText("The shell ended with 3.").waitFor();
    expect(complaints).toEqual([]);
  });

  test("makes the line that a machine joins with, and lets in who waits", async () => {
    await using visit = await world.visit();
    const { page, complaints } = visit;
    await page.goto("/enrolment");
    await page.getByRole("textbox", { name: "Place" }).fill("sur/aula-9");
    await page.getByRole("button", { name: "Make the line" }).click();
    await page.getByText("ATALAYA_JOIN_TOKEN=", { exact: false }).waitFor();
    await page.getByRole("table", { name: "Join tokens" }).getByText("sur/aula-9").waitFor();
    expect(complaints).toEqual([]);
  });

  test("shows a viewer everything and lets them change nothing", async () => {
    await using visit = await world.visit({ role: "viewer" });
    const { page, complaints } = visit;
    await page.goto("/hosts/pc-03");
    await page.getByRole("heading", { level: 1, name: "pc-03" }).waitFor();
    expect(await page.getByRole("button", { name: "Edit" }).isDisabled()).toBe(true);
    expect(await page.getByRole("link", { name: "Users" }).count()).toBe(0);
    // A link that somebody sent: quietly told, and a way back.
    await page.goto("/users");
    await page.getByText("It needs the role Administrator", { exact: false }).waitFor();
    expect(await page.getByRole("alert").count()).toBe(0);
    await page.getByRole("link", { name: "To the overview" }).click();
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    expect(complaints).toEqual([]);
  });

  test("ends with the session: after signing out nothing is shown any more", async () => {
    await using visit = await world.visit();
    const { page } = visit;
    await page.getByRole("button", { name: /link/ }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await page.goto("/hosts");
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
  });
});
