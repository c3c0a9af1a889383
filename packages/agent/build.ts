/**
 * The agent as one file: `node packages/agent/build.ts` makes dist/agent.mjs and rewrites bundle.txt, the list of all it
 * contains; `node packages/agent/build.ts FILE [PROGRAM]` makes only FILE, which is how a server in a work tree comes by what it hands out.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { build, type Metafile, type Plugin } from "esbuild";

const here = import.meta.dirname;
const protocol = join(here, "../protocol/src");

/** Returns the text of bundle.txt. The same sources make the same bytes, wherever they and the packages lie. */
export async function buildAgent(outfile: string, program = join(here, "src/main.ts")): Promise<string> {
  const { metafile, outputFiles } = await build({
    absWorkingDir: here,
    entryPoints: [program],
    outfile,
    write: false,
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
    plugins: [onlyWhatIsUsed, builtinsWhenUsed],
  });
  const [{ text }] = outputFiles as unknown as readonly [{ readonly text: string }];
  await mkdir(dirname(outfile), { recursive: true });
  await writeFile(
    outfile,
    text.replace(LABEL, (label) => labelOf(label)),
    { mode: 0o755 },
  );
  return summary(metafile, text);
}

/** What is begun when it is needed is labelled with its path, and packages lie elsewhere in every work tree. */
const LABEL = /\{"[^"\n]*\/node_modules\/[^"\n]+"\(/g;
const labelOf = (path: string): string => path.replace(/[^"]*\/node_modules\//, "");

/**
 * What an agent that waits does not use must not be made when it starts. `import { z }` keeps all of zod; `import * as z` lets what
 * is not used fall away. The protocol is pure, so that of its constants, too, what nobody reads falls away. And who imports
 * from the protocol's door imports from the files behind it, so that what is loaded when it is needed brings its contracts with it.
 */
const onlyWhatIsUsed: Plugin = {
  name: "only-what-is-used",
  async setup({ onLoad }) {
    const files = await behind(join(protocol, "index.ts"));
    onLoad({ filter: /packages\/(agent|protocol)\/src\/.*\.ts$/ }, async ({ path }) => {
      const text = (await readFile(path, "utf8")).replace(/^import \{ z \} from "zod";$/m, 'import * as z from "zod";');
      return { loader: "ts", contents: path.startsWith(protocol) ? pure(text) : pastTheDoor(text, files) };
    });
  },
};

/** Each name that a door exports, and the file that it stands in. */
async function behind(door: string): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const [, names = "", path = ""] of (await readFile(door, "utf8")).matchAll(
    /^export \{([^}]+)\} from "([^"]+)";/gm,
  )) {
    const file = join(dirname(door), path);
    const further = file.endsWith("index.ts") ? await behind(file) : undefined;
    for (const name of namesOf(names)) found.set(name, further?.get(name) ?? file);
  }
  return found;
}

function pastTheDoor(text: string, files: ReadonlyMap<string, string>): string {
  return text.replace(/^import \{([^}]+)\} from "@atalaya\/protocol";$/gm, (_, names: string) =>
    namesOf(names)
      .map((name) => `import { ${name} } from ${JSON.stringify(files.get(name.split(" ")[0]!))};`)
      .join(" "),
  );
}

/** Without those of types. */
function namesOf(list: string): readonly string[] {
  return list
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "" && !name.startsWith("type "));
}

/** Statements begin, as they are formatted, on lines that are neither indented nor begin with what closes something. */
function pure(text: string): string {
  return text
    .split(/\n(?=[^\s)\]}])/)
    .map((one) =>
      one.replace(
        /^((?:export )?const \w+ = )(?!async)([\w[{][^]*\([^]*);(\s*)$/,
        "$1/* @__PURE__ */ (() => ($2))();$3",
      ),
    )
    .join("\n");
}

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
function summary({ inputs, outputs }: Metafile, text: string): string {
  const [bundle] = Object.values(outputs);
  if (bundle === undefined) throw new Error("esbuild made no output");
  const bytes = new Map<string, number>();
  const labels = new Set(text.match(LABEL));
  for (const [path, { bytesInOutput }] of Object.entries(bundle.inputs)) {
    const name = packageOf(path);
    const label = labels.has(`{"${path}"(`) ? path.length - labelOf(path).length : 0;
    bytes.set(name, (bytes.get(name) ?? 0) + bytesInOutput - label);
  }
  const builtin = new Set(
    [...Object.values(inputs).flatMap(({ imports }) => imports), ...bundle.imports]
      .filter(({ external, path }) => external === true && path.startsWith("node:"))
      .map(({ path }) => path),
  );
  const lines = [...bytes]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, size]) => `${name} ${Math.ceil(size / 1024)} KiB`);
  const total = Math.ceil(bytes.values().reduce((sum, size) => sum + size, 0) / 1024);
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
