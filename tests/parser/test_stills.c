// SPDX-License-Identifier: GPL-2.0-only
/* Posted text: what is read out of it, however it was quoted, prefixed and wrapped. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tx.h"
#include "util.h"

#define HEAD "cat: page allocation failure: order:3, mode:0x40dc0(GFP_KERNEL|__GFP_COMP|__GFP_ZERO), " \
	     "nodemask=0-1,5,cpuset=/batch,mems_allowed=0-3\n"
#define ZONE "Node 1 Normal free:20480kB boost:4096kB min:8192kB low:9216kB high:10240kB reserved_highatomic:2048KB " \
	     "free_highatomic:512KB active_anon:0kB present:1048576kB managed:1000000kB mlocked:0kB bounce:0kB " \
	     "free_pcp:400kB local_pcp:0kB free_cma:1024kB\n"
#define RESERVE "lowmem_reserve[]: 0 0 0 100 100\n"
#define LIST "Node 1 Normal: 4096*4kB (UMEH) 512*8kB (UC) 0*16kB 0*32kB 0*64kB 0*128kB 0*256kB 0*512kB 0*1024kB 0*2048kB " \
	     "0*4096kB = 20480kB\n"

static struct tx_stills read_text(const char *text)
{
	struct tx_stills st = { 0 };
	struct sg_err err;
	int r;

	assert_true(tx_is_still(text, strlen(text)));
	r = tx_read(text, strlen(text), &st, &err);
	assert_int_equal(r, SG_OK);
	return st;
}

static void check_request(const struct sg_request *r)
{
	assert_string_equal(r->task, "cat");
	assert_int_equal(r->order, 3);
	assert_true(r->have_bits && r->bits == 0x40dc0);
	assert_true(r->have_want);
	assert_string_equal(r->mode, "GFP_KERNEL|__GFP_COMP|__GFP_ZERO");
	assert_true(r->want & SG_WANT_DIRECT_RECLAIM);
	assert_true(r->want & SG_WANT_COMP);
	assert_false(r->want & (SG_WANT_HIGH | SG_WANT_MOVABLE));
	assert_true(r->nodemask.known && !r->nodemask.all && r->nodemask.bit[0] == 0x23);
	assert_true(r->mems_allowed.known && r->mems_allowed.bit[0] == 0xf);
	assert_string_equal(r->cpuset, "/batch");
}

static void check_zone(const struct sg_snapshot *s)
{
	const struct sg_zone_snap *z = s->zone;

	assert_int_equal(s->nr_zones, 1);
	assert_int_equal(s->still->page_size, 4096);
	assert_int_equal(z->node, 1);
	assert_string_equal(z->name, "Normal");
	assert_int_equal(z->nr_free, 5120);
	assert_int_equal(z->wmark_boost, 1024);
	assert_int_equal(z->wmark_min, 2048);
	assert_int_equal(z->wmark_low, 2304);
	assert_int_equal(z->wmark_high, 2560);
	assert_int_equal(z->reserved_highatomic, 512);
	assert_int_equal(z->free_highatomic, 128);
	assert_int_equal(z->present, 262144);
	assert_int_equal(z->managed, 250000);
	assert_int_equal(z->nr_pcp_pages, 100);
	assert_int_equal(z->free_cma, 256);
	assert_int_equal(z->nr_protection, 5);
	assert_int_equal(z->protection[3], 100);
	assert_true(z->have_free);
	assert_int_equal(z->nr_orders, 11);
	assert_int_equal(z->free[0], 4096);
	assert_int_equal(z->free[1], 512);
	assert_int_equal(z->types_at[0], 0xf); /* U M E H */
	assert_int_equal(z->types_at[1], 0x11); /* U C */
	assert_int_equal(z->types_at[2], 0);
	assert_int_equal(sg_limits_count(&s->still->limits), 0);
}

static void test_plain(void **state)
{
	struct tx_stills st = read_text(HEAD "CPU: 3 PID: 77 Comm: cat Tainted: G        W  OE     6.14.2-arch1 #1\nMem-Info:\n" ZONE
					RESERVE LIST);

	assert_int_equal(st.nr, 1);
	assert_int_equal(st.still[0].still->origin, SG_STILL_FAILURE);
	assert_string_equal(st.still[0].still->kernel, "6.14.2-arch1");
	assert_int_equal(st.still[0].still->kver[1], 14);
	assert_int_equal(st.still[0].still->request.pid, 77);
	check_request(&st.still[0].still->request);
	check_zone(&st.still[0]);
	tx_clear(&st);
}

