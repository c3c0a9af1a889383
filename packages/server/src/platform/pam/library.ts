/**
 * libpam and NSS through koffi, blocking and one at a time: this runs in a process of its own (`asker.program.ts`), which
 * may hang or be killed. Layouts are those of Linux-PAM and glibc on 64-bit machines.
 */
import koffi from "koffi";

// security/_pam_types.h
const SUCCESS = 0;
const CONV_ERR = 19;
const PROMPT = { echoOff: 1, echoOn: 2, error: 3, info: 4 } as const;
const ITEM = { user: 2, rhost: 4, failDelay: 10, tty: 3 } as const;
const DISALLOW_NULL_AUTHTOK = 1;

/** What a module says or asks (pam_conv(3)). */
export interface Message {
  readonly kind: "hidden" | "shown" | "error" | "info";
  readonly text: string;
}

export interface Transaction {
  readonly service: string;
  readonly user: string;
  readonly address: string;
  /** The answer to a question; undefined: nobody knows, and the transaction fails. Called for errors and infos too. */
  converse(message: Message): string | undefined;
}

export interface Outcome {
  /** Which call ended it. */
  readonly step: "authenticate" | "account";
  readonly code: number;
  /** pam_strerror(3). */
  readonly text: string;
  /** Whom PAM takes them for: modules may map names. */
  readonly user: string;
  readonly delayMs: number;
}

export interface Passwd {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly gecos: string;
}

export interface Libraries {
  run(transaction: Transaction): Outcome;
  passwd(name: string): Passwd | undefined;
  /** Names, the primary group first; a group that has no name is its number. */
  groups(account: Passwd): readonly string[];
}

