/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Words of decisions: what a missing fact is, what a number means, and texts made piece by piece.
 */
#ifndef MM_SAY_WORDS_H
#define MM_SAY_WORDS_H

#include "say/room.h"

#include "mm.h"
#include "say/decision.h"

/** What the fact behind a key such as "list_order_unknown" is: part of a sentence, static text. */
const char *mm_missing_text(const char *why);

/** Is the number @name of a decision a pfn? */
bool mm_number_is_pfn(const char *name);
/** What the number @name of a decision is, with its unit; "" for one without a description.  Static text. */
const char *mm_number_about(const char *name);
/**
 * mm_number_text() - the value as people read it: a pfn in hexadecimal, names of migratetypes, zones and flags
 * Return: @buf
 */
char *mm_number_text(const struct sg_capture *cap, const char *name, int64_t value, char *buf, size_t size);

/** Text that grows; what has no room is left out. */
struct mm_text {
	char *buf;
	size_t size, len;
};
void mm_text_add(struct mm_text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** "1 page", "32 pages": @n and @one, with an s when it isn't one. @buf: returned. */
char *mm_text_count(char *buf, size_t size, int64_t n, const char *one);

#endif
