import { Button, Group, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { IconShieldCheck, IconShieldOff } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client } from "../../api/client.ts";
import { sessionKey, useSession } from "../../session/session.tsx";
import { CopyLine } from "../../ui/copy-line.tsx";
import { Panel } from "../../ui/page.tsx";
import { Problem } from "../../ui/problem.tsx";
import { QrCode } from "../../ui/qr-code.tsx";

const path = "/api/v1/session/second-factor";

/** Codes by time from a device of one's own: set up, confirm, do without. */
export function SecondFactor() {
  const { t } = useTranslation();
  const { secondFactor, actor } = useSession();
  const queries = useQueryClient();
  const [code, setCode] = useState("");
  const refresh = () => queries.invalidateQueries({ queryKey: sessionKey });
  const begin = useMutation({ mutationFn: () => client.post(path), meta: { showsFailure: true } });
  const confirm = useMutation({
    mutationFn: () => client.put(path, { body: { code: code.trim() } }),
    meta: { showsFailure: true },
    onSuccess: () => {
      setCode("");
      begin.reset();
      return refresh();
    },
  });
  const remove = useMutation({
    mutationFn: () => client.delete(path, { body: { code: code.trim() } }),
    meta: { showsFailure: true },
    onSuccess: () => {
      setCode("");
      confirm.reset();
      return refresh();
    },
  });
  // It belongs to who signs in with a password here.
  const foreign = actor.name.startsWith("pam:")
    ? undefined
    : t(actor.name === "link" ? "secondFactor.noLink" : "secondFactor.noProvider");
  const error = begin.error ?? confirm.error ?? remove.error;
  const field = (
    <TextInput
      label={t("signIn.code")}
      description={t("signIn.codeHint")}
      inputMode="numeric"
      autoComplete="one-time-code"
      required
      value={code}
      onChange={(event) => setCode(event.currentTarget.value)}
    />
  );
  return (
    <Panel title={t("secondFactor.title")}>
      {error === null ? null : <Problem error={error} />}
      {confirm.data === undefined ? null : (
        <div role="status">
          <p>{t("secondFactor.codes")}</p>
          <CopyLine text={confirm.data.recoveryCodes.join("\n")} copy={t("copy")} copied={t("copied")} />
        </div>
      )}
      {secondFactor === "set" ? (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            remove.mutate();
          }}
        >
          <p style={{ display: "flex", gap: 8, alignItems: "center", marginTop: 0 }}>
            <IconShieldCheck size={19} color="var(--ok)" aria-hidden="true" /> {t("secondFactor.set")}
          </p>
          <Group align="flex-end">
            {field}
            <Button type="submit" variant="default" loading={remove.isPending}>
              {t("secondFactor.remove")}
            </Button>
          </Group>
        </form>
      ) : begin.data === undefined ? (
        <>
          <p style={{ display: "flex", gap: 8, alignItems: "center", marginTop: 0 }}>
            <IconShieldOff size={19} color="var(--still)" aria-hidden="true" />
            {foreign ?? t(secondFactor === "required" ? "secondFactor.required" : "secondFactor.none")}
          </p>
          {foreign === undefined ? (
            <Button loading={begin.isPending} onClick={() => begin.mutate()}>
              {t("secondFactor.begin")}
            </Button>
          ) : null}
        </>
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            confirm.mutate();
          }}
        >
          <Group align="flex-start" mb="sm">
            <QrCode text={begin.data.uri} label={t("secondFactor.qr")} />
            <div style={{ flex: "1 1 240px" }}>
              <p style={{ marginTop: 0 }}>{t("secondFactor.scan")}</p>
              <p>
                {t("secondFactor.byHand")} <code style={{ overflowWrap: "anywhere" }}>{begin.data.secret}</code>
              </p>
              {field}
              <Button type="submit" mt="sm" loading={confirm.isPending}>
                {t("secondFactor.confirm")}
              </Button>
            </div>
          </Group>
        </form>
      )}
    </Panel>
  );
}
