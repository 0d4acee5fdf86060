// SPDX-License-Identifier: GPL-2.0-only
/* The allocator's hooks, one by one: an answer that shows, and wrong ones that are caught. */
#include "sim_made.h"

#include "hooked.h"

/* The policy's answers, set by the tests. */
static uint64_t say_pfn;
static int64_t say;

static void pick(void *state, const struct mm_eye *eye, const struct mm_ask_pick *in, uint64_t *pfn)
{
	*pfn = say_pfn;
}

/* All blocks are of order 10, the first at B(0).  Another one is taken from, at its start. */
static void hook_pick(void **state)
{
	static const struct mm_hooks h = { MM_HOOKS_HEAD("p"), .pick = pick };
	struct mm_sim *s = hooked(K_7_3, &h);
	uint64_t pfn;

	(void)state;
	say_pfn = B(6);
	assert_int_equal(sim_ask_for(s, 4, M, 0, &pfn), MM_GOT_PAGE);
	assert_int_equal(pfn, B(6));
	assert_int_equal(sim_first(s, 9, M), B(7));
	assert_faultless(s);
	say_pfn = B(6) + 16; /* of order 4 */
	sim_ask_for(s, 5, M, 0, &pfn);
	assert_int_equal(pfn, B(6) + 32);
	assert_wrong(s, "pick", "the block is too small");
	hooked_done(s);
}

static void pick_wrong(uint64_t pfn, unsigned int type, const char *what)
{
	static const struct mm_hooks h = { MM_HOOKS_HEAD("p"), .pick = pick };
	struct mm_sim *s = hooked_full(K_7_3, &h);
	uint64_t got;

	sim_type(s, 2, type);
	sim_vacate(s, B(2), 9);
	sim_vacate(s, B(5), 9);
	say_pfn = pfn;
	sim_ask_for(s, 4, M, 0, &got);
	assert_int_equal(got, B(5));
	assert_wrong(s, "pick", what);
	hooked_done(s);
}

static void hook_pick_wrong(void **state)
{
	(void)state;
	pick_wrong(B(6), U, "the page is not the first of a free block");
	pick_wrong(B(5) + 1, U, "the page is not the first of a free block");
	pick_wrong(B(2), U, "the block is on another type's list");
	pick_wrong(MM_NO_PFN, U, "the page is not in the zone");
	pick_wrong(0, U, "the page is not in the zone");
}

static void fallback(void *state, const struct mm_eye *eye, const struct mm_ask_fallback *in, struct mm_reply_fallback *r)
{
	r->pfn = say_pfn;
	r->claim = (uint32_t)say;
}

/* The kernel would claim B(0) for an Unmovable request. */
static struct mm_sim *fall_back(enum test_kernel k, uint64_t pfn, int64_t claim, uint64_t *ret)
{
	static const struct mm_hooks h = { MM_HOOKS_HEAD("f"), .fallback = fallback };
	struct mm_sim *s = hooked(k, &h);

	say_pfn = pfn;
	say = claim;
	sim_ask_for(s, 4, U, 0, ret);
	return s;
}

static unsigned int type_of(const struct mm_sim *s, unsigned int i)
{
	return mm_blk(s->m, B(i) / BLOCK).mt;
}

static void hook_fallback(void **state)
{
	struct mm_sim *s;
	uint64_t pfn;

	(void)state;
	for (enum test_kernel k = K_6_1; k < K_COUNT; k++) {
		s = fall_back(k, B(4), 1, &pfn);
		assert_int_equal(pfn, B(4));
		assert_int_equal(type_of(s, 4), U);
		assert_int_equal(type_of(s, 5), U);
		assert_int_equal(type_of(s, 0), M);
		assert_faultless(s);
		hooked_done(s);
	}
	s = fall_back(K_7_3, B(4), 0, &pfn);
	assert_int_equal(pfn, B(4));
	assert_int_equal(type_of(s, 4), M);
	assert_int_equal(sim_first(s, 9, M), B(5));
	assert_faultless(s);
	hooked_done(s);
	/* none at all: the request can't wait, and fails */
	s = fall_back(K_7_3, MM_NO_PFN, 0, &pfn);
	assert_int_equal(pfn, UINT64_MAX);
	assert_faultless(s);
	hooked_done(s);
}

