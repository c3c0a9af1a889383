const DOUBLED = /^\/{1,8}agents\/{1,8}[^?#]*/;

/**
 * The originals ask for `//agents/…`, because their tracker's address ends in a slash. Everybody else's requests stay
 * as they are.
 */
export function withoutDoubledSlashes(request: Request): Request {
  const url = new URL(request.url);
  if (!url.pathname.includes("//") || !DOUBLED.test(url.pathname)) return request;
  url.pathname = url.pathname.replaceAll(/\/{2,}/g, "/");
  return new Request(url, request);
}
