import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { client } from "../../api/client.ts";
import { useSession } from "../../session/session.tsx";
import { Labels } from "../../ui/labels.tsx";
import { Facts } from "../../ui/facts.tsx";
import { Moment } from "../../ui/moment.tsx";
import { Page, Panel } from "../../ui/page.tsx";
import { Problem } from "../../ui/problem.tsx";
import { TableSkeleton } from "../../ui/table-skeleton.tsx";

/** What this server is, and what it is reached by. */
export function ServerPage() {
  const { t } = useTranslation();
  const { actor } = useSession();
  const { data, error } = useQuery({
    queryKey: ["server"],
    queryFn: ({ signal }) => client.get("/api/v1/server", { signal }),
    refetchInterval: 10_000,
  });
  return (
    <Page title={t("nav.server")} lead={t("server.lead")}>
      {error === null ? null : <Problem error={error} />}
      {data === undefined ? (
        error === null ? (
          <TableSkeleton rows={4} />
        ) : null
      ) : (
        <Panel title={t("server.what")}>
          <Facts
            facts={[
              [t("server.version"), data.version],
              [t("server.engine"), data.engine === "sqlite" ? t("server.sqlite") : "PostgreSQL"],
              [t("server.started"), <Moment key="started" at={data.startedAt} />],
              [t("server.links"), data.links],
            ]}
          />
        </Panel>
      )}
      <div style={{ height: 16 }} />
      <Panel title={t("server.doors")}>
        <Facts
          facts={[
            [
              t("server.api"),
              <a key="api" href="/api/v1/openapi.json">
                /api/v1/openapi.json
              </a>,
            ],
            [
              t("server.ca"),
              <a key="ca" href="/ca.pem" download>
                /ca.pem
              </a>,
            ],
            [t("server.metrics"), <code key="metrics">/metrics</code>],
            [t("server.health"), <code key="health">/healthz · /readyz</code>],
          ]}
        />
      </Panel>
      <div style={{ height: 16 }} />
      <Panel title={t("server.permissions")}>
        <p style={{ marginTop: 0 }}>{t("server.permissionsOf", { name: actor.name })}</p>
        <Labels labels={Object.fromEntries(actor.permissions.map((permission) => [permission, ""]))} />
        {actor.places === undefined ? null : <p>{t("server.places", { places: actor.places.join(", ") })}</p>}
      </Panel>
    </Page>
  );
}
