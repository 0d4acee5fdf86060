// SPDX-License-Identifier: GPL-2.0-only
/* Policies of document 004, each on a machine on which it makes a difference: large folios of anonymous memory. */
#include "chosen.h"

static struct box b;

/* ---- anon-order ------------------------------------------------------------------------- */

#define PAGE UINT64_C(4096)
#define ENABLED (1u << 2 | 1u << 4 | 1u << 9) /* 16 KiB, 64 KiB, 2 MiB */

static bool present(void *arg, uint64_t address)
{
	return address == *(uint64_t *)arg;
}

/* The orders that a fault asks for, one after the other, when it never gets a page. */
static const char *asks(const char *policy, struct mm_anon_fault at)
{
	struct mm_sim_fault f = { .at = at, .enabled = ENABLED, .failed = -1, .pid = 1 };
	static char text[80];
	size_t n = 0;

	chosen_box(&b, policy, 1);
	do {
		f.failed = (int)mm_sim_folio_order(b.s, &f);
		n += (size_t)snprintf(text + n, sizeof(text) - n, n ? " %d" : "%d", f.failed);
	} while (f.failed > 0 && n < sizeof(text) - 4);
	chosen_done(&b);
	return text;
}

static void orders(void **state)
{
	/*
	 * 4 MiB, and nothing there; 16 pages that begin 5 behind a multiple of 16, of which the 8 at page 8 are aligned; 4 MiB
	 * with a page at 20 KiB, so that 4 pages fit, and a page table.
	 */
	uint64_t there = 5 * PAGE;
	const struct mm_anon_fault wide = { .address = 0x100000, .vma_start = 0, .vma_end = 0x400000 },
				   narrow = { .address = 0x918 * PAGE, .vma_start = 0x915 * PAGE, .vma_end = 0x925 * PAGE },
				   beside = { .address = PAGE, .vma_start = 0, .vma_end = 0x400000, .present = present, .arg = &there,
					      .barred = 1u << 9 };
	static const struct {
		const char *policy, *wide, *narrow, *beside;
	} t[] = {
		{ "linux-7.3", "9 4 2 0", "2 0", "2 0" },
		{ "linux-7.3,anon-order=mthp-mainline", "9 4 2 0", "2 0", "2 0" },
		{ "linux-7.3,anon-order=v1", "9 4 3 2 0", "3 2 0", "2 0" },
		{ "linux-7.3,anon-order=simple", "9 4 0", "0", "0" },
		{ "linux-7.3,anon-order=v2", "9 4 0", "3 0", "2 0" },
		{ "linux-7.3,anon-order=3-step", "9 4 3 0", "3 0", "0" },
		{ "linux-7.3,anon-order=32k", "9 3 0", "3 0", "2 0" },
		{ "linux-7.3,anon-order=0", "9 0", "0", "0" },
		/* another preferred size */
		{ "linux-7.3,anon-order=v1,anon-preferred=256", "9 6 5 4 3 2 0", "3 2 0", "2 0" },
		{ "linux-7.3,anon-order=simple,anon-preferred=256", "9 6 0", "0", "0" },
		{ "linux-7.3,anon-order=v2,anon-preferred=100", "9 4 0", "3 0", "2 0" },
		{ "linux-7.3,anon-order=3-step,anon-preferred=256", "9 6 3 0", "3 0", "0" },
		{ "linux-7.3,anon-order=3-step,anon-preferred=32", "9 3 0", "3 0", "0" },
		{ "linux-7.3,anon-order=32k,anon-preferred=256", "9 3 0", "3 0", "2 0" },
		{ "linux-7.3,anon-order=simple,anon-preferred=8", "9 0", "0", "0" }, /* there is no order 1 */
		/* kernels without sizes of their own */
		{ "linux-6.1", "9 0", "0", "0" },
		{ "linux-6.1,anon-order=mthp-mainline", "9 4 2 0", "2 0", "2 0" },
		{ "linux-6.12", "9 4 2 0", "2 0", "2 0" },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		const struct {
			const struct mm_anon_fault *at;
			const char *want;
		} one[] = { { &wide, t[i].wide }, { &narrow, t[i].narrow }, { &beside, t[i].beside } };

		for (unsigned int k = 0; k < 3; k++)
			if (strcmp(asks(t[i].policy, *one[k].at), one[k].want) != 0)
				fail_msg("%s, fault %u: asks for %s, should for %s", t[i].policy, k, asks(t[i].policy, *one[k].at), one[k].want);
	}
}

