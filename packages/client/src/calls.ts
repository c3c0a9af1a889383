/** Calls typed by their path: the answer's data comes back, failures are thrown. */
import createFetchClient, { type MaybeOptionalInit } from "openapi-fetch";
import { errorOf } from "./client-error.ts";
import type { paths } from "./generated/api.ts";

type Method = "get" | "post" | "put" | "patch" | "delete";
type PathsWith<M extends Method> = {
  [Path in keyof paths]: paths[Path] extends Readonly<Record<M, { readonly responses: unknown }>> ? Path : never;
}[keyof paths];

type IsOptional<Init> = undefined extends Init ? true : false;

/** openapi-fetch's own type of an answer takes readonly arrays for objects. */
type SuccessOf<Operation> = Operation extends { readonly responses: infer Answers }
  ? ContentOf<Answers[keyof Answers & (200 | 201 | 202 | 204)]>
  : never;
type ContentOf<Answer> = Answer extends { readonly content: infer Content } ? Content[keyof Content] : undefined;
type DataOf<Operation, Init> = Init extends { readonly parseAs: "stream" }
  ? ReadableStream<Uint8Array> | null
  : Init extends { readonly parseAs: "text" }
    ? string
    : SuccessOf<Operation>;

/** `client.get("/api/v1/hosts/{host}", { params: { path: { host: "pc01" } } })`. */
export type Call<M extends Method> = <Path extends PathsWith<M>, Init extends MaybeOptionalInit<paths[Path], M>>(
  path: Path,
  ...init: IsOptional<MaybeOptionalInit<paths[Path], M>> extends true ? [init?: Init] : [init: Init]
) => Promise<DataOf<paths[Path][M], Init>>;

export type Calls = { readonly [M in Method]: Call<M> };

export function createCalls(needs: {
  readonly url: string;
  readonly token?: () => string | undefined;
  readonly fetch: (request: Request) => Promise<Response>;
}): Calls {
  const client = createFetchClient<paths>({
    baseUrl: needs.url,
    fetch: needs.token === undefined ? needs.fetch : withToken(needs.token, needs.fetch),
  });
  client.use({
    async onResponse({ response }) {
      if (!response.ok) throw await errorOf(response);
    },
  });
  const call =
    <M extends Method>(method: M) =>
    async (path: never, init?: never): Promise<unknown> =>
      (await client.request(method, path, init as never)).data;
  return {
    get: call("get"),
    post: call("post"),
    put: call("put"),
    patch: call("patch"),
    delete: call("delete"),
  } as unknown as Calls;
}

type Fetch = (request: Request) => Promise<Response>;

/** A server that started while we asked has written a new token: what was refused for the old one is asked again. */
function withToken(token: () => string | undefined, fetch: Fetch): Fetch {
  const ask = (request: Request, bearer: string | undefined): Promise<Response> => {
    if (bearer !== undefined) request.headers.set("Authorization", `Bearer ${bearer}`);
    return fetch(request);
  };
  return async (request) => {
    const again = request.clone();
    const used = token();
    const response = await ask(request, used);
    const fresh = response.status === 401 ? token() : used;
    if (fresh === used) return response;
    await response.body?.cancel();
    return ask(again, fresh);
  };
}
