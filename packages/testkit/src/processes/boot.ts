/** How a bare machine comes up: what its first process does, and what is to be taken away after it. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

export interface Boot {
  /** For /bin/sh, in namespaces of mounts and processes of its own; $1 a folder for the disk, $2 folders and $3 programs to hide. */
  readonly script: string;
  /** Whether a command line is one of the machine's own, not of what was done on it. */
  isOwn(command: string): boolean;
  /** At its shell: fails until it is up. */
  readonly up: string;
  over(): Promise<void>;
}

const DISK = `
set -e
disk=$1; hidden=$2; without=$3
mount -t tmpfs tmpfs "$disk"
mkdir "$disk/changes" "$disk/work" "$disk/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$disk/changes,workdir=$disk/work" "$disk/root"
cd "$disk/root"
mount -t proc proc proc
for folder in $hidden; do [ ! -d ".$folder" ] || mount -t tmpfs tmpfs ".$folder"; done
`;

const BARE = `
  for bin in /usr/bin /usr/sbin /usr/local/bin /usr/local/sbin; do (cd "$bin"; rm -rf $1); done
  rm -rf /run/systemd /run/atalaya-agent.pid /opt/atalaya /etc/atalaya /var/lib/atalaya-agent /usr/local/bin/atalaya-agent
`;

/** No start-up at all: who installs here finds no systemd. */
export function plainBoot(): Boot {
  const script = `${DISK}
mount --rbind /sys sys
mount --rbind /dev dev
# From here on inside: a link of this machine's disk would lead out again.
exec chroot . /bin/sh -ec '${BARE}
  hostname > /etc/machine-id.new && mv /etc/machine-id.new /etc/machine-id
  echo booted
  # Reaps what is orphaned, as every init.
  sleep 1000000 & wait
' boot "$without"
`;
  return { script, up: "true", isOwn: (command) => command === "sleep 1000000", over: () => Promise.resolve() };
}

const SYSTEMD = "/lib/systemd/systemd";
/** Of no use to a machine without hardware, screen and past. */
const MASKED = [
  "getty.target",
  "systemd-networkd.service",
  "systemd-logind.service",
  "systemd-modules-load.service",
  "systemd-update-utmp.service",
  "systemd-tmpfiles-clean.timer",
  "systemd-journal-flush.service",
  "sys-kernel-debug.mount",
  "sys-kernel-tracing.mount",
  "sys-fs-fuse-connections.mount",
  "dev-hugepages.mount",
].join(" ");

/**
 * The very systemd of this machine's Debian as process 1 (systemd(1); its "Container Interface" says what it wants), in
 * a control group of its own that it sees as the root of the hierarchy. Of this machine's services it starts none.
 */
export function systemdBoot(): Boot {
  const name = `atalaya-test-${randomBytes(4).toString("hex")}`;
  const group = join(cgroupMount()!, name);
  mkdirSync(group);
  // The second mount namespace: in the first one the disk can still be seen from outside after the change of root. What
  // the kernel has only once (modules, settings, devices) is not this systemd's to change: /sys and /proc/sys can only
  // be read, which is also how it knows to leave them alone.
  const script = `
${DISK}
mount -t cgroup2 cgroup2 sys
echo 0 >sys/${name}/cgroup.procs
umount sys
chroot . /bin/sh -ec '${BARE}
  rm -rf /etc/systemd/system/*.wants /etc/init.d/* /etc/rc?.d /usr/lib/systemd/system-generators/*
  hostname >/etc/hostname
  hostname | md5sum | cut -c 1-32 >/etc/machine-id.new && mv /etc/machine-id.new /etc/machine-id
  for unit in ${MASKED}; do ln -sf /dev/null /etc/systemd/system/$unit; done
' boot "$without"
exec unshare --mount --cgroup --ipc /bin/sh -ec '
  mount -t sysfs -o ro sysfs sys
  mount -t cgroup2 cgroup2 sys/fs/cgroup
  mount --bind -o ro proc/sys proc/sys
  mount -t tmpfs -o mode=755 tmpfs dev
  for node in null zero full random urandom tty; do : >dev/$node; mount --bind /dev/$node dev/$node; done
  mkdir dev/pts dev/shm
  mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts dev/pts
  ln -s pts/ptmx dev/ptmx
  for link in fd:fd stdin:fd/0 stdout:fd/1 stderr:fd/2; do ln -s "/proc/self/\${link#*:}" "dev/\${link%%:*}"; done
  mount -t tmpfs -o mode=755 tmpfs run
  mount -t tmpfs tmpfs tmp
  pivot_root . mnt
  umount -l /mnt
  echo booted
  exec env -i container=atalaya-test ${SYSTEMD} --system --unit=multi-user.target --show-status=0 --log-target=journal-or-kmsg
'
`;
  return {
    script,
    // Degraded: something of this machine's disk does not run in there, and nobody asked for it.
    up: "case $(systemctl is-system-running --wait) in running | degraded) ;; *) sleep 0.05; exit 1 ;; esac",
    isOwn: (command) =>
      /^(\(sd-pam\)|\/lib\/systemd\/|\/usr\/lib\/systemd\/|\/usr\/bin\/dbus-daemon --system )/.test(command),
    over: () => removeGroup(group),
  };
}

/** Why no machine with a systemd can be booted here; undefined when one can. */
export function noSystemdHere(): string | undefined {
  if (process.getuid?.() !== 0) return "only root can make a machine";
  if (!existsSync(SYSTEMD)) return "there is no systemd on this machine's disk (Debian's package systemd)";
  if (!existsSync("/usr/bin/dbus-daemon"))
    return "there is no message bus on this machine's disk (Debian's package dbus)";
  return cgroupMount() === undefined ? "there is no control group hierarchy of version 2" : undefined;
}

function cgroupMount(): string | undefined {
  return readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .find((line) => line.includes(" - cgroup2 "))
    ?.split(" ")[4];
}

/** Empty of processes once its machine is off, but the kernel takes note of that a moment later. */
async function removeGroup(group: string): Promise<void> {
  for (let round = 0; ; round += 1) {
    try {
      return removeFolders(group);
    } catch (error) {
      if (round === 100) throw error;
      await pause(20);
    }
  }
}

function removeFolders(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) removeFolders(join(folder, entry.name));
  rmdirSync(folder);
}
