import { Button, Checkbox, Menu, SegmentedControl } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { IconLayoutGrid, IconList, IconPlayerPlay, IconPlugConnected, IconServer2, IconTag } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { LinkButton } from "../../app/link-button.tsx";
import { liveHosts } from "../../api/live-hosts.ts";
import { useSelectorWords } from "../../api/selector-words.ts";
import { useSource } from "../../api/source.ts";
import { useMay } from "../../session/session.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Page } from "../../ui/page.tsx";
import { Problem } from "../../ui/problem.tsx";
import { SelectorField } from "../../ui/selector-field.tsx";
import { StateLegend } from "../../ui/state-bar.tsx";
import { TableSkeleton } from "../../ui/table-skeleton.tsx";
import { BulkEdit, type BulkKind } from "./bulk-edit.tsx";
import classes from "./fleet.module.css";
import { Groups } from "./groups.tsx";
import { hostParts } from "./host-parts.ts";
import { HostTable } from "./host-table.tsx";
import { Plan } from "./plan.tsx";
import { selectorOf } from "./selector-of.ts";

const route = getRouteApi("/gate/hosts");

/** All hosts, live: as a plan of places or as a table, narrowed by a selector, changed many at a time. */
export function FleetPage() {
  const { t } = useTranslation();
  const { selector = "all", view = "map" } = route.useSearch();
  const navigate = route.useNavigate();
  const known = useSelectorWords();
  const { hosts, isComplete, failure } = useSource(liveHosts(selector));
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [bulk, setBulk] = useState<BulkKind>();
  const mayChange = useMay("fleet.write");
  const mayRun = useMay("job.create");
  const picked = hosts.filter(({ id }) => chosen.has(id));
  const concerned = picked.length > 0 ? picked : hosts;
  const isFiltered = selector !== "all";

  return (
    <Page
      title={t("fleet.title")}
      fill
      actions={
        <>
          <Groups selector={selector} onPick={(group) => void navigate({ search: { view, selector: `@${group}` } })} />
          <Menu position="bottom-end">
            <Menu.Target>
              <Button variant="default" leftSection={<IconTag size={16} />} disabled={!mayChange || hosts.length === 0}>
                {picked.length > 0 ? t("fleet.changePicked", { count: picked.length }) : t("fleet.change")}
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item onClick={() => setBulk("label")}>{t("fleet.bulkLabel")}</Menu.Item>
              <Menu.Item onClick={() => setBulk("unlabel")}>{t("fleet.bulkUnlabel")}</Menu.Item>
              <Menu.Item onClick={() => setBulk("place")}>{t("fleet.bulkPlace")}</Menu.Item>
              <Menu.Divider />
              <Menu.Item color="red" onClick={() => setBulk("forget")}>
                {t("fleet.bulkForget")}
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
          <LinkButton
            to="/shell"
            search={{ selector: picked.length > 0 ? selectorOf(picked) : selector }}
            disabled={!mayRun}
            leftSection={<IconPlayerPlay size={16} />}
          >
            {t("fleet.run")}
          </LinkButton>
        </>
      }
    >
      <div className={classes.tools}>
        <div className={classes.selector}>
          <SelectorField
            label={t("fleet.selector")}
            hideLabel
            placeholder={t("fleet.selectorHint")}
            value={isFiltered ? selector : ""}
            known={known}
            onCommit={(wanted) =>
              void navigate({ search: { view, ...(wanted === "" || wanted === "all" ? {} : { selector: wanted }) } })
            }
          />
        </div>
        <SegmentedControl
          aria-label={t("fleet.view")}
          value={view}
          onChange={(wanted) => void navigate({ search: (before) => ({ ...before, view: wanted as "map" | "table" }) })}
          data={[
            { value: "map", label: <Choice icon={IconLayoutGrid} word={t("fleet.asPlan")} /> },
            { value: "table", label: <Choice icon={IconList} word={t("fleet.asTable")} /> },
          ]}
        />
      </div>
      {failure === undefined ? null : <Problem error={failure} />}
      <div className={classes.summary} aria-live="polite">
        <span className={classes.total}>{t("fleet.count", { count: hosts.length })}</span>
        <StateLegend parts={hostParts(hosts, (state) => t(`states.${state}`))} />
      </div>
      {picked.length === 0 || view === "map" ? null : (
        <div className={classes.chosen}>
          <Checkbox
            checked
            onChange={() => setChosen(new Set())}
            label={t("fleet.picked", { count: picked.length })}
            aria-label={t("fleet.unpick")}
          />
        </div>
      )}
      {!isComplete && hosts.length === 0 ? (
        <TableSkeleton />
      ) : hosts.length === 0 && failure === undefined ? (
        isFiltered ? (
          <Empty icon={IconServer2} title={t("fleet.noneHit")} text={t("fleet.noneHitText")} />
        ) : (
          <Empty icon={IconServer2} title={t("fleet.none")} text={t("fleet.noneText")}>
            <LinkButton to="/enrolment" leftSection={<IconPlugConnected size={16} />}>
              {t("fleet.add")}
            </LinkButton>
          </Empty>
        )
      ) : view === "map" ? (
        <Plan hosts={hosts} />
      ) : (
        <HostTable hosts={hosts} chosen={chosen} onChoose={setChosen} />
      )}
      {bulk === undefined ? null : <BulkEdit kind={bulk} hosts={concerned} onClose={() => setBulk(undefined)} />}
    </Page>
  );
}

function Choice({ icon: Shape, word }: { readonly icon: typeof IconList; readonly word: string }) {
  return (
    <span style={{ display: "inline-flex", alignItems: "center", gap: 6 }}>
      <Shape size={15} aria-hidden="true" /> {word}
    </span>
  );
}
