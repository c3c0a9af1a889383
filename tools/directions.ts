/** The directions of dependency, by dependency-cruiser with the rules of `.dependency-cruiser.mjs`. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { cruise, type ICruiseResult } from "dependency-cruiser";
import configuration from "../.dependency-cruiser.mjs";

/** Fewer modules than this means that the cruiser is blind, as it is when its parser does not fit our TypeScript. */
const LEAST_MODULES = 350;

export interface Finding {
  readonly rule: string;
  readonly from: string;
  readonly to: string;
}

/** What breaks a rule in the packages below `folder`, and how many of our modules were seen. */
export async function findWrongDirections(
  folder: string,
): Promise<{ readonly findings: readonly Finding[]; readonly modules: number }> {
  const { forbidden, options } = configuration;
  const { output } = await cruise(
    ["packages", "bench", "tools", "e2e"].filter((name) => existsSync(join(folder, name))),
    { ...options, baseDir: folder, validate: true, ruleSet: { forbidden: forbidden ?? [] } },
  );
  if (typeof output === "string") throw new TypeError("dependency-cruiser answered with text");
  const { summary, modules }: ICruiseResult = output;
  return {
    findings: summary.violations.map(({ rule, from, to }) => ({ rule: rule.name, from, to })),
    modules: modules.filter(({ source }) => source.startsWith("packages/")).length,
  };
}

if (import.meta.main) {
  const { findings, modules } = await findWrongDirections(join(import.meta.dirname, ".."));
  for (const { rule, from, to } of findings) console.log(`${rule}: ${from} → ${to}`);
  if (modules < LEAST_MODULES)
    console.log(`Only ${modules} modules seen, expected at least ${LEAST_MODULES}: the cruiser is blind.`);
  if (findings.length > 0 || modules < LEAST_MODULES) process.exitCode = 1;
}
