import { ActionIcon, Button, Switch } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { IconKey, IconPlus, IconTrash } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { client, type Schemas } from "../../api/client.ts";
import { useMay } from "../../session/session.tsx";
import { Answered } from "../../ui/answered.tsx";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Moment } from "../../ui/moment.tsx";
import { Page } from "../../ui/page.tsx";
import { StateMark } from "../../ui/state-mark.tsx";
import { NewToken } from "./new-token.tsx";

type ApiToken = Schemas["ApiToken"];

export const apiTokensKey = ["api-tokens"] as const;

/** What programs sign in with. */
export function TokensPage() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const mayChange = useMay("identity.write");
  const [isMaking, setMaking] = useState(false);
  const [withRevoked, setWithRevoked] = useState(false);
  const { data, error } = useQuery({
    queryKey: [...apiTokensKey, withRevoked],
    queryFn: ({ signal }) =>
      client.get("/api/v1/api-tokens", {
        params: { query: { limit: 500, revoked: withRevoked ? "true" : "false" } },
        signal,
      }),
  });
  const { mutate: revoke } = useMutation({
    mutationFn: (id: string) => client.delete("/api/v1/api-tokens/{id}", { params: { path: { id } } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: apiTokensKey }),
  });
  const columns = useMemo(
    (): readonly Column<ApiToken>[] => [
      {
        id: "name",
        header: t("fleet.name"),
        width: 180,
        grow: true,
        value: ({ name }) => name,
        cell: ({ name }) => <strong>{name}</strong>,
      },
      {
        id: "state",
        header: t("fleet.state"),
        width: 110,
        cell: ({ state }) => (
          <StateMark
            state={state === "valid" ? "online" : "offline"}
            tone={state === "valid" ? "ok" : "still"}
            word={t(`tokenStates.${state}`)}
          />
        ),
      },
      {
        id: "may",
        header: t("tokens.may"),
        width: 200,
        cell: ({ role, permissions }) => (
          <span title={permissions.join(", ")}>{role === undefined ? permissions.join(", ") : t(`roles.${role}`)}</span>
        ),
      },
      {
        id: "places",
        header: t("fleet.place"),
        width: 150,
        cell: ({ places }) => places?.join(", ") ?? t("tokens.everywhere"),
      },
      { id: "by", header: t("jobs.who"), width: 120, cell: ({ createdBy }) => createdBy },
      {
        id: "used",
        header: t("tokens.used"),
        width: 120,
        value: ({ lastUsedAt }) => lastUsedAt ?? 0,
        cell: ({ lastUsedAt }) => (lastUsedAt === undefined ? t("tokens.never") : <Moment at={lastUsedAt} />),
      },
      {
        id: "expires",
        header: t("join.until"),
        width: 120,
        cell: ({ expiresAt }) => (expiresAt === undefined ? t("tokens.forever") : <Moment at={expiresAt} />),
      },
      {
        id: "revoke",
        header: "",
        width: 50,
        cell: ({ id, name, state }) =>
          state === "valid" ? (
            <ActionIcon
              variant="subtle"
              color="red"
              disabled={!mayChange}
              aria-label={t("tokens.revoke", { name })}
              title={t("tokens.revoke", { name })}
              onClick={() => revoke(id)}
            >
              <IconTrash size={16} />
            </ActionIcon>
          ) : null,
      },
    ],
    [t, mayChange, revoke],
  );
  return (
    <Page
      title={t("nav.tokens")}
      lead={t("tokens.lead")}
      actions={
        <>
          <Switch
            label={t("tokens.withRevoked")}
            checked={withRevoked}
            onChange={(event) => setWithRevoked(event.currentTarget.checked)}
          />
          <Button
            disabled={!mayChange}
            title={mayChange ? undefined : t("mayNot")}
            leftSection={<IconPlus size={16} />}
            onClick={() => setMaking(true)}
          >
            {t("tokens.make")}
          </Button>
        </>
      }
    >
      <Answered data={data} error={error}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty icon={IconKey} title={t("tokens.none")} text={t("tokens.noneText")} />
          ) : (
            <DataTable short label={t("nav.tokens")} columns={columns} rows={items} rowId={({ id }) => id} />
          )
        }
      </Answered>
      {isMaking ? <NewToken onClose={() => setMaking(false)} /> : null}
    </Page>
  );
}
