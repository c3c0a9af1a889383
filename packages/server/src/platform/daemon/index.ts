/**
 * Words. To *become* an account is to give up being root, for good. The *PID file* names a running server to people and
 * init systems. What root makes before it steps down is *given* to the account that is to work with it.
 */
export { accountNamed, type Account, becomeAccount, mayBecome } from "./account.ts";
export { giveFolder } from "./given.ts";
export { openLogFile } from "./log-file.ts";
export { claimPidFile, type PidFile, runningServer, type RunningServer } from "./pid-file.ts";
export { hasEnded, type ProcessMark } from "./process-mark.ts";
