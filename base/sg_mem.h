/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory whose lack is noticed, and reads that fail.
 *
 * A reader that gets no memory often goes on with less: without a format, a task's name, a snapshot's line.  What is
 * printed then is wrong without a word.  So everything that a figure may rest on is asked for here: each request that
 * fails is counted, and whoever opened, read or is about to print asks for the count.
 *
 * What costs only time when it isn't there (a keyframe, the cache) is asked for with malloc().
 */
#ifndef SG_MEM_H
#define SG_MEM_H

#include <stddef.h>
#include <stdint.h>

/** As the functions of libc of these names; NULL and a count when memory runs out.  What they give goes to free(). */
void *sg_malloc(size_t size) __attribute__((malloc));
void *sg_calloc(size_t nr, size_t size) __attribute__((malloc));
void *sg_realloc(void *p, size_t size);
char *sg_strdup(const char *s) __attribute__((malloc));
/** asprintf(), whose result is told by the string alone: NULL when memory runs out. */
char *sg_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2), malloc));

/** Counts a request that failed elsewhere: of a library, or one that a caller sees by other means. */
void sg_mem_fail(void);

/** How many requests have failed so far, in all threads. */
uint64_t sg_mem_failures(void);

/** The same for a file that is there and whose bytes can't be had: @error as in errno. */
void sg_read_fail(int error);
/** An open() that failed with @error counts as a failed read, unless the file isn't there or isn't ours to read. */
void sg_open_fail(int error);
/** How many reads have failed so far; *@ret_error: why the first did. */
uint64_t sg_read_failures(int *ret_error);

#endif
