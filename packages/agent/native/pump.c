/*
 * The pump: copies what a command prints from its two named pipes into the spool's files, so that neither the agent's
 * death nor a full disk loses any of it. One static program without a library, because each run has one:
 * `node tools/build-pump.ts` compiles it for every architecture into src/capabilities/exec/pump-programs.ts.
 * capabilities/exec/slow-pump.ts is the same for machines that none of these runs on; one test holds both.
 *
 * Descriptors: 0 the pipe of stdout, 1 its file (appending); 3 the pipe of stderr, 4 its file; 5 the mark.
 * Argument: the bytes a file may have before its pipe is left full.
 *
 * The mark is four bytes that tell the agent how it stands: `run` when it listens, `full` while the disk takes nothing,
 * `eof` when all is written and nobody is left who could print more, `cut` when, after SIGUSR2, all is written that was
 * in the pipes at that moment. After `cut` what comes is thrown away, so that nobody who prints on gets SIGPIPE.
 *
 * With two arguments it is an instance's *keeper* instead: in the folder of the file `log`, which the instance itself
 * writes, it keeps that file within the bytes of the first argument, whether or not an agent is there, for as long as the
 * process lives whose number is the beginning of the file that the second one names.
 */
#if defined(__x86_64__)
enum { READ = 0, WRITE = 1, RT_SIGACTION = 13, RT_SIGPROCMASK = 14, IOCTL = 16, PWRITE = 18, EXIT = 231, FSTAT = 5, PPOLL = 271, SIGNALFD = 289,
       CLOSE = 3, PREAD = 17, KILL = 62, FTRUNCATE = 77, GETPPID = 110, OPENAT = 257, RENAMEAT2 = 316 };
static long call(long n, long a, long b, long c, long d, long e) {
  long result;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  __asm__ volatile("syscall" : "=a"(result) : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8) : "rcx", "r11", "memory");
  return result;
}
__asm__(".globl _start\n_start:\n xor %ebp,%ebp\n mov %rsp,%rdi\n and $-16,%rsp\n call run\n");
#define SIZE_AT 6
#elif defined(__aarch64__)
enum { READ = 63, WRITE = 64, RT_SIGACTION = 134, RT_SIGPROCMASK = 135, IOCTL = 29, PWRITE = 68, EXIT = 94, FSTAT = 80, PPOLL = 73, SIGNALFD = 74,
       FTRUNCATE = 46, OPENAT = 56, CLOSE = 57, PREAD = 67, KILL = 129, GETPPID = 173, RENAMEAT2 = 276 };
static long call(long n, long a, long b, long c, long d, long e) {
  register long x8 __asm__("x8") = n;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  register long x4 __asm__("x4") = e;
  __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
  return x0;
}
__asm__(".globl _start\n_start:\n mov x29,#0\n mov x30,#0\n mov x0,sp\n b run\n");
#define SIZE_AT 6
#else
#error "only what the table of architectures in tools/build-pump.ts names"
#endif

/* The numbers that Linux has for both architectures. */
enum { POLLIN = 1, POLLERR = 8, POLLHUP = 16, EINTR = 4, EAGAIN = 11, ENOSPC = 28, EDQUOT = 122, FIONREAD = 0x541B };
enum { SIGUSR2 = 12, SIG_BLOCK = 0, SFD_NONBLOCK = 04000 };
enum { HERE = -100, ESRCH = 3, O_RDONLY = 0, O_WRONLY = 1, O_RDWR = 2, O_CREAT = 0100, O_TRUNC = 01000 };
enum { BLOCK = 65536, AGAIN_MS = 100, LOOK_MS = 1000 };

struct pollfd {
  int fd;
  short events, revents;
};
struct stream {
  int pipe, file, open;
  /* After SIGUSR2: what is still to be copied. */
  long left;
};

/* On the stack: a program without data of its own is one segment, which every kernel loads alike. */
struct pump {
  struct stream streams[2];
  unsigned long cap;
  int full, cutting, sinking;
  char buffer[BLOCK];
};

