import { relative } from "node:path";
import { VERSION } from "../version.ts";

export interface Shown {
  readonly url: string;
  readonly data: string;
  readonly localAgent: boolean;
  /** How a person gets in: where, and as whom. */
  readonly signIn: SignInHint;
  /** What else a person should know. */
  readonly notes: readonly string[];
  /** Present: in the background. */
  readonly background?: { readonly pid: number; readonly pidFile: string; readonly logFile: string };
}

/** A link that was made for this start, where the machine's accounts cannot be checked. */
export type SignInHint = { readonly kind: "accounts" } | { readonly kind: "link"; readonly url: string };

/** What is printed when the server is ready. */
export function banner({ url, data, localAgent, signIn, notes, background }: Shown): string {
  const folder = relative(process.cwd(), data);
  const shown = folder === "" || folder.startsWith("..") ? data : `./${folder}`;
  const places =
    background === undefined
      ? ""
      : `  process   ${background.pid} (${background.pidFile})\n  log       ${background.logFile}\n`;
  return `
Atalaya ${VERSION} is ready at ${url}
  data      ${shown}
${places}  sign in   ${signIn.kind === "link" ? `${signIn.url}\n            (once, within 15 minutes; a fresh link: npx atalaya sign-in-link)` : `${url}/ with an account of this machine`}
  API       ${url}/api/v1/openapi.json
${notes.map((note) => `  note      ${note}\n`).join("")}
Next${background === undefined ? ", in another terminal" : ""}:
  npx atalaya hosts                     ${localAgent ? "this machine is your first host" : "the hosts you have"}
  npx atalaya run all -- uname -a       a command on every host
  npx atalaya token create              the line that adds another machine

${background === undefined ? "Ctrl-C stops it." : "Stop it with: npx atalaya server stop"}
`;
}
