/** The table of failures for people (`docs/reference/failures.md`) and for the client, which may not know the protocol. */
import { failures, type FailureCode } from "../packages/protocol/src/failures.ts";
import type { Generated } from "./gen.ts";

const codes = Object.keys(failures) as FailureCode[];

export async function generate(): Promise<readonly Generated[]> {
  return [
    { path: "docs/reference/failures.md", text: manual() },
    { path: "packages/client/src/generated/failures.ts", text: table() },
  ];
}

function manual(): string {
  const rows = codes.map((code) => {
    const { status, retry, exit, means } = failures[code];
    return `| \`${code}\` | ${means} | ${status} | ${retry ? "yes" : "no"} | ${exit} |`;
  });
  return `# Failures

Generated from \`packages/protocol/src/failures.ts\` by \`npm run gen\`.

The code is the contract: programs tell failures apart by it and by nothing else; the sentence beside it is for people
and may change. Over HTTP a failure is a problem document (RFC 9457), \`application/problem+json\`:

\`\`\`json
{
  "type": "urn:atalaya:problem:host.unknown",
  "title": "${failures["host.unknown"].means}",
  "status": 404,
  "code": "host.unknown",
  "detail": "There is no host web-07.",
  "requestId": "req_5dJ0nYQ8XBvC2c1R"
}
\`\`\`

\`details\` has what a program may want to know besides, \`next\` what a person may do now. *Status* is the HTTP status,
*again* says whether the same request may succeed later, *exit* is the exit status of \`atalaya\`.

| code | meaning | status | again | exit |
|---|---|---|---|---|
${rows.join("\n")}
`;
}

function table(): string {
  const rows = codes.map((code) => {
    const { status, retry, exit } = failures[code];
    return `  "${code}": { status: ${status}, retry: ${retry}, exit: ${exit} },`;
  });
  return `/** Generated from the protocol's table of failures: \`npm run gen\`. */
export const failures = {
${rows.join("\n")}
} as const;
`;
}
