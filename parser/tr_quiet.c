// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tracing libraries print warnings through weak functions that a program may replace.  Ours say
 * nothing and count.  The build hides symbols by default, and a hidden replacement is silently not
 * used, hence the attribute.
 */
#include "tr_quiet.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#define HOOK __attribute__((visibility("default")))

static _Atomic unsigned long swallowed; /* for the test that the hooks are in place */

unsigned long tr_quiet_count(void)
{
	return atomic_load(&swallowed);
}

static int swallow(void)
{
	atomic_fetch_add(&swallowed, 1);
	return 0;
}

/*
 * The prototypes of libtraceevent (event-utils.h, where some are marked deprecated), libtracecmd
 * and libtracefs (in no public header).
 */
HOOK int tep_vprint(const char *name, int level, bool print_err, const char *fmt, va_list ap);
HOOK int tep_vwarning(const char *name, const char *fmt, va_list ap);
HOOK void pr_stat(const char *fmt, ...);
HOOK void __pr_stat(const char *fmt, ...);
HOOK void vpr_stat(const char *fmt, va_list ap);
HOOK void tracecmd_warning(const char *fmt, ...);
HOOK void tracecmd_info(const char *fmt, ...);
HOOK void tracecmd_critical(const char *fmt, ...);
HOOK void tracecmd_debug(const char *fmt, ...);
HOOK void tracefs_warning(const char *fmt, ...);

int tep_vprint(const char *name, int level, bool print_err, const char *fmt, va_list ap)
{
	return swallow();
}

int tep_vwarning(const char *name, const char *fmt, va_list ap)
{
	return swallow();
}

void pr_stat(const char *fmt, ...)
{
	swallow();
}

void __pr_stat(const char *fmt, ...)
{
	swallow();
}

void vpr_stat(const char *fmt, va_list ap)
{
	swallow();
}

void tracecmd_warning(const char *fmt, ...)
{
	swallow();
}

void tracecmd_info(const char *fmt, ...)
{
	swallow();
}

void tracecmd_critical(const char *fmt, ...)
{
	swallow();
}

void tracecmd_debug(const char *fmt, ...)
{
	swallow();
}

void tracefs_warning(const char *fmt, ...)
{
	swallow();
}

void tr_quiet_begin(struct tr_quiet *q)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	fflush(stdout);
	fflush(stderr);
	q->out = fcntl(1, F_DUPFD_CLOEXEC, 3);
	q->err = fcntl(2, F_DUPFD_CLOEXEC, 3);
	if (null >= 0) {
		if (q->out >= 0)
			dup2(null, 1);
		if (q->err >= 0)
			dup2(null, 2);
		close(null);
	}
}

void tr_quiet_end(struct tr_quiet *q)
{
	fflush(stdout);
	fflush(stderr);
	if (q->out >= 0) {
		dup2(q->out, 1);
		close(q->out);
	}
	if (q->err >= 0) {
		dup2(q->err, 2);
		close(q->err);
	}
}
