/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of base/ share. */
#ifndef TEST_H
#define TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/** Random numbers from a seed (splitmix64), the same everywhere. */
static inline uint64_t rnd(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/** A number whose size is random as well: small ones, edges, and all ones. */
static inline uint64_t rnd_any(uint64_t *state)
{
	uint64_t v = rnd(state);

	switch (v & 7) {
	case 0:
		return 0;
	case 1:
		return UINT64_MAX;
	case 2:
		return (uint64_t)1 << 63;
	case 3:
		return ((uint64_t)1 << 63) - 1;
	default:
		return rnd(state) >> (v >> 8) % 64;
	}
}

#endif
