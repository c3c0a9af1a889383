import { Button, Select, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { IconDeviceFloppy } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client } from "../../api/client.ts";
import { scriptQuery, scriptsKey } from "../../api/scripts.ts";
import { LinkButton } from "../../app/link-button.tsx";
import { Answered } from "../../ui/answered.tsx";
import { tellDone } from "../../ui/notices.tsx";
import { Page, Panel } from "../../ui/page.tsx";
import { Problem } from "../../ui/problem.tsx";
import { draftOf, emptyDraft, isVariable, wishOf, type Draft } from "./draft.ts";
import { ParameterEditor } from "./parameter-editor.tsx";
import classes from "./scripts.module.css";

const route = getRouteApi("/gate/scripts/$script/edit");

export function NewScriptPage() {
  const { t } = useTranslation();
  return (
    <Page title={t("scripts.new")} kicker={<Link to="/scripts">{t("nav.scripts")}</Link>}>
      <ScriptForm name={undefined} draft={emptyDraft} />
    </Page>
  );
}

export function EditScriptPage() {
  const { t } = useTranslation();
  const { script: name } = route.useParams();
  const { data, error } = useQuery({ ...scriptQuery(name), staleTime: 0 });
  return (
    <Page
      title={t("scripts.editTitle", { name })}
      kicker={
        <>
          <Link to="/scripts">{t("nav.scripts")}</Link>
          {" / "}
          <Link to="/scripts/$script" params={{ script: name }}>
            {name}
          </Link>
        </>
      }
    >
      <Answered data={data} error={error}>
        {(data) => <ScriptForm key={data.name} name={data.name} draft={draftOf(data)} />}
      </Answered>
    </Page>
  );
}

/** `name` undefined: a new one, which is named here. */
function ScriptForm({ name, draft: initial }: { readonly name: string | undefined; readonly draft: Draft }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [typed, setTyped] = useState("");
  const [draft, setDraft] = useState(initial);
  const set = (change: Partial<Draft>) => setDraft({ ...draft, ...change });
  const script = name ?? typed.trim();
  const save = useMutation({
    mutationFn: async () => {
      // Saving a new one must not take the place of somebody's.
      const { items } =
        name === undefined
          ? await client.get("/api/v1/scripts", { params: { query: { limit: 1000 } } })
          : { items: [] };
      if (items.some((one) => one.name === script)) throw new Error(t("scripts.taken", { name: script }));
      return client.put("/api/v1/scripts/{script}", { params: { path: { script } }, body: wishOf(draft) });
    },
    meta: { showsFailure: true },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: scriptsKey });
      tellDone(t("scripts.saved", { name: script }));
      await navigate({ to: "/scripts/$script", params: { script } });
    },
  });
  const isReady =
    script !== "" && draft.text.trim() !== "" && draft.parameters.every((parameter) => isVariable(parameter.name));
  return (
    <form
      className={classes.edit}
      onSubmit={(event) => {
        event.preventDefault();
        if (isReady) save.mutate();
      }}
    >
      {save.error === null ? null : <Problem error={save.error} />}
      <Panel title={t("scripts.what")}>
        <div className={classes.fields}>
          {name === undefined ? (
            <TextInput
              label={t("fleet.name")}
              description={t("scripts.nameHint")}
              required
              autoFocus
              spellCheck={false}
              value={typed}
              onChange={(event) => setTyped(event.currentTarget.value)}
            />
          ) : null}
          <TextInput
            label={t("groups.description")}
            description={t("scripts.descriptionHint")}
            value={draft.description}
            onChange={(event) => set({ description: event.currentTarget.value })}
          />
          <Select
            label={t("scripts.interpreter")}
            description={t("scripts.interpreterHint")}
            allowDeselect={false}
            data={["sh", "bash", "python3"]}
            value={draft.interpreter}
            onChange={(value) => set({ interpreter: value as Draft["interpreter"] })}
          />
        </div>
      </Panel>
      <Panel title={t("scripts.text")}>
        <Textarea
          aria-label={t("scripts.text")}
          description={t("scripts.textHint")}
          autosize
          minRows={10}
          maxRows={30}
          spellCheck={false}
          autoCapitalize="none"
          styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 12.5 } }}
          value={draft.text}
          onChange={(event) => set({ text: event.currentTarget.value })}
        />
      </Panel>
      <Panel title={t("scripts.parameters")}>
        <ParameterEditor parameters={draft.parameters} onChange={(parameters) => set({ parameters })} />
      </Panel>
      <div className={classes.go}>
        <Button type="submit" disabled={!isReady} loading={save.isPending} leftSection={<IconDeviceFloppy size={16} />}>
          {t("save")}
        </Button>
        {name === undefined ? (
          <LinkButton to="/scripts" variant="default">
            {t("confirm.cancel")}
          </LinkButton>
        ) : (
          <LinkButton to="/scripts/$script" params={{ script: name }} variant="default">
            {t("confirm.cancel")}
          </LinkButton>
        )}
        {isReady ? null : <span className={classes.soft}>{t("scripts.needs")}</span>}
      </div>
    </form>
  );
}
