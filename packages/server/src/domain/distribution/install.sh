#!/bin/sh
# Puts the Atalaya agent on this machine, or brings it up to date. Served, filled in, by the server as /install.sh.
# Needs: a POSIX shell, curl or GNU wget, gzip, sha256sum. No npm, no compiler, no internet: only the server.
set -eu
umask 022

servers='@@SERVERS@@'
bundle_sha256='@@BUNDLE_SHA256@@'
# An agent that waits takes less memory with these.
node_flags='@@NODE_FLAGS@@'
node_environment='@@NODE_ENVIRONMENT@@'
runtime_sha256_x64='@@RUNTIME_SHA256_X64@@'
runtime_sha256_arm64='@@RUNTIME_SHA256_ARM64@@'
# Empty: this server has none for such machines, and there are no terminals on them.
terminal_sha256_x64='@@TERMINAL_SHA256_X64@@'
terminal_sha256_arm64='@@TERMINAL_SHA256_ARM64@@'
ca='@@CA_PEM@@'

# Everything lands below this folder, for tests and for images that are prepared on another machine.
prefix=${ATALAYA_PREFIX:-}
home="$prefix/opt/atalaya/agent"
state="$prefix/var/lib/atalaya-agent"
command="$prefix/usr/local/bin/atalaya-agent"
unit="$prefix/etc/systemd/system/atalaya-agent.service"
environment="$prefix/etc/atalaya/agent.env"
pid_file="$prefix/run/atalaya-agent.pid"
stage=

usage() {
  cat <<'USAGE'
Usage: sh install.sh [--help]

Installs the Atalaya agent, enrols this machine and keeps the agent running (systemd, or a plain process
where there is none). Running it again brings the agent up to date; nothing is enrolled twice.

Environment:
  ATALAYA_JOIN_TOKEN  lets this machine in at once (atalaya token create). Without it a person has to accept it.
  ATALAYA_AGENT_NODE  a Node of version 20 or later to use instead of the one the server brings
  ATALAYA_PREFIX      put everything below this folder, for images; no systemd then
  ATALAYA_JOIN_VIA    waypoints that lead to the server, HOST:PORT[,HOST:PORT…]; kept for the agent
  HTTPS_PROXY         how to get to the server; kept for the agent

Remove everything again with: atalaya-agent uninstall
USAGE
}

say() { printf 'atalaya: %s\n' "$*"; }
fail() {
  printf 'atalaya: %s\n' "$*" >&2
  exit 1
}
has() { command -v "$1" >/dev/null 2>&1; }

main() {
  case "${1-}" in
    '') ;;
    -h | --help) usage; exit 0 ;;
    *) printf 'atalaya: %s is no option\n\n' "$1" >&2; usage >&2; exit 2 ;;
  esac
  vias=$(printf '%s' "${ATALAYA_JOIN_VIA:-}" | tr ',' ' ')
  case "$vias" in *[!A-Za-z0-9.:\[\]\ -]*) fail "ATALAYA_JOIN_VIA has characters that no address has" ;; esac
  case "$prefix" in *[!A-Za-z0-9._/+-]*) fail "ATALAYA_PREFIX must be a plain path" ;; esac
  become_root
  stage=$(mktemp -d) || fail "cannot make a temporary folder"
  trap 'rm -rf "$stage"' EXIT
  trap 'exit 1' HUP INT TERM
  printf '%s\n' "$ca" >"$stage/ca.pem"

  look_around
  install_files
  stop_service
  join
  start_service
  say "the agent is installed; see it on the server with: atalaya hosts"
}

become_root() {
  if [ "$(id -u)" = 0 ] || [ -n "$prefix" ]; then return; fi
  has sudo || fail "this must run as root"
  # By name only: values of variables on a command line are seen by everybody.
  exec sudo --preserve-env=ATALAYA_JOIN_TOKEN,ATALAYA_JOIN_VIA,ATALAYA_AGENT_NODE,HTTPS_PROXY,https_proxy,NO_PROXY,no_proxy sh "$0"
}

# What is not here yet is taken away again when the server refuses this machine.
look_around() {
  made=
  for path in "$home" "$state" "$command" "$environment"; do [ -e "$path" ] || made="$made $path"; done
}

