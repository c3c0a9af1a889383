import { Button, Collapse, Menu, NumberInput, Textarea, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { IconChevronRight, IconHistory, IconPlayerPlayFilled } from "@tabler/icons-react";
import { useRef, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import { client } from "../../api/client.ts";
import { useSelectorWords } from "../../api/selector-words.ts";
import { AccountField } from "../../session/account-field.tsx";
import { useMay } from "../../session/session.tsx";
import { SelectorField } from "../../ui/selector-field.tsx";
import classes from "./shell.module.css";
import { isAmount, type ShellForm } from "./shell-request.ts";

export interface CommandFormProps {
  readonly form: ShellForm;
  /** Earlier command lines, the newest first. */
  readonly lines: readonly string[];
  readonly isBusy: boolean;
  readonly onChange: (form: ShellForm) => void;
  readonly onRun: () => void;
}

/** To whom, what, and how. Enter runs; arrows walk through what was typed before. */
export function CommandForm({ form, lines, isBusy, onChange, onRun }: CommandFormProps) {
  const { t } = useTranslation();
  const [areOptionsOpen, options] = useDisclosure(false);
  const known = useSelectorWords();
  const mayRun = useMay("job.create");
  const walked = useRef(-1);
  const { selector, command } = form;
  const { data: preview } = useQuery({
    queryKey: ["preview", selector],
    queryFn: ({ signal }) => client.post("/api/v1/selectors/preview", { body: { selector, limit: 0 }, signal }),
    enabled: selector !== "",
    staleTime: 2_000,
  });
  const isReady =
    mayRun && command.trim() !== "" && selector !== "" && [form.canary, form.wave, form.failureBudget].every(isAmount);

  const pressed = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      walked.current = -1;
      if (isReady) onRun();
      return;
    }
    const isOneLine = !command.includes("\n");
    const step = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (step === undefined || !isOneLine || lines.length === 0) return;
    event.preventDefault();
    walked.current = Math.max(-1, Math.min(lines.length - 1, walked.current + step));
    onChange({ ...form, command: walked.current < 0 ? "" : lines[walked.current]! });
  };
  const amount = (key: "canary" | "wave" | "failureBudget") => (
    <TextInput
      label={t(`shell2.${key}`)}
      placeholder={t("shell2.amount")}
      value={form[key]}
      error={isAmount(form[key]) ? undefined : t("shell2.wrongAmount")}
      onChange={(event) => onChange({ ...form, [key]: event.currentTarget.value })}
    />
  );

  return (
    <form
      className={classes.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (isReady) onRun();
      }}
    >
      <div className={classes.row}>
        <SelectorField
          label={t("shell2.where")}
          placeholder="lab:aula-1 and state:online"
          value={selector}
          known={known}
          onCommit={(next) => onChange({ ...form, selector: next })}
        />
        <AccountField value={form.account} onChange={(account) => onChange({ ...form, account })} />
      </div>
      <div className={classes.line}>
        <Textarea
          label={t("shell2.command")}
          classNames={{ input: classes.command! }}
          leftSection={<IconChevronRight size={16} aria-hidden="true" />}
          autosize
          minRows={1}
          maxRows={10}
          spellCheck={false}
          autoCapitalize="none"
          value={command}
          onChange={(event) => onChange({ ...form, command: event.currentTarget.value })}
          onKeyDown={pressed}
        />
        <Menu position="bottom-end" width={460}>
          <Menu.Target>
            <Button
              variant="default"
              px={10}
              aria-label={t("shell2.history")}
              title={t("shell2.history")}
              disabled={lines.length === 0}
            >
              <IconHistory size={17} />
            </Button>
          </Menu.Target>
          <Menu.Dropdown mah={360} style={{ overflowY: "auto" }}>
            {lines.slice(0, 30).map((line) => (
              <Menu.Item key={line} onClick={() => onChange({ ...form, command: line })}>
                <code style={{ overflowWrap: "anywhere" }}>{line}</code>
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
        <Button
          type="submit"
          loading={isBusy}
          disabled={!isReady}
          title={mayRun ? undefined : t("mayNot")}
          leftSection={<IconPlayerPlayFilled size={15} />}
        >
          {t("shell2.run")}
        </Button>
      </div>
      <div className={classes.below}>
        <span aria-live="polite">
          {preview === undefined
            ? t("shell2.keys")
            : t("shell2.hits", { count: preview.count, online: preview.states.online ?? 0 })}
        </span>
        <button type="button" aria-expanded={areOptionsOpen} onClick={options.toggle}>
          {areOptionsOpen ? t("shell2.lessOptions") : t("shell2.options")}
        </button>
      </div>
      <Collapse expanded={areOptionsOpen}>
        <div className={classes.options}>
          {amount("canary")}
          {amount("wave")}
          {amount("failureBudget")}
          <NumberInput
            label={t("shell2.timeLimit")}
            min={1}
            suffix=" s"
            value={form.timeLimitSeconds ?? ""}
            onChange={(value) => onChange({ ...form, timeLimitSeconds: typeof value === "number" ? value : undefined })}
          />
          <NumberInput
            label={t("shell2.deadline")}
            min={1}
            suffix=" min"
            value={form.deadlineMinutes ?? ""}
            onChange={(value) => onChange({ ...form, deadlineMinutes: typeof value === "number" ? value : undefined })}
          />
          <TextInput
            label={t("shell2.note")}
            value={form.note}
            onChange={(event) => onChange({ ...form, note: event.currentTarget.value })}
          />
        </div>
      </Collapse>
    </form>
  );
}
