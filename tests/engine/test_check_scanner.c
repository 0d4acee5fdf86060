// SPDX-License-Identifier: GPL-2.0-only
/*
 * Compaction's scanners held against made runs: a zone of 16 pageblocks, all pages on the LRU but for what a test
 * frees.  kcompactd works for order 9, from block 0 up and block 15 down.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "made.h"
#include "check/check.h"

#define ORDER 9

struct run {
	struct made mk;
	struct mm_check *check;
	struct sg_kv kv[4];
	/* the last decision of each rule function, and how many there were */
	struct said {
		char rule[64];
		enum mm_verdict verdict;
		int64_t ours[2];
		char why[32];
	} said[16];
	unsigned int nr;
};

static void hear(void *arg, const struct mm_decision *d)
{
	struct run *r = arg;
	struct said *s = &r->said[r->nr < 15 ? r->nr++ : 15];

	if (d->kind != MM_CHECK_SCANNER) {
		r->nr--;
		return;
	}
	snprintf(s->rule, sizeof(s->rule), "%s", strrchr(d->rule, ' ') + 1);
	snprintf(s->why, sizeof(s->why), "%s", d->why ? d->why : "");
	s->verdict = d->verdict;
	for (unsigned int i = 0; i < 2; i++)
		s->ours[i] = !d->why && 2 * i < d->nr_numbers ? d->number[2 * i].value : -1;
}

/* The decision of @rule of the last event. */
static const struct said *said(const struct run *r, const char *rule)
{
	for (unsigned int i = r->nr; i-- > 0;)
		if (strcmp(r->said[i].rule, rule) == 0)
			return &r->said[i];
	fail_msg("no decision of %s", rule);
	return NULL;
}

static struct run *capture(unsigned int major, unsigned int minor)
{
	struct run *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	made_capture(&r->mk, major, minor);
	r->mk.cap.gfp.movable = 0x8;
	r->mk.cap.gfp.reclaimable = 0x10;
	r->mk.cap.present[SG_EV_mm_compaction_fast_isolate_freepages] = major > 6 || minor > 1;
	for (uint64_t p = START; p < END; p++)
		r->mk.flags[p] = KPF_LRU;
	return r;
}

/* @scanned: pages that compaction has looked at since boot, as the snapshot counts them */
static void begin_check(struct run *r, const char *scanned)
{
	static const char *const keys[] = { "vmstat.compact_migrate_scanned", "vmstat.compact_free_scanned",
					    "vmstat.compact_daemon_wake", "vmstat.compact_stall" };
	struct sg_err err = { 0 };

	for (unsigned int i = 0; i < 4; i++) {
		snprintf(r->kv[i].key, sizeof(r->kv[i].key), "%s", keys[i]);
		snprintf(r->kv[i].value, sizeof(r->kv[i].value), "%s", i < 2 ? scanned : "0");
	}
	r->mk.snap.kv = r->kv;
	r->mk.snap.nr_kv = 4;
	made_init(&r->mk, r->mk.cap.kver[0], r->mk.cap.kver[1], MADE_FLAGS);
	r->check = mm_check_new(r->mk.m, &r->mk.cfg, hear, r, &err);
	assert_non_null(r->check);
}

static void end_check(struct run *r)
{
	mm_check_free(r->check);
	made_fini(&r->mk);
	free(r);
}

static void send(struct run *r, enum sg_kind kind, uint64_t v0, uint64_t v1, uint64_t v2, uint64_t v3, uint64_t v4)
{
	struct sg_event ev = made_event(&r->mk, kind);

	ev.v[0] = v0;
	ev.v[1] = v1;
	ev.v[2] = v2;
	ev.v[3] = v3;
	ev.v[4] = v4;
	r->nr = 0;
	mm_check_observe(r->check, r->mk.m, &ev);
}

static void kcompactd(struct run *r)
{
	send(r, SG_EV_mm_compaction_kcompactd_wake, 0, ORDER, 3, 0, 0);
	send(r, SG_EV_mm_compaction_begin, START, START, B(15), END, 1);
}

static void direct_async(struct run *r)
{
	send(r, SG_EV_mm_compaction_try_to_compact_pages, ORDER, 0x14acca, 2, 0, 0);
	send(r, SG_EV_mm_compaction_begin, START, START, B(15), END, 0);
}

/*
 * Nothing was scanned since boot: the scanners begin at the zone's first page and at its last pageblock, and no
 * pageblock is marked.  Had something been scanned, neither were known.
 */
static void never_compacted(void **state)
{
	struct run *r = capture(7, 3);

	(void)state;
	begin_check(r, "0");
	kcompactd(r);
	assert_int_equal(said(r, "compact_zone()")->verdict, MM_EQUAL);
	send(r, SG_EV_mm_compaction_isolate_migratepages, START, START + 32, 32, 32, 0);
	assert_int_equal(said(r, "isolate_migratepages()")->verdict, MM_EQUAL);
	assert_int_equal(said(r, "isolate_migratepages_block()")->verdict, MM_EQUAL);
	end_check(r);
	r = capture(7, 3);
	begin_check(r, "5");
	kcompactd(r);
	assert_string_equal(said(r, "compact_zone()")->why, "cached_position_unknown");
	send(r, SG_EV_mm_compaction_isolate_migratepages, START, START + 32, 32, 32, 0);
	assert_string_equal(said(r, "isolate_migratepages()")->why, "skip_bits_unknown");
	end_check(r);
}

/*
 * Eight free pages in block 3, which lies in the first half of what is between the scanners: the search for a block
 * to clear finds it.  7.3 takes the 32 pages behind them; 6.1 marks the pageblock to be skipped and so skips it.
 */
