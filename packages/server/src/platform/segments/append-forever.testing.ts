/** Appends until it is killed, and prints each extent once it is durable. */
import { systemClock } from "../clock.ts";
import { silentLog } from "../log/index.ts";
import { openSegments } from "./index.ts";

const [, , folder = ""] = process.argv;
const segments = await openSegments(folder, { clock: systemClock, log: silentLog, maxBytes: 20_000 });

async function forever(name: string): Promise<never> {
  for (let number = 0; ; number++) {
    const texts = Array.from({ length: 1 + (number % 5) }, (_, index) =>
      `${name} ${number}.${index} `.repeat(1 + (number % 90)),
    );
    const extents = await segments.append(texts.map((text) => Buffer.from(text)));
    extents.forEach((extent, index) => console.log(JSON.stringify({ extent, text: texts[index] })));
  }
}

await Promise.all(["first", "second", "third"].map(forever));
