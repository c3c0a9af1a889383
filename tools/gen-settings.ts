/** `docs/reference/settings.md`, from the table that also reads the settings. */
import { settingsReference } from "../packages/server/src/settings/index.ts";
import type { Generated } from "./gen.ts";

export async function generate(): Promise<readonly Generated[]> {
  return [{ path: "docs/reference/settings.md", text: settingsReference() }];
}
