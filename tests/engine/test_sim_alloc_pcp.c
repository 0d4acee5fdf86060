// SPDX-License-Identifier: GPL-2.0-only
/* The per-cpu lists of the simulated allocator: how many pages move, which ones, and when. */
#include "sim_made.h"

#include <string.h>

static const struct mm_pcp_zone calm = { false, false }, low = { true, false }, busy = { false, true };

/* As in a zone of 1 GiB with two CPUs. */
static struct mm_pcp_tune big(void)
{
	return (struct mm_pcp_tune){ .batch = 63, .high_min = 6930, .high_max = 15198 };
}

/*
 * 63, doubled with each refill, up to 63 << 5.  high starts at its least and grows by what was taken, since with more
 * room the zone would have been asked less often: 6930 + 63 + 126 + 252 + 504 + 1008 + 2016 + 2016 = 12,915.
 */
static void refill_doubles(void **state)
{
	static const int32_t want[] = { 63, 126, 252, 504, 1008, 2016, 2016 };
	struct mm_pcp_tune t = big();

	(void)state;
	for (unsigned int i = 0; i < 7; i++)
		assert_int_equal(mm_pcp_refill_count(k_facts(K_7_3), &t, calm, 0), want[i]);
	assert_int_equal(t.high, 12915);
	/* a free halves the factor, 5 to 2 */
	mm_pcp_free(k_facts(K_7_3), &t, calm, 0, false);
	assert_int_equal(mm_pcp_refill_count(k_facts(K_7_3), &t, calm, 0), 252);
	/* below the high watermark high stays */
	assert_int_equal(t.high, 12915 + 252);
	mm_pcp_refill_count(k_facts(K_7_3), &t, low, 0);
	assert_int_equal(t.high, 12915 + 252);
}

/* Orders above 0 take the batch by order, at least two blocks; a batch of one is one.  6.1 does so for order 0 too. */
static void refill_by_order(void **state)
{
	struct mm_pcp_tune t = big(), one = { .batch = 1, .high_min = 109, .high_max = 240 };

	(void)state;
	assert_int_equal(mm_pcp_refill_count(k_facts(K_6_18), &t, calm, 1), 31);
	assert_int_equal(mm_pcp_refill_count(k_facts(K_6_18), &t, calm, 3), 7);
	assert_int_equal(mm_pcp_refill_count(k_facts(K_6_18), &t, calm, 9), 2);
	assert_int_equal(mm_pcp_refill_count(k_facts(K_6_18), &one, calm, 3), 1);
	assert_int_equal(t.alloc_factor, 0);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(mm_pcp_refill_count(k_facts(K_6_1), &t, calm, 0), 63);
}

/* With high fixed at 300 and 200 pages there, only a batch fits: 300 - 200 - 63 = 37, but 63 at least. */
static void refill_without_room(void **state)
{
	struct mm_pcp_tune t = { .batch = 63, .high_min = 300, .high_max = 300, .count = 200, .alloc_factor = 2 };

	(void)state;
	assert_int_equal(mm_pcp_refill_count(k_facts(K_7_2), &t, calm, 0), 63);
	assert_int_equal(t.alloc_factor, 2);
	t.count = 0; /* 237 are too few for 252 */
	assert_int_equal(mm_pcp_refill_count(k_facts(K_7_2), &t, calm, 0), 237);
}

/* At high the batch goes, or what was freed in a row when that is more, but a batch is left. */
static void drain_amount(void **state)
{
	struct mm_pcp_tune t = big();
	struct mm_pcp_drain d;

	(void)state;
	t.count = 6928;
	d = mm_pcp_free(k_facts(K_7_3), &t, calm, 0, false);
	assert_int_equal(d.pages, 0);
	d = mm_pcp_free(k_facts(K_7_3), &t, calm, 0, false);
	assert_int_equal(d.high, 6930);
	assert_int_equal(d.pages, 63);
	assert_int_equal(d.piece, 63);
	t.free_count = 999;
	t.count = 6929;
	d = mm_pcp_free(k_facts(K_6_12), &t, calm, 0, false);
	assert_int_equal(d.pages, 1000);
	assert_int_equal(d.piece, 1000);
	/* so many freed in a row that high must grow: 9000 + 63; free_count itself ends at 63 << 5 or one above */
	t.free_count = 9000;
	t.count = 6929;
	d = mm_pcp_free(k_facts(K_7_3), &t, calm, 0, false);
	assert_int_equal(t.high, 9063);
	assert_int_equal(d.pages, 6930 - 63);
	/* kswapd at work: four batches */
	t = big();
	t.count = 251;
	d = mm_pcp_free(k_facts(K_7_3), &t, busy, 0, false);
	assert_int_equal(d.high, 252);
	assert_int_equal(d.pages, 63);
	/* below the high watermark all above high_min goes, a batch of it at a time, and high shrinks */
	t = big();
	t.high = 8000;
	t.count = 7000;
	d = mm_pcp_free(k_facts(K_7_3), &t, low, 0, false);
	assert_int_equal(t.high, 7937);
	assert_int_equal(d.high, 7001);
	assert_int_equal(d.pages, 63);
}