/* The text of a policy and back; what makes no difference is said. */
static void texts(void **state)
{
	struct mm_policy p;
	struct sg_err err;
	char buf[300];

	(void)state;
	p = chosen("linux-7.3,anon-order=3-step,compact-large=by-source-stats,swap-split=1");
	assert_true(mm_policy_print(&p, buf, sizeof(buf)) > 0);
	assert_non_null(strstr(buf, "anon-order=3-step"));
	assert_non_null(strstr(buf, "compact-large=by-source-stats"));
	assert_non_null(strstr(buf, "swap-split=1"));
	assert_int_equal(p.nr_overlays, 2);
	assert_false(mm_has(p.facts, MTHP));
	assert_false(mm_has(p.facts, SWAP_WHOLE));
	p = chosen("linux-7.3,anon-order=0,anon-preferred=32");
	mm_policy_note(&p, 0, buf, sizeof(buf));
	assert_non_null(strstr(buf, "anon-preferred does nothing"));
	p = chosen("linux-7.3,swap-split=1,swap=0");
	mm_policy_note(&p, 0, buf, sizeof(buf));
	assert_non_null(strstr(buf, "without swap nothing is written"));
	p = chosen("linux-7.3,anon-order=mthp-mainline");
	mm_policy_note(&p, 0, buf, sizeof(buf));
	assert_non_null(strstr(buf, "linux-7.3 does so by itself"));
	assert_int_not_equal(mm_policy_parse("linux-7.3,anon-order=v3", &p, &err), 0);
	assert_non_null(strstr(err.text, "3-step"));
	assert_int_not_equal(mm_policy_parse("linux-7.3,anon-order=v1,anon-preferred=2", &p, &err), 0);
}

/* ---- compact-large ---------------------------------------------------------------------- */

static void use_folio(struct mm_sim *s, uint64_t pfn, unsigned int order)
{
	struct page_ent as = { .om = (uint8_t)(order | MM_MT_MOVABLE << 4), .a = 1,
			       .x = mm_gfp_index(s->m, MM_GFP_KERNEL | MM_GFP_COMP), .since = (uint32_t)++s->m->core.position };

	mm_buddy_take(s->m, mm_zone_at(s->m, pfn), pfn, order, SG_MAX_MIGRATETYPES, mm_blk(s->m, pfn >> s->m->pb_order).mt);
	mm_set_state(s->m, mm_zone_at(s->m, pfn), pfn, 1u << order, PS_ALLOC, &as);
	mm_sim_lru_add(s, pfn, MM_SIM_ANON, false);
}

static void told_of_split(void *arg, uint64_t pfn, unsigned int order)
{
	(void)arg;
	assert_int_equal(pfn, AT(0, 8));
	assert_int_equal(order, 2);
}

/*
 * Of four pageblocks the first has a page and a folio of four that can move, the last only single pages free, and the one before it
 * a block of four; all else is there for good.  The free scanner comes from above.
 */
static struct mm_sim *blocks(const char *policy, struct sim_cc *cc)
{
	struct mm_sim *s = small_blocks(policy, (struct mm_sim_zone_cfg){ .end_pfn = AT(4, 0), .wmark_min = 1, .wmark_low = 2, .wmark_high = 3,
									   .wmark_promo = 4 }, 1);

	mm_sim_split_hook(s, told_of_split, NULL);
	/* small_blocks() left a page at AT(0, 5), and every second one of the others */
	for (uint64_t pfn = AT(0, 0); pfn < AT(3, 0); pfn++) {
		struct page_ent e = mm_ent(s->m, pfn);

		if (ent_state(&e) == PS_ALLOC || (pfn >= AT(0, 8) && pfn < AT(0, 12)))
			continue;
		small_use(s, pfn, false);
	}
	use_folio(s, AT(0, 8), 2);
	for (unsigned int i = 8; i < 12; i++)
		mm_sim_release(s, 0, AT(2, i), 0);
	mm_sim_drain_cpu(s, 0);
	*cc = (struct sim_cc){ .who = { .facts = s->policy.facts, .pb_order = SMALL_ORDER, .order = -1, .mt = MM_MT_MOVABLE, .mt_cma = -1 },
			       .zone_type = 2, .gfp = MM_GFP_KERNEL, .mode = SIM_SYNC, .whole_zone = true, .ignore_skip = true,
			       .search_order = -1, .captured = UINT64_MAX, .migrate_pfn = AT(0, 0), .free_pfn = AT(3, 0) };
	for (unsigned int o = 0; o < MM_MAX_ORDERS; o++)
		cc->free_first[o] = cc->free_last[o] = MM_NIL;
	return s;
}

