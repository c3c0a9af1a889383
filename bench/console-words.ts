/** Commands with this word print all at once, and others a chunk now and then. */
export const AT_ONCE_WORD = "burst";