refused() {
  # 4: the server's answer is no. Otherwise the same may work later, with the key that it knows by then.
  if [ "$1" = 4 ]; then
    rm -rf $made
    rmdir "$(dirname "$home")" "$(dirname "$environment")" 2>/dev/null || true
  fi
  fail "this machine could not join (status $1)"
}

# --- files

install_files() {
  mkdir -p "$home" "$(dirname "$command")" || fail "cannot make $home"
  [ -d "$state" ] || mkdir -p -m 711 "$state" || fail "cannot make $state"
  install_bundle
  if [ -n "${ATALAYA_AGENT_NODE:-}" ]; then use_node; else install_runtime; fi
  install_terminal
  put "$stage/ca.pem" "$home/ca.pem" 644
  keep_proxy
  write_command
  write_supervisor
  write_manifest
}

install_bundle() {
  if has_sum "$bundle_sha256" "$home/agent.mjs"; then return; fi
  say "fetching the agent"
  fetch /dist/agent.mjs "$stage/agent.mjs"
  has_sum "$bundle_sha256" "$stage/agent.mjs" || fail "the agent that came is not the one this script was made for; fetch the script anew"
  put "$stage/agent.mjs" "$home/agent.mjs" 644
}

install_runtime() {
  [ "$(uname -s)" = Linux ] || fail "this is $(uname -s); the agent runs on Linux"
  case "$(uname -m)" in
    x86_64 | amd64) arch=x64 sum=$runtime_sha256_x64 ;;
    aarch64 | arm64) arch=arm64 sum=$runtime_sha256_arm64 ;;
    *) fail "the server has no runtime for $(uname -m); name a Node of version 20 or later with ATALAYA_AGENT_NODE" ;;
  esac
  [ -n "$sum" ] || fail "this server has no runtime for $arch; name a Node of version 20 or later with ATALAYA_AGENT_NODE"
  if has_sum "$sum" "$home/node"; then return; fi
  has gzip || fail "gzip is needed"
  say "fetching the runtime (about 50 MB)"
  fetch "/dist/runtime-linux-$arch.gz" "$stage/node.gz"
  gzip -dc "$stage/node.gz" >"$stage/node" || fail "the runtime came damaged, or the disk is full"
  rm -f "$stage/node.gz"
  has_sum "$sum" "$stage/node" || fail "the runtime that came is not the one this script was made for; fetch the script anew"
  chmod 755 "$stage/node"
  can_run "$stage/node" || fail "the runtime does not run here (it needs glibc 2.28 or later); name a Node of version 20 or later with ATALAYA_AGENT_NODE"
  put "$stage/node" "$home/node" 755
}

# The agent does without it: it then refuses terminals, and says why.
install_terminal() {
  case "$(uname -s) $(uname -m)" in
    'Linux x86_64' | 'Linux amd64') arch=x64 sum=$terminal_sha256_x64 ;;
    'Linux aarch64' | 'Linux arm64') arch=arm64 sum=$terminal_sha256_arm64 ;;
    *) arch=$(uname -m) sum= ;;
  esac
  if [ -z "$sum" ]; then
    rm -f "$home/pty.node"
    say "this server has no library for terminals on $arch: everything else works"
    return
  fi
  if has_sum "$sum" "$home/pty.node"; then return; fi
  fetch "/dist/terminal/$arch" "$stage/pty.node"
  has_sum "$sum" "$stage/pty.node" || fail "the library for terminals that came is not the one this script was made for; fetch the script anew"
  put "$stage/pty.node" "$home/pty.node" 644
}

# A temporary folder may be mounted noexec: what cannot be started there is tried from where it will stay.
can_run() {
  if "$1" --version >/dev/null 2>&1; then return 0; fi
  cp "$1" "$home/.node-trial" && chmod 755 "$home/.node-trial" || return 1
  if "$home/.node-trial" --version >/dev/null 2>&1; then runs=0; else runs=1; fi
  rm -f "$home/.node-trial"
  return "$runs"
}

