import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import type { Schemas } from "../../api/client.ts";
import { commandOf } from "./job-words.ts";

export type Titled = Pick<Schemas["HostRun"], "capability" | "request" | "origin">;

/** What a job is, in one line: the script or deployment it was made for, or the command as somebody would type it. */
export function titleOf(t: TFunction<"words">, job: Titled): string {
  const { origin } = job;
  if (origin?.kind === "script") return t("jobs.script", { name: origin.name });
  if (origin?.kind === "deployment") {
    const name = origin.name ?? origin.rollbackOf ?? origin.id;
    return t(origin.rollbackOf === undefined ? "jobs.deployment" : "jobs.rollback", { name });
  }
  return commandOf(job);
}

/** What a script was given; of secrets only which. */
export function givenTo({ request }: Pick<Titled, "request">): readonly string[] {
  const { env = {}, secretEnv = [] } = (request ?? {}) as {
    readonly env?: Readonly<Record<string, string>>;
    readonly secretEnv?: readonly string[];
  };
  return [...Object.entries(env).map(([name, value]) => `${name}=${value}`), ...secretEnv.map((name) => `${name}=•••`)];
}

/** A command looks like one; what has a name does not. */
export function JobTitle({ job }: { readonly job: Titled }) {
  const { t } = useTranslation();
  const title = [titleOf(t, job), ...(job.origin?.kind === "script" ? givenTo(job) : [])].join(" ");
  return job.origin === undefined ? <code title={title}>{title}</code> : <span title={title}>{title}</span>;
}
