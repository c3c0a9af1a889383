/** The order of things when somebody signs in: may they try, who are they, may they enter, and only then a session. */
import { AtalayaError } from "@atalaya/protocol";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log/index.ts";
import type { MachineAccount, Pam, PamAnswer } from "../../platform/pam/index.ts";
import type { Given, Person, Standing, Users } from "../users/index.ts";
import type { Entrance, RecordSignIn, Steps } from "./entrance.ts";
import { personOfAccount } from "./machine-people.ts";
import { wrongCode } from "./second-factor.routes.ts";
import type { Session } from "./session.ts";
import type { NewSession, Sessions } from "./sessions.ts";
import type { SignInLinks } from "./sign-in-links.ts";

/** Where somebody stands who wants in. */
export interface Comer {
  readonly address: string;
  /** User-Agent. */
  readonly agent: string;
}

export interface PasswordAttempt {
  readonly account: string;
  readonly password: string;
  /** Of the second factor. */
  readonly code?: string | undefined;
  /** To what PAM asks beyond name and password. */
  readonly answers?: readonly string[] | undefined;
}

export interface SignedIn {
  readonly session: Session;
  /** A whole Set-Cookie. */
  readonly cookie: string;
}

/** The ways in. All throw `identity.*`. */
export interface SignIn {
  byPassword(attempt: PasswordAttempt, comer: Comer): Promise<SignedIn>;
  byLink(token: string, comer: Comer): Promise<SignedIn>;
  /** For somebody whom an identity provider has proven. */
  byProvider(person: Person, comer: Comer): Promise<SignedIn>;
}

export interface SignInNeeds {
  readonly clock: Clock;
  readonly log: Log;
  readonly entrance: Entrance;
  readonly users: Pick<Users, "meet" | "secondFactor">;
  readonly sessions: Pick<Sessions, "open">;
  readonly links: Pick<SignInLinks, "take">;
  /** Absent: why not. */
  readonly pam: Pam | { readonly unavailable: string };
  /** Whether root signs in with a password. */
  readonly rootAllowed: boolean;
  readonly record: RecordSignIn;
}

export function createSignIn(needs: SignInNeeds): SignIn {
  const { log, entrance, users, sessions, links, record } = needs;

  async function open(given: Pick<NewSession, "name" | "way" | "given">, comer: Comer): Promise<SignedIn> {
    const opened = await sessions.open({ ...given, ...comer });
    const { name } = given;
    log.info({ actor: name, address: comer.address, session: opened.session.id }, "signed in");
    await record({ actor: name, action: "session.create", outcome: "done", address: comer.address });
    return opened;
  }

  /** Answers recovery codes when it was set up just now. */
  async function secondFactor({ name, secondFactor: state }: Standing, code: string | undefined) {
    const factor = users.secondFactor;
    if (state === "none") return undefined;
    if (state === "set") {
      if (code === undefined) {
        throw new AtalayaError("identity.second-factor", "A code of the second factor is needed.", {
          next: "Send everything again, with the `code` that your device shows.",
        });
      }
      if (await factor.check(name, code)) return undefined;
      throw wrongCode();
    }
    const recoveryCodes = code === undefined ? undefined : await factor.confirm(name, code);
    if (recoveryCodes !== undefined) return recoveryCodes;
    if (code !== undefined) throw wrongCode();
    throw new AtalayaError("identity.second-factor-setup", "Your role needs a second factor: set it up now.", {
      details: { ...(await factor.begin(name)) },
      next: "Scan `uri` with an authenticator, then send everything again with the `code` that it shows.",
    });
  }

  async function proven(attempt: PasswordAttempt, { address }: Comer, steps: Steps): Promise<Person> {
    if ("unavailable" in needs.pam) {
      throw new AtalayaError("identity.pam-unavailable", needs.pam.unavailable, {
        next: "Sign in with a link instead: atalaya sign-in-link",
      });
    }
    const { account, password, code, answers = code === undefined ? [] : [code] } = attempt;
    if (!isTypable(account) || password.includes("\0")) throw wrong();
    const answer = await needs.pam.check({ account, password, answers, address });
    const known = accept(answer, steps);
    if (known.uid === 0 && !needs.rootAllowed) {
      steps.note("root does not sign in with a password here (ATALAYA_SIGN_IN_ROOT)");
      throw wrong();
    }
    return personOfAccount(known);
  }

  return {
    byPassword: (attempt, comer) =>
      entrance.pass(
        { actor: `pam:${shownName(attempt.account)}`, account: attempt.account, address: comer.address },
        async (steps) => {
          const person = await proven(attempt, comer, steps);
          const standing = await users.meet(person, comer.address);
          const given = admitted(standing);
          const recoveryCodes = await secondFactor(standing, attempt.code);
          const opened = await open({ name: person.name, way: "pam", given }, comer);
          return recoveryCodes === undefined
            ? opened
            : { ...opened, session: { ...opened.session, recoveryCodes: [...recoveryCodes] } };
        },
      ),
    byLink: (token, comer) =>
      entrance.pass({ actor: "link", address: comer.address }, async () =>
        open({ name: "link", way: "link", given: await links.take(token) }, comer),
      ),
    byProvider: async (person, comer) => {
      const given = admitted(await users.meet(person, comer.address));
      return open({ name: person.name, way: "oidc", given }, comer);
    },
  };
}

