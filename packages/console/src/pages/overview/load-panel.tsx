import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { IconActivityHeartbeat } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { overviewQuery } from "../../api/monitor.ts";
import { Empty } from "../../ui/empty.tsx";
import { Meter } from "../../ui/meter.tsx";
import { Panel } from "../../ui/page.tsx";
import { TableSkeleton } from "../../ui/table-skeleton.tsx";
import classes from "./overview.module.css";

/** How busy the fleet is, and which hosts are the busiest. */
export function LoadPanel({ selector }: { readonly selector: string }) {
  const { t } = useTranslation();
  const { data } = useQuery(overviewQuery(selector));
  const load = data?.load;
  return (
    <Panel title={t("monitor.fleet")} flush>
      {load === undefined ? (
        <TableSkeleton rows={4} />
      ) : load.sampled === 0 ? (
        <Empty icon={IconActivityHeartbeat} title={t("monitor.silent")} text={t("monitor.silentText")} />
      ) : (
        <>
          <dl className={classes.means}>
            {(["cpu", "memory"] as const).map((value) =>
              load[value] === null ? null : (
                <div key={value}>
                  <dt>{t(`monitor.${value}`)}</dt>
                  <dd>
                    <Meter share={load[value]} label={t(`monitor.${value}`)} />
                  </dd>
                </div>
              ),
            )}
          </dl>
          <p className={classes.sampled}>{t("monitor.sampled", { count: load.sampled })}</p>
          <div className={`${classes.busy} ${classes.sub}`}>
            <h3>{t("monitor.busiest")}</h3>
            <span aria-hidden="true">{t("monitor.cpu")}</span>
            <span className={classes.wide640} aria-hidden="true">
              {t("monitor.memory")}
            </span>
          </div>
          <ul className={classes.list}>
            {load.busy.slice(0, 6).map(({ host, cpu, memory }) => (
              <li key={host.id} className={classes.busy}>
                <Link to="/hosts/$host" params={{ host: host.name }} search={{ tab: "monitor" }}>
                  {host.name}
                </Link>
                <Meter share={cpu ?? 0} label={`${host.name}: ${t("monitor.cpu")}`} />
                <span className={classes.wide640}>
                  <Meter share={memory ?? 0} label={`${host.name}: ${t("monitor.memory")}`} />
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
    </Panel>
  );
}