use_node() {
  found=$("$ATALAYA_AGENT_NODE" --version 2>/dev/null) || fail "$ATALAYA_AGENT_NODE does not run"
  major=${found#v}
  major=${major%%.*}
  [ "$major" -ge 20 ] 2>/dev/null || fail "$ATALAYA_AGENT_NODE is $found; the agent needs version 20 or later"
  ln -sfn "$ATALAYA_AGENT_NODE" "$home/node"
}

# The running agent keeps the file it has open; the next start finds the new one whole.
put() {
  cp "$1" "$2.new" && chmod "$3" "$2.new" && mv -f "$2.new" "$2" || fail "cannot write $2"
}

# For the agent that is started later, by somebody else. What a person has written there stays when nothing is said now.
keep_proxy() {
  proxy=${HTTPS_PROXY:-${https_proxy:-}}
  except=${NO_PROXY:-${no_proxy:-}}
  [ -n "$proxy" ] || return 0
  case "$proxy$except" in *[!A-Za-z0-9._~:/@%+=,*[\]-]*) fail "HTTPS_PROXY or NO_PROXY has characters that no address has" ;; esac
  mkdir -p "$(dirname "$environment")"
  # A proxy's address may hold a password.
  (umask 077 && printf "HTTPS_PROXY='%s'\nNO_PROXY='%s'\n" "$proxy" "$except" >"$stage/environment")
  put "$stage/environment" "$environment" 600
}

write_command() {
  cat >"$stage/command" <<COMMAND
#!/bin/sh
export ATALAYA_AGENT_DATA='$state'
if [ -r '$environment' ]; then set -a; . '$environment'; set +a; fi
export $node_environment
exec '$home/node' $node_flags '$home/agent.mjs' "\$@"
COMMAND
  put "$stage/command" "$command" 755
}

# Where there is no systemd: starts the agent again when it fails. An agent that ends well was asked to, and one that is
# not there any more was uninstalled. Commands of the agent are processes of their own and outlive both.
write_supervisor() {
  cat >"$stage/supervise" <<SUPERVISE
#!/bin/sh
# Tenths of a second; an agent that is asked to end needs far less.
patience=300
leave() { rm -f '$pid_file'; exit 0; }
# Asks every second: what comes to this shell's own copy of itself, between fork and exec, is lost. It is \$!, not a name
# given to it afterwards, because the signal may come in between.
stop() {
  trap '' TERM INT
  round=0
  while [ -n "\$!" ] && kill -0 "\$!" 2>/dev/null; do
    case "\$round" in
      "\$patience") kill -KILL "\$!" ;;
      *0) kill "\$!" ;;
    esac
    round=\$((round + 1))
    sleep 0.1 2>/dev/null || sleep 1
  done
  leave
}
pause() { sleep "\$1" & wait \$!; }
# A function, without substitutions of commands: bash breaks off when a signal comes while it reads one.
supervise() {
  while :; do
    find '$state/agent.log' -size +10000000c -exec mv -f '$state/agent.log' '$state/agent.log.1' ';' 2>/dev/null
    '$command' run --data '$state' >>'$state/agent.log' 2>&1 &
    wait "\$!" && leave
    for second in 1 2 3 4 5; do
      [ -e '$home/node' ] || leave
      pause 1
    done
  done
}
trap stop TERM INT
trap '' HUP
mkdir -p '$(dirname "$pid_file")'
echo \$\$ >'$pid_file'
supervise
SUPERVISE
  put "$stage/supervise" "$home/supervise" 755
}

# What "atalaya-agent uninstall" takes away: one path a line, as seen from the root.
write_manifest() {
  {
    echo "# Written by install.sh; read by: atalaya-agent uninstall"
    for path in "$home" "$command" "$unit" "$environment" "$pid_file" "$state"; do echo "${path#"$prefix"}"; done
  } >"$stage/manifest"
  put "$stage/manifest" "$home/manifest" 644
}

# --- fetching

fetch() {
  for via in $vias; do
    for server in $servers; do
      if (export no_proxy= NO_PROXY= https_proxy="http://$via" && fetch_from "https://$server$1" "$2"); then return; fi
    done
  done
  [ -z "$vias" ] || fail "no waypoint leads to the server ($vias)"
  if [ -z "${https_proxy:-}" ] && [ -n "${HTTPS_PROXY:-}" ]; then export https_proxy="$HTTPS_PROXY"; fi
  for server in $servers; do
    if fetch_from "https://$server$1" "$2"; then return; fi
  done
  fail "no server answered ($servers); is one reachable from here, under a name or address of its certificate?"
}

