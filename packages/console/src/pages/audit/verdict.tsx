import { IconShieldCheck, IconShieldX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Schemas } from "../../api/client.ts";
import classes from "./audit.module.css";

/** What the check of all chains found, with the heads that prove it later. */
export function Verdict({ report }: { readonly report: Schemas["AuditReport"] }) {
  const { t } = useTranslation();
  return (
    <div className={classes.verdict} data-good={report.good} role="status">
      {report.good ? <IconShieldCheck size={20} aria-hidden="true" /> : <IconShieldX size={20} aria-hidden="true" />}
      <div>
        <strong>{report.good ? t("audit.good", { count: report.entries }) : t("audit.bad")}</strong>
        {report.chains.map(({ writer, head, hash, problem }) => (
          <div key={writer}>
            {writer}: {problem === undefined ? t("audit.head", { head }) : problem.message} <code>{hash}</code>
          </div>
        ))}
      </div>
    </div>
  );
}
