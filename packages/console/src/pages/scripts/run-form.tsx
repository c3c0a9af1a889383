import { ClientError } from "@atalaya/client/browser";
import { Button } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { IconPlayerPlay } from "@tabler/icons-react";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { client } from "../../api/client.ts";
import type { Script } from "../../api/scripts.ts";
import { useSelectorWords } from "../../api/selector-words.ts";
import { AccountField } from "../../session/account-field.tsx";
import { useMay } from "../../session/session.tsx";
import { ConfirmHosts } from "../../ui/confirm-hosts.tsx";
import { Problem } from "../../ui/problem.tsx";
import { SelectorField } from "../../ui/selector-field.tsx";
import { givenAtFirst, mistakeIn, valuesOf, type Given } from "./given.ts";
import { ParameterField } from "./parameter-field.tsx";
import classes from "./scripts.module.css";

/** Above so many hosts their number must be typed. */
const CONFIRM_ABOVE = 20;

export interface RunFormProps {
  readonly script: Script;
  readonly selector: string;
  readonly onSelector: (selector: string) => void;
}

/** A form made of a script's parameters: where, as whom, with what; then exactly which hosts, before anything runs. */
export function RunForm({ script, selector, onSelector }: RunFormProps) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const known = useSelectorWords();
  const mayRun = useMay("deployment.write");
  const [given, setGiven] = useState<Given>(() => givenAtFirst(script.parameters));
  const [account, setAccount] = useState("");
  const [isTold, setTold] = useState(false);
  const [isAsking, setAsking] = useState(false);
  const key = useRef("");
  const { data: preview, error: unreadable } = useQuery({
    queryKey: ["preview", selector, "names"],
    queryFn: ({ signal }) => client.post("/api/v1/selectors/preview", { body: { selector, limit: 10_000 }, signal }),
    enabled: selector !== "",
  });
  const run = useMutation({
    mutationFn: (confirm: number) => {
      const { values, secrets } = valuesOf(script.parameters, given);
      return client.post("/api/v1/scripts/{script}/run", {
        params: { path: { script: script.name }, header: { "idempotency-key": key.current } },
        body: {
          selector,
          values,
          confirm,
          ...(Object.keys(secrets).length === 0 ? {} : { secrets }),
          ...(account.trim() === "" ? {} : { account: account.trim() }),
        },
      });
    },
    meta: { showsFailure: true },
    onError: () => setAsking(false),
    onSuccess: ({ id }) => void navigate({ to: "/jobs/$job", params: { job: id }, search: { tab: "output" } }),
  });
  const isComplete = script.parameters.every((parameter) => mistakeIn(parameter, given[parameter.name]) === undefined);
  const count = preview?.count ?? 0;
  const why = !mayRun
    ? t("mayNot")
    : selector === ""
      ? t("deploy.needsHosts")
      : count === 0 && preview !== undefined
        ? t("fleet.noneHit")
        : undefined;
  return (
    <form
      className={classes.run}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setTold(true);
        if (!isComplete || why !== undefined) return;
        // One key for one wish: a lost answer does not run it twice.
        key.current = crypto.randomUUID();
        setAsking(true);
      }}
    >
      {run.error === null ? null : <Problem error={run.error} />}
      {unreadable instanceof ClientError ? <Problem error={unreadable} /> : null}
      <SelectorField
        label={t("shell2.where")}
        placeholder="lab:aula-1 and state:online"
        value={selector}
        known={known}
        onCommit={onSelector}
      />
      {script.parameters.map((parameter) => (
        <ParameterField
          key={parameter.name}
          parameter={parameter}
          given={given[parameter.name]}
          isTold={isTold}
          onGive={(value) => setGiven((before) => ({ ...before, [parameter.name]: value }))}
        />
      ))}
      <AccountField value={account} onChange={setAccount} />
      <div className={classes.go}>
        <Button type="submit" disabled={why !== undefined} leftSection={<IconPlayerPlay size={16} />}>
          {t("scripts.run")}
        </Button>
        <span className={classes.soft} aria-live="polite">
          {why ?? (preview === undefined ? "" : t("shell2.hits", { count, online: preview.states.online ?? 0 }))}
        </span>
      </div>
      {isAsking ? (
        <ConfirmHosts
          title={script.name}
          text={t("scripts.runText")}
          names={preview?.hosts.map(({ name }) => name)}
          verb={t("scripts.run")}
          threshold={CONFIRM_ABOVE}
          isBusy={run.isPending}
          onConfirm={(confirmed) => run.mutate(confirmed)}
          onClose={() => setAsking(false)}
        />
      ) : null}
    </form>
  );
}
