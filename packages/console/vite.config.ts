import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

/** Compressed copies beside the files, so that the server never compresses the same twice. */
function precompressed(): Plugin {
  return {
    name: "precompressed",
    apply: "build",
    async writeBundle({ dir }) {
      const folder = join(dir!, "assets");
      const names = (await readdir(folder)).filter((name) => /\.(js|css|svg)$/.test(name));
      await Promise.all(
        names.map(async (name) => {
          const bytes = await readFile(join(folder, name));
          if (bytes.length < 1024) return;
          const params = { [constants.BROTLI_PARAM_QUALITY]: 9 };
          await writeFile(join(folder, `${name}.br`), await promisify(brotliCompress)(bytes, { params }));
          await writeFile(join(folder, `${name}.gz`), await promisify(gzip)(bytes));
        }),
      );
    },
  };
}

export default defineConfig({
  plugins: [react(), precompressed()],
  build: {
    target: "es2023",
    // A data: URL would need a wider policy, and saves nothing over one kept connection.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1000,
  },
  worker: { format: "es" },
});
