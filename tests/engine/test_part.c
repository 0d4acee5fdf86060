// SPDX-License-Identifier: GPL-2.0-only
/* Where two runs part: made logs, with what must be found in them. */
#include "made.h"

#include <stdio.h>
#include <string.h>

#include "index/part.h"

#define DIRECT 0x400ull /* __GFP_DIRECT_RECLAIM */
#define KSWAPD 50
#define MS UINT64_C(1000000) /* from one event to the next; made_event() counts 1000 of it */
#define KIND(k) (1u << MM_PART_##k)

static const struct sg_task_name names[] = { { KSWAPD, "kswapd0" }, { 301, "worker" }, { 302, "worker" }, { 401, "reader" } };

struct pair {
	struct made mk[2];
	struct mm_part *p;
};

static void begin(struct pair *t)
{
	for (unsigned int k = 0; k < 2; k++) {
		struct made *mk = &t->mk[k];

		made_init(mk, 7, 3, MADE_USED);
		mk->log = sg_log_new();
		assert_non_null(mk->log);
		for (unsigned int e = 0; e < SG_KIND_COUNT; e++)
			mk->cap.present[e] = true;
		mk->cap.name = "made";
		mk->cap.task = names;
		mk->cap.nr_tasks = 4;
		mk->cap.gfp.direct_reclaim = DIRECT;
		mk->pid = 301;
	}
	t->p = NULL;
}

static void look_at(struct pair *t, uint64_t slice)
{
	struct mm_part_run run[2];

	for (unsigned int k = 0; k < 2; k++)
		run[k] = (struct mm_part_run){ t->mk[k].log, &t->mk[k].cap, t->mk[k].m };
	mm_part_free(t->p);
	t->p = mm_part_new(run);
	assert_non_null(t->p);
	while (mm_part_work(t->p, slice))
		assert_in_range(mm_part_progress(t->p), 0, 1000);
	assert_true(mm_part_done(t->p));
	assert_int_equal(mm_part_progress(t->p), 1000);
}

static void end(struct pair *t)
{
	mm_part_free(t->p);
	for (unsigned int k = 0; k < 2; k++)
		made_fini(&t->mk[k]);
}

/* ---- events, which need not make sense to a machine ------------------------------------------- */

static void put(struct made *mk, enum sg_kind kind, uint64_t v0, uint64_t v1, uint64_t v2, uint64_t v3)
{
	struct sg_event ev = made_event(mk, kind);

	ev.v[0] = v0;
	ev.v[1] = v1;
	ev.v[2] = v2;
	ev.v[3] = v3;
	ev.ts = mk->ts += MS - 1000;
	assert_int_equal(sg_log_append(mk->log, &ev), 0);
}

static void ask(struct made *mk, uint64_t pfn, unsigned int order, unsigned int mt)
{
	put(mk, SG_EV_mm_page_alloc, pfn, order, DIRECT, mt);
}

static void cached(struct made *mk, uint64_t pfn, uint64_t index)
{
	struct sg_event ev = made_event(mk, SG_EV_mm_filemap_add_to_page_cache);

	ask(mk, pfn, 0, M);
	ev.v[SGF_mm_filemap_add_to_page_cache_i_ino] = 77;
	ev.v[SGF_mm_filemap_add_to_page_cache_pfn] = pfn;
	ev.v[SGF_mm_filemap_add_to_page_cache_index] = index;
	ev.v[SGF_mm_filemap_add_to_page_cache_s_dev] = 8;
	ev.v[SGF_mm_filemap_add_to_page_cache_order] = 0;
	ev.ts = mk->ts += MS - 1000;
	assert_int_equal(sg_log_append(mk->log, &ev), 0);
}

static void fall(struct made *mk, unsigned int order, unsigned int mt, unsigned int own)
{
	struct sg_event ev = made_event(mk, SG_EV_mm_page_alloc_extfrag);

	ev.v[SGF_mm_page_alloc_extfrag_pfn] = START;
	ev.v[SGF_mm_page_alloc_extfrag_alloc_order] = 0;
	ev.v[SGF_mm_page_alloc_extfrag_fallback_order] = order;
	ev.v[SGF_mm_page_alloc_extfrag_alloc_migratetype] = U;
	ev.v[SGF_mm_page_alloc_extfrag_fallback_migratetype] = mt;
	ev.v[SGF_mm_page_alloc_extfrag_change_ownership] = own;
	ev.ts = mk->ts += MS - 1000;
	assert_int_equal(sg_log_append(mk->log, &ev), 0);
}

