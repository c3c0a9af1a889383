import { FitAddon } from "@xterm/addon-fit";
import { Terminal } from "@xterm/xterm";
import { styleNonce } from "../../theme/theme.ts";

export interface Screen {
  readonly terminal: Terminal;
  /** Once, before anything is typed. */
  readonly open: (frame: HTMLElement) => void;
  readonly fit: () => void;
  close(): void;
}

/** xterm, in our colours, with its style elements under the page's nonce. */
export function createScreen(): Screen {
  const nonces = giveNonces();
  const terminal = new Terminal({
    fontFamily: `"JetBrains Mono Variable", "DejaVu Sans Mono", monospace`,
    fontSize: 13,
    cursorBlink: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    scrollback: 10_000,
    screenReaderMode: true,
    theme: {
      background: "#14172a",
      foreground: "#dde1f0",
      cursor: "#f0a93b",
      selectionBackground: "#3b4a86",
      black: "#2a2f4a",
      red: "#ff8b78",
      green: "#7fd6a0",
      yellow: "#e9c46a",
      blue: "#8fb0ff",
      magenta: "#d9a3ee",
      cyan: "#7fd0dd",
      white: "#dde1f0",
      brightBlack: "#8a92b2",
    },
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  return {
    terminal,
    open(frame) {
      terminal.open(frame);
      takeKeyless(terminal);
    },
    fit: () => fit.fit(),
    close() {
      terminal.dispose();
      nonces[Symbol.dispose]();
    },
  };
}

/** Text that no key brings (pickers of characters, dictation) xterm leaves out while it serves screen readers. */
function takeKeyless(terminal: Terminal): void {
  const field = terminal.textarea!;
  let isKeyDown = false;
  field.addEventListener("keydown", () => void (isKeyDown = true), true);
  field.addEventListener("keyup", () => void (isKeyDown = false), true);
  field.addEventListener("input", (event) => {
    if (!(event instanceof InputEvent) || isKeyDown || event.inputType !== "insertText") return;
    if (event.data !== null) terminal.input(event.data);
  });
}

/**
 * While it lasts, new style elements carry the page's nonce. xterm makes some, partly through the document it is given
 * and partly through the global one, and takes no nonce itself.
 */
function giveNonces(): Disposable {
  const nonce = styleNonce();
  const make = Reflect.get(Document.prototype, "createElement") as Make;
  const makeWithNonce: Make = (name, options) => {
    const element = make.call(document, name, options);
    if (element instanceof HTMLStyleElement) element.nonce = nonce;
    return element;
  };
  Object.defineProperty(document, "createElement", { configurable: true, value: makeWithNonce });
  // What is the prototype's shows again.
  return { [Symbol.dispose]: () => void Reflect.deleteProperty(document, "createElement") };
}
type Make = (name: string, options?: ElementCreationOptions) => HTMLElement;
