// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the check of the buddy lists counts as equal: a decision that differs from the kernel's in any one respect
 * that is compared (page, order, type, claim or steal, extent of a merged block) differs, and what isn't known is
 * never equal.
 *
 * Each case is made anew, sent, and looked at; the one that agrees is there as well, so that the others can't
 * differ for another reason.
 */
#include "verdicts.h"

static void drain(struct run *r, uint64_t pfn, unsigned int mt)
{
	send(r, SG_EV_mm_page_pcpu_drain, pfn, 0, mt);
}

static void locked(struct run *r, uint64_t pfn, unsigned int order, unsigned int mt)
{
	send(r, SG_EV_mm_page_alloc_zone_locked, pfn, order, mt, 1);
}

static void extfrag(struct run *r, uint64_t pfn, unsigned int forder, unsigned int mt, unsigned int fmt,
		    unsigned int owned)
{
	struct sg_event ev = made_event(&r->mk, SG_EV_mm_page_alloc_extfrag);

	ev.v[SGF_mm_page_alloc_extfrag_pfn] = pfn;
	ev.v[SGF_mm_page_alloc_extfrag_alloc_order] = 0;
	ev.v[SGF_mm_page_alloc_extfrag_fallback_order] = forder;
	ev.v[SGF_mm_page_alloc_extfrag_alloc_migratetype] = mt;
	ev.v[SGF_mm_page_alloc_extfrag_fallback_migratetype] = fmt;
	ev.v[SGF_mm_page_alloc_extfrag_change_ownership] = owned;
	observe(r, &ev);
}

/* ---- picks -------------------------------------------------------------------------------- */

/* Two single pages on the Movable list, the one freed last in front.  The other one instead of it is another page. */
static void pick_of_a_page(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct run *r = used();

		drain(r, B(1), M);
		drain(r, B(1) + 8, M);
		locked(r, i ? B(1) : B(1) + 8, 0, M);
		assert_said(r, MM_CHECK_PICK, i ? MM_DIFFERS : MM_EQUAL);
		assert_said(r, MM_CHECK_MERGE, MM_EQUAL); /* both are blocks of their own */
		end_check(r);
	}
}

/* The kernel has a page where the model has none: that differs. */
static void pick_of_none(void **state)
{
	struct run *r = used();

	(void)state;
	locked(r, B(1), 0, M);
	assert_said(r, MM_CHECK_PICK, MM_DIFFERS);
	assert_said(r, MM_CHECK_MERGE, MM_UNDECIDED); /* there is no block to be judged */
	assert_string_equal(r->said[MM_CHECK_MERGE].why, "page_not_on_lists");
	end_check(r);
}

/* Four pages of the snapshot, in an order that nobody knows: whichever the kernel takes can't be equal. */
static void pick_of_an_unknown_order(void **state)
{
	struct run *r = capture(7, 3);

	(void)state;
	for (uint64_t i = 0; i < 4; i++)
		r->mk.flags[B(8) + 2 * i] = KPF_BUDDY;
	r->mk.zone[0].have_types = true;
	r->mk.zone[0].type_free[M][0] = 4;
	r->mk.zone[0].type_blocks[M] = NR_BLOCKS;
	begin_check(r);
	locked(r, B(8), 0, M);
	assert_said(r, MM_CHECK_PICK, MM_UNDECIDED);
	assert_string_equal(r->said[MM_CHECK_PICK].why, "list_order_unknown");
	assert_said(r, MM_CHECK_MERGE, MM_UNDECIDED);
	assert_string_equal(r->said[MM_CHECK_MERGE].why, "block_from_snapshot");
	end_check(r);
}

/*
 * An Unmovable block has a free page, and a Movable request would steal it; a steal shows as
 * mm_page_alloc_extfrag.  The same page in an event of the own lists isn't what the rules say.
 */
static void steal_in_the_wrong_event(void **state)
{
	struct run *r = used();

	(void)state;
	drain(r, B(2), U);
	locked(r, B(2), 0, M);
	assert_said(r, MM_CHECK_PICK, MM_DIFFERS);
	end_check(r);
}

/* ---- merges ------------------------------------------------------------------------------- */

/*
 * [8, 10) of block 1 is a free block of order 1.  Page 9 as a block of its own was not merged by the kernel; [8,
 * 12) was merged further.
 */
