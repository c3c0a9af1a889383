import { useQuery } from "@tanstack/react-query";
import { IconActivityHeartbeat } from "@tabler/icons-react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { historyQuery, type Span } from "../../../api/monitor.ts";
import { held } from "../../../ui/chart-data.ts";
import { Empty } from "../../../ui/empty.tsx";
import { Problem } from "../../../ui/problem.tsx";
import { TableSkeleton } from "../../../ui/table-skeleton.tsx";
import { LoadCharts } from "./load-charts.tsx";

const HOUR_MS = 3_600_000;
const LENGTH_MS: Readonly<Record<Span, number>> = {
  hour: HOUR_MS,
  day: 24 * HOUR_MS,
  week: 168 * HOUR_MS,
  month: 744 * HOUR_MS,
};
const MINUTE_MS = 60_000;

/** How a host fared, as far as that was kept. */
export function LoadHistory({ host, span }: { readonly host: string; readonly span: Span }) {
  const { t } = useTranslation();
  const { data, error, dataUpdatedAt } = useQuery(historyQuery(host, span));
  // Disks and sensors are looked at each minute, the rest every ten seconds.
  const rows = useMemo(() => held(data?.points ?? [], ["disk", "celsius"], MINUTE_MS + 10_000), [data]);
  if (error !== null) return <Problem error={error} />;
  if (data === undefined) return <TableSkeleton rows={6} />;
  if (rows.length === 0)
    return <Empty icon={IconActivityHeartbeat} title={t("monitor.noHistory")} text={t("monitor.noHistoryText")} />;
  const to = Math.max(dataUpdatedAt, rows.at(-1)!.at);
  return <LoadCharts rows={rows} range={[to - LENGTH_MS[span], to]} gapMs={data.stepMs * 3} />;
}
