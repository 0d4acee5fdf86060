// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random nonsense: whatever the events say, nothing crashes, and lists, counts and states
 * agree with each other.  Seeds are fixed and printed.
 */
#include "made.h"

#include <stdlib.h>

#define NR_EVENTS 40000u
#define CHECK_EVERY 100u

/* Kinds that move pages or say who is inside what. */
static const enum sg_kind kinds[] = {
	SG_EV_mm_page_alloc, SG_EV_mm_page_alloc, SG_EV_mm_page_alloc, SG_EV_mm_page_free, SG_EV_mm_page_free,
	SG_EV_mm_page_free, SG_EV_mm_page_free_batched, SG_EV_mm_page_alloc_zone_locked,
	SG_EV_mm_page_alloc_zone_locked, SG_EV_mm_page_alloc_zone_locked, SG_EV_mm_page_pcpu_drain,
	SG_EV_mm_page_pcpu_drain, SG_EV_mm_page_pcpu_drain, SG_EV_mm_page_alloc_extfrag, SG_EV_mm_page_alloc_extfrag,
	SG_EV_mm_lru_insertion, SG_EV_mm_lru_activate, SG_EV_mm_compaction_isolate_freepages,
	SG_EV_mm_compaction_isolate_freepages, SG_EV_mm_compaction_fast_isolate_freepages,
	SG_EV_mm_compaction_fast_isolate_freepages, SG_EV_mm_compaction_isolate_migratepages, SG_EV_mm_compaction_begin,
	SG_EV_mm_compaction_end, SG_EV_mm_compaction_finished, SG_EV_mm_compaction_try_to_compact_pages,
	SG_EV_mm_compaction_kcompactd_wake, SG_EV_mm_compaction_kcompactd_sleep, SG_EV_mm_vmscan_kswapd_wake,
	SG_EV_mm_vmscan_kswapd_sleep, SG_EV_mm_vmscan_direct_reclaim_begin, SG_EV_mm_vmscan_direct_reclaim_end,
	SG_EV_mm_vmscan_kswapd_reclaim_fail, SG_EV_mm_filemap_add_to_page_cache, SG_EV_print,
};

/* How far the numbers are from what could be. */
enum sense { LIKELY, ANY_IN_ZONE, ANYTHING };

static uint64_t any_number(uint64_t *seed)
{
	static const uint64_t edges[] = { 0, 1, UINT64_MAX, INT64_MAX, 1ull << 63, UINT32_MAX, 1ull << 32, 10, 11, 15, 16,
					  255, 256, START, END - 1, END, 1ull << 52 };
	uint64_t r = rnd(seed);

	return r & 1 ? edges[(r >> 8) % (sizeof(edges) / sizeof(edges[0]))] : rnd(seed) >> (r >> 8) % 64;
}

static uint64_t a_pfn(uint64_t *seed, enum sense sense)
{
	uint64_t r = rnd(seed);

	if (sense == ANYTHING && r % 4 == 0)
		return any_number(seed);
	if (sense == LIKELY || r % 2) /* many in few places, so that they collide */
		return B(r >> 8 & 2) + (r >> 16) % (2 * BLOCK);
	return START - 8 + (r >> 16) % (END - START + 16);
}

static uint64_t field_value(uint64_t *seed, enum sense sense, enum sg_type type, uint64_t order)
{
	uint64_t r = rnd(seed);

	if (sense == ANYTHING && r % 32 == 0)
		return any_number(seed);
	r >>= 8;
	switch (type) {
	case SG_T_PFN:
		return a_pfn(seed, sense) & ~((1ull << order) - 1);
	case SG_T_ORDER:
		return r % 8 ? order : r >> 8 & 15;
	case SG_T_MT:
		return r % 4 ? r >> 8 & 1 : r >> 8 & 7;
	case SG_T_NID:
		return r % 8 ? 0 : r >> 8 & 31;
	case SG_T_BOOL:
		return r & 1;
	case SG_T_UINT:
		return r % 2 ? r >> 8 & 7 : 1ull << (r >> 8) % 11;
	default:
		return any_number(seed);
	}
}

