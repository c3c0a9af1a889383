/**
 * The console in a real browser: the page of a fleet of many hosts, and output of many hosts while it comes. There is no
 * bare peer to compare with: what a person waits for and what their browser holds are figures of their own.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serverProcess, type ServerProcess } from "@atalaya/testkit";
import { chromium, type Browser, type Page } from "playwright-core";
import { buildConsole } from "../tools/console-build.mjs";
import { benchChild } from "./child.ts";
import type { ConsoleOrder } from "./console-crowd.child.ts";
import { AT_ONCE_WORD } from "./console-words.ts";
import { fillFleet } from "./console-fleet.ts";
import { median } from "./measure.ts";

export const question =
  "How long until the page of N hosts can be used, how soon does live output of M hosts appear, and what does the browser hold?";

export const options = {
  hosts: "how many hosts the fleet's page shows (10000)",
  agents: "how many hosts print at once (500)",
  lines: "how many lines each prints (200)",
  rounds: "jobs and page loads; times are medians, memory is the largest (3)",
};

export const targets = {
  "output.firstLineMs": { atMost: 300 },
  "output.browserMb": { atMost: 250 },
  "burst.browserMb": { atMost: 250 },
  "fleet.interactiveMs": { atMost: 3_000 },
  "fleet.browserMb": { atMost: 250 },
};

export interface ConsoleOptions {
  readonly hosts?: number;
  readonly agents?: number;
  readonly lines?: number;
  readonly rounds?: number;
}

const MEBIBYTE = 1024 * 1024;

export async function run(wish: ConsoleOptions = {}): Promise<object> {
  const { hosts = 10_000, agents = 500, lines = 200, rounds = 3 } = wish;
  buildConsole();
  const folder = mkdtempSync(join(tmpdir(), "atalaya-console-bench-"));
  try {
    const data = join(folder, "server");
    console.error(`filling the store with ${hosts} hosts …`);
    await fillFleet(data, hosts);
    await using server = await serverProcess({
      data,
      env: {
        ATALAYA_CONFIRM_ABOVE: "1000000",
        ATALAYA_VISITORS_PER_ADDRESS: "100000",
        ATALAYA_LINK_HANDSHAKES_PER_SECOND: "100000",
      },
    });
    using crowd = benchChild<ConsoleOrder>("./console-crowd.child.ts");
    const fleet = await fleetFigures(server, hosts, rounds);
    const { body: made } = await server.call<{ readonly token: string }>("POST", "/api/v1/join-tokens", {
      uses: agents,
      expiresInMs: 3_600_000,
    });
    console.error(`enrolling ${agents} agents …`);
    const { host, port, ca } = server;
    await crowd.order({ do: "connect", host, port, ca, token: made.token, count: agents, lines });
    // As commands print, and as none does: everything in the moment it starts.
    const output = await outputFigures(server, "talk", { agents, lines, rounds });
    const burst = await outputFigures(server, AT_ONCE_WORD, { agents, lines, rounds });
    return { hosts, agents, lines, rounds, fleet, output, burst };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A browser of its own for each figure: what one page has left behind must not count for the next. */
async function openPage(server: ServerProcess): Promise<{ browser: Browser; page: Page } & AsyncDisposable> {
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
  const context = await browser.newContext({
    ignoreHTTPSErrors: true,
    baseURL: server.url,
    locale: "en-US",
    viewport: { width: 1280, height: 800 },
  });
  const page = await context.newPage();
  await page.addInitScript(WATCH);
  const { body } = await server.call<{ readonly path: string }>("POST", "/api/v1/sign-in-links", { role: "admin" });
  await page.goto(body.path);
  await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
  return { browser, page, [Symbol.asyncDispose]: () => browser.close() };
}

async function fleetFigures(server: ServerProcess, hosts: number, rounds: number): Promise<object> {
  const views: Record<string, object> = {};
  const interactive: number[] = [];
  let largest = 0;
  for (const view of ["map", "table"] as const) {
    await using opened = await openPage(server);
    const { page, browser } = opened;
    const loads: Load[] = [];
    for (let round = 0; round < rounds; round += 1) {
      // From nothing: the page, its scripts, and all hosts.
      await page.goto("about:blank");
      await page.goto(`/hosts?view=${view}`);
      await page.evaluate(`watch.complete(${hosts})`);
      await page.evaluate("watch.quiet()");
      loads.push((await page.evaluate("watch.load()")) as Load);
    }
    const typed = await typingMs(page);
    const memory = await memoryOf(browser, page);
    largest = Math.max(largest, memory.browserMb);
    const interactiveMs = median(loads.map((load) => load.interactiveMs));
    interactive.push(interactiveMs);
    views[view] = {
      firstPaintMs: median(loads.map((load) => load.firstPaintMs)),
      interactiveMs,
      longestTaskMs: median(loads.map((load) => load.longestTaskMs)),
      typedKeyMs: typed,
      ...memory,
    };
  }
  return { interactiveMs: Math.max(...interactive), browserMb: largest, ...views };
}

interface Load {
  readonly firstPaintMs: number;
  readonly interactiveMs: number;
  readonly longestTaskMs: number;
}