/* Each line of @text behind @prefix, broken at blanks before column @cols; what goes on begins with @quote. */
static char *dress(const char *text, const char *quote, const char *prefix, size_t cols)
{
	char *out = calloc(1, strlen(text) * 8 + 4096);

	assert_non_null(out);
	while (*text) {
		size_t len = strcspn(text, "\n"), col = strlen(quote) + strlen(prefix);

		strcat(strcat(out, quote), prefix);
		while (len) {
			size_t word = strcspn(text, " \n");

			if (cols && col + word > cols && col > strlen(quote)) {
				strcat(strcat(out, "\n"), quote);
				col = strlen(quote);
			}
			strncat(out, text, word);
			text += word;
			len -= word;
			col += word;
			if (len) {
				strcat(out, " ");
				text++;
				len--;
				col++;
			}
		}
		strcat(out, "\n");
		text += *text == '\n';
	}
	return out;
}

static void test_dressed(void **state)
{
	static const char *const prefix[] = { "", "[ 2161.623563] ", "[ 2161.623563][  T123] ", "<4>[ 2161.623563] ",
					      "Jul  6 11:53:24 host-1 kernel: ", "Jul 16 11:53:24 host kernel: [ 2161.623563] ",
					      "2026-01-02T03:04:05.123456+01:00 host kernel: ", "[Thu Jan  1 00:00:00 2026] ",
					      "kern  :warn  : [ 2161.623563] ", "kernel: ", "[ 2161.623563] host kernel: " };
	static const char *const quote[] = { "", "> ", "> > ", "\t", "    " };
	static const size_t cols[] = { 0, 72, 50 };

	for (size_t p = 0; p < sizeof(prefix) / sizeof(prefix[0]); p++)
		for (size_t q = 0; q < sizeof(quote) / sizeof(quote[0]); q++)
			for (size_t c = 0; c < 3; c++) {
				char *text = dress(HEAD "CPU: 3 PID: 77 Comm: cat Not tainted 6.14.2 #1\nMem-Info:\n" ZONE RESERVE
						   LIST, quote[q], prefix[p], cols[c]);
				struct tx_stills st = read_text(text);
				const struct sg_still *s = st.still[0].still;

				assert_int_equal(st.nr, 1);
				check_request(&s->request);
				check_zone(&st.still[0]);
				assert_string_equal(s->kernel, "6.14.2");
				assert_true(s->have_time == (strstr(prefix[p], "2161") != NULL));
				if (s->have_time)
					assert_int_equal(s->time_ns, 2161623563000);
				assert_true((s->when[0] != '\0') ==
					    (strstr(prefix[p], "Ju") || strstr(prefix[p], "2026") || strstr(prefix[p], "Jan")));
				tx_clear(&st);
				free(text);
			}
}

/* Lines joined into one paragraph, as a mail program reflows them. */
static void test_reflowed(void **state)
{
	char text[] = "Mem-Info:\n" ZONE RESERVE LIST;
	struct tx_stills st;

	for (char *p = text; *p; p++)
		if (*p == '\n')
			*p = ' ';
	st = read_text(text);
	assert_int_equal(st.nr, 1);
	assert_int_equal(st.still[0].still->origin, SG_STILL_MEMINFO);
	assert_false(st.still[0].still->have_request);
	check_zone(&st.still[0]);
	tx_clear(&st);
}

