/**
 * Words. *PAM* (pluggable authentication modules) is how this machine checks its own accounts; a *service* names the
 * modules that are asked. *NSS* knows accounts and their groups.
 */
export type { Attempt, MachineAccount, Pam, PamAnswer, Prompt } from "./answer.ts";
export { createPam, type PamKeeper } from "./pam.ts";
export { chooseService } from "./service-file.ts";
