// SPDX-License-Identifier: GPL-2.0-only
/*
 * A preloaded library that lets one call fail: the driver (fail_check.py) runs a command once for each call.
 *
 *	FAIL_CALL   what is counted: memory (malloc, calloc, realloc, reallocarray, posix_memalign, aligned_alloc),
 *	            mmap, open, read (read, pread, readv), short (those reads give one byte), write (write, pwrite,
 *	            writev), fsync (and fdatasync), rename, link, ftruncate
 *	FAIL_AT     number of the call that fails, from 1 on; 0: none
 *	FAIL_MORE   calls after it that fail as well (0)
 *	FAIL_ERRNO  what the call fails with
 *	FAIL_KILL   anything: the process is killed before the call, as by kill -9
 *	FAIL_SEEN   a file: when the program ends, how many calls there were is written there
 *	FAIL_WHERE  a file: who made the call that fails, as offsets in modules, innermost first
 *
 * The call that fails is counted in the process that began with this library, not in its children.  A program that
 * has it preloaded may call sgfail_arm() and sgfail_seen() instead.
 */
#undef _FILE_OFFSET_BITS /* both names of a call are here, and must stay two */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* What is preloaded must be seen. */
#pragma GCC visibility push(default)

enum call { MEMORY, MMAP, OPEN, READ, SHORT, WRITE, FSYNC, RENAME, LINK, FTRUNCATE, NR_CALLS };

static const char *const call_name[NR_CALLS] = {
	"memory", "mmap", "open", "read", "short", "write", "fsync", "rename", "link", "ftruncate",
};

static bool on;
static enum call what;
static unsigned long at, more, seen;
static int with;
static const char *where;
static bool kills;
static long owner;

/* What dlsym() itself asks for before malloc() is known. */
static char early[4096];
static size_t early_used;

static void *early_alloc(size_t size)
{
	size_t from = (early_used + 15) & ~(size_t)15;

	if (from + size > sizeof(early))
		abort();
	early_used = from + size;
	return early + from;
}

static bool is_early(const void *p)
{
	return (const char *)p >= early && (const char *)p < early + sizeof(early);
}

static void *next(const char *name)
{
	void *p = dlsym(RTLD_NEXT, name);

	if (!p)
		abort();
	return p;
}

/* Says who made the call, without asking for memory. */
static void tell(void)
{
	void *frame[24];
	char line[512];
	int n, fd = (int)syscall(SYS_openat, AT_FDCWD, where, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0)
		return;
	n = backtrace(frame, 24);
	for (int i = 2; i < n; i++) {
		Dl_info info;
		int len;

		if (!dladdr(frame[i], &info) || !info.dli_fname)
			continue;
		len = snprintf(line, sizeof(line), "%s+0x%lx %s\n", info.dli_fname,
			       (unsigned long)((uintptr_t)frame[i] - (uintptr_t)info.dli_fbase),
			       info.dli_sname ? info.dli_sname : "?");
		syscall(SYS_write, fd, line, (size_t)len);
	}
	syscall(SYS_close, fd);
}

static bool fails(enum call c)
{
	unsigned long n;

	if (!on || c != what || syscall(SYS_getpid) != owner)
		return false;
	n = __atomic_add_fetch(&seen, 1, __ATOMIC_RELAXED);
	if (at == 0 || n < at || n > at + more)
		return false;
	if (n == at && where) {
		on = false;
		tell();
		on = true;
	}
	if (kills)
		syscall(SYS_kill, owner, SIGKILL);
	errno = with;
	return true;
}

/** From now on the @nth request for memory (1: the next one) and @and_more after it fail; 0: none. */
void sgfail_arm(unsigned long nth, unsigned long and_more)
{
	what = MEMORY;
	with = ENOMEM;
	owner = syscall(SYS_getpid);
	seen = 0;
	at = nth;
	more = and_more;
	where = getenv("FAIL_WHERE");
	on = true;
}

/** Stops counting and failing for a while, or goes on. */
void sgfail_pause(int pause)
{
	on = !pause;
}

/** Requests since; none fails or is counted any more. */
unsigned long sgfail_seen(void)
{
	on = false;
	return seen;
}

static void say_seen(void)
{
	const char *path = getenv("FAIL_SEEN");
	char line[32];
	int fd, len;

	if (!path || syscall(SYS_getpid) != owner)
		return;
	fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0)
		return;
	len = snprintf(line, sizeof(line), "%lu\n", seen);
	syscall(SYS_write, fd, line, (size_t)len);
	syscall(SYS_close, fd);
}

static unsigned long number(const char *name)
{
	const char *s = getenv(name);

	return s ? strtoul(s, NULL, 10) : 0;
}

