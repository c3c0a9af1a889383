import { ActionIcon } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { IconPackageExport, IconPlus, IconTrash } from "@tabler/icons-react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { client, type Schemas } from "../../api/client.ts";
import { LinkButton } from "../../app/link-button.tsx";
import { useMay } from "../../session/session.tsx";
import { Answered } from "../../ui/answered.tsx";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { Empty } from "../../ui/empty.tsx";
import { byteSize, Moment } from "../../ui/moment.tsx";
import { Page, Panel } from "../../ui/page.tsx";
import { StateMark } from "../../ui/state-mark.tsx";
import { jobShape, jobTone } from "../jobs/job-words.ts";
import { RunSaved } from "./run-saved.tsx";

type Deployment = Schemas["Deployment"];

export const savedKey = ["deployments", "saved"] as const;

/** What was placed where, by whom and when; and what is kept to be placed again. */
export function DeploymentsPage() {
  const { t } = useTranslation();
  const mayDeploy = useMay("deployment.write");
  const { data, error } = useQuery({
    queryKey: ["deployments"],
    queryFn: ({ signal }) => client.get("/api/v1/deployments", { params: { query: { limit: 200 } }, signal }),
    refetchInterval: 3_000,
  });
  const columns = useColumns();
  return (
    <Page
      title={t("nav.deployments")}
      actions={
        <LinkButton
          to="/deployments/new"
          disabled={!mayDeploy}
          title={mayDeploy ? undefined : t("mayNot")}
          leftSection={<IconPlus size={16} />}
        >
          {t("deploy.new")}
        </LinkButton>
      }
    >
      <Saved />
      <Answered data={data} error={error}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty icon={IconPackageExport} title={t("deploy.none")} text={t("deploy.noneText")}>
              <LinkButton to="/deployments/new" disabled={!mayDeploy} leftSection={<IconPlus size={16} />}>
                {t("deploy.new")}
              </LinkButton>
            </Empty>
          ) : (
            <DataTable
              short
              label={t("nav.deployments")}
              columns={columns}
              rows={items}
              rowId={({ id }) => id}
              rowHeight={40}
            />
          )
        }
      </Answered>
    </Page>
  );
}

function useColumns(): readonly Column<Deployment>[] {
  const { t } = useTranslation();
  return useMemo(
    () => [
      {
        id: "name",
        header: t("fleet.name"),
        width: 220,
        grow: true,
        cell: ({ id, name, kind, spec }) => (
          <Link to="/deployments/$deployment" params={{ deployment: id }}>
            {kind === "rollback" ? `${t("deploy.rollback")}: ` : ""}
            {name ?? (spec.into === "" ? "~" : spec.into)}
          </Link>
        ),
      },
      {
        id: "state",
        header: t("fleet.state"),
        width: 120,
        cell: ({ job }) => <StateMark state={jobShape(job)} tone={jobTone(job)} word={t(`jobStates.${job.state}`)} />,
      },
      {
        id: "files",
        header: t("deploy.files"),
        width: 150,
        cell: ({ kind, files, bytes, undoes }) =>
          kind === "deploy"
            ? `${files} · ${byteSize(bytes)}`
            : undoes === undefined
              ? ""
              : t("deploy.takesBack", { count: undoes.files, size: byteSize(undoes.bytes) }),
      },
      {
        id: "into",
        header: t("deploy.into"),
        width: 180,
        cell: ({ spec }) => <code>{spec.into === "" ? "~" : spec.into}</code>,
      },
      { id: "where", header: t("jobs.where"), width: 170, cell: ({ spec }) => <code>{spec.selector}</code> },
      { id: "who", header: t("jobs.who"), width: 120, cell: ({ createdBy }) => createdBy },
      { id: "when", header: t("jobs.when"), width: 120, cell: ({ createdAt }) => <Moment at={createdAt} /> },
    ],
    [t],
  );
}

function Saved() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const mayDeploy = useMay("deployment.write");
  const { data } = useQuery({
    queryKey: savedKey,
    queryFn: ({ signal }) => client.get("/api/v1/deployments/saved", { signal }),
  });
  const forget = useMutation({
    mutationFn: (name: string) => client.delete("/api/v1/deployments/saved/{name}", { params: { path: { name } } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: savedKey }),
  });
  const items = data?.items ?? [];
  if (items.length === 0) return null;
  return (
    <div style={{ marginBottom: 16 }}>
      <Panel title={t("deploy.saved")} flush>
        <ul style={{ margin: 0, padding: 0, listStyle: "none" }}>
          {items.map(({ name, owner, files, bytes, spec }) => (
            <li
              key={`${owner} ${name}`}
              style={{ display: "flex", gap: 14, alignItems: "center", padding: "7px 14px", flexWrap: "wrap" }}
            >
              <strong style={{ flex: "1 1 140px" }}>{name}</strong>
              <span>
                {files} · {byteSize(bytes)} → <code>{spec.into === "" ? "~" : spec.into}</code>
              </span>
              <code>{spec.selector}</code>
              <span style={{ color: "var(--ink-soft)" }}>{owner}</span>
              <RunSaved name={name} owner={owner} selector={spec.selector} disabled={!mayDeploy} />
              <ActionIcon
                variant="subtle"
                color="red"
                disabled={!mayDeploy}
                aria-label={t("deploy.forget", { name })}
                onClick={() => forget.mutate(name)}
              >
                <IconTrash size={16} />
              </ActionIcon>
            </li>
          ))}
        </ul>
      </Panel>
    </div>
  );
}
