import { TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";

/** The name of what a dialog makes or changes: where one begins to type. */
export function NameField({ value, onChange }: { readonly value: string; onChange(name: string): void }) {
  const { t } = useTranslation();
  return (
    <TextInput
      label={t("fleet.name")}
      required
      data-autofocus
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}