/** Throws when libpam cannot be loaded. */
export function loadLibraries(): Libraries {
  const pam = koffi.load("libpam.so.0");
  const libc = koffi.load(null);

  const passwdType = koffi.struct("passwd", {
    name: "str",
    password: "void *",
    uid: "uint32_t",
    gid: "uint32_t",
    gecos: "str",
    home: "void *",
    shell: "void *",
  });
  const groupType = koffi.struct("group", { name: "str", password: "void *", gid: "uint32_t", members: "void *" });
  const messageType = koffi.struct("pam_message", { style: "int", text: "str" });
  const responseType = koffi.struct("pam_response", { answer: "void *", code: "int" });
  const conversationType = koffi.proto("int conversation(int count, void *messages, void *responses, void *data)");
  const delayType = koffi.proto("void fail_delay(int code, unsigned int microseconds, void *data)");
  const conv = koffi.struct("pam_conv", { converse: koffi.pointer(conversationType), data: "void *" });

  const start = pam.func("pam_start", "int", ["str", "str", koffi.pointer(conv), koffi.out(koffi.pointer("void *"))]);
  const authenticate = pam.func("int pam_authenticate(void *handle, int flags)");
  const account = pam.func("int pam_acct_mgmt(void *handle, int flags)");
  const end = pam.func("int pam_end(void *handle, int status)");
  const setText = pam.func("pam_set_item", "int", ["void *", "int", "str"]);
  const setDelay = pam.func("pam_set_item", "int", ["void *", "int", koffi.pointer(delayType)]);
  const getItem = pam.func("int pam_get_item(void *handle, int item, _Out_ void **value)");
  const strerror = pam.func("str pam_strerror(void *handle, int code)");
  const calloc = libc.func("void *calloc(size_t count, size_t size)");
  const strdup = libc.func("void *strdup(str text)");
  const getpwnam = libc.func("getpwnam", koffi.pointer(passwdType), ["str"]);
  const getgrgid = libc.func("getgrgid", koffi.pointer(groupType), ["uint32_t"]);
  const getgrouplist = libc.func(
    "int getgrouplist(str user, uint32_t group, _Out_ uint32_t *groups, _Inout_ int *count)",
  );
  keepOutOfDumps(libc);

  /** libpam frees what it is given, so it comes from its own allocator. */
  function answerAll(converse: Transaction["converse"], count: number, messages: unknown, responses: unknown): number {
    const pointers = koffi.decode(messages, koffi.array("void *", count)) as unknown[];
    const answers: (string | undefined)[] = [];
    for (const pointer of pointers) {
      const { style, text } = koffi.decode(pointer, messageType) as { style: number; text: string | null };
      const kind = kindOf(style);
      if (kind === undefined) return CONV_ERR;
      const answer = converse({ kind, text: text ?? "" });
      if (answer === undefined && (kind === "hidden" || kind === "shown")) return CONV_ERR;
      answers.push(answer);
    }
    const block = calloc(count, koffi.sizeof(responseType)) as unknown;
    answers.forEach((answer, at) => {
      if (answer === undefined) return;
      koffi.encode(block, at * koffi.sizeof(responseType), "void *", strdup(answer));
    });
    koffi.encode(responses, "void *", block);
    return SUCCESS;
  }

  return {
    run({ service, user, address, converse }) {
      let delayMs = 0;
      const conversation = koffi.register(
        (count: number, messages: unknown, responses: unknown) => answerAll(converse, count, messages, responses),
        koffi.pointer(conversationType),
      );
      // With this in place libpam does not sleep after a failure: whoever waits is the server, and nobody with it.
      const delay = koffi.register((_code: number, microseconds: number) => {
        delayMs = Math.max(delayMs, Math.ceil(microseconds / 1000));
      }, koffi.pointer(delayType));
      const handle: [unknown] = [null];
      let code = start(service, user, { converse: conversation, data: null }, handle) as number;
      let step: Outcome["step"] = "authenticate";
      try {
        if (code === SUCCESS) code = setDelay(handle[0], ITEM.failDelay, delay) as number;
        if (code === SUCCESS) code = setText(handle[0], ITEM.rhost, address) as number;
        if (code === SUCCESS) code = setText(handle[0], ITEM.tty, "atalaya") as number;
        if (code === SUCCESS) code = authenticate(handle[0], DISALLOW_NULL_AUTHTOK) as number;
        if (code === SUCCESS) {
          step = "account";
          code = account(handle[0], DISALLOW_NULL_AUTHTOK) as number;
        }
        const text = strerror(handle[0], code) as string;
        return { step, code, text, user: code === SUCCESS ? userOf(handle[0]) : user, delayMs };
      } finally {
        if (handle[0] !== null) end(handle[0], code);
        koffi.unregister(conversation);
        koffi.unregister(delay);
      }
    },
    passwd(name) {
      const pointer = getpwnam(name) as unknown;
      if (pointer === null) return undefined;
      const found = koffi.decode(pointer, passwdType) as Passwd & { gecos: string | null };
      return { name: found.name, uid: found.uid, gid: found.gid, gecos: found.gecos ?? "" };
    },
    groups({ name, gid }) {
      for (let room = 64; ; room *= 4) {
        const ids = new Uint32Array(room);
        const count: [number] = [room];
        if ((getgrouplist(name, gid, ids, count) as number) < 0 && room < 65_536) continue;
        return [...ids.subarray(0, Math.min(room, count[0]))].map(groupName);
      }
    },
  };

  function userOf(handle: unknown): string {
    const value: [unknown] = [null];
    if ((getItem(handle, ITEM.user, value) as number) !== SUCCESS || value[0] === null) return "";
    return koffi.decode(value[0], "char", -1) as string;
  }

  function groupName(id: number): string {
    const pointer = getgrgid(id) as unknown;
    return pointer === null ? String(id) : (koffi.decode(pointer, groupType) as { name: string }).name;
  }
}

function kindOf(style: number): Message["kind"] | undefined {
  switch (style) {
    case PROMPT.echoOff:
      return "hidden";
    case PROMPT.echoOn:
      return "shown";
    case PROMPT.error:
      return "error";
    case PROMPT.info:
      return "info";
    default:
      return undefined;
  }
}

/** prctl(2), PR_SET_DUMPABLE: passwords pass through this memory. */
function keepOutOfDumps(libc: ReturnType<typeof koffi.load>): void {
  const prctl = libc.func("int prctl(int option, unsigned long value, unsigned long, unsigned long, unsigned long)");
  prctl(4, 0, 0, 0, 0);
}