static void test_page_sizes(void **state)
{
	static const struct {
		const char *text;
		unsigned int page_size, orders;
		uint64_t free, min;
	} t[] = {
		{ "Normal free:1280kB min:640kB low:700kB high:800kB present:6400kB managed:6400kB\n"
		  "Normal: 2*64kB (U) 1*128kB (U) 0*256kB 2*512kB (M) 0*1024kB 0*2048kB 0*4096kB 0*8192kB 0*16384kB = 1280kB\n",
		  65536, 9, 20, 10 },
		{ "Node 0 DMA free:320kB min:160kB low:160kB high:160kB present:6400kB managed:6400kB\n"
		  "Node 0 DMA: 2*16kB (U) 1*32kB (U) 0*64kB 2*128kB (M) 0*256kB 0*512kB 0*1024kB 0*2048kB 0*4096kB 0*8192kB "
		  "0*16384kB 0*32768kB = 320kB\n", 16384, 12, 20, 10 },
		{ "Normal free:24kB min:8kB low:8kB high:8kB present:800kB managed:800kB\n"
		  "Normal: 1*8kB (U) 1*16kB (U) 0*32kB 0*64kB 0*128kB 0*256kB 0*512kB 0*1024kB 0*2048kB 0*4096kB 0*8192kB 0*16384kB "
		  "0*32768kB = 24kB\n", 8192, 13, 3, 1 },
		/* no list: 16 pages that are 1024 kB */
		{ "Mem-Info:\n free:16 free_pcp:0 free_cma:0\nNormal free:1024kB min:640kB low:700kB high:800kB present:6400kB "
		  "managed:6400kB\n", 65536, 0, 16, 10 },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct tx_stills st = read_text(t[i].text);

		assert_int_equal(st.nr, 1);
		assert_int_equal(st.still[0].still->page_size, t[i].page_size);
		assert_int_equal(st.still[0].zone[0].nr_orders, t[i].orders);
		assert_int_equal(st.still[0].zone[0].nr_free, t[i].free);
		assert_int_equal(st.still[0].zone[0].wmark_min, t[i].min);
		assert_false(st.still[0].zone[0].known & SG_ZONE_BOOST);
		assert_false(st.still[0].zone[0].known & SG_ZONE_HIGHATOMIC);
		tx_clear(&st);
	}
}

/* Which zone types a kernel has, from its zones and how many reserves each has. */
static void test_zone_types(void **state)
{
	static const struct {
		const char *text, *types;
	} t[] = {
		{ "Node 0 DMA free:4kB min:4kB low:4kB high:4kB managed:4kB\nlowmem_reserve[]: 0 10 20 20 20\n"
		  "Node 0 DMA32 free:4kB min:4kB\nlowmem_reserve[]: 0 0 10 10 10\n", "DMA DMA32 Normal Movable Device " },
		{ "DMA free:4kB min:4kB low:4kB high:4kB managed:4kB\nlowmem_reserve[]: 0 0 3188 3188\n"
		  "HighMem free:4kB min:4kB\nlowmem_reserve[]: 0 0 0 0\n", "DMA Normal HighMem Movable " },
		{ "Normal free:4kB min:4kB low:4kB high:4kB managed:4kB\nlowmem_reserve[]: 0 0\n", "Normal Movable " },
		{ "Node 0 DMA free:4kB min:4kB low:4kB high:4kB managed:4kB\nlowmem_reserve[]: 0 0 100 100\n"
		  "Node 0 Normal free:4kB min:4kB\nlowmem_reserve[]: 0 0 0 0\n", "DMA DMA32 Normal Movable " },
		{ "Node 0 DMA free:4kB min:4kB low:4kB high:4kB managed:4kB\nlowmem_reserve[]: 0 100 100 100\n"
		  "Node 0 Normal free:4kB min:4kB\nlowmem_reserve[]: 0 0 0 0\n", "DMA Normal Movable Device " },
		{ "Node 0 DMA free:4kB min:4kB low:4kB high:4kB managed:4kB\n", "" },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct tx_stills st = read_text(t[i].text);
		char types[128] = "";

		for (unsigned int k = 0; k < st.still[0].still->nr_zone_types; k++)
			strcat(strcat(types, st.still[0].still->zone_type[k]), " ");
		assert_string_equal(types, t[i].types);
		tx_clear(&st);
	}
}

#define BUDDY "Node 0, zone      DMA      1      2      3 \nNode 0, zone   Normal      4      5\n      6 \n"
#define TYPES                                                                                                       \
	"Page block order: 5\nPages per block:  32\n\n"                                                             \
	"Free pages count per migrate type at order       0      1      2 \n"                                       \
	"Node    0, zone   Normal, type    Unmovable      4      0      0 \n"                                       \
	"Node    0, zone   Normal, type      Movable      0      5      0 \n"                                       \
	"Node    0, zone   Normal, type   HighAtomic      0      0      6 \n\n"                                     \
	"Number of blocks type     Unmovable      Movable\n   HighAtomic \n"                                        \
	"Node 0, zone   Normal            7            8            9 \n"
#define ZONEINFO "Node 0, zone   Normal\n  pages free     38\n        boost    1\n        min      10\n        low      11\n" \
		 "        high     12\n        spanned  4096\n        present  4000\n        managed  3900\n"                 \
		 "        protection: (0, 0, 0)\n      nr_free_cma 3\n  pagesets\n    cpu: 0\n              count:    21\n"     \
		 "  start_pfn:           1024\n"

