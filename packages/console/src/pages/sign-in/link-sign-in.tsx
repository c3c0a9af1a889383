import { ClientError, mayRetry } from "@atalaya/client/browser";
import { Loader } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { signIn, type Session } from "../../session/session-api.ts";
import { Problem } from "../../ui/problem.tsx";

/** The one-time link that the server printed: its token stands behind the `#`, which no server and no log ever sees. */
export function LinkSignIn(props: { readonly token: string; readonly onSignedIn: (session: Session) => void }) {
  const { token, onSignedIn } = props;
  const { t } = useTranslation();
  const asked = useRef(false);
  const { mutate, error } = useMutation({
    mutationFn: () => signIn({ kind: "link", token }),
    // Nobody stands by to click again. Where only the answer was lost, the link is used up, and that is said then.
    retry: (times, error) => times < 2 && error instanceof ClientError && mayRetry(error.code),
    meta: { showsFailure: true },
    onSuccess: (session) => {
      // Used up, and nothing to keep in a history.
      history.replaceState(history.state, "", location.pathname + location.search);
      onSignedIn(session);
    },
  });
  useEffect(() => {
    if (!asked.current) mutate();
    asked.current = true;
  }, [mutate]);
  if (error === null)
    return (
      <p role="status">
        <Loader size="xs" mr="xs" /> {t("signIn.following")}
      </p>
    );
  return (
    <Problem error={error}>
      <p>{t("signIn.newLink")}</p>
    </Problem>
  );
}
