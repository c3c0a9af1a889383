/** The console for everybody: axe on every view in both themes, the keyboard alone, Spanish. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { accessibilityOf, canBrowse, consoleWorld, type ConsoleWorld } from "./console-world.ts";

describe.runIf(canBrowse)("the web console for everybody", () => {
  let world: ConsoleWorld;
  let job: string;
  let run: string;
  beforeAll(async () => {
    world = await consoleWorld();
    const created = await world.server.call<{ id: string; runs: readonly { id: string }[] }>("POST", "/api/v1/jobs", {
      selector: "pc-[01-05]",
      capability: "exec",
      request: { command: { kind: "shell", script: "hello" } },
    });
    job = created.body.id;
    run = created.body.runs[0]!.id;
  });
  afterAll(() => world[Symbol.asyncDispose]());

  const views = (): readonly (readonly [path: string, sign: string])[] => [
    ["/", "Latest jobs"],
    ["/hosts", "norte / aula-1"],
    ["/hosts?view=table", "pc-01"],
    ["/hosts/pc-01", "Systems on this host"],
    ["/hosts/pc-01?tab=history", "Connected"],
    ["/jobs", "hello"],
    [`/jobs/${job}`, "5 of 5 ended"],
    [`/jobs/${job}?tab=output`, "5 lines"],
    [`/runs/${run}`, "1 line,"],
    ["/shell?selector=all", "13 hosts"],
    ["/deployments", "Nothing was deployed yet"],
    ["/deployments/new", "Drop files or folders here"],
    ["/discovery", "Discovery"],
    ["/enrolment", "Nobody waits"],
    ["/users", "Roles"],
    ["/tokens", "No API tokens"],
    ["/audit", "session"],
    ["/server", "This server"],
    ["/account", "Where you are signed in"],
    ["/nowhere", "There is no view at this address"],
  ];

  test.each(["light", "dark"] as const)(
    "every view passes axe in the %s theme, and breaks no policy",
    async (colorScheme) => {
      await using visit = await world.visit({ colorScheme });
      const { page, complaints } = visit;
      const found: string[] = [];
      for (const [path, sign] of views()) {
        await page.goto(path);
        await page.getByText(sign).first().waitFor();
        for (const finding of await accessibilityOf(page)) found.push(`${path} ${finding}`);
      }
      await using stranger = await world.stranger({ colorScheme });
      await stranger.page.goto("/sign-in");
      await stranger.page.getByText("Every machine in sight").waitFor();
      found.push(...(await accessibilityOf(stranger.page)));
      expect(found).toEqual([]);
      expect([...complaints, ...stranger.complaints]).toEqual([]);
    },
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