static void hook_fallback_wrong(void **state)
{
	static const struct {
		uint64_t pfn;
		int64_t claim;
		enum test_kernel k;
		const char *what;
	} wrong[] = {
		{ B(4), 2, K_7_3, "the answer must be 0 or 1" },
		{ B(5), 1, K_7_3, "the page is not the first of a free block" },
		{ 1, 0, K_7_3, "the page is not in the zone" },
		{ B(4), 0, K_6_1, "before 6.10 whole pageblocks are always claimed" },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		uint64_t pfn;
		struct mm_sim *s = fall_back(wrong[i].k, wrong[i].pfn, wrong[i].claim, &pfn);

		assert_int_equal(pfn, B(0));
		assert_int_equal(type_of(s, 0), U);
		assert_wrong(s, "fallback", wrong[i].what);
		hooked_done(s);
	}
}

/* Block 5 is in use but for its first 255 pages, all but those are on the LRU. */
static struct mm_sim *holes(const struct mm_hooks *h)
{
	struct mm_sim *s = hooked_full(K_7_3, h);

	sim_vacate(s, B(5), 9);
	for (unsigned int k = 0; k < BLOCK; k++)
		sim_occupy(s, B(5) + k, 0, M);
	for (unsigned int k = 255; k < BLOCK; k++)
		mm_sim_lru_add(s, B(5) + k, MM_SIM_FILE, false);
	for (unsigned int k = 0; k < 255; k++)
		sim_vacate(s, B(5) + k, 0);
	return s;
}

static struct mm_ask_claim asked;

static void claim(void *state, const struct mm_eye *eye, const struct mm_ask_claim *in, uint32_t *yes)
{
	asked = *in;
	*yes = (uint32_t)say;
}

/* 255 are free and none is alike: one short of half.  The first block that the search comes to is of order 7, at the start. */
static void hook_claim(void **state)
{
	static const struct mm_hooks h = { MM_HOOKS_HEAD("c"), .claim = claim };
	struct mm_sim *s = holes(&h);
	struct zone_state *z = &s->m->core.zone[0];

	(void)state;
	say = 1;
	assert_int_equal(mm_sim_rmqueue_buddy(s, z, 7, U, MM_ALLOC_KSWAPD), B(5));
	assert_int_equal(asked.pfn, B(5));
	assert_int_equal(asked.block_order, 7);
	assert_int_equal(asked.free, 255);
	assert_int_equal(asked.alike, 0);
	assert_int_equal(asked.half, 256);
	assert_int_equal(type_of(s, 5), U);
	assert_int_equal(sim_first(s, 6, U), B(5) + 128);
	assert_faultless(s);
	mm_sim_free(s);

	s = holes(&h);
	say = 7;
	assert_int_equal(mm_sim_rmqueue_buddy(s, &s->m->core.zone[0], 7, U, MM_ALLOC_KSWAPD), B(5));
	assert_int_equal(type_of(s, 5), M);
	assert_int_equal(sim_first(s, 6, M), B(5) + 128);
	assert_wrong(s, "claim", "the answer must be 0 or 1");
	mm_sim_free(s);
}

static unsigned int whys;

static void place(void *state, const struct mm_eye *eye, const struct mm_ask_place *in, struct mm_reply_place *r)
{
	whys |= 1u << in->why;
	if (in->why != MM_PLACE_FREED || in->pfn == B(5))
		return;
	r->where = (uint32_t)say;
	r->before = say_pfn;
}

/* Blocks 5, 7 and 9 come free one after the other: the kernel's list would be 9, 7, 5. */
static void placed(int64_t where, uint64_t before, uint64_t a, uint64_t b, uint64_t c, const char *what)
{
	static const struct mm_hooks h = { MM_HOOKS_HEAD("place"), .place = place };
	struct mm_sim *s = hooked_full(K_7_3, &h);
	uint64_t pfn[4];

	say = where;
	say_pfn = before;
	for (unsigned int i = 5; i <= 9; i += 2)
		sim_vacate(s, B(i), 9);
	assert_int_equal(mm_free_list(s->m, 0, 9, M, pfn, 4, NULL), 3);
	assert_int_equal(pfn[0], a);
	assert_int_equal(pfn[1], b);
	assert_int_equal(pfn[2], c);
	if (what)
		assert_wrong(s, "place", what);
	else
		assert_faultless(s);
	sim_ask_for(s, 4, U, 0, pfn); /* it is claimed, and split */
	hooked_done(s);
}

