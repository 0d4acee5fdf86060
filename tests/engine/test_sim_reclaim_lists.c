// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random use of the LRU under every rule set, classic and multi-gen: no page on two lists, counts equal the
 * lists, pages that reclaim says it took are gone and the others are there.
 */
#include <stdio.h>

#include "test_sim_reclaim.h"

#ifdef __SANITIZE_ADDRESS__
#define OPS 50000u /* for each of the ten */
#else
#define OPS 100000u
#endif

static uint64_t rnd(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* What the test believes of each page frame. */
enum belief { FREE, USED, LISTED, SLAB, TAIL };

struct run {
	struct box box;
	uint8_t page[END_PFN];
	uint8_t kind[END_PFN];
	uint64_t shadow[64][2]; /* of pages that went: shadow, kind */
	unsigned int nr_shadows;
	uint64_t seed, listed;  /* listed: base pages */
};

static void gone(void *arg, const struct mm_sim_gone *g)
{
	struct run *r = arg;

	assert_true(g->pfn < END_PFN);
	assert_int_equal(r->page[g->pfn], g->slab ? SLAB : LISTED);
	if (g->to != UINT64_MAX) {
		assert_true(g->to >= NODE_1 && g->pfn < NODE_1); /* demoted: to the other node */
		assert_int_equal(r->page[g->to], FREE);
		for (uint64_t i = 0; i < UINT64_C(1) << g->order; i++)
			r->page[g->to + i] = i ? TAIL : LISTED;
		r->kind[g->to] = r->kind[g->pfn];
	} else if (!g->slab) {
		assert_true(g->shadow != 0);
		assert_int_equal(g->kind, r->kind[g->pfn]);
		assert_int_equal(g->swapped, g->kind == MM_SIM_ANON);
		r->shadow[r->nr_shadows % 64][0] = g->shadow;
		r->shadow[r->nr_shadows++ % 64][1] = g->kind;
		r->listed -= UINT64_C(1) << g->order;
	}
	for (uint64_t i = 0; i < UINT64_C(1) << g->order; i++)
		r->page[g->pfn + i] = FREE;
}

/* A large folio that is swapped out page by page. */
static void split(void *arg, uint64_t pfn, unsigned int order)
{
	struct run *r = arg;

	assert_int_equal(r->page[pfn], LISTED);
	for (uint64_t i = 0; i < UINT64_C(1) << order; i++) {
		assert_int_equal(r->page[pfn + i], i ? TAIL : LISTED);
		r->kind[pfn + i] = r->kind[pfn];
	}
	for (uint64_t i = 1; i < UINT64_C(1) << order; i++)
		r->page[pfn + i] = LISTED;
}

static void audit(struct run *r)
{
	const struct sim_reclaim *rc = r->box.s->reclaim;
	uint64_t listed = 0;
	struct sg_err err = { 0 };

	box_sound(&r->box);
	if (mm_audit(r->box.s->m, &err) < 0)
		fail_msg("%s", err.text);
	assert_false(rc->oom);
	for (unsigned int l = 0; l < LRU_POOL(0, 0); l++)
		listed += rc->list[l].pages;
	assert_int_equal(listed, r->listed);
	assert_int_equal(mm_lru_total(r->box.s, 0) + mm_lru_total(r->box.s, 1), r->listed);
	for (uint64_t p = FIRST; p < END_PFN; p++) {
		struct page_ent e = mm_ent(r->box.s->m, p);

		assert_int_equal(mm_sim_on_lru(r->box.s, p), r->page[p] == LISTED);
		assert_int_equal(ent_state(&e) == PS_ALLOC, r->page[p] != FREE);
	}
}

static uint64_t pick(struct run *r, enum belief what)
{
	uint64_t p = FIRST + rnd(&r->seed) % (END_PFN - FIRST);

	for (unsigned int i = 0; i < 512; i++, p = p + 1 < END_PFN ? p + 1 : FIRST)
		if (r->page[p] == what)
			return p;
	return UINT64_MAX;
}

static void add(struct run *r)
{
	unsigned int order = rnd(&r->seed) % 16 ? 0 : (unsigned int)(rnd(&r->seed) % 5);
	uint64_t p = box_take(&r->box, rnd(&r->seed) % 3 == 0, order);
	enum mm_sim_lru_kind kind = rnd(&r->seed) % 2 ? MM_SIM_FILE : MM_SIM_ANON;
	unsigned int how = (unsigned int)(rnd(&r->seed) % 16);

	if (p == UINT64_MAX)
		return;
	for (uint64_t i = 0; i < UINT64_C(1) << order; i++) {
		assert_int_equal(r->page[p + i], FREE);
		r->page[p + i] = i ? TAIL : USED;
	}
	if (how == 0 && order == 0) {
		mm_sim_slab_add(r->box.s, (int)(rnd(&r->seed) % 2), p);
		r->page[p] = SLAB;
		return;
	}
	if (how == 1)
		return; /* in use, not on the LRU */
	if (how == 2 && r->nr_shadows) {
		unsigned int k = (unsigned int)(rnd(&r->seed) % (r->nr_shadows < 64 ? r->nr_shadows : 64));

		kind = (enum mm_sim_lru_kind)r->shadow[k][1];
		mm_sim_lru_refault(r->box.s, p, kind, r->shadow[k][0]);
	} else {
		mm_sim_lru_add(r->box.s, p, kind, rnd(&r->seed) % 4 == 0);
	}
	r->page[p] = LISTED;
	r->kind[p] = (uint8_t)kind;
	r->listed += UINT64_C(1) << order;
}

static void drop(struct run *r, uint64_t p)
{
	struct page_ent e = mm_ent(r->box.s->m, p);
	unsigned int order = ent_order(&e);

	if (r->page[p] == LISTED)
		r->listed -= UINT64_C(1) << order;
	if (r->page[p] == LISTED || r->page[p] == SLAB)
		mm_sim_lru_del(r->box.s, p);
	for (uint64_t i = 0; i < UINT64_C(1) << order; i++)
		r->page[p + i] = FREE;
	mm_sim_release(r->box.s, (uint16_t)(p & 1), p, order);
}

/* Migration: a page that isn't on the LRU takes the place of one of order 0. */
static void move(struct run *r)
{
	uint64_t from = pick(r, LISTED), to = pick(r, USED);

	if (from == UINT64_MAX || to == UINT64_MAX)
		return;
	if (mm_sim_lru_ent(r->box.s, from).order != 0 || (to + 1 < END_PFN && r->page[to + 1] == TAIL))
		return;
	mm_sim_lru_moved(r->box.s, from, to);
	r->page[to] = LISTED;
	r->kind[to] = r->kind[from];
	r->page[from] = USED;
}

static void reclaim(struct run *r)
{
	struct mm_request rq = box_kernel(&r->box, (unsigned int)(rnd(&r->seed) % 6));

	rq.node = (int8_t)(rnd(&r->seed) % 2);
	if (rnd(&r->seed) % 8 == 0)
		rq.gfp &= ~(uint32_t)MM_GFP_IO;
	switch (rnd(&r->seed) % 4) {
	case 0:
		mm_sim_direct_reclaim(r->box.s, &rq, rq.order);
		break;
	case 1:
		mm_sim_wake_kswapd(r->box.s, &rq, rq.order);
		break;
	default:
		r->box.now += rnd(&r->seed) % 60000000;
		mm_sim_kswapd(r->box.s, (int)(rnd(&r->seed) % 2), r->box.now, rnd(&r->seed) % 2000);
	}
}

static void step(struct run *r)
{
	unsigned int what = (unsigned int)(rnd(&r->seed) % 100);
	/* memory is nearly full most of the time */
	bool room = box_free(&r->box, 0) + box_free(&r->box, 1) > 300;
	uint64_t p;

	if (what < 45 && room) {
		add(r);
	} else if (what < 75) {
		p = pick(r, LISTED);
		if (p != UINT64_MAX)
			mm_sim_lru_touch(r->box.s, p);
	} else if (what < 85) {
		p = pick(r, rnd(&r->seed) % 8 ? LISTED : rnd(&r->seed) % 2 ? USED : SLAB);
		if (p != UINT64_MAX && (room ? what < 80 : true))
			drop(r, p);
	} else if (what < 90) {
		p = pick(r, LISTED);
		if (p != UINT64_MAX)
			mm_sim_lru_dirty(r->box.s, p, rnd(&r->seed) % 2);
	} else if (what < 93) {
		move(r);
	} else if (what < 96 || !room) {
		reclaim(r);
	}
}

static void random_use(enum test_kernel rules, bool gens)
{
	static struct run r;
	struct mm_sim_cfg cfg = box_cfg(rules, gens, 2);

	memset(&r, 0, sizeof(r));
	cfg.policy.tune[MM_TUNE_SWAP] = 1;
	cfg.policy.tune[MM_TUNE_DEMOTION] = rules & 1;
	box_open(&r.box, &cfg);
	r.box.rule = "no such rule";
	mm_sim_gone_hook(r.box.s, gone, &r);
	mm_sim_split_hook(r.box.s, split, &r);
	assert_int_equal(mm_sim_slab_pool(r.box.s, 21, 2), 0);
	assert_int_equal(mm_sim_slab_pool(r.box.s, 512, 0), 1);
	r.seed = 1000u * rules + gens;
	for (unsigned int i = 0; i < OPS; i++) {
		step(&r);
		if (i % 4096 == 0)
			audit(&r);
	}
	audit(&r);
	/* it did what it was made for */
	assert_true(mm_sim_stat(r.box.s, MM_SIM_PGSTEAL_FILE) > 1000 &&
		    mm_sim_stat(r.box.s, MM_SIM_PGSTEAL_ANON) > 100);
	assert_true(mm_sim_stat(r.box.s, MM_SIM_SLABS_SCANNED) > 100);
	/* with generations 6.x keeps used pages without calling that an activation */
	if (!gens || rules >= K_6_18)
		assert_true(mm_sim_stat(r.box.s, MM_SIM_PGACTIVATE) > 100);
	if (rules & 1)
		assert_true(mm_sim_stat(r.box.s, MM_SIM_PGDEMOTE) > 100);
	box_close(&r.box);
}

static void every_rule_set(void **state)
{
	(void)state;
	for (unsigned int rules = 0; rules < K_COUNT; rules++)
		for (unsigned int gens = 0; gens < 2; gens++)
			random_use((enum test_kernel)rules, gens != 0);
}

/* The same calls give the same state. */
static void same_again(void **state)
{
	uint64_t hash[2], steals[2];

	(void)state;
	for (unsigned int k = 0; k < 2; k++) {
		struct mm_sim_cfg cfg = box_cfg(K_7_3, true, 2);
		static struct run r;

		memset(&r, 0, sizeof(r));
		box_open(&r.box, &cfg);
		mm_sim_gone_hook(r.box.s, gone, &r);
		mm_sim_split_hook(r.box.s, split, &r);
		mm_sim_slab_pool(r.box.s, 21, 2);
		mm_sim_slab_pool(r.box.s, 21, 2);
		r.seed = 7;
		for (unsigned int i = 0; i < 20000; i++)
			step(&r);
		hash[k] = mm_hash(r.box.s->m);
		steals[k] = mm_sim_stat(r.box.s, MM_SIM_PGSTEAL_FILE);
		box_close(&r.box);
	}
	assert_true(steals[0] > 0);
	assert_int_equal(hash[0], hash[1]);
	assert_int_equal(steals[0], steals[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(every_rule_set), cmocka_unit_test(same_again) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
