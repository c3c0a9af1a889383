import { ClientError } from "@atalaya/client/browser";
import { IconAlertTriangle } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import classes from "./problem.module.css";

/** What a failure is called, in the reader's language where we have words for its code. */
export function useProblemTitle(): (error: unknown) => string {
  const { t, i18n } = useTranslation();
  return (error) => {
    if (!(error instanceof ClientError)) return t("problem.unexpected");
    const key = `problems.${error.code.replaceAll(".", "_").replaceAll("-", "_")}`;
    if (i18n.exists(key)) return i18n.t(key as "problem.unexpected");
    return error.code;
  };
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
