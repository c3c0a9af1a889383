import { SegmentedControl } from "@mantine/core";
import { IconActivityHeartbeat } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { HostDetail } from "../../../api/hosts.ts";
import { spans, type Span } from "../../../api/monitor.ts";
import { Empty } from "../../../ui/empty.tsx";
import { LiveMonitor } from "./live-monitor.tsx";
import { LoadHistory } from "./load-history.tsx";
import classes from "./monitor.module.css";

export interface HostMonitorProps {
  readonly host: HostDetail;
  /** Absent: live. */
  readonly span: Span | undefined;
  readonly onSpan: (span: Span | undefined) => void;
}

/** How a host fares: every second while one looks, or over a span that is past. */
export function HostMonitor({ host, span, onSpan }: HostMonitorProps) {
  const { t } = useTranslation();
  const isOnline = host.state === "online";
  return (
    <div className={classes.monitor}>
      <div className={classes.tools}>
        <SegmentedControl
          aria-label={t("monitor.span")}
          value={span ?? "live"}
          onChange={(value) => onSpan(value === "live" ? undefined : (value as Span))}
          data={(["live", ...spans] as const).map((value) => ({ value, label: t(`monitor.spans.${value}`) }))}
        />
      </div>
      {span !== undefined ? (
        <LoadHistory key={span} host={host.id} span={span} />
      ) : !isOnline ? (
        <Empty icon={IconActivityHeartbeat} title={t("monitor.offline")} text={t("monitor.offlineText")} />
      ) : !host.capabilities.includes("monitor") ? (
        <Empty icon={IconActivityHeartbeat} title={t("monitor.unable")} text={t("monitor.unableText")} />
      ) : (
        <LiveMonitor host={host.id} cores={host.facts.cpu?.cores} />
      )}
    </div>
  );
}
