import { ClientError } from "@atalaya/client/browser";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useLocation, useNavigate, useRouter } from "@tanstack/react-router";
import { Button, Skeleton } from "@mantine/core";
import { IconClockPause, IconLogin2 } from "@tabler/icons-react";
import { useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSource } from "../../api/source.ts";
import { hasEnded, readSignInPage, type Session } from "../../session/session-api.ts";
import { sessionKey } from "../../session/session.tsx";
import { Problem } from "../../ui/problem.tsx";
import { speak } from "../../words/index.ts";
import { AccountForm } from "./account-form.tsx";
import { LinkSignIn } from "./link-sign-in.tsx";
import { Scene } from "./scene.tsx";
import classes from "./sign-in.module.css";

/** Why an identity provider's answer let nobody in, as the server says it behind the `#`. */
function Refused({ code }: { readonly code: string }) {
  const { t } = useTranslation();
  const error = useMemo(() => new ClientError({ code, detail: t("signIn.refused") }), [code, t]);
  useEffect(() => {
    // Told once: a page that is loaded again begins anew.
    history.replaceState(history.state, "", location.pathname + location.search);
  }, []);
  return <Problem error={error} />;
}

const route = getRouteApi("/sign-in");

/** Every way in that this server offers. A one-time link is followed at once. */
export function SignInPage() {
  const { t, i18n } = useTranslation();
  const { next } = route.useSearch();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const { data: server, error } = useQuery({ queryKey: ["sign-in"], queryFn: readSignInPage, retry: 3 });
  useEffect(() => {
    document.title = `${t("signIn.title")} · Atalaya`;
  }, [t]);

  // Most come to the overview: it is fetched while they prove who they are.
  const router = useRouter();
  useEffect(() => void router.preloadRoute({ to: "/" }), [router]);

  const welcome = (session: Session) => {
    queries.setQueryData(sessionKey, session);
    void navigate({ href: next ?? "/", replace: true });
  };
  const methods = server?.methods ?? [];
  const hash = useLocation({ select: (location) => location.hash });
  const link = /^link=([\w.~-]+)$/.exec(hash)?.[1];
  const [refusal] = useState(() => /^error=([a-z.-]{1,64})$/.exec(hash)?.[1]);
  const wasEnded = useSource(hasEnded);
  const others = methods.filter((method) => method.kind === "oidc");
  return (
    <Scene>
      <div className={classes.form}>
        <h1 className={classes.title}>{t("signIn.title")}</h1>
        <p className={classes.server}>
          {server === undefined ? <Skeleton component="span" display="block" h={14} w={180} /> : server.server}
        </p>
        {error === null ? null : <Problem error={error} />}
        {refusal === undefined ? null : <Refused code={refusal} />}
        {wasEnded && refusal === undefined && link === undefined ? (
          <p className={classes.ended} role="status">
            <IconClockPause size={18} aria-hidden="true" />
            {t("signIn.ended")}
          </p>
        ) : null}
        {link === undefined ? null : <LinkSignIn key={link} token={link} onSignedIn={welcome} />}
        {methods.some(({ kind }) => kind === "pam") ? <AccountForm onSignedIn={welcome} /> : null}
        {methods.length > 1 && others.length > 0 ? <div className={classes.or}>{t("signIn.or")}</div> : null}
        {others.map(({ name, label, start }) => (
          <Button
            key={name}
            component="a"
            href={next === undefined ? start : `${start}?to=${encodeURIComponent(next)}`}
            variant="default"
            fullWidth
            mb="xs"
            leftSection={<IconLogin2 size={16} />}
          >
            {t("signIn.with", { provider: label })}
          </Button>
        ))}
        {server !== undefined && link === undefined && methods.every(({ kind }) => kind === "link") ? (
          <p>{t("signIn.onlyLink")}</p>
        ) : null}
        {server?.notes.map((note) => (
          <p key={note} className={classes.server}>
            {note}
          </p>
        ))}
      </div>
      <div className={classes.foot}>
        <span>{server === undefined ? "" : `Atalaya ${server.version}`}</span>
        <button
          type="button"
          className={classes.language}
          lang={i18n.language === "es" ? "en" : "es"}
          onClick={() => speak(i18n.language === "es" ? "en" : "es")}
        >
          {i18n.language === "es" ? "English" : "Español"}
        </button>
      </div>
    </Scene>
  );
}