static void hook_place(void **state)
{
	(void)state;
	whys = 0;
	placed(MM_PLACE_TAIL, 0, B(5), B(7), B(9), NULL);
	placed(MM_PLACE_BEFORE, B(5), B(7), B(9), B(5), NULL);
	assert_int_equal(whys, 1u << MM_PLACE_FREED | 1u << MM_PLACE_SPLIT);
	placed(3, 0, B(9), B(7), B(5), "there is no such place");
	placed(MM_PLACE_BEFORE, B(6), B(9), B(7), B(5), "the page is not the first of a free block");
	placed(MM_PLACE_BEFORE, B(9), B(9), B(7), B(5), "the page is not the first of a free block");
}

static void refill(void *state, const struct mm_eye *eye, const struct mm_ask_pcp *in, int32_t *blocks)
{
	*blocks = (int32_t)say;
}

static uint32_t on_pcp(const struct mm_sim *s)
{
	return ((const struct pcp_state *)mm_cow_peek(&s->m->pcp, 0))->count;
}

static void hook_refill(void **state)
{
	static const struct mm_hooks h = { MM_HOOKS_HEAD("r"), .refill = refill };
	struct mm_sim *s = hooked(K_7_3, &h), *plain = sim_small(K_7_3, 16);
	uint64_t pfn;

	(void)state;
	say = 5;
	sim_ask_for(s, 0, M, 0, &pfn);
	assert_int_equal(on_pcp(s), 4);
	assert_faultless(s);
	/* none: past the lists */
	say = 0;
	assert_int_equal(sim_ask_for(s, 0, U, 0, &pfn), MM_GOT_PAGE);
	assert_int_equal(on_pcp(s), 4);
	assert_faultless(s);
	hooked_done(s);

	s = hooked(K_7_3, &h);
	say = 4097;
	sim_ask_for(s, 0, M, 0, &pfn);
	sim_ask_for(plain, 0, M, 0, &pfn);
	assert_int_equal(on_pcp(s), on_pcp(plain));
	assert_wrong(s, "refill", "more blocks than a refill may take, or fewer than none");
	hooked_done(plain);
	hooked_done(s);
}

static void drain(void *state, const struct mm_eye *eye, const struct mm_ask_pcp *in, struct mm_reply_drain *r)
{
	r->pages = say ? in->count + 1 : 0;
	r->piece = 1;
}

/* In so small a zone the kernel gives a huge page back at once. */
static void hook_drain(void **state)
{
	static const struct mm_hooks h = { MM_HOOKS_HEAD("d"), .drain = drain };
	struct mm_sim *s = hooked_full(K_7_3, &h);

	(void)state;
	say = 0;
	mm_sim_release(s, 0, B(5), 9);
	assert_int_equal(on_pcp(s), 512);
	assert_faultless(s);
	hooked_done(s);
	s = hooked_full(K_7_3, &h);
	say = 1;
	mm_sim_release(s, 0, B(5), 9);
	assert_int_equal(on_pcp(s), 0);
	assert_wrong(s, "drain", "the lists don't have so many pages");
	hooked_done(s);
}

static void watermark(void *state, const struct mm_eye *eye, const struct mm_ask_watermark *in, struct mm_reply_watermark *r)
{
	r->min = r->low = r->high = r->promo = say;
}

static void blocks(void *state, const struct mm_eye *eye, const struct mm_ask_watermark *in, struct mm_reply_watermark *r)
{
	r->blocks = 1;
}

/* 8192 pages are free. */
static void hook_watermark(void **state)
{
	static const struct mm_hooks h = { MM_HOOKS_HEAD("w"), .watermark = watermark };
	struct mm_sim *s = hooked(K_7_3, &h);
	uint64_t pfn;

	(void)state;
	say = 8192;
	assert_int_equal(sim_ask_for(s, 4, M, 0, &pfn), MM_FAILED);
	say = 8000;
	assert_int_equal(sim_ask_for(s, 4, M, 0, &pfn), MM_GOT_PAGE);
	assert_faultless(s);
	say = 8193;
	assert_int_equal(sim_ask_for(s, 4, M, 0, &pfn), MM_GOT_PAGE);
	assert_wrong(s, "watermark", "the high mark is below low, or above what the zone has");
	hooked_done(s);
}

