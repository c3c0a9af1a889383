// Our own rules, where a rule can be read off one file. What needs two files stands in .dependency-cruiser.mjs.
// @ts-check

/** @typedef {{ report(finding: { node: object, message: string }): void }} Context */
/** @typedef {{ source: { value: string }, specifiers: { type: string, imported?: { name?: string } }[] }} Import */

const noExportStar = {
  create: (/** @type {Context} */ context) => ({
    ExportAllDeclaration(/** @type {{ exported: object | null }} */ node) {
      if (node.exported === null) {
        context.report({ node, message: "A door names what it exports: `export *` hides it and breeds cycles." });
      }
    },
  }),
};

const BLOCKING = /^(node:)?(fs|child_process|zlib)$/;

/** The server has one event loop for ten thousand links: what waits for a disk there makes all of them wait. */
const noBlockingCalls = {
  create: (/** @type {Context} */ context) => ({
    ImportDeclaration(/** @type {Import} */ node) {
      if (!BLOCKING.test(node.source.value)) return;
      for (const { imported } of node.specifiers) {
        if (imported?.name?.endsWith("Sync")) {
          context.report({ node, message: `${imported.name} stops the event loop, and every link with it.` });
        }
      }
    },
  }),
};

export default {
  meta: { name: "atalaya" },
  rules: { "no-export-star": noExportStar, "no-blocking-calls": noBlockingCalls },
};
