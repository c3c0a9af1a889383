import { foldHosts } from "@atalaya/client/browser";
import { Button, Group, Modal, NumberInput } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import classes from "./confirm-hosts.module.css";

export interface ConfirmHostsProps {
  readonly title: string;
  readonly text: ReactNode;
  /** All whom it concerns; undefined while they are being asked for. */
  readonly names: readonly string[] | undefined;
  /** The word on the button. */
  readonly verb: string;
  readonly isDangerous?: boolean;
  /** Above so many their number must be typed. */
  readonly threshold: number;
  readonly isBusy?: boolean;
  readonly onConfirm: (count: number) => void;
  readonly onClose: () => void;
  /** More to fill in. */
  readonly children?: ReactNode;
}

/** More names than this are told folded only: nobody reads them one by one. */
const LISTED = 600;

/** Before something that reaches many: exactly whom, how many, and their number typed when there are really many. */
export function ConfirmHosts(props: ConfirmHostsProps) {
  const { title, text, names, verb, isDangerous = false, threshold, isBusy = false, onConfirm, onClose } = props;
  const { t } = useTranslation();
  const [typed, setTyped] = useState<number | string>("");
  const count = names?.length ?? 0;
  const mustType = count > threshold;
  const isReady = names !== undefined && count > 0 && (!mustType || Number(typed) === count);
  return (
    <Modal opened onClose={onClose} title={title}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (isReady) onConfirm(count);
        }}
      >
        <div>{text}</div>
        {props.children}
        <p style={{ margin: "12px 0 0" }}>
          <strong>{names === undefined ? t("loading") : t("confirm.hosts", { count })}</strong>
        </p>
        {names === undefined ? null : (
          <>
            <pre className={classes.folded} tabIndex={0}>
              {foldHosts(names)}
            </pre>
            {count > LISTED ? null : (
              <ul className={classes.list} aria-label={t("confirm.list")} tabIndex={0}>
                {names.map((name) => (
                  <li key={name}>{name}</li>
                ))}
              </ul>
            )}
          </>
        )}
        {mustType ? (
          <NumberInput
            mt="md"
            label={t("confirm.type", { count })}
            description={threshold === 0 ? undefined : t("confirm.why", { threshold })}
            hideControls
            allowNegative={false}
            value={typed}
            onChange={setTyped}
            data-autofocus
          />
        ) : null}
        <Group justify="flex-end" mt="lg">
          <Button variant="default" onClick={onClose}>
            {t("confirm.cancel")}
          </Button>
          <Button type="submit" color={isDangerous ? "red" : undefined!} disabled={!isReady} loading={isBusy}>
            {verb}
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
