import { Button, Menu } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { IconDots, IconPlayerPause, IconPlayerPlay, IconPlayerStop, IconRefresh } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client } from "../../api/client.ts";
import type { Job, Run } from "../../api/jobs.ts";
import { useMay } from "../../session/session.tsx";
import { ConfirmHosts } from "../../ui/confirm-hosts.tsx";
import { isFinalRun } from "../../ui/states.ts";
import { failureTitle } from "../../words/failure-title.ts";
import { may } from "../jobs/job-words.ts";

type Action = "pause" | "resume" | "cancel" | "abort";
/** Above so many hosts their number must be typed. */
const CONFIRM_ABOVE = 20;

/** What can be done to a job; what reaches hosts is confirmed with their names. */
export function JobActions({ job, runs }: { readonly job: Job; readonly runs: readonly Run[] }) {
  const { t, i18n } = useTranslation();
  const navigate = useNavigate();
  const isAllowed = useMay("job.create");
  const [asking, setAsking] = useState<"cancel" | "retry">();
  const params = { path: { job: job.id } };
  const act = useMutation({
    mutationFn: async (action: Action): Promise<void> => {
      if (action === "pause") await client.post("/api/v1/jobs/{job}/pause", { params });
      else if (action === "resume") await client.post("/api/v1/jobs/{job}/resume", { params });
      else if (action === "abort")
        await client.post("/api/v1/jobs/{job}/abort", { params, body: { running: "leave" } });
      else await client.post("/api/v1/jobs/{job}/cancel", { params });
    },
    onSuccess: () => setAsking(undefined),
  });
  const retry = useMutation({
    mutationFn: (confirm: number) => client.post("/api/v1/jobs/{job}/retry", { params, body: { confirm } }),
    onSuccess: ({ id }) => {
      setAsking(undefined);
      void navigate({ to: "/jobs/$job", params: { job: id } });
    },
  });
  const open = runs.filter(({ state }) => !isFinalRun(state)).map(({ host }) => host.name);
  const unhappy = runs.filter(({ state }) => isFinalRun(state) && state !== "succeeded").map(({ host }) => host.name);
  const why = isAllowed ? undefined : t("mayNot");
  return (
    <>
      {may.pause(job) ? (
        <Button
          variant="default"
          disabled={!isAllowed}
          title={why}
          leftSection={<IconPlayerPause size={16} />}
          onClick={() => act.mutate("pause")}
        >
          {t("job.pause")}
        </Button>
      ) : null}
      {may.resume(job) ? (
        <Button
          disabled={!isAllowed}
          title={why}
          leftSection={<IconPlayerPlay size={16} />}
          onClick={() => act.mutate("resume")}
        >
          {t("job.resume")}
        </Button>
      ) : null}
      {may.cancel(job) ? (
        <Button
          color="red"
          disabled={!isAllowed}
          title={why}
          leftSection={<IconPlayerStop size={16} />}
          onClick={() => setAsking("cancel")}
        >
          {t("job.stop")}
        </Button>
      ) : null}
      {job.state === "finished" ? (
        <Button
          variant="default"
          disabled={!isAllowed || !may.retry(job)}
          title={why ?? (may.retry(job) ? undefined : failureTitle("job.nothing-to-retry", i18n.language))}
          leftSection={<IconRefresh size={16} />}
          onClick={() => setAsking("retry")}
        >
          {t("job.retry")}
        </Button>
      ) : null}
      {may.abort(job) ? (
        <Menu position="bottom-end">
          <Menu.Target>
            <Button variant="default" px={9} disabled={!isAllowed} aria-label={t("more")}>
              <IconDots size={16} />
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={() => act.mutate("abort")}>{t("job.abort")}</Menu.Item>
          </Menu.Dropdown>
        </Menu>
      ) : null}
      {asking === "cancel" ? (
        <ConfirmHosts
          title={t("job.stopTitle")}
          text={t("job.stopText")}
          names={open}
          verb={t("job.stop")}
          isDangerous
          threshold={CONFIRM_ABOVE}
          isBusy={act.isPending}
          onConfirm={() => act.mutate("cancel")}
          onClose={() => setAsking(undefined)}
        />
      ) : null}
      {asking === "retry" ? (
        <ConfirmHosts
          title={t("job.retryTitle")}
          text={t("job.retryText")}
          names={unhappy}
          verb={t("job.retry")}
          threshold={CONFIRM_ABOVE}
          isBusy={retry.isPending}
          onConfirm={(count) => retry.mutate(count)}
          onClose={() => setAsking(undefined)}
        />
      ) : null}
    </>
  );
}
