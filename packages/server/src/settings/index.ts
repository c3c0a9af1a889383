/** What whoever runs the server may choose. Only `main` reads environment and files; each room gets its part. */
export { dataFolder, parseSettings, type SettingsSources } from "./parse.ts";
export { settingsReference } from "./reference.ts";
export { toldSettings, type ToldSetting } from "./told.ts";
export type { Settings } from "./table.ts";
export type { HostPort } from "./address-values.ts";
export type { StoreChoice } from "./values.ts";
