import { ClientError } from "@atalaya/client/browser";
import { Button, Checkbox, Select, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { IconPackageExport } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { client } from "../../api/client.ts";
import { useSelectorWords } from "../../api/selector-words.ts";
import { useSource } from "../../api/source.ts";
import { AccountField } from "../../session/account-field.tsx";
import { ConfirmHosts } from "../../ui/confirm-hosts.tsx";
import { Page, Panel } from "../../ui/page.tsx";
import { Problem } from "../../ui/problem.tsx";
import { SelectorField } from "../../ui/selector-field.tsx";
import { DropZone } from "../../upload/drop-zone.tsx";
import { createUploads } from "../../upload/uploads.ts";
import { deploymentOf, emptyDeployForm, type DeployForm } from "./deploy-request.ts";
import classes from "./deployments.module.css";

/** Files, where to, how, and what then. They go up while the rest is filled in. */
export function NewDeploymentPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const known = useSelectorWords();
  const [uploads] = useState(createUploads);
  const files = useSource(uploads);
  const [form, setForm] = useState<DeployForm>(emptyDeployForm);
  const [isAsking, setAsking] = useState(false);
  useEffect(() => () => uploads.close(), [uploads]);

  const { data: preview } = useQuery({
    queryKey: ["preview", form.selector, "names"],
    queryFn: ({ signal }) =>
      client.post("/api/v1/selectors/preview", { body: { selector: form.selector, limit: 10_000 }, signal }),
    enabled: form.selector !== "",
  });
  const deploy = useMutation({
    mutationFn: (confirm: number) =>
      client.post("/api/v1/deployments", {
        params: { header: { "idempotency-key": crypto.randomUUID() } },
        body: deploymentOf(form, files, confirm),
      }),
    meta: { showsFailure: true },
    onError: () => setAsking(false),
    onSuccess: ({ id }) => void navigate({ to: "/deployments/$deployment", params: { deployment: id } }),
  });
  const set = (change: Partial<DeployForm>) => setForm({ ...form, ...change });
  const isUploaded = files.every(({ state }) => state === "done");
  const isReady = form.selector !== "" && isUploaded && (files.length > 0 || form.marcopolo.trim() !== "");
  const why =
    form.selector === "" ? t("deploy.needsHosts") : isUploaded ? t("deploy.needsFiles") : t("deploy.uploading");
  const field = (key: "name" | "mode" | "marcopolo" | "wave" | "failureBudget", placeholder = "") => (
    <TextInput
      label={t(`deploy.${key}`)}
      placeholder={placeholder}
      value={form[key]}
      onChange={(event) => set({ [key]: event.currentTarget.value })}
    />
  );
  const script = (key: "check" | "command" | "health") => (
    <Textarea
      label={t(`deploy.${key}`)}
      description={t(`deploy.${key}Hint`)}
      autosize
      minRows={1}
      spellCheck={false}
      styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
      value={form[key]}
      onChange={(event) => set({ [key]: event.currentTarget.value })}
    />
  );
  return (
    <Page title={t("deploy.new")} kicker={<Link to="/deployments">{t("nav.deployments")}</Link>}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          setAsking(true);
        }}
      >
        {deploy.error === null ? null : <Problem error={deploy.error} />}
        {files.flatMap(({ name, error }) =>
          error instanceof ClientError ? [<Problem key={name} error={error} />] : [],
        )}
        <div className={classes.parts}>
          <Panel title={t("upload.files")}>
            <DropZone uploads={uploads} />
          </Panel>
          <Panel title={t("deploy.where")}>
            <div className={classes.fields}>
              <SelectorField
                label={t("jobs.where")}
                placeholder="lab:aula-1"
                value={form.selector}
                known={known}
                onCommit={(selector) => set({ selector })}
              />
              <TextInput
                label={t("deploy.into")}
                description={t("deploy.intoHint")}
                placeholder="~"
                value={form.into}
                onChange={(event) => set({ into: event.currentTarget.value })}
              />
              {field("name")}
              <AccountField value={form.account} onChange={(account) => set({ account })} />
            </div>
            <p aria-live="polite" style={{ margin: "8px 0 0", color: "var(--ink-soft)" }}>
              {preview === undefined
                ? ""
                : t("shell2.hits", { count: preview.count, online: preview.states.online ?? 0 })}
            </p>
          </Panel>
          <Panel title={t("deploy.how")}>
            <div className={classes.fields}>
              <Select
                label={t("deploy.overwrite")}
                allowDeselect={false}
                value={form.overwrite}
                onChange={(value) => set({ overwrite: value as DeployForm["overwrite"] })}
                data={(["replace", "keep"] as const).map((value) => ({ value, label: t(`deploy.overwrite_${value}`) }))}
              />
              {field("mode", "644")}
              {field("wave", "25%")}
              {field("failureBudget", "0")}
              <Select
                label={t("deploy.tomcat")}
                allowDeselect={false}
                value={form.tomcat}
                onChange={(value) => set({ tomcat: value as DeployForm["tomcat"] })}
                data={(["no", "yes", "restart"] as const).map((value) => ({
                  value,
                  label: t(`deploy.tomcat_${value}`),
                }))}
              />
              {field("marcopolo")}
            </div>
          </Panel>
          <Panel title={t("deploy.commands")}>
            <div className={classes.fields}>
              {script("check")}
              {script("command")}
              {script("health")}
            </div>
            <Checkbox
              mt="md"
              label={t("deploy.rollbackOnFailure")}
              checked={form.rollbackOnFailure}
              onChange={(event) => set({ rollbackOnFailure: event.currentTarget.checked })}
            />
          </Panel>
          <div>
            <Button
              type="submit"
              disabled={!isReady}
              title={isReady ? undefined : why}
              leftSection={<IconPackageExport size={16} />}
            >
              {t("deploy.go")}
            </Button>
            {isReady ? null : <span style={{ marginLeft: 12, color: "var(--ink-soft)" }}>{why}</span>}
          </div>
        </div>
      </form>
      {isAsking ? (
        <ConfirmHosts
          title={t("deploy.go")}
          text={t("deploy.goText", { count: files.length, into: form.into.trim() === "" ? "~" : form.into })}
          names={preview?.hosts.map(({ name }) => name)}
          verb={t("deploy.go")}
          threshold={20}
          isBusy={deploy.isPending}
          onConfirm={(count) => deploy.mutate(count)}
          onClose={() => setAsking(false)}
        />
      ) : null}
    </Page>
  );
}
