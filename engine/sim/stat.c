// SPDX-License-Identifier: GPL-2.0-only
/* Counters, with the names that /proc/vmstat has for them. */
#include "sim/priv.h"

const char *mm_sim_stat_key(enum mm_sim_stat i)
{
	static const char *const key[] = {
#define X(id, k) k,
		MM_SIM_STAT_LIST(X)
#undef X
	};

	return (unsigned int)i < MM_SIM_STATS ? key[i] : NULL;
}

uint64_t mm_sim_stat(const struct mm_sim *s, enum mm_sim_stat i)
{
	return (unsigned int)i < MM_SIM_STATS ? s->stat[i] : 0;
}
