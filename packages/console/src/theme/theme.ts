import { Button, createTheme, Modal, Tooltip } from "@mantine/core";
import { anil, cal, noche, teja } from "./palette.ts";

/** One scale for all: 12 for what accompanies, 13.5 for work, 16 and 21 for titles. */
export const theme = createTheme({
  colors: { anil, gray: cal, dark: noche, red: teja },
  primaryColor: "anil",
  primaryShade: { light: 7, dark: 5 },
  black: cal[9],
  fontFamily: `"Archivo Variable", "Archivo", system-ui, sans-serif`,
  fontFamilyMonospace: `"JetBrains Mono Variable", ui-monospace, "DejaVu Sans Mono", monospace`,
  fontSizes: { xs: "12px", sm: "13.5px", md: "15px", lg: "16px", xl: "21px" },
  lineHeights: { xs: "1.35", sm: "1.45", md: "1.5", lg: "1.45", xl: "1.25" },
  spacing: { xs: "6px", sm: "10px", md: "14px", lg: "20px", xl: "32px" },
  radius: { xs: "2px", sm: "4px", md: "6px", lg: "10px", xl: "16px" },
  defaultRadius: "sm",
  cursorType: "pointer",
  respectReducedMotion: true,
  autoContrast: true,
  headings: { fontWeight: "640", sizes: { h1: { fontSize: "21px", lineHeight: "1.25" } } },
  components: {
    Button: Button.extend({
      defaultProps: { size: "sm" },
      vars: (_, { size }) => ({
        root: size === "sm" ? { "--button-height": "32px", "--button-padding-x": "13px" } : {},
      }),
    }),
    // What explains a field stands below it, so that fields side by side stand in line.
    InputWrapper: { defaultProps: { inputWrapperOrder: ["label", "input", "description", "error"] } },
    TextInput: { defaultProps: { size: "sm" } },
    Modal: Modal.extend({ defaultProps: { centered: true, size: "lg", overlayProps: { backgroundOpacity: 0.45 } } }),
    Tooltip: Tooltip.extend({ defaultProps: { openDelay: 350, withArrow: true, arrowSize: 6 } }),
  },
});

/** Given by the server with each answer, for the `<style>` elements that libraries make. */
export function styleNonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[name="style-nonce"]')?.content ?? "";
}
