/**
 * The wrapper: what stands between the agent and a command, so that the command hangs on nothing of the agent's.
 *
 * Three fixed scripts for `/bin/sh`. Nothing of a user's is ever put into their text: it comes as positional arguments
 * and, for the environment, as variables that the last stage renames. Environment must not be applied earlier, for
 * `LD_PRELOAD` and its like would otherwise act on programs that still run as root.
 *
 *   WRAPPER   agent's account, own session: claims, starts the pump, waits, writes the status
 *   FIRST     agent's account, the command's session: tells its process id, which stays the command's
 *   LAST      the command's account: directory, umask, environment, then becomes the program
 */
import type { PumpProgram } from "./pump-program.ts";

/**
 * `folder stdin leftovers owner pump script word cap group | setsid …`. The command runs in the foreground: a shell's background
 * jobs ignore SIGINT for ever. The place for its status is taken before it begins: a disk that is full when it ends must
 * not hide how it did.
 *
 * Its streams are named pipes that are its own (`owner`, when it is another account), so that it may open them anew; the
 * pump appends what comes to the files the agent reads. Descriptors 6 and 7 keep the pipes open until the status is
 * there: nobody waits in opening one, and what a pump that is gone left unread waits for the next.
 */
const WRAPPER = `
folder=$1 input=$2 leftovers=$3 owner=$4 pump=$5 script=$6 word=$7 cap=$8 group=$9
shift 9
end() {
  read -r now rest </proc/uptime
  echo "$1 $now ." 1<>"$folder/status"
}
cannot() {
  echo pipes >"$folder/obstacle"
  end 126
  exit
}
umask 077
set -C
{ echo "$$" >"$folder/claim"; } 2>/dev/null || exit 75
set +C
echo "                              " >"$folder/status" || exit 75
echo "                              " >"$folder/obstacle" || exit 75
if [ -n "$input" ]; then
  exec <"$input"
  rm -f -- "$input"
fi
out=$folder/pipes/out err=$folder/pipes/err
mkfifo "$out" "$err" || cannot
[ -z "$owner" ] || chown "$owner" "$out" "$err" || cannot
echo new >"$folder/mark" || cannot
exec 6<>"$out" 7<>"$err"
"$pump" \${script:+"$script" "$word"} "$cap" <"$out" >>"$folder/out" 3<"$err" 4>>"$folder/err" 5<>"$folder/mark" 6>&- 7>&- &
# Its start, the 22nd field, tells a process from a later one of the same number.
since=0
read -r _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ since rest <"/proc/$!/stat"
echo "$! $since ." >"$folder/pump" || { kill -s KILL "$!"; cannot; }
"$@" 6>&- 7>&-
end "$?"
exec 6>&- 7>&-
if [ "$leftovers" = kill ]; then
  read -r session rest <"$folder/pid" && kill -s KILL -- "-$session"
  [ -z "$group" ] || echo 1 >"$group/cgroup.kill"
fi
sync "$folder/status"
wait
`;

/**
 * `pidfile group | program…`. What cannot be named cannot be ended, so without its process id written nothing begins. The
 * streams are opened here because a shell that waits tells its own stderr of signals ("Terminated"), which nobody wrote.
 * Node has raised the soft limit of open files to the hard one; 1024 is what a login has.
 */
const FIRST = `
read -r now rest </proc/uptime
echo "$$ $now ." >"$1" || exit 75
ulimit -S -n 1024 2>/dev/null
folder=\${1%/*}
exec >"$folder/pipes/out" 2>"$folder/pipes/err" 3<>"$folder/obstacle"
[ -z "$2" ] || echo "$$" >"$2/cgroup.procs" || { echo group >&3; exit 126; }
shift 2
exec "$@"
`;

// Names begin with atalaya_ because the environment that is asked for shares this shell's variables.
/**
 * `cwd umask count program…`; variables ATALAYA_ENV_0… hold NAME=VALUE. Descriptor 3 takes that
 * nothing before it failed, then why it could not begin itself, over the blanks that kept the place. */
