// SPDX-License-Identifier: GPL-2.0-only
#include "sg_mem.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Atomic uint64_t failures, reads;
static _Atomic int read_error;

void sg_mem_fail(void)
{
	atomic_fetch_add_explicit(&failures, 1, memory_order_relaxed);
}

uint64_t sg_mem_failures(void)
{
	return atomic_load_explicit(&failures, memory_order_relaxed);
}

void sg_read_fail(int error)
{
	int none = 0;

	atomic_compare_exchange_strong(&read_error, &none, error);
	atomic_fetch_add(&reads, 1);
}

void sg_open_fail(int error)
{
	if (error != ENOENT && error != ENOTDIR && error != EACCES && error != EPERM && error != ELOOP &&
	    error != ENAMETOOLONG)
		sg_read_fail(error);
}

uint64_t sg_read_failures(int *ret_error)
{
	if (ret_error)
		*ret_error = atomic_load(&read_error);
	return atomic_load(&reads);
}

/* @p, or a count. */
static void *counted(void *p)
{
	if (!p)
		sg_mem_fail();
	return p;
}

void *sg_malloc(size_t size)
{
	return counted(malloc(size ? size : 1));
}

void *sg_calloc(size_t nr, size_t size)
{
	return counted(calloc(nr ? nr : 1, size ? size : 1));
}

void *sg_realloc(void *p, size_t size)
{
	return counted(realloc(p, size ? size : 1));
}

char *sg_strdup(const char *s)
{
	size_t len = strlen(s) + 1;
	char *p = sg_malloc(len);

	if (p)
		memcpy(p, s, len);
	return p;
}

char *sg_printf(const char *fmt, ...)
{
	va_list ap;
	char *p;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	p = n < 0 ? counted(NULL) : sg_malloc((size_t)n + 1);
	if (!p)
		return NULL;
	va_start(ap, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return p;
}