/** From a key to the frame that shows it, in the field above all these hosts. */
async function typingMs(page: Page): Promise<number> {
  const field = page.getByRole("textbox", { name: "Which hosts" });
  await field.click();
  const took: number[] = [];
  for (const letter of "name:pc-0") {
    await page.evaluate("watch.key()");
    await page.keyboard.press(letter);
    took.push((await page.evaluate("watch.keyShown")) as number);
  }
  return median(took);
}

async function outputFigures(
  server: ServerProcess,
  command: string,
  { agents, lines, rounds }: Required<Pick<ConsoleOptions, "agents" | "lines" | "rounds">>,
): Promise<object> {
  const first: number[] = [];
  const all: number[] = [];
  await using opened = await openPage(server);
  const { page, browser } = opened;
  let largest = { browserMb: 0 };
  for (let round = 0; round < rounds; round += 1) {
    await page.goto("/shell?selector=out-*");
    await page.getByText(`${agents} online`, { exact: false }).waitFor();
    await page.getByRole("textbox", { name: "Command" }).fill(command);
    await page.evaluate(`watch.output(${agents * lines})`);
    await page.keyboard.press("Enter");
    const told = (await page.evaluate("watch.outputShown")) as { readonly firstMs: number; readonly allMs: number };
    first.push(told.firstMs);
    all.push(told.allMs);
    await page.getByText(`${agents} of ${agents} ended`).waitFor();
    const memory = await memoryOf(browser, page);
    if (memory.browserMb > largest.browserMb) largest = memory;
  }
  return { firstLineMs: median(first), allLinesMs: median(all), ...largest };
}

interface BrowserMemory {
  /** Resident in the page's own process, its share of the program's code included. */
  readonly browserMb: number;
  readonly heapMb: number;
  /** All processes of the browser, what they share counted once. */
  readonly allProcessesMb: number;
}

/** After the garbage is collected, so that it says what is held and not what was touched. */
async function memoryOf(browser: Browser, page: Page): Promise<BrowserMemory> {
  const own = await page.context().newCDPSession(page);
  await own.send("HeapProfiler.collectGarbage");
  await own.send("Performance.enable");
  const { metrics } = await own.send("Performance.getMetrics");
  await own.detach();
  const whole = await browser.newBrowserCDPSession();
  const { processInfo } = await whole.send("SystemInfo.getProcessInfo");
  await whole.detach();
  const renderers = processInfo.filter(({ type }) => type === "renderer").map(({ id }) => residentOf(id, "Rss"));
  return {
    browserMb: Math.max(...renderers) / MEBIBYTE,
    heapMb: (metrics.find(({ name }) => name === "JSHeapUsedSize")?.value ?? Number.NaN) / MEBIBYTE,
    allProcessesMb: processInfo.reduce((sum, { id }) => sum + residentOf(id, "Pss"), 0) / MEBIBYTE,
  };
}

function residentOf(pid: number, kind: "Rss" | "Pss"): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  return Number(new RegExp(`^${kind}:\\s+(\\d+) kB`, "m").exec(rollup)?.[1] ?? Number.NaN) * 1024;
}

/** In the page: what only the page can time. It can be used once it shows all hosts and nothing keeps it busy. */
const WATCH = `
window.watch = (() => {
  const tasks = [];
  new PerformanceObserver((list) => tasks.push(...list.getEntries())).observe({ type: "longtask", buffered: true });
  const frame = () => new Promise((resolve) => requestAnimationFrame(() => resolve(performance.now())));
  let completeMs;
  return {
    /** Until the page tells of so many hosts. */
    async complete(hosts) {
      const told = new RegExp("^" + String(hosts).replace(/(\\d)(?=(\\d{3})+$)/g, "$1[,.]?") + " hosts$");
      const isTold = () => [...document.querySelectorAll("main span")].some(({ textContent }) => told.test(textContent));
      do completeMs = await frame();
      while (!isTold());
    },
    /** Until nothing has kept the page busy for half a second. */
    async quiet() {
      for (;;) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        const last = tasks.at(-1);
        if (performance.now() - (last === undefined ? 0 : last.startTime + last.duration) > 500) return;
      }
    },
    load() {
      const firstPaintMs = performance.getEntriesByName("first-contentful-paint")[0].startTime;
      const busyUntil = Math.max(0, ...tasks.map(({ startTime, duration }) => startTime + duration));
      return {
        firstPaintMs,
        interactiveMs: Math.max(completeMs, busyUntil),
        longestTaskMs: Math.max(0, ...tasks.map(({ duration }) => duration)),
      };
    },
    key() {
      this.keyShown = new Promise((resolve) => {
        addEventListener("keydown", async ({ timeStamp }) => {
          await frame();
          resolve((await frame()) - timeStamp);
        }, { once: true, capture: true });
      });
    },
    output(lines) {
      this.outputShown = new Promise((resolve) => {
        addEventListener("keydown", async ({ timeStamp }) => {
          let firstMs;
          for (;;) {
            const now = await frame();
            const log = document.querySelector("[role=log]");
            if (firstMs === undefined && log?.querySelector("[style*=translateY]")) firstMs = now - timeStamp;
            const count = Number(/([\\d,.]+) lines,/.exec(document.body.textContent ?? "")?.[1]?.replaceAll(/[,.]/g, ""));
            if (count >= lines) return resolve({ firstMs, allMs: now - timeStamp });
          }
        }, { once: true, capture: true });
      });
    },
  };
})();
`;