__attribute__((constructor)) static void begin(void)
{
	const char *call = getenv("FAIL_CALL");
	void *warm[2];

	for (int c = 0; call && c < NR_CALLS; c++)
		if (strcmp(call, call_name[c]) == 0) {
			what = (enum call)c;
			at = number("FAIL_AT");
			more = number("FAIL_MORE");
			with = (int)number("FAIL_ERRNO");
			where = getenv("FAIL_WHERE");
			kills = getenv("FAIL_KILL") != NULL;
			owner = syscall(SYS_getpid);
			if (where)
				backtrace(warm, 2); /* it loads a library at its first call */
			atexit(say_seen);
			on = true;
		}
	unsetenv("LD_PRELOAD");
}

/* ---- memory --------------------------------------------------------------- */

void *malloc(size_t size)
{
	static void *(*real)(size_t);
	static bool asking;

	if (!real) {
		if (asking)
			return early_alloc(size);
		asking = true;
		real = (void *(*)(size_t))next("malloc");
	}
	return fails(MEMORY) ? NULL : real(size);
}

void *calloc(size_t nr, size_t size)
{
	static void *(*real)(size_t, size_t);
	static bool asking;

	if (!real) {
		if (asking)
			return early_alloc(nr * size);
		asking = true;
		real = (void *(*)(size_t, size_t))next("calloc");
	}
	return fails(MEMORY) ? NULL : real(nr, size);
}

void *realloc(void *p, size_t size)
{
	static void *(*real)(void *, size_t);

	if (is_early(p)) {
		void *q = malloc(size);

		if (q)
			memcpy(q, p, size < 256 ? size : 256);
		return q;
	}
	if (!real)
		real = (void *(*)(void *, size_t))next("realloc");
	return fails(MEMORY) ? NULL : real(p, size);
}

void *reallocarray(void *p, size_t nr, size_t size)
{
	static void *(*real)(void *, size_t, size_t);

	if (!real)
		real = (void *(*)(void *, size_t, size_t))next("reallocarray");
	return fails(MEMORY) ? NULL : real(p, nr, size);
}

int posix_memalign(void **ret, size_t align, size_t size)
{
	static int (*real)(void **, size_t, size_t);

	if (!real)
		real = (int (*)(void **, size_t, size_t))next("posix_memalign");
	return fails(MEMORY) ? ENOMEM : real(ret, align, size);
}

void *aligned_alloc(size_t align, size_t size)
{
	static void *(*real)(size_t, size_t);

	if (!real)
		real = (void *(*)(size_t, size_t))next("aligned_alloc");
	return fails(MEMORY) ? NULL : real(align, size);
}

void free(void *p)
{
	static void (*real)(void *);

	if (is_early(p))
		return;
	if (!real)
		real = (void (*)(void *))next("free");
	real(p);
}

void *mmap(void *addr, size_t len, int prot, int flags, int fd, off_t offset)
{
	static void *(*real)(void *, size_t, int, int, int, off_t);

	if (!real)
		real = (void *(*)(void *, size_t, int, int, int, off_t))next("mmap");
	return fails(MMAP) ? MAP_FAILED : real(addr, len, prot, flags, fd, offset);
}

void *mmap64(void *addr, size_t len, int prot, int flags, int fd, off_t offset)
{
	return mmap(addr, len, prot, flags, fd, offset);
}

/* ---- files ------------------------------------------------------------------ */

#define OPEN_MODE(flags)                                                \
	mode_t mode = 0;                                                \
	va_list ap;                                                     \
	va_start(ap, flags);                                            \
	if (flags & (O_CREAT | O_TMPFILE))                              \
		mode = va_arg(ap, mode_t);                              \
	va_end(ap)

