// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random requests and frees, more than a million over all kernels, on two nodes with four zones: no page is handed
 * out twice or lies on two lists, counters equal the lists, blocks are merged as far as they can be, watermark checks
 * are right by a second hand, and when all is freed all is whole again.
 */
#include "sim_made.h"

#include <stdlib.h>
#include <string.h>

#define OPS 156000u
#define AUDIT_EVERY 12000u
#define NR_PFNS (B(64))
#define MAX_HELD 20000u

struct run {
	struct mm_sim *s;
	uint64_t seed;
	uint8_t *held;        /* by pfn: order + 1 of the first page, 255 inside */
	uint32_t *list;       /* first pfns held */
	unsigned int nr;
	bool lru;             /* pages go to the LRU: reclaim frees them and compaction moves them, so @held isn't kept */
	uint64_t granted, refused, oom, fast;
};

/* DMA32 8 blocks, Normal 24 (4 of them CMA) on node 0; Normal 16 and Movable 8 on node 1 */
static struct mm_sim_cfg two_nodes(enum test_kernel rules, bool defrag)
{
	struct mm_sim_cfg c = { .nr_cpus = 4, .page_size = 4096, .nr_zones = 4, .node_cpus = { 2, 2 } };

	mm_policy_init(&c.policy, k_release(rules));
	c.policy.tune[MM_TUNE_DEFRAG_MODE] = defrag;
	c.policy.tune[MM_TUNE_SHUFFLE] = defrag;
	c.seed = 99;
	c.zone[0] = (struct mm_sim_zone_cfg){ .node = 0, .name = "DMA32", .start_pfn = B(0), .end_pfn = B(8) };
	c.zone[1] = (struct mm_sim_zone_cfg){ .node = 0, .name = "Normal", .start_pfn = B(8), .end_pfn = B(32),
					      .managed = 24 * BLOCK - 100, .cma_start = B(20), .cma_end = B(24) };
	c.zone[2] = (struct mm_sim_zone_cfg){ .node = 1, .name = "Normal", .start_pfn = B(32), .end_pfn = B(48) };
	c.zone[3] = (struct mm_sim_zone_cfg){ .node = 1, .name = "Movable", .start_pfn = B(48), .end_pfn = B(56) };
	return c;
}

/* __zone_watermark_ok() once more, from the counts that everybody can see. */
static bool wmark_ok(const struct mm_sim *s, unsigned int zi, unsigned int order, int64_t mark, unsigned int zid,
		     unsigned int flags)
{
	struct mm_zone_info z;
	int64_t free = 0, high = 0, cma = 0, min = mark;
	bool block = false;

	mm_zone_get(s->m, zi, &z);
	for (unsigned int o = 0; o < 11; o++) {
		for (unsigned int t = 0; t < SG_MAX_MIGRATETYPES; t++)
			free += (int64_t)(z.type_free[t][o] << o);
		high += (int64_t)(z.type_free[H][o] << o);
		cma += (int64_t)(z.type_free[C][o] << o);
		if (o < order)
			continue;
		block |= z.type_free[U][o] || z.type_free[M][o] || z.type_free[R][o];
		block |= (flags & MM_ALLOC_CMA) && z.type_free[C][o];
		block |= (flags & (MM_ALLOC_HIGHATOMIC | MM_ALLOC_OOM)) && z.type_free[H][o];
	}
	assert_int_equal(free, z.nr_free);
	if (!mm_has(s->policy.facts, HIGHATOMIC_FREE)) /* the whole reserve, free or not */
		high = (int64_t)(z.type_blocks[H] * BLOCK);
	if (!(flags & (MM_ALLOC_MIN_RESERVE | MM_ALLOC_NON_BLOCK | MM_ALLOC_OOM | MM_ALLOC_HIGHATOMIC)))
		free -= high;
	if (!(flags & MM_ALLOC_CMA))
		free -= cma;
	free -= (1 << order) - 1;
	if (flags & MM_ALLOC_MIN_RESERVE) /* half, and for those who can't wait three eighths */
		min = flags & MM_ALLOC_NON_BLOCK ? min - min / 2 - (min - min / 2) / 4 : min - min / 2;
	if (flags & MM_ALLOC_OOM)
		min -= min / 2;
	return free > min + s->alloc->zone[zi].reserve[zid] && (order == 0 || block);
}