static struct sg_event nonsense(struct made *mk, uint64_t *seed, enum sense sense)
{
	static const char *const marks[] = { "begin", "begin-done", "", "hello" };
	uint64_t r = rnd(seed), order = r >> 40 & 7 ? r >> 44 & 3 : (r >> 48) % 11;
	enum sg_kind kind = kinds[r % (sizeof(kinds) / sizeof(kinds[0]))];
	const struct sg_kind_info *ki = sg_kind_info(kind);
	struct sg_event ev;

	mk->cpu = sense == ANYTHING && r >> 16 & 1 ? (uint16_t)rnd(seed) : r >> 16 & 1;
	mk->pid = r >> 20 & 7 ? (int32_t)(r >> 24 & 3) : (int32_t)rnd(seed);
	mk->common_flags = r >> 28 & 3 ? 0 : (uint8_t)rnd(seed);
	mk->preempt = (uint8_t)(r >> 32 & 3);
	mk->missed = (r >> 8 & 0xff) == 0 && r >> 34 & 1 ? (int64_t)rnd(seed) : 0;
	ev = made_event(mk, kind);
	for (unsigned int i = 0; i < ki->nr_fields; i++)
		ev.v[i] = field_value(seed, sense, ki->field[i].type, order);
	if (kind == SG_EV_mm_compaction_isolate_freepages && r >> 36 & 3) { /* a range that can be */
		ev.v[1] = (ev.v[0] | (BLOCK - 1)) + 1;
		ev.v[3] &= r >> 50 & 1 ? 15 : 511;
	}
	if (kind == SG_EV_mm_compaction_fast_isolate_freepages && r >> 36 & 3) {
		ev.v[1] = END;
		ev.v[0] = START + (r >> 50 & 1023);
		ev.v[3] = r >> 60 & 1 ? 0 : 1ull << (r >> 61);
	}
	if (kind == SG_EV_print) {
		ev.str = marks[r >> 50 & 3];
		ev.str_len = (uint32_t)((r >> 56) % 11);
		for (uint32_t n = 0; n < ev.str_len; n++)
			if (!ev.str[n])
				ev.str_len = n;
	}
	return ev;
}

static void run(struct made *mk, uint64_t seed, enum sense sense, const char *what)
{
	char text[400];

	print_message("%s: seed %llu, sense %d\n", what, (unsigned long long)seed, sense);
	for (unsigned int i = 0; i < NR_EVENTS; i++) {
		struct sg_event ev = nonsense(mk, &seed, sense);

		made_send(mk, &ev);
		if (i % 64 == 0)
			mm_explain(mk->m, &ev, text, 1 + rnd(&seed) % sizeof(text));
		if (i % CHECK_EVERY == 0 || i < 200)
			check_whole(mk->m);
	}
	assert_int_equal(mm_position(mk->m), NR_EVENTS);
}

static void small_zone(void **state)
{
	static const unsigned int kernel[][2] = { { 6, 1 }, { 6, 12 }, { 7, 3 } };
	struct made *mk = malloc(sizeof(*mk));

	for (unsigned int k = 0; k < 3; k++)
		for (enum sense sense = LIKELY; sense <= ANYTHING; sense++) {
			made_init(mk, kernel[k][0], kernel[k][1], (k + sense) % 2 ? MADE_USED : MADE_BLIND);
			run(mk, 100 * k + sense, sense, "one zone");
			made_fini(mk);
		}
	free(mk);
}

