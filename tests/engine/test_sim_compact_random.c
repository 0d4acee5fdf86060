// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random machines under simulated compaction.  Pages are given names; whatever the scanners do, each name is on
 * exactly one allocated page afterwards, LRU pages that aren't pinned may have moved, others never, and the machine
 * is whole.
 */
#include "test_sim_compact.h"

#include <stdlib.h>
#include <string.h>

#define PAGES (NR_BLOCKS * PB)
#define OPERATIONS 40000u /* for each kernel */

static uint64_t rnd(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* What the test knows of an allocation; its name is in the owner of each of its pages. */
struct owned {
	uint64_t pfn; /* where it was last seen */
	uint8_t order;
	bool used, lru, pinned, seen;
};

struct random_zone {
	struct mm_sim *s;
	struct owned own[PAGES];
	uint64_t seed;
	unsigned int nr; /* in use */
};

static void allocate(struct random_zone *r)
{
	unsigned int o = rnd(&r->seed) % 8 ? 0 : rnd(&r->seed) % 4, name = rnd(&r->seed) % PAGES;
	bool lru = rnd(&r->seed) % 4;
	struct mm_request rq = {
		.now = r->s->now + 1000, .pid = (int32_t)name, .order = (uint8_t)o, .zone_type = 2,
		.mt = lru ? MM_MT_MOVABLE : MM_MT_UNMOVABLE, .gfp = MM_GFP_KSWAPD_RECLAIM | MM_GFP_COMP,
	};
	struct mm_grant g;

	if (r->own[name].used || mm_sim_alloc(r->s, &rq, &g) != MM_GOT_PAGE)
		return;
	r->own[name] = (struct owned){ .pfn = g.pfn, .order = (uint8_t)o, .used = true, .lru = lru };
	r->nr++;
	if (lru)
		mm_sim_lru_add(r->s, g.pfn, rnd(&r->seed) % 2 ? MM_SIM_ANON : MM_SIM_FILE, false);
	if (lru && rnd(&r->seed) % 8 == 0) {
		mm_sim_pin(r->s, g.pfn, true);
		r->own[name].pinned = true;
	}
}

static void release(struct random_zone *r)
{
	unsigned int name = rnd(&r->seed) % PAGES;

	if (!r->own[name].used)
		return;
	mm_sim_release(r->s, 0, r->own[name].pfn, r->own[name].order);
	r->own[name].used = false;
	r->nr--;
}

/* Free memory goes up and down around a tenth of the zone, so that it is scattered. */
static void step(struct random_zone *r)
{
	if (free_pages(r->s) > 60 + rnd(&r->seed) % 100)
		allocate(r);
	else
		release(r);
}

/* Each name is on as many pages as its allocation has, side by side; what must stay has stayed. */
static void find_all(struct random_zone *r)
{
	unsigned int pages[PAGES] = { 0 }, found = 0;

	for (uint64_t p = FIRST; p < LAST; p++) {
		struct page_ent e = mm_ent(r->s->m, p);
		struct owned *w;

		if (ent_state(&e) != PS_ALLOC)
			continue;
		assert_true(e.a < PAGES);
		w = &r->own[e.a];
		assert_true(w->used);
		assert_int_equal(ent_order(&e), w->order);
		if (pages[e.a]++ == 0) {
			if (p != w->pfn) {
				assert_true(w->lru);
				assert_false(w->pinned);
			}
			w->pfn = p;
			found++;
		}
		assert_int_equal(p >> w->order, w->pfn >> w->order);
	}
	assert_int_equal(found, r->nr);
	for (unsigned int i = 0; i < PAGES; i++)
		assert_int_equal(pages[i], r->own[i].used ? 1u << r->own[i].order : 0);
	for (unsigned int i = 0; i < PAGES; i++)
		assert_int_equal(r->own[i].used && r->own[i].lru, r->own[i].used && mm_sim_on_lru(r->s, r->own[i].pfn));
}

/* One run; the pages that it moved are counted once each. */
static void compact(struct random_zone *r, unsigned int order)
{
	struct mm_sim *s = r->s;
	unsigned int prio = rnd(&r->seed) % 3;
	struct mm_request rq = movable(order);
	uint64_t pfn, moved = mm_sim_stat(s, MM_SIM_PGMIGRATE_SUCCESS), was[PAGES], differ = 0;
	enum mm_compact_result ret;

	if (rnd(&r->seed) % 2)
		rq.mt = MM_MT_UNMOVABLE;
	for (unsigned int i = 0; i < PAGES; i++)
		was[i] = r->own[i].used ? r->own[i].pfn : 0;
	ret = mm_sim_direct_compact(s, &rq, order, prio, 0, &pfn);
	assert_in_range(ret, MM_COMPACT_SKIPPED, MM_COMPACT_SUCCESS);
	if (pfn != UINT64_MAX) { /* captured: it is ours now, and free again */
		assert_int_equal(ret, MM_COMPACT_SUCCESS);
		assert_int_equal(pfn & ((1u << order) - 1), 0);
		assert_int_equal(state_of(s, pfn), PS_ISO);
		mm_sim_release_block(s, 0, pfn, order);
	}
	find_all(r);
	for (unsigned int i = 0; i < PAGES; i++)
		if (r->own[i].used && was[i] != r->own[i].pfn)
			differ += 1u << r->own[i].order;
	/*
	 * a page may move on in the same run when the migrate scanner comes by where it went, but no run meets it
	 * twice
	 */
	assert_true(differ <= mm_sim_stat(s, MM_SIM_PGMIGRATE_SUCCESS) - moved);
	assert_int_equal(s->compact->nr_batch, 0);
}

static void run(enum test_kernel rules, uint64_t seed)
{
	struct mm_sim_cfg cfg = zone_cfg(rules);
	struct random_zone *r = calloc(1, sizeof(*r));

	r->seed = seed;
	r->s = zone_new(&cfg);
	for (unsigned int i = 0; i < OPERATIONS; i++) {
		switch (rnd(&r->seed) % 64) {
		case 0:
			compact(r, 1 + rnd(&r->seed) % 7);
			break;
		case 1:
			mm_sim_wake_kcompactd(r->s, 0, 1 + rnd(&r->seed) % 6, 2);
			break;
		case 2:
			r->s->compact->zone[0].flush |= rnd(&r->seed) % 2;
			mm_sim_compaction_reset(r->s, 0);
			break;
		case 3:
			mm_sim_kcompactd(r->s, 0, r->s->now + rnd(&r->seed) % 1000000000, 1 + rnd(&r->seed) % 300);
			find_all(r);
			break;
		default:
			step(r);
		}
		if (i % 64 == 0)
			audit(r->s);
	}
	find_all(r);
	audit(r->s);
	/* kcompactd's work done, no page is left in between */
	for (unsigned int i = 0; i < 100; i++)
		mm_sim_kcompactd(r->s, 0, r->s->now, UINT64_MAX / 2);
	mm_sim_drain_zone(r->s, 0);
	assert_int_equal(mm_sim_zone(r->s, 0)->nr_pages[PS_ISO], 0);
	assert_true(mm_sim_stat(r->s, MM_SIM_PGMIGRATE_SUCCESS) > 100);
	assert_true(mm_sim_stat(r->s, MM_SIM_PGMIGRATE_FAIL) > 0);
	assert_true(mm_sim_stat(r->s, MM_SIM_COMPACT_DAEMON_WAKE) > 0);
	mm_sim_free(r->s);
	free(r);
}

static void random_6_1(void **state)
{
	(void)state;
	run(K_6_1, 1);
}

static void random_6_12(void **state)
{
	(void)state;
	run(K_6_12, 2);
}

static void random_6_18(void **state)
{
	(void)state;
	run(K_6_18, 3);
}

static void random_7_2(void **state)
{
	(void)state;
	run(K_7_2, 4);
}

static void random_7_3(void **state)
{
	(void)state;
	run(K_7_3, 5);
}

/* The same calls give the same state. */
static void deterministic(void **state)
{
	uint64_t hash[2];

	(void)state;
	for (unsigned int k = 0; k < 2; k++) {
		struct mm_sim_cfg cfg = zone_cfg(K_7_3);
		struct random_zone *r = calloc(1, sizeof(*r));

		r->seed = 42;
		r->s = zone_new(&cfg);
		for (unsigned int i = 0; i < 4000; i++) {
			step(r);
			if (i % 100 == 0)
				compact(r, 1 + rnd(&r->seed) % 6);
		}
		hash[k] = mm_hash(r->s->m);
		mm_sim_free(r->s);
		free(r);
	}
	assert_true(hash[0] == hash[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_6_1), cmocka_unit_test(random_6_12), cmocka_unit_test(random_6_18),
		cmocka_unit_test(random_7_2), cmocka_unit_test(random_7_3), cmocka_unit_test(deterministic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