/* Orders 1 to 3 freed in a row: as much as possible, once enough was freed: a batch, since 6.18 half of high_min more. */
static void drain_high_orders(void **state)
{
	struct mm_pcp_tune t = big();
	struct mm_pcp_drain d;

	(void)state;
	t.count = 3000;
	t.free_count = 63;
	d = mm_pcp_free(k_facts(K_6_12), &t, calm, 2, false); /* the one before was none of them */
	assert_false(d.free_high);
	d = mm_pcp_free(k_facts(K_6_12), &t, calm, 2, false);
	assert_true(d.free_high);
	assert_int_equal(d.pages, 2016);
	d = mm_pcp_free(k_facts(K_6_18), &t, calm, 2, false);
	assert_false(d.free_high);
	t.free_count = 63 + 3465;
	d = mm_pcp_free(k_facts(K_6_18), &t, calm, 2, false);
	assert_true(d.free_high);
	/* huge pages don't count */
	d = mm_pcp_free(k_facts(K_6_18), &t, calm, 9, false);
	assert_false(d.free_high);
}

/* 6.1: 15, doubled with each drain in a row; an allocation halves the exponent. */
static void drain_6_1(void **state)
{
	static const int32_t want[] = { 15, 30, 60, 120, 240, 480, 480 };
	struct mm_pcp_tune t = { .batch = 15, .high_min = 2595, .high_max = 2595 };

	(void)state;
	for (unsigned int i = 0; i < 7; i++) {
		t.count = 2594;
		assert_int_equal(mm_pcp_free(k_facts(K_6_1), &t, calm, 0, false).pages, want[i]);
	}
	mm_pcp_tune_alloc(&t);
	t.count = 2594;
	assert_int_equal(mm_pcp_free(k_facts(K_6_1), &t, calm, 0, false).pages, 60);
	/* any order 1 to 3 after a drain: all of it */
	t.count = 100;
	assert_int_equal(mm_pcp_free(k_facts(K_6_1), &t, calm, 1, false).pages, 102);
}

/* An eighth less each time, not below high_min; what is above goes back. */
static void decay(void **state)
{
	struct mm_pcp_tune t = big();

	(void)state;
	t.high = 8000;
	t.count = 7500;
	assert_int_equal(mm_pcp_decay(k_facts(K_7_3), &t), 500);
	assert_int_equal(t.high, 7000);
	t.count = 100;
	assert_int_equal(mm_pcp_decay(k_facts(K_7_3), &t), 0);
	assert_int_equal(t.high, 6930);
	assert_int_equal(mm_pcp_decay(k_facts(K_6_1), &t), 0);
}

/*
 * Where a number just reaches a limit: nr_pcp_alloc(), nr_pcp_high(), nr_pcp_free(), 6.1 to 7.3.  A refill of a batch needs
 * high to be no less than that; the factor grows when what it gives just fits (63 in 126 less 63), in 6.1's drain only when
 * it is less; and high grows with what is freed in a row only where the list has reached it.
 */
static void just_at_a_limit(void **state)
{
	struct mm_pcp_tune t = { .batch = 63, .high_min = 63, .high_max = 63 };

	(void)state;
	assert_int_equal(mm_pcp_refill_count(k_facts(K_7_3), &t, calm, 0), 63);
	t.high_min = t.high_max = 62;
	assert_int_equal(mm_pcp_refill_count(k_facts(K_7_3), &t, calm, 0), 1);
	t = (struct mm_pcp_tune){ .batch = 63, .high_min = 126, .high_max = 126 };
	assert_int_equal(mm_pcp_refill_count(k_facts(K_6_12), &t, calm, 0), 63);
	assert_int_equal(t.alloc_factor, 1);
	t = (struct mm_pcp_tune){ .batch = 63, .high_min = 126, .high_max = 126, .count = 125 };
	assert_int_equal(mm_pcp_free(k_facts(K_6_1), &t, calm, 0, false).pages, 63);
	assert_int_equal(t.free_count, 0);
	t.high_max = 127;
	assert_int_equal(mm_pcp_free(k_facts(K_6_1), &t, calm, 0, false).pages, 63);
	assert_int_equal(t.free_count, 1);
	for (unsigned int below = 0; below < 2; below++) {
		t = big();
		t.free_count = 9000;
		t.count = 6929 - (int32_t)below;
		mm_pcp_free(k_facts(K_7_3), &t, calm, 0, false);
		assert_int_equal(t.high, below ? 6930 : 9063);
	}
}

