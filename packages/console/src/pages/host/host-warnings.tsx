import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client } from "../../api/client.ts";
import type { HostDetail } from "../../api/hosts.ts";
import { useMay } from "../../session/session.tsx";
import { ConfirmHosts } from "../../ui/confirm-hosts.tsx";
import { tellDone } from "../../ui/notices.tsx";
import classes from "./host.module.css";

/** What a person must decide about a host: a quarantine, and other hosts that may be the same machine. */
export function HostWarnings({ host }: { readonly host: HostDetail }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const mayChange = useMay("fleet.write");
  const [merging, setMerging] = useState<{ readonly id: string; readonly name: string }>();
  const release = useMutation({
    mutationFn: () => client.post("/api/v1/hosts/{host}/release", { params: { path: { host: host.id } } }),
    onSuccess: async () => {
      tellDone(t("host.released", { name: host.name }));
      await queries.invalidateQueries({ queryKey: ["host"] });
    },
  });
  const merge = useMutation({
    mutationFn: (into: string) =>
      client.post("/api/v1/hosts/{host}/merge", { params: { path: { host: host.id } }, body: { into } }),
    onSuccess: (_, into) => {
      setMerging(undefined);
      tellDone(t("host.merged"));
      void navigate({ to: "/hosts/$host", params: { host: into } });
    },
  });
  return (
    <>
      {host.state === "quarantined" ? (
        <div className={classes.warn} role="alert">
          <p>
            <strong>{t("host.quarantine")}</strong> {t("host.quarantineText")}
          </p>
          <Button disabled={!mayChange} loading={release.isPending} onClick={() => release.mutate()}>
            {t("host.release")}
          </Button>
        </div>
      ) : null}
      {host.proposals.map((proposal) => (
        <div key={proposal.id} className={classes.warn}>
          <p>
            {t("host.proposal")}{" "}
            <Link to="/hosts/$host" params={{ host: proposal.name }}>
              {proposal.name}
            </Link>{" "}
            <span className={classes.soft}>({proposal.reason})</span>
          </p>
          <Button variant="default" disabled={!mayChange} onClick={() => setMerging(proposal)}>
            {t("host.merge")}
          </Button>
        </div>
      ))}
      {merging === undefined ? null : (
        <ConfirmHosts
          title={t("host.merge")}
          text={t("host.mergeText", { from: host.name, into: merging.name })}
          names={[host.name, merging.name]}
          verb={t("host.merge")}
          isDangerous
          threshold={10}
          isBusy={merge.isPending}
          onConfirm={() => merge.mutate(merging.id)}
          onClose={() => setMerging(undefined)}
        />
      )}
    </>
  );
}
