import { ClientError } from "@atalaya/client/browser";
import { IconAlertTriangle } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { failureTitle } from "../words/failure-title.ts";
import classes from "./problem.module.css";

/** What a failure is called in the reader's language; a code of a newer server stands for itself. */
export function useProblemTitle(): (error: unknown) => string {
  const { t, i18n } = useTranslation();
  return (error) => {
    if (!(error instanceof ClientError)) return t("problem.unexpected");
    // The one code for both: that a code is asked for, and that the one given does not fit.
    if (error.code === "identity.second-factor" && error.details?.["wrong"] === true) return t("problem.wrongCode");
    return failureTitle(error.code, i18n.language) ?? error.code;
  };
}

/** Why a run or a job did not succeed: the server's own sentence, under its title for who does not read English. */
export function Reason({ reason }: { readonly reason: { readonly code: string; readonly message: string } }) {
  const { i18n } = useTranslation();
  const title = i18n.language === "en" ? undefined : failureTitle(reason.code, i18n.language);
  if (title === undefined) return <span title={reason.code}>{reason.message}</span>;
  return (
    <span title={`${reason.message} (${reason.code})`}>
      {title} <span className={classes.detail}>{reason.message}</span>
    </span>
  );
}

/** The server's own sentence, what to do now, and what to quote when asking somebody. */
export function ProblemWords({ error }: { readonly error: unknown }) {
  const { t } = useTranslation();
  if (!(error instanceof ClientError)) {
    return <p className={classes.detail}>{error instanceof Error ? error.message : String(error)}</p>;
  }
  return (
    <>
      <p className={classes.detail}>{error.detail}</p>
      {error.next === undefined ? null : <p className={classes.next}>{error.next}</p>}
      <p className={classes.facts}>
        <code>{error.code}</code>
        {error.requestId === undefined ? null : (
          <span>
            {t("problem.request")} <code>{error.requestId}</code>
          </span>
        )}
      </p>
    </>
  );
}

/** A failure in the place where its outcome would have stood. */
export function Problem({ error, children }: { readonly error: unknown; readonly children?: ReactNode }) {
  const titleOf = useProblemTitle();
  return (
    <div className={classes.problem} role="alert">
      <IconAlertTriangle size={20} aria-hidden="true" />
      <div>
        <p className={classes.title}>{titleOf(error)}</p>
        <ProblemWords error={error} />
        {children}
      </div>
    </div>
  );
}