static void merge_extent(void **state)
{
	static const struct {
		unsigned int page, order;
		enum mm_verdict verdict;
	} t[] = { { 8, 1, MM_EQUAL }, { 8, 0, MM_EQUAL }, { 9, 0, MM_DIFFERS }, { 8, 2, MM_DIFFERS } };

	(void)state;
	for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct run *r = used();

		drain(r, B(1) + 8, M);
		drain(r, B(1) + 9, M);
		locked(r, B(1) + t[i].page, t[i].order, M);
		assert_said(r, MM_CHECK_MERGE, t[i].verdict);
		end_check(r);
	}
}

/* ---- fallbacks ---------------------------------------------------------------------------- */

/*
 * One page of an Unmovable pageblock is free, of order 0: too small for a Movable request to claim, so it is
 * stolen. Another order, another type or a claim differs, and so does any fallback where the model has nothing to
 * fall back to.
 */
static void steal(void **state)
{
	static const struct {
		unsigned int order, fmt, owned;
		bool free;
		enum mm_verdict verdict;
	} t[] = {
		{ 0, U, NOT_OWNED, true, MM_EQUAL },    { 1, U, NOT_OWNED, true, MM_DIFFERS },
		{ 0, R, NOT_OWNED, true, MM_DIFFERS },  { 0, U, OWNED, true, MM_DIFFERS },
		{ 0, U, NOT_OWNED, false, MM_DIFFERS },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct run *r = used();

		if (t[i].free)
			drain(r, B(2), U);
		extfrag(r, B(2), t[i].order, M, t[i].fmt, t[i].owned);
		assert_said(r, MM_CHECK_FALLBACK, t[i].verdict);
		assert_said(r, MM_CHECK_PICK, t[i].free ? MM_EQUAL : MM_DIFFERS);
		end_check(r);
	}
}

/*
 * One page of a Movable pageblock is free, and its others are not on the LRU, so alike for an Unmovable request:
 * 512 of 512, a claim.  That shows as an event of the own lists and then as the fallback, which may be otherwise in
 * the same three respects.
 */
static void claim(void **state)
{
	static const struct {
		unsigned int order, fmt, owned;
		enum mm_verdict verdict;
	} t[] = {
		{ 0, M, OWNED, MM_EQUAL }, { 1, M, OWNED, MM_DIFFERS }, { 0, R, OWNED, MM_DIFFERS }, { 0, M, NOT_OWNED, MM_DIFFERS },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct run *r = used();

		drain(r, B(1), M);
		locked(r, B(1), 0, U);
		assert_said(r, MM_CHECK_PICK, MM_EQUAL);
		extfrag(r, B(1), t[i].order, U, t[i].fmt, t[i].owned);
		assert_said(r, MM_CHECK_FALLBACK, t[i].verdict);
		assert_unsaid(r, MM_CHECK_PICK); /* not a second time */
		end_check(r);
	}
}

/*
 * The same with an event of the CPU between the two: the zone's lock was dropped, so the second is no half of the
 * first.
 */
static void claim_is_two_events_in_a_row(void **state)
{
	struct run *r = used();

	(void)state;
	drain(r, B(1), M);
	locked(r, B(1), 0, U);
	send(r, SG_EV_mm_page_alloc, B(4), 0, 0xcc0, U);
	extfrag(r, B(1), 0, U, M, OWNED);
	assert_said(r, MM_CHECK_FALLBACK, MM_DIFFERS);
	end_check(r);
}

/* Blocks of the snapshot on a list of unknown order. */
static struct run *unknown_blocks(unsigned int order, unsigned int mt)
{
	struct run *r = capture(7, 3);

	for (uint64_t i = 0; i < 2; i++)
		for (uint64_t p = 0; p < 1ull << order; p++)
			r->mk.flags[B(4 + 4 * i) + p] = KPF_BUDDY;
	r->mk.zone[0].have_types = true;
	r->mk.zone[0].type_free[mt][order] = 2;
	r->mk.zone[0].type_blocks[M] = NR_BLOCKS - (mt == M ? 0 : 2);
	r->mk.zone[0].type_blocks[mt] = mt == M ? NR_BLOCKS : 2;
	return begin_check(r);
}