/* So many ms. */
static void reclaim(struct made *mk, unsigned int ms)
{
	put(mk, SG_EV_mm_vmscan_direct_reclaim_begin, SG_MISSING, SG_MISSING, SG_MISSING, SG_MISSING);
	mk->ts += (ms - 1) * MS;
	put(mk, SG_EV_mm_vmscan_direct_reclaim_end, 32, SG_MISSING, SG_MISSING, SG_MISSING);
}

static void is_parting(const struct pair *t, uint32_t i, unsigned int kinds, uint32_t nr, uint64_t a, uint64_t b, uint64_t weight)
{
	struct mm_parting x;

	assert_true(mm_part_get(t->p, i, &x));
	assert_int_equal(x.kinds, kinds);
	assert_int_equal(x.nr, nr);
	assert_int_equal(x.at[0], a);
	assert_int_equal(x.at[1], b);
	assert_int_equal(x.weight, weight);
}

/* ---- tests ------------------------------------------------------------------------------------- */

/* Another page, a refill, a stall that takes longer, another order of tasks: no parting. */
static void same(void **state)
{
	struct mm_part_ask a;
	struct pair t;
	char text[200];

	(void)state;
	begin(&t);
	ask(&t.mk[0], B(1), 0, U); /* 1 */
	t.mk[0].pid = 401;
	ask(&t.mk[0], B(2), 2, M); /* 2 */
	t.mk[0].pid = 301;
	reclaim(&t.mk[0], 5);      /* 3, 4 */
	ask(&t.mk[0], B(3), 0, U); /* 5 */

	put(&t.mk[1], SG_EV_mm_page_alloc_zone_locked, B(9), 0, U, 1); /* 1 */
	ask(&t.mk[1], B(9), 0, U);  /* 2 */
	reclaim(&t.mk[1], 50);      /* 3, 4 */
	reclaim(&t.mk[1], 50);      /* 5, 6 */
	ask(&t.mk[1], B(10), 0, U); /* 7 */
	t.mk[1].pid = 401;
	ask(&t.mk[1], B(11), 2, M); /* 8 */
	look_at(&t, 1000);
	assert_int_equal(mm_part_pairs(t.p), 3);
	assert_int_equal(mm_part_count(t.p), 0);
	assert_int_equal(mm_part_most(t.p), MM_PART_NONE);
	assert_int_equal(mm_part_find(t.p, 0, 0, 1), MM_PART_NONE);
	mm_part_ask(t.p, 1, 0, &a);
	assert_true(a.listed);
	assert_int_equal(a.tells, 1);
	assert_string_equal(mm_part_say(&a, &t.mk[1].cap, NULL, text, sizeof(text)), "a page at once, from its CPU's list (event 1)");
	/* in step: each request of one behind its counterpart */
	assert_int_equal(mm_part_in_step(t.p, 0, 0, false), 0);
	assert_int_equal(mm_part_in_step(t.p, 0, 1, false), 2);
	assert_int_equal(mm_part_in_step(t.p, 0, 2, false), 8);
	assert_int_equal(mm_part_in_step(t.p, 0, 4, false), 8);
	assert_int_equal(mm_part_in_step(t.p, 0, 5, false), 8); /* its end is the other's */
	assert_int_equal(mm_part_in_step(t.p, 1, 1, false), 0);
	assert_int_equal(mm_part_in_step(t.p, 1, 7, false), 5);
	end(&t);
}

