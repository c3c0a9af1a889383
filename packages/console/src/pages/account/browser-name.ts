const browsers: readonly (readonly [name: string, mark: RegExp])[] = [
  ["Edge", /\bEdg\/(\d+)/],
  ["Opera", /\bOPR\/(\d+)/],
  ["Firefox", /\bFirefox\/(\d+)/],
  ["Chromium", /\b(?:Headless)?Chrom(?:e|ium)\/(\d+)/],
  ["Safari", /\bVersion\/(\d+).*\bSafari\b/],
];

/** What a browser is commonly called; else what it calls itself. */
export function browserOf(agent: string): string {
  for (const [name, mark] of browsers) {
    const version = mark.exec(agent)?.[1];
    if (version !== undefined) return `${name} ${version}`;
  }
  return agent === "" ? "?" : agent.slice(0, 60);
}
