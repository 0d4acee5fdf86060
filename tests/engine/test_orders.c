// SPDX-License-Identifier: GPL-2.0-only
/*
 * Machines with other orders than x86-64: arm64 with pages of 16 and 64 KiB (orders 0 to 11 and 13), ppc64 with 64 KiB
 * (0 to 8, pageblocks of order 5), and the most that there is room for.
 */
#include "made.h"

#include <stdlib.h>
#include <string.h>

#include "time/image.h"
#include "sample.h"

/* The zone of the made machine has 8,192 pages: one block of order 13, if it begins at a multiple of that. */
#define FIRST START

static void setup(struct made *mk, unsigned int nr_orders, unsigned int pb_order, unsigned int page_size)
{
	made_capture(mk, 7, 3);
	mk->cap.page_size = page_size;
	mk->cap.arch = SG_ARCH_ARM64;
	mk->snap.pageblock_order = pb_order;
	mk->zone[0].nr_orders = nr_orders;
	for (uint64_t p = START; p < END; p++)
		mk->flags[p] = KPF_BUDDY;
}

/* All of the zone is free: blocks of the highest order that fit, and what is split from one comes together again. */
static void free_blocks(void **state)
{
	static const struct {
		unsigned int nr, pb, page_size;
	} t[] = { { 12, 11, 16384 }, { 14, 13, 65536 }, { 9, 5, 65536 }, { 11, 8, 4096 }, { 11, 9, 4096 }, { 11, 1, 4096 },
		  { 4, 3, 4096 }, { 16, 9, 4096 }, { 16, 15, 4096 } };
	struct made *mk = malloc(sizeof(*mk));

	(void)state;
	assert_non_null(mk);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		unsigned int top = t[i].nr - 1 < 13 ? t[i].nr - 1 : 13;
		struct mm_block_info b;
		struct mm_zone_info z;
		struct bytes img, again;
		struct mm_machine *l = NULL;
		struct sg_err err = { 0 };

		setup(mk, t[i].nr, t[i].pb, t[i].page_size);
		made_init(mk, 7, 3, MADE_FLAGS);
		assert_int_equal(mm_nr_orders(mk->m), t[i].nr);
		assert_int_equal(mm_pageblock_order(mk->m), t[i].pb);
		mm_zone_get(mk->m, 0, &z);
		assert_int_equal(z.nr_orders, t[i].nr);
		assert_int_equal(z.nr_free, 8192);
		assert_int_equal(z.free[top], 8192 >> top);
		mm_block_get(mk->m, FIRST >> t[i].pb, &b);
		assert_int_equal(b.nr_free, 1u << (t[i].pb < 13 ? t[i].pb : 13));
		assert_int_equal(b.nr_none, t[i].pb < 13 ? 0 : (1u << t[i].pb) - 8192);

		/* a page of the first block: the rest of it is one block of each order below */
		send_locked(mk, FIRST, 0, M, false);
		mm_zone_get(mk->m, 0, &z);
		assert_int_equal(z.nr_free, 8191);
		for (unsigned int o = 0; o < top; o++)
			assert_int_equal(z.free[o], 1);
		check_whole(mk->m);
		mm_block_get(mk->m, FIRST >> t[i].pb, &b);
		assert_int_equal(b.nr_alloc, 0); /* taken from the lists, not handed out yet */
		send_alloc(mk, FIRST, 0, M);
		check_state(mk, FIRST, MM_PAGE_ALLOC, 0);
		mm_block_get(mk->m, FIRST >> t[i].pb, &b);
		assert_int_equal(b.nr_alloc, 1);

		/* what an image keeps */
		img = image_of(mk->m);
		if (mm_image_load(&mk->cfg, img.p, img.len, &l, &err) < 0)
			fail_msg("%u orders: %s", t[i].nr, err.text);
		again = image_of(l);
		assert_int_equal(mm_hash(l), mm_hash(mk->m));
		assert_int_equal(img.len, again.len);
		assert_memory_equal(img.p, again.p, img.len);
		mm_machine_free(l);
		free(again.p);

		send_free(mk, FIRST, 0);
		send_drain(mk, FIRST, 0, M);
		mm_zone_get(mk->m, 0, &z);
		assert_int_equal(z.nr_free, 8192);
		assert_int_equal(z.free[top], 8192 >> top);
		check_sound(mk, 0);
		made_fini(mk);

		/* an image of another machine is refused */
		setup(mk, t[i].nr == 16 ? 15 : t[i].nr + 1, t[i].pb == 15 ? 14 : t[i].pb, t[i].page_size);
		assert_true(mm_image_load(&mk->cfg, img.p, img.len, &l, &err) < 0);
		free(img.p);
	}
	free(mk);
}

