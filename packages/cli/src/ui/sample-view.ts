/** How one host fares, as a page of text. What it cannot tell is left out. */
import type { components } from "@atalaya/client";
import { bar } from "./bar.ts";
import { sheet, table } from "./table.ts";
import { printable, type Sink } from "./terminal.ts";
import { ago, bytes, duration } from "./time.ts";

export type Sample = components["schemas"]["Sample"];

const PROCESSES_SHOWN = 15;
/** Of more cores only how many are busy would fit. */
const CORES_SHOWN = 64;

export function sampleView(host: string, sample: Sample, { paint, columns }: Sink, now: number): string {
  const { uptimeSeconds, load, cpu, memory, swap, disks = [], networks = [], temperatures = [], users = [] } = sample;
  const up = uptimeSeconds === undefined ? [] : [`up ${duration(uptimeSeconds * 1000)}`];
  const skew = sample.clockSkewMs === undefined ? [] : [`clock ${signed(sample.clockSkewMs)}`];
  const head = [paint.bold(printable(host)), ...up, `told ${ago(sample.at, now)}`, ...skew].join("  ");
  const rows = sheet([
    ["load", load?.map((one) => one.toFixed(2)).join("  ")],
    ["cpu", cpu && `${share(cpu.total)}  ${coresOf(cpu.cores)}`],
    ["memory", memory && part(memory.used, memory.total)],
    ["swap", swap === undefined || swap.total === 0 ? undefined : part(swap.used, swap.total)],
    ["disks", disks.map(({ mount, used, total }) => `${part(used, total)}  ${printable(mount)}`)],
    ["networks", networks.map((card) => `${rates(card)}  ${printable(card.name)}`)],
    ["warm", temperatures.map(({ name, celsius }) => `${Math.round(celsius)} °C`.padStart(7) + `  ${printable(name)}`)],
    ["people", users.map(({ name, terminal }) => `${printable(name)}  ${printable(terminal)}`)],
  ]);
  return `${head}\n${rows}${processesOf(sample, columns)}`;
}

function processesOf({ processes = [] }: Sample, columns: number | undefined): string {
  if (processes.length === 0) return "";
  const busiest = processes.toSorted((a, b) => b.cpu - a.cpu || b.memory - a.memory).slice(0, PROCESSES_SHOWN);
  const text = table(
    busiest,
    [
      { title: "PID", cell: ({ pid }) => String(pid) },
      { title: "USER", cell: ({ user }) => printable(user) },
      { title: "CPU", cell: ({ cpu }) => `${Math.round(cpu * 100)} %` },
      { title: "MEMORY", cell: ({ memory }) => bytes(memory) },
      { title: "WHAT", cell: ({ name }) => printable(name) },
    ],
    columns,
  );
  return `\n${text}`;
}

function coresOf(cores: readonly number[]): string {
  if (cores.length > CORES_SHOWN) return `${cores.filter((core) => core > 0.5).length} of ${cores.length} cores busy`;
  return cores.map((core) => `${Math.round(core * 100)}`).join(" ");
}

function rates({ rxBytesPerSecond, txBytesPerSecond }: NonNullable<Sample["networks"]>[number]): string {
  const rate = (count: number | undefined): string => (count === undefined ? "-" : `${bytes(count)}/s`).padStart(11);
  return `in ${rate(rxBytesPerSecond)}  out ${rate(txBytesPerSecond)}`;
}

const share = (fraction: number): string => `${bar(fraction)} ${`${Math.round(fraction * 100)} %`.padStart(5)}`;
const part = (used: number, total: number): string =>
  `${share(total === 0 ? 0 : used / total)}  ${bytes(used)} of ${bytes(total)}`;
const signed = (ms: number): string => `${ms < 0 ? "-" : "+"}${duration(Math.abs(ms))}`;
