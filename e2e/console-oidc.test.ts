/** Signing in at an identity provider in a real browser, and coming back to the page that was asked for. */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serverProcess, type ServerProcess } from "@atalaya/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testProvider, type TestProvider } from "../packages/server/src/domain/sessions/provider.testing.ts";
import { buildConsole } from "../tools/console-build.mjs";
import { canBrowse, openBrowser, openPage } from "./console-world.ts";

describe.runIf(canBrowse)("signing in at an identity provider, in a browser", () => {
  const owned = new AsyncDisposableStack();
  let server: ServerProcess;
  let provider: TestProvider;
  let browser: Awaited<ReturnType<typeof openBrowser>>;
  beforeAll(async () => {
    buildConsole();
    const folder = await mkdtemp(join(tmpdir(), "atalaya-console-oidc-"));
    owned.defer(() => rm(folder, { recursive: true, force: true }));
    // Each must know the other's address before it starts.
    const port = await freePort();
    provider = owned.use(await testProvider(`https://127.0.0.1:${port}/api/v1/sign-in/oidc/campus/callback`));
    server = owned.use(
      await serverProcess({
        data: join(folder, "server"),
        port,
        env: {
          ATALAYA_OIDC_ISSUER: provider.issuer,
          ATALAYA_OIDC_NAME: "campus",
          ATALAYA_OIDC_LABEL: "Campus",
          ATALAYA_OIDC_CLIENT_ID: provider.clientId,
          ATALAYA_OIDC_CLIENT_SECRET: provider.clientSecret,
          ATALAYA_ROLES: "admin:campus/teachers",
        },
      }),
    );
    browser = owned.use(await openBrowser());
    provider.become("s-1", { preferred_username: "ana", groups: ["teachers"] });
  });
  afterAll(() => owned.disposeAsync());
  const stranger = () => openPage(browser, { baseURL: `https://127.0.0.1:${server.port}` });

  test("leads back to the page that was asked for, with what stood behind its address", async () => {
    await using visit = await stranger();
    const { page, complaints } = visit;
    const wanted = "/hosts?view=table&selector=place%3A%22sur%2Fseñal%22%20and%20not%20a";
    await page.goto(wanted);
    await page.getByRole("link", { name: "Sign in with Campus" }).click();
    await page.getByRole("heading", { level: 1, name: "Hosts" }).waitFor();
    const { origin, pathname, searchParams } = new URL(page.url());
    expect([origin, pathname]).toEqual([`https://127.0.0.1:${server.port}`, "/hosts"]);
    expect(searchParams.get("selector")).toBe('place:"sur/señal" and not a');
    await page.getByRole("button", { name: /oidc:campus:ana/ }).waitFor();
    expect(complaints).toEqual([]);
  });

  test("leads to nobody else's page, whatever a link says", async () => {
    for (const evil of ["https://evil.example/", "//evil.example/", "/\\evil.example/", "/\t/evil.example/"]) {
      for (const path of ["/sign-in?next=", "/api/v1/sign-in/oidc/campus?to="]) {
        await using visit = await stranger();
        const { page } = visit;
        const asked: string[] = [];
        page.on("request", (request) => asked.push(new URL(request.url()).host));
        await page.goto(path + encodeURIComponent(evil));
        if (path.startsWith("/sign-in")) await page.getByRole("link", { name: "Sign in with Campus" }).click();
        await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
        expect(asked.filter((host) => host.includes("evil"))).toEqual([]);
      }
    }
  });

  test("tells on the sign-in page whom it lets not in", async () => {
    provider.become("s-2", { preferred_username: "eva", groups: ["students"] });
    await using visit = await stranger();
    const { page } = visit;
    await page.goto("/sign-in");
    await page.getByRole("link", { name: "Sign in with Campus" }).click();
    await page.getByRole("alert").getByText("let nobody in", { exact: false }).waitFor();
    expect(new URL(page.url()).hash).toBe("");
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
