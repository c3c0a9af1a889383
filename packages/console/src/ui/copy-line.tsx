import { Button } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import classes from "./copy-line.module.css";

/** Something to take elsewhere, whole, with one button. */
export function CopyLine(props: { readonly text: string; readonly copy: string; readonly copied: string }) {
  const { text, copy, copied } = props;
  const clipboard = useClipboard({ timeout: 2_500 });
  return (
    <div className={classes.line}>
      <pre className={classes.text} tabIndex={0}>
        {text}
      </pre>
      <Button
        h="auto"
        radius={0}
        leftSection={clipboard.copied ? <IconCheck size={15} /> : <IconCopy size={15} />}
        onClick={() => clipboard.copy(text)}
      >
        <span aria-live="polite">{clipboard.copied ? copied : copy}</span>
      </Button>
    </div>
  );
}
