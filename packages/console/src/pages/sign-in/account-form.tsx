import { ClientError } from "@atalaya/client/browser";
import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";
import { signIn, type Session } from "../../session/session-api.ts";
import { CopyLine } from "../../ui/copy-line.tsx";
import { QrCode } from "../../ui/qr-code.tsx";
import { Problem } from "../../ui/problem.tsx";
import classes from "./sign-in.module.css";

/** With an account of the server's machine; the second factor is asked for when the server wants one. */
export function AccountForm({ onSignedIn }: { readonly onSignedIn: (session: Session) => void }) {
  const { t } = useTranslation();
  const [account, setAccount] = useState("");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [step, setStep] = useState<"password" | "code" | "setup">("password");
  const [setup, setSetup] = useState<{ readonly uri: string; readonly secret: string }>();
  const attempt = useMutation({
    mutationFn: () => signIn({ kind: "pam", account, password, ...(code === "" ? {} : { code: code.trim() }) }),
    meta: { showsFailure: true },
    onSuccess: (session) => {
      if (session.recoveryCodes === undefined) onSignedIn(session);
    },
    onError: (error) => {
      const failure = error instanceof ClientError ? error.code : "";
      if (failure === "identity.second-factor") setStep("code");
      else if (failure === "identity.second-factor-setup") {
        const { uri, secret } = (error as ClientError).details ?? {};
        if (typeof uri === "string" && typeof secret === "string") setSetup({ uri, secret });
        setStep("setup");
      } else {
        if (step === "password") setPassword("");
        setCode("");
      }
    },
  });
  const isAsking =
    attempt.error instanceof ClientError &&
    attempt.error.code.startsWith("identity.second-factor") &&
    (attempt.variables === undefined || code === "");
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    attempt.mutate();
  };
  const codes = attempt.data?.recoveryCodes;
  if (attempt.data !== undefined && codes !== undefined) {
    return (
      <>
        <p>{t("secondFactor.codes")}</p>
        <CopyLine text={codes.join("\n")} copy={t("copy")} copied={t("copied")} />
        <Button fullWidth mt="lg" onClick={() => onSignedIn(attempt.data)}>
          {t("signIn.stored")}
        </Button>
      </>
    );
  }
  return (
    <form onSubmit={submit}>
      {attempt.error === null || isAsking ? null : <Failure error={attempt.error} />}
      {step === "password" ? (
        <>
          <TextInput
            label={t("signIn.account")}
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            autoFocus
            required
            value={account}
            onChange={(event) => setAccount(event.currentTarget.value)}
            mt="sm"
          />
          <PasswordInput
            label={t("signIn.password")}
            autoComplete="current-password"
            required
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
            mt="sm"
            visibilityToggleButtonProps={{ "aria-label": t("signIn.show") }}
          />
        </>
      ) : (
        <>
          {step === "setup" && setup !== undefined ? (
            <>
              <p>{t("signIn.setup")}</p>
              <div className={classes.qr}>
                <QrCode text={setup.uri} label={t("secondFactor.qr")} />
                <div>
                  <p style={{ marginTop: 0 }}>{t("secondFactor.byHand")}</p>
                  <code style={{ overflowWrap: "anywhere" }}>{setup.secret}</code>
                </div>
              </div>
            </>
          ) : null}
          <TextInput
            key="code"
            label={t("signIn.code")}
            description={t("signIn.codeHint")}
            autoComplete="one-time-code"
            inputMode="numeric"
            autoFocus
            required
            value={code}
            onChange={(event) => setCode(event.currentTarget.value)}
            mt="sm"
          />
        </>
      )}
      <Button type="submit" fullWidth mt="lg" loading={attempt.isPending}>
        {t("signIn.submit")}
      </Button>
      {step === "password" ? null : (
        <Button
          variant="subtle"
          fullWidth
          mt="xs"
          onClick={() => {
            setStep("password");
            setPassword("");
            setCode("");
            attempt.reset();
          }}
        >
          {t("signIn.back")}
        </Button>
      )}
    </form>
  );
}

function Failure({ error }: { readonly error: unknown }) {
  const { t } = useTranslation();
  const wait = error instanceof ClientError ? error.details?.["retryAfterMs"] : undefined;
  return (
    <Problem error={error}>
      {typeof wait === "number" ? <p>{t("signIn.wait", { count: Math.ceil(wait / 60_000) })}</p> : null}
    </Problem>
  );
}
