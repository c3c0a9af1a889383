import { Button, Select } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { IconFileDiff } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, type Schemas } from "../../api/client.ts";
import { Empty } from "../../ui/empty.tsx";
import { Facts } from "../../ui/facts.tsx";
import { Moment } from "../../ui/moment.tsx";
import { Problem } from "../../ui/problem.tsx";
import { TableSkeleton } from "../../ui/table-skeleton.tsx";
import classes from "./host.module.css";

type Change = Schemas["StatusChange"];

/** What the host says it is and holds, how that changed, and what differs between any two changes. */
export function HostStatus({ host, revision }: { readonly host: string; readonly revision: number | undefined }) {
  const { t } = useTranslation();
  const path = { host };
  const status = useQuery({
    queryKey: ["host", host, "status", revision],
    queryFn: ({ signal }) => client.get("/api/v1/hosts/{host}/status", { params: { path }, signal }),
    retry: false,
    refetchInterval: 10_000,
  });
  const told = status.data?.revision;
  const changes = useInfiniteQuery({
    queryKey: ["host", host, "status", "history", told],
    queryFn: ({ pageParam, signal }) =>
      client.get("/api/v1/hosts/{host}/status/history", {
        params: { path, query: { limit: 100, ...(pageParam === "" ? {} : { cursor: pageParam }) } },
        signal,
      }),
    initialPageParam: "",
    getNextPageParam: ({ next }) => next,
    enabled: told !== undefined,
  });
  if (status.error !== null) return <Problem error={status.error} />;
  if (changes.error !== null) return <Problem error={changes.error} />;
  if (status.data === undefined || changes.data === undefined) return <TableSkeleton rows={5} />;
  const { digest, listed, changedAt, status: parts } = status.data;
  const all = changes.data.pages.flatMap(({ items }) => items);
  const counts = (["packages", "services", "instances"] as const).map((name) => {
    const value = parts[name];
    return [t(`host.status.${name}`), Array.isArray(value) ? String(value.length) : undefined] as const;
  });
  return (
    <div style={{ paddingTop: 14 }}>
      <Facts
        facts={[
          [t("host.status.digest"), <code key="digest">{digest}</code>],
          [t("host.status.ready"), t(listed ? "host.status.yes" : "host.status.no")],
          [t("host.status.changed"), <Moment key="moment" at={changedAt} />],
          ...counts,
        ]}
      />
      {all.length < 2 ? (
        <Empty icon={IconFileDiff} title={t("host.status.unchanged")} text={t("host.status.unchangedText")} />
      ) : (
        <Comparison host={host} changes={all} />
      )}
      {changes.hasNextPage ? (
        <Button
          mt="sm"
          variant="default"
          loading={changes.isFetchingNextPage}
          onClick={() => void changes.fetchNextPage()}
        >
          {t("more")}
        </Button>
      ) : null}
    </div>
  );
}

/** Two changes to be chosen, the newest and the one before it at first. */
function Comparison({ host, changes }: { readonly host: string; readonly changes: readonly Change[] }) {
  const { t, i18n } = useTranslation();
  const [chosen, setChosen] = useState<{ readonly from?: number; readonly to?: number }>({});
  const to = chosen.to ?? changes[0]!.revision;
  const from = chosen.from ?? changes.find(({ revision }) => revision < to)?.revision ?? to;
  const moment = new Intl.DateTimeFormat(i18n.language, { dateStyle: "short", timeStyle: "medium" });
  const options = changes.map(({ revision, at, parts }) => ({
    value: String(revision),
    // Two may come within one second.
    label: `${revision} · ${moment.format(at)} · ${parts.join(" ")}`,
  }));
  const { data, error } = useQuery({
    queryKey: ["host", host, "status", "diff", from, to],
    queryFn: ({ signal }) =>
      client.get("/api/v1/hosts/{host}/status/diff", { params: { path: { host }, query: { from, to } }, signal }),
  });
  return (
    <section>
      <div style={{ display: "flex", flexWrap: "wrap", gap: 12, marginTop: 14 }}>
        {(["from", "to"] as const).map((end) => (
          <Select
            key={end}
            style={{ flex: "1 1 260px" }}
            label={t(`host.status.${end}`)}
            data={options}
            value={String(end === "from" ? from : to)}
            allowDeselect={false}
            onChange={(value) => setChosen({ from, to, [end]: Number(value) })}
          />
        ))}
      </div>
      {error === null ? null : <Problem error={error} />}
      {data === undefined ? null : data.differences.length === 0 ? (
        <p className={classes.soft}>{t("host.status.same")}</p>
      ) : (
        <ul className={`${classes.list} ${classes.events}`} aria-label={t("host.status.differences")}>
          {data.differences.map(({ path, kind, before, after }) => (
            <li key={`${kind} ${path}`}>
              <strong>{t(`host.status.kinds.${kind}`)}</strong>
              <span style={{ overflowWrap: "anywhere" }}>
                <code>{path}</code>{" "}
                {[before, after]
                  .filter((value) => value !== undefined)
                  .map(short)
                  .join(" → ")}
              </span>
            </li>
          ))}
        </ul>
      )}
      {data?.truncated === true ? <p className={classes.soft}>{t("host.status.truncated")}</p> : null}
    </section>
  );
}

const MOST_CHARACTERS = 200;

function short(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
}
