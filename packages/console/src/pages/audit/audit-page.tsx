import { Button, Select, TextInput } from "@mantine/core";
import { useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { IconDownload, IconFileSearch, IconShieldCheck } from "@tabler/icons-react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { client, type Schemas } from "../../api/client.ts";
import { Answered } from "../../ui/answered.tsx";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { Empty } from "../../ui/empty.tsx";
import { exactly, Moment } from "../../ui/moment.tsx";
import { Page } from "../../ui/page.tsx";
import { StateMark } from "../../ui/state-mark.tsx";
import type { Tone } from "../../ui/states.ts";
import classes from "./audit.module.css";
import { Verdict } from "./verdict.tsx";

type AuditEntry = Schemas["AuditEntry"];

const route = getRouteApi("/gate/audit");
const tones: Readonly<Record<AuditEntry["outcome"], Tone>> = {
  done: "ok",
  refused: "odd",
  failed: "bad",
  unknown: "fire",
};
const marks = { done: "succeeded", refused: "refused", failed: "failed", unknown: "lost" } as const;

/** Every change and login: who, what, from where, and how it went; and the proof that nobody has rewritten it. */
export function AuditPage() {
  const { t } = useTranslation();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { data, error, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ["audit", search],
    queryFn: ({ pageParam, signal }) =>
      client.get("/api/v1/audit", {
        params: { query: { limit: 200, ...search, ...(pageParam === "" ? {} : { cursor: pageParam }) } },
        signal,
      }),
    initialPageParam: "",
    getNextPageParam: ({ next }) => next,
  });
  const verify = useMutation({ mutationFn: () => client.get("/api/v1/audit/verify") });
  const entries = useMemo(() => data?.pages.flatMap(({ items }) => items) ?? [], [data]);
  const columns = useAuditColumns();
  const filter = (key: "actor" | "action" | "target") => (
    <TextInput
      key={`${key} ${search[key] ?? ""}`}
      label={t(`audit.${key}`)}
      defaultValue={search[key] ?? ""}
      placeholder={{ actor: "pam:ana", action: "job", target: "host:pc-01" }[key]}
      onBlur={({ currentTarget: { value } }) =>
        void navigate({ search: (before) => ({ ...before, [key]: value.trim() === "" ? undefined : value.trim() }) })
      }
      onKeyDown={(event) => {
        if (event.key === "Enter") event.currentTarget.blur();
      }}
    />
  );
  return (
    <Page
      title={t("nav.audit")}
      lead={t("audit.lead")}
      fill
      actions={
        <>
          <Button
            variant="default"
            leftSection={<IconShieldCheck size={16} />}
            loading={verify.isPending}
            onClick={() => verify.mutate()}
          >
            {t("audit.verify")}
          </Button>
          <Button
            variant="default"
            component="a"
            href="/api/v1/audit/export"
            download="atalaya-audit.ndjson"
            leftSection={<IconDownload size={16} />}
          >
            {t("audit.export")}
          </Button>
        </>
      }
    >
      {verify.data === undefined ? null : <Verdict report={verify.data} />}
      <div className={classes.filters}>
        {filter("actor")}
        {filter("action")}
        {filter("target")}
        <Select
          label={t("audit.outcome")}
          clearable
          value={search.outcome ?? null}
          onChange={(value) =>
            void navigate({
              search: (before) => ({ ...before, outcome: (value as AuditEntry["outcome"] | null) ?? undefined! }),
            })
          }
          data={(["done", "refused", "failed", "unknown"] as const).map((value) => ({
            value,
            label: t(`outcomes.${value}`),
          }))}
        />
      </div>
      <Answered data={data} error={error}>
        {() =>
          entries.length === 0 ? (
            <Empty icon={IconFileSearch} title={t("audit.none")} text={t("audit.noneText")} />
          ) : (
            <DataTable
              label={t("nav.audit")}
              columns={columns}
              rows={entries}
              rowId={({ writer, sequence }) => `${writer} ${sequence}`}
            />
          )
        }
      </Answered>
      {hasNextPage ? (
        <div style={{ marginTop: 10 }}>
          <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            {t("audit.older")}
          </Button>
        </div>
      ) : null}
    </Page>
  );
}

/** Why it was refused, and what was asked for: which command, on which host, as whom. */
function detailsOf({ code, details = {} }: AuditEntry): readonly string[] {
  const told = Object.entries(details).map(
    ([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  return code === undefined ? told : [code, ...told];
}

function useAuditColumns(): readonly Column<AuditEntry>[] {
  const { t, i18n } = useTranslation();
  return useMemo(
    () => [
      {
        id: "at",
        header: t("jobs.when"),
        width: 110,
        cell: ({ at }) => (
          <span title={exactly(at, i18n.language)}>
            <Moment at={at} />
          </span>
        ),
      },
      { id: "actor", header: t("audit.actor"), width: 110, cell: ({ actor }) => actor },
      { id: "action", header: t("audit.action"), width: 165, cell: ({ action }) => <code>{action}</code> },
      {
        id: "target",
        header: t("audit.target"),
        width: 120,
        grow: true,
        cell: ({ targets }) => <span title={targets.join("\n")}>{targets.join(", ")}</span>,
      },
      {
        id: "outcome",
        header: t("audit.outcome"),
        width: 110,
        cell: ({ outcome }) => (
          <StateMark state={marks[outcome]} tone={tones[outcome]} word={t(`outcomes.${outcome}`)} />
        ),
      },
      {
        id: "details",
        header: t("audit.details"),
        width: 220,
        grow: true,
        cell: (entry) => <span title={detailsOf(entry).join("\n")}>{detailsOf(entry).join(" · ")}</span>,
      },
      { id: "address", header: t("fleet.address"), width: 105, cell: ({ address }) => address },
      {
        id: "request",
        header: t("audit.request"),
        width: 90,
        cell: ({ requestId }) => <code title={requestId}>{requestId}</code>,
      },
    ],
    [t, i18n.language],
  );
}
