import { ActionIcon } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { IconTicket, IconTrash } from "@tabler/icons-react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { client, type Schemas } from "../../api/client.ts";
import { useMay } from "../../session/session.tsx";
import { Answered } from "../../ui/answered.tsx";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Labels } from "../../ui/labels.tsx";
import { Moment } from "../../ui/moment.tsx";
import { Panel } from "../../ui/page.tsx";
import { StateMark } from "../../ui/state-mark.tsx";

type JoinToken = Schemas["JoinToken"];

export const joinTokensKey = ["join-tokens"] as const;

/** The join tokens there are: their secrets were shown once. */
export function JoinTokens() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const mayRevoke = useMay("enrolment.write");
  const { data, error } = useQuery({
    queryKey: joinTokensKey,
    queryFn: ({ signal }) => client.get("/api/v1/join-tokens", { params: { query: { limit: 100 } }, signal }),
    refetchInterval: 10_000,
  });
  const { mutate: revoke } = useMutation({
    mutationFn: (id: string) => client.delete("/api/v1/join-tokens/{id}", { params: { path: { id } } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: joinTokensKey }),
  });
  const columns = useMemo(
    (): readonly Column<JoinToken>[] => [
      {
        id: "state",
        header: t("fleet.state"),
        width: 120,
        cell: ({ state }) => (
          <StateMark
            state={state === "usable" ? "online" : "offline"}
            tone={state === "usable" ? "ok" : "still"}
            word={t(`tokenStates.${state}`)}
          />
        ),
      },
      {
        id: "taken",
        header: t("join.taken"),
        width: 90,
        align: "end",
        cell: ({ taken, uses }) => `${taken} / ${uses}`,
      },
      { id: "place", header: t("fleet.place"), width: 150, cell: ({ place }) => place },
      { id: "labels", header: t("fleet.labels"), width: 170, cell: ({ labels = {} }) => <Labels labels={labels} /> },
      { id: "note", header: t("join.note"), width: 150, grow: true, cell: ({ note }) => note },
      { id: "by", header: t("jobs.who"), width: 120, cell: ({ createdBy }) => createdBy },
      { id: "expires", header: t("join.until"), width: 120, cell: ({ expiresAt }) => <Moment at={expiresAt} /> },
      {
        id: "revoke",
        header: "",
        width: 64,
        cell: ({ id, state }) =>
          state === "usable" ? (
            <ActionIcon
              variant="subtle"
              color="red"
              disabled={!mayRevoke}
              aria-label={t("join.revoke")}
              title={t("join.revoke")}
              onClick={() => revoke(id)}
            >
              <IconTrash size={16} />
            </ActionIcon>
          ) : null,
      },
    ],
    [t, mayRevoke, revoke],
  );
  return (
    <Panel title={t("join.tokens")} flush>
      <Answered data={data} error={error} rows={2}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty icon={IconTicket} title={t("join.none")} text={t("join.noneText")} />
          ) : (
            <DataTable short bare label={t("join.tokens")} columns={columns} rows={items} rowId={({ id }) => id} />
          )
        }
      </Answered>
    </Panel>
  );
}
