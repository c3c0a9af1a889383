/** The two range headers of RFC 9110, 14, as far as blobs need them. Anything else is refused, never guessed. */
import { AtalayaError } from "@atalaya/protocol";
import type { Range } from "../../platform/blobs/index.ts";
import type { UploadPart } from "./blobs.ts";

/** `Range: bytes=100-` or `bytes=100-199`. Other forms may be ignored (RFC 9110, 14.2): the whole is answered then. */
export function readRange(header: string | undefined): Range | undefined {
  const found = /^bytes=(\d{1,15})-(\d{1,15})?$/.exec(header ?? "");
  if (found === null) return undefined;
  const offset = Number(found[1]);
  if (found[2] === undefined) return { offset };
  const last = Number(found[2]);
  return last < offset ? undefined : { offset, length: last - offset + 1 };
}

/** `Content-Range: bytes 0-99/200` of an upload, with the length the body announces. Absent: the whole blob at once. */
export function uploadPart(header: string | undefined, contentLength: string | undefined): UploadPart {
  if (header === undefined) {
    const total = contentLength === undefined ? undefined : Number(contentLength);
    return { offset: 0, more: false, ...(total === undefined ? {} : { total }) };
  }
  const found = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(header);
  const [first, last, total] = found === null ? [] : found.slice(1).map(Number);
  if (first === undefined || last === undefined || total === undefined || last < first || last >= total) {
    throw malformed(`Content-Range must be like "bytes 0-99/200", not "${header.slice(0, 100)}"`);
  }
  if (contentLength !== undefined && Number(contentLength) !== last - first + 1) {
    throw malformed(`Content-Range announces ${last - first + 1} bytes, the body has ${contentLength}`);
  }
  return { offset: first, more: last + 1 < total, total };
}

function malformed(sentence: string): AtalayaError {
  return new AtalayaError("request.malformed", sentence);
}
