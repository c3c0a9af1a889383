import { Button, Group, Modal } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Problem } from "./problem.tsx";

export interface FormDialogProps {
  readonly title: string;
  /** The word on the button. */
  readonly verb: string;
  readonly isBusy: boolean;
  /** Why the last try failed; it is told above the fields, so its mutation says `showsFailure`. */
  readonly error: unknown;
  readonly onSubmit: () => void;
  readonly onClose: () => void;
  /** What else can be done here, on the other side of the buttons. */
  readonly aside?: ReactNode;
  readonly children: ReactNode;
}

/** Fields in a dialog: what went wrong above them, a way out and a way on below. */
export function FormDialog(props: FormDialogProps) {
  const { title, verb, isBusy, error, onSubmit, onClose, aside, children } = props;
  const { t } = useTranslation();
  return (
    <Modal opened onClose={onClose} title={title}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onSubmit();
        }}
      >
        {error === null ? null : <Problem error={error} />}
        {children}
        <Group justify={aside === undefined ? "flex-end" : "space-between"} mt="lg">
          {aside}
          <Group>
            <Button variant="default" onClick={onClose}>
              {t("confirm.cancel")}
            </Button>
            <Button type="submit" loading={isBusy}>
              {verb}
            </Button>
          </Group>
        </Group>
      </form>
    </Modal>
  );
}
