import type { Schemas } from "../../api/client.ts";

/** What the form holds; text as it was typed. */
export interface ShellForm {
  readonly selector: string;
  readonly command: string;
  readonly account: string;
  readonly note: string;
  readonly timeLimitSeconds: number | undefined;
  readonly deadlineMinutes: number | undefined;
  /** A number of hosts or a share, as in `25%`. */
  readonly canary: string;
  readonly wave: string;
  readonly failureBudget: string;
}

export const emptyForm: Omit<ShellForm, "selector"> = {
  command: "",
  account: "",
  note: "",
  timeLimitSeconds: undefined,
  deadlineMinutes: undefined,
  canary: "",
  wave: "",
  failureBudget: "",
};

/** The job that a form describes. */
export function jobOf(form: ShellForm, confirm?: number): Schemas["NewJob"] {
  const policy = {
    ...amount("canary", form.canary),
    ...amount("wave", form.wave),
    ...amount("failureBudget", form.failureBudget),
  };
  return {
    selector: form.selector,
    capability: "exec",
    request: {
      command: { kind: "shell", script: form.command },
      ...(form.account.trim() === "" ? {} : { account: form.account.trim() }),
      ...(form.timeLimitSeconds === undefined ? {} : { timeLimitMs: Math.round(form.timeLimitSeconds * 1000) }),
    },
    ...(Object.keys(policy).length === 0 ? {} : { policy }),
    ...(form.deadlineMinutes === undefined ? {} : { deadlineMs: Math.round(form.deadlineMinutes * 60_000) }),
    ...(form.note.trim() === "" ? {} : { note: form.note.trim() }),
    ...(confirm === undefined ? {} : { confirm }),
  };
}

/** Whether something is a number of hosts or a share of them. */
export function isAmount(text: string): boolean {
  return /^\s*(\d{1,7}|(100|[1-9]?\d)\s*%)?\s*$/.test(text);
}

function amount<K extends string>(key: K, text: string): { readonly [P in K]?: number | string } {
  const value = text.replaceAll(/\s/g, "");
  if (value === "") return {};
  return { [key]: value.endsWith("%") ? value : Number(value) } as { readonly [P in K]: number | string };
}
