import { Button, SegmentedControl } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { IconHistory } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client } from "../../api/client.ts";
import { Empty } from "../../ui/empty.tsx";
import { Moment } from "../../ui/moment.tsx";
import { Problem } from "../../ui/problem.tsx";
import { TableSkeleton } from "../../ui/table-skeleton.tsx";
import classes from "./host.module.css";

const connections: ReadonlySet<string> = new Set(["connected", "disconnected"]);

/** What happened to a host, newest first, a page at a time. */
export function HostHistory({ host }: { readonly host: string }) {
  const { t } = useTranslation();
  const { data, error, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ["host", host, "history"],
    queryFn: ({ pageParam, signal }) =>
      client.get("/api/v1/hosts/{host}/history", {
        params: { path: { host }, query: { limit: 100, ...(pageParam === "" ? {} : { cursor: pageParam }) } },
        signal,
      }),
    initialPageParam: "",
    getNextPageParam: ({ next }) => next,
  });
  const [only, setOnly] = useState<"all" | "connections">("all");
  const all = data?.pages.flatMap(({ items }) => items) ?? [];
  const entries = only === "all" ? all : all.filter(({ event }) => connections.has(event));
  if (error !== null) return <Problem error={error} />;
  if (data === undefined) return <TableSkeleton rows={5} />;
  if (all.length === 0) return <Empty icon={IconHistory} title={t("host.noHistory")} text={t("host.noHistoryText")} />;
  return (
    <div style={{ paddingTop: 14 }}>
      <SegmentedControl
        aria-label={t("host.historyOf")}
        value={only}
        onChange={(value) => setOnly(value as typeof only)}
        data={(["all", "connections"] as const).map((value) => ({ value, label: t(`host.historyOnly.${value}`) }))}
      />
      <ul className={`${classes.list} ${classes.events}`}>
        {entries.map((entry, at) => (
          <li key={at}>
            <strong>{t(`hostEvents.${entry.event}`)}</strong>
            <span>
              {[entry.from, entry.to].filter((text) => text !== undefined).join(" → ")}
              {entry.reason === undefined ? "" : ` ${entry.reason}`}
              {entry.address === undefined ? "" : ` ${entry.address}`}
            </span>
            <span className={classes.soft}>
              {entry.actor === undefined ? null : `${entry.actor} · `}
              <Moment at={entry.at} />
            </span>
          </li>
        ))}
      </ul>
      {hasNextPage ? (
        <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {t("more")}
        </Button>
      ) : null}
    </div>
  );
}