static void test_proc(void **state)
{
	struct tx_stills st = read_text("$ cat /proc/buddyinfo\n" BUDDY "\n$ cat /proc/pagetypeinfo\n" TYPES "\n" ZONEINFO "$ \n" BUDDY
					HEAD ZONE);
	const struct sg_zone_snap *z;

	assert_int_equal(st.nr, 3);
	assert_int_equal(st.still[0].still->origin, SG_STILL_PROC);
	assert_int_equal(st.still[0].pageblock_order, 5);
	assert_int_equal(st.still[0].nr_zones, 2);
	z = &st.still[0].zone[0];
	assert_string_equal(z->name, "Normal"); /* zoneinfo's come first, whatever the order in the text */
	assert_int_equal(z->start_pfn, 1024);
	assert_int_equal(z->nr_free, 38);
	assert_int_equal(z->wmark_min, 10);
	assert_int_equal(z->wmark_boost, 1);
	assert_int_equal(z->nr_pcp_pages, 21);
	assert_int_equal(z->free[2], 6);
	assert_int_equal(z->type_free[1][1], 5);
	assert_int_equal(z->type_blocks[2], 9);
	assert_int_equal(z->free_highatomic, 24);
	assert_true(z->known & SG_ZONE_FREE_HIGHATOMIC);
	assert_string_equal(st.still[0].still->migratetype[2], "HighAtomic");
	z = &st.still[0].zone[1];
	assert_string_equal(z->name, "DMA");
	assert_int_equal(z->free[2], 3);
	assert_false(z->known & SG_ZONE_WMARKS);
	/* the second buddyinfo is a still of its own, and the failure is one */
	assert_int_equal(st.still[1].nr_zones, 2);
	assert_int_equal(st.still[1].zone[1].free[2], 6);
	assert_false(st.still[1].zone[0].have_types);
	assert_int_equal(st.still[2].still->origin, SG_STILL_FAILURE);
	assert_int_equal(st.still[2].zone[0].node, 1);
	tx_clear(&st);
}

static void test_several(void **state)
{
	struct tx_stills st = read_text(
		HEAD "Mem-Info:\n" ZONE RESERVE LIST
		"dd invoked oom-killer: gfp_mask=0x201da, order=0, oom_score_adj=0\n"
		"dd cpuset=/x mems_allowed=1\n"
		"Mem-Info:\n" ZONE RESERVE LIST "Killed process 12 (dd) total-vm:1kB\n"
		"a b: page allocation stalls for 10004ms, order:0, mode:0x14200ca(GFP_HIGHUSER_MOVABLE), nodemask=(null)\n"
		"x: vmalloc error: size 8192, page order 2, failed to allocate pages, mode:0x2(__GFP_HIGHMEM), nodemask=1\n"
		"pod invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=968\n"
		"memory: usage 102400kB, limit 102400kB, failcnt 123\n"
		"oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=docker,mems_allowed=0,oom_memcg=/x,task=c,pid=77\n"
		"sysrq: Show Memory\nMem-Info:\n" ZONE RESERVE LIST);

	assert_int_equal(st.nr, 6);
	check_zone(&st.still[0]);
	assert_int_equal(st.still[1].still->origin, SG_STILL_OOM);
	assert_false(st.still[1].still->request.have_want); /* a number only */
	assert_int_equal(st.still[1].still->request.bits, 0x201da);
	assert_int_equal(st.still[1].still->request.mems_allowed.bit[0], 2);
	assert_string_equal(st.still[1].still->request.victim, "12 (dd)");
	assert_false(st.still[1].still->request.nodemask.known);
	assert_int_equal(st.still[2].still->origin, SG_STILL_STALL);
	assert_string_equal(st.still[2].still->request.task, "a b");
	assert_true(st.still[2].still->request.nodemask.all);
	assert_non_null(sg_limits_find(&st.still[2].still->limits, SG_LIMIT_TEXT_LOSSY));
	assert_int_equal(st.still[3].still->request.order, 2);
	assert_string_equal(st.still[3].still->request.task, "x");
	assert_int_equal(st.still[4].still->origin, SG_STILL_OOM_MEMCG);
	assert_string_equal(st.still[4].still->request.constraint, "CONSTRAINT_MEMCG");
	assert_int_equal(st.still[5].still->origin, SG_STILL_MEMINFO);
	check_zone(&st.still[5]);
	tx_clear(&st);
}

