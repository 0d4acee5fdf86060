// SPDX-License-Identifier: GPL-2.0-only
/* Events in words, fields as text, decisions, totals. */
#include "made.h"
#include "check/reclaim.h"

#include <stdlib.h>
#include <string.h>

static int setup(void **state)
{
	*state = malloc(sizeof(struct made));
	made_init(*state, 7, 3, MADE_USED);
	((struct made *)*state)->pid = 214;
	return 0;
}

static int teardown(void **state)
{
	made_fini(*state);
	free(*state);
	return 0;
}

static void check_words(struct made *mk, const struct sg_event *ev, const char *want)
{
	char text[300];

	mm_explain(mk->m, ev, text, sizeof(text));
	assert_string_equal(text, want);
}

static struct sg_event with(struct made *mk, enum sg_kind kind, uint64_t v0, uint64_t v1, uint64_t v2, uint64_t v3)
{
	struct sg_event ev = made_event(mk, kind);

	ev.v[0] = v0;
	ev.v[1] = v1;
	ev.v[2] = v2;
	ev.v[3] = v3;
	return ev;
}

static struct mm_step reclaim(uint32_t pages)
{
	return (struct mm_step){ .kind = MM_STEP_RECLAIM, .order = 0, .nr = pages };
}

static struct mm_step retry(bool yes, int16_t loops)
{
	return (struct mm_step){ .kind = MM_STEP_RETRY_ZONE, .order = -1, .ret = yes, .loops = loops };
}

/* A stalled request's steps: rounds that repeat are told once, what finds no room is counted and its place named. */
static void slow_steps(void **state)
{
	struct mm_step s[200] = { reclaim(3), retry(true, 0), reclaim(1), retry(true, 0), reclaim(0), retry(true, 1), reclaim(0),
				  retry(true, 2), reclaim(0), retry(false, 3) };
	char text[600], small[400];
	unsigned int nr = 10;

	(void)state;
	s[nr++] = (struct mm_step){ .kind = MM_STEP_FAIL, .order = -1 };
	mm_slow_say(s, 0, nr, 77, text, sizeof(text));
	/* a counter that goes on by one is a round like the one before, another answer isn't */
	assert_string_equal(text, "2 times [reclaim for order 0: 4 pages in all; retry reclaim? yes (0 rounds in vain)]; "
				  "2 times [reclaim for order 0: 0 pages in all; retry reclaim? yes (1 to 2 rounds in vain)]; "
				  "reclaim for order 0: 0 pages; retry reclaim? no (3 rounds in vain); no page");
	mm_slow_say(s, 9, nr, 77, text, sizeof(text));
	assert_string_equal(text, "retry reclaim? no (3 rounds in vain); no page");
	/* orders that go up and down: no round is as the one before */
	for (nr = 0; nr < 199; nr++) {
		s[nr] = reclaim(1);
		s[nr].order = (int8_t)(nr * nr % 11);
	}
	s[nr++] = (struct mm_step){ .kind = MM_STEP_PAGE, .order = -1 };
	mm_slow_say(s, 0, nr, 77, small, sizeof(small));
	/* 400 bytes less the 80 of a step and 240 for the end: two steps of 29 or so, a third begins at 60 */
	assert_non_null(strstr(small, "reclaim for order 0: 1 page; reclaim for order 1: 1 page; reclaim for order 4: 1 page; "));
	assert_non_null(strstr(small, " more steps, among the task's events from number 77 on; at last a page"));
	assert_true(strlen(small) < sizeof(small) - 1);
}

