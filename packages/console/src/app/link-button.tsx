import { Button, type ButtonProps } from "@mantine/core";
import { createLink } from "@tanstack/react-router";
import type { AnchorHTMLAttributes, Ref } from "react";

type AnchorProps = ButtonProps & Omit<AnchorHTMLAttributes<HTMLAnchorElement>, keyof ButtonProps>;

function ButtonAnchor(props: AnchorProps & { readonly ref?: Ref<HTMLAnchorElement> }) {
  return <Button component="a" {...props} />;
}

/** A way to another view that looks like a button. */
export const LinkButton = createLink(ButtonAnchor);
