/**
 * The agent as one file: `node packages/agent/build.ts` makes dist/agent.mjs and rewrites bundle.txt, the list of all it
 * contains; `node packages/agent/build.ts FILE [PROGRAM]` makes only FILE, which is how a server in a work tree comes by what it hands out.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { build, type Metafile, type Plugin } from "esbuild";

const here = import.meta.dirname;

/** Returns the text of bundle.txt. */
export async function buildAgent(outfile: string, program = join(here, "src/main.ts")): Promise<string> {
  const { metafile } = await build({
    absWorkingDir: here,
    entryPoints: [program],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    // A system's own Node may be this old; 32-bit ARM has no newer one.
    target: "node20",
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: "none",
    metafile: true,
    // `ws` is CommonJS and asks for Node's modules at run time.
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
    },
    external: ["bufferutil", "utf-8-validate"],
    define: { "process.env.WS_NO_BUFFER_UTIL": '"1"', "process.env.WS_NO_UTF_8_VALIDATE": '"1"' },
    plugins: [namespaceZod, builtinsWhenUsed],
  });
  return summary(metafile);
}

/** `import { z }` keeps all of zod; `import * as z` lets what is not used fall away (a third of the bundle, 5 MB of memory). */
const namespaceZod: Plugin = {
  name: "namespace-zod",
  setup({ onLoad }) {
    onLoad({ filter: /packages\/(agent|protocol)\/src\/.*\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, "utf8");
      return { loader: "ts", contents: text.replace(/^import \{ z \} from "zod";$/m, 'import * as z from "zod";') };
    });
  },
};

/**
 * `import … from "node:http"` reads every export of the module at once, and with http's WebSocket comes all of undici, http2
 * and the web streams: 5 MB of an idle agent for what it never calls. Here only what is used is read.
 */
const builtinsWhenUsed: Plugin = {
  name: "builtins-when-used",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:/ }, ({ path, kind }) =>
      kind === "require-call" ? { path, external: true } : { path, namespace: "builtin" },
    );
    onLoad({ filter: /./, namespace: "builtin" }, async ({ path }) => ({
      contents: [
        `const own = require(${JSON.stringify(path)});`,
        "export default own;",
        // Pure, so that names that nobody imports fall away with the look at them.
        ...Object.keys((await import(path)) as object)
          .filter((name) => name !== "default")
          .map((name) => `export const ${name} = /* @__PURE__ */ (() => own.${name})();`),
      ].join("\n"),
    }));
  },
};

/** Packages with their bytes in the bundle, and Node's modules: a new name here deserves a second look. */
function summary({ inputs, outputs }: Metafile): string {
  const [bundle] = Object.values(outputs);
  if (bundle === undefined) throw new Error("esbuild made no output");
  const bytes = new Map<string, number>();
  for (const [path, { bytesInOutput }] of Object.entries(bundle.inputs)) {
    const name = packageOf(path);
    bytes.set(name, (bytes.get(name) ?? 0) + bytesInOutput);
  }
  const builtin = new Set(
    [...Object.values(inputs).flatMap(({ imports }) => imports), ...bundle.imports]
      .filter(({ external, path }) => external === true && path.startsWith("node:"))
      .map(({ path }) => path),
  );
  const lines = [...bytes]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, size]) => `${name} ${Math.ceil(size / 1024)} KiB`);
  const total = Math.ceil(bundle.bytes / 1024);
  return [
    "# What the agent's bundle contains. Rewritten by `npm run gen`.",
    ...lines,
    `total ${total} KiB`,
    ...[...builtin].toSorted(),
    "",
  ].join("\n");
}

function packageOf(path: string): string {
  if (path.startsWith("builtin:")) return "node's own modules, as names";
  const inModules = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/.exec(path);
  if (inModules !== null) return inModules[1]!;
  return `@atalaya/${
    relative("..", join(here, path).startsWith(here) ? "../agent" : path)
      .split("/")
      .find((part) => part !== "..") ?? "agent"
  }`;
}

if (process.argv[1] === import.meta.filename) {
  const [, , outfile, program] = process.argv;
  if (outfile !== undefined) await buildAgent(outfile, program);
  else await writeFile(join(here, "bundle.txt"), await buildAgent(join(here, "dist/agent.mjs")));
}
