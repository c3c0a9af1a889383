import { AtalayaError } from "@atalaya/protocol";
import { parse as parseToml, TomlError } from "smol-toml";
import { nearest } from "./nearest.ts";
import {
  fileName,
  otherPrefixes,
  otherVariables,
  type SettingKey,
  settingKeys,
  type Settings,
  settingsTable,
  type Setting,
  variableName,
} from "./table.ts";

const PREFIX = "ATALAYA_";

export interface SettingsSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `<data>/atalaya.toml`, where there is one. */
  readonly file?: { readonly path: string; readonly text: string } | undefined;
}

/** Where the settings' file is looked for, known before all other settings. */
export function dataFolder(env: SettingsSources["env"]): string {
  const named = env[variableName("data")];
  return named === undefined || named === "" ? settingsTable.data.default : named;
}

interface Wrong {
  /** Where it stands, as its author wrote it. */
  readonly setting: string;
  readonly problem: string;
}

/** Defaults, then the file, then the environment. Throws one `settings.wrong` that names every wrong setting of both. */
export function parseSettings({ env, file }: SettingsSources): Settings {
  const wrong: Wrong[] = [];
  const texts = readTexts({ env, file }, wrong);
  wrong.push(...unknownVariables(env));

  const values: [SettingKey, unknown][] = [];
  for (const key of settingKeys) {
    const { text, origin } = texts[key];
    const where = origin === "file" ? `${fileName(key)} in ${file!.path}` : variableName(key);
    const setting: Setting = settingsTable[key];
    const parsed = setting.schema.safeParse(text.trim());
    if (parsed.success) values.push([key, parsed.data]);
    else
      wrong.push(
        ...parsed.error.issues.map(({ message }) => ({ setting: where, problem: said(text, message, setting) })),
      );
  }
  if (wrong.length > 0) throw settingsWrong(wrong);
  return deepFreeze(Object.fromEntries(values) as Settings);
}

interface Written {
  readonly text: string;
  readonly origin: "default" | "file" | "environment";
}

/** What is written of each setting, and where; what the file has wrong goes to `wrong`. */
export function readTexts({ env, file }: SettingsSources, wrong: Wrong[]): Readonly<Record<SettingKey, Written>> {
  const fromFile = file === undefined ? {} : readFile(file, wrong);
  const written = (key: SettingKey): Written => {
    const named = env[variableName(key)];
    // An empty variable is how shells and units say "not set".
    if (named !== undefined && named !== "") return { text: named, origin: "environment" };
    const inFile = fromFile[key];
    if (inFile !== undefined) return { text: inFile, origin: "file" };
    return { text: settingsTable[key].default, origin: "default" };
  };
  return Object.fromEntries(settingKeys.map((key) => [key, written(key)])) as Record<SettingKey, Written>;
}

function readFile(
  file: { readonly path: string; readonly text: string },
  wrong: Wrong[],
): Partial<Record<SettingKey, string>> {
  let table: Record<string, unknown>;
  try {
    table = parseToml(file.text);
  } catch (cause) {
    wrong.push({ setting: file.path, problem: `is no TOML: ${tomlProblem(cause)}` });
    return {};
  }
  const found: Partial<Record<SettingKey, string>> = {};
  const byName = new Map(settingKeys.map((key) => [fileName(key), key]));
  for (const [name, value] of Object.entries(table)) {
    const key = byName.get(name);
    const text = textOf(value, key === undefined ? undefined : (settingsTable[key] as Setting).listedWith);
    const setting = `${name} in ${file.path}`;
    if (key === undefined) wrong.push({ setting, problem: `is no setting${didYouMean(name, [...byName.keys()])}` });
    else if ((settingsTable[key] as Setting).environmentOnly)
      wrong.push({ setting, problem: `can only be set as ${variableName(key)}` });
    else if (text === undefined)
      wrong.push({ setting, problem: "is neither text, number, true or false, nor a list of these" });
    else found[key] = text;
  }
  return found;
}

function tomlProblem(cause: unknown): string {
  const [first = ""] = (cause as Error).message.split("\n");
  const problem = first.replace(/^Invalid TOML document: /, "");
  return cause instanceof TomlError ? `line ${cause.line}, column ${cause.column}: ${problem}` : problem;
}

function textOf(value: unknown, separator = ","): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "boolean") return String(value);
  if (!Array.isArray(value)) return undefined;
  const parts = value.map((each) => (Array.isArray(each) ? undefined : textOf(each)));
  return parts.includes(undefined) ? undefined : parts.join(separator);
}

function unknownVariables(env: SettingsSources["env"]): readonly Wrong[] {
  const known = settingKeys.map(variableName);
  const others = new Set([...known, ...otherVariables]);
  return (
    Object.keys(env)
      .filter(
        (name) =>
          name.startsWith(PREFIX) && !others.has(name) && !otherPrefixes.some((prefix) => name.startsWith(prefix)),
      )
      // What all begin with says nothing about which was meant.
      .map((name) => ({
        setting: name,
        problem: `is no setting${didYouMean(
          name.slice(PREFIX.length),
          known.map((variable) => variable.slice(PREFIX.length)),
          PREFIX,
        )}`,
      }))
  );
}

function didYouMean(name: string, known: readonly string[], prefix = ""): string {
  const near = nearest(name, known);
  return near === undefined ? "" : `: did you mean ${prefix}${near}?`;
}

function said(text: string, message: string, setting: Setting): string {
  return setting.secret === true ? message : message.startsWith('"') ? message : `${JSON.stringify(text)} ${message}`;
}

function settingsWrong(wrong: readonly Wrong[]): AtalayaError {
  const head = wrong.length === 1 ? "one setting is wrong" : `${wrong.length} settings are wrong`;
  const lines = wrong.map(({ setting, problem }) => `  ${setting}: ${problem}`);
  return new AtalayaError("settings.wrong", `${head}:\n${lines.join("\n")}`, {
    details: { wrong },
    next: "correct or remove them; docs/reference/settings.md lists all settings",
  });
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) {
    for (const part of Object.values(value)) deepFreeze(part);
    Object.freeze(value);
  }
  return value;
}