static void check_wmarks(struct run *r)
{
	for (unsigned int zi = 0; zi < mm_nr_zones(r->s->m); zi++)
		for (unsigned int flags = 0; flags < 32; flags++) {
			unsigned int order = (unsigned int)(sim_rnd(&r->seed) % 11), zid = flags % 4;
			struct mm_wmark_zone w;
			int64_t mark;

			mm_sim_wmark(r->s, zi, &w);
			/* around what there is, where the answer turns */
			mark = w.free - (1 << order) + (int64_t)(sim_rnd(&r->seed) % 64) - 32 - (int64_t)(flags & 1 ? 0 :
													  w.free_cma);
			assert_int_equal(mm_wmark_ok(&w, order, mark, zid, flags, w.free), wmark_ok(r->s, zi, order, mark, zid,
												    flags));
		}
}

/* A free block and its buddy of the same order lie apart only where their types forbid to merge. */
static void check_merged(const struct mm_machine *m)
{
	for (unsigned int zi = 0; zi < mm_nr_zones(m); zi++)
		for (unsigned int o = 0; o + 1 < 11; o++)
			for (unsigned int t = 0; t < SG_MAX_MIGRATETYPES; t++) {
				static uint64_t pfn[NR_PFNS];
				size_t n = mm_free_list(m, zi, o, t, pfn, NR_PFNS, NULL);

				for (size_t i = 0; i < n; i++) {
					uint64_t buddy = pfn[i] ^ 1ull << o;
					unsigned int a = mm_blk(m, pfn[i] / BLOCK).mt, b = mm_blk(m, buddy / BLOCK).mt;
					struct mm_page_info info;

					mm_page_get(m, buddy, &info);
					if (mm_zone_of(m, buddy) != (int)zi || info.state != MM_PAGE_FREE || info.order != o ||
					    info.head != buddy)
						continue;
					assert_true(o >= 9 && a != b && (a >= H || b >= H));
				}
			}
}

static void audit(struct run *r)
{
	struct sg_err err = { 0 };
	uint64_t held = 0;

	if (mm_audit(r->s->m, &err) != 0)
		fail_msg("after %llu operations of %s: %s", (unsigned long long)mm_position(r->s->m),
			 r->s->policy.name, err.text);
	for (unsigned int i = 0; i < MM_CONTRA_COUNT; i++)
		assert_int_equal(mm_contra_count(r->s->m, (enum mm_contra)i), 0);
	check_merged(r->s->m);
	check_wmarks(r);
	if (r->lru)
		return;
	/* every page is free, on a per-cpu list, held, or one of the 100 that nobody manages */
	for (unsigned int zi = 0; zi < mm_nr_zones(r->s->m); zi++) {
		struct mm_zone_info z;

		mm_zone_get(r->s->m, zi, &z);
		assert_int_equal(z.nr_free + z.nr_pcp + z.nr_alloc, z.end_pfn - z.start_pfn);
		held += z.nr_alloc;
	}
	for (uint64_t p = 0; p < NR_PFNS; p++)
		held -= r->held[p] != 0;
	assert_int_equal(held, 100);
}

static void got(struct run *r, const struct mm_request *rq, const struct mm_grant *g)
{
	const struct zone_state *z = &r->s->m->core.zone[g->zone];

	r->granted++;
	r->fast += g->fast;
	assert_int_equal(g->pfn & ((1ull << rq->order) - 1), 0);
	assert_true(g->pfn >= z->start && g->pfn + (1ull << rq->order) <= z->end);
	assert_true((unsigned int)z->zone_type <= rq->zone_type);
	if (rq->gfp & MM_GFP_THISNODE)
		assert_int_equal(z->node, rq->node);
	if (!(rq->gfp & MM_GFP_CMA_OK) || rq->mt != M)
		assert_int_not_equal(mm_blk(r->s->m, g->pfn / BLOCK).mt, C);
	if (r->lru) {
		if (rq->mt == M && rq->order == 0 && sim_rnd(&r->seed) % 4)
			mm_sim_lru_add(r->s, g->pfn, sim_rnd(&r->seed) % 3 ? MM_SIM_FILE : MM_SIM_ANON, sim_rnd(&r->seed) % 2);
		return;
	}
	for (uint64_t i = 0; i < 1ull << rq->order; i++) {
		assert_int_equal(r->held[g->pfn + i], 0);
		r->held[g->pfn + i] = i ? 255 : (uint8_t)(rq->order + 1);
	}
	r->list[r->nr++] = (uint32_t)g->pfn;
}