static void answers(void **state)
{
	struct mm_part_ask a;
	struct pair t;
	char text[200];

	(void)state;
	begin(&t);
	ask(&t.mk[0], B(1), 0, U);               /* 1 */
	fall(&t.mk[0], 9, M, 1);                 /* 2 */
	ask(&t.mk[0], B(1), 0, U);               /* 3 */
	fall(&t.mk[0], 3, M, 0);                 /* 4 */
	ask(&t.mk[0], B(1), 0, U);               /* 5 */
	ask(&t.mk[0], B(1), 4, U);               /* 6 */
	ask(&t.mk[0], B(1), 0, U);               /* 7 */

	ask(&t.mk[1], B(2), 0, U);               /* 1 */
	ask(&t.mk[1], B(2), 0, U);               /* 2: didn't fall back */
	fall(&t.mk[1], 4, M, 1);                 /* 3 */
	ask(&t.mk[1], B(2), 0, U);               /* 4: claimed instead of stealing */
	put(&t.mk[1], SG_EV_mm_vmscan_wakeup_kswapd, 0, 0, 0, 0); /* 5 */
	reclaim(&t.mk[1], 7);                    /* 6, 7 */
	ask(&t.mk[1], UINT64_MAX, 4, U);         /* 8: no page after 8 ms */
	put(&t.mk[1], SG_EV_mm_page_alloc_zone_locked, B(2), 0, U, 0); /* 9 */
	ask(&t.mk[1], B(2), 0, U);               /* 10 */
	look_at(&t, 1000);
	assert_int_equal(mm_part_pairs(t.p), 5);
	assert_int_equal(mm_part_count(t.p), 3);
	is_parting(&t, 0, KIND(FALLBACK), 1, 3, 2, 512);
	is_parting(&t, 1, KIND(FALLBACK), 1, 5, 4, 16);
	is_parting(&t, 2, KIND(OUTCOME) | KIND(STALL) | KIND(WAKE), 1, 6, 8, MM_PART_FAILED | 8 * MS);
	assert_int_equal(mm_part_most(t.p), 2);
	assert_int_equal(mm_part_kind_count(t.p, MM_PART_FALLBACK), 2);
	assert_int_equal(mm_part_kind_count(t.p, MM_PART_ALONE), 0);
	mm_part_ask(t.p, 1, 3, &a);
	assert_int_equal(a.event, 8);
	assert_int_equal(a.tells, 5);
	assert_int_equal(a.ns, 8 * MS);
	assert_false(a.got);
	assert_string_equal(mm_part_say(&a, &t.mk[1].cap, NULL, text, sizeof(text)),
			    "no page, reclaimed for 8.000 ms, woke kswapd");
	mm_part_ask(t.p, 1, 4, &a);
	assert_int_equal(a.tells, 9);
	assert_false(a.listed);
	mm_part_ask(t.p, 0, 1, &a);
	assert_int_equal(a.tells, 2);
	assert_int_equal(a.fall_mt, M);
	assert_string_equal(mm_part_say(&a, &t.mk[0].cap, "Normal", text, sizeof(text)),
			    "a page of Normal, claimed a Movable block of order 9");
	/* next and before, from either run */
	assert_int_equal(mm_part_find(t.p, 0, 3, 1), 1);
	assert_int_equal(mm_part_find(t.p, 0, 2, 1), 0);
	assert_int_equal(mm_part_find(t.p, 0, 6, 1), MM_PART_NONE);
	assert_int_equal(mm_part_find(t.p, 0, 6, -1), 1);
	assert_int_equal(mm_part_find(t.p, 0, 3, -1), MM_PART_NONE);
	assert_int_equal(mm_part_find(t.p, 1, 4, 1), 2);
	assert_int_equal(mm_part_find(t.p, 1, 99, -1), 2);
	assert_int_equal(mm_part_rank(t.p, 1, 4), 2);
	end(&t);
}

/* A page comes off its CPU's list: the pick of the refill that put it there tells, unless somebody has had it since. */
static void refills(void **state)
{
	struct mm_part_ask a;
	struct pair t;

	(void)state;
	begin(&t);
	for (unsigned int i = 0; i < 3; i++)
		put(&t.mk[0], SG_EV_mm_page_alloc_zone_locked, B(1) + i, 0, U, 1); /* 1, 2, 3 */
	t.mk[0].pid = 302;
	ask(&t.mk[0], B(1) + 1, 0, U);                     /* 4: the second of them */
	put(&t.mk[0], SG_EV_mm_page_free, B(1) + 1, 0, 0, 0); /* 5 */
	ask(&t.mk[0], B(1) + 1, 0, U);                     /* 6: what was given back, no refill's */
	t.mk[0].pid = 301;
	fall(&t.mk[0], 5, M, 0);                           /* 7 */
	ask(&t.mk[0], B(1) + 2, 0, U);                     /* 8: a fallback tells before the refill */
	look_at(&t, 1000);
	mm_part_ask(t.p, 0, 0, &a);
	assert_int_equal(a.tells, 2);
	assert_true(a.listed);
	mm_part_ask(t.p, 0, 1, &a);
	assert_int_equal(a.tells, 6);
	assert_true(a.listed);
	mm_part_ask(t.p, 0, 2, &a);
	assert_int_equal(a.tells, 7);
	assert_false(a.listed);
	end(&t);
}

