/** The agent as one file: `node packages/agent/build.ts` makes dist/agent.mjs and rewrites bundle.txt, the list of all it contains. */
import { readFile, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { build, type Metafile, type Plugin } from "esbuild";

const here = import.meta.dirname;

/** Returns the text of bundle.txt. */
export async function buildAgent(outfile: string): Promise<string> {
  const { metafile } = await build({
    absWorkingDir: here,
    entryPoints: ["src/main.ts"],
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
    plugins: [namespaceZod],
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
  const inModules = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/.exec(path);
  if (inModules !== null) return inModules[1]!;
  return `@atalaya/${
    relative("..", join(here, path).startsWith(here) ? "../agent" : path)
      .split("/")
      .find((part) => part !== "..") ?? "agent"
  }`;
}

if (process.argv[1] === import.meta.filename) {
  await writeFile(join(here, "bundle.txt"), await buildAgent(join(here, "dist/agent.mjs")));
}
