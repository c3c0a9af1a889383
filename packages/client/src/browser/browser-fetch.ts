import { ClientError } from "../client-error.ts";

/** In every request with the session's cookie that may change something. */
const CSRF_HEADER = "x-atalaya-csrf";

/** The browser's fetch, with the session's proof, and with failures of ours where no server answers. */
export function browserFetch(needs: {
  readonly csrf: () => string | undefined;
  readonly onSignedOut: () => void;
}): (request: Request) => Promise<Response> {
  return async (request) => {
    const csrf = needs.csrf();
    if (csrf !== undefined && request.method !== "GET" && request.method !== "HEAD")
      request.headers.set(CSRF_HEADER, csrf);
    const response = await ask(request);
    if (response.status === 401) needs.onSignedOut();
    return response;
  };
}

async function ask(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (cause) {
    request.signal.throwIfAborted();
    // Browsers do not tell a page why a connection failed; to the retries it counts as cut.
    throw new ClientError({
      code: "server.unreachable",
      detail: "The server cannot be reached at the moment.",
      cause: Object.assign(new Error("no answer", { cause }), { code: "ECONNREFUSED" }),
    });
  }
}