fetch_from() {
  if has curl; then
    curl --fail --globoff --silent --show-error --proto '=https' --connect-timeout 10 --cacert "$stage/ca.pem" --output "$2" "$1"
  elif has wget && wget --version 2>/dev/null | grep -q GNU; then
    wget --quiet --tries=2 --connect-timeout=10 --ca-certificate="$stage/ca.pem" --output-document="$2" "$1"
  else
    fail "curl or GNU wget is needed"
  fi
}

has_sum() {
  [ -f "$2" ] || return 1
  has sha256sum || fail "sha256sum is needed"
  printf '%s  %s\n' "$1" "$2" | sha256sum -c - >/dev/null 2>&1
}

# --- enrolment

join() {
  list=$(printf '%s' "$servers" | tr ' ' ',')
  # Waypoints first: whoever names some does not reach the servers.
  ways=
  for via in $vias; do ways="${ways}via:$via,"; done
  list="$ways$list"
  if [ -n "${ATALAYA_JOIN_TOKEN:-}" ]; then
    "$command" join --data "$state" --server "$list" || { code=$?; start_service; refused "$code"; }
  elif [ ! -f "$state/identity.json" ]; then
    say "without ATALAYA_JOIN_TOKEN a person has to accept this machine; on the server: atalaya host accept"
    "$command" join --data "$state" --server "$list" --ca-file "$home/ca.pem" || refused "$?"
  fi
  unset ATALAYA_JOIN_TOKEN
}

# --- service

uses_systemd() { [ -z "$prefix" ] && [ -d /run/systemd/system ]; }

stop_service() {
  if uses_systemd; then
    if [ -f "$unit" ]; then systemctl stop atalaya-agent.service || true; fi
  else
    end_process "$pid_file" "$home/supervise"
    # One whose supervisor was killed has gone on by itself.
    end_process "$state/agent.pid" "$home/agent.mjs"
  fi
}

# The process of this file, if it runs this program.
end_process() {
  tries=0
  while pid=$(running "$1" "$2"); do
    [ "$tries" != 0 ] || kill "$pid" 2>/dev/null || true
    tries=$((tries + 1))
    # Longer than the supervisor's own patience with the agent.
    [ "$tries" -le 400 ] || fail "the running agent does not end (process $pid)"
    sleep 0.1 2>/dev/null || sleep 1
  done
}

running() {
  [ -r "$1" ] || return 1
  read -r pid _ <"$1" || return 1
  # A number in a file may be anybody's by now.
  tr '\000' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -q "$2" || return 1
  echo "$pid"
}

start_service() {
  # Nothing to run before this machine is known.
  [ -f "$state/identity.json" ] || return 0
  if uses_systemd; then start_unit; else start_plain; fi
}

start_unit() {
  # KillMode=process: commands that are running go on while the agent is restarted or brought up to date.
  # OOMPolicy=continue: a command that the kernel kills for its memory must not stop the agent and all other commands.
  cat >"$stage/unit" <<UNIT
[Unit]
Description=Atalaya agent
Wants=network-online.target
After=network-online.target

[Service]
EnvironmentFile=-$environment
Environment=$node_environment
ExecStart=$home/node $node_flags $home/agent.mjs run --data $state
KillMode=process
OOMPolicy=continue
Restart=always
RestartSec=5
TasksMax=infinity

[Install]
WantedBy=multi-user.target
UNIT
  put "$stage/unit" "$unit" 644
  systemctl daemon-reload
  systemctl enable --quiet atalaya-agent.service
  systemctl restart atalaya-agent.service
}

start_plain() {
  if has setsid; then
    setsid "$home/supervise" </dev/null >/dev/null 2>&1 &
  else
    nohup "$home/supervise" </dev/null >/dev/null 2>&1 &
  fi
  say "there is no systemd: let this machine's own start-up run $home/supervise"
}

# Everything above is only definitions: a script that was cut off does nothing.
main "$@"
