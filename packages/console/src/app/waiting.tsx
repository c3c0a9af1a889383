import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { pendingEnrolments } from "../api/enrolments.ts";
import { useMay } from "../session/session.tsx";

/** How many machines wait to be let in, beside the way to them. */
export function Waiting({ className }: { readonly className: string }) {
  const { t } = useTranslation();
  const { data } = useQuery({ ...pendingEnrolments, enabled: useMay("enrolment.read") });
  const count = data?.items.length ?? 0;
  if (count === 0) return null;
  return (
    <span className={className} title={t("enrolment.waiting", { count })}>
      {count}
      {data?.next === undefined ? "" : "+"}
    </span>
  );
}
