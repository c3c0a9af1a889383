/** The console for everybody: axe on every view in both themes, the keyboard alone, Spanish. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { views, viewsOutside, type Made } from "./console-views.ts";
import { accessibilityOf, canBrowse, consoleWorld, type ConsoleWorld } from "./console-world.ts";

describe.runIf(canBrowse)("the web console for everybody", () => {
  let world: ConsoleWorld;
  let made: Made;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "atalaya-console-access-"));
    world = await consoleWorld();
    const created = await world.server.call<{ id: string; runs: readonly { id: string }[] }>("POST", "/api/v1/jobs", {
      selector: "pc-[01-05]",
      capability: "exec",
      request: { command: { kind: "shell", script: "hello" } },
    });
    await world.server.call("PUT", "/api/v1/scripts/greet", {
      text: 'echo "Hello, $NAME"',
      description: "Greets somebody",
      parameters: [
        { type: "string", name: "NAME", label: "Whom to greet" },
        { type: "choice", name: "HOW", choices: ["loudly", "softly"], required: false },
        { type: "number", name: "TIMES", integer: true, min: 1, default: 1 },
        { type: "boolean", name: "TWICE" },
        { type: "file", name: "LETTER", required: false },
        { type: "secret", name: "WORD", required: false },
      ],
    });
    const deployment = await world.deploy("Notes", "real", join(folder, "notes"));
    made = { job: created.body.id, run: created.body.runs[0]!.id, deployment };
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  test(
    "every view passes axe in both themes, and breaks no policy",
    async () => {
      await using visit = await world.visit({ colorScheme: "light" });
      await using stranger = await world.stranger({ colorScheme: "light" });
      const found: string[] = [];
      for (const [{ page }, all] of [[visit, views] as const, [stranger, viewsOutside] as const]) {
        for (const { path, sign } of all) {
          // Another hash alone would not load the page anew.
          if (all === viewsOutside) await page.goto("about:blank");
          await page.goto(path(made));
          await page.getByText(sign).first().waitFor();
          for (const finding of await accessibilityOf(page)) found.push(`${path(made)} ${finding}`);
          // Whatever else axe knows does not depend on colours.
          await page.emulateMedia({ colorScheme: "dark" });
          await page.locator(':root[data-mantine-color-scheme="dark"]').waitFor();
          for (const finding of await accessibilityOf(page, "colours")) found.push(`${path(made)} dark: ${finding}`);
          await page.emulateMedia({ colorScheme: "light" });
        }
      }
      expect(found).toEqual([]);
      expect([...visit.complaints, ...stranger.complaints]).toEqual([]);
    },
    // Some thirty views, a second each.
    120_000,
  );

  test("everything between signing in and reading a run can be done with the keyboard", async () => {
    await using visit = await world.visit();
    const { page } = visit;
    // Beyond the navigation in one step.
    await page.keyboard.press("Tab");
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.press("g");
    await page.keyboard.press("h");
    await page.getByRole("heading", { level: 1, name: "Hosts" }).waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("lab:aula-1");
    await page.keyboard.press("Enter");
    await page.getByText("6 hosts").waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.press("Control+k");
    await page.locator(".mantine-Spotlight-search:focus").waitFor();
    await page.keyboard.type("pc-07");
    await page
      .getByRole("button", { name: /pc-07/ })
      .or(page.getByRole("option", { name: /pc-07/ }))
      .first()
      .waitFor();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "pc-07" }).waitFor();
    await page.keyboard.press("g");
    await page.keyboard.press("s");
    await page.getByRole("heading", { level: 1, name: "Shell" }).waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("pc-07");
    await page.keyboard.press("Enter");
    await page.getByText("1 host, 1 online").waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    await page.keyboard.type("hello");
    await page.keyboard.press("Enter");
    await page.getByText("1 of 1 ended").waitFor();
    await page.getByRole("log").getByText("hello").waitFor();
  });

  test("speaks Spanish to who prefers it, and remembers another choice", async () => {
    await using visit = await world.visit({ locale: "es-ES" });
    const { page, complaints } = visit;
    await page.getByRole("heading", { level: 1, name: "Resumen" }).waitFor();
    expect(await page.locator("html").getAttribute("lang")).toBe("es");
    await page.getByRole("link", { name: "Equipos", exact: true }).click();
    await page.getByText("13 equipos").waitFor();
    await page.goto("/shell");
    await page.getByRole("button", { name: "Ejecutar" }).waitFor();
    await page.getByRole("button", { name: /link/ }).click();
    await page.getByText("English").click();
    await page.getByRole("button", { name: "Run" }).waitFor();
    await page.reload();
    await page.getByRole("button", { name: "Run" }).waitFor();
    expect(complaints).toEqual([]);
  });
});
