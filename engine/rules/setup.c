// SPDX-License-Identifier: GPL-2.0-only
/* Watermarks, lowmem reserves and per-cpu sizes as the kernel works them out; see the header. */
#include "rules/setup.h"

#include <string.h>

#define SWAP_CLUSTER_MAX 32
#define HIGH_FRACTION_AUTO 8 /* MIN_PERCPU_PAGELIST_HIGH_FRACTION: auto-tuning goes up to an eighth of the zone */

static int64_t isqrt(int64_t v)
{
	int64_t r = 0;

	for (int64_t bit = INT64_C(1) << 30; bit; bit >>= 1)
		if ((r + bit) * (r + bit) <= v)
			r += bit;
	return r;
}

/* a * b / c without overflow for numbers of pages. Source: mult_frac() */
static int64_t mult_frac(int64_t a, int64_t b, int64_t c)
{
	return a / c * b + a % c * b / c;
}

int64_t mm_setup_min_free_kbytes(int64_t lowmem, unsigned int page_size)
{
	int64_t kb = isqrt(lowmem * (page_size >> 10) * 16);

	return kb < 128 ? 128 : kb > 262144 ? 262144 : kb;
}

static bool is_low(struct mm_facts facts, const struct mm_setup_zone *z)
{
	return !z->highmem && !(z->movable && mm_has(facts, LOWMEM_MOVABLE));
}

void mm_setup_wmarks(struct mm_facts facts, const struct mm_setup_zone *z, unsigned int nr, int64_t min_free_kbytes,
		     int64_t scale, unsigned int page_size, struct mm_setup_wmark *ret)
{
	int64_t min = min_free_kbytes / (page_size >> 10), low = 0;

	for (unsigned int i = 0; i < nr; i++)
		low += is_low(facts, &z[i]) ? z[i].managed : 0;
	for (unsigned int i = 0; i < nr; i++) {
		int64_t share = low ? (int64_t)((__int128)min * z[i].managed / low) : 0, step = share / 4;
		int64_t least = mult_frac(z[i].managed, scale, 10000);

		ret[i].min = share;
		if (!is_low(facts, &z[i])) {
			ret[i].min = z[i].managed / 1024;
			if (ret[i].min < SWAP_CLUSTER_MAX)
				ret[i].min = SWAP_CLUSTER_MAX;
			if (ret[i].min > 128)
				ret[i].min = 128;
		}
		if (step < least)
			step = least;
		ret[i].low = ret[i].min + step;
		ret[i].high = ret[i].low + step;
		ret[i].promo = ret[i].high + step;
	}
}

void mm_setup_reserve(const struct mm_setup_zone *z, unsigned int nr, unsigned int i, int64_t ratio,
		      unsigned int nr_types, int64_t *ret)
{
	int64_t above = 0;

	memset(ret, 0, nr_types * sizeof(*ret));
	if (ratio <= 0 || z[i].managed == 0)
		return;
	for (unsigned int t = z[i].type + 1; t < nr_types; t++) {
		for (unsigned int k = 0; k < nr; k++)
			if (z[k].node == z[i].node && z[k].type == t)
				above += z[k].managed;
		ret[t] = above / ratio;
	}
}

int64_t mm_setup_reserve_ratio(const char *zone)
{
	return strcmp(zone, "DMA") == 0 || strcmp(zone, "DMA32") == 0 ? 256 : strcmp(zone, "Normal") == 0 ? 32 : 0;
}

int32_t mm_setup_batch(int64_t managed, unsigned int page_size)
{
	int64_t most = (256 << 10) / (int64_t)page_size, batch = managed >> 12, p = 1;

	if (batch > most)
		batch = most;
	if (batch <= 1)
		return 1;
	batch += batch / 2;
	while (p * 2 <= batch)
		p *= 2;
	return (int32_t)(p - 1);
}

static int32_t highsize(int64_t pages, unsigned int cpus, int32_t batch)
{
	int64_t high = pages / (cpus ? cpus : 1);

	if (high < batch * 4)
		high = batch * 4;
	return high > INT32_MAX / 4 ? INT32_MAX / 4 : (int32_t)high;
}

struct mm_setup_pcp mm_setup_pcp(struct mm_facts facts, int64_t managed, int64_t low, unsigned int cpus, int64_t fraction,
				 unsigned int page_size)
{
	struct mm_setup_pcp p = { .batch = mm_setup_batch(managed, page_size) };

	p.high_min = highsize(fraction ? managed / fraction : low, cpus, p.batch);
	p.high_max = p.high_min;
	if (!fraction && mm_has(facts, PCP_AUTO))
		p.high_max = highsize(managed / HIGH_FRACTION_AUTO, cpus, p.batch);
	return p;
}
