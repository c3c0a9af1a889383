import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Schemas } from "../../api/client.ts";
import { Facts } from "../../ui/facts.tsx";
import { byteSize, Moment } from "../../ui/moment.tsx";

/** What was deployed, where, by whom, and what it undoes or what undid it. */
export function DeploymentFacts({ deployment }: { readonly deployment: Schemas["DeploymentDetail"] }) {
  const { t } = useTranslation();
  const { name, kind, spec, files, bytes, createdBy, createdAt, rollbacks, rollbackOf, undoes, artifacts } = deployment;
  return (
    <>
      <Facts
        facts={[
          [
            t("deploy.files"),
            kind === "deploy"
              ? `${files} · ${byteSize(bytes)}`
              : undoes === undefined
                ? undefined
                : t("deploy.takesBack", { count: undoes.files, size: byteSize(undoes.bytes) }),
          ],
          [t("deploy.into"), <code key="into">{spec.into === "" ? "~" : spec.into}</code>],
          [t("jobs.where"), <code key="where">{spec.selector}</code>],
          [t("jobs.who"), createdBy],
          [t("jobs.when"), <Moment key="when" at={createdAt} />],
          [
            t("job.title"),
            <Link key="job" to="/jobs/$job" params={{ job: deployment.job.id }}>
              {deployment.job.id}
            </Link>,
          ],
          [
            t("deploy.undoes"),
            rollbackOf === undefined ? undefined : (
              <Link key="of" to="/deployments/$deployment" params={{ deployment: rollbackOf }}>
                {name ?? rollbackOf}
              </Link>
            ),
          ],
          [
            t("deploy.undone"),
            rollbacks.length === 0
              ? undefined
              : rollbacks.map((one) => (
                  <Link key={one} to="/deployments/$deployment" params={{ deployment: one }}>
                    {one}{" "}
                  </Link>
                )),
          ],
        ]}
      />
      {artifacts.length === 0 ? null : (
        <p style={{ margin: "10px 0 0", maxHeight: 120, overflowY: "auto", overflowWrap: "anywhere" }}>
          <code>{artifacts.map((artifact) => artifact.name).join("  ")}</code>
        </p>
      )}
    </>
  );
}
