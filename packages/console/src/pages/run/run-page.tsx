import { Button } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { IconDownload, IconPlayerStop } from "@tabler/icons-react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { LinkButton } from "../../app/link-button.tsx";
import { client } from "../../api/client.ts";
import { useSource } from "../../api/source.ts";
import { outputOfRun } from "../../output/feed.ts";
import { LogView } from "../../output/log-view.tsx";
import { useMay } from "../../session/session.tsx";
import { Answered } from "../../ui/answered.tsx";
import { duration, exactly, Moment } from "../../ui/moment.tsx";
import { Page } from "../../ui/page.tsx";
import { Problem, Reason } from "../../ui/problem.tsx";
import { StateMark } from "../../ui/state-mark.tsx";
import { isFinalRun, toneOfRun } from "../../ui/states.ts";
import jobClasses from "../job/job.module.css";
import { exitOf } from "../job/run-table.tsx";

const route = getRouteApi("/gate/runs/$run");

/** One job on one host: its life, and all it printed. */
export function RunPage() {
  const { t, i18n } = useTranslation();
  const { run: id } = route.useParams();
  const params = { path: { run: id } };
  const source = useMemo(() => outputOfRun(id), [id]);
  const feed = useSource(source);
  const { data: run, error } = useQuery({
    queryKey: ["run", id, feed.isDone],
    queryFn: ({ signal }) => client.get("/api/v1/runs/{run}", { params, signal }),
    // The state has no topic of its own on this view; the output's end asks at once.
    refetchInterval: ({ state }) => (state.data !== undefined && isFinalRun(state.data.state) ? false : 1_500),
    placeholderData: (before) => before,
  });
  const stop = useMutation({ mutationFn: () => client.post("/api/v1/runs/{run}/cancel", { params }) });
  const mayStop = useMay("job.create");
  const exit = run === undefined ? undefined : exitOf(run);
  return (
    <Page
      title={run?.host.name ?? t("run.title")}
      fill
      kicker={
        run === undefined ? null : (
          <>
            <Link to="/jobs">{t("jobs.title")}</Link> /{" "}
            <Link to="/jobs/$job" params={{ job: run.job }}>
              {run.job}
            </Link>
          </>
        )
      }
      aside={
        run === undefined ? null : (
          <StateMark badge state={run.state} tone={toneOfRun[run.state]} word={t(`runStates.${run.state}`)} />
        )
      }
      actions={
        run === undefined ? null : (
          <>
            <LinkButton to="/hosts/$host" params={{ host: run.host.name }} variant="default">
              {t("run.host")}
            </LinkButton>
            {isFinalRun(run.state) ? null : (
              <Button
                color="red"
                disabled={!mayStop || run.state === "cancelling"}
                title={mayStop ? undefined : t("mayNot")}
                leftSection={<IconPlayerStop size={16} />}
                onClick={() => stop.mutate()}
                loading={stop.isPending}
              >
                {t("run.stop")}
              </Button>
            )}
          </>
        )
      }
    >
      <Answered data={run} error={error} rows={3}>
        {(run) => (
          <>
            {run.reason === undefined ? null : (
              <p className={jobClasses.reason}>
                <Reason reason={run.reason} /> <code>{run.reason.code}</code>
              </p>
            )}
            <dl className={jobClasses.facts}>
              <div>
                <dt>{t("jobs.when")}</dt>
                <dd>
                  <Moment at={run.startedAt ?? run.createdAt} />
                </dd>
              </div>
              {run.durationMs === undefined ? null : (
                <div>
                  <dt>{t("job.took")}</dt>
                  <dd>{duration(run.durationMs)}</dd>
                </div>
              )}
              {exit === undefined ? null : (
                <div>
                  <dt>{t("run.exit")}</dt>
                  <dd>{exit}</dd>
                </div>
              )}
              {run.history.length === 0 ? null : (
                <div>
                  <dt>{t("run.history")}</dt>
                  <dd>
                    {run.history.map(({ at, message }) => (
                      <div key={`${at} ${message}`} title={exactly(at, i18n.language)}>
                        {message}
                      </div>
                    ))}
                  </dd>
                </div>
              )}
            </dl>
          </>
        )}
      </Answered>
      {feed.failure === undefined ? null : <Problem error={feed.failure} />}
      <LogView
        feed={feed}
        showHosts={false}
        label={t("job.output")}
        empty={feed.isDone ? t("output.nothing") : t("output.waiting")}
        tools={
          <Button
            size="xs"
            variant="default"
            component="a"
            href={`/api/v1/runs/${encodeURIComponent(id)}/output`}
            download={`${run?.host.name ?? id}.txt`}
            leftSection={<IconDownload size={14} />}
          >
            {t("output.download")}
          </Button>
        }
      />
    </Page>
  );
}