/* What only one recording has events of is nobody's difference. */
static void not_recorded(void **state)
{
	struct pair t;

	(void)state;
	begin(&t);
	fall(&t.mk[0], 9, M, 1);
	put(&t.mk[0], SG_EV_mm_vmscan_wakeup_kswapd, 0, 0, 0, 0);
	ask(&t.mk[0], B(1), 0, U);
	ask(&t.mk[1], B(1), 0, U);
	t.mk[1].cap.present[SG_EV_mm_page_alloc_extfrag] = false;
	t.mk[1].cap.present[SG_EV_mm_vmscan_wakeup_kswapd] = false;
	look_at(&t, 1000);
	assert_int_equal(mm_part_pairs(t.p), 1);
	assert_int_equal(mm_part_count(t.p), 0);
	end(&t);
}

/* A page of a file that only the second run has to read again, in the middle of others. */
static void read_again(void **state)
{
	struct pair t;

	(void)state;
	begin(&t);
	for (unsigned int i = 0; i < 6; i++)
		cached(&t.mk[0], B(1) + i, i); /* requests at 1, 3, 5, 7, 9, 11 */
	for (unsigned int i = 0; i < 3; i++)
		cached(&t.mk[1], B(2) + i, i); /* 1, 3, 5 */
	cached(&t.mk[1], B(3), 1000);  /* 7 */
	cached(&t.mk[1], B(3), 1001);  /* 9 */
	for (unsigned int i = 3; i < 6; i++)
		cached(&t.mk[1], B(4) + i, i); /* 11, 13, 15 */
	look_at(&t, 1000);
	assert_int_equal(mm_part_pairs(t.p), 6);
	assert_int_equal(mm_part_count(t.p), 1);
	is_parting(&t, 0, KIND(ALONE), 2, 5, 7, 2);
	assert_int_equal(mm_part_in_step(t.p, 0, 7, false), 11);
	assert_int_equal(mm_part_in_step(t.p, 1, 9, false), 5);
	end(&t);
}

/* Where one run doesn't tell which page of a file a request was for, it is still the one between its neighbours. */
static void page_not_told(void **state)
{
	struct pair t;

	(void)state;
	begin(&t);
	cached(&t.mk[0], B(1), 1);          /* 1, 2 */
	cached(&t.mk[0], B(1), 2);          /* 3, 4 */
	cached(&t.mk[0], B(1), 3);          /* 5, 6 */
	ask(&t.mk[0], B(1), 0, M);          /* 7: as the one that isn't told */
	cached(&t.mk[1], B(2), 1);          /* 1, 2 */
	ask(&t.mk[1], UINT64_MAX, 0, M);    /* 3 */
	cached(&t.mk[1], B(2), 3);          /* 4, 5 */
	ask(&t.mk[1], B(2), 0, M);          /* 6 */
	look_at(&t, 1000);
	assert_int_equal(mm_part_pairs(t.p), 4);
	assert_int_equal(mm_part_count(t.p), 1);
	is_parting(&t, 0, KIND(OUTCOME), 1, 3, 3, MM_PART_FAILED);
	end(&t);
}

/* A huge page that only the second run had: its pages aren't asked for one by one there. */
static void instead(void **state)
{
	struct pair t;

	(void)state;
	begin(&t);
	ask(&t.mk[0], UINT64_MAX, 9, M);         /* 1 */
	for (unsigned int i = 0; i < 512; i++)
		ask(&t.mk[0], B(2) + i, 0, M);   /* 2 .. 513 */
	ask(&t.mk[0], B(4), 9, M);               /* 514 */
	ask(&t.mk[0], B(4), 1, U);               /* 515 */
	ask(&t.mk[1], B(3), 9, M);               /* 1 */
	ask(&t.mk[1], B(4), 9, M);               /* 2 */
	ask(&t.mk[1], B(5), 1, U);               /* 3 */
	look_at(&t, 1000);
	assert_int_equal(mm_part_pairs(t.p), 3);
	assert_int_equal(mm_part_count(t.p), 2);
	is_parting(&t, 0, KIND(OUTCOME), 1, 1, 1, MM_PART_FAILED);
	is_parting(&t, 1, KIND(ALONE), 512, 2, 1, 512);
	end(&t);
}

/* The same request under a rule that asks for smaller folios, and a zone that only one took from. */
static void orders(void **state)
{
	struct pair t;

	(void)state;
	begin(&t);
	ask(&t.mk[0], B(1), 4, M);
	ask(&t.mk[1], B(1), 2, M);
	look_at(&t, 1000);
	assert_int_equal(mm_part_pairs(t.p), 1);
	assert_int_equal(mm_part_count(t.p), 1);
	is_parting(&t, 0, KIND(ORDER), 1, 1, 1, 12);
	end(&t);
}

