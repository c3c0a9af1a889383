import { parseSelector } from "@atalaya/client/browser";
import { Combobox, TextInput, useCombobox } from "@mantine/core";
import { IconFocus2 } from "@tabler/icons-react";
import { useId, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import classes from "./selector-field.module.css";
import { suggest, type KnownWords } from "./suggest.ts";

export interface SelectorFieldProps {
  /** What holds now. */
  readonly value: string;
  /** Told when something readable was entered. */
  readonly onCommit: (selector: string) => void;
  readonly known: KnownWords;
  readonly label: string;
  /** The label is only for screen readers. */
  readonly hideLabel?: boolean;
  readonly right?: ReactNode;
  readonly placeholder?: string;
}

interface Mistake {
  readonly sentence: string;
  readonly caret: string;
}

/** A selector as one types it: says at once, and where, what cannot be read; completes words of this fleet. */
export function SelectorField(props: SelectorFieldProps) {
  const { value, onCommit, known, label, hideLabel = false, right, placeholder } = props;
  const { t } = useTranslation();
  const combobox = useCombobox({ onDropdownClose: () => combobox.resetSelectedOption() });
  const [text, setText] = useState(value);
  const [held, setHeld] = useState(value);
  const [cursor, setCursor] = useState(value.length);
  const [isTold, setTold] = useState(false);
  const mistakeId = useId();
  // The address changed: by a link, or by going back.
  if (held !== value) {
    setHeld(value);
    setText(value);
  }
  const mistake = mistakeIn(text);
  const { from, words } = suggest(text, cursor, known);

  const commit = () => {
    const wanted = text.trim();
    setTold(true);
    combobox.closeDropdown();
    if (mistake === undefined && wanted !== value) onCommit(wanted);
  };
  const insert = (word: string) => {
    const tail = text.slice(cursor);
    const added = word.endsWith(":") ? word : `${word} `;
    setText(text.slice(0, from) + added + tail);
    setCursor(from + added.length);
    setTold(false);
    combobox.resetSelectedOption();
  };

  return (
    <div>
      <Combobox store={combobox} onOptionSubmit={insert} offset={3}>
        <Combobox.Target>
          <TextInput
            {...(hideLabel ? { "aria-label": label } : { label })}
            data-search
            value={text}
            spellCheck={false}
            autoComplete="off"
            autoCapitalize="none"
            placeholder={placeholder}
            leftSection={<IconFocus2 size={16} aria-hidden="true" />}
            rightSection={right}
            rightSectionWidth={right === undefined ? 0 : 96}
            styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 12.5 } }}
            aria-invalid={mistake !== undefined && isTold}
            aria-describedby={mistakeId}
            onChange={({ currentTarget }) => {
              setText(currentTarget.value);
              setCursor(currentTarget.selectionStart ?? currentTarget.value.length);
              setTold(false);
              combobox.openDropdown();
            }}
            onSelect={({ currentTarget }) => setCursor(currentTarget.selectionStart ?? 0)}
            onClick={() => combobox.openDropdown()}
            onBlur={commit}
            onKeyDown={(event) => {
              if (event.key === "Enter" && combobox.getSelectedOptionIndex() < 0) {
                event.preventDefault();
                commit();
              }
              if (event.key === "Tab" && combobox.dropdownOpened && combobox.getSelectedOptionIndex() >= 0) {
                event.preventDefault();
                combobox.clickSelectedOption();
              }
            }}
          />
        </Combobox.Target>
        <Combobox.Dropdown hidden={words.length === 0}>
          <Combobox.Options mah={260} style={{ overflowY: "auto" }} aria-label={t("selector.suggestions")}>
            {words.map((word) => (
              <Combobox.Option key={word} value={word} py={4}>
                <code>{word}</code>
              </Combobox.Option>
            ))}
          </Combobox.Options>
        </Combobox.Dropdown>
      </Combobox>
      <div id={mistakeId} role={isTold && mistake !== undefined ? "alert" : undefined}>
        {mistake === undefined || !isTold ? null : (
          <span className={classes.wrong}>
            {mistake.sentence}
            <code className={classes.caret}>{mistake.caret}</code>
          </span>
        )}
      </div>
    </div>
  );
}

function mistakeIn(text: string): Mistake | undefined {
  if (text.trim() === "") return undefined;
  try {
    parseSelector(text);
    return undefined;
  } catch (error) {
    const details = (error as { details?: { caret?: unknown } }).details;
    const sentence = error instanceof Error ? error.message : String(error);
    return { sentence, caret: typeof details?.caret === "string" ? details.caret : text };
  }
}
