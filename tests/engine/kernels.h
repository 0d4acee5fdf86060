/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernels that the tests of rules go over: one of each stretch of releases that captures were recorded from. */
#ifndef KERNELS_H
#define KERNELS_H

#include "policy/facts.h"

enum test_kernel { K_6_1, K_6_12, K_6_18, K_7_2, K_7_3, K_COUNT };

static inline uint32_t k_release(enum test_kernel k)
{
	static const uint32_t release[K_COUNT] = { MM_NEWEST(6, 1), MM_NEWEST(6, 12), MM_RELEASE(6, 18, 15), MM_NEWEST(7, 2),
						   MM_NEWEST(7, 3) };

	return release[k];
}

static inline struct mm_facts k_facts(enum test_kernel k)
{
	return mm_facts_of(k_release(k));
}

/** "linux-6.12"; static text. */
static inline const char *k_name(enum test_kernel k)
{
	static const char *const name[K_COUNT] = { "linux-6.1", "linux-6.12", "linux-6.18", "linux-7.2", "linux-7.3" };

	return name[k];
}

/** The kernel of the list that @release belongs to, K_COUNT when it is none. */
static inline enum test_kernel k_of(uint32_t release)
{
	unsigned int k = 0;

	while (k < K_COUNT && k_release((enum test_kernel)k) != release)
		k++;
	return (enum test_kernel)k;
}

#endif