/* Blocks of the highest order come and go; of orders that the machine doesn't have they can't. */
static void highest_order(void **state)
{
	struct made *mk = malloc(sizeof(*mk));
	struct mm_zone_info z;

	(void)state;
	assert_non_null(mk);
	setup(mk, 14, 13, 65536);
	made_init(mk, 7, 3, MADE_FLAGS);
	send_locked(mk, FIRST, 13, M, true);
	send_alloc(mk, FIRST, 13, M);
	check_state(mk, FIRST + 8191, MM_PAGE_ALLOC, 13);
	mm_zone_get(mk->m, 0, &z);
	assert_int_equal(z.folios[13], 1);
	send_free(mk, FIRST, 13);
	check_pcp(mk, 0, 13, M, 1, FIRST);
	check_sound(mk, 0);
	made_fini(mk);

	setup(mk, 9, 5, 65536);
	made_init(mk, 7, 3, MADE_FLAGS);
	send_locked(mk, FIRST, 9, M, false);
	assert_int_equal(mm_contra_count(mk->m, MM_CONTRA_OUT_OF_RANGE), 1);
	made_fini(mk);
	free(mk);
}

static void kv(struct made *mk, struct sg_kv *kv, const char *key)
{
	memset(kv, 0, sizeof(*kv));
	strcpy(kv->key, key);
	strcpy(kv->value, "always");
	mk->snap.kv = kv;
	mk->snap.nr_kv = 1;
}

static void check_pcp_orders(struct made *mk, unsigned int costly, unsigned int huge)
{
	struct sg_err err = { 0 };

	mk->m = mm_machine_new(&mk->cfg, &err);
	assert_non_null(mk->m);
	for (unsigned int o = 0; o < mm_nr_orders(mk->m); o++)
		if (mm_pcp_order(mk->m, o) != (o <= costly || o == huge))
			fail_msg("order %u", o);
	made_fini(mk);
}

/*
 * Which orders go through per-cpu lists: only 0 before 5.14, then up to 3 and pageblock_order, from 6.10 on
 * HPAGE_PMD_ORDER, which differs where pageblocks are smaller than huge pages.
 */
static void pcp_orders(void **state)
{
	struct made *mk = malloc(sizeof(*mk));
	struct sg_kv huge;

	(void)state;
	assert_non_null(mk);
	made_capture(mk, 5, 10);
	check_pcp_orders(mk, 0, 0);
	made_capture(mk, 5, 14);
	check_pcp_orders(mk, 3, 9);
	made_capture(mk, 6, 12);
	mk->snap.pageblock_order = 7;
	check_pcp_orders(mk, 3, 7); /* nothing says how large a huge page is */
	mk->cap.huge_order = 9;
	check_pcp_orders(mk, 3, 9);
	mk->cap.kver[1] = 9;
	check_pcp_orders(mk, 3, 7);
	made_capture(mk, 7, 3);
	mk->snap.pageblock_order = 7;
	kv(mk, &huge, "thp.hugepages-2048kB.enabled");
	check_pcp_orders(mk, 3, 9);
	/* ppc64: pages of 64 KiB, huge pages of 2 MiB */
	setup(mk, 9, 5, 65536);
	kv(mk, &huge, "thp.hugepages-2048kB.enabled");
	check_pcp_orders(mk, 3, 5);
	free(mk);
}

static void check_assumed(struct made *mk, unsigned int nr, unsigned int pb, bool nr_assumed, bool pb_assumed)
{
	struct sg_limits limits = { 0 };
	struct sg_err err = { 0 };

	mk->cfg.limits = &limits;
	mk->m = mm_machine_new(&mk->cfg, &err);
	assert_non_null(mk->m);
	if (mm_nr_orders(mk->m) != nr || mm_pageblock_order(mk->m) != pb)
		fail_msg("%u orders, pageblocks of order %u", mm_nr_orders(mk->m), mm_pageblock_order(mk->m));
	assert_int_equal(sg_limits_find(&limits, SG_LIMIT_ORDERS_ASSUMED) != NULL, nr_assumed);
	assert_int_equal(sg_limits_find(&limits, SG_LIMIT_PAGEBLOCK_ASSUMED) != NULL, pb_assumed);
	made_fini(mk);
	mk->cfg.limits = NULL;
	sg_limits_free(&limits);
}