/* 7.2 and later give the pages back a batch at a time, earlier ones all at once. */
static void drain_in_pieces(void **state)
{
	(void)state;
	for (enum test_kernel r = K_6_1; r < K_COUNT; r++) {
		struct mm_pcp_tune t = { .batch = 15, .high = 400, .high_min = 400, .high_max = 400, .count = 399,
					 .free_count = r == K_6_1 ? 2 : 59 };
		struct mm_pcp_drain d = mm_pcp_free(k_facts(r), &t, calm, 0, false);

		assert_int_equal(d.pages, 60);
		assert_int_equal(d.piece, r < K_7_2 ? 60 : 15);
	}
}

static const struct pcp_state *lists(const struct mm_sim *s, unsigned int cpu)
{
	return mm_cow_peek(&s->m->pcp, cpu);
}

static uint64_t page(struct mm_sim *s, unsigned int cpu, unsigned int order, unsigned int mt)
{
	struct mm_request rq = sim_request(order, mt, MM_GFP_KERNEL);
	struct mm_grant g;

	rq.cpu = (uint16_t)cpu;
	assert_int_equal(mm_sim_alloc(s, &rq, &g), MM_GOT_PAGE);
	return g.pfn;
}

/* Sets the limits of both CPUs' lists in a small zone. */
static struct mm_sim *tuned(enum test_kernel rules, int32_t batch, int32_t high)
{
	struct mm_sim *s = sim_small(rules, 16);

	for (unsigned int c = 0; c < 2; c++) {
		struct mm_pcp_tune *t = &s->alloc->pcp[c].tune;

		t->batch = batch;
		t->high = t->high_min = t->high_max = high;
	}
	return s;
}

/* A refill comes in the order of the pages; what was freed last is used first; each CPU has its own. */
static void order_of_use(void **state)
{
	struct mm_sim *s = tuned(K_7_3, 8, 1000);
	uint64_t a, b, c;

	(void)state;
	/* all blocks Movable: the first of the lowest pageblocks */
	a = page(s, 0, 0, M);
	assert_int_equal(a, B(0));
	assert_int_equal(lists(s, 0)->count, 7);
	b = page(s, 0, 0, M);
	assert_int_equal(b, B(0) + 1);
	mm_sim_release(s, 0, a, 0);
	assert_int_equal(page(s, 0, 0, M), a);
	/* the other CPU begins behind the eight */
	c = page(s, 1, 0, M);
	assert_int_equal(c, B(0) + 8);
	/* a page freed by another CPU goes to that one's list */
	mm_sim_release(s, 1, b, 0);
	assert_int_equal(page(s, 1, 0, M), b);
	sim_sound(s);
	mm_sim_free(s);
}

/*
 * Limit 6, batch 2.  Three Unmovable and three Movable pages are freed in turn u1 u2 u3 m1 m2 m3; the sixth reaches the
 * limit: clamp(6 in a row, 2, 6 - 2) = 4 go, first the list just used, from its tail: m1 m2 m3, then round to u1.
 */
static void round_robin(void **state)
{
	for (enum test_kernel r = K_6_12; r <= K_7_3; r++) {
		struct mm_sim *s = tuned(r, 2, 6);

		for (unsigned int i = 0; i < 16; i++)
			sim_occupy_block(s, i, M);
		sim_type(s, 3, U);
		sim_vacate(s, B(3), 9);
		sim_vacate(s, B(4), 9);
		for (unsigned int k = 0; k < BLOCK; k++) {
			sim_occupy(s, B(3) + k, 0, U);
			sim_occupy(s, B(4) + k, 0, M);
		}
		for (unsigned int k = 0; k < 3; k++)
			mm_sim_release(s, 0, B(3) + 10 * k, 0);
		assert_int_equal(lists(s, 0)->count, 3);
		for (unsigned int k = 0; k < 3; k++)
			mm_sim_release(s, 0, B(4) + 10 * k, 0);
		assert_int_equal(lists(s, 0)->count, 2);
		assert_int_equal(lists(s, 0)->list[U].first, B(3) + 20);
		assert_int_equal(lists(s, 0)->list[U].last, B(3) + 10);
		assert_int_equal(sim_blocks(s, 0, M), 3);
		assert_int_equal(sim_first(s, 0, U), B(3));
		sim_sound(s);
		mm_sim_free(s);
	}
	(void)state;
}