/** What each refusal is called outside. Of an account whose password was not right nothing is told. */
function accept(answer: PamAnswer, steps: Steps): MachineAccount {
  const said = answer.messages.length === 0 ? {} : { messages: answer.messages };
  switch (answer.kind) {
    case "proven":
      return answer.account;
    case "asks":
      throw new AtalayaError("identity.answer-needed", "The server's machine asks more than a password.", {
        details: { prompts: answer.prompts, ...said },
        next: "Send everything again, with `answers` to these questions in their order.",
      });
    case "refused":
      steps.note(answer.text);
      steps.delay(answer.delayMs);
      switch (answer.reason) {
        case "wrong":
          throw wrong();
        case "expired":
          throw new AtalayaError("identity.account-expired", "This account has expired.", {
            details: said,
            next: "Ask the administrator of the server's machine to extend it.",
          });
        case "locked":
          throw new AtalayaError("identity.account-locked", "This account may not sign in here and now.", {
            details: said,
            next: "Ask the administrator of the server's machine.",
          });
        case "must-change":
          throw new AtalayaError("identity.password-expired", "The password has expired and must be changed.", {
            details: said,
            next: "Change it on the server's machine: ssh there, or run `passwd`. Then sign in with the new one.",
          });
      }
  }
}

function admitted(standing: Standing): Given {
  if (standing.blocked) {
    throw new AtalayaError("identity.blocked", `${standing.name} is blocked.`, {
      next: "Ask an administrator of Atalaya: atalaya user unblock",
    });
  }
  if (standing.given === undefined) {
    throw new AtalayaError("identity.no-role", `${standing.name} is in no group that has a role here.`, {
      next: "Ask an administrator of Atalaya: the setting ATALAYA_ROLES, or atalaya user role",
    });
  }
  return standing.given;
}

function wrong(): AtalayaError {
  return new AtalayaError("identity.wrong-credentials", "Account and password do not fit.");
}

/** What could be an account's name at all: PAM's modules and /etc/passwd part fields with colons and lines. */
function isTypable(account: string): boolean {
  return account.trim() === account && !/[\0-\u001f\u007f:/]/.test(account) && !account.startsWith("-");
}

/** People type passwords where names belong: what is no name is not written down. */
function shownName(account: string): string {
  return /^[a-z_][a-z0-9_.@-]{0,63}\$?$/i.test(account) ? account : "?";
}
