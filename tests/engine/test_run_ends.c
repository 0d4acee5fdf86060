// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every simulated run comes to its end, with nothing lost: where memory runs out, where nothing goes on, where somebody ends it,
 * and whatever the demand is.
 */
#include "run_made.h"

#include <stdlib.h>
#include <string.h>

#include "demand/ahead.h"
#include "machine/guesses.h"
#include "time/image.h"
#include "sample.h"

static struct play play_a;

#define ANN 100 /* tasks */
#define BOB 101
#define CAT 102

/* Blocks 0 and 1 are free, the others in use and on no LRU: nothing can be reclaimed. */
static void poor(struct play *p, enum test_kernel k)
{
	play_init(p, k, 1);
	p->cfg.policy.tune[MM_TUNE_WATERMARK_BOOST_FACTOR] = 0;
	play_pages(p, B(0), 2 * BLOCK, 1, KPF_BUDDY);
	play_machine(p);
}

/* ---- out of memory ------------------------------------------------------------------- */

/*
 * Ann has 400 pages, Bob 300, and Cat asks for 500: at most 1024 less the min watermark's 100 are to be had.  Ann is killed, since she
 * has most; she wants nothing any more, and what she was to give back is.
 */
static void largest_is_killed(void **state)
{
	struct play *p = &play_a;

	(void)state;
	for (enum test_kernel k = K_6_1; k < K_COUNT; k++) {
		uint32_t ann[400], later, others;

		poor(p, k);
		others = first(p, B(9), 0);
		as(p, ANN, 0);
		for (unsigned int i = 0; i < 400; i++)
			ann[i] = ask(p, 0, U, MM_GFP_KERNEL);
		as(p, BOB, 0);
		for (unsigned int i = 0; i < 300; i++)
			ask(p, 0, U, MM_GFP_KERNEL);
		as(p, CAT, 0);
		for (unsigned int i = 0; i < 500; i++)
			ask(p, 0, U, MM_GFP_KERNEL);
		as(p, ANN, 0);
		later = ask(p, 0, U, MM_GFP_KERNEL);
		give(p, ann[0], 0, 0);
		give(p, later, 0, 0);
		give(p, others, 0, 0);
		play(p);
		assert_int_equal(p->told.ooms, 1);
		assert_int_equal(p->told.failed, 0);
		assert_int_equal(p->told.requests, 400 + 300 + 500);
		assert_int_equal(events_of(p, SG_EV_mark_victim, -1), 1);
		assert_int_equal(p->ev[event_at(p, SG_EV_mark_victim, -1, 0)].v[SGF_mark_victim_pid], ANN);
		assert_true(mm_run_task(p->r, ANN)->doomed);
		for (unsigned int i = 0; i < 400; i++)
			assert_int_equal(state_of(p, ann[i]), RUN_FREED);
		assert_int_equal(state_of(p, later), RUN_LATER);
		assert_int_equal(state_of(p, others), RUN_FREED);
		assert_int_equal(free_pages(p), 1024 - 300 - 500 + 1);
		play_fini(p);
	}
}

/*
 * Bob has given Ann's pages back, so Cat has most when she asks for more than there is: she is killed in the middle of her request, and
 * the page that it still gets isn't kept either.  Bob's 100 stay.
 */
static void kills_itself(void **state)
{
	struct play *p = &play_a;

	(void)state;
	for (enum test_kernel k = K_6_1; k < K_COUNT; k++) {
		uint32_t ann[300];

		poor(p, k);
		as(p, ANN, 0);
		for (unsigned int i = 0; i < 300; i++)
			ann[i] = ask(p, 0, U, MM_GFP_KERNEL);
		as(p, BOB, 0);
		for (unsigned int i = 0; i < 300; i++)
			give(p, ann[i], 0, 0);
		for (unsigned int i = 0; i < 100; i++)
			ask(p, 0, U, MM_GFP_KERNEL);
		as(p, CAT, 1);
		after(p, 10000000);
		for (unsigned int i = 0; i < 1000; i++)
			ask(p, 0, U, MM_GFP_KERNEL);
		play(p);
		assert_int_equal(p->told.ooms, 1);
		assert_int_equal(p->ev[event_at(p, SG_EV_mark_victim, -1, 0)].v[SGF_mark_victim_pid], CAT);
		assert_int_equal(mm_run_task(p->r, ANN)->held, 0);
		assert_int_equal(mm_run_task(p->r, BOB)->held, 100);
		assert_int_equal(free_pages(p), 1024 - 100);
		play_fini(p);
	}
}

