import { ClientError } from "@atalaya/client/browser";
import { useMutation } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { IconTerminal2 } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { client } from "../../api/client.ts";
import { listenAhead, type Listening } from "../../output/head-start.ts";
import { ConfirmHosts } from "../../ui/confirm-hosts.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Page } from "../../ui/page.tsx";
import { Problem } from "../../ui/problem.tsx";
import { commandHistory, remember } from "./history.ts";
import { CommandForm } from "./command-form.tsx";
import { ShellResult } from "./shell-result.tsx";
import { emptyForm, jobOf, type ShellForm } from "./shell-request.ts";

const route = getRouteApi("/gate/shell");

/** One command line to many hosts. What it answers appears below; the address holds both, to be shared. */
export function ShellPage() {
  const { t } = useTranslation();
  const { selector = "", job, show } = route.useSearch();
  const navigate = route.useNavigate();
  const [form, setForm] = useState<Omit<ShellForm, "selector">>(emptyForm);
  const [lines, setLines] = useState(commandHistory);
  const [asking, setAsking] = useState<readonly string[]>();
  const key = useRef("");
  const whole: ShellForm = { ...form, selector };
  const ahead = useRef<Listening>(undefined);
  const isTyping = form.command !== "";
  useEffect(() => {
    if (!isTyping) return;
    const listening = listenAhead();
    ahead.current = listening;
    return () => {
      ahead.current = undefined;
      listening.close();
    };
  }, [isTyping]);

  const start = useMutation({
    mutationFn: (confirm: number | undefined) =>
      client.post("/api/v1/jobs", {
        params: { header: { "idempotency-key": key.current } },
        body: jobOf(whole, confirm),
      }),
    meta: { showsFailure: true },
    onSuccess: ({ id }) => {
      ahead.current?.named(id);
      setAsking(undefined);
      setLines(remember(form.command));
      setForm({ ...form, command: "" });
      void navigate({ search: (before) => ({ ...before, job: id }) });
    },
    onError: async (error) => {
      if (!(error instanceof ClientError) || error.code !== "job.confirmation-needed" || asking !== undefined) return;
      const { hosts } = await client.post("/api/v1/selectors/preview", { body: { selector, limit: 10_000 } });
      setAsking(hosts.map(({ name }) => name));
    },
  });
  const isAsked = start.error instanceof ClientError && start.error.code === "job.confirmation-needed";
  const run = (confirm?: number) => {
    // One key for one wish: a lost answer does not run the command twice. A confirmation is another request.
    key.current = crypto.randomUUID();
    ahead.current?.begin();
    start.mutate(confirm);
  };

  return (
    <Page title={t("shell2.title")} lead={job === undefined ? t("shell2.lead") : undefined} fill>
      <CommandForm
        form={whole}
        lines={lines}
        isBusy={start.isPending}
        onChange={(next) => {
          setForm(next);
          if (next.selector !== selector)
            void navigate({ search: (before) => ({ ...before, selector: next.selector }) });
        }}
        onRun={() => run()}
      />
      {start.error === null || isAsked ? null : <Problem error={start.error} />}
      {job === undefined ? (
        <Empty icon={IconTerminal2} title={t("shell2.none")} text={t("shell2.noneText")} />
      ) : (
        <ShellResult
          key={job}
          job={job}
          show={show ?? "lines"}
          onShow={(next) => void navigate({ search: (before) => ({ ...before, show: next }) })}
        />
      )}
      {asking === undefined ? null : (
        <ConfirmHosts
          title={t("shell2.confirm")}
          text={<code>{form.command}</code>}
          names={asking}
          verb={t("shell2.run")}
          threshold={0}
          isBusy={start.isPending}
          onConfirm={run}
          onClose={() => {
            setAsking(undefined);
            start.reset();
          }}
        />
      )}
    </Page>
  );
}
