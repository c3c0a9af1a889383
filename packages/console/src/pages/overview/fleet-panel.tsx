import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { IconPlugConnected, IconServer2 } from "@tabler/icons-react";
import { compareNames } from "@atalaya/client/browser";
import { useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import { overviewQuery, type Overview } from "../../api/monitor.ts";
import { useSelectorWords } from "../../api/selector-words.ts";
import { LinkButton } from "../../app/link-button.tsx";
import { useMay } from "../../session/session.tsx";
import { Answered } from "../../ui/answered.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Panel } from "../../ui/page.tsx";
import { SelectorField } from "../../ui/selector-field.tsx";
import { StateBar, StateLegend, type StatePart } from "../../ui/state-bar.tsx";
import { hostStates, toneOfHost } from "../../ui/states.ts";
import classes from "./overview.module.css";

type Place = Overview["places"][number];

const ROW = 37;

/** How many hosts are in which state, place by place; narrowed by a selector. */
export function FleetPanel(props: { readonly selector: string; readonly onSelector: (selector: string) => void }) {
  const { selector, onSelector } = props;
  const { t } = useTranslation();
  const known = useSelectorWords();
  const mayAdd = useMay("enrolment.write");
  const { data, error } = useQuery(overviewQuery(selector));
  const isAll = selector === "all";
  const actions = (
    <Link to="/hosts" search={isAll ? {} : { selector }}>
      {t("overview.all")}
    </Link>
  );
  if (data !== undefined && data.total === 0 && isAll)
    return (
      <Panel title={t("fleet.title")}>
        <Empty icon={IconServer2} title={t("fleet.none")} text={t("fleet.noneText")}>
          {mayAdd ? (
            <LinkButton to="/enrolment" leftSection={<IconPlugConnected size={16} />}>
              {t("fleet.add")}
            </LinkButton>
          ) : null}
        </Empty>
      </Panel>
    );
  return (
    <Panel title={t("fleet.title")} actions={actions} flush>
      <div className={classes.tools}>
        <SelectorField
          label={t("fleet.selector")}
          hideLabel
          placeholder={t("fleet.selectorHint")}
          value={isAll ? "" : selector}
          known={known}
          onCommit={(wanted) => onSelector(wanted === "" ? "all" : wanted)}
        />
      </div>
      <Answered data={data} error={error} rows={5}>
        {(data) => <Counted data={data} selector={selector} />}
      </Answered>
    </Panel>
  );
}

function Counted({ data, selector }: { readonly data: Overview; readonly selector: string }) {
  const { t } = useTranslation();
  const partsOf = (states: Readonly<Record<string, number>>): readonly StatePart[] =>
    hostStates.map((state) => ({
      state,
      tone: toneOfHost[state],
      word: t(`states.${state}`),
      count: states[state] ?? 0,
    }));
  const places = useMemo(() => ordered(data.places), [data.places]);
  const frame = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: places.length,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW,
    overscan: 10,
  });
  const parts = partsOf(data.states);
  if (data.total === 0) return <Empty icon={IconServer2} title={t("fleet.noneHit")} text={t("fleet.noneHitText")} />;
  return (
    <>
      <div className={classes.counted}>
        <p className={classes.big} aria-live="polite">
          <span className={classes.number}>{data.states["online"] ?? 0}</span>
          <span className={classes.of}>{t("overview.onlineOf", { count: data.total })}</span>
        </p>
        <StateBar tall parts={parts} />
        <StateLegend parts={parts} />
      </div>
      <div
        className={classes.places}
        ref={frame}
        role="list"
        aria-label={t("overview.places")}
        tabIndex={0}
        style={{ height: Math.min(places.length, 12) * ROW }}
      >
        <div style={{ position: "relative", height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index, start }) => {
            const { place, total, states } = places[index]!;
            return (
              <div
                key={place ?? ""}
                role="listitem"
                className={classes.place}
                style={{ height: ROW, transform: `translateY(${start}px)` }}
                aria-posinset={index + 1}
                aria-setsize={places.length}
              >
                {place === null ? (
                  <span className={classes.soft}>{t("fleet.noPlace")}</span>
                ) : (
                  <Link to="/hosts" search={{ selector: within(place, selector) }} title={place}>
                    <PlaceName place={place} />
                  </Link>
                )}
                <StateBar parts={partsOf(states)} />
                <span className={classes.soft}>
                  {states["online"] ?? 0}/{total}
                </span>
              </div>
            );
          })}
        </div>
      </div>
    </>
  );
}

/** The place itself first: where it lies is what may be cut when there is no room. */
function PlaceName({ place }: { readonly place: string }) {
  const levels = place.split("/");
  return (
    <>
      {levels.at(-1)} <span className={classes.soft}>{levels.slice(0, -1).join(" / ")}</span>
    </>
  );
}

/** Places with the most machines away come first: there somebody may have pulled a plug. */
function ordered(places: Overview["places"]): readonly Place[] {
  const away = ({ total, states }: Place) => total - (states["online"] ?? 0);
  return places.toSorted(
    (a, b) =>
      Number(a.place === null) - Number(b.place === null) ||
      away(b) - away(a) ||
      compareNames(a.place ?? "", b.place ?? ""),
  );
}

function within(place: string, selector: string): string {
  const here = `place:"${place.replaceAll(/["\\]/g, "\\$&")}"`;
  return selector === "all" ? here : `${here} and (${selector})`;
}
