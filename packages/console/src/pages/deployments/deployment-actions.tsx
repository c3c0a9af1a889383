import { Button } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { IconArrowBackUp, IconBookmark, IconRepeat } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, type Schemas } from "../../api/client.ts";
import { useMay } from "../../session/session.tsx";
import { ConfirmHosts } from "../../ui/confirm-hosts.tsx";
import { SaveDeployment } from "./save-deployment.tsx";

/** What can be done with a deployment: keep it, do it again, take it back. */
export function DeploymentActions({ deployment }: { readonly deployment: Schemas["DeploymentDetail"] }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { id, kind, spec, changed } = deployment;
  const mayDeploy = useMay("deployment.write");
  const [asking, setAsking] = useState<"rollback" | "again" | "save">();
  const params = { path: { deployment: id }, header: { "idempotency-key": crypto.randomUUID() } };
  const follow = ({ id: next }: { readonly id: string }) => {
    setAsking(undefined);
    void navigate({ to: "/deployments/$deployment", params: { deployment: next } });
  };
  const rollback = useMutation({
    mutationFn: (confirm: number) =>
      client.post("/api/v1/deployments/{deployment}/rollback", { params, body: { confirm } }),
    onSuccess: follow,
  });
  const again = useMutation({
    mutationFn: (confirm: number) =>
      client.post("/api/v1/deployments/{deployment}/again", {
        params,
        body: { confirm, selector: `${spec.selector}` },
      }),
    onSuccess: follow,
  });
  const { selector } = spec;
  const { data: now } = useQuery({
    queryKey: ["preview", selector, "names"],
    queryFn: ({ signal }) => client.post("/api/v1/selectors/preview", { body: { selector, limit: 10_000 }, signal }),
    enabled: asking === "again",
  });
  const why = mayDeploy ? undefined : t("mayNot");
  return (
    <>
      {kind === "deploy" ? (
        <>
          <Button
            variant="default"
            disabled={!mayDeploy}
            title={why}
            leftSection={<IconBookmark size={16} />}
            onClick={() => setAsking("save")}
          >
            {t("deploy.save")}
          </Button>
          <Button
            variant="default"
            disabled={!mayDeploy}
            title={why}
            leftSection={<IconRepeat size={16} />}
            onClick={() => setAsking("again")}
          >
            {t("deploy.again")}
          </Button>
        </>
      ) : null}
      <Button
        color="red"
        disabled={!mayDeploy || changed === undefined || changed.length === 0}
        title={
          why ??
          (changed === undefined
            ? t("deploy.rollbackLater")
            : changed.length > 0
              ? undefined
              : t("deploy.nothingChanged"))
        }
        leftSection={<IconArrowBackUp size={16} />}
        onClick={() => setAsking("rollback")}
      >
        {t("deploy.rollback")}
      </Button>
      {asking === "rollback" ? (
        <ConfirmHosts
          title={t("deploy.rollback")}
          text={t("deploy.rollbackText")}
          names={changed}
          verb={t("deploy.rollback")}
          isDangerous
          threshold={20}
          isBusy={rollback.isPending}
          onConfirm={(count) => rollback.mutate(count)}
          onClose={() => setAsking(undefined)}
        />
      ) : null}
      {asking === "again" ? (
        <ConfirmHosts
          title={t("deploy.again")}
          text={t("deploy.runText")}
          names={now?.hosts.map((host) => host.name)}
          verb={t("deploy.again")}
          threshold={20}
          isBusy={again.isPending}
          onConfirm={(count) => again.mutate(count)}
          onClose={() => setAsking(undefined)}
        />
      ) : null}
      {asking === "save" ? <SaveDeployment deployment={deployment} onClose={() => setAsking(undefined)} /> : null}
    </>
  );
}