static void sentences(void **state)
{
	struct made *mk = *state;
	struct sg_event ev;

	ev = with(mk, SG_EV_mm_page_alloc, B(0), 0, 0xcc0, U);
	check_words(mk, &ev, "cat-214 gets order 0 (1 page) of Unmovable memory at pfn 0x4000 (node 0 Normal); GFP_KERNEL.");
	ev = with(mk, SG_EV_mm_page_alloc, 0, 3, 0xdc0, M);
	check_words(mk, &ev, "cat-214 asked for order 3 (8 pages) of Movable memory and got none; GFP_KERNEL|__GFP_ZERO.");
	ev = with(mk, SG_EV_mm_page_alloc, END, 70, 0, 9);
	check_words(mk, &ev, "cat-214 gets order 70 (which can't be) of type 9 memory at pfn 0x6000; none.");
	ev = with(mk, SG_EV_mm_page_free, B(0), 2, 0, 0);
	ev.cpu = 1;
	check_words(mk, &ev, "cat-214 frees order 2 (4 pages) at pfn 0x4000 (node 0 Normal) to the per-cpu list of CPU 1.");
	ev = with(mk, SG_EV_mm_page_free, B(0), 5, 0, 0);
	check_words(mk, &ev, "cat-214 frees order 5 (32 pages) at pfn 0x4000 (node 0 Normal) to the buddy lists.");
	ev = with(mk, SG_EV_mm_page_alloc_zone_locked, B(1), 0, M, 1);
	check_words(mk, &ev, "cat-214 takes order 0 (1 page) from the Movable buddy lists at pfn 0x4200 (node 0 Normal) "
			     "to refill a per-cpu list of CPU 0.");
	ev = with(mk, SG_EV_mm_page_pcpu_drain, B(1), 0, R, 0);
	check_words(mk, &ev, "cat-214 gives order 0 (1 page) back from a per-cpu list to the Reclaimable buddy lists at "
			     "pfn 0x4200 (node 0 Normal).");
	ev = with(mk, SG_EV_mm_page_alloc_extfrag, B(2), 0, 9, U);
	ev.v[4] = M;
	ev.v[5] = OWNED;
	check_words(mk, &ev, "cat-214 wants Unmovable order 0 and its own lists have none: falls back to a Movable block of "
			     "order 9 at pfn 0x4400 (node 0 Normal) and claims the pageblock: it becomes Unmovable.");
	ev.v[5] = NOT_OWNED;
	check_words(mk, &ev, "cat-214 wants Unmovable order 0 and its own lists have none: falls back to a Movable block of "
			     "order 9 at pfn 0x4400 (node 0 Normal) and steals from it: the pageblock stays Movable.");
	ev = with(mk, SG_EV_mm_lru_insertion, 0, B(0), 1, 0);
	check_words(mk, &ev, "cat-214 puts pfn 0x4000 (node 0 Normal) on the LRU: active anon.");
	mk->pid = 40;
	ev = with(mk, SG_EV_mm_vmscan_kswapd_wake, 0, 2, 4, 0);
	check_words(mk, &ev, "kswapd0-40 is awake to balance node 0 for order 4.");
	ev.missed = 7;
	check_words(mk, &ev, "[7 events lost before this] kswapd0-40 is awake to balance node 0 for order 4.");
	ev = with(mk, SG_EV_mm_compaction_end, START, B(2), B(9), END);
	ev.v[SGF_mm_compaction_end_status] = 3;
	check_words(mk, &ev, "kswapd0-40 ends compacting: success; migrate scanner at pfn 0x4400, free scanner at 0x5200.");
}

/* Markers come from anywhere: nothing but text reaches the buffer, and no more than fits. */
static void hostile_text(void **state)
{
	struct made *mk = *state;
	struct sg_event ev = made_event(mk, SG_EV_print);
	char text[64];

	ev.str = "a\x1b[31m\nb";
	ev.str_len = 8;
	mm_explain(mk->m, &ev, text, sizeof(text));
	assert_string_equal(text, "Marker: a?[31m?b");
	for (size_t size = 1; size < 20; size++) {
		memset(text, 'x', sizeof(text));
		mm_explain(mk->m, &ev, text, size);
		assert_true(strlen(text) < size);
		assert_int_equal(text[size], 'x');
	}
	for (unsigned int kind = 0; kind < SG_KIND_COUNT; kind++) { /* each kind has a sentence */
		ev = made_event(mk, (enum sg_kind)kind);
		for (unsigned int i = 0; i < SG_SLOTS; i++)
			ev.v[i] = i;
		mm_explain(mk->m, &ev, text, sizeof(text));
		assert_true(text[0]);
	}
}

static void check_field(const struct made *mk, const struct sg_event *ev, unsigned int slot, const char *want)
{
	char text[100];

	assert_int_equal(mm_event_field(&mk->cap, ev, slot, text, sizeof(text)), strlen(want));
	assert_string_equal(text, want);
}

