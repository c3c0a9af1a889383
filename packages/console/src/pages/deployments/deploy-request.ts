import type { Schemas } from "../../api/client.ts";
import type { Upload } from "../../upload/uploads.ts";

/** What the form holds; text as it was typed. */
export interface DeployForm {
  readonly name: string;
  readonly selector: string;
  readonly into: string;
  readonly account: string;
  readonly mode: string;
  readonly overwrite: "replace" | "keep";
  readonly check: string;
  readonly command: string;
  readonly health: string;
  readonly rollbackOnFailure: boolean;
  readonly tomcat: "no" | "yes" | "restart";
  readonly marcopolo: string;
  readonly wave: string;
  readonly failureBudget: string;
}

export const emptyDeployForm: DeployForm = {
  name: "",
  selector: "",
  into: "",
  account: "",
  mode: "",
  overwrite: "replace",
  check: "",
  command: "",
  health: "",
  rollbackOnFailure: true,
  tomcat: "no",
  marcopolo: "",
  wave: "",
  failureBudget: "",
};

const shell = (script: string) => ({ kind: "shell" as const, script });

/** The deployment that a form and its uploaded files describe. */
export function deploymentOf(form: DeployForm, uploads: readonly Upload[], confirm?: number): Schemas["NewDeployment"] {
  const share = (text: string) => (text.includes("%") ? text.replaceAll(/\s/g, "") : Number(text));
  const policy = {
    ...(form.wave.trim() === "" ? {} : { wave: share(form.wave) }),
    ...(form.failureBudget.trim() === "" ? {} : { failureBudget: share(form.failureBudget) }),
  };
  const folders = uploads.filter(({ isFolder }) => isFolder).map(({ name }) => ({ name }));
  return {
    selector: form.selector,
    artifacts: uploads
      .filter(({ isFolder }) => !isFolder)
      .map(({ name, size, sha256 = "", unpack }) => ({ name, size, sha256, ...(unpack ? { unpack } : {}) })),
    ...(folders.length === 0 ? {} : { folders }),
    into: form.into.trim(),
    overwrite: form.overwrite,
    onFailure: form.rollbackOnFailure ? "rollback" : "leave",
    ...(form.name.trim() === "" ? {} : { name: form.name.trim() }),
    ...(form.account.trim() === "" ? {} : { account: form.account.trim() }),
    ...(form.mode.trim() === "" ? {} : { mode: form.mode.trim() }),
    ...(form.check.trim() === "" ? {} : { check: shell(form.check) }),
    ...(form.command.trim() === "" ? {} : { command: shell(form.command) }),
    ...(form.health.trim() === "" ? {} : { health: { command: shell(form.health) } }),
    ...(form.tomcat === "no" ? {} : { tomcat: { restart: form.tomcat === "restart" } }),
    ...(form.marcopolo.trim() === "" ? {} : { marcopolo: { id: form.marcopolo.trim() } }),
    ...(Object.keys(policy).length === 0 ? {} : { policy }),
    ...(confirm === undefined ? {} : { confirm }),
  };
}