/*
 * Two free pages of Unmovable blocks, nobody knows in which order: neither page nor fallback is decided.  Of two
 * blocks of order 10 one is claimed whole, whichever it is: order, type and claim are known, the page is not.  Each
 * of these three may differ.
 */
static void fallback_of_an_unknown_order(void **state)
{
	static const struct {
		unsigned int order, fmt, owned;
		enum mm_verdict verdict;
	} t[] = {
		{ 10, M, OWNED, MM_EQUAL }, { 9, M, OWNED, MM_DIFFERS }, { 10, R, OWNED, MM_DIFFERS },
		{ 10, M, NOT_OWNED, MM_DIFFERS },
	};
	struct run *r = unknown_blocks(0, U);

	(void)state;
	extfrag(r, B(4), 0, M, U, NOT_OWNED);
	assert_said(r, MM_CHECK_FALLBACK, MM_UNDECIDED);
	assert_said(r, MM_CHECK_PICK, MM_UNDECIDED);
	end_check(r);
	for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		r = unknown_blocks(10, M);
		extfrag(r, B(4), t[i].order, U, t[i].fmt, t[i].owned);
		assert_said(r, MM_CHECK_FALLBACK, t[i].verdict);
		assert_said(r, MM_CHECK_PICK, MM_UNDECIDED);
		end_check(r);
	}
}

/*
 * Two pages of block 3 are free, its others are on the LRU but for 300 that were allocated as movable since: these
 * may be on their way there.  Whether an Unmovable request claims can't be told.  The kernel steals, and a bulk that
 * stole goes on so: that is known for the next page, but not when the CPU did something else in between.
 */
static void bulk_goes_on_stealing(void **state)
{
	(void)state;
	for (unsigned int between = 0; between < 2; between++) {
		struct run *r = capture(7, 3);

		for (uint64_t p = B(3); p < B(4); p++)
			r->mk.flags[p] = KPF_LRU;
		begin_check(r);
		for (uint64_t p = B(3); p < B(3) + 300; p++) {
			send(r, SG_EV_mm_page_free, p, 0);
			send(r, SG_EV_mm_page_alloc, p, 0, 0x14acca, M);
		}
		drain(r, B(3) + 400, M);
		drain(r, B(3) + 408, M);
		extfrag(r, B(3) + 408, 0, U, M, NOT_OWNED);
		assert_said(r, MM_CHECK_FALLBACK, MM_UNDECIDED);
		assert_string_equal(r->said[MM_CHECK_FALLBACK].why, "lru_state_unknown");
		if (between)
			send(r, SG_EV_mm_page_alloc, B(5), 0, 0xcc0, U);
		extfrag(r, B(3) + 400, 0, U, M, NOT_OWNED);
		assert_said(r, MM_CHECK_FALLBACK, between ? MM_UNDECIDED : MM_EQUAL);
		assert_said(r, MM_CHECK_PICK, between ? MM_UNDECIDED : MM_EQUAL);
		end_check(r);
	}
}

/*
 * A page that is no free one, of the order that its task compacts for: captured, and nobody has chosen a list for
 * it.
 */
static void captured_page(void **state)
{
	struct run *r = used();

	(void)state;
	send(r, SG_EV_mm_compaction_try_to_compact_pages, 0, 0xcc0, 1, 0);
	send(r, SG_EV_mm_compaction_begin, START, START, B(15), END);
	extfrag(r, B(1), 0, U, M, NOT_OWNED);
	assert_unsaid(r, MM_CHECK_FALLBACK);
	assert_unsaid(r, MM_CHECK_PICK);
	/* one of another order is none */
	extfrag(r, B(2), 1, U, M, NOT_OWNED);
	assert_said(r, MM_CHECK_FALLBACK, MM_DIFFERS);
	end_check(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pick_of_a_page), cmocka_unit_test(pick_of_none), cmocka_unit_test(pick_of_an_unknown_order),
		cmocka_unit_test(steal_in_the_wrong_event), cmocka_unit_test(merge_extent), cmocka_unit_test(steal),
		cmocka_unit_test(claim), cmocka_unit_test(claim_is_two_events_in_a_row),
		cmocka_unit_test(fallback_of_an_unknown_order), cmocka_unit_test(bulk_goes_on_stealing),
		cmocka_unit_test(captured_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
