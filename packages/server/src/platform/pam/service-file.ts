/** The file of /etc/pam.d that says which modules are asked. Kept as this version writes it, until somebody changes it. */
import { createHash } from "node:crypto";
import { access, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";

export interface ChosenService {
  readonly service: string;
  /** What whoever starts the server should know. */
  readonly note?: string;
}

const OURS = "atalaya";
/** Where Linux-PAM looks (pam.d(5)); the first is the machine's owner's. */
const FOLDERS = ["/etc/pam.d", "/usr/lib/pam.d"];
/** Kept for every machine: `other` is what PAM itself asks when nothing else is named. */
const FALLBACKS = ["login", "other"];

/** Root calls it at each start. Answers undefined, with the reason, when the machine has no PAM service to ask. */
export async function chooseService(
  wanted: string,
  folders: readonly string[] = FOLDERS,
): Promise<ChosenService | { readonly unavailable: string }> {
  const installed = wanted === OURS ? await install(folders) : {};
  const { problem } = installed;
  if (await exists(wanted, folders))
    return installed.note === undefined ? { service: wanted } : { service: wanted, note: installed.note };
  // What a site named may ask more than others do: nothing else stands in for it.
  const fallback = wanted === OURS ? await firstOf(FALLBACKS, folders) : undefined;
  const missing = `${folders[0]}/${wanted} ${problem === undefined ? "does not exist" : `cannot be made: ${problem}`}`;
  if (fallback === undefined) return { unavailable: `There is no PAM service to ask: ${missing}.` };
  return {
    service: fallback,
    note: `${missing}; sign-ins are checked by the PAM service \`${fallback}\` instead`,
  };
}

interface Installed {
  /** Why it could not be written. */
  readonly problem?: string;
  readonly note?: string;
}

/** Writes it where there is none, and anew where it stands as an earlier version of the server wrote it. */
async function install(folders: readonly string[]): Promise<Installed> {
  const path = join(folders[0]!, OURS);
  const rules = await rulesFor(folders);
  try {
    const found = await textAt(path);
    if (found === undefined && (await exists(OURS, folders))) return {};
    if (rules === undefined) {
      return found === undefined ? { problem: "this machine has neither common-auth nor system-auth to build on" } : {};
    }
    const text = signed(rules.now);
    if (found === text) return {};
    if (found !== undefined && found !== signed(bodyOf(found)) && !rules.unsigned.includes(found)) {
      return isNewTo(found, rules.now) ? { note: left(path) } : {};
    }
    await put(path, text);
    return found === undefined
      ? {}
      : { note: `${path} was written anew: this version of the server has other rules, and nobody had changed it` };
  } catch (error) {
    return { problem: (error as NodeJS.ErrnoException).code ?? (error as Error).message };
  }
}

const left = (path: string) =>
  `${path} was changed by hand and is left as it is, though this version of the server would write other rules: move it away to get them`;

/** In one step: a sign-in in between finds the old rules or the new ones. */
async function put(path: string, text: string): Promise<void> {
  const made = `${path}.new`;
  await rm(made, { force: true });
  try {
    await using file = await open(made, "wx");
    await file.writeFile(text);
    // Like its neighbours, whatever the umask: who may sign in is no secret.
    await file.chmod(0o644);
    await rename(made, path);
  } finally {
    await rm(made, { force: true });
  }
}

const MARK = "# As written: ";

/** With the digest of what was written, by which a later version sees whether anybody has changed it. */
function signed(body: string): string {
  return `${body}${MARK}${digestOf(body)}\n`;
}

function bodyOf(text: string): string {
  return text.includes(MARK) ? text.slice(0, text.lastIndexOf(MARK)) : text;
}

/** Whether somebody's version of our file was made from other rules than these. A file that never was ours is theirs. */
function isNewTo(text: string, rules: string): boolean {
  if (!text.startsWith(HEAD)) return false;
  return !text.includes(`${MARK}${digestOf(rules)}`);
}

const digestOf = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 32);

async function textAt(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

const HEAD = "# Who signs in to Atalaya (pam.d(5)).";

interface ServiceRules {
  readonly now: string;
  /** What versions wrote that did not note what they had written. */
  readonly unsigned: readonly string[];
}

/** The machine's own rules for who may come in, as Debian and SUSE (`common-*`) or Fedora and Arch (`system-auth`) keep them. */
async function rulesFor(folders: readonly string[]): Promise<ServiceRules | undefined> {
  const isDebian = await exists("common-auth", folders);
  if (!isDebian && !(await exists("system-auth", folders))) return undefined;
  const [auth, account] = isDebian ? ["common-auth", "common-account"] : ["system-auth", "system-auth"];
  const first = `auth     include ${auth}\naccount  required pam_nologin.so\n`;
  const reason = `# common-account of Debian only says no where pam_unix has a reason; asked first, the reason is told.
account  [acct_expired=die new_authtok_reqd=die authtok_expired=die default=ignore] pam_unix.so
`;
  const last = `account  include ${account}\n`;
  const once = `${HEAD} Made once by the server; change it as you like, it is not written again.\n`;
  return {
    now: `${HEAD} Kept by the server; change it as you like, then it is left as it is.\n${first}${reason}${last}`,
    unsigned: [`${once}${first}${reason}${last}`, `${once}${first}${last}`],
  };
}

async function firstOf(names: readonly string[], folders: readonly string[]): Promise<string | undefined> {
  for (const name of names) if (await exists(name, folders)) return name;
  return undefined;
}

async function exists(name: string, folders: readonly string[]): Promise<boolean> {
  const found = await Promise.all(
    folders.map((folder) =>
      access(join(folder, name)).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.includes(true);
}