static __attribute__((noreturn)) void leave(int status) {
  for (;;) call(EXIT, status, 0, 0, 0, 0);
}

static long wait_for(struct pollfd *polled, int count, int ms) {
  long time[2] = {ms / 1000, ms % 1000 * 1000000L};
  return call(PPOLL, (long)polled, count, ms < 0 ? 0 : (long)time, 0, 0);
}

static int no_room(long error) { return error == -ENOSPC || error == -EDQUOT; }

/* Its place was taken before the command began, but a file system that never writes in place may be full here too. */
static void mark(const char *word) {
  for (;;) {
    long written = call(PWRITE, 5, (long)word, 4, 0, 0);
    if (written == 4) return;
    if (written < 0 && written != -EINTR && !no_room(written)) leave(5);
    wait_for(0, 0, AGAIN_MS);
  }
}

static void append(struct pump *pump, int file, long count) {
  const char *bytes = pump->buffer;
  while (count > 0) {
    long written = call(WRITE, file, (long)bytes, count, 0, 0);
    if (written > 0) {
      bytes += written;
      count -= written;
    } else if (written == 0 || no_room(written)) {
      if (!pump->full) mark("full");
      pump->full = 1;
      wait_for(0, 0, AGAIN_MS);
    } else if (written != -EINTR)
      leave(4);
  }
  if (pump->full) mark("run\n");
  pump->full = 0;
}

static int at_cap(const struct pump *pump, const struct stream *stream) {
  unsigned long stat[18];
  if (pump->cap == 0 || pump->cutting || pump->sinking) return 0;
  if (call(FSTAT, stream->file, (long)stat, 0, 0, 0) != 0) return 0;
  return stat[SIZE_AT] >= pump->cap;
}

static void copy(struct pump *pump, struct stream *stream) {
  long most = pump->cutting && stream->left < BLOCK ? stream->left : BLOCK;
  long count = call(READ, stream->pipe, (long)pump->buffer, most, 0, 0);
  if (count == -EINTR || count == -EAGAIN) return;
  if (count < 0) leave(3);
  if (count == 0) {
    stream->open = 0;
    stream->left = 0;
    return;
  }
  if (!pump->sinking) append(pump, stream->file, count);
  if (pump->cutting) stream->left -= count;
}

static int wait_for_signal(void) {
  unsigned long only = 1UL << (SIGUSR2 - 1);
  /* The kernel's struct sigaction, all zeros: the default. A signal that a parent had ignored would never come. */
  unsigned long action[4] = {0, 0, 0, 0};
  call(RT_SIGPROCMASK, SIG_BLOCK, (long)&only, 0, 8, 0);
  call(RT_SIGACTION, SIGUSR2, (long)action, 0, 8, 0);
  return call(SIGNALFD, -1, (long)&only, 8, SFD_NONBLOCK, 0);
}

static unsigned long number(const char *digits) {
  unsigned long value = 0;
  for (; *digits >= '0' && *digits <= '9'; digits++) value = value * 10 + (unsigned long)(*digits - '0');
  return value;
}

/* Who writes has the file open, so it is emptied, not replaced, once its newest half is put aside. What comes after the
 * last read and before it is empty is lost: a moment. On a full disk the old is given up, never the limit. */
static void shorten(int log, unsigned long size, unsigned long half) {
  char buffer[BLOCK];
  int aside = call(OPENAT, HERE, (long)"log.1.new", O_WRONLY | O_CREAT | O_TRUNC, 0600, 0);
  unsigned long at = size - half;
  /* Somebody who writes faster than this reads must not hold it here. */
  while (aside >= 0 && at < size + half) {
    long count = call(PREAD, log, (long)buffer, BLOCK, (long)at, 0);
    if (count == -EINTR) continue;
    if (count <= 0 || call(WRITE, aside, (long)buffer, count, 0, 0) != count) break;
    at += (unsigned long)count;
  }
  if (aside >= 0) {
    call(CLOSE, aside, 0, 0, 0, 0);
    call(RENAMEAT2, HERE, (long)"log.1.new", HERE, (long)"log.1", 0);
  }
  call(FTRUNCATE, log, 0, 0, 0, 0);
}

