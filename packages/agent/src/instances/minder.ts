/**
 * The minder: a shell that stands between the agent and an instance's program, so that the program hangs on nothing of
 * the agent's and its exit status is known whoever is away. Its own session; the program has another. As with runs,
 * nothing of a user's is ever put into a script's text.
 */
import { mkdir } from "node:fs/promises";
import { AtalayaError } from "@atalaya/protocol";
import { LAST, SHELL, wrapperEnvironment } from "../capabilities/exec/wrapper.ts";
import type { InstanceFiles } from "./files.ts";

/**
 * `claim exit logs keeper limit process setsid program…`. The keeper holds the log within its limit whoever is away; with
 * an empty name (no native program runs here) it is this shell, which looks less often.
 */
const MINDER = `
umask 077
set -C
echo "$$" >"$1" 2>/dev/null || exit 75
set +C
exit=$2 logs=$3 keeper=$4 limit=$5 process=$6
shift 6
keep() {
  while :; do
    size=$(wc -c <log 2>/dev/null) || size=0
    if [ "$size" -gt "$limit" ]; then tail -c "$((limit / 2))" log >log.1.new && mv -f log.1.new log.1; : >log; fi
    read -r pid rest <"$process" || pid=$$
    [ -d "/proc/$pid" ] || exit 0
    sleep 2
  done
}
( cd -- "$logs" && { [ -z "$keeper" ] || exec "$keeper" "$limit" "$process"; keep; } ) 2>/dev/null &
"$@"
code=$?
kill "$!" 2>/dev/null
wait "$!"
echo "$code ." >"$exit.new" && mv -f -- "$exit.new" "$exit"
`;

/**
 * `process log obstacle program…`: its process id stays the program's. The log is opened here because a shell that waits
 * tells its own stderr of signals ("Terminated"), which nobody wrote.
 */
const FIRST = `
since=0
read -r _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ since rest <"/proc/$$/stat"
echo "$$ $since ." >"$1" || exit 75
ulimit -S -n 1024 2>/dev/null
exec >>"$2" 2>&1 3>"$3"
shift 3
exec "$@"
`;

export interface MinderWish {
  readonly files: InstanceFiles;
  readonly attempt: number;
  /** The native program that keeps the log; absent where none runs. */
  readonly keeper: string | undefined;
  readonly logBytes: number;
  readonly setsid: string;
  /** `setpriv …`, complete; empty: the agent's own account. */
  readonly become: readonly string[];
  readonly cwd: string;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** What is found out for each start. */
export type Cleared = Omit<MinderWish, "files" | "attempt" | "logBytes">;

/** Resolves once it is started; `gone` when it is no more, while this agent lives. Throws `service.failed`. */
export async function startMinder(wish: MinderWish): Promise<{ readonly gone: Promise<void> }> {
  const { files, attempt, keeper = "", logBytes, become, cwd, command, environment } = wish;
  const { spawn } = await import("node:child_process");
  await mkdir(files.logs, { recursive: true, mode: 0o700 });
  const last = [SHELL, "-c", LAST, "atalaya-instance", cwd, "022", String(Object.keys(environment).length), ...command];
  const places = [files.process(attempt), files.log, files.obstacle];
  const first = [SHELL, "-c", FIRST, "atalaya-session", ...places, ...become, ...last];
  const claim = [files.claim(attempt), files.exit(attempt)];
  const keeping = [files.logs, keeper, String(logBytes), files.process(attempt)];
  const args = ["-c", MINDER, "atalaya-minder", ...claim, ...keeping, wish.setsid, ...first];
  try {
    const child = spawn(SHELL, args, {
      cwd: "/",
      detached: true,
      stdio: "ignore",
      env: wrapperEnvironment(environment),
    });
    child.unref();
    const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", reject);
    });
    return { gone };
  } catch (cause) {
    const { code = "unknown reason" } = cause as NodeJS.ErrnoException;
    throw new AtalayaError("service.failed", `the system could not start a process: ${code}`, { cause });
  }
}
