/** What the program stands on: its settings, and its files by absolute path, so that it may leave its folder. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { AtalayaError } from "@atalaya/protocol";
import { accountNamed, type Account, giveFolder, mayBecome } from "../platform/daemon/index.ts";
import { isOurs } from "../installation.ts";
import { dataFolder, parseSettings, toldSettings, type Settings, type ToldSetting } from "../settings/index.ts";

export interface Ground {
  readonly settings: Settings;
  /** What was written, for administrators who look from afar. */
  readonly told: { readonly file: string; readonly settings: readonly ToldSetting[] };
  readonly data: string;
  /** Whom to become, when somebody was named. */
  readonly account: Account | undefined;
  /** Written in the background; in the foreground only where it was asked for. */
  readonly pidFile: string;
  readonly logFile: string;
}

/** Reads environment and file. Throws `settings.wrong`, `privileges.missing`. */
export async function readGround(env: NodeJS.ProcessEnv): Promise<Ground> {
  const { settings: set, told } = readSettings(env);
  const absolute = (path: string | undefined): string | undefined => (path === undefined ? undefined : resolve(path));
  const data = resolve(set.data);
  const settings = {
    ...set,
    data,
    certificate: absolute(set.certificate),
    key: absolute(set.key),
    boltCertificate: absolute(set.boltCertificate),
    boltKey: absolute(set.boltKey),
    boltCa: absolute(set.boltCa),
    boltUplinkCertificate: absolute(set.boltUplinkCertificate),
    boltUplinkKey: absolute(set.boltUplinkKey),
  };
  const account = settings.user === undefined ? undefined : await accountNamed(settings.user);
  return {
    settings,
    told,
    data,
    account,
    pidFile: absolute(set.pidFile) ?? join(data, "server.pid"),
    logFile: absolute(set.logFile) ?? join(data, "server.log"),
  };
}

/** While still root: the data folder becomes the account's. Answers whether an earlier server's data was handed over. */
export async function giveData({ data, account }: Pick<Ground, "data" | "account">): Promise<boolean> {
  if (account === undefined) return false;
  mayBecome(account);
  return giveFolder({ path: data, account, isOurs });
}

function readSettings(env: NodeJS.ProcessEnv): Pick<Ground, "settings" | "told"> {
  const path = join(dataFolder(env), "atalaya.toml");
  let text: string | undefined;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    if (!["ENOENT", "ENOTDIR"].includes((cause as NodeJS.ErrnoException).code ?? ""))
      throw new AtalayaError("settings.wrong", `${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
  const sources = { env, ...(text === undefined ? {} : { file: { path, text } }) };
  return { settings: parseSettings(sources), told: { file: resolve(path), settings: toldSettings(sources) } };
}