/* 511 pages are free, above all marks, but none of them in a whole pageblock. */
static void hook_watermark_blocks(void **state)
{
	static const struct mm_hooks h = { MM_HOOKS_HEAD("w"), .watermark = blocks };
	struct mm_sim *s = hooked_full(K_7_3, &h), *plain = sim_small(K_7_3, 16);
	uint64_t pfn;

	(void)state;
	sim_vacate(s, B(5), 9);
	sim_occupy(s, B(5), 0, M);
	assert_int_equal(sim_ask_for(s, 4, M, 0, &pfn), MM_FAILED);
	assert_faultless(s);
	for (unsigned int i = 0; i < 16; i++)
		sim_occupy_block(plain, i, M);
	sim_vacate(plain, B(5), 9);
	sim_occupy(plain, B(5), 0, M);
	assert_int_equal(sim_ask_for(plain, 4, M, 0, &pfn), MM_GOT_PAGE);
	hooked_done(plain);
	hooked_done(s);
}

static void boost(void *state, const struct mm_eye *eye, const struct mm_ask_boost *in, int64_t *pages)
{
	*pages = say;
}

/* A claim is tried, and fails: the kernel's boost is a pageblock. */
static void hook_boost(void **state)
{
	static const struct mm_hooks h = { MM_HOOKS_HEAD("b"), .boost = boost };
	struct mm_sim *s = holes(&h);

	(void)state;
	say = 7;
	mm_sim_rmqueue_buddy(s, &s->m->core.zone[0], 0, U, MM_ALLOC_KSWAPD);
	assert_int_equal(mm_sim_boost(s, 0), 7);
	assert_faultless(s);
	say = -1;
	mm_sim_rmqueue_buddy(s, &s->m->core.zone[0], 0, U, MM_ALLOC_KSWAPD);
	assert_int_equal(mm_sim_boost(s, 0), 512);
	assert_wrong(s, "boost", "the boost is below 0, or above what the zone has");
	mm_sim_free(s);
}

static void flags(void *state, const struct mm_eye *eye, const struct mm_ask_flags *in, uint32_t *f)
{
	*f |= (uint32_t)say;
}

/* The min mark is above what the zone has. */
static void hook_flags(void **state)
{
	static const struct mm_hooks h = { MM_HOOKS_HEAD("flags"), .flags = flags };
	struct mm_sim_cfg c = hooked_cfg(K_7_3, &h);
	struct mm_sim *s;
	uint64_t pfn;

	(void)state;
	c.zone[0].wmark_min = c.zone[0].wmark_low = c.zone[0].wmark_high = 9000;
	s = sim_make(&c);
	say = 0;
	assert_int_equal(sim_ask_for(s, 4, M, 0, &pfn), MM_FAILED);
	say = MM_ALLOC_NO_WATERMARKS;
	assert_int_equal(sim_ask_for(s, 4, M, 0, &pfn), MM_GOT_PAGE);
	assert_faultless(s);
	say = MM_ALLOC_NO_WATERMARKS | MM_ALLOC_CMA;
	assert_int_equal(sim_ask_for(s, 4, U, 0, &pfn), MM_FAILED);
	assert_wrong(s, "flags", "CMA pageblocks are for Movable requests");
	hooked_done(s);
}

static void report(void *state, const struct mm_eye *eye, const struct mm_ask_report *in, uint32_t *yes)
{
	*yes = (uint32_t)say;
}

static void hook_report(void **state)
{
	static const struct mm_hooks h = { MM_HOOKS_HEAD("report"), .report = report };
	struct mm_sim *s = hooked_full(K_7_3, &h);

	(void)state;
	say = 1;
	sim_vacate(s, B(5), 9);
	assert_true(mm_ent(s->m, B(5)).x & PE_X_REPORTED);
	assert_int_equal(mm_sim_stat(s, MM_SIM_REPORTED), 512);
	assert_faultless(s);
	say = 2;
	sim_vacate(s, B(7), 9);
	assert_false(mm_ent(s->m, B(7)).x & PE_X_REPORTED);
	assert_wrong(s, "report", "the answer must be 0 or 1");
	hooked_done(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hook_pick), cmocka_unit_test(hook_pick_wrong), cmocka_unit_test(hook_fallback),
		cmocka_unit_test(hook_fallback_wrong), cmocka_unit_test(hook_claim), cmocka_unit_test(hook_place),
		cmocka_unit_test(hook_refill), cmocka_unit_test(hook_drain), cmocka_unit_test(hook_watermark),
		cmocka_unit_test(hook_watermark_blocks), cmocka_unit_test(hook_boost), cmocka_unit_test(hook_flags),
		cmocka_unit_test(hook_report),
	};

	return cmocka_run_group_tests_name("hooks of the allocator", tests, NULL, NULL);
}
