import { Button, Group, Modal } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

export interface AskFirstProps {
  readonly title: string;
  readonly text: ReactNode;
  /** The word on the button. */
  readonly verb: string;
  readonly isBusy: boolean;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** Before something that cannot be taken back and concerns no hosts. */
export function AskFirst({ title, text, verb, isBusy, onConfirm, onClose }: AskFirstProps) {
  const { t } = useTranslation();
  return (
    <Modal opened onClose={onClose} title={title} size="md">
      <div>{text}</div>
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={onClose}>
          {t("confirm.cancel")}
        </Button>
        <Button color="red" loading={isBusy} onClick={onConfirm} data-autofocus>
          {verb}
        </Button>
      </Group>
    </Modal>
  );
}