/* Orders 0 to 3 and 9 have lists; 9 one for Movable and one for the rest, in 6.1 one for all; without THP none. */
static void orders(void **state)
{
	struct mm_sim *s = tuned(K_7_3, 8, 2000), *old = tuned(K_6_1, 8, 2000);

	(void)state;
	for (unsigned int o = 0; o < 11; o++)
		assert_int_equal(mm_sim_pcp_order(s, o), o <= 3 || o == 9);
	mm_sim_release(s, 0, page(s, 0, 9, M), 9);
	assert_int_equal(lists(s, 0)->list[13].nr, 2); /* a refill of two */
	mm_sim_release(old, 0, page(old, 0, 9, M), 9);
	assert_int_equal(lists(old, 0)->list[12].nr, 2);
	sim_sound(s);
	sim_sound(old);
	s->policy.tune[MM_TUNE_THP] = 0;
	assert_false(mm_sim_pcp_order(s, 9));
	mm_sim_free(s);
	mm_sim_free(old);
}

/*
 * 6.1 gives a page back to the list that it was taken from or freed to; since 6.10 the pageblock is asked.  The block of
 * a page on a list changes from Movable to Unmovable meanwhile.
 */
static void type_at_drain(void **state)
{
	for (enum test_kernel r = K_6_1; r <= K_6_12; r++) {
		struct mm_sim *s = tuned(r, 1, 100);
		uint64_t p = page(s, 0, 0, M);

		mm_sim_release(s, 0, p, 0);
		sim_type(s, 0, U);
		mm_sim_drain_zone(s, 0);
		/* its pageblock is whole again, on one of the two types' lists */
		assert_int_equal(sim_blocks(s, 9, U) + sim_blocks(s, 9, M) + sim_blocks(s, 10, U) + sim_blocks(s, 10, M), 8);
		assert_int_equal(mm_blk(s->m, p / BLOCK).mt, U);
		assert_int_equal(sim_blocks(s, 10, r == K_6_1 ? M : U), r == K_6_1 ? 8 : 1);
		sim_sound(s);
		mm_sim_free(s);
	}
	(void)state;
}

/* Once a second; three seconds after the last use a remote node's pages go back. */
static void remote_drain(void **state)
{
	struct mm_sim_cfg c = sim_cfg(K_7_3, 16);
	const uint64_t second = 1000000000;
	struct mm_sim *s;

	(void)state;
	c.node_cpus[0] = c.node_cpus[1] = 1; /* CPU 1 belongs to a node without memory */
	s = sim_make(&c);
	s->alloc->pcp[0].tune.batch = s->alloc->pcp[1].tune.batch = 8;
	page(s, 0, 0, M);
	page(s, 1, 0, M);
	assert_int_equal(lists(s, 1)->count, 7);
	for (unsigned int i = 1; i <= 3; i++) {
		assert_int_equal(lists(s, 1)->count, 7);
		mm_sim_tick(s, i * second);
	}
	/* used in the first second: 3, 2, 1 and at the third visit none */
	assert_int_equal(lists(s, 1)->count, 0);
	assert_int_equal(lists(s, 0)->count, 7);
	sim_sound(s);
	mm_sim_free(s);
}

/*
 * Blocks of order 1 freed in a row all go back at the second one, unless the CPU's cache is larger than three batches:
 * then not before there is a batch of 8 pages on the list.  Four blocks of two pages are: at the fourth.  6.1 knows
 * no caches; there the first such free only counts when a drain came before it.
 */
static void large_cache(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 2 * K_COUNT; i++) {
		struct mm_sim_cfg c = sim_cfg((enum test_kernel)(i / 2), 16);
		bool large = i % 2;
		unsigned int stays = 0;
		uint64_t pfn[4];
		struct mm_sim *s;

		c.cpu_cache = large ? 25 * 4096 : 3 * 4096; /* batch 1 when it is made: four pages would do */
		s = sim_make(&c);
		assert_int_equal(s->alloc->pcp[0].large_cache, large);
		for (unsigned int k = 0; k < 4; k++)
			pfn[k] = page(s, 0, 1, M);
		mm_sim_drain_cpu(s, 0);
		s->alloc->pcp[0].tune = (struct mm_pcp_tune){ .batch = 8, .high = 400, .high_min = 400, .high_max = 400,
							      .free_count = !mm_has(c.policy.facts, PCP_AUTO) ? 0 : 208 };
		for (unsigned int k = 0; k < 4; k++) {
			mm_sim_release(s, 0, pfn[k], 1);
			stays += lists(s, 0)->count > 0;
		}
		/* 6.1: none of four; without the cache every one after the first; with it the fourth */
		assert_int_equal(stays, !mm_has(c.policy.facts, PCP_AUTO) ? 4 : large ? 3 : 1);
		mm_sim_free(s);
	}
}

