// SPDX-License-Identifier: GPL-2.0-only
/* How likely a block at an unknown place of a list comes first (engine/check/pick/loose.h), and what picks and refills make of it. */
#include <stdlib.h>
#include <string.h>

#include "made.h"
#include "check/check.h"
#include "check/pick/loose.h"

#define LOW(i) (B(1) + 16 * (uint64_t)(i)) /* single pages that no search takes */
#define TOP(i) (B(13) + 16 * (uint64_t)(i)) /* any search takes these at once */

struct run {
	struct made mk;
	struct mm_check *c;
	struct mm_check_sum pick;
};

static int setup(void **state)
{
	struct run *r = calloc(1, sizeof(*r));

	if (!r)
		return -1;
	made_init(&r->mk, 7, 3, MADE_USED);
	r->c = mm_check_new(r->mk.m, &r->mk.cfg, NULL, NULL, NULL);
	*state = r;
	return r->c ? 0 : -1;
}

static int teardown(void **state)
{
	struct run *r = *state;

	mm_check_free(r->c);
	made_fini(&r->mk);
	free(r);
	return 0;
}

/* An event with its first four fields, checked and applied. */
static void send(struct run *r, enum sg_kind kind, uint64_t v0, uint64_t v1, uint64_t v2, uint64_t v3)
{
	struct sg_event ev = made_event(&r->mk, kind);

	ev.v[0] = v0;
	ev.v[1] = v1;
	ev.v[2] = v2;
	ev.v[3] = v3;
	mm_check_observe(r->c, r->mk.m, &ev);
}

/* The page comes to the head of the Movable list of order 0; it leaves it for a request. */
static void put(struct run *r, uint64_t pfn)
{
	send(r, SG_EV_mm_page_pcpu_drain, pfn, 0, M, SG_MISSING);
}

static void pick(struct run *r, uint64_t pfn)
{
	send(r, SG_EV_mm_page_alloc_zone_locked, pfn, 0, M, 1);
}

static void compact(struct run *r)
{
	struct sg_event ev = made_event(&r->mk, SG_EV_mm_compaction_begin);

	send(r, SG_EV_mm_compaction_try_to_compact_pages, 9, 0, 1, SG_MISSING);
	ev.v[SGF_mm_compaction_begin_zone_start] = START;
	ev.v[SGF_mm_compaction_begin_migrate_pfn] = START;
	ev.v[SGF_mm_compaction_begin_free_pfn] = END;
	ev.v[SGF_mm_compaction_begin_zone_end] = END;
	ev.v[SGF_mm_compaction_begin_sync] = 0;
	mm_check_observe(r->c, r->mk.m, &ev);
}

static void search(struct run *r, uint64_t scanned, uint64_t taken)
{
	send(r, SG_EV_mm_compaction_fast_isolate_freepages, B(8), END, scanned, taken);
}

/* A search that none of the low pages explains: it says that it took the third page from the end. */
static void odd_search(struct run *r)
{
	search(r, 3, 1);
}

static uint32_t risk_at(struct run *r, uint64_t pfn)
{
	struct mm_pick p = { .known = MM_KNOWN_YES, .pfn = pfn, .mt = M };

	return mm_loose_risk(mm_check_loose(r->c), r->mk.m, 0, &p);
}

static const struct mm_check_sum *picks(struct run *r)
{
	return mm_check_get(r->c, MM_CHECK_PICK);
}

static uint64_t rotated(struct run *r)
{
	const struct mm_check_sum *s = picks(r);

	for (unsigned int i = 0; i < s->nr_why; i++)
		if (strcmp(s->undecided[i].why, "list_rotated") == 0)
			return s->undecided[i].count;
	return 0;
}

/*
 * Six pages, and a search turns them by a number that nothing explains.  One more, L7, is put at the head: before an
 * unknown one.  Then the list is turned again, so one of seven is at an unknown place.
 */
static void chunk_within(struct run *r)
{
	for (unsigned int i = 1; i <= 6; i++)
		put(r, LOW(i));
	compact(r);
	odd_search(r);
	put(r, LOW(7));
	assert_int_equal(risk_at(r, LOW(3)), 0); /* it isn't within yet */
	odd_search(r);
}