export const LAST = `
echo begun >&3 || exit 126
atalaya_cwd=$1 atalaya_n=$3
umask "$2"
shift 3
cd -- "$atalaya_cwd" 2>/dev/null || { echo cwd >&3; exit 126; }
unset OLDPWD
while [ "$atalaya_n" -gt 0 ]; do
  atalaya_n=$((atalaya_n - 1))
  eval "export \\"\\$ATALAYA_ENV_$atalaya_n\\"; unset ATALAYA_ENV_$atalaya_n"
done
case $1 in
*/*)
  [ -f "$1" ] || { echo missing >&3; exit 127; }
  [ -x "$1" ] || { echo denied >&3; exit 126; }
  ;;
*)
  # Nothing is forked for this: the account may be at its limit of processes. IFS may be one that was asked for.
  atalaya_path=$PATH: atalaya_found=missing
  while [ -n "$atalaya_path" ]; do
    atalaya_cwd=\${atalaya_path%%:*}
    atalaya_path=\${atalaya_path#*:}
    [ -f "\${atalaya_cwd:-.}/$1" ] || continue
    atalaya_found=denied
    [ -x "\${atalaya_cwd:-.}/$1" ] || continue
    atalaya_found=
    break
  done
  [ -z "$atalaya_found" ] || { echo "$atalaya_found" >&3; exit 127; }
  ;;
esac
unset atalaya_cwd atalaya_n atalaya_path atalaya_found
exec 3>&-
exec "$@"
`;

/** The programs of util-linux and coreutils that the wrapper needs, by absolute path. */
export interface Tools {
  readonly setsid: string;
  readonly mkfifo?: string;
  readonly chown?: string;
  readonly setpriv?: string;
  readonly prlimit?: string;
  readonly nice?: string;
}

/** Everything the wrapper is told. Values of the environment are not in it. */
export interface Launch {
  readonly folder: string;
  readonly pidFile: string;
  /** Removed when it is opened. Absent: what the wrapper was started with. */
  readonly stdinFile?: string;
  readonly leftovers: "leave" | "kill";
  readonly pump: PumpProgram;
  /** Bytes, see native/pump.c. */
  readonly cap: number;
  /** Whose the command's streams are, `uid:gid`, when that is not the agent. */
  readonly owner?: string;
  /** Folder of the control group it enters. */
  readonly group?: string;
  /** Between the agent's account and the command: `setpriv …`, `prlimit …`, `nice …`, each complete. */
  readonly prefix: readonly string[];
  readonly cwd: string;
  readonly umask: string;
  readonly command: readonly string[];
}

export const SHELL = "/bin/sh";

export function wrapperArguments(launch: Launch, tools: Tools, environmentSize: number): readonly string[] {
  const last = [
    SHELL,
    "-c",
    LAST,
    "atalaya-command",
    launch.cwd,
    launch.umask,
    String(environmentSize),
    ...launch.command,
  ];
  const first = [SHELL, "-c", FIRST, "atalaya-session", launch.pidFile, launch.group ?? "", ...launch.prefix, ...last];
  const [program, script = "", word = ""] = launch.pump;
  return [
    "-c",
    WRAPPER,
    "atalaya-run",
    launch.folder,
    launch.stdinFile ?? "",
    launch.leftovers,
    launch.owner ?? "",
    program,
    script,
    word,
    String(launch.cap),
    launch.group ?? "",
    tools.setsid,
    ...first,
  ];
}

/** The environment the wrapper is spawned with: only what the last stage renames. */
export function wrapperEnvironment(environment: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(environment).map(([name, value], index) => [
    `ATALAYA_ENV_${index}`,
    `${name}=${value}`,
  ]);
  return { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", ...Object.fromEntries(entries) };
}
