import { TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { permits, useSession } from "./session.tsx";

/** As whom something runs on the hosts. Empty means what its hint says; who may not choose reads there who they are. */
export function AccountField({
  value,
  onChange,
}: {
  readonly value: string;
  readonly onChange: (account: string) => void;
}) {
  const { t } = useTranslation();
  const session = useSession();
  const mayChoose = permits(session, "account.choose");
  return (
    <TextInput
      label={t("shell2.account")}
      placeholder={mayChoose ? t("shell2.agentAccount") : (session.actor.account ?? t("shell2.ownAccount"))}
      title={mayChoose ? undefined : t("mayNot")}
      disabled={!mayChoose}
      autoComplete="off"
      spellCheck={false}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}
