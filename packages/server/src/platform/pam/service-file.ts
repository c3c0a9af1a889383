/** The file of /etc/pam.d that says which modules are asked. Made once, never written over. */
import { access, open } from "node:fs/promises";
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
  const problem = wanted === OURS ? await install(folders) : undefined;
  if (await exists(wanted, folders)) return { service: wanted };
  // What a site named may ask more than others do: nothing else stands in for it.
  const fallback = wanted === OURS ? await firstOf(FALLBACKS, folders) : undefined;
  const missing = `${folders[0]}/${wanted} ${problem === undefined ? "does not exist" : `cannot be made: ${problem}`}`;
  if (fallback === undefined) return { unavailable: `There is no PAM service to ask: ${missing}.` };
  return {
    service: fallback,
    note: `${missing}; sign-ins are checked by the PAM service \`${fallback}\` instead`,
  };
}

/** What was there is left as it is, whoever wrote it. Answers why it could not be made. */
async function install(folders: readonly string[]): Promise<string | undefined> {
  if (await exists(OURS, folders)) return undefined;
  const text = await textFor(folders);
  if (text === undefined) return "this machine has neither common-auth nor system-auth to build on";
  try {
    await using file = await open(join(folders[0]!, OURS), "wx");
    await file.writeFile(text);
    // Like its neighbours, whatever the umask: who may sign in is no secret.
    await file.chmod(0o644);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? (error as Error).message;
  }
}

/** The machine's own rules for who may come in, as Debian and SUSE (`common-*`) or Fedora and Arch (`system-auth`) keep them. */
async function textFor(folders: readonly string[]): Promise<string | undefined> {
  const isDebian = await exists("common-auth", folders);
  if (!isDebian && !(await exists("system-auth", folders))) return undefined;
  const [auth, account] = isDebian ? ["common-auth", "common-account"] : ["system-auth", "system-auth"];
  return `# Who signs in to Atalaya (pam.d(5)). Made once by the server; change it as you like, it is not written again.
auth     include ${auth}
account  required pam_nologin.so
# common-account of Debian only says no where pam_unix has a reason; asked first, the reason is told.
account  [acct_expired=die new_authtok_reqd=die authtok_expired=die default=ignore] pam_unix.so
account  include ${account}
`;
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
