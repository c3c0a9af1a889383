import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { client } from "../../api/client.ts";
import { useMay, useSession } from "../../session/session.tsx";
import { Labels } from "../../ui/labels.tsx";
import { Facts } from "../../ui/facts.tsx";
import { byteSize, Moment } from "../../ui/moment.tsx";
import { Page, Panel } from "../../ui/page.tsx";
import { Problem } from "../../ui/problem.tsx";
import { TableSkeleton } from "../../ui/table-skeleton.tsx";
import { Doors } from "./doors.tsx";
import { Retention } from "./retention.tsx";
import classes from "./server.module.css";
import { Settings } from "./settings.tsx";

/** What this server is, what it runs by, and what it is reached by. */
export function ServerPage() {
  const { t } = useTranslation();
  const { actor } = useSession();
  const mayReadSettings = useMay("server.configuration");
  const { data, error } = useQuery({
    queryKey: ["server"],
    queryFn: ({ signal }) => client.get("/api/v1/server", { signal }),
    refetchInterval: 10_000,
  });
  const { data: configuration, error: unread } = useQuery({
    queryKey: ["server", "configuration"],
    queryFn: ({ signal }) => client.get("/api/v1/server/configuration", { signal }),
    enabled: mayReadSettings,
  });
  const failure = error ?? unread;
  return (
    <Page title={t("nav.server")} lead={t("server.lead")}>
      {failure === null ? null : <Problem error={failure} />}
      {data === undefined ? (
        error === null ? (
          <TableSkeleton rows={4} />
        ) : null
      ) : (
        <div className={classes.panels}>
          <Panel title={t("server.what")}>
            <Facts
              facts={[
                [t("server.version"), data.version],
                [t("server.core"), configuration?.core],
                [t("server.runtime"), configuration === undefined ? undefined : `Node ${configuration.node}`],
                [t("server.system"), configuration?.system],
                [t("server.engine"), data.engine === "sqlite" ? t("server.sqlite") : "PostgreSQL"],
                [t("server.folder"), configuration === undefined ? undefined : <code>{configuration.data}</code>],
                [t("server.size"), byteSize(data.dataBytes)],
                [t("server.started"), <Moment key="started" at={data.startedAt} />],
                [t("server.links"), data.links],
                [t("server.jobs"), data.jobs],
              ]}
            />
          </Panel>
          {configuration === undefined ? null : (
            <>
              <Doors doors={configuration.doors} />
              <Retention settings={configuration.settings} />
              <Settings file={configuration.file} settings={configuration.settings} />
            </>
          )}
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
          <Panel title={t("server.permissions")}>
            <p style={{ marginTop: 0 }}>{t("server.permissionsOf", { name: actor.name })}</p>
            <Labels labels={Object.fromEntries(actor.permissions.map((permission) => [permission, ""]))} />
            {actor.places === undefined ? null : <p>{t("server.places", { places: actor.places.join(", ") })}</p>}
          </Panel>
        </div>
      )}
    </Page>
  );
}
