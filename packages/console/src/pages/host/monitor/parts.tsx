/** What stands below the graphs of a host: each of what the graph shows together. */
import { useTranslation } from "react-i18next";
import { shareOf, type Sample } from "../../../api/monitor.ts";
import { byteSize } from "../../../ui/moment.tsx";
import { Meter } from "../../../ui/meter.tsx";
import classes from "./monitor.module.css";
import { percent } from "./percent.ts";

/** Each core as a column; their numbers are its title, because machines have hundreds. */
export function Cores({ cores }: { readonly cores: readonly number[] }) {
  const { t } = useTranslation();
  if (cores.length < 2) return null;
  const words = cores.map((share, core) => `${core}: ${percent(share)}`);
  return (
    <div className={classes.cores} role="img" aria-label={`${t("monitor.cores")}: ${words.join(", ")}`}>
      {cores.map((share, core) => (
        <span key={core} className={classes.core} title={`${t("monitor.core", { core })}: ${percent(share)}`}>
          <span style={{ height: `${Math.max(3, share * 100)}%` }} />
        </span>
      ))}
    </div>
  );
}

export function MemoryParts({ sample: { memory, swap } }: { readonly sample: Sample }) {
  const { t } = useTranslation();
  if (memory === undefined) return null;
  return (
    <p className={classes.below}>
      <span>{t("monitor.of", { used: byteSize(memory.used), total: byteSize(memory.total) })}</span>
      <span>
        {t("monitor.cached")} {byteSize(memory.cached)}
      </span>
      {swap === undefined ? null : (
        <span>
          {t("monitor.swap")} {t("monitor.of", { used: byteSize(swap.used), total: byteSize(swap.total) })}
        </span>
      )}
    </p>
  );
}

export function Cards({ networks }: { readonly networks: NonNullable<Sample["networks"]> }) {
  const { t } = useTranslation();
  const rate = (bytes: number | undefined) => (bytes === undefined ? "–" : `${byteSize(bytes)}/s`);
  const used = networks.filter(({ rxBytes, txBytes }) => rxBytes + txBytes > 0);
  return (
    <ul className={classes.rows}>
      {used.slice(0, 12).map(({ name, rxBytesPerSecond, txBytesPerSecond, rxBytes, txBytes }) => (
        <li
          key={name}
          title={`${byteSize(rxBytes)} ${t("monitor.received")}, ${byteSize(txBytes)} ${t("monitor.sent")}`}
        >
          <span className={classes.name}>{name}</span>
          <span>↓ {rate(rxBytesPerSecond)}</span>
          <span>↑ {rate(txBytesPerSecond)}</span>
        </li>
      ))}
    </ul>
  );
}

export function Sensors({ temperatures }: { readonly temperatures: NonNullable<Sample["temperatures"]> }) {
  if (temperatures.length < 2) return null;
  return (
    <ul className={classes.rows}>
      {temperatures.slice(0, 12).map(({ name, celsius }, index) => (
        <li key={`${name} ${index}`}>
          <span className={classes.name}>{name}</span>
          <span>{celsius.toFixed(1)} °C</span>
        </li>
      ))}
    </ul>
  );
}

export function Disks({ disks }: { readonly disks: NonNullable<Sample["disks"]> }) {
  const { t } = useTranslation();
  return (
    <ul className={classes.disks}>
      {disks.map((disk) => (
        <li key={disk.mount}>
          <div className={classes.diskHead}>
            <code title={disk.mount}>{disk.mount}</code>
            <span>{t("monitor.of", { used: byteSize(disk.used), total: byteSize(disk.total) })}</span>
          </div>
          <Meter share={shareOf(disk) ?? 0} label={disk.mount} />
        </li>
      ))}
    </ul>
  );
}