static void fields(void **state)
{
	struct made *mk = *state;
	struct sg_event ev = with(mk, SG_EV_mm_page_alloc, 0x1234, 3, 0x14accb, 1);

	check_field(mk, &ev, SGF_mm_page_alloc_pfn, "0x1234");
	check_field(mk, &ev, SGF_mm_page_alloc_order, "3");
	check_field(mk, &ev, SGF_mm_page_alloc_gfp_flags, "GFP_HIGHUSER_MOVABLE|__GFP_COMP|0x1");
	check_field(mk, &ev, SGF_mm_page_alloc_migratetype, "Movable");
	check_field(mk, &ev, 4, ""); /* there is no such slot */
	ev.v[0] = UINT64_MAX;
	ev.v[1] = SG_MISSING;
	ev.v[3] = 77;
	check_field(mk, &ev, 0, "none");
	check_field(mk, &ev, 1, "");
	check_field(mk, &ev, 3, "type 77");
	ev = with(mk, SG_EV_mm_compaction_suitable, 3, 2, (uint64_t)-1, 9);
	check_field(mk, &ev, SGF_mm_compaction_suitable_nid, "3");
	check_field(mk, &ev, SGF_mm_compaction_suitable_idx, "Normal");
	check_field(mk, &ev, SGF_mm_compaction_suitable_order, "-1");
	check_field(mk, &ev, SGF_mm_compaction_suitable_ret, "9"); /* no names in this capture */
	ev = with(mk, SG_EV_mm_compaction_end, 0, 0, 0, 0);
	ev.v[SGF_mm_compaction_end_sync] = 1;
	ev.v[SGF_mm_compaction_end_status] = 6;
	check_field(mk, &ev, SGF_mm_compaction_end_sync, "yes");
	check_field(mk, &ev, SGF_mm_compaction_end_status, "contended");
}

static void decisions(void **state)
{
	struct made *mk = *state;
	struct sg_event ev = made_event(mk, SG_EV_mm_page_alloc_extfrag);

	assert_true(mm_is_decision(&ev));
	ev.kind = SG_EV_mm_compaction_begin;
	assert_true(mm_is_decision(&ev));
	ev.kind = SG_EV_mm_page_alloc;
	assert_false(mm_is_decision(&ev));
	ev.kind = SG_EV_print;
	assert_false(mm_is_decision(&ev));
}

static void feed(struct mm_totals *t, struct made *mk, enum sg_kind kind, uint64_t v0, uint64_t v1, uint64_t v2, uint64_t v3)
{
	struct sg_event ev = with(mk, kind, v0, v1, v2, v3);

	mm_totals_add(t, &ev);
}

