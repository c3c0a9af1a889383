import { fileName, settingKeys, settingsTable, type Setting, variableName } from "./table.ts";

/** The manual's page of settings, docs/reference/settings.md. */
export function settingsReference(): string {
  const rows = settingKeys.map((key) => {
    const setting: Setting = settingsTable[key];
    const inFile = setting.environmentOnly === true ? "–" : `\`${fileName(key)}\``;
    const byDefault = setting.default === "" ? "–" : `\`${setting.default}\``;
    return `| \`${variableName(key)}\` | ${inFile} | ${byDefault} | ${setting.sentence.replaceAll("|", "\\|")} |`;
  });
  return `# Settings of the server

<!-- Generated from packages/server/src/settings/table.ts by \`npm run gen\`. -->

A setting comes from the environment, else from \`atalaya.toml\` in the data folder, else it has its default. In the file
a list may be a TOML list; numbers and \`true\`/\`false\` need no quotes. Every wrong setting is named at the start, and the
server does not run with any.

| Environment | In \`atalaya.toml\` | Default | What it does |
| --- | --- | --- | --- |
${rows.join("\n")}
`;
}