/* A list that is cut or was changed: its counts aren't believed, and it is said. */
static void test_damaged(void **state)
{
	struct tx_stills st = read_text(ZONE "Node 1 Normal: 4096*4kB (UMEH) 512*8kB (UC) 0*16kB 0*32kB\n");

	assert_false(st.still[0].zone[0].have_free);
	assert_non_null(sg_limits_find(&st.still[0].still->limits, SG_LIMIT_TEXT_LOSSY));
	tx_clear(&st);
	st = read_text(ZONE "Node 1 Normal: 4096*4kB (UMEH) 0*16kB 0*32kB = 16384kB\n");
	assert_false(st.still[0].zone[0].have_free); /* 8 kB is missing */
	tx_clear(&st);
	st = read_text(ZONE "Node 1 Normal: 4096*4kB (UMEH) 0*8kB 0*16kB 0*32kB = 16388kB\n");
	assert_true(st.still[0].zone[0].have_free);
	assert_non_null(sg_limits_find(&st.still[0].still->limits, SG_LIMIT_TEXT_LOSSY));
	tx_clear(&st);
	st = read_text("Node 1 Normal free:99999999999999999999999kB min:18446744073709551615kB low:1kB high:1kB managed:1kB\n"
		       "Node 1 Normal: 99999999999999999999*4kB (U) 18446744073709551615*8kB = 1kB\n");
	tx_clear(&st);
}

static void test_not_one(void **state)
{
	static const char *const t[] = { "", "hello\n", "Node 0\n", "free: 12 kB\n", "[ 1.0] Kernel command line: root=/dev/vda1\n" };
	struct tx_stills st = { 0 };
	struct sg_err err;

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_false(tx_is_still(t[i], strlen(t[i])));
		assert_int_equal(tx_read(t[i], strlen(t[i]), &st, &err), SG_E_NOTFOUND);
		assert_int_equal(st.nr, 0);
	}
}

/* Every beginning of a text is read without a fault, and so is it with any byte replaced. */
static void test_cut(void **state)
{
	static const char text[] = HEAD "CPU: 1 PID: 2 Comm: c Not tainted 6.1.0 #1\nMem-Info:\n" ZONE RESERVE LIST BUDDY TYPES ZONEINFO;

	for (size_t n = 0; n < sizeof(text); n++) {
		char *copy = malloc(n ? n : 1);
		struct tx_stills st = { 0 };

		assert_non_null(copy);
		memcpy(copy, text, n);
		tx_is_still(copy, n);
		if (tx_read(copy, n, &st, NULL) == SG_OK)
			tx_clear(&st);
		free(copy);
		copy = malloc(sizeof(text));
		assert_non_null(copy);
		memcpy(copy, text, sizeof(text));
		copy[n] = (char)(n * 7 + 9);
		if (tx_read(copy, sizeof(text), &st, NULL) == SG_OK)
			tx_clear(&st);
		free(copy);
	}
}

/* More dumps than are kept: said with the line where the reading ends, in each still. */
static void test_too_many(void **state)
{
	static const char one[] = "Mem-Info:\n" ZONE;
	const size_t n = TX_MAX_STILLS + 7;
	char *text = malloc(n * (sizeof(one) - 1));
	struct tx_stills st = { 0 };

	assert_non_null(text);
	for (size_t i = 0; i < n; i++)
		memcpy(text + i * (sizeof(one) - 1), one, sizeof(one) - 1);
	assert_int_equal(tx_read(text, n * (sizeof(one) - 1), &st, NULL), SG_OK);
	assert_int_equal(st.nr, TX_MAX_STILLS);
	assert_int_equal(st.cut_line, 2 * TX_MAX_STILLS + 1);
	assert_non_null(sg_limits_find(&st.still[0].still->limits, SG_LIMIT_CAP_HIT));
	tx_clear(&st);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),	   cmocka_unit_test(test_dressed),    cmocka_unit_test(test_reflowed),
		cmocka_unit_test(test_page_sizes), cmocka_unit_test(test_zone_types), cmocka_unit_test(test_proc),
		cmocka_unit_test(test_several),	   cmocka_unit_test(test_damaged),    cmocka_unit_test(test_not_one),
		cmocka_unit_test(test_cut),	   cmocka_unit_test(test_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
