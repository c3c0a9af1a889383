import { useTranslation } from "react-i18next";
import { useMay } from "../../session/session.tsx";
import { Page } from "../../ui/page.tsx";
import { JoinForm } from "./join-form.tsx";
import { JoinTokens } from "./join-tokens.tsx";
import { PendingQueue } from "./pending-queue.tsx";
import classes from "./enrolment.module.css";

/** How machines come in: by a line that somebody types on them, or by asking and waiting. */
export function EnrolmentPage() {
  const { t } = useTranslation();
  const mayAdd = useMay("enrolment.write");
  return (
    <Page title={t("enrolment.title")} lead={t("enrolment.lead")}>
      <div className={classes.columns}>
        {mayAdd ? <JoinForm /> : null}
        <PendingQueue />
        <JoinTokens />
      </div>
    </Page>
  );
}
