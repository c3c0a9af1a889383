import type { Sysfs } from "./sysfs.ts";

const BY_MAKER: readonly (readonly [RegExp, string])[] = [
  [/QEMU/i, "kvm"],
  [/KVM/i, "kvm"],
  [/VMware/i, "vmware"],
  [/VirtualBox|innotek/i, "virtualbox"],
  [/Xen/i, "xen"],
  [/Microsoft Corporation Virtual/i, "hyper-v"],
  [/Amazon EC2/i, "amazon"],
  [/Google Compute Engine/i, "google"],
  [/Parallels/i, "parallels"],
];

/** What this machine runs in, from what it shows of itself; absent when it shows nothing. Containers first: they are nearer. */
export function virtualizationOf(files: Sysfs): string | undefined {
  if (files.exists(".dockerenv")) return "docker";
  const container = files.text("run/systemd/container") ?? containerOf(files.text("proc/1/environ"));
  if (container !== undefined && container !== "") return container;
  const maker = `${files.text("sys/class/dmi/id/sys_vendor") ?? ""} ${files.text("sys/class/dmi/id/product_name") ?? ""}`;
  const known = BY_MAKER.find(([pattern]) => pattern.test(maker))?.[1];
  if (known !== undefined) return known;
  if (files.text("sys/hypervisor/type") === "xen") return "xen";
  return /^flags\s*:.*\bhypervisor\b/m.test(files.text("proc/cpuinfo") ?? "") ? "vm" : undefined;
}

function containerOf(environment: string | undefined): string | undefined {
  return environment
    ?.split("\0")
    .find((entry) => entry.startsWith("container="))
    ?.slice("container=".length);
}
