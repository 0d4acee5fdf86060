// SPDX-License-Identifier: GPL-2.0-only
/* The tables of the entropy coder. */
#include "ss_coder.h"

#define ONE (1u << 24)
#define EXP_STEP 16842880u /* exp(1/256), times 1 << 24 */

static struct ss_tables tables;

/* Runs before main(); constant from then on. */
__attribute__((constructor)) static void fill_tables(void)
{
	uint64_t e = ONE; /* exp(x / 256) */
	unsigned int at = 0;

	for (unsigned int x = 0; x < 2048; x++) {
		uint32_t p = (uint32_t)((e << 16) / (e + ONE));

		tables.squash[2048 + x] = (uint16_t)(p > 65520 ? 65520 : p);
		tables.squash[2048 - x] = (uint16_t)(65536 - tables.squash[2048 + x]);
		e = (e * EXP_STEP) >> 24;
	}
	tables.squash[0] = tables.squash[1];
	for (unsigned int p = 0; p < 4096; p++) {
		while (at < 4095 && tables.squash[at] < p * 16 + 8)
			at++;
		tables.stretch[p] = (int16_t)((int)at - 2048);
	}
	for (unsigned int n = 0; n < 1024; n++)
		tables.rate[n] = (uint16_t)(2 * 65536 / (2 * n + 3));
}

const struct ss_tables *ss_coder_tables(void)
{
	return &tables;
}