static void large_folios(void **state)
{
	static const struct {
		const char *policy;
		unsigned int taken, folios; /* by the migrate scanner: pages, in so many folios */
		uint64_t moved, failed;
		bool whole;                 /* the folio ends as one */
	} t[] = {
		{ "linux-7.3,compact-large=skip", 1, 1, 1, 0, true },
		{ "linux-6.1", 1, 1, 1, 0, true },
		/* its pages find single targets */
		{ "linux-7.3,compact-large=split", 5, 5, 5, 0, false },
		/* five single pages are as many as are to be moved, and none will do for the folio: it is split */
		{ "linux-7.3", 5, 2, 5, 0, false },
		{ "linux-6.1,compact-large=per-order", 5, 2, 0, 4, true }, /* it ends at the first folio without a target */
		/* one single page is enough, and the scanner goes on to the block of four */
		{ "linux-7.3,compact-large=by-source-stats", 5, 2, 5, 0, true },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct sg_err err = { 0 };
		struct sim_cc cc;
		struct mm_sim *s = blocks(t[i].policy, &cc);
		struct page_ent e;
		uint64_t had;

		mm_sim_scan_migrate(s, &cc);
		if (cc.nr_migrate != t[i].taken || s->compact->nr_batch != t[i].folios)
			fail_msg("%s: %llu pages, %u folios", t[i].policy, (unsigned long long)cc.nr_migrate, s->compact->nr_batch);
		mm_sim_move(s, &cc);
		had = mm_sim_stat(s, MM_SIM_PGMIGRATE_SUCCESS);
		if (had != t[i].moved || mm_sim_stat(s, MM_SIM_PGMIGRATE_FAIL) != t[i].failed)
			fail_msg("%s: %llu moved, %llu not", t[i].policy, (unsigned long long)had,
				 (unsigned long long)mm_sim_stat(s, MM_SIM_PGMIGRATE_FAIL));
		mm_sim_targets_release(s, &cc);
		assert_int_equal(mm_sim_zone(s, 0)->folios[2], t[i].whole);
		e = mm_ent(s->m, AT(2, 8));
		assert_int_equal(ent_state(&e) == PS_ALLOC, t[i].moved == 5 && t[i].whole);
		if (mm_audit(s->m, &err) < 0 || mm_sim_lru_audit(s, &err) < 0)
			fail_msg("%s: %s", t[i].policy, err.text);
		if (mm_sim_overlays(s))
			assert_faultless(s);
		mm_sim_free(s);
	}
}

/* A folio as large as what is wanted isn't split: the block that it would make is there already. */
static void large_enough(void **state)
{
	struct sim_cc cc;
	struct mm_sim *s = blocks("linux-7.3,compact-large=split", &cc);

	(void)state;
	cc.who.order = 2;
	cc.whole_zone = false;
	mm_sim_scan_migrate(s, &cc);
	assert_int_equal(cc.nr_migrate, 1);
	assert_int_equal(mm_sim_zone(s, 0)->folios[2], 1);
	mm_sim_free(s);
}

/* ---- swap-split -------------------------------------------------------------------------- */

/* 100 folios of four pages, and reclaim that swaps: as one, or page by page.  Huge pages go whole. */
static void swapped(const char *policy, unsigned int order, unsigned int gone_order)
{
	struct mm_sim_cfg cfg = box_cfg(K_7_3, false, 1);
	struct mm_grant g;

	cfg.policy = chosen(policy);
	cfg.policy.tune[MM_TUNE_SWAP] = 1;
	box_open(&b, &cfg);
	for (unsigned int i = 0; i < (order == 9 ? 8 : 100); i++) {
		struct mm_request rq = { .order = (uint8_t)order, .mt = MM_MT_MOVABLE, .zone_type = NORMAL, .node = -1,
					 .gfp = MM_GFP_KERNEL | MM_GFP_MOVABLE | MM_GFP_COMP, .pid = 1 };

		assert_int_equal(mm_sim_alloc(b.s, &rq, &g), MM_GOT_PAGE);
		mm_sim_lru_add(b.s, g.pfn, MM_SIM_ANON, false);
	}
	b.nr_gone = 0;
	for (unsigned int i = 0; i < 4; i++)
		box_direct(&b, 0);
	assert_true(b.nr_gone > 0);
	for (unsigned int i = 0; i < b.nr_gone; i++) {
		if (b.gone[i].order != gone_order || !b.gone[i].swapped)
			fail_msg("%s: order %u was swapped", policy, b.gone[i].order);
	}
	assert_int_equal(mm_sim_stat(b.s, MM_SIM_PSWPOUT), (uint64_t)b.nr_gone << gone_order);
	chosen_done(&b);
}

static void swap_split(void **state)
{
	(void)state;
	swapped("linux-7.3", 2, 2);
	swapped("linux-7.3,swap-split=0", 2, 2);
	swapped("linux-7.3,swap-split=1", 2, 0);
	swapped("linux-6.8", 2, 0);
	swapped("linux-6.8,swap-split=0", 2, 2);
	swapped("linux-6.10", 2, 2);
	swapped("linux-7.3,swap-split=1", 9, 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(orders), cmocka_unit_test(texts), cmocka_unit_test(large_folios), cmocka_unit_test(large_enough),
		cmocka_unit_test(swap_split),
	};

	return cmocka_run_group_tests_name("policies of document 004", tests, NULL, NULL);
}