/* Zones whose borders lie inside pageblocks, a snapshot of random page flags at a marker, odd type counts. */
static void odd_zones(void **state)
{
	struct made *mk = malloc(sizeof(*mk));

	for (uint64_t round = 0; round < 4; round++) {
		uint64_t seed = 1000 + round;
		struct sg_snapshot first;

		made_capture(mk, round & 1 ? 6 : 7, 1);
		mk->snap.nr_zones = 3;
		mk->zone[0].spanned = 1234;
		mk->zone[1] = mk->zone[2] = mk->zone[0];
		mk->zone[1].start_pfn = START + 1234;
		mk->zone[1].spanned = 100;
		mk->zone[1].node = 1;
		mk->zone[2].start_pfn = START + 1400;
		mk->zone[2].spanned = END - START - 1400 - 7;
		mk->zone[2].node = 99;
		for (unsigned int z = 0; z < 3; z++) {
			mk->zone[z].have_types = true;
			for (unsigned int i = 0; i < 60; i++)
				mk->zone[z].type_free[rnd(&seed) % 8][rnd(&seed) % SG_MAX_ORDERS] = rnd(&seed) % 9;
			for (unsigned int i = 0; i < 3; i++)
				mk->zone[z].type_blocks[i] = rnd(&seed) % 9;
		}
		for (uint64_t p = START; p < END; p++)
			mk->flags[p] = p % 600 < 300 ? KPF_BUDDY : rnd(&seed) & (KPF_BUDDY | KPF_LRU | KPF_NOPAGE | KPF_ANON);
		mk->cfg.nr_seeds = 2;
		first = mk->snap;
		mk->cfg.seed[0].snap = &first;
		mk->cfg.seed[1] = (struct mm_seed){ .snap = &mk->snap, .marker = "begin", .marker_end = "begin-done" };
		first.have_pageflags = round & 2;
		first.pageflags = mk->snap.pageflags;
		if (round == 3)
			mk->snap.nr_pfns = first.nr_pfns = START + 3000; /* page flags that end too early */
		made_init(mk, 0, 0, MADE_FLAGS);
		check_whole(mk->m);
		run(mk, 2000 + round, round & 2 ? ANYTHING : ANY_IN_ZONE, "odd zones");
		made_fini(mk);
	}
	free(mk);
}

/* No snapshot: the zones grow with what the events name. */
static void deduced(void **state)
{
	struct made *mk = malloc(sizeof(*mk));

	for (uint64_t round = 0; round < 2; round++) {
		made_capture(mk, 7, 3);
		mk->cfg.nr_seeds = 0;
		mk->cfg.max_pfn_hint = round ? 0 : START + 100;
		mk->m = mm_machine_new(&mk->cfg, NULL);
		assert_non_null(mk->m);
		run(mk, 3000 + round, ANY_IN_ZONE, "deduced");
		made_fini(mk);
	}
	/* and as far as a page entry can link */
	made_capture(mk, 7, 3);
	mk->cfg.nr_seeds = 0;
	mk->m = mm_machine_new(&mk->cfg, NULL);
	for (uint64_t seed = 5, i = 0; i < 20000; i++) {
		struct sg_event ev = nonsense(mk, &seed, ANYTHING);

		ev.missed = ev.missed && i % 16 == 0;
		made_send(mk, &ev);
	}
	assert_int_equal(mm_position(mk->m), 20000);
	made_fini(mk);
	free(mk);
}

/* Snapshots that can't be: the machine is made or refused with a sentence, never more than the spans say. */
static void bad_snapshots(void **state)
{
	struct made *mk = malloc(sizeof(*mk));
	uint64_t seed = 77;

	for (unsigned int round = 0; round < 300; round++) {
		struct sg_err err = { 0 };

		made_capture(mk, 7, 3);
		mk->snap.nr_zones = 4;
		for (unsigned int z = 0; z < 4; z++) {
			mk->zone[z] = mk->zone[0];
			mk->zone[z].node = (int)any_number(&seed);
			mk->zone[z].start_pfn = any_number(&seed);
			mk->zone[z].spanned = any_number(&seed) & 0xffffff;
			mk->zone[z].present = any_number(&seed);
			mk->zone[z].type_blocks[0] = any_number(&seed);
		}
		mk->snap.pageblock_order = (unsigned int)any_number(&seed);
		mk->cap.nr_cpus = (unsigned int)any_number(&seed);
		mk->cap.page_size = (unsigned int)any_number(&seed);
		mk->m = mm_machine_new(&mk->cfg, &err);
		if (!mk->m) {
			assert_true(err.code < 0);
			assert_true(err.text[0]);
			continue;
		}
		for (unsigned int i = 0; i < 50; i++) {
			struct sg_event ev = nonsense(mk, &seed, ANYTHING);

			ev.missed = 0;
			made_send(mk, &ev);
		}
		made_fini(mk);
	}
	free(mk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_zone), cmocka_unit_test(odd_zones), cmocka_unit_test(deduced),
		cmocka_unit_test(bad_snapshots),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
