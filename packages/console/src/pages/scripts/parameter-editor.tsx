import { ActionIcon, Button, Checkbox, Select, Textarea, TextInput } from "@mantine/core";
import { IconArrowUp, IconPlus, IconTrash } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { choicesIn, emptyParameter, isVariable, type ParameterDraft } from "./draft.ts";
import classes from "./scripts.module.css";

const types = ["string", "number", "boolean", "choice", "file", "secret"] as const;

export interface ParameterEditorProps {
  readonly parameters: readonly ParameterDraft[];
  readonly onChange: (parameters: readonly ParameterDraft[]) => void;
}

/** What a script takes: the fields of its form, in their order. */
export function ParameterEditor({ parameters, onChange }: ParameterEditorProps) {
  const { t } = useTranslation();
  const add = () => {
    const id = Math.max(-1, ...parameters.map((one) => one.id)) + 1;
    onChange([...parameters, emptyParameter(id)]);
  };
  return (
    <>
      {parameters.length === 0 ? <p className={classes.soft}>{t("scripts.noParameters")}</p> : null}
      <ol className={classes.parameters}>
        {parameters.map((parameter, at) => (
          <li key={parameter.id}>
            <Parameter
              parameter={parameter}
              onChange={(change) => onChange(parameters.with(at, { ...parameter, ...change }))}
            />
            <div className={classes.tools}>
              <ActionIcon
                variant="subtle"
                color="gray"
                disabled={at === 0}
                aria-label={t("scripts.up", { name: parameter.name })}
                onClick={() => onChange(parameters.with(at, parameters[at - 1]!).with(at - 1, parameter))}
              >
                <IconArrowUp size={16} />
              </ActionIcon>
              <ActionIcon
                variant="subtle"
                color="red"
                aria-label={t("scripts.take", { name: parameter.name })}
                onClick={() => onChange(parameters.toSpliced(at, 1))}
              >
                <IconTrash size={16} />
              </ActionIcon>
            </div>
          </li>
        ))}
      </ol>
      <Button variant="default" leftSection={<IconPlus size={16} />} onClick={add}>
        {t("scripts.addParameter")}
      </Button>
    </>
  );
}

function Parameter(props: {
  readonly parameter: ParameterDraft;
  readonly onChange: (change: Partial<ParameterDraft>) => void;
}) {
  const { parameter, onChange } = props;
  const { t } = useTranslation();
  const { type, name } = parameter;
  const field = (key: "label" | "description" | "default" | "min" | "max" | "maxLength") => (
    <TextInput
      label={t(`scripts.field.${key}`)}
      value={parameter[key]}
      onChange={(event) => onChange({ [key]: event.currentTarget.value })}
    />
  );
  const tick = (key: "required" | "integer" | "multiline") => (
    <Checkbox
      label={t(`scripts.field.${key}`)}
      checked={parameter[key]}
      onChange={(event) => onChange({ [key]: event.currentTarget.checked })}
    />
  );
  return (
    <div className={classes.fields}>
      <TextInput
        label={t("scripts.field.name")}
        required
        spellCheck={false}
        autoCapitalize="none"
        placeholder="SERVICE"
        styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
        error={name === "" || isVariable(name) ? undefined : t("scripts.wrongName")}
        value={name}
        onChange={(event) => onChange({ name: event.currentTarget.value })}
      />
      <Select
        label={t("scripts.field.type")}
        allowDeselect={false}
        value={type}
        data={types.map((value) => ({ value, label: t(`scripts.types.${value}`) }))}
        onChange={(value) => onChange({ type: value as ParameterDraft["type"], default: "" })}
      />
      {field("label")}
      {field("description")}
      {type === "choice" ? (
        <Textarea
          label={t("scripts.field.choices")}
          autosize
          minRows={2}
          value={parameter.choices}
          onChange={(event) => onChange({ choices: event.currentTarget.value })}
        />
      ) : null}
      {type === "string" || type === "number" ? field("default") : null}
      {type === "string" ? field("maxLength") : null}
      {type === "choice" ? (
        <Select
          label={t("scripts.field.default")}
          clearable
          data={choicesIn(parameter.choices)}
          value={parameter.default === "" ? null : parameter.default}
          onChange={(value) => onChange({ default: value ?? "" })}
        />
      ) : null}
      {type === "number" ? (
        <>
          {field("min")}
          {field("max")}
        </>
      ) : null}
      <div className={classes.ticks}>
        {type === "boolean" ? null : tick("required")}
        {type === "number" ? tick("integer") : null}
        {type === "string" ? tick("multiline") : null}
        {type === "boolean" ? (
          <Checkbox
            label={t("scripts.field.ticked")}
            checked={parameter.default === "true"}
            onChange={(event) => onChange({ default: event.currentTarget.checked ? "true" : "" })}
          />
        ) : null}
      </div>
    </div>
  );
}