/* A huge page in pieces is more than there is: its task is killed in the middle of them. */
static void killed_between_pieces(void **state)
{
	struct play *p = &play_a;
	uint32_t huge;

	(void)state;
	for (enum test_kernel k = K_6_1; k < K_COUNT; k++) {
		play_init(p, k, 1);
		play_pages(p, B(0), BLOCK, 2, KPF_BUDDY); /* 256 single pages */
		play_machine(p);
		as(p, ANN, 0);
		for (unsigned int i = 0; i < 3; i++)
			huge = ask(p, 9, M, HUGE);
		to_lru(p, huge, 0);
		play(p);
		assert_int_equal(p->told.ooms, 1);
		assert_int_equal(p->told.huge_split, 1);
		assert_int_equal(free_pages(p), 256);
		play_fini(p);
	}
}

/* Nobody has anything that could be given back: the request fails, as no other task is better off for its end. */
static void nobody_to_kill(void **state)
{
	struct play *p = &play_a;

	(void)state;
	for (enum test_kernel k = K_6_1; k < K_COUNT; k++) {
		uint32_t h;

		play_init(p, k, 1);
		play_pages(p, B(0), 20, 2, KPF_BUDDY);
		play_machine(p);
		as(p, BOB, 0);
		give(p, first(p, B(8), 0), 0, 0);
		as(p, ANN, 1);
		after(p, 10000000);
		h = ask(p, 0, U, MM_GFP_KERNEL);
		give(p, first(p, B(8) + 1, 0), 0, 0);
		play(p);
		assert_int_equal(p->told.ooms, 0);
		assert_int_equal(p->told.failed, 1);
		assert_int_equal(state_of(p, h), RUN_GONE);
		assert_int_equal(events_of(p, SG_EV_mark_victim, -1), 0);
		assert_int_equal(free_pages(p), 10 + 2);
		play_fini(p);
	}
}

/* ---- no end in sight ----------------------------------------------------------------- */

/* It mustn't fail, nobody is killed for its order, and nothing can be had: it is let go of after so many rounds. */
static void livelock(void **state)
{
	struct play *p = &play_a;
	uint32_t h, other;

	(void)state;
	play_init(p, K_7_3, 1);
	play_pages(p, B(0), BLOCK, 2, KPF_BUDDY);
	play_machine(p);
	as(p, ANN, 0);
	h = ask(p, 4, M, USER | MM_GFP_NOFAIL);
	other = ask(p, 0, M, USER);
	as(p, BOB, 0);
	give(p, first(p, B(8), 0), 0, 0);
	play(p);
	assert_int_equal(p->told.livelocks, 1);
	assert_int_equal(p->told.failed, 1);
	assert_int_equal(state_of(p, h), RUN_GONE);
	assert_int_equal(state_of(p, other), RUN_HERE);
	assert_true(event_at(p, SG_EV_mm_page_free, BOB, 0) < event_at(p, SG_EV_mm_page_alloc, ANN, 0));
	/* it may spin for longer than somebody wants to wait */
	play_fini(p);
	play_init(p, K_7_3, 1);
	play_pages(p, B(0), BLOCK, 2, KPF_BUDDY);
	play_machine(p);
	as(p, ANN, 0);
	for (unsigned int i = 0; i < 8; i++)
		ask(p, 4, M, USER | MM_GFP_NOFAIL);
	p->most_asked = 1;
	play_new(p);
	play_go(p);
	assert_true(p->told.cut);
	assert_true(p->told.done < 8);
	play_fini(p);
}

