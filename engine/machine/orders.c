// SPDX-License-Identifier: GPL-2.0-only
/* Which orders a machine has: those of its free blocks, of its pageblocks, and of what lies on per-cpu lists. */
#include <stdlib.h>
#include <string.h>

#include "machine/state.h"

/* Guesses, for captures that say nothing: what most kernels with pages of 4 KiB are built with. */
#define USUAL_ORDERS 11u
#define USUAL_PAGEBLOCK 9u

static unsigned int page_shift(const struct sg_capture *cap)
{
	return cap->page_size >= 1024 && cap->page_size <= 1u << 20 ? (unsigned int)__builtin_ctz(cap->page_size) : 12;
}

/* The columns of buddyinfo and pagetypeinfo, 0 when no snapshot has them. */
static unsigned int snapshot_orders(const struct mm_config *cfg)
{
	unsigned int most = 0;

	for (unsigned int i = 0; i < cfg->nr_seeds; i++)
		for (unsigned int k = 0; cfg->seed[i].snap && k < cfg->seed[i].snap->nr_zones; k++)
			if (cfg->seed[i].snap->zone[k].nr_orders > most)
				most = cfg->seed[i].snap->zone[k].nr_orders;
	return most <= MM_MAX_ORDERS ? most : 0;
}

static unsigned int snapshot_pageblock(const struct mm_config *cfg)
{
	for (unsigned int i = 0; i < cfg->nr_seeds; i++) {
		unsigned int o = cfg->seed[i].snap ? cfg->seed[i].snap->pageblock_order : 0;

		if (o >= 1 && o < MM_MAX_ORDERS)
			return o;
	}
	return 0;
}

/*
 * A guess: MAX_PAGE_ORDER as kernels are mostly built.
 * Source: arch/arm64/Kconfig: ARCH_FORCE_MAX_ORDER, arch/powerpc/Kconfig, 6.4 to 7.3
 */
static unsigned int usual_orders(const struct sg_capture *cap)
{
	switch (page_shift(cap)) {
	case 14:
		return 12;
	case 16:
		return cap->arch == SG_ARCH_PPC64 ? 9 : 14;
	default:
		return USUAL_ORDERS;
	}
}

/*
 * A guess: HUGETLB_PAGE_ORDER, which is that of a huge page in the second level of page tables mostly.
 * Source: include/linux/pageblock-flags.h, 6.1 to 7.3; on ppc64 pageblock_order is set at boot: 5 with a radix MMU
 */
static unsigned int usual_pageblock(const struct sg_capture *cap, unsigned int nr_orders)
{
	unsigned int o = USUAL_PAGEBLOCK;

	if (cap->arch == SG_ARCH_S390X)
		o = 8;
	else if (page_shift(cap) == 16 && cap->arch == SG_ARCH_PPC64)
		o = 5;
	else if (page_shift(cap) > 12)
		o = page_shift(cap) - 3;
	return o < nr_orders ? o : nr_orders - 1;
}

/*
 * Order of a transparent huge page of one page table, 0 when nothing tells: the largest size that sysfs offers, else
 * what the capture's formats say.
 */
static unsigned int huge_order(const struct mm_config *cfg)
{
	const struct sg_snapshot *s = cfg->nr_seeds ? cfg->seed[0].snap : NULL;
	const char *v = s ? sg_snapshot_get(s, "thp.hpage_pmd_size") : NULL;
	uint64_t most = v ? strtoull(v, NULL, 10) >> 10 : 0, page = (1ull << page_shift(cfg->cap)) >> 10;

	for (unsigned int i = 0; s && !v && i < s->nr_kv; i++)
		if (strncmp(s->kv[i].key, "thp.hugepages-", 14) == 0) {
			uint64_t kb = strtoull(s->kv[i].key + 14, NULL, 10);

			if (kb > most)
				most = kb;
		}
	for (unsigned int o = 1; page && o < MM_MAX_ORDERS; o++)
		if (page << o == most)
			return o;
	return cfg->cap->huge_order < MM_MAX_ORDERS ? cfg->cap->huge_order : 0;
}

/*
 * Source: mm/page_alloc.c: pcp_allowed_order(); before 5.14 rmqueue() and __free_pages() take only order 0 to and from
 * per-cpu lists; up to 6.9 the list of huge pages is of pageblock_order, from 6.10 on of HPAGE_PMD_ORDER.
 */
void mm_orders_pcp(struct mm_machine *m, const struct mm_config *cfg)
{
	unsigned int huge = mm_has(m->facts, PCP_HUGE_PMD) ? huge_order(cfg) : m->pb_order;

	if (!mm_has(m->facts, PCP_ORDERS)) {
		m->pcp_costly = m->pcp_huge = 0;
		return;
	}
	m->pcp_costly = MM_COSTLY_ORDER;
	m->pcp_huge = huge && huge < m->nr_orders ? huge : m->pb_order;
}

void mm_orders_init(struct mm_machine *m, const struct mm_config *cfg)
{
	const struct sg_capture *cap = cfg->cap;
	unsigned int pb = cfg->pageblock_order, nr = cfg->nr_orders;
	bool pb_assumed = false, nr_assumed = false;

	if (pb == 0)
		pb = snapshot_pageblock(cfg);
	if (pb == 0)
		pb = cap->pageblock_order;
	if (nr == 0)
		nr = snapshot_orders(cfg);
	/* from 6.16 on the format has PAGE_BLOCK_MAX_ORDER, which may be less than MAX_PAGE_ORDER */
	if (nr == 0 && (!mm_has(m->facts, BLOCK_MAX_ORDER) || cap->nr_orders >= usual_orders(cap)))
		nr = cap->nr_orders;
	/* arch/x86 has never had another one */
	if (nr == 0 && (cap->arch == SG_ARCH_X86_64 || cap->arch == SG_ARCH_I386))
		nr = USUAL_ORDERS;
	if (nr < 2 || nr > MM_MAX_ORDERS) {
		nr = usual_orders(cap);
		nr_assumed = true;
		if (cfg->max_order_hint >= nr && cfg->max_order_hint < MM_MAX_ORDERS)
			nr = cfg->max_order_hint + 1;
	}
	if (pb == 0 || pb >= MM_MAX_ORDERS) {
		pb = usual_pageblock(cap, nr);
		pb_assumed = true;
	}
	if (pb >= nr)
		nr = pb + 1; /* a pageblock is a block */
	m->nr_orders = nr;
	m->pb_order = pb;
	mm_orders_pcp(m, cfg);
	if (nr_assumed && cfg->limits)
		sg_limits_add(cfg->limits, SG_LIMIT_ORDERS_ASSUMED, 1, SG_LIMIT_END,
			      "record a snapshot beside the trace: /proc/buddyinfo has a column for each order",
			      "which orders of free blocks the kernel has isn't in this capture: 0 to %u are assumed, as with "
			      "most kernels of this page size", nr - 1);
	if (pb_assumed && cfg->limits)
		sg_limits_add(cfg->limits, SG_LIMIT_PAGEBLOCK_ASSUMED, 1, SG_LIMIT_END,
			      "record a snapshot beside the trace: /proc/pagetypeinfo begins with it",
			      "the size of a pageblock isn't in this capture: order %u is assumed, as with most kernels of this "
			      "page size; types of pageblocks, fallbacks and the scanners of compaction are as good as that", pb);
}
