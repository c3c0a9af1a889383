import { ClientError } from "@atalaya/client/browser";
import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";
import { signIn, type Session } from "../../session/session-api.ts";
import { CopyLine } from "../../ui/copy-line.tsx";
import { QrCode } from "../../ui/qr-code.tsx";
import { Problem } from "../../ui/problem.tsx";
import { asksMore, isWrongCode, stepAfter, type Prompt, type Step } from "./steps.ts";
import classes from "./sign-in.module.css";

/** With an account of the server's machine; whatever the server asks beyond a password is asked for step by step. */
export function AccountForm({ onSignedIn }: { readonly onSignedIn: (session: Session) => void }) {
  const { t } = useTranslation();
  const [account, setAccount] = useState("");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [answers, setAnswers] = useState<readonly string[]>([]);
  const [step, setStep] = useState<Step>({ kind: "password" });
  const attempt = useMutation({
    mutationFn: (all: readonly string[]) =>
      signIn({
        ...{ kind: "pam", account, password },
        ...(code === "" ? {} : { code: code.trim() }),
        ...(all.length === 0 ? {} : { answers: [...all] }),
      }),
    meta: { showsFailure: true },
    onSuccess: (session) => {
      if (session.recoveryCodes === undefined) onSignedIn(session);
    },
    onError: (error, all) => {
      const next = error instanceof ClientError ? stepAfter(step, error, all) : step;
      if (next.kind === "password") setPassword("");
      setStep(next);
      setCode("");
      // Each round of questions is answered afresh; what was answered before is kept with the step.
      if (next.kind === "questions") setAnswers(next.prompts.map(() => ""));
    },
  });
  const given = step.kind === "questions" ? [...step.given, ...answers] : answers;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    attempt.mutate(given);
  };
  const again = () => {
    setStep({ kind: "password" });
    setPassword("");
    setCode("");
    setAnswers([]);
    attempt.reset();
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
  const isRefused = attempt.error !== null && !(attempt.error instanceof ClientError && asksMore(attempt.error));
  return (
    <form onSubmit={submit}>
      {isRefused ? <Failure error={attempt.error} /> : null}
      {step.kind === "password" ? (
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
      ) : step.kind === "questions" ? (
        <>
          <p>{t("signIn.questions")}</p>
          {step.messages.map((message) => (
            <p key={message}>{message}</p>
          ))}
          {step.prompts.map((prompt, at) => (
            <Question
              key={`${step.given.length} ${at}`}
              prompt={prompt}
              isFirst={at === 0}
              value={answers[at] ?? ""}
              onChange={(value) => setAnswers(answers.with(at, value))}
            />
          ))}
        </>
      ) : (
        <>
          {step.kind === "setup" ? (
            <>
              <p>{t("signIn.setup")}</p>
              <div className={classes.qr}>
                <QrCode text={step.uri} label={t("secondFactor.qr")} />
                <div>
                  <p style={{ marginTop: 0 }}>{t("secondFactor.byHand")}</p>
                  <code style={{ overflowWrap: "anywhere" }}>{step.secret}</code>
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
        {t(step.kind === "questions" ? "signIn.answer" : "signIn.submit")}
      </Button>
      {step.kind === "password" ? null : (
        <Button variant="subtle" fullWidth mt="xs" onClick={again}>
          {t("signIn.back")}
        </Button>
      )}
    </form>
  );
}

/** One question of the server's machine, in its own words. */
function Question(props: {
  readonly prompt: Prompt;
  readonly isFirst: boolean;
  readonly value: string;
  readonly onChange: (value: string) => void;
}) {
  const { prompt, isFirst, value, onChange } = props;
  const { t } = useTranslation();
  const common = {
    label: prompt.text === "" ? t("signIn.question") : prompt.text,
    autoComplete: "one-time-code",
    autoFocus: isFirst,
    mt: "sm",
    value,
    onChange: (event: { readonly currentTarget: { readonly value: string } }) => onChange(event.currentTarget.value),
  } as const;
  if (prompt.echo) return <TextInput {...common} />;
  return <PasswordInput {...common} visibilityToggleButtonProps={{ "aria-label": t("signIn.show") }} />;
}

function Failure({ error }: { readonly error: unknown }) {
  const { t } = useTranslation();
  const wait = error instanceof ClientError ? error.details?.["retryAfterMs"] : undefined;
  return (
    <Problem error={error}>
      {error instanceof ClientError && isWrongCode(error) ? <p>{t("signIn.wrongCode")}</p> : null}
      {typeof wait === "number" ? (
        <p>
          {wait < 60_000
            ? t("signIn.waitSeconds", { seconds: Math.ceil(wait / 1_000) })
            : t("signIn.wait", { count: Math.ceil(wait / 60_000) })}
        </p>
      ) : null}
    </Problem>
  );
}