/* Whoever is asked says no: the run ends where it is, with tasks in the middle of their requests. */
static void cut(void **state)
{
	struct play *p = &play_a;

	(void)state;
	for (unsigned int times = 1; times < 3; times++) {
		play_init(p, K_6_18, 1);
		play_pages(p, B(0), BLOCK, 1, KPF_BUDDY);
		play_pages(p, B(4), 4 * BLOCK, 1, KPF_LRU);
		play_machine(p);
		for (unsigned int i = 0; i < 30000; i++) {
			as(p, ANN + (int32_t)(i % 3), i % 2);
			give(p, ask(p, 0, U, MM_GFP_KERNEL), 0, 0);
			if (p->d.nr_handles > RUN_HANDLES - 2)
				break;
		}
		p->most_asked = times;
		play_new(p);
		play_go(p);
		assert_true(p->told.cut);
		assert_int_equal(p->r->steps, 8192 * (times + 1));
		assert_in_range(p->told.done, 1, p->d.nr_wants - 1);
		play_fini(p);
	}
}

/* Nothing is wanted at all. */
static void nothing(void **state)
{
	struct play *p = &play_a;

	(void)state;
	poor(p, K_7_3);
	play(p);
	assert_int_equal(p->told.requests, 0);
	assert_int_equal(free_pages(p), 1024);
	play_fini(p);
}

/* ---- any demand ---------------------------------------------------------------------- */

#define TASKS 6
#define MOST 3000

/* What the demand has, so that it makes sense: a block, what of it is left (in halves of it, or whole), its page of a file. */
struct owned {
	uint32_t handle, content;
	bool half[2], lru;
};

static struct owned owned[MOST];
static unsigned int nr_owned, most;
static bool greedy;

static void drop(unsigned int i)
{
	owned[i] = owned[--nr_owned];
}

/* Some blocks are free, some in use, some full of pages that can be reclaimed or moved, some in bits. */
static void any_machine(struct play *p, enum test_kernel k, uint64_t *seed)
{
	play_init(p, k, *seed);
	p->keep = false;
	p->cfg.policy.tune[MM_TUNE_LRU_GEN] = rnd(seed) % 2;
	p->cfg.policy.tune[MM_TUNE_SWAP] = rnd(seed) % 2;
	if (rnd(seed) % 2)
		p->cfg.policy.tune[MM_TUNE_WATERMARK_BOOST_FACTOR] = 0;
	for (unsigned int b = 0; b < NR_BLOCKS; b++) {
		static const uint64_t kinds[] = { KPF_BUDDY, 0, KPF_LRU, KPF_LRU | KPF_ANON, 0, 0 };
		uint64_t what = rnd(seed) % 6;

		play_pages(p, B(b), BLOCK, 1, kinds[what]);
		for (unsigned int i = 0; what == 4 && i < BLOCK; i++)
			p->mk.flags[B(b) + i] = kinds[rnd(seed) % 4];
	}
	play_machine(p);
	greedy = rnd(seed) % 3 == 0;
	most = greedy ? MOST : 300;
	nr_owned = 0;
	for (uint64_t pfn = START; pfn < END; pfn++) {
		/* all of the LRU is somebody's */
		if (!(p->mk.flags[pfn] & KPF_LRU))
			continue;
		if (nr_owned < 150)
			owned[nr_owned++] = (struct owned){ first(p, pfn, 0), 0, { true, true }, true };
		else
			first(p, pfn, 0);
	}
}

