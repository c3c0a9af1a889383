/** What the sign-in form asks next, by what the server answered. Pure. */

export interface Prompt {
  readonly text: string;
  /** Whether what is typed may be seen. */
  readonly echo: boolean;
}

export type Step =
  | { readonly kind: "password" }
  /** The server's machine asks more than a password; `given` was answered in earlier rounds. */
  | {
      readonly kind: "questions";
      readonly prompts: readonly Prompt[];
      readonly messages: readonly string[];
      readonly given: readonly string[];
    }
  | { readonly kind: "code" }
  | { readonly kind: "setup"; readonly uri: string; readonly secret: string };

export interface Refusal {
  readonly code: string;
  readonly details?: Readonly<Record<string, unknown>> | undefined;
}

/** `sent` are the answers that were refused or did not suffice. A refusal that asks for nothing begins anew. */
export function stepAfter(before: Step, { code, details = {} }: Refusal, sent: readonly string[]): Step {
  // Who mistypes while setting it up still needs what is scanned.
  if (code === "identity.second-factor") return before.kind === "setup" ? before : { kind: "code" };
  if (code === "identity.second-factor-setup") {
    const { uri, secret } = details;
    if (typeof uri === "string" && typeof secret === "string") return { kind: "setup", uri, secret };
    return { kind: "code" };
  }
  if (code === "identity.answer-needed") {
    const prompts = promptsIn(details["prompts"]);
    const messages = Array.isArray(details["messages"]) ? details["messages"].map(String) : [];
    if (prompts.length > 0) return { kind: "questions", prompts, messages, given: sent };
  }
  // A wrong answer is as a wrong password: nobody is told which of them it was.
  return before.kind === "questions" ? { kind: "password" } : before;
}

/** Whether a refusal only asks for more: what was given so far is right. */
export function asksMore(refusal: Refusal): boolean {
  if (isWrongCode(refusal)) return false;
  return refusal.code === "identity.answer-needed" || refusal.code.startsWith("identity.second-factor");
}

/** The server asks for a code in the same words before and after one that does not fit. */
export function isWrongCode({ code, details = {} }: Refusal): boolean {
  return code === "identity.second-factor" && details["wrong"] === true;
}

function promptsIn(value: unknown): readonly Prompt[] {
  if (!Array.isArray(value)) return [];
  return value.map((one: { readonly text?: unknown; readonly echo?: unknown }) => ({
    text: typeof one.text === "string" ? one.text.trim() : "",
    echo: one.echo === true,
  }));
}
