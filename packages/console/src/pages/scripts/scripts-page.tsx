import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { IconFileCode, IconPlus } from "@tabler/icons-react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { scriptsQuery, type Script } from "../../api/scripts.ts";
import { LinkButton } from "../../app/link-button.tsx";
import { useMay } from "../../session/session.tsx";
import { Answered } from "../../ui/answered.tsx";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Moment } from "../../ui/moment.tsx";
import { Page } from "../../ui/page.tsx";

/** The library: what is run again and again, each with a form of its own. */
export function ScriptsPage() {
  const { t } = useTranslation();
  const mayWrite = useMay("deployment.write");
  const { data, error } = useQuery(scriptsQuery);
  const columns = useColumns();
  const add = (
    <LinkButton
      to="/new-script"
      disabled={!mayWrite}
      title={mayWrite ? undefined : t("mayNot")}
      leftSection={<IconPlus size={16} />}
    >
      {t("scripts.new")}
    </LinkButton>
  );
  return (
    <Page title={t("nav.scripts")} lead={t("scripts.lead")} actions={add} fill>
      <Answered data={data} error={error}>
        {(data) =>
          data.length === 0 ? (
            <Empty icon={IconFileCode} title={t("scripts.none")} text={t("scripts.noneText")}>
              {add}
            </Empty>
          ) : (
            <DataTable
              label={t("nav.scripts")}
              columns={columns}
              rows={data}
              rowId={({ name }) => name}
              rowHeight={44}
            />
          )
        }
      </Answered>
    </Page>
  );
}

function useColumns(): readonly Column<Script>[] {
  const { t } = useTranslation();
  return useMemo(
    () => [
      {
        id: "name",
        header: t("fleet.name"),
        width: 190,
        value: ({ name }) => name,
        cell: ({ name }) => (
          <Link to="/scripts/$script" params={{ script: name }}>
            {name}
          </Link>
        ),
      },
      {
        id: "description",
        header: t("groups.description"),
        width: 260,
        grow: true,
        cell: ({ description }) => <span title={description}>{description}</span>,
      },
      {
        id: "parameters",
        header: t("scripts.parameters"),
        width: 220,
        cell: ({ parameters }) => <code>{parameters.map(({ name }) => name).join(" ")}</code>,
      },
      {
        id: "interpreter",
        header: t("scripts.interpreter"),
        width: 110,
        value: ({ interpreter }) => interpreter,
        cell: ({ interpreter }) => interpreter,
      },
      {
        id: "who",
        header: t("jobs.who"),
        width: 130,
        value: ({ changedBy }) => changedBy,
        cell: ({ changedBy }) => changedBy,
      },
      {
        id: "when",
        header: t("scripts.changed"),
        width: 120,
        value: ({ changedAt }) => changedAt,
        cell: ({ changedAt }) => <Moment at={changedAt} />,
      },
    ],
    [t],
  );
}
