/** A browser before a real server with a real agent and a lab of simulated ones. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readFileSync } from "node:fs";
import { createClient, uploadBlob } from "@atalaya/client";
import { crowd, enrolSim, joinAgent, serverProcess, startAgent, type ServerProcess } from "@atalaya/testkit";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";
import { buildConsole } from "../tools/console-build.mjs";

const CHROMIUM = "/usr/bin/chromium";

/** Debian's; `npm test` installs it when it runs as root. */
export const canBrowse = existsSync(CHROMIUM);

const SIMULATED = 12;

export interface Visit extends AsyncDisposable {
  readonly page: Page;
  /** What the browser complained about: errors of scripts, and breaches of the content policy. */
  readonly complaints: readonly string[];
}

export interface ConsoleWorld extends AsyncDisposable {
  readonly server: ServerProcess;
  /** A fresh browser profile, signed in by a one-time link. `port`: of a proxy before the server. */
  visit(
    options?: BrowserContextOptions & { readonly port?: number; readonly role?: "admin" | "viewer" },
  ): Promise<Visit>;
  /** A fresh browser profile that nobody is signed in with. */
  stranger(options?: BrowserContextOptions): Promise<Visit>;
  /** Places a small file on hosts; answers the deployment's id once it has ended. */
  deploy(name: string, selector: string, into: string): Promise<string>;
  /** `/sign-in#link=…`, good for once. */
  signInPath(role?: "admin" | "viewer"): Promise<string>;
}

/** The host `real` runs commands; `pc-01` to `pc-12` in two labs answer `hello` to anything. */
export async function consoleWorld(): Promise<ConsoleWorld> {
  buildConsole();
  await using owned = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), "atalaya-console-"));
  owned.defer(() => rmSync(folder, { recursive: true, force: true }));
  const server = owned.use(await serverProcess({ data: join(folder, "server"), env: { ATALAYA_CONFIRM_ABOVE: "10" } }));
  const tokenFor = async (place: string) =>
    (await server.call<{ token: string }>("POST", "/api/v1/join-tokens", { uses: 10, place, labels: { role: "desk" } }))
      .body.token;
  const data = join(folder, "agent");
  const servers = `${server.host}:${server.port}`;
  await joinAgent({ data, servers, token: await tokenFor("norte/taller") });
  const [own] = (await server.call<{ items: { name: string }[] }>("GET", "/api/v1/hosts")).body.items;
  await server.call("PATCH", `/api/v1/hosts/${own!.name}`, { name: "real" });
  owned.use(startAgent({ data, servers }));
  const tokens = [await tokenFor("norte/aula-1"), await tokenFor("sur/aula-2")];
  const simulated = Array.from({ length: SIMULATED }, async (_, at) => ({
    identity: await enrolSim(server, {
      token: tokens[at % 2]!,
      n: at + 1,
      hostname: `pc-${String(at + 1).padStart(2, "0")}`,
    }),
    host: server.host,
    port: server.port,
    behave: () => ({ output: [{ stream: "stdout" as const, bytes: Buffer.from("hello\n") }] }),
  }));
  const lab = owned.use(crowd(await Promise.all(simulated)));
  await lab.connect();
  const browser = owned.use(await openBrowser());

  async function signInPath(role: "admin" | "viewer" = "admin"): Promise<string> {
    return (await server.call<{ path: string }>("POST", "/api/v1/sign-in-links", { role })).body.path;
  }
  async function stranger(options: BrowserContextOptions & { readonly port?: number } = {}): Promise<Visit> {
    const { port = server.port, ...rest } = options;
    return openPage(browser, { baseURL: `https://${server.host}:${port}`, ...rest });
  }
  async function deploy(name: string, selector: string, into: string): Promise<string> {
    const client = createClient({ url: `https://${server.host}:${server.port}`, token: server.token, ca: server.ca });
    const path = join(folder, "note.txt");
    writeFileSync(path, "a note\n");
    const { sha256, size } = await uploadBlob(client, path);
    const body = { name, selector, into, artifacts: [{ name: "note.txt", sha256, size }] };
    const { id, job } = await client.post("/api/v1/deployments", { body: { ...body, overwrite: "replace" } });
    for await (const { events } of client.live.subscribe("job", { job: job.id })) {
      if (events.some((event) => (event["job"] as { state?: string } | undefined)?.state === "finished")) break;
    }
    client.close();
    return id;
  }
  const life = owned.move();
  return {
    server,
    deploy,
    signInPath,
    stranger,
    async visit({ role, ...options } = {}) {
      const visit = await stranger(options);
      await visit.page.goto(await signInPath(role));
      const overview = visit.page.getByRole("heading", { level: 1, name: /Overview|Resumen/ });
      await overview.waitFor().catch(async (cause: unknown) => {
        const seen = await visit.page.locator("body").innerText();
        throw new Error(`signing in led elsewhere: ${seen}\n${visit.complaints.join("\n")}`, { cause });
      });
      return visit;
    },
    [Symbol.asyncDispose]: () => life.disposeAsync(),
  };
}

/** Debian's Chromium, headless. */
export async function openBrowser(): Promise<Browser & AsyncDisposable> {
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  return Object.assign(browser, { [Symbol.asyncDispose]: () => browser.close() });
}

/** A page of a profile of its own. */
export async function openPage(browser: Browser, options: BrowserContextOptions): Promise<Visit> {
  const context = await browser.newContext({
    ignoreHTTPSErrors: true,
    locale: "en-US",
    viewport: { width: 1280, height: 800 },
    permissions: ["clipboard-read", "clipboard-write"],
    reducedMotion: "reduce",
    ...options,
  });
  context.setDefaultTimeout(15_000);
  const complaints: string[] = [];
  const page = await context.newPage();
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    // That nobody is signed in yet, and that a connection was cut on purpose, the network tells by itself.
    if (message.type() === "error" && !/Failed to load resource|WebSocket connection/.test(message.text()))
      complaints.push(message.text());
  });
  return { page, complaints, [Symbol.asyncDispose]: () => context.close() };
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe finds wrong on the page by WCAG 2.2 A and AA, one line each. */
export async function accessibilityOf(page: Page, what: "all" | "colours" = "all"): Promise<readonly string[]> {
  // What fades in has not its colours yet.
  await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))");
  await page.evaluate(`Promise.allSettled(
    document.getAnimations().flatMap((each) => each.effect.getComputedTiming().endTime === Infinity ? [] : [each.finished]),
  ).then(() => undefined)`);
  await page.evaluate(axeSource);
  return page.evaluate(async (isAll) => {
    const { axe } = globalThis as unknown as { axe: { run(context: unknown, options: unknown): Promise<AxeResult> } };
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    const { violations } = await axe.run((globalThis as { document?: unknown }).document, {
      runOnly: isAll ? { type: "tag", values: tags } : { type: "rule", values: ["color-contrast"] },
    });
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary.slice(0, 240)}`),
    );
  }, what === "all");
}

interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
  }[];
}
