import { AtalayaError, type FailureCode } from "@atalaya/protocol";

/** What the file system says, in a sentence for whoever deployed: about which file, and what can be done. */
export function fileFailure(error: unknown, path: string, account: string): AtalayaError {
  if (error instanceof AtalayaError) return error;
  const cause = error as NodeJS.ErrnoException;
  const [code, message] = sentenceOf(cause, path, account);
  return new AtalayaError(code, message, { cause });
}

function sentenceOf({ code, message }: NodeJS.ErrnoException, path: string, account: string): [FailureCode, string] {
  switch (code) {
    case "EACCES":
    case "EPERM":
      return ["deploy.denied", `${account} may not write ${path}`];
    case "EROFS":
      return ["deploy.denied", `${path} is on a file system that cannot be written`];
    case "ENOSPC":
      return ["deploy.no-space", `the disk of ${path} is full`];
    case "EDQUOT":
      return ["deploy.no-space", `${account} has used up its quota on the disk of ${path}`];
    case "ENAMETOOLONG":
      return ["deploy.folder", `${path} is longer than a path can be here`];
    case "ENOTDIR":
    case "EEXIST":
      return ["deploy.folder", `${path} is not a folder, or lies below something that is none`];
    case "ELOOP":
      return ["deploy.folder", `${path} leads through a symbolic link`];
    case "EMFILE":
    case "ENFILE":
      return ["deploy.failed", `too many files are open on this host`];
    default:
      return ["deploy.failed", `${path}: ${message}`];
  }
}
