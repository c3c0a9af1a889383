import { Button } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { IconPlayerPlay } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client } from "../../api/client.ts";
import { ConfirmHosts } from "../../ui/confirm-hosts.tsx";

/** Above so many hosts their number must be typed. */
const CONFIRM_ABOVE = 20;

/** Runs a saved deployment on the hosts that its selector hits now, which are shown before. */
export function RunSaved(props: {
  readonly name: string;
  readonly owner: string;
  readonly selector: string;
  readonly disabled: boolean;
}) {
  const { name, owner, selector, disabled } = props;
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [isAsking, setAsking] = useState(false);
  const { data } = useQuery({
    queryKey: ["preview", selector, "names"],
    queryFn: ({ signal }) => client.post("/api/v1/selectors/preview", { body: { selector, limit: 10_000 }, signal }),
    enabled: isAsking,
  });
  const run = useMutation({
    mutationFn: (confirm: number) =>
      client.post("/api/v1/deployments/saved/{name}/run", {
        params: { path: { name }, query: { owner }, header: { "idempotency-key": crypto.randomUUID() } },
        body: { confirm },
      }),
    onSuccess: ({ id }) => void navigate({ to: "/deployments/$deployment", params: { deployment: id } }),
  });
  return (
    <>
      <Button
        size="compact-sm"
        disabled={disabled}
        leftSection={<IconPlayerPlay size={14} />}
        onClick={() => setAsking(true)}
      >
        {t("deploy.run")}
      </Button>
      {isAsking ? (
        <ConfirmHosts
          title={name}
          text={t("deploy.runText")}
          names={data?.hosts.map((host) => host.name)}
          verb={t("deploy.run")}
          threshold={CONFIRM_ABOVE}
          isBusy={run.isPending}
          onConfirm={(count) => run.mutate(count)}
          onClose={() => setAsking(false)}
        />
      ) : null}
    </>
  );
}