static void any_want(struct play *p, uint64_t *seed)
{
	uint64_t what = rnd(seed) % 32;
	unsigned int i = nr_owned ? (unsigned int)(rnd(seed) % nr_owned) : 0;
	struct owned *o = &owned[i];

	as(p, ANN + (int32_t)(rnd(seed) % TASKS), rnd(seed) % 2);
	after(p, rnd(seed) % 64 ? (uint32_t)(rnd(seed) % 3000) : (uint32_t)(rnd(seed) % 5000000));
	if ((what < 8 || (greedy && what > 23)) && nr_owned < most) {
		uint32_t h = ask(p, rnd(seed) % 4 ? 0 : rnd(seed) % 4, rnd(seed) % 3, MM_GFP_KERNEL);

		owned[nr_owned++] = (struct owned){ h, 0, { true, true }, true };
	} else if (what < 12 && nr_owned < most) {
		/* an anonymous folio; the captured machine may not have had it, and then it's nobody's */
		unsigned int order = rnd(seed) % 2 ? 9 : rnd(seed) % 5;
		bool had = order == 0 || rnd(seed) % 3;
		uint32_t h = ask(p, order, M, rnd(seed) % 2 ? HUGE : HUGE & ~(uint32_t)MM_GFP_KERNEL);

		if (had)
			owned[nr_owned++] = (struct owned){ h, 0, { true, true }, false };
		else
			p->want[p->d.nr_wants - 1].flags |= MM_WANT_FAILED;
	} else if (what < 15 && nr_owned < most) {
		uint32_t c = p->d.nr_contents < 200 ? new_content(p, 1, p->d.nr_contents) : (uint32_t)(1 + rnd(seed) % 199);

		/* the page that had it is gone on the captured machine */
		for (unsigned int k = 0; k < nr_owned; k++)
			if (owned[k].content == c) {
				drop(k);
				break;
			}
		owned[nr_owned++] = (struct owned){ read_page(p, c), c, { true, true }, true };
	} else if (what == 15) {
		p->flags = MM_WANT_INTERRUPT;
		give(p, ask(p, 0, U, MM_GFP_ATOMIC), 0, 0);
	} else if (what == 16 && p->d.nr_marks < RUN_MARKS) {
		write_mark(p, "a mark");
	} else if (!nr_owned) {
		return;
	} else if (what < 20) {
		wants(p, MM_WANT_ACTIVATE, o->handle);
	} else if (what < 23 && !o->lru) {
		to_lru(p, o->handle, rnd(seed) % 2 ? MM_WANT_ACTIVE : 0);
		o->lru = true;
	} else if (what < 24 && o->content) {
		wants(p, MM_WANT_UNCACHE, o->handle)->content = o->content;
		give(p, o->handle, 0, 0);
		drop(i);
	} else if (what < 27 && p->first_order[o->handle] && !o->content) {
		unsigned int side = o->half[0] && o->half[1] ? rnd(seed) % 2 : o->half[1];

		give(p, o->handle, p->first_order[o->handle] - 1u, side << (p->first_order[o->handle] - 1));
		o->half[side] = false;
		if (!o->half[0] && !o->half[1])
			drop(i);
	} else if (o->half[0] && o->half[1]) {
		give(p, o->handle, p->first_order[o->handle], 0);
		drop(i);
	}
}

/* Any demand on any machine: it ends, all is done, machine and handles agree, no page is lost; and once more it's the same. */
static void any_demand(void **state)
{
	struct play *p = &play_a;
	struct mm_run_told all = { 0 };
	uint64_t stalls = 0, moved = 0;

	(void)state;
	for (enum test_kernel k = K_6_1; k < K_COUNT; k++)
		for (uint64_t seed = 1; seed <= 12; seed++) {
			uint64_t sum[2];

			for (unsigned int run = 0; run < 2; run++) {
				uint64_t s = seed * 1000 + k;

				print_message("%s seed %llu\n", k_name(k), (unsigned long long)seed);
				any_machine(p, k, &s);
				for (unsigned int i = 0; i < 3000; i++)
					any_want(p, &s);
				play(p);
				sum[run] = p->sum;
				all.hits += p->told.hits;
				all.refaults += p->told.refaults;
				all.huge_split += p->told.huge_split;
				all.huge_saved += p->told.huge_saved;
				all.ooms += p->told.ooms;
				stalls += mm_sim_stat(p->r->sim, MM_SIM_ALLOCSTALL);
				moved += mm_sim_stat(p->r->sim, MM_SIM_PGMIGRATE_SUCCESS);
				play_fini(p);
			}
			assert_int_equal(sum[0], sum[1]);
		}
	/* it is about something */
	print_message("%llu hits, %llu refaults, %llu split, %llu saved, %llu kills, %llu stalls, %llu moved\n",
		      (unsigned long long)all.hits, (unsigned long long)all.refaults, (unsigned long long)all.huge_split,
		      (unsigned long long)all.huge_saved, (unsigned long long)all.ooms, (unsigned long long)stalls,
		      (unsigned long long)moved);
	assert_true(all.hits && all.refaults && all.huge_split && all.huge_saved && all.ooms && stalls && moved);
}

