import { ActionIcon, Select } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { IconPlayerStop } from "@tabler/icons-react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { client } from "../../api/client.ts";
import type { Run } from "../../api/jobs.ts";
import { useMay } from "../../session/session.tsx";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { byteSize, duration } from "../../ui/moment.tsx";
import { Reason } from "../../ui/problem.tsx";
import { StateMark } from "../../ui/state-mark.tsx";
import { isFinalRun, runStates, toneOfRun, type RunState } from "../../ui/states.ts";

export interface RunTableProps {
  readonly runs: readonly Run[];
  readonly state: RunState | undefined;
  readonly onState: (state: RunState | undefined) => void;
}

/** The runs of a job, host by host. */
export function RunTable({ runs, state, onState }: RunTableProps) {
  const { t } = useTranslation();
  const mayStop = useMay("job.create");
  const { mutate: stop } = useMutation({
    mutationFn: (run: string) => client.post("/api/v1/runs/{run}/cancel", { params: { path: { run } } }),
  });
  const shown = useMemo(() => (state === undefined ? runs : runs.filter((run) => run.state === state)), [runs, state]);
  const present = runStates.filter((one) => one === state || runs.some((run) => run.state === one));
  const columns = useMemo(
    (): readonly Column<Run>[] => [
      {
        id: "host",
        header: t("fleet.name"),
        width: 180,
        grow: true,
        value: ({ host }) => host.name,
        cell: ({ id, host }) => (
          <Link to="/runs/$run" params={{ run: id }} preload={false}>
            {host.name}
          </Link>
        ),
      },
      {
        id: "state",
        header: t("fleet.state"),
        width: 130,
        value: (run) => run.state,
        cell: (run) => <StateMark state={run.state} tone={toneOfRun[run.state]} word={t(`runStates.${run.state}`)} />,
      },
      {
        id: "exit",
        header: t("run.exit"),
        width: 90,
        align: "end",
        value: (run) => exitOf(run) ?? -1,
        cell: (run) => exitOf(run),
      },
      {
        id: "reason",
        header: t("run.reason"),
        width: 240,
        grow: true,
        cell: ({ reason }) => (reason === undefined ? null : <Reason reason={reason} />),
      },
      {
        id: "took",
        header: t("job.took"),
        width: 100,
        align: "end",
        value: ({ durationMs }) => durationMs ?? -1,
        cell: ({ durationMs }) => (durationMs === undefined ? null : duration(durationMs)),
      },
      {
        id: "bytes",
        header: t("job.output"),
        width: 90,
        align: "end",
        value: ({ outputBytes }) => outputBytes,
        cell: ({ outputBytes }) => (outputBytes === 0 ? null : byteSize(outputBytes)),
      },
      {
        id: "stop",
        header: "",
        width: 48,
        cell: ({ id, host, state: now }) =>
          isFinalRun(now) ? null : (
            <ActionIcon
              variant="subtle"
              color="red"
              size="sm"
              disabled={!mayStop || now === "cancelling"}
              aria-label={t("run.stopOf", { host: host.name })}
              title={t("run.stop")}
              onClick={() => stop(id)}
            >
              <IconPlayerStop size={15} />
            </ActionIcon>
          ),
      },
    ],
    [t, mayStop, stop],
  );
  return (
    <>
      <Select
        mb="xs"
        w={220}
        clearable
        aria-label={t("run.filter")}
        placeholder={t("run.all", { count: runs.length })}
        value={state ?? null}
        onChange={(value) => onState((value as RunState | null) ?? undefined)}
        data={present.map((value) => ({ value, label: t(`runStates.${value}`) }))}
      />
      <DataTable label={t("job.runs", { count: runs.length })} columns={columns} rows={shown} rowId={({ id }) => id} />
    </>
  );
}

/** Of a run that executed a command and came to an end by itself. */
export function exitOf({ result }: Pick<Run, "result">): number | undefined {
  const code = (result as { exitCode?: unknown } | undefined)?.exitCode;
  return typeof code === "number" ? code : undefined;
}
