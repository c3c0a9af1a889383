import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { client, type Schemas } from "../../api/client.ts";
import { signOut } from "../../session/session-api.ts";
import { Answered } from "../../ui/answered.tsx";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { Moment } from "../../ui/moment.tsx";
import { Panel } from "../../ui/page.tsx";
import { browserOf } from "./browser-name.ts";

type SessionEntry = Schemas["SessionEntry"];

/** Where one is signed in, and the way out of each. */
export function Sessions() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { data, error } = useQuery({
    queryKey: ["sessions"],
    queryFn: ({ signal }) => client.get("/api/v1/sessions", { params: { query: { limit: 100 } }, signal }),
  });
  const { mutate: end } = useMutation({
    mutationFn: (session: string) => client.delete("/api/v1/sessions/{session}", { params: { path: { session } } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["sessions"] }),
  });
  const everywhere = useMutation({
    mutationFn: () => signOut("everywhere"),
    // A fresh page: nothing of who was here stays in memory.
    onSuccess: () => location.replace("/sign-in"),
  });
  const columns = useMemo(
    (): readonly Column<SessionEntry>[] => [
      {
        id: "browser",
        header: t("account.browser"),
        width: 220,
        grow: true,
        cell: ({ agent, current }) => (
          <span title={agent}>
            {browserOf(agent)} {current ? <strong>({t("account.current")})</strong> : null}
          </span>
        ),
      },
      { id: "address", header: t("fleet.address"), width: 160, cell: ({ address }) => address },
      { id: "way", header: t("account.way"), width: 110, cell: ({ way }) => t(`ways.${way}`) },
      { id: "began", header: t("account.began"), width: 130, cell: ({ createdAt }) => <Moment at={createdAt} /> },
      { id: "used", header: t("tokens.used"), width: 130, cell: ({ usedAt }) => <Moment at={usedAt} /> },
      {
        id: "end",
        header: "",
        width: 130,
        align: "end",
        cell: ({ id, current }) =>
          current ? null : (
            <Button size="compact-xs" variant="default" onClick={() => end(id)}>
              {t("who.out")}
            </Button>
          ),
      },
    ],
    [t, end],
  );
  return (
    <Panel
      title={t("account.sessions")}
      flush
      actions={
        <Button
          size="compact-sm"
          variant="default"
          color="red"
          loading={everywhere.isPending}
          onClick={() => everywhere.mutate()}
        >
          {t("account.everywhere")}
        </Button>
      }
    >
      <Answered data={data} error={error} rows={2}>
        {({ items }) => (
          <DataTable short bare label={t("account.sessions")} columns={columns} rows={items} rowId={({ id }) => id} />
        )}
      </Answered>
    </Panel>
  );
}