/* ---- hostile traces ------------------------------------------------------------------ */

#define NR_EVENTS 30000u

static uint64_t odd(uint64_t *seed)
{
	static const uint64_t edges[] = { 0, 1, UINT64_MAX, INT64_MAX, 1ull << 63, UINT32_MAX, 1ull << 32, 11, 16, 64, 255, 65536 };
	uint64_t r = rnd(seed);

	return r & 1 ? edges[(r >> 8) % (sizeof(edges) / sizeof(edges[0]))] : rnd(seed) >> (r >> 8) % 64;
}

/* One event in @rate has one thing wrong with it: a field, its kind, its task, its CPU, its time; or is left out, or doubled. */
static void append_bent(struct sg_log *log, struct sg_event ev, unsigned int rate, uint64_t *seed)
{
	const struct sg_kind_info *ki = sg_kind_info(ev.kind);
	uint64_t what = rnd(seed) % 10;

	if (rnd(seed) % rate == 0) {
		if (what == 0)
			return;
		if (what == 1)
			assert_int_equal(sg_log_append(log, &ev), 0);
		else if (what == 2)
			ev.cpu = (uint16_t)odd(seed);
		else if (what == 3)
			ev.pid = rnd(seed) % 2 ? (int32_t)odd(seed) : (int32_t)(rnd(seed) % 300);
		else if (what == 4)
			ev.ts = rnd(seed) % 16 ? ev.ts + rnd(seed) % 10000000 : odd(seed);
		else if (what == 5)
			ev.common_flags = (uint8_t)odd(seed);
		else if (ki->nr_fields && ev.kind != SG_EV_print)
			ev.v[rnd(seed) % ki->nr_fields] = odd(seed);
	}
	assert_int_equal(sg_log_append(log, &ev), 0);
}

struct bound {
	unsigned int asked;
};

static bool goes_on(void *arg, const struct mm_run_progress *pr)
{
	struct bound *b = arg;

	(void)pr;
	return ++b->asked < 200;
}

static void count(void *arg, const struct sg_event *ev)
{
	(void)ev;
	++*(uint64_t *)arg;
}

/* The real demand of a sample with so much wrong: it is taken, and run, under the first and the last kernel. */
static void bent(void **state)
{
	struct sample sm;

	(void)state;
	sample_open(&sm, SAMPLE);
	for (unsigned int rate = 1000; rate >= 2; rate = rate == 1000 ? 20 : rate / 10) {
		struct sg_log *log = sg_log_new();
		struct mm_demand *d;
		struct mm_ahead *a;
		struct mm_machine *start;
		struct sg_err err = { 0 };
		struct sg_cursor c = { 0 };
		struct sg_event ev;
		uint64_t seed = rate;

		print_message("one in %u\n", rate);
		assert_non_null(log);
		sg_log_seek(sm.log, &c, 1);
		for (unsigned int i = 0; i < NR_EVENTS && sg_log_next(&c, &ev); i++)
			append_bent(log, ev, rate, &seed);
		start = mm_machine_new(&sm.cfg, &err);
		assert_non_null(start);
		assert_int_equal(mm_demand_take(log, sm.cfg.cap, 0, start, &d, &err), 0);
		assert_int_equal(mm_ahead_scan(log, sm.cfg.cap, 0, &a, &err), 0);
		assert_true(d->nr_wants > 1000);
		for (unsigned int run = 0; run < 2; run++) {
			struct bound b = { 0 };
			uint64_t events = 0;
			struct mm_run_cfg cfg = { .seed = run, .emit = count, .arg = &events, .go_on = goes_on, .go_arg = &b };
			struct mm_run_told told;
			struct mm_run *r;

			mm_policy_init(&cfg.policy, k_release(run ? K_7_3 : K_6_1));
			r = mm_run_new(d, a, start, &cfg, &err);
			if (!r)
				fail_msg("%s", err.text);
			if (mm_run_go(r, &err) != 0)
				fail_msg("%s", err.text);
			mm_run_told(r, &told);
			print_message("%zu wants, %llu done in %llu steps, %llu events%s\n", d->nr_wants, (unsigned long long)told.done,
				      (unsigned long long)r->steps, (unsigned long long)events, told.cut ? ", cut" : "");
			assert_true(told.cut || told.done == d->nr_wants);
			if (!told.cut && mm_audit(mm_sim_machine(r->sim), &err) != 0)
				fail_msg("%s", err.text);
			mm_run_free(r);
		}
		mm_demand_free(d);
		mm_ahead_free(a);
		mm_machine_free(start);
		sg_log_free(log);
	}
	sample_close(&sm);
}