/* What reclaim, compaction and kswapd take is no request; nor is an interrupt's, in the middle of a stall, the stall's end. */
static void own_work(void **state)
{
	struct mm_part_ask a;
	struct pair t;

	(void)state;
	begin(&t);
	put(&t.mk[0], SG_EV_mm_vmscan_direct_reclaim_begin, SG_MISSING, SG_MISSING, SG_MISSING, SG_MISSING); /* 1 */
	ask(&t.mk[0], B(1), 0, M);                             /* 2: swap-out's */
	put(&t.mk[0], SG_EV_mm_vmscan_direct_reclaim_end, 0, SG_MISSING, SG_MISSING, SG_MISSING); /* 3 */
	put(&t.mk[0], SG_EV_mm_page_alloc, B(2), 0, 0, U);     /* 4: atomic */
	t.mk[0].pid = KSWAPD;
	ask(&t.mk[0], B(1), 0, M);                             /* 5 */
	t.mk[0].pid = 301;
	ask(&t.mk[0], B(3), 0, M);                             /* 6 */
	ask(&t.mk[1], B(3), 0, M);
	look_at(&t, 1000);
	assert_int_equal(mm_part_asks(t.p, 0), 2);
	mm_part_ask(t.p, 0, 0, &a);
	assert_int_equal(a.event, 4);
	assert_int_equal(a.did, 0);
	mm_part_ask(t.p, 0, 1, &a);
	assert_int_equal(a.event, 6);
	assert_int_equal(a.did, MM_DID_RECLAIM);
	assert_int_equal(a.ns, 5 * MS);
	assert_int_equal(mm_part_count(t.p), 2);
	is_parting(&t, 0, KIND(ALONE), 1, 4, 0, 1);
	is_parting(&t, 1, KIND(STALL), 1, 6, 1, 5 * MS);
	end(&t);
}

/* Two captures: tasks by name and order of appearance, times from where their snapshots were done; migratetypes by name. */
static void captures(void **state)
{
	struct pair t;

	(void)state;
	begin(&t);
	t.mk[1].cap.name = "other";
	snprintf(t.mk[1].cap.migratetype[0], sizeof(t.mk[1].cap.migratetype[0]), "%s", t.mk[0].cap.migratetype[1]);
	snprintf(t.mk[1].cap.migratetype[1], sizeof(t.mk[1].cap.migratetype[1]), "%s", t.mk[0].cap.migratetype[0]);
	t.mk[1].ts = 5000 * MS;
	for (unsigned int k = 0; k < 2; k++) {
		struct sg_event ev = made_event(&t.mk[k], SG_EV_print);

		ask(&t.mk[k], B(1), 3, M);                   /* 1 */
		ev.str = "snapshot-begin-done";
		ev.str_len = 19;
		ev.ts = t.mk[k].ts += MS - 1000;
		assert_int_equal(sg_log_append(t.mk[k].log, &ev), 0); /* 2 */
	}
	/* the task that comes first has the higher pid in the second */
	fall(&t.mk[0], 9, M, 1);                  /* 3 */
	ask(&t.mk[0], B(1), 0, U);                /* 4 */
	t.mk[0].pid = 302;
	ask(&t.mk[0], B(1), 1, U);                /* 5 */
	t.mk[1].pid = 301;
	fall(&t.mk[1], 9, 0, 1);                  /* 3: its Movable */
	ask(&t.mk[1], B(1), 0, U);                /* 4 */
	t.mk[1].pid = 302;
	ask(&t.mk[1], B(1), 1, U);                /* 5 */
	look_at(&t, 1000);
	assert_int_equal(mm_part_clocks(t.p), 5000 * MS);
	assert_int_equal(mm_part_pairs(t.p), 3);
	assert_int_equal(mm_part_count(t.p), 0);
	assert_int_equal(mm_part_in_step(t.p, 0, 3, true), 3);
	assert_int_equal(mm_part_in_step(t.p, 1, 4, true), 4);
	end(&t);
}