/* Before the process has begun it is its parent that counts. */
static int lives(const char *process, long parent) {
  char text[16];
  int file = call(OPENAT, HERE, (long)process, O_RDONLY, 0, 0);
  long count = file < 0 ? 0 : call(READ, file, (long)text, sizeof text - 1, 0, 0);
  if (file >= 0) call(CLOSE, file, 0, 0, 0, 0);
  text[count > 0 ? count : 0] = 0;
  long pid = (long)number(text);
  return pid == 0 ? call(GETPPID, 0, 0, 0, 0, 0) == parent : call(KILL, pid, 0, 0, 0, 0) != -ESRCH;
}

static __attribute__((noreturn)) void keep(unsigned long limit, const char *process) {
  long parent = call(GETPPID, 0, 0, 0, 0, 0);
  for (;;) {
    int long_one = 0, log = call(OPENAT, HERE, (long)"log", O_RDWR, 0, 0);
    if (log >= 0) {
      unsigned long stat[18];
      if (call(FSTAT, log, (long)stat, 0, 0, 0) == 0 && stat[SIZE_AT] > limit) {
        long_one = 1;
        shorten(log, stat[SIZE_AT], limit / 2);
      }
      call(CLOSE, log, 0, 0, 0, 0);
    }
    if (!lives(process, parent)) leave(0);
    wait_for(0, 0, long_one ? AGAIN_MS : LOOK_MS);
  }
}

__attribute__((noreturn, used)) void run(long *stack) {
  if (stack[0] > 2) keep(number((const char *)stack[2]), (const char *)stack[3]);
  struct pump pump;
  struct stream *streams = pump.streams;
  streams[0] = (struct stream){0, 1, 1, 0};
  streams[1] = (struct stream){3, 4, 1, 0};
  pump.cap = 0;
  pump.full = pump.cutting = pump.sinking = 0;
  int signals = wait_for_signal();
  if (signals < 0) leave(2);
  if (stack[0] > 1) pump.cap = number((const char *)stack[2]);
  mark("run\n");

  while (streams[0].open || streams[1].open) {
    struct pollfd polled[3] = {{signals, POLLIN, 0}, {-1, POLLIN, 0}, {-1, POLLIN, 0}};
    int held = 0;
    for (int i = 0; i < 2; i++) {
      if (!streams[i].open || (pump.cutting && streams[i].left == 0)) continue;
      if (at_cap(&pump, &streams[i])) held = 1;
      else polled[i + 1].fd = streams[i].pipe;
    }
    long found = wait_for(polled, 3, held ? AGAIN_MS : -1);
    if (found < 0 && found != -EINTR) leave(2);
    if (found > 0 && (polled[0].revents & POLLIN) != 0) {
      call(READ, signals, (long)pump.buffer, 128, 0, 0);
      if (!pump.cutting && !pump.sinking) {
        pump.cutting = 1;
        for (int i = 0; i < 2; i++) {
          int count = 0;
          if (streams[i].open) call(IOCTL, streams[i].pipe, FIONREAD, (long)&count, 0, 0);
          streams[i].left = count;
        }
      }
    } else if (found > 0)
      for (int i = 0; i < 2; i++)
        if ((polled[i + 1].revents & (POLLIN | POLLHUP | POLLERR)) != 0) copy(&pump, &streams[i]);
    if (pump.cutting && streams[0].left == 0 && streams[1].left == 0) {
      pump.cutting = 0;
      pump.sinking = 1;
      mark("cut\n");
    }
  }
  if (!pump.sinking) mark("eof\n");
  leave(0);
}