/*
 * Of three tasks on a CPU one goes to the other, which has none; the next look is 32 ms later, and one task more is no reason.  A stream
 * that stands for three is, and it stays where it is.
 */
static void a_busy_cpu_gives(void **state)
{
	uint8_t crowd = 3;
	struct run_cpu cpu[2] = { { .crowd = &crowd, .nr_wants = 1 } };
	struct run_actor a[3] = { { .kind = RUN_TASK }, { .kind = RUN_TASK }, { .kind = RUN_TASK } };
	struct mm_run r = { .cpu = cpu, .nr_cpus = 2, .slice = 1000, .now = 5 };

	(void)state;
	cpu[0].stream.kind = RUN_STREAM;
	for (unsigned int i = 0; i < 3; i++)
		mm_run_queue(&r, &a[i], false);
	assert_true(mm_run_balance(&r, &cpu[0]));
	assert_int_equal(a[0].cpu, 1);
	assert_int_equal(cpu[0].nr, 2);
	assert_int_equal(cpu[1].nr, 1);
	assert_ptr_equal(cpu[0].first, &a[1]);
	mm_run_queue(&r, &cpu[0].stream, false);
	assert_false(mm_run_balance(&r, &cpu[0]));
	r.now += 32000000;
	assert_true(mm_run_balance(&r, &cpu[0])); /* 2 and a crowd of 3 against 1 */
	assert_int_equal(a[1].cpu, 1);
	r.now += 32000000;
	mm_run_unqueue(&r, &cpu[0].stream);
	assert_false(mm_run_balance(&r, &cpu[1])); /* 2 against 1 */
	mm_run_unqueue(&r, &a[2]);
	mm_run_queue(&r, &cpu[0].stream, true);
	assert_false(mm_run_balance(&r, &cpu[0])); /* 3 against 2, and it is a stream's turn */
}

/* Compaction costs what it cost at that time of the capture: half, and from 3000 ns on three times as much. */
static void compaction_has_a_pace(void **state)
{
	struct mm_pace pace[] = { { .until = 2000, .percent = 100 }, { .until = 3000, .percent = 50 }, { .until = 4000, .percent = 300 } };
	struct play *p = calloc(1, sizeof(*p));
	struct mm_sim_costs c;

	(void)state;
	assert_non_null(p);
	play_init(p, K_7_3, 1);
	play_machine(p);
	for (unsigned int i = 0; i < 3; i++)
		pace[i].until += p->d.ts_first;
	p->d.pace = pace;
	p->d.nr_paces = 3;
	p->d.costs.compact_move = 1000;
	p->d.costs.compact_scan = 40;
	play_new(p);
	p->r->now = p->d.ts_first + 2001;
	mm_run_pace(p->r);
	mm_sim_costs_get(mm_run_sim(p->r), &c);
	assert_int_equal(c.compact_move, 500);
	assert_int_equal(c.compact_scan, 20);
	p->r->now += 999999; /* later than the capture: as at its end */
	mm_run_pace(p->r);
	mm_sim_costs_get(mm_run_sim(p->r), &c);
	assert_int_equal(c.compact_move, 3000);
	play_fini(p);
	free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(largest_is_killed), cmocka_unit_test(kills_itself), cmocka_unit_test(killed_between_pieces),
		cmocka_unit_test(nobody_to_kill), cmocka_unit_test(livelock), cmocka_unit_test(cut), cmocka_unit_test(nothing),
		cmocka_unit_test(any_demand), cmocka_unit_test(bent), cmocka_unit_test(a_busy_cpu_gives),
		cmocka_unit_test(compaction_has_a_pace),
	};

	return cmocka_run_group_tests_name("ends of simulated runs", tests, NULL, NULL);
}
