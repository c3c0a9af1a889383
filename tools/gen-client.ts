/** The client's types, from the committed description of the API. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Generated } from "./gen.ts";

/** The part of openapi-typescript that is used here; its own types stand where only the client finds them. */
interface OpenApiTypescript {
  default(document: unknown, options: Readonly<Record<string, boolean>>): Promise<unknown>;
  astToString(tree: unknown): string;
}

const client = join(import.meta.dirname, "..", "packages/client");

export async function generate(): Promise<readonly Generated[]> {
  // Found from the client's folder, because it needs the older TypeScript that the client brings beside it.
  const openApiTypescript = createRequire(join(client, "package.json"))("openapi-typescript") as OpenApiTypescript;
  const document: unknown = JSON.parse(await readFile(join(client, "openapi.json"), "utf8"));
  const tree = await openApiTypescript.default(document, {
    alphabetize: true,
    immutable: true,
    // A request may leave out what has a default.
    defaultNonNullable: false,
  });
  const text = `/** Generated from openapi.json: \`npm run gen\`. */\n${openApiTypescript.astToString(tree)}`;
  return [{ path: "packages/client/src/generated/api.ts", text }];
}
