import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { historyQuery, liveSamples, type LoadPoint, type Sample } from "../../../api/monitor.ts";
import { useSource } from "../../../api/source.ts";
import { duration } from "../../../ui/moment.tsx";
import { Panel } from "../../../ui/page.tsx";
import { Problem } from "../../../ui/problem.tsx";
import { TableSkeleton } from "../../../ui/table-skeleton.tsx";
import { LoadCharts } from "./load-charts.tsx";
import classes from "./monitor.module.css";
import { Cards, Cores, Disks, MemoryParts, Sensors } from "./parts.tsx";
import { percent } from "./percent.ts";
import { People, Processes } from "./processes.tsx";

const SHOWN_MS = 10 * 60_000;
/** A graph shorter than this would leap. */
const LEAST_MS = 60_000;
/** Looks of the past are ten seconds apart, those of now one. */
const GAP_MS = 25_000;

/** A host now: graphs that move every second, and what stands behind each. What it cannot tell is not there. */
export function LiveMonitor({ host, cores }: { readonly host: string; readonly cores: number | undefined }) {
  const { t } = useTranslation();
  const source = useMemo(() => liveSamples(host), [host]);
  const { latest, points, failure } = useSource(source);
  // What was before somebody looked: a graph that begins empty tells nothing for minutes.
  const { data: past } = useQuery(historyQuery(host, "hour"));
  const rows = useMemo(() => joined(past?.points ?? [], points), [past, points]);
  if (failure !== undefined) return <Problem error={failure} />;
  if (latest === undefined) return <TableSkeleton rows={6} />;
  const to = points.at(-1)?.at ?? latest.at;
  return (
    <>
      <Vitals sample={latest} cores={cores} />
      <LoadCharts
        rows={rows}
        range={[Math.max(to - SHOWN_MS, Math.min(rows[0]?.at ?? to, to - LEAST_MS)), to]}
        gapMs={GAP_MS}
        below={{
          cpu: <Cores cores={latest.cpu?.cores ?? []} />,
          memory: <MemoryParts sample={latest} />,
          network: <Cards networks={latest.networks ?? []} />,
          celsius: <Sensors temperatures={latest.temperatures ?? []} />,
        }}
        disks={<Disks disks={latest.disks ?? []} />}
      />
      <div className={classes.tables}>
        <Panel title={t("monitor.processes")} flush>
          <Processes processes={latest.processes ?? []} />
        </Panel>
        {latest.users === undefined ? null : (
          <Panel title={t("monitor.people")}>
            <People users={latest.users} />
          </Panel>
        )}
      </div>
    </>
  );
}

/** History up to where the live points begin, then those. */
function joined(past: readonly LoadPoint[], live: readonly LoadPoint[]): readonly LoadPoint[] {
  const begin = live[0]?.at ?? Infinity;
  const from = (live.at(-1)?.at ?? 0) - SHOWN_MS;
  return [...past.filter(({ at }) => at >= from && at < begin), ...live.filter(({ at }) => at >= from)];
}

/** What has no graph: how long it runs, its load, its clock. */
function Vitals({ sample, cores }: { readonly sample: Sample; readonly cores: number | undefined }) {
  const { t } = useTranslation();
  const { uptimeSeconds, load, clockSkewMs, users, cpu, memory } = sample;
  const skew = clockSkewMs === undefined ? undefined : Math.abs(clockSkewMs);
  const vitals: readonly (readonly [
    name: string,
    value: string | undefined,
    more?: string | undefined,
    isOdd?: boolean,
  ])[] = [
    [
      t("monitor.cpu"),
      cpu === undefined ? undefined : percent(cpu.total),
      t("host.cores", { count: cpu?.cores.length || cores || 1 }),
    ],
    [t("monitor.memory"), memory === undefined ? undefined : percent(memory.used / memory.total)],
    [
      t("monitor.load"),
      load?.[0].toFixed(2),
      load === undefined ? undefined : `${load[1].toFixed(2)} · ${load[2].toFixed(2)}`,
    ],
    [t("monitor.uptime"), uptimeSeconds === undefined ? undefined : duration(uptimeSeconds * 1000)],
    [
      t("monitor.skew"),
      skew === undefined ? undefined : skew < 1_000 ? `${skew} ms` : duration(skew),
      skew === undefined || skew < 1 ? undefined : t(clockSkewMs! < 0 ? "monitor.behind" : "monitor.ahead"),
      (skew ?? 0) >= 2_000,
    ],
    [t("monitor.people"), users === undefined ? undefined : String(users.length)],
  ];
  return (
    <dl className={classes.vitals}>
      {vitals.map(([name, value, more, isOdd = false]) =>
        value === undefined ? null : (
          <div key={name} className={classes.vital} data-odd={isOdd}>
            <dt>{name}</dt>
            <dd>
              {value} {more === undefined ? null : <span>{more}</span>}
            </dd>
          </div>
        ),
      )}
    </dl>
  );
}