static void found_block(void **state)
{
	struct run *r = capture(7, 3);

	(void)state;
	for (uint64_t i = 0; i < 8; i++)
		r->mk.flags[B(3) + i] = KPF_BUDDY;
	begin_check(r, "0");
	kcompactd(r);
	send(r, SG_EV_mm_compaction_isolate_migratepages, B(3), B(3) + 40, 40, 32, 0);
	assert_int_equal(said(r, "isolate_migratepages_block()")->verdict, MM_EQUAL);
	end_check(r);
	r = capture(6, 1);
	for (uint64_t i = 0; i < 8; i++)
		r->mk.flags[B(3) + i] = KPF_BUDDY;
	begin_check(r, "0");
	kcompactd(r);
	send(r, SG_EV_mm_compaction_isolate_migratepages, B(3), B(4), 1, 0, 0);
	assert_int_equal(said(r, "isolate_migratepages_block()")->verdict, MM_EQUAL);
	assert_int_equal(said(r, "isolate_migratepages_block()")->ours[0], B(4));
	assert_int_equal(said(r, "isolate_migratepages_block()")->ours[1], 0);
	end_check(r);
}

/*
 * A page of the first 32 couldn't be moved.  6.1 leaves the rest of the 512 pages that were wanted and goes on behind
 * them, so block 1 is next; had all been moved, it were the page after the 32.
 */
static void failed_batch(void **state)
{
	(void)state;
	for (unsigned int failed = 0; failed < 2; failed++) {
		struct run *r = capture(6, 1);

		begin_check(r, "0");
		direct_async(r);
		send(r, SG_EV_mm_compaction_isolate_migratepages, START, START + 32, 32, 32, 0);
		assert_int_equal(said(r, "isolate_migratepages_block()")->verdict, MM_EQUAL);
		send(r, SG_EV_mm_compaction_migratepages, 32 - failed, failed, 0, 0, 0);
		send(r, SG_EV_mm_compaction_isolate_migratepages, B(1), B(1) + 32, 32, 32, 0);
		assert_int_equal(said(r, "isolate_migratepages()")->verdict, failed ? MM_EQUAL : MM_DIFFERS);
		assert_int_equal(said(r, "isolate_migratepages()")->ours[0], failed ? B(1) : START + 32);
		end_check(r);
	}
}

/*
 * Every other page of blocks 8 to 15 is free, in an order that nothing tells.  Whether a search finds one at once can't
 * be told at first; after one that looked at a single block, one that may look at 16 will hardly miss.
 */
static void likely_search(void **state)
{
	struct run *r = capture(7, 3);

	(void)state;
	for (uint64_t p = B(8); p < END; p += 2)
		r->mk.flags[p] = KPF_BUDDY;
	begin_check(r, "5");
	kcompactd(r);
	send(r, SG_EV_mm_compaction_isolate_migratepages, START, START + 32, 32, 32, 0);
	send(r, SG_EV_mm_compaction_fast_isolate_freepages, B(7), B(15), 1, 1, 0);
	assert_string_equal(r->said[0].why, "list_order_unknown");
	send(r, SG_EV_mm_compaction_fast_isolate_freepages, B(7), B(15), 1, 1, 0);
	assert_int_equal(r->said[0].verdict, MM_EQUAL);
	assert_int_equal(r->said[0].ours[0], 1);
	/* a miss of all 16 is then a disagreement */
	send(r, SG_EV_mm_compaction_fast_isolate_freepages, B(7), B(15), 16, 0, 0);
	assert_int_equal(r->said[0].verdict, MM_DIFFERS);
	end_check(r);
}

/*
 * Blocks 12 and 13 are one free block of order 10.  Its first page says so and keeps the free scanner out, the first
 * page of block 13 says nothing: there it is the pageblock's type that counts, and that isn't known.  Block 15, with
 * its pages on the LRU, is taken for movable.
 */
static void half_of_free_block(void **state)
{
	struct run *r = capture(7, 3);

	(void)state;
	for (uint64_t p = B(12); p < B(14); p++)
		r->mk.flags[p] = KPF_BUDDY;
	begin_check(r, "0");
	kcompactd(r);
	send(r, SG_EV_mm_compaction_isolate_migratepages, START, START + 32, 32, 32, 0);
	send(r, SG_EV_mm_compaction_fast_isolate_freepages, B(7), B(15), 0, 0, 0);
	send(r, SG_EV_mm_compaction_isolate_freepages, B(15), END, 512, 0, 0);
	assert_int_equal(said(r, "isolate_freepages()")->verdict, MM_EQUAL);
	send(r, SG_EV_mm_compaction_isolate_freepages, B(14), B(15), 512, 0, 0);
	assert_int_equal(said(r, "isolate_freepages()")->verdict, MM_EQUAL);
	send(r, SG_EV_mm_compaction_isolate_freepages, B(13), B(14), 512, 0, 0);
	assert_string_equal(said(r, "isolate_freepages()")->why, "block_unknown");
	assert_int_equal(said(r, "isolate_freepages_block()")->verdict, MM_EQUAL);
	send(r, SG_EV_mm_compaction_isolate_freepages, B(11), B(12), 512, 0, 0);
	assert_int_equal(said(r, "isolate_freepages()")->verdict, MM_EQUAL);
	end_check(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(never_compacted), cmocka_unit_test(found_block), cmocka_unit_test(failed_batch),
		cmocka_unit_test(likely_search), cmocka_unit_test(half_of_free_block),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