static void ask(struct run *r)
{
	static const uint32_t gfp[] = {
		MM_GFP_KERNEL | MM_GFP_CMA_OK, MM_GFP_KERNEL | MM_GFP_CMA_OK, MM_GFP_KERNEL | MM_GFP_NORETRY, MM_GFP_ATOMIC,
		MM_GFP_ATOMIC, MM_GFP_KSWAPD_RECLAIM, MM_GFP_KERNEL | MM_GFP_RETRY_MAYFAIL, MM_GFP_KERNEL | MM_GFP_THISNODE,
		MM_GFP_KERNEL | MM_GFP_MEMALLOC, MM_GFP_KERNEL | MM_GFP_NOMEMALLOC, MM_GFP_KERNEL | MM_GFP_NOFAIL, 0,
	};
	uint64_t x = sim_rnd(&r->seed);
	/* mostly small ones: 0 for half, each order above half as often */
	unsigned int order = (unsigned int)__builtin_ctzll(x | 1u << 10), kind = (unsigned int)(x >> 32 & 15);
	struct mm_request rq = {
		.now = r->s->now + (x >> 40 & 0xfffff), .pid = 3, .cpu = (uint16_t)(x >> 12 & 3), .order = (uint8_t)order,
		.mt = kind < 9 ? M : kind < 14 ? U : R, .gfp = gfp[(x >> 16 & 0xff) % (sizeof(gfp) / sizeof(gfp[0]))],
		.zone_type = (uint8_t)(kind == 3 ? 1 : kind < 9 ? 3 : 2), .node = (int8_t)(x >> 25 & 1),
		.oom_victim = (x >> 26 & 31) == 0, .in_reclaim = (x >> 26 & 31) == 1,
	};
	struct mm_grant g;

	if ((rq.gfp & MM_GFP_NOFAIL) && order > 1)
		rq.gfp &= ~(uint32_t)MM_GFP_NOFAIL;
	switch (mm_sim_alloc(r->s, &rq, &g)) {
	case MM_GOT_PAGE:
		got(r, &rq, &g);
		break;
	case MM_OOM:
		r->oom++;
		break;
	case MM_FAILED:
	default:
		assert_int_equal(g.pfn, UINT64_MAX);
		r->refused++;
	}
}

static void drop(struct run *r, unsigned int i)
{
	uint64_t pfn = r->list[i];
	unsigned int order = r->held[pfn] - 1u;

	memset(r->held + pfn, 0, 1ull << order);
	r->list[i] = r->list[--r->nr];
	mm_sim_release(r->s, (uint16_t)(sim_rnd(&r->seed) & 3), pfn, order);
}

/* With an LRU, the machine knows best what is allocated: any of it. */
static bool drop_at(struct run *r, uint64_t pfn)
{
	struct mm_page_info p;

	mm_page_get(r->s->m, pfn, &p);
	if (p.state != MM_PAGE_ALLOC || p.from_snapshot)
		return false;
	mm_sim_release(r->s, (uint16_t)(sim_rnd(&r->seed) & 3), p.head, p.order);
	return true;
}

static void step(struct run *r, bool filling)
{
	uint64_t x = sim_rnd(&r->seed) % 100;

	if (r->lru && x < 2) {
		mm_sim_kswapd(r->s, (int)(x & 1), r->s->now, 64);
		mm_sim_kcompactd(r->s, (int)(x & 1), r->s->now, 64);
	} else if (x == 3) {
		mm_sim_drain_zone(r->s, (unsigned int)(sim_rnd(&r->seed) & 3));
	} else if (x == 4) {
		mm_sim_tick(r->s, r->s->now + 1000000000);
	} else if (x < (filling ? 80 : 35)) {
		if (r->nr < MAX_HELD)
			ask(r);
	} else if (r->lru) {
		drop_at(r, B(0) + sim_rnd(&r->seed) % (56 * BLOCK));
	} else if (r->nr) {
		drop(r, (unsigned int)(sim_rnd(&r->seed) % r->nr));
	}
}

