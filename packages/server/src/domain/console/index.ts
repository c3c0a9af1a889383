/**
 * Words. The *console* is the web page that people use; its *build* is the folder of files that Vite made of
 * packages/console; the *page* is the one HTML document that all its addresses share. What the page may load and do
 * stands in its content policy.
 */
export { consoleFolder, openConsole, type Console } from "./console.ts";
export { consoleRoutes } from "./console.routes.ts";
