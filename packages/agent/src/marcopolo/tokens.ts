/**
 * Tokens by which accounts prove themselves at the registration door. Whoever can read `.polo/token` in a home is its
 * owner. Ours hold a random secret for each account, known by its hash; the original's (AES-ECB of the uid under a
 * shared secret, 12.4) are read only where the host's owner turned them on.
 */
import { createDecipheriv, createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { spawn } from "node:child_process";
import type { Account } from "../capabilities/exec/account.ts";

const TOKEN_BYTES = 33;

export interface Tokens {
  /** Writes the account's token into its home: `made`, or `there` when it has one. Throws a sentence when it cannot. */
  request(account: Account): Promise<"made" | "there">;
  /** The uid that a token proves; undefined for any other text. */
  uidOf(token: string): Promise<number | undefined>;
}

/** SHA-256 of tokens by uid, kept over restarts. */
export interface HeldTokens {
  get(uid: number): string | undefined;
  set(uid: number, hash: string): Promise<void>;
  all(): Iterable<readonly [number, string]>;
}

export function tokens(needs: {
  readonly held: HeldTokens;
  readonly legacySecret: () => Promise<Buffer | undefined>;
}): Tokens {
  const { held } = needs;
  return {
    async request(account) {
      if (held.get(account.uid) !== undefined && (await asAccount(account, HAS_TOKEN)) === 0) return "there";
      const token = randomBytes(TOKEN_BYTES).toString("base64");
      if ((await asAccount(account, WRITE_TOKEN, token)) !== 0) {
        throw new Error(`the token of ${account.name} cannot be written to ${account.home}/.polo`);
      }
      await held.set(account.uid, hashOf(token));
      return "made";
    },
    async uidOf(token) {
      const hash = Buffer.from(hashOf(token));
      for (const [uid, known] of held.all()) if (timingSafeEqual(hash, Buffer.from(known))) return uid;
      const secret = await needs.legacySecret();
      return secret === undefined ? undefined : legacyUid(token, secret);
    },
  };
}

function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

const HAS_TOKEN = "test -f .polo/token && test -s .polo/token";
const WRITE_TOKEN = "umask 077 && mkdir -p .polo && cat > .polo/token.new && mv -f .polo/token.new .polo/token";

/**
 * Runs a fixed script in the account's home, as the account: what it cannot write we do not write for it. Root walking
 * through a home can be led anywhere by links (S-17). Resolves to the exit status.
 */
function asAccount({ uid, gid, home }: Account, script: string, input = ""): Promise<number> {
  const shell = ["/bin/sh", "-c", script];
  const [program, ...args] =
    uid === process.getuid?.()
      ? shell
      : ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--init-groups", "--no-new-privs", ...shell];
  return new Promise((resolve) => {
    const child = spawn(program!, args, {
      cwd: home,
      env: { PATH: "/usr/bin:/bin:/usr/sbin:/sbin" },
      stdio: ["pipe", "ignore", "ignore"],
      timeout: 5_000,
    });
    child.on("error", () => resolve(127));
    child.on("close", (status) => resolve(status ?? 1));
    child.stdin.on("error", () => undefined).end(input);
  });
}

/** The uid in an original token: decimal, padded with `#` to 32 bytes, AES-ECB, base64. */
export function legacyUid(token: string, secret: Uint8Array): number | undefined {
  const bits = { 16: 128, 24: 192, 32: 256 }[secret.byteLength];
  if (bits === undefined || !/^[A-Za-z0-9+/]{43}=$/.test(token)) return undefined;
  try {
    const cipher = createDecipheriv(`aes-${bits}-ecb`, secret, null).setAutoPadding(false);
    const plain = Buffer.concat([cipher.update(token, "base64"), cipher.final()]).toString("latin1");
    const match = /^(\d{1,10})#+$/.exec(plain);
    return match === null ? undefined : Number(match[1]);
  } catch {
    return undefined;
  }
}