/* A random request or free; without @again, each request walks over the zones. */
static uint64_t random_op(struct mm_sim *s, uint64_t rnd, uint64_t *held, unsigned int *nr, bool again)
{
	struct mm_request rq = sim_request(rnd % 8 ? 0 : rnd >> 8 & 3, rnd >> 16 & 1, MM_GFP_KERNEL | MM_GFP_CMA_OK);
	struct mm_grant g = { .pfn = UINT64_MAX };

	rq.cpu = rnd >> 20 & 1;
	rq.now = s->now + (rnd >> 24) % 40000000; /* visits come once a second */
	if (!again)
		memset(s->alloc->again, 0, sizeof(s->alloc->again));
	if (*nr < 7900 && rnd >> 32 & 1) {
		if (mm_sim_alloc(s, &rq, &g) == MM_GOT_PAGE)
			held[(*nr)++] = g.pfn | (uint64_t)rq.order << 60;
	} else if (*nr) {
		unsigned int i = (unsigned int)(rnd >> 40) % *nr;
		uint64_t pfn = held[i] & (UINT64_MAX >> 4);

		mm_sim_release(s, rq.cpu, pfn, (unsigned int)(held[i] >> 60));
		held[i] = held[--*nr];
	}
	return g.pfn;
}

/*
 * mm_sim_pcp_again() is a short cut: without it, the same pages come and all counts are the same.  Every 4000 operations
 * all goes back; in between 8192 pages go down to a few hundred, past the marks at 300, 200 and 100.
 */
static void short_cut(void **state)
{
	static uint64_t held[2][8000];

	(void)state;
	for (unsigned int rules = 0; rules < K_COUNT; rules++) {
		struct mm_sim *s[2] = { sim_small((enum test_kernel)rules, 16), sim_small((enum test_kernel)rules, 16) };
		unsigned int nr[2] = { 0, 0 };
		uint64_t seed = rules, taken = 0;

		for (unsigned int i = 0; i < 40000; i++) {
			uint64_t rnd = sim_rnd(&seed);

			/* mostly requests first, then mostly frees */
			if (i % 4000 < 3000 && rnd >> 33 & 7)
				rnd |= UINT64_C(1) << 32;
			if (i % 4000 >= 3000)
				rnd &= ~(UINT64_C(1) << 32);
			taken += s[0]->alloc->again[rnd >> 16 & 1].known;
			assert_int_equal(random_op(s[0], rnd, held[0], &nr[0], true),
					 random_op(s[1], rnd, held[1], &nr[1], false));
			assert_int_equal(nr[0], nr[1]);
		}
		assert_true(taken > 30000); /* it was used */
		for (unsigned int i = 0; i < MM_SIM_STATS; i++)
			assert_int_equal(s[0]->stat[i], s[1]->stat[i]);
		for (unsigned int cpu = 0; cpu < 2; cpu++) {
			assert_memory_equal(&s[0]->alloc->pcp[cpu].tune, &s[1]->alloc->pcp[cpu].tune, sizeof(struct mm_pcp_tune));
			assert_memory_equal(lists(s[0], cpu), lists(s[1], cpu), sizeof(struct pcp_state));
		}
		sim_sound(s[0]);
		mm_sim_free(s[0]);
		mm_sim_free(s[1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refill_doubles), cmocka_unit_test(refill_by_order), cmocka_unit_test(refill_without_room),
		cmocka_unit_test(drain_amount), cmocka_unit_test(drain_high_orders), cmocka_unit_test(drain_6_1),
		cmocka_unit_test(decay), cmocka_unit_test(just_at_a_limit), cmocka_unit_test(drain_in_pieces),
		cmocka_unit_test(order_of_use), cmocka_unit_test(round_robin),
		cmocka_unit_test(orders), cmocka_unit_test(type_at_drain), cmocka_unit_test(remote_drain),
		cmocka_unit_test(short_cut), cmocka_unit_test(large_cache),
	};

	return cmocka_run_group_tests_name("per-cpu lists of the simulated allocator", tests, NULL, NULL);
}
