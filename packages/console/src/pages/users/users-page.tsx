import { ActionIcon } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { IconEdit, IconUsers } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { client, type Schemas } from "../../api/client.ts";
import { useMay } from "../../session/session.tsx";
import { Answered } from "../../ui/answered.tsx";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Moment } from "../../ui/moment.tsx";
import { Page, Panel } from "../../ui/page.tsx";
import { StateMark } from "../../ui/state-mark.tsx";
import { ChangeUser } from "./change-user.tsx";

type User = Schemas["User"];

export const usersKey = ["users"] as const;

/** Who has signed in, as what, and what an administrator says instead of their groups. */
export function UsersPage() {
  const { t } = useTranslation();
  const mayChange = useMay("user.write");
  const [changing, setChanging] = useState<User>();
  const { data, error } = useQuery({
    queryKey: usersKey,
    queryFn: ({ signal }) => client.get("/api/v1/users", { params: { query: { limit: 1000 } }, signal }),
  });
  const columns = useMemo(
    (): readonly Column<User>[] => [
      {
        id: "name",
        header: t("fleet.name"),
        width: 220,
        grow: true,
        value: ({ name }) => name,
        cell: ({ name, fullName }) => (
          <>
            <strong>{name}</strong> {fullName}
          </>
        ),
      },
      {
        id: "role",
        header: t("tokens.role"),
        width: 150,
        value: ({ role }) => role ?? "",
        cell: ({ role, override }) => (
          <>
            {role === undefined ? t("users.noRole") : t(`roles.${role}`)}
            {override?.role === undefined ? "" : ` (${t("users.byHand")})`}
          </>
        ),
      },
      {
        id: "places",
        header: t("fleet.place"),
        width: 150,
        cell: ({ places }) => places?.join(", ") ?? t("tokens.everywhere"),
      },
      { id: "groups", header: t("users.groups"), width: 180, grow: true, cell: ({ groups }) => groups.join(", ") },
      {
        id: "factor",
        header: t("secondFactor.title"),
        width: 130,
        cell: ({ secondFactor }) => t(`factors.${secondFactor}`),
      },
      {
        id: "state",
        header: t("fleet.state"),
        width: 110,
        cell: ({ blocked }) =>
          blocked === undefined ? (
            <StateMark state="online" tone="ok" word={t("users.open")} />
          ) : (
            <StateMark state="refused" tone="bad" word={t("users.blocked")} />
          ),
      },
      {
        id: "seen",
        header: t("users.seen"),
        width: 120,
        value: ({ signedInAt }) => signedInAt ?? 0,
        cell: ({ signedInAt }) => (signedInAt === undefined ? null : <Moment at={signedInAt} />),
      },
      {
        id: "change",
        header: "",
        width: 64,
        cell: (user) => (
          <ActionIcon
            variant="subtle"
            disabled={!mayChange}
            aria-label={t("users.change", { name: user.name })}
            title={mayChange ? t("users.change", { name: user.name }) : t("mayNot")}
            onClick={() => setChanging(user)}
          >
            <IconEdit size={16} />
          </ActionIcon>
        ),
      },
    ],
    [t, mayChange],
  );
  return (
    <Page title={t("nav.users")} lead={t("users.lead")}>
      <Answered data={data} error={error}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty icon={IconUsers} title={t("users.none")} text={t("users.noneText")} />
          ) : (
            <DataTable short label={t("nav.users")} columns={columns} rows={items} rowId={({ id }) => id} />
          )
        }
      </Answered>
      <div style={{ height: 16 }} />
      <Panel title={t("users.roles")}>
        <dl style={{ margin: 0, display: "grid", gap: 8 }}>
          {(["user", "viewer", "operator", "admin"] as const).map((role) => (
            <div key={role}>
              <dt>
                <strong>{t(`roles.${role}`)}</strong>
              </dt>
              <dd style={{ margin: 0, color: "var(--ink-soft)" }}>{t(`roleWords.${role}`)}</dd>
            </div>
          ))}
        </dl>
      </Panel>
      {changing === undefined ? null : <ChangeUser user={changing} onClose={() => setChanging(undefined)} />}
    </Page>
  );
}
