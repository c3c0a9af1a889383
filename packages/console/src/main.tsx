import "@fontsource-variable/archivo/wdth.css";
import "@fontsource-variable/jetbrains-mono/wght.css";
import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "@mantine/spotlight/styles.css";
import "./theme/variables.css";
import "./theme/global.css";
import { createRoot } from "react-dom/client";
import { App } from "./app/app.tsx";
import { startWords } from "./words/index.ts";

await startWords();
createRoot(document.querySelector("#root")!).render(<App />);
