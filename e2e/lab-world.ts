/**
 * A lab as marcodeployer knew it: a server that root started, people with real accounts of its machine, hosts that are
 * network namespaces with real agents and a disk of their own, and a browser whose connection can be cut. Needs root.
 */
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  doorway,
  faultProxy,
  joinAgent,
  serverProcess,
  startAgent,
  testNetwork,
  type FaultProxy,
  type NetworkHost,
  type OwnedProcess,
  type ProcessOptions,
  type ServerProcess,
} from "@atalaya/testkit";
import type { Browser } from "playwright-core";
import { PASSWORD, testAccounts } from "../packages/server/src/platform/pam/accounts.testing.ts";
import { buildConsole } from "../tools/console-build.mjs";
import { openBrowser, openPage, type Visit } from "./console-world.ts";

/** As its agents, and nobody outside the lab, reach the server. */
export const LAB_SERVER = "10.78.0.1:8443";

export interface LabHost extends NetworkHost {
  /** What the host sees at `disk`, as this test sees it. */
  readonly own: string;
  /** Its agent's data folder. */
  readonly data: string;
}

export interface Lab extends AsyncDisposable {
  readonly server: ServerProcess;
  /** Between the browser and the server. */
  readonly line: FaultProxy;
  readonly browser: Browser;
  readonly hosts: readonly LabHost[];
  /** A folder that every host has, each its own; homes of people are in it. */
  readonly disk: string;
  /** Accounts of people: `ana` and `eva` are in no special group, `ada` is in one that makes administrators. */
  readonly ana: string;
  readonly eva: string;
  readonly ada: string;
  /** A process of a host, with that host's disk. */
  spawn(host: LabHost, options: ProcessOptions): OwnedProcess;
  /** Enrols the host with a join token. */
  join(host: LabHost): Promise<void>;
  /** Starts the agent of an enrolled host. */
  start(host: LabHost): OwnedProcess;
  /** A browser profile of its own, signed in with an account and its password, through the page. */
  signIn(account: string): Promise<Visit>;
  stranger(): Promise<Visit>;
}

export async function openLab(options: {
  readonly hosts: number;
  readonly env?: Readonly<Record<string, string>>;
}): Promise<Lab> {
  buildConsole();
  await using owned = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), "atalaya-lab-"));
  owned.defer(() => rmSync(folder, { recursive: true, force: true }));
  // People's commands must get to their homes.
  chmodSync(folder, 0o755);
  const disk = join(folder, "disk");
  mkdirSync(disk);

  const accounts = testAccounts();
  owned.defer(() => accounts[Symbol.asyncDispose]());
  const admins = await accounts.group();
  const person = async (home: string, groups: readonly string[] = []) =>
    accounts.add(groups, ["-d", join(disk, home), "-s", "/bin/sh"]);
  const [ana, eva, ada] = [await person("ana"), await person("eva"), await person("ada", [admins])];
  const service = await accounts.service("auth required pam_unix.so\naccount required pam_unix.so");

  const network = owned.use(testNetwork(options.hosts));
  const hosts = network.hosts.map((host): LabHost => {
    const own = join(folder, host.name, "disk");
    mkdirSync(own, { recursive: true, mode: 0o755 });
    for (const [home, account] of Object.entries({ ana, eva, ada })) {
      mkdirSync(join(own, home), { mode: 0o700 });
      chownSync(join(own, home), idOf("-u", account), idOf("-g", account));
    }
    return { ...host, own, data: join(folder, host.name, "agent") };
  });
  const socketPath = join(folder, "door");
  owned.use(await doorway(network.server, { host: "10.78.0.1", port: 8443 }, socketPath));
  const server = owned.use(
    await serverProcess({
      data: join(folder, "server"),
      host: "10.78.0.1",
      port: 8443,
      socketPath,
      spawn: (process) => network.server.spawn(process),
      env: { ATALAYA_PAM_SERVICE: service, ATALAYA_ROLES: `admin:${admins},user:*`, ...options.env },
    }),
  );
  const line = owned.use(await faultProxy({ path: socketPath }));
  const browser = owned.use(await openBrowser());

  const spawn = (host: LabHost, { program, args, ...rest }: ProcessOptions): OwnedProcess => {
    const mounted = ["-c", 'mount --bind "$1" "$2" && shift 2 && exec "$@"', "sh", host.own, disk, program, ...args];
    return host.spawn({ program: "sh", args: mounted, ...rest });
  };
  const agentOf = (host: LabHost) => ({
    data: host.data,
    servers: LAB_SERVER,
    spawn: (process: ProcessOptions) => spawn(host, process),
  });
  const stranger = () => openPage(browser, { baseURL: `https://127.0.0.1:${line.port}` });
  const life = owned.move();
  return {
    server,
    line,
    browser,
    hosts,
    disk,
    ana,
    eva,
    ada,
    spawn,
    async join(host) {
      const { body } = await server.call<{ readonly token: string }>("POST", "/api/v1/join-tokens", { uses: 1 });
      await joinAgent({ ...agentOf(host), token: body.token });
    },
    start: (host) => life.use(startAgent(agentOf(host))),
    stranger,
    async signIn(account) {
      const visit = await stranger();
      await visit.page.goto("/sign-in");
      await visit.page.getByLabel("Account").fill(account);
      await visit.page.locator("input[type=password]").fill(PASSWORD);
      await visit.page.getByRole("button", { name: "Sign in" }).click();
      await visit.page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
      return visit;
    },
    [Symbol.asyncDispose]: () => life.disposeAsync(),
  };
}

function idOf(flag: "-u" | "-g", account: string): number {
  return Number(execFileSync("id", [flag, account], { encoding: "utf8" }));
}