#define OPEN(name)                                                      \
	int name(const char *path, int flags, ...)                      \
	{                                                               \
		static int (*real)(const char *, int, ...);             \
		OPEN_MODE(flags);                                       \
									\
		if (!real)                                              \
			real = (int (*)(const char *, int, ...))next(#name); \
		return fails(OPEN) ? -1 : real(path, flags, mode);      \
	}
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                    \
	int name(int dir, const char *path, int flags, ...)             \
	{                                                               \
		static int (*real)(int, const char *, int, ...);        \
		OPEN_MODE(flags);                                       \
									\
		if (!real)                                              \
			real = (int (*)(int, const char *, int, ...))next(#name); \
		return fails(OPEN) ? -1 : real(dir, path, flags, mode); \
	}
OPENAT(openat)
OPENAT(openat64)

#define FOPEN(name)                                                     \
	FILE *name(const char *path, const char *how)                   \
	{                                                               \
		static FILE *(*real)(const char *, const char *);       \
									\
		if (!real)                                              \
			real = (FILE *(*)(const char *, const char *))next(#name); \
		return fails(OPEN) ? NULL : real(path, how);            \
	}
FOPEN(fopen)
FOPEN(fopen64)

ssize_t read(int fd, void *buf, size_t len)
{
	static ssize_t (*real)(int, void *, size_t);

	if (!real)
		real = (ssize_t (*)(int, void *, size_t))next("read");
	if (len > 1 && fails(SHORT))
		len = 1;
	return fails(READ) ? -1 : real(fd, buf, len);
}

ssize_t __read_chk(int fd, void *buf, size_t len, size_t size)
{
	if (len > size)
		abort();
	return read(fd, buf, len);
}

#define PREAD(name)                                                     \
	ssize_t name(int fd, void *buf, size_t len, off_t offset)       \
	{                                                               \
		static ssize_t (*real)(int, void *, size_t, off_t);     \
									\
		if (!real)                                              \
			real = (ssize_t (*)(int, void *, size_t, off_t))next(#name); \
		if (len > 1 && fails(SHORT))                            \
			len = 1;                                        \
		return fails(READ) ? -1 : real(fd, buf, len, offset);   \
	}
PREAD(pread)
PREAD(pread64)

#define PREAD_CHK(name, plain)                                          \
	ssize_t name(int fd, void *buf, size_t len, off_t offset, size_t size) \
	{                                                               \
		if (len > size)                                         \
			abort();                                        \
		return plain(fd, buf, len, offset);                     \
	}
PREAD_CHK(__pread_chk, pread)
PREAD_CHK(__pread64_chk, pread64)

ssize_t write(int fd, const void *buf, size_t len)
{
	static ssize_t (*real)(int, const void *, size_t);

	if (!real)
		real = (ssize_t (*)(int, const void *, size_t))next("write");
	return fails(WRITE) ? -1 : real(fd, buf, len);
}

#define PWRITE(name)                                                    \
	ssize_t name(int fd, const void *buf, size_t len, off_t offset) \
	{                                                               \
		static ssize_t (*real)(int, const void *, size_t, off_t); \
									\
		if (!real)                                              \
			real = (ssize_t (*)(int, const void *, size_t, off_t))next(#name); \
		return fails(WRITE) ? -1 : real(fd, buf, len, offset);  \
	}
PWRITE(pwrite)
PWRITE(pwrite64)

ssize_t writev(int fd, const struct iovec *v, int nr)
{
	static ssize_t (*real)(int, const struct iovec *, int);

	if (!real)
		real = (ssize_t (*)(int, const struct iovec *, int))next("writev");
	return fails(WRITE) ? -1 : real(fd, v, nr);
}

int fsync(int fd)
{
	static int (*real)(int);

	if (!real)
		real = (int (*)(int))next("fsync");
	return fails(FSYNC) ? -1 : real(fd);
}

int fdatasync(int fd)
{
	static int (*real)(int);

	if (!real)
		real = (int (*)(int))next("fdatasync");
	return fails(FSYNC) ? -1 : real(fd);
}

int rename(const char *from, const char *to)
{
	static int (*real)(const char *, const char *);

	if (!real)
		real = (int (*)(const char *, const char *))next("rename");
	return fails(RENAME) ? -1 : real(from, to);
}

int renameat2(int fd, const char *from, int fd2, const char *to, unsigned int flags)
{
	static int (*real)(int, const char *, int, const char *, unsigned int);

	if (!real)
		real = (int (*)(int, const char *, int, const char *, unsigned int))next("renameat2");
	return fails(RENAME) ? -1 : real(fd, from, fd2, to, flags);
}

int link(const char *from, const char *to)
{
	static int (*real)(const char *, const char *);

	if (!real)
		real = (int (*)(const char *, const char *))next("link");
	return fails(LINK) ? -1 : real(from, to);
}

int linkat(int fd, const char *from, int fd2, const char *to, int flags)
{
	static int (*real)(int, const char *, int, const char *, int);

	if (!real)
		real = (int (*)(int, const char *, int, const char *, int))next("linkat");
	return fails(LINK) ? -1 : real(fd, from, fd2, to, flags);
}

#define FTRUNCATE(name)                                                 \
	int name(int fd, off_t len)                                     \
	{                                                               \
		static int (*real)(int, off_t);                         \
									\
		if (!real)                                              \
			real = (int (*)(int, off_t))next(#name);        \
		return fails(FTRUNCATE) ? -1 : real(fd, len);           \
	}
FTRUNCATE(ftruncate)
FTRUNCATE(ftruncate64)
