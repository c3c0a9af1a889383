import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { IconEdit, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client } from "../../api/client.ts";
import { scriptQuery, scriptsKey, type Script } from "../../api/scripts.ts";
import { LinkButton } from "../../app/link-button.tsx";
import { permits, useSession } from "../../session/session.tsx";
import { Answered } from "../../ui/answered.tsx";
import { Moment } from "../../ui/moment.tsx";
import { tellDone } from "../../ui/notices.tsx";
import { Page, Panel } from "../../ui/page.tsx";
import { AskFirst } from "../../ui/ask-first.tsx";
import { RunForm } from "./run-form.tsx";
import classes from "./scripts.module.css";

const route = getRouteApi("/gate/scripts/$script");

/** One script: its form to run it, its text, and what it takes. */
export function ScriptPage() {
  const { t } = useTranslation();
  const { script: name } = route.useParams();
  const { selector = "" } = route.useSearch();
  const navigate = route.useNavigate();
  const { data, error } = useQuery(scriptQuery(name));
  return (
    <Page
      title={name}
      kicker={<Link to="/scripts">{t("nav.scripts")}</Link>}
      lead={data?.description}
      actions={data === undefined ? null : <Actions script={data} />}
    >
      <Answered data={data} error={error}>
        {(data) => (
          <div className={classes.columns}>
            <Panel title={t("scripts.runTitle")}>
              <RunForm
                key={`${data.name} ${data.changedAt}`}
                script={data}
                selector={selector}
                onSelector={(wanted) => void navigate({ search: wanted === "" ? {} : { selector: wanted } })}
              />
            </Panel>
            <div className={classes.side}>
              <Panel title={t("scripts.text")} actions={<code className={classes.soft}>{data.interpreter}</code>} flush>
                <pre className={classes.text} tabIndex={0}>
                  {data.text}
                </pre>
              </Panel>
              <p className={classes.soft}>
                {t("scripts.changedBy", { name: data.changedBy })} <Moment at={data.changedAt} />
                {data.createdBy === data.changedBy ? "" : ` · ${t("scripts.madeBy", { name: data.createdBy })}`}
              </p>
            </div>
          </div>
        )}
      </Answered>
    </Page>
  );
}

function Actions({ script }: { readonly script: Script }) {
  const { t } = useTranslation();
  const navigate = route.useNavigate();
  const queries = useQueryClient();
  const session = useSession();
  const [isAsking, setAsking] = useState(false);
  const isOwn = script.createdBy === session.actor.name;
  // As the server decides it: what others made is changed by who sees all that others do.
  const seesAll = permits(session, "job.read-all") && session.actor.places === undefined;
  const mayChange = permits(session, "deployment.write") && (isOwn || seesAll);
  const why = mayChange ? undefined : t("scripts.others", { name: script.createdBy });
  const remove = useMutation({
    mutationFn: () => client.delete("/api/v1/scripts/{script}", { params: { path: { script: script.name } } }),
    onSuccess: async () => {
      tellDone(t("scripts.removed", { name: script.name }));
      await navigate({ to: "/scripts" });
      await queries.invalidateQueries({ queryKey: scriptsKey });
    },
  });
  return (
    <>
      <Button
        variant="default"
        disabled={!mayChange}
        title={why}
        leftSection={<IconTrash size={16} />}
        onClick={() => setAsking(true)}
      >
        {t("scripts.remove")}
      </Button>
      <LinkButton
        to="/scripts/$script/edit"
        params={{ script: script.name }}
        variant="default"
        disabled={!mayChange}
        title={why}
        leftSection={<IconEdit size={16} />}
      >
        {t("scripts.edit")}
      </LinkButton>
      {isAsking ? (
        <AskFirst
          title={t("scripts.removeTitle", { name: script.name })}
          text={t("scripts.removeText")}
          verb={t("scripts.remove")}
          isBusy={remove.isPending}
          onConfirm={() => remove.mutate()}
          onClose={() => setAsking(false)}
        />
      ) : null}
    </>
  );
}
