/** The account's own Tomcat: where its applications lie, and how it is started again. Never root's. */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { AtalayaError } from "@atalaya/protocol";
import { isExecutable } from "../../exec/tools.ts";
import { runCommand } from "./commands.ts";

export interface Tomcat {
  /** CATALINA_BASE: `webapps`, `conf`, `logs`. */
  readonly base: string;
  /** Where `bin` is. */
  readonly home: string;
  readonly webapps: string;
}

const LOGIN_MS = 10_000;
const STOP_MS = 30_000;

/** CATALINA_BASE of the account's login, or the newest of `~/tomcat*` and `~/apache-tomcat*`. Throws `deploy.tomcat`. */
export function findTomcat(
  account: { readonly name: string; readonly home: string },
  uid: number,
  environment: NodeJS.ProcessEnv,
): Tomcat {
  if (uid === 0) throw refused("a Tomcat is never deployed to as root: name the account that it belongs to");
  const told = loginVariables(environment);
  const base = told.base ?? told.home ?? newestIn(account.home);
  if (base === undefined)
    throw refused(
      `${account.name} has no Tomcat: neither CATALINA_BASE nor ~/tomcat*/webapps or ~/apache-tomcat*/webapps`,
    );
  const webapps = join(base, "webapps");
  if (!isFolder(webapps)) throw refused(`${base} is no Tomcat: it has no folder webapps`);
  return { base, home: told.home ?? base, webapps };
}

/** What the account's own login sets, as the account. */
function loginVariables(environment: NodeJS.ProcessEnv): { readonly base?: string; readonly home?: string } {
  try {
    const script = 'printf "\\n%s\\n%s\\n" "$CATALINA_BASE" "$CATALINA_HOME"';
    const text = execFileSync("/bin/sh", ["-lc", script], {
      encoding: "utf8",
      env: environment,
      timeout: LOGIN_MS,
      stdio: ["ignore", "pipe", "ignore"],
    });
    const [base, home] = text.split("\n").slice(-3);
    return {
      ...(base === undefined || base === "" ? {} : { base }),
      ...(home === undefined || home === "" ? {} : { home }),
    };
  } catch {
    return {};
  }
}

function newestIn(home: string): string | undefined {
  const found = listed(home)
    .filter((name) => /^(apache-)?tomcat/.test(name) && isFolder(join(home, name, "webapps")))
    .toSorted(new Intl.Collator("en", { numeric: true }).compare);
  const name = found.at(-1);
  return name === undefined ? undefined : join(home, name);
}

/** Stops it where it runs, then starts it in a session of its own, so that it outlives the deployment. */
export async function restartTomcat(
  { base, home }: Tomcat,
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<void> {
  const env = { ...environment, CATALINA_BASE: base, CATALINA_HOME: home };
  const bin = join(home, "bin");
  const startup = join(bin, "startup.sh");
  if (!isExecutable(startup)) throw refused(`${startup} is missing or may not be executed: Tomcat is not restarted`);
  const shutdown = join(bin, "shutdown.sh");
  if (existsSync(shutdown)) {
    const command = { kind: "program" as const, program: "/bin/sh", args: [shutdown] };
    await runCommand({ command, cwd: base, environment: env, timeoutMs: STOP_MS, signal });
  }
  const child = spawn("/bin/sh", [startup], {
    cwd: base,
    env,
    detached: true,
    stdio: ["ignore", "inherit", "inherit"],
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject).once("exit", resolve);
  });
  if (code !== 0) throw refused(`${startup} ended with ${code}`);
}

function refused(message: string): AtalayaError {
  return new AtalayaError("deploy.tomcat", message);
}

function listed(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
