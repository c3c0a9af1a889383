import { Checkbox, FileInput, PasswordInput, Progress, Select, Textarea, TextInput } from "@mantine/core";
import { IconFile } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Parameter } from "../../api/scripts.ts";
import { useSource } from "../../api/source.ts";
import { createUploads } from "../../upload/uploads.ts";
import { mistakeIn } from "./given.ts";

export interface ParameterFieldProps {
  readonly parameter: Parameter;
  readonly given: string | boolean | undefined;
  /** Mistakes are told once somebody tried to run it, or typed here. */
  readonly isTold: boolean;
  readonly onGive: (given: string | boolean) => void;
}

/** The field that a parameter's type asks for. */
export function ParameterField({ parameter, given, isTold, onGive }: ParameterFieldProps) {
  const { t } = useTranslation();
  const { name, label = name, description, required = true } = parameter;
  const mistake = mistakeIn(parameter, given);
  const text = typeof given === "string" ? given : "";
  const common = {
    label,
    description,
    withAsterisk: required && parameter.type !== "boolean" && parameter.type !== "string",
    error: isTold && mistake !== undefined ? t(`scripts.mistakes.${mistake}`, limitsOf(parameter)) : undefined,
  };
  switch (parameter.type) {
    case "boolean":
      return (
        <Checkbox
          label={label}
          description={description}
          checked={given === true}
          onChange={(event) => onGive(event.currentTarget.checked)}
        />
      );
    case "choice":
      return (
        <Select
          {...common}
          data={[...parameter.choices]}
          value={text === "" ? null : text}
          clearable={!required}
          searchable={parameter.choices.length > 8}
          onChange={(value) => onGive(value ?? "")}
        />
      );
    case "secret":
      return (
        <PasswordInput
          {...common}
          autoComplete="off"
          value={text}
          onChange={(event) => onGive(event.currentTarget.value)}
          visibilityToggleButtonProps={{ "aria-label": t("scripts.showSecret") }}
        />
      );
    case "file":
      return <FileField {...common} onGive={onGive} />;
    case "number":
      return (
        <TextInput
          {...common}
          inputMode={parameter.integer === true ? "numeric" : "decimal"}
          value={text}
          onChange={(event) => onGive(event.currentTarget.value)}
        />
      );
    case "string":
      return parameter.multiline === true ? (
        <Textarea
          {...common}
          autosize
          minRows={2}
          maxRows={12}
          value={text}
          onChange={(event) => onGive(event.currentTarget.value)}
        />
      ) : (
        <TextInput {...common} value={text} onChange={(event) => onGive(event.currentTarget.value)} />
      );
  }
}

/** A file goes up as soon as it is chosen; the run then names it by its digest. */
function FileField(props: {
  readonly label: string;
  readonly description: string | undefined;
  readonly withAsterisk: boolean;
  readonly error: string | undefined;
  readonly onGive: (digest: string) => void;
}) {
  const { onGive, ...field } = props;
  const { t } = useTranslation();
  const [file, setFile] = useState<File | null>(null);
  const [uploads] = useState(createUploads);
  const [upload] = useSource(uploads);
  useEffect(() => () => uploads.close(), [uploads]);
  const digest = upload?.state === "done" ? (upload.sha256 ?? "") : "";
  useEffect(() => onGive(digest), [digest]); // oxlint-disable-line react/exhaustive-deps
  return (
    <div>
      <FileInput
        {...field}
        error={upload?.state === "failed" ? t("scripts.uploadFailed") : field.error}
        clearable
        leftSection={<IconFile size={16} aria-hidden="true" />}
        placeholder={t("scripts.chooseFile")}
        value={file}
        onChange={(chosen) => {
          if (upload !== undefined) uploads.remove(upload.name);
          setFile(chosen);
          if (chosen !== null) uploads.add([{ name: chosen.name, file: chosen }]);
        }}
      />
      {upload === undefined || upload.state === "done" || upload.state === "failed" ? null : (
        <Progress mt={6} aria-label={upload.name} value={upload.size === 0 ? 0 : (100 * upload.done) / upload.size} />
      )}
    </div>
  );
}

function limitsOf(parameter: Parameter): { readonly limit?: number | undefined } {
  if (parameter.type === "string") return { limit: parameter.maxLength };
  return {};
}
