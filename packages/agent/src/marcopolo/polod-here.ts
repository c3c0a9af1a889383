/**
 * Whether this machine has a polod of its own. Its sockets share port 1337 with nobody (12.1 of the ancestor's
 * reference), so one that starts after us could not: what runs, or is to start with the machine, comes before us.
 */
import { readdir, readFile, readlink } from "node:fs/promises";
import { basename, join } from "node:path";

export async function polodIsHere(root = "/"): Promise<boolean> {
  return (await polodIsEnabled(root)) || (await polodRuns(root));
}

async function polodIsEnabled(root: string): Promise<boolean> {
  const units = join(root, "etc/systemd/system");
  const wants = (await listed(units)).filter((name) => name.endsWith(".wants")).map((name) => join(units, name));
  const levels = ["2", "3", "4", "5"].map((level) => join(root, `etc/rc${level}.d`));
  for (const folder of wants) if ((await listed(folder)).some((name) => /polod.*\.service$/.test(name))) return true;
  for (const folder of levels) if ((await listed(folder)).some((name) => /^S\d\d.*polod$/.test(name))) return true;
  return false;
}

/** Another network's, as in a container, takes nothing from us. */
async function polodRuns(root: string): Promise<boolean> {
  const network = (pid: string): Promise<string | undefined> =>
    readlink(join(root, "proc", pid, "ns/net")).catch(() => undefined);
  const own = await network("self");
  for (const pid of (await listed(join(root, "proc"))).filter((name) => /^\d+$/.test(name))) {
    const words = (await readFile(join(root, "proc", pid, "cmdline"), "latin1").catch(() => "")).split("\0");
    // The interpreter, its options, the program.
    if (words.slice(0, 4).some((word) => basename(word) === "polod") && (await network(pid)) === own) return true;
  }
  return false;
}

function listed(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => []);
}
