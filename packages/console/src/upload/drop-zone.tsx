import { ActionIcon, Button, Checkbox, Group, Progress } from "@mantine/core";
import { IconFolder, IconUpload, IconX } from "@tabler/icons-react";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSource } from "../api/source.ts";
import { byteSize } from "../ui/moment.tsx";
import classes from "./drop-zone.module.css";
import { chosenFiles, droppedFiles } from "./dropped-files.ts";
import { isArchive, type Upload, type Uploads } from "./uploads.ts";

/** Where files are dropped or chosen, one, many, or whole folders, and how far each has come. */
export function DropZone({ uploads }: { readonly uploads: Uploads }) {
  const { t } = useTranslation();
  const list = useSource(uploads);
  const [isOver, setOver] = useState(false);
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const choose = (input: HTMLInputElement) => {
    if (input.files !== null) uploads.add(chosenFiles(input.files));
    input.value = "";
  };
  return (
    <div>
      <div
        className={classes.zone}
        data-over={isOver}
        role="group"
        aria-label={t("upload.files")}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          void droppedFiles(event.dataTransfer).then(uploads.add);
        }}
      >
        <IconUpload size={30} stroke={1.4} aria-hidden="true" />
        <p>
          <strong>{t("upload.drop")}</strong>
        </p>
        <p className={classes.soft}>{t("upload.hint")}</p>
        <Group>
          <Button variant="default" leftSection={<IconUpload size={16} />} onClick={() => files.current?.click()}>
            {t("upload.choose")}
          </Button>
          <Button variant="default" leftSection={<IconFolder size={16} />} onClick={() => folder.current?.click()}>
            {t("upload.chooseFolder")}
          </Button>
        </Group>
        <input
          ref={files}
          type="file"
          multiple
          hidden
          aria-label={t("upload.choose")}
          onChange={(event) => choose(event.currentTarget)}
        />
        <input
          ref={(input) => {
            folder.current = input;
            if (input !== null) input.webkitdirectory = true;
          }}
          type="file"
          hidden
          aria-label={t("upload.chooseFolder")}
          onChange={(event) => choose(event.currentTarget)}
        />
      </div>
      {list.length === 0 ? null : (
        <ul className={classes.files} aria-label={t("upload.files")}>
          {list.map((upload) => (
            <FileRow key={upload.name} upload={upload} uploads={uploads} />
          ))}
        </ul>
      )}
    </div>
  );
}

function FileRow({ upload, uploads }: { readonly upload: Upload; readonly uploads: Uploads }) {
  const { t } = useTranslation();
  const { name, isFolder, size, state, done, error, unpack } = upload;
  const share = size === 0 ? (state === "done" ? 100 : 0) : (100 * done) / size;
  return (
    <li className={classes.file}>
      <span className={classes.name} title={name}>
        {isFolder ? `${name}/` : name}
      </span>
      {isArchive(name) && !isFolder ? (
        <Checkbox
          size="xs"
          label={t("upload.unpack")}
          checked={unpack}
          onChange={(event) => uploads.setUnpack(name, event.currentTarget.checked)}
        />
      ) : (
        <span />
      )}
      <Progress
        value={share}
        aria-label={name}
        color={state === "failed" ? "red" : state === "done" ? "teal" : "anil"}
      />
      <span
        className={state === "failed" ? classes.bad : classes.soft}
        title={error instanceof Error ? error.message : undefined}
      >
        {isFolder ? t("upload.emptyFolder") : `${t(`upload.states.${state}`)} · ${byteSize(size)}`}
      </span>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="sm"
        aria-label={t("upload.remove", { name })}
        onClick={() => uploads.remove(name)}
      >
        <IconX size={14} />
      </ActionIcon>
    </li>
  );
}