static void totals(void **state)
{
	struct made *mk = *state;
	struct mm_totals *t = mm_totals_new(&mk->cap);
	const struct mm_task_total *k;
	const struct mm_extfrag_total *x;
	const struct mm_sums *s;
	struct sg_event ev;
	size_t n;

	mk->ts = 0; /* each event is 1000 after the one before */
	feed(t, mk, SG_EV_mm_page_alloc, B(0), 3, 0xcc0, U);
	feed(t, mk, SG_EV_mm_page_alloc, B(1), 0, 0xcc0, M);
	feed(t, mk, SG_EV_mm_page_alloc, 0, 9, 0xcc0, M);
	feed(t, mk, SG_EV_mm_page_alloc, UINT64_MAX, 9, 0xcc0, M);
	feed(t, mk, SG_EV_mm_page_alloc, B(1), 99, 0xcc0, M); /* can't be: not counted */
	mk->pid = 40;
	feed(t, mk, SG_EV_mm_page_free, B(0), 3, 0, 0);
	feed(t, mk, SG_EV_mm_page_alloc, B(2), 10, 0xcc0, M);
	feed(t, mk, SG_EV_mm_vmscan_direct_reclaim_begin, 0, 0, 0, 0);
	feed(t, mk, SG_EV_mm_compaction_begin, START, 0, 0, END);
	feed(t, mk, SG_EV_other, 0, 0, 0, 0);
	ev = with(mk, SG_EV_mm_compaction_end, START, 0, 0, END);
	ev.v[SGF_mm_compaction_end_status] = 5;
	mm_totals_add(t, &ev);
	feed(t, mk, SG_EV_mm_vmscan_direct_reclaim_end, 32, 0, 0, 0);
	feed(t, mk, SG_EV_mm_vmscan_direct_reclaim_end, 1, 0, 0, 0); /* without a begin: no time */
	for (unsigned int i = 0; i < 3; i++) {
		ev = with(mk, SG_EV_mm_page_alloc_extfrag, B(0), 0, i == 0 ? 9 : 3, U);
		ev.v[4] = M;
		ev.v[5] = i == 0;
		mm_totals_add(t, &ev);
	}
	feed(t, mk, SG_EV_mm_compaction_migratepages, 30, 2, 0, 0);
	feed(t, mk, SG_EV_mm_compaction_isolate_freepages, B(0), B(1), 512, 40);

	s = mm_totals_sums(t);
	assert_int_equal(s->events, 18);
	assert_int_equal(s->first_ts, 1000);
	assert_int_equal(s->last_ts, 18000);
	assert_int_equal(s->kind[SG_EV_mm_page_alloc], 6);
	assert_int_equal(s->order_allocs[3], 1);
	assert_int_equal(s->order_allocs[10], 1);
	assert_int_equal(s->order_failed[9], 2);
	assert_int_equal(s->order_frees[3], 1);
	assert_int_equal(s->mt_allocs[M], 2);
	assert_int_equal(s->mt_pages[M], 1025);
	assert_int_equal(s->direct_reclaims, 1);
	assert_int_equal(s->direct_reclaimed_pages, 33);
	assert_int_equal(s->compact_runs, 1);
	assert_int_equal(s->compact_partial_skipped, 1);
	assert_int_equal(s->compact_success, 0);
	assert_int_equal(s->migrated, 30);
	assert_int_equal(s->migrate_failed, 2);
	assert_int_equal(s->free_scanned, 512);
	assert_int_equal(s->free_taken, 40);

	k = mm_totals_tasks(t, &n);
	assert_int_equal(n, 2);
	assert_int_equal(k[0].pid, 40); /* 1024 pages against 9 */
	assert_int_equal(k[0].pages_allocated, 1024);
	assert_int_equal(k[0].pages_freed, 8);
	assert_int_equal(k[0].direct_reclaims, 1);
	assert_int_equal(k[0].reclaim_ts, 4000);
	assert_int_equal(k[0].compact_ts, 2000);
	assert_int_equal(k[0].extfrags, 3);
	assert_int_equal(k[1].pid, 214);
	assert_int_equal(k[1].allocs, 2);
	assert_int_equal(k[1].failed, 2);
	assert_int_equal(k[1].pages_allocated, 9);
	x = mm_totals_extfrag(t, &n);
	assert_int_equal(n, 2);
	assert_int_equal(x[0].count, 2);
	assert_int_equal(x[0].fallback_order, 3);
	assert_false(x[0].claimed);
	assert_int_equal(x[1].fallback_order, 9);
	assert_true(x[1].claimed);
	mm_totals_free(t);
	mm_totals_free(NULL);
}

/* More tasks than the table began with, negative ones as well. */
static void many_tasks(void **state)
{
	struct made *mk = *state;
	struct mm_totals *t = mm_totals_new(&mk->cap);
	const struct mm_task_total *k;
	size_t n;

	k = mm_totals_tasks(t, &n);
	assert_int_equal(n, 0);
	for (int pid = -1000; pid < 4000; pid++) {
		mk->pid = pid;
		feed(t, mk, SG_EV_mm_page_alloc, B(0), pid == 77 ? 4 : 0, 0, U);
	}
	k = mm_totals_tasks(t, &n);
	assert_int_equal(n, 5000);
	assert_int_equal(k[0].pid, 77);
	assert_int_equal(k[1].pid, -1000);
	assert_int_equal(k[4999].pid, 3999);
	mm_totals_free(t);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(slow_steps), T(sentences), T(hostile_text), T(fields), T(decisions), T(totals), T(many_tasks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
