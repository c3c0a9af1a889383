import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { silentLog } from "../../platform/log/index.ts";
import { openConsole, type Console } from "./console.ts";

const script = "console.log('a tower')".repeat(40);

let folder: string;
let built: Console;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "atalaya-console-"));
  await mkdir(join(folder, "assets"));
  await writeFile(join(folder, "index.html"), `<meta name="style-nonce" content="__NONCE__"><div id="root">`);
  await writeFile(join(folder, "assets", "index-Ab12_x-9.js"), script);
  await writeFile(join(folder, "assets", "index-Ab12_x-9.js.gz"), gzipSync(script));
  await writeFile(join(folder, "assets", "theme.js"), "1");
  await writeFile(join(folder, "secret.txt"), "none of yours");
  built = await openConsole({ folder, log: silentLog });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const browser = (path: string, headers: Record<string, string> = {}) =>
  new Request(`https://tower${path}`, { headers: { accept: "text/html,application/xhtml+xml,*/*;q=0.8", ...headers } });

describe("the page", () => {
  test("is what a browser gets at any address of the console", async () => {
    for (const path of ["/", "/hosts", "/jobs/job_abc?tab=output", "/hosts/a%20b"]) {
      const answer = await built.page(browser(path));
      expect(answer?.headers.get("content-type")).toBe("text/html; charset=utf-8");
      expect(await answer?.text()).toContain(`<div id="root">`);
    }
  });

  test("is not what programs get, nor anybody below the addresses of programs", async () => {
    expect(await built.page(new Request("https://tower/hosts", { headers: { accept: "*/*" } }))).toBeUndefined();
    expect(await built.page(new Request("https://tower/"))).toBeUndefined();
    expect(await built.page(new Request("https://tower/", { method: "POST", headers: { accept: "text/html" } }))).toBe(
      undefined,
    );
    for (const path of ["/api/v1/nothing", "/assets/nothing.js", "/dist/x", "/link"])
      expect(await built.page(browser(path)), path).toBeUndefined();
  });

  test("has a policy that takes scripts from files only, and a nonce that no other answer has", async () => {
    const answers = [(await built.page(browser("/")))!, (await built.page(browser("/")))!];
    const nonces = answers.map((answer) => /'nonce-([^']+)'/.exec(answer.headers.get("content-security-policy")!)![1]);
    expect(new Set(nonces).size).toBe(2);
    for (const [at, answer] of answers.entries()) {
      const policy = answer.headers.get("content-security-policy")!;
      expect(policy).toContain("default-src 'none'; script-src 'self';");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain("unsafe");
      expect(await answer.text()).toContain(`content="${nonces[at]}"`);
      expect(answer.headers.get("cache-control")).toBe("no-store");
    }
  });
});

describe("a file of the build", () => {
  const get = (name: string, headers: Record<string, string> = {}) =>
    built.file(name, new Request(`https://tower/assets/${name}`, { headers }));

  test("comes compressed to who takes that, and is kept for ever when its name changes with its content", async () => {
    const plain = (await get("index-Ab12_x-9.js"))!;
    expect(await plain.text()).toBe(script);
    expect(plain.headers.get("content-encoding")).toBeNull();
    expect(plain.headers.get("cache-control")).toContain("immutable");
    const small = (await get("index-Ab12_x-9.js", { "accept-encoding": "br;q=0, gzip" }))!;
    expect(small.headers.get("content-encoding")).toBe("gzip");
    expect(small.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
    expect((await small.arrayBuffer()).byteLength).toBeLessThan(script.length);
  });

  test("whose name stays is asked for again, and not sent twice", async () => {
    const first = (await get("theme.js"))!;
    expect(first.headers.get("cache-control")).toBe("no-cache");
    const again = (await get("theme.js", { "if-none-match": first.headers.get("etag")! }))!;
    expect(again.status).toBe(304);
    expect(await again.text()).toBe("");
  });

  test("is one of the build's, whatever is asked", async () => {
    for (const name of ["../secret.txt", "..%2fsecret.txt", "secret.txt", "index-Ab12_x-9.js.gz", "", "."])
      expect(await get("theme.js").then(() => built.file(name, new Request("https://tower/")))).toBeUndefined();
  });
});

test("without a build browsers get what programs get", async () => {
  const none = await openConsole({ folder: join(folder, "nowhere"), log: silentLog });
  expect(await none.page(browser("/"))).toBeUndefined();
  expect(await none.file("theme.js", browser("/assets/theme.js"))).toBeUndefined();
});

test("a build that is put in the place of another is served from the next page on, and what is gone is unknown", async () => {
  const parent = await mkdtemp(join(tmpdir(), "atalaya-console-"));
  const place = join(parent, "dist");
  const make = async (name: string, at: string) => {
    await mkdir(join(at, "assets"), { recursive: true });
    await writeFile(join(at, "assets", name), name);
    await writeFile(join(at, "index.html"), `<script src="/assets/${name}">`);
  };
  try {
    const served = await openConsole({ folder: place, log: silentLog });
    const text = async (path: string) =>
      (path.startsWith("/assets/")
        ? await served.file(path.slice("/assets/".length), browser(path))
        : await served.page(browser(path))
      )?.text();
    expect(await text("/")).toBeUndefined();

    await make("index-Aaaaaaa1.js", place);
    expect(await text("/")).toContain("index-Aaaaaaa1.js");
    expect(await text("/assets/index-Aaaaaaa1.js")).toBe("index-Aaaaaaa1.js");

    await rename(place, join(parent, "old"));
    expect(await text("/")).toContain("index-Aaaaaaa1.js");
    expect(await text("/assets/index-Aaaaaaa1.js")).toBeUndefined();
    await make("index-Bbbbbbb2.js", join(parent, "new"));
    await rename(join(parent, "new"), place);
    expect(await text("/assets/index-Bbbbbbb2.js")).toBe("index-Bbbbbbb2.js");
    expect(await text("/")).toContain("index-Bbbbbbb2.js");
    expect(await text("/assets/index-Aaaaaaa1.js")).toBeUndefined();
  } finally {
    await rm(parent, { recursive: true });
  }
});
