/** What libpam's codes mean for who signs in (pam_acct_mgmt(3), pam_authenticate(3)). Only decides. */
import type { PamAnswer } from "./answer.ts";
import type { Outcome } from "./library.ts";

type Reason = Extract<PamAnswer, { kind: "refused" }>["reason"];

// security/_pam_types.h
const authenticating: Readonly<Record<number, Reason>> = {
  7: "wrong", // PAM_AUTH_ERR
  8: "wrong", // PAM_CRED_INSUFFICIENT
  10: "wrong", // PAM_USER_UNKNOWN
  11: "wrong", // PAM_MAXTRIES
  6: "wrong", // PAM_PERM_DENIED: nothing was proven, so nothing more is told
};
const admitting: Readonly<Record<number, Reason>> = {
  6: "locked", // PAM_PERM_DENIED: pam_access, pam_time, pam_succeed_if
  7: "locked", // PAM_AUTH_ERR: pam_nologin
  10: "locked", // PAM_USER_UNKNOWN: known to the first modules only
  12: "must-change", // PAM_NEW_AUTHTOK_REQD
  13: "expired", // PAM_ACCT_EXPIRED
  27: "locked", // PAM_AUTHTOK_EXPIRED: and the days to change it are over
};

/** Undefined: this is no answer about the account, but a fault of the machine or its PAM service. */
export function reasonOf({ step, code }: Pick<Outcome, "step" | "code">): Reason | undefined {
  return (step === "authenticate" ? authenticating : admitting)[code];
}
