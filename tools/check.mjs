// `npm run check`: everything that can be known without running the product.
// @ts-check
import { become, install } from "./launch.mjs";

await install();
become("tools/run-checks.ts", process.argv.slice(2));
