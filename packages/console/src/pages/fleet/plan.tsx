import { compareNames } from "@atalaya/client/browser";
import { useElementSize } from "@mantine/hooks";
import { Link } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import type { Host } from "../../api/hosts.ts";
import { StateBar } from "../../ui/state-bar.tsx";
import marks from "../../ui/state-mark.module.css";
import { toneOfHost } from "../../ui/states.ts";
import { hostParts } from "./host-parts.ts";
import classes from "./plan.module.css";
import { planOf } from "./seats.ts";

/** Up to here every seat shows its name; a larger fleet becomes a picture of dots. */
const NAMED = 800;
const GAP = 5;
const named = { width: 128, height: 30 } as const;
const dots = { width: 15, height: 15 } as const;
const PLACE_HEIGHT = 46;

/** All hosts by place, each a seat with the colour and shape of its state. Only the rows in sight are in the document. */
export function Plan({ hosts }: { readonly hosts: readonly Host[] }) {
  const { t } = useTranslation();
  const frame = useRef<HTMLDivElement>(null);
  const { ref, width } = useElementSize();
  const seat = hosts.length > NAMED ? dots : named;
  const perRow = Math.max(1, Math.floor((width + GAP) / (seat.width + GAP)));
  const rows = useMemo(() => planOf(hosts, perRow, compareNames), [hosts, perRow]);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => frame.current,
    estimateSize: (index) => (rows[index]?.kind === "place" ? PLACE_HEIGHT : seat.height + GAP),
    getItemKey: (index) => rows[index]?.key ?? index,
    overscan: 8,
  });
  return (
    <div className={classes.plan} ref={frame} role="list" aria-label={t("fleet.plan")} onKeyDown={walk}>
      <div className={classes.space} ref={ref} style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ index, start }) => {
          const row = rows[index];
          if (row === undefined) return null;
          const transform = `translateY(${start}px)`;
          if (row.kind === "place")
            return (
              <div
                key={row.key}
                role="listitem"
                className={`${classes.row} ${classes.place}`}
                style={{ transform, height: PLACE_HEIGHT }}
              >
                <PlaceHead place={row.place} hosts={row.hosts} />
              </div>
            );
          return (
            <div key={row.key} role="listitem" className={classes.row} style={{ transform, height: seat.height }}>
              {row.hosts.map((host, at) => (
                <Seat key={host.id} host={host} isNamed={seat === named} isFirst={at === 0} />
              ))}
            </div>
          );
        })}
      </div>
    </div>
  );
}

function PlaceHead({ place, hosts }: { readonly place: string | null; readonly hosts: readonly Host[] }) {
  const { t } = useTranslation();
  const online = hosts.filter(({ state }) => state === "online").length;
  const levels = place?.split("/") ?? [];
  return (
    <>
      <h2 className={classes.placeName}>
        {place === null ? (
          t("fleet.noPlace")
        ) : (
          <Link to="/hosts" search={(before) => ({ ...before, selector: `place:${quotedPlace(place)}` })}>
            <span className={classes.site}>{levels.slice(0, -1).map((level) => `${level} / `)}</span>
            {levels.at(-1)}
          </Link>
        )}
      </h2>
      <span className={classes.counts}>{t("fleet.onlineOf", { online, count: hosts.length })}</span>
      <div className={classes.bar}>
        <StateBar parts={hostParts(hosts, (state) => t(`states.${state}`))} />
      </div>
    </>
  );
}

function Seat(props: { readonly host: Host; readonly isNamed: boolean; readonly isFirst: boolean }) {
  const { host, isNamed, isFirst } = props;
  const { t } = useTranslation();
  const words = `${host.name}, ${t(`states.${host.state}`)}`;
  return (
    <Link
      to="/hosts/$host"
      params={{ host: host.name }}
      preload={false}
      className={`${isNamed ? classes.seat : classes.dot} ${marks[toneOfHost[host.state]]}`}
      style={isNamed ? { width: named.width } : { width: dots.width, height: dots.height }}
      data-state={host.state}
      data-seat
      tabIndex={isFirst ? 0 : -1}
      title={words}
      aria-label={words}
    >
      {isNamed ? <span>{host.name}</span> : null}
    </Link>
  );
}

/** Arrow keys go from seat to seat; the tab key from row to row. */
function walk(event: KeyboardEvent<HTMLElement>): void {
  const here = (event.target as HTMLElement).closest<HTMLElement>("[data-seat]");
  if (here === null) return;
  const seats = [...event.currentTarget.querySelectorAll<HTMLElement>("[data-seat]")];
  const row = [...(here.parentElement?.children ?? [])];
  const column = row.indexOf(here);
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  let next: HTMLElement | undefined;
  if (step !== undefined) next = seats[seats.indexOf(here) + step];
  else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    const rows = [...new Set(seats.map((one) => one.parentElement!))].toSorted(
      (a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top,
    );
    const beside = rows[rows.indexOf(here.parentElement!) + (event.key === "ArrowDown" ? 1 : -1)];
    next = beside?.children[Math.min(column, beside.children.length - 1)] as HTMLElement | undefined;
  }
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
}

function quotedPlace(place: string): string {
  return /^[\p{L}\p{N}_./-]+$/u.test(place) ? place : `"${place.replaceAll(/["\\]/g, "\\$&")}"`;
}
