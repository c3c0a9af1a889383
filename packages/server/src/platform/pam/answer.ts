/** What the machine's own accounts say of somebody who wants in. */

/** An account of this machine, as NSS knows it: files, LDAP, sssd. */
export interface MachineAccount {
  /** As the machine spells it, whatever was typed. */
  readonly name: string;
  readonly uid: number;
  /** The first field of GECOS. */
  readonly fullName: string;
  /** Names of all its groups, the primary one first. */
  readonly groups: readonly string[];
}

export interface Attempt {
  readonly account: string;
  readonly password: string;
  /** To what is asked beyond name and password, in the order in which it is asked. */
  readonly answers: readonly string[];
  /** Where the person is. */
  readonly address: string;
}

export interface Prompt {
  readonly text: string;
  /** Whether what is typed may be seen. */
  readonly echo: boolean;
}

export type PamAnswer =
  | { readonly kind: "proven"; readonly account: MachineAccount; readonly messages: readonly string[] }
  | {
      readonly kind: "refused";
      /** `wrong`: nothing was proven. The others are said of accounts whose password was right. */
      readonly reason: "wrong" | "expired" | "locked" | "must-change";
      /** pam_strerror(3), for the log. */
      readonly text: string;
      readonly messages: readonly string[];
      /** How long its modules want a failure to take (pam_fail_delay(3)). */
      readonly delayMs: number;
    }
  /** There were more questions than answers. */
  | { readonly kind: "asks"; readonly prompts: readonly Prompt[]; readonly messages: readonly string[] };

/** The way to PAM. */
export interface Pam {
  /** Throws `identity.pam-unavailable`, `server.busy`. */
  check(attempt: Attempt): Promise<PamAnswer>;
  /** Undefined when there is no such account. Throws `identity.pam-unavailable`. */
  account(name: string): Promise<MachineAccount | undefined>;
}