/* Snapshots first, then the capture's formats, else what is usual, and a limit says that it is assumed. */
static void sources(void **state)
{
	struct made *mk = malloc(sizeof(*mk));

	(void)state;
	assert_non_null(mk);
	made_capture(mk, 6, 12);
	mk->cap.nr_orders = 12;
	mk->cap.pageblock_order = 11;
	mk->snap.pageblock_order = 9;
	mk->zone[0].nr_orders = 11;
	check_assumed(mk, 11, 9, false, false);
	mk->cfg.nr_seeds = 0;
	check_assumed(mk, 12, 11, false, false);
	mk->cap.nr_orders = 0; /* arm64's 5.10 */
	mk->cap.pageblock_order = 9;
	mk->cap.arch = SG_ARCH_ARM64;
	check_assumed(mk, 11, 9, true, false);
	mk->cfg.max_order_hint = 11;
	check_assumed(mk, 12, 9, true, false);
	mk->cfg.max_order_hint = 0;
	mk->cap.arch = SG_ARCH_X86_64;
	check_assumed(mk, 11, 9, false, false);
	mk->cap.pageblock_order = 0;
	mk->cap.arch = SG_ARCH_PPC64;
	mk->cap.page_size = 65536;
	check_assumed(mk, 9, 5, true, true);
	mk->cap.arch = SG_ARCH_ARM64;
	check_assumed(mk, 14, 13, true, true);
	mk->cap.page_size = 16384;
	check_assumed(mk, 12, 11, true, true);
	/* from 6.16 on the format has PAGE_BLOCK_MAX_ORDER, which may be less than MAX_PAGE_ORDER */
	mk->cap.page_size = 4096;
	mk->cap.kver[1] = 18;
	mk->cap.nr_orders = 8;
	mk->cap.pageblock_order = 7;
	check_assumed(mk, 11, 7, true, false);
	mk->cap.kver[1] = 12;
	check_assumed(mk, 8, 7, false, false);
	/* what can't be */
	mk->cap.nr_orders = 200;
	mk->cap.pageblock_order = 250;
	check_assumed(mk, 11, 9, true, true);
	free(mk);
}

static const char *disagrees(struct made *mk, uint64_t want_free)
{
	static char text[400];
	struct sg_limits limits = { 0 };
	struct sg_err err = { 0 };
	struct mm_zone_info z;

	mk->cfg.limits = &limits;
	mk->snap.have_pageflags = true;
	mk->m = mm_machine_new(&mk->cfg, &err);
	assert_non_null(mk->m);
	mm_zone_get(mk->m, 0, &z);
	assert_int_equal(z.nr_free, want_free);
	assert_int_equal(z.nr_unknown, want_free ? 0 : 8192);
	text[0] = '\0';
	if (sg_limits_find(&limits, SG_LIMIT_SNAPSHOT_DISAGREES))
		strcpy(text, sg_limits_find(&limits, SG_LIMIT_SNAPSHOT_DISAGREES)->text);
	made_fini(mk);
	mk->cfg.limits = NULL;
	sg_limits_free(&limits);
	return text;
}

/* Page flags and buddyinfo differ by time that went by, or grossly: then the page flags aren't used. */
static void snapshot_files(void **state)
{
	struct made *mk = malloc(sizeof(*mk));
	struct mm_zone_info z;
	struct sg_err err = { 0 };

	(void)state;
	assert_non_null(mk);
	setup(mk, 11, 9, 4096);
	mk->zone[0].have_free = true;
	mk->zone[0].free[10] = 7;
	assert_string_equal(disagrees(mk, 8192), "");
	mk->zone[0].free[10] = 1;
	assert_string_equal(disagrees(mk, 0), "snapshot 'before', zone Normal of node 0: kpageflags' free pages are 8192, but "
			    "buddyinfo's 1024; the page flags aren't used");
	/* half of the pages have no page frame */
	mk->zone[0].free[10] = 3;
	for (uint64_t p = B(8); p < END; p++)
		mk->flags[p] = KPF_NOPAGE;
	assert_string_equal(disagrees(mk, 0), "snapshot 'before', zone Normal of node 0: kpageflags' pages are 4096, but "
			    "zoneinfo's 8192; the page flags aren't used");
	/* pagetypeinfo of a machine with other pageblocks: its types aren't used, the page flags are */
	setup(mk, 11, 9, 4096);
	mk->zone[0].have_types = true;
	mk->zone[0].type_free[M][10] = 8;
	mk->zone[0].type_blocks[M] = 16;
	assert_string_equal(disagrees(mk, 8192), "");
	mk->zone[0].type_blocks[M] = 4;
	assert_string_equal(disagrees(mk, 8192), "snapshot 'before', zone Normal of node 0: pagetypeinfo's pageblocks have pages "
			    "2048, but the zone has 8192; the types of pagetypeinfo aren't used");
	mk->m = mm_machine_new(&mk->cfg, &err);
	assert_non_null(mk->m);
	mm_zone_get(mk->m, 0, &z);
	assert_int_equal(z.type_blocks[M], 0);
	assert_int_equal(z.unknown_blocks, 16);
	assert_int_equal(z.type_free[M][10], 0);
	made_fini(mk);
	free(mk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(free_blocks),
		cmocka_unit_test(highest_order),
		cmocka_unit_test(pcp_orders),
		cmocka_unit_test(sources),
		cmocka_unit_test(snapshot_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