/* What lies before the start of a simulated run isn't missing from it. */
static void before_the_start(void **state)
{
	struct sg_simulated sim = { .capture = "made", .from = 2, .asked = "", .policy = "", .ended = "" };
	struct pair t;

	(void)state;
	begin(&t);
	t.mk[1].cap.simulated = &sim;
	ask(&t.mk[0], B(1), 0, U); /* 1 */
	ask(&t.mk[0], B(1), 0, U); /* 2 */
	ask(&t.mk[0], B(1), 1, U); /* 3 */
	ask(&t.mk[1], B(1), 1, U);
	ask(&t.mk[1], B(1), 2, U); /* too late to be anybody's */
	look_at(&t, 1000);
	assert_int_equal(mm_part_pairs(t.p), 1);
	assert_int_equal(mm_part_count(t.p), 1);
	is_parting(&t, 0, KIND(ALONE), 1, 3, 2, 4);
	assert_int_equal(mm_part_in_step(t.p, 0, 2, false), 0);
	end(&t);
}

/* Slices of any size give the same, whatever the logs are; each request has at most one counterpart, and that has it. */
static void any_logs(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		uint64_t r = seed, nr, pairs, most;
		struct mm_parting x, before = { 0 };
		struct pair t;

		begin(&t);
		for (unsigned int i = 0; i < 800; i++) {
			struct made *mk = &t.mk[rnd(&r) % 2];

			mk->pid = 301 + (int)(rnd(&r) % 3);
			mk->common_flags = rnd(&r) % 16 ? 0 : 0x10;
			switch (rnd(&r) % 8) {
			case 0:
				reclaim(mk, 1 + (unsigned int)(rnd(&r) % 9));
				break;
			case 1:
				fall(mk, (unsigned int)(rnd(&r) % 10), (unsigned int)(rnd(&r) % 3), (unsigned int)(rnd(&r) % 2));
				break;
			case 2:
				cached(mk, B(1) + rnd(&r) % 512, rnd(&r) % 40);
				break;
			case 3:
				put(mk, (enum sg_kind)(1 + rnd(&r) % (SG_KIND_COUNT - 1)), rnd(&r) % 20, rnd(&r) % 20, rnd(&r) % 20, 0);
				break;
			default:
				ask(mk, rnd(&r) % 8 ? B(rnd(&r) % 16) : UINT64_MAX, (unsigned int)(rnd(&r) % 3), (unsigned int)(rnd(&r) % 2));
				break;
			}
		}
		look_at(&t, UINT64_MAX);
		nr = mm_part_count(t.p);
		pairs = mm_part_pairs(t.p);
		most = mm_part_most(t.p);
		look_at(&t, 1);
		assert_int_equal(nr, mm_part_count(t.p));
		assert_int_equal(pairs, mm_part_pairs(t.p));
		assert_int_equal(most, mm_part_most(t.p));
		for (uint32_t i = 0; i < mm_part_asks(t.p, 0); i++) {
			struct mm_part_ask a, b;

			mm_part_ask(t.p, 0, i, &a);
			if (a.other == MM_PART_NONE)
				continue;
			mm_part_ask(t.p, 1, a.other, &b);
			assert_int_equal(b.other, i);
			assert_int_equal(a.pid, b.pid);
			pairs--;
		}
		assert_int_equal(pairs, 0);
		for (uint32_t i = 0; i < nr; i++) {
			assert_true(mm_part_get(t.p, i, &x));
			assert_true(x.at[0] >= before.at[0]);
			before = x;
		}
		end(&t);
	}
}

/* Nothing at all on one side, or on both. */
static void empty(void **state)
{
	struct pair t;

	(void)state;
	begin(&t);
	look_at(&t, 10);
	assert_int_equal(mm_part_count(t.p), 0);
	assert_int_equal(mm_part_in_step(t.p, 0, 0, false), 0);
	ask(&t.mk[1], B(1), 0, U);
	look_at(&t, 10);
	assert_int_equal(mm_part_count(t.p), 1);
	assert_int_equal(mm_part_ask_at(t.p, 1, 1), 0);
	assert_int_equal(mm_part_ask_at(t.p, 0, 1), MM_PART_NONE);
	assert_int_equal(mm_part_in_step(t.p, 1, 1, true), 0);
	end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same), cmocka_unit_test(answers), cmocka_unit_test(refills), cmocka_unit_test(not_recorded), cmocka_unit_test(read_again), cmocka_unit_test(page_not_told),
		cmocka_unit_test(instead), cmocka_unit_test(orders), cmocka_unit_test(own_work), cmocka_unit_test(captures),
		cmocka_unit_test(before_the_start), cmocka_unit_test(any_logs), cmocka_unit_test(empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
