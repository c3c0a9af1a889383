import { useTranslation } from "react-i18next";
import type { HostDetail } from "../../api/hosts.ts";
import { Facts } from "../../ui/facts.tsx";
import { Labels } from "../../ui/labels.tsx";
import { byteSize, Moment } from "../../ui/moment.tsx";
import { Panel } from "../../ui/page.tsx";
import { StateMark } from "../../ui/state-mark.tsx";
import classes from "./host.module.css";

/** What the machine says of itself, and what people said of it. */
export function HostFacts({ host }: { readonly host: HostDetail }) {
  const { t } = useTranslation();
  const { facts } = host;
  const cores = facts.cpu === undefined ? undefined : t("host.cores", { count: facts.cpu.cores });
  return (
    <div className={classes.columns}>
      <Panel title={t("host.system")}>
        <Facts
          facts={[
            [t("host.os"), facts.os?.name ?? facts.os?.id],
            [
              t("host.kernel"),
              facts.kernel === undefined ? host.kernel : `${facts.kernel.release} (${facts.kernel.arch})`,
            ],
            [t("host.booted"), facts.bootedAt === undefined ? undefined : <Moment key="booted" at={facts.bootedAt} />],
            [t("host.agent"), host.agentVersion],
            [t("host.via"), host.via?.join(" → ")],
            [t("host.capabilities"), host.capabilities.join(", ")],
            [t("host.doors"), foreignDoors(host)],
            [t("host.timezone"), facts.timezone],
          ]}
        />
      </Panel>
      <Panel title={t("host.place")}>
        <Facts
          facts={[
            [t("fleet.place"), host.place],
            [
              t("fleet.labels"),
              Object.keys(host.labels).length === 0 ? undefined : <Labels key="labels" labels={host.labels} />,
            ],
            [t("fleet.address"), host.addresses.join(", ")],
            [t("host.id"), <code key="id">{host.id}</code>],
          ]}
        />
      </Panel>
      {facts.cpu === undefined && facts.memory === undefined && facts.vendor === undefined ? null : (
        <Panel title={t("host.hardware")}>
          <Facts
            facts={[
              [t("host.model"), [facts.vendor, facts.product].filter(Boolean).join(" ")],
              [t("host.cpu"), [facts.cpu?.model, cores].filter(Boolean).join(", ")],
              [t("host.memory"), facts.memory === undefined ? undefined : byteSize(facts.memory.totalBytes)],
              [t("host.serial"), facts.serial],
              ["UUID", facts.uuid],
              [t("host.virtual"), facts.virtualization],
            ]}
          />
        </Panel>
      )}
      <Panel title={t("host.systems")}>
        <ul className={classes.list}>
          {host.systems.map(({ kind, name, enrolment, state }) => (
            <li key={`${kind} ${name}`}>
              <strong>{kind === "live" ? t("host.live") : name}</strong>
              <StateMark
                state={state === "online" ? "online" : "offline"}
                tone={state === "online" ? "ok" : "still"}
                word={t(`systemStates.${state}`)}
              />
              {enrolment === undefined ? null : <code className={classes.soft}>{enrolment}</code>}
            </li>
          ))}
        </ul>
      </Panel>
      {(facts.networks ?? []).length === 0 ? null : (
        <Panel title={t("host.networks")}>
          <ul className={classes.list}>
            {(facts.networks ?? []).map(({ name, mac, addresses, speedMbps }) => (
              <li key={name}>
                <strong>{name}</strong>
                <span>{addresses.join(", ")}</span>
                <span className={classes.soft}>
                  {[mac, speedMbps === undefined ? undefined : `${speedMbps} Mbit/s`].filter(Boolean).join(" · ")}
                </span>
              </li>
            ))}
          </ul>
        </Panel>
      )}
      {(facts.disks ?? []).length === 0 ? null : (
        <Panel title={t("host.disks")}>
          <ul className={classes.list}>
            {(facts.disks ?? []).map(({ name, sizeBytes, model }) => (
              <li key={name}>
                <strong>{name}</strong>
                <span>{byteSize(sizeBytes)}</span>
                <span className={classes.soft}>{model}</span>
              </li>
            ))}
          </ul>
        </Panel>
      )}
    </div>
  );
}

/** Ways to it besides our agent's link, which is told above. */
function foreignDoors({ doors }: HostDetail): string | undefined {
  const foreign = doors.filter(({ kind }) => kind !== "agent");
  if (foreign.length === 0) return undefined;
  return foreign
    .map(({ kind, name, state, via, offlineReason }) =>
      [kind, name, `(${[offlineReason ?? state, via].filter(Boolean).join(", ")})`].join(" "),
    )
    .join("; ");
}
