import { useTranslation } from "react-i18next";
import { useSession } from "../../session/session.tsx";
import { Facts } from "../../ui/facts.tsx";
import { Moment } from "../../ui/moment.tsx";
import { Page, Panel } from "../../ui/page.tsx";
import { SecondFactor } from "./second-factor.tsx";
import { Sessions } from "./sessions.tsx";

/** What is one's own: who one is here, the second factor, where one is signed in. */
export function AccountPage() {
  const { t } = useTranslation();
  const { actor, expiresAt, absoluteExpiresAt } = useSession();
  return (
    <Page title={t("nav.account")}>
      <div style={{ display: "grid", gridTemplateColumns: "minmax(0, 1fr)", gap: 16 }}>
        <Panel title={actor.name}>
          <Facts
            facts={[
              [t("account.role"), t(`roles.${actor.role}`)],
              [t("account.account"), actor.account],
              [t("fleet.place"), actor.places?.join(", ") ?? t("tokens.everywhere")],
              [t("account.idle"), <Moment key="idle" at={expiresAt} />],
              [t("account.ends"), <Moment key="ends" at={absoluteExpiresAt} />],
            ]}
          />
        </Panel>
        <SecondFactor />
        <Sessions />
      </div>
    </Page>
  );
}
