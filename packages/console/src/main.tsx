import "@fontsource-variable/archivo/wdth.css";
import "@fontsource-variable/jetbrains-mono/wght.css";
import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "@mantine/spotlight/styles.css";
import "./theme/variables.css";
import "./theme/global.css";
import { createRoot } from "react-dom/client";
import { App } from "./app/app.tsx";
import { styleNonce } from "./theme/theme.ts";
import { startWords } from "./words/index.ts";

// By this name Mantine's lock of scrolling looks for the nonce of its style element.
Object.assign(globalThis, { __webpack_nonce__: styleNonce() });

await startWords();
createRoot(document.querySelector("#root")!).render(<App />);
