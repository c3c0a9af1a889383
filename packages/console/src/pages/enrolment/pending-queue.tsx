import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { IconCheck, IconDoorEnter, IconX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { client, type Schemas } from "../../api/client.ts";
import { pendingEnrolments } from "../../api/enrolments.ts";
import { useMay } from "../../session/session.tsx";
import { Answered } from "../../ui/answered.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Moment } from "../../ui/moment.tsx";
import { tellDone } from "../../ui/notices.tsx";
import { Panel } from "../../ui/page.tsx";
import classes from "./enrolment.module.css";

type Enrolment = Schemas["Enrolment"];

/** Machines that asked without a token. What they say of themselves is shown as what it is: their word. */
export function PendingQueue() {
  const { t } = useTranslation();
  const { data, error } = useQuery(pendingEnrolments);
  return (
    <Panel title={t("queue.title")} flush>
      <Answered data={data} error={error} rows={2}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty icon={IconDoorEnter} title={t("queue.none")} text={t("queue.noneText")} />
          ) : (
            items.map((enrolment) => <Machine key={enrolment.id} enrolment={enrolment} />)
          )
        }
      </Answered>
    </Panel>
  );
}

function Machine({ enrolment }: { readonly enrolment: Enrolment }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const mayDecide = useMay("enrolment.write");
  const { id, hostname, address, agentVersion, fingerprint, publicKey, createdAt, host } = enrolment;
  const decide = useMutation({
    mutationFn: (verdict: "accept" | "reject") =>
      verdict === "accept"
        ? client.post("/api/v1/enrolments/{id}/accept", { params: { path: { id } } })
        : client.post("/api/v1/enrolments/{id}/reject", { params: { path: { id } } }),
    onSuccess: async (_, verdict) => {
      tellDone(t(verdict === "accept" ? "queue.accepted" : "queue.rejected", { name: hostname }));
      await queries.invalidateQueries({ queryKey: pendingEnrolments.queryKey });
    },
  });
  return (
    <div className={classes.machine}>
      <div>
        <p className={classes.name}>{hostname}</p>
        {host === undefined ? null : (
          <p className={`${classes.facts} ${classes.known}`}>
            {t("queue.known")}{" "}
            <Link to="/hosts/$host" params={{ host: host.name }}>
              {host.name}
            </Link>
          </p>
        )}
        <p className={classes.facts}>
          {t("queue.from", { address })} · {t("queue.agent", { version: agentVersion })} · <Moment at={createdAt} />
        </p>
        <p className={classes.facts}>
          {[fingerprint.serial, fingerprint.uuid, ...fingerprint.macs].filter(Boolean).join(" · ")}
        </p>
        <p className={classes.facts}>
          {t("queue.key")} <code>{publicKey}</code>
        </p>
      </div>
      <div className={classes.buttons}>
        <Button
          variant="default"
          disabled={!mayDecide}
          loading={decide.isPending && decide.variables === "reject"}
          leftSection={<IconX size={16} />}
          onClick={() => decide.mutate("reject")}
        >
          {t("queue.reject")}
        </Button>
        <Button
          disabled={!mayDecide}
          loading={decide.isPending && decide.variables === "accept"}
          leftSection={<IconCheck size={16} />}
          onClick={() => decide.mutate("accept")}
        >
          {t("queue.accept")}
        </Button>
      </div>
    </div>
  );
}