static void turned_twice(void **state)
{
	struct run *r = *state;

	chunk_within(r);
	assert_int_equal(risk_at(r, LOW(6)), MM_LOOSE_ONE / 7);
	/* of other types' lists, and of answers that are none, it says nothing */
	assert_int_equal(mm_loose_risk(mm_check_loose(r->c), r->mk.m, 0, &(struct mm_pick){ .known = MM_KNOWN_YES, .pfn = LOW(6), .mt = U }), 0);
	assert_int_equal(mm_loose_risk(mm_check_loose(r->c), r->mk.m, 0, &(struct mm_pick){ .known = MM_KNOWN_NO, .mt = M }), 0);
	/* what comes onto the list now is in front, for sure; and makes the others' a smaller share */
	put(r, LOW(8));
	assert_int_equal(risk_at(r, LOW(8)), 0);
	assert_int_equal(risk_at(r, LOW(6)), MM_LOOSE_ONE / 8);
}

/*
 * L7 isn't put behind the unknown any more when the pick of what follows has shown how far the list was turned before it
 * is turned again.
 */
static void settled_in_time(void **state)
{
	struct run *r = *state;

	for (unsigned int i = 1; i <= 6; i++)
		put(r, LOW(i));
	compact(r);
	odd_search(r);
	put(r, LOW(7));
	pick(r, LOW(7));
	pick(r, LOW(5));
	put(r, LOW(9));
	odd_search(r);
	for (unsigned int i = 1; i <= 6; i++)
		assert_int_equal(risk_at(r, LOW(i)), 0);
}

/* Searches that are explained: T1 is the second from the end, behind L1, and T2 behind L2. */
static void explained(void **state)
{
	struct run *r = *state;

	put(r, LOW(1));
	put(r, TOP(1));
	put(r, LOW(2));
	put(r, TOP(2));
	put(r, LOW(3));
	compact(r);
	search(r, 2, 1);
	put(r, LOW(4));
	search(r, 3, 1);
	assert_int_equal(risk_at(r, LOW(1)), 0);
	assert_int_equal(risk_at(r, LOW(3)), 0);
}

/*
 * Where chunks are as likely at each place, as many of them leave the list as other blocks: of seven blocks with one
 * chunk three are left, and 3/7 of it, so it is as likely as before at the first of them.
 */
static void shares(void **state)
{
	struct run *r = *state;
	uint64_t nr;

	chunk_within(r);
	nr = rotated(r);
	pick(r, LOW(6)); /* undecided anyway: shows how far the list was turned */
	assert_int_equal(rotated(r), nr + 1);
	pick(r, LOW(5)); /* comes next in the model, but for the chunk: undecided, too */
	assert_int_equal(rotated(r), nr + 2);
	assert_int_equal(picks(r)->decidable, 0);
	pick(r, LOW(4));
	assert_in_range(risk_at(r, LOW(3)), MM_LOOSE_ONE / 7 - 8, MM_LOOSE_ONE / 7);
}

/* A hundred blocks more in front of it, and it is less than one in twenty: one in 107; the picks count. */
static void seldom(void **state)
{
	struct run *r = *state;

	for (unsigned int i = 10; i < 30; i++)
		put(r, LOW(i));
	for (unsigned int i = 0; i < 80; i++)
		put(r, B(3) + 4 * i);
	chunk_within(r);
	odd_search(r); /* the head is one of the many now, and the order unknown until a pick tells */
	pick(r, B(3) + 4 * 50);
	assert_int_equal(picks(r)->decidable, 0);
	pick(r, B(3) + 4 * 49);
	assert_int_equal(picks(r)->decidable, 1);
	assert_int_equal(picks(r)->equal, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(turned_twice, setup, teardown),
		cmocka_unit_test_setup_teardown(settled_in_time, setup, teardown),
		cmocka_unit_test_setup_teardown(explained, setup, teardown),
		cmocka_unit_test_setup_teardown(shares, setup, teardown),
		cmocka_unit_test_setup_teardown(seldom, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