/* When all is given back, every zone is whole. */
static void all_back(struct run *r)
{
	while (!r->lru && r->nr)
		drop(r, r->nr - 1);
	/* a compaction in the middle of a zone holds pages */
	for (int node = 0; r->lru && node < 2; node++)
		while (mm_sim_kcompactd(r->s, node, r->s->now, 1000000))
			;
	for (uint64_t p = B(0); r->lru && p < B(56); p++)
		while (drop_at(r, p))
			;
	for (unsigned int zi = 0; zi < mm_nr_zones(r->s->m); zi++)
		mm_sim_drain_zone(r->s, zi);
	audit(r);
	for (unsigned int zi = 0; zi < mm_nr_zones(r->s->m); zi++) {
		struct mm_zone_info z;

		mm_zone_get(r->s->m, zi, &z);
		assert_int_equal(z.nr_pcp + z.nr_isolated, 0);
		assert_int_equal(z.nr_free, z.managed);
		/* below pageblock order only what the 100 pages without a manager leave of their block */
		for (unsigned int o = 0; o < 9; o++)
			assert_int_equal(z.free[o], zi == 1 && (412u >> o & 1));
	}
}

static void run(enum test_kernel rules, bool defrag, bool lru, uint64_t seed, unsigned int ops)
{
	struct mm_sim_cfg c = two_nodes(rules, defrag);
	struct run r = { .s = sim_make(&c), .seed = seed, .lru = lru, .held = calloc(NR_PFNS, 1),
			 .list = calloc(MAX_HELD, sizeof(*r.list)) };
	bool filling = true;

	assert_true(r.held && r.list);
	audit(&r);
	for (unsigned int i = 0; i < ops; i++) {
		/* up to exhaustion, and down again; where reclaim makes room, on and on */
		if (i % 16384 == 0)
			filling = lru || !(i / 16384 & 1);
		step(&r, filling);
		if (i % AUDIT_EVERY == 0)
			audit(&r);
	}
	print_message("%s: %llu granted, %llu of them at once, %llu refused, %llu out of memory\n",
		      k_name(rules), (unsigned long long)r.granted, (unsigned long long)r.fast,
		      (unsigned long long)r.refused, (unsigned long long)r.oom);
	/* the test is worth something only when all of this happened */
	assert_true(r.granted > ops / 8 && r.refused > 10 && r.fast < r.granted);
	assert_true(lru || r.oom > 0);
	assert_true(mm_sim_stat(r.s, MM_SIM_EXTFRAG) > 10);
	assert_true(mm_sim_stat(r.s, MM_SIM_HIGHATOMIC_RESERVE) > 0 || rules >= K_6_12);
	all_back(&r);
	mm_sim_free(r.s);
	free(r.held);
	free(r.list);
}

#define CASE(name, rules)                                            \
	static void name##_strict(void **state)                      \
	{                                                            \
		(void)state;                                         \
		run(rules, false, false, 1 + rules, OPS);            \
	}                                                            \
	static void name##_lru(void **state)                         \
	{                                                            \
		(void)state;                                         \
		run(rules, rules >= K_6_18, true, 100 + rules, OPS / 8); \
	}
CASE(linux_6_1, K_6_1)
CASE(linux_6_12, K_6_12)
CASE(linux_6_18, K_6_18)
CASE(linux_7_2, K_7_2)
CASE(linux_7_3, K_7_3)

static void defrag_strict(void **state)
{
	(void)state;
	run(K_7_3, true, false, 17, OPS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(linux_6_1_strict), cmocka_unit_test(linux_6_12_strict), cmocka_unit_test(linux_6_18_strict),
		cmocka_unit_test(linux_7_2_strict), cmocka_unit_test(linux_7_3_strict),	 cmocka_unit_test(defrag_strict),
		cmocka_unit_test(linux_6_1_lru),    cmocka_unit_test(linux_6_12_lru),	 cmocka_unit_test(linux_6_18_lru),
		cmocka_unit_test(linux_7_2_lru),    cmocka_unit_test(linux_7_3_lru),
	};

	return cmocka_run_group_tests_name("random requests on the simulated allocator", tests, NULL, NULL);
}
