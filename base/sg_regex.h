/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Patterns for =~: a small regular expression matcher whose cost is bounded by
 * (bytes of pattern) x (bytes of text), whatever the pattern is.  The C library's
 * own takes memory that doubles with every '+' of a pattern like a+++++++.
 *
 *	c . [a-z] [^a-z] [[:digit:]] \d \w \s \c   one byte
 *	^ $                                        start and end of the text
 *	x* x+ x? x|y (x)
 *
 * Works on bytes; searches anywhere in the text unless anchored.
 */
#ifndef SG_REGEX_H
#define SG_REGEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SG_REGEX_MAX_TEXT 128u /* bytes of a pattern */
#define SG_REGEX_MAX_CODE 512u
#define SG_REGEX_MAX_SETS 32u

/** A compiled pattern.  Plain data. */
struct sg_regex {
	uint16_t nr_code, nr_sets;
	struct sg_regex_op {
		uint8_t op, c;
		int16_t a, b; /* jumps, relative to this instruction */
	} code[SG_REGEX_MAX_CODE];
	uint32_t set[SG_REGEX_MAX_SETS][8]; /* bit per byte */
};

/**
 * sg_regex_compile() - read a pattern
 * @ret: undefined on failure
 * Return: NULL, or what is wrong with the pattern (static text)
 */
const char *sg_regex_compile(struct sg_regex *ret, const char *pattern);

/** True when @re is found in the @len bytes at @s. */
bool sg_regex_match(const struct sg_regex *re, const char *s, size_t len);

#endif
