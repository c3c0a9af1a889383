import { fileName, settingKeys, settingsTable, variableName, type Setting, type SettingKey } from "./table.ts";
import { readTexts, type SettingsSources } from "./parse.ts";

export interface ToldSetting {
  /** As in the file. */
  readonly name: string;
  readonly variable: string;
  readonly origin: "default" | "file" | "environment";
  readonly secret: boolean;
  /** As it was written; absent where it is secret. */
  readonly value?: string;
  readonly default: string;
  readonly sentence: string;
}

/** Every setting with its value as a person wrote it, and whence it has it. What is secret is named, and its value left out. */
export function toldSettings(sources: SettingsSources): readonly ToldSetting[] {
  const texts = readTexts(sources, []);
  return settingKeys.map((key: SettingKey) => {
    const { secret, default: byDefault, sentence }: Setting = settingsTable[key];
    const { text, origin } = texts[key];
    // A default is no secret: it stands in the manual.
    const isHidden = secret === true && origin !== "default";
    return {
      name: fileName(key),
      variable: variableName(key),
      origin,
      secret: secret === true,
      ...(isHidden ? {} : { value: text.trim() }),
      default: byDefault,
      sentence,
    };
  });
}
