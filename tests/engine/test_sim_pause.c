// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests that stall while others run, each on a stack of its own, and kswapd and kcompactd step by step.  A zone of 16
 * pageblocks of 64 pages, filled by hand.
 */
#include "test_sim_compact.h"

#include <stdio.h>
#include <string.h>

#include "machine/guesses.h"
#include "run/fiber.h"
#include "sim/alloc/alloc.h"

#define MAX_TASKS 8

/* A task with one request. */
struct task {
	struct mm_fiber *f;
	struct mm_sim *s;
	struct mm_request rq;
	struct mm_grant g;
	uint64_t ready;          /* ns: when it may go on */
	unsigned int pauses[4];  /* by enum mm_pause */
	uint64_t ns;             /* in all of them */
	bool done;
};

static struct task task[MAX_TASKS];
static unsigned int nr_tasks;
static struct task *running;
/* what a test does while the task that pauses stands still; NULL: nothing */
static void (*meanwhile)(struct task *t, enum mm_pause why);
static uint64_t last_time;

/* What was emitted, as far as tests look at it. */
static struct {
	uint64_t begins[MAX_TASKS], ends[MAX_TASKS], pages[MAX_TASKS], throttled[MAX_TASKS];
} seen;

static void on_event(void *arg, const struct sg_event *ev)
{
	unsigned int i = (unsigned int)(ev->pid - 100);

	assert_true(ev->ts >= last_time);
	last_time = ev->ts;
	if (i >= MAX_TASKS)
		return;
	/* whatever a task does is its own */
	assert_ptr_equal(running, &task[i]);
	assert_int_equal(ev->cpu, task[i].rq.cpu);
	seen.begins[i] += ev->kind == SG_EV_mm_vmscan_direct_reclaim_begin;
	seen.ends[i] += ev->kind == SG_EV_mm_vmscan_direct_reclaim_end;
	seen.throttled[i] += ev->kind == SG_EV_mm_vmscan_throttled;
	if (ev->kind == SG_EV_mm_page_alloc)
		seen.pages[i] = ev->v[SGF_mm_page_alloc_pfn];
}

static void on_pause(void *arg, enum mm_pause why, uint64_t ns)
{
	struct task *t = running;

	assert_int_equal(t->s->compact->nr_batch, 0);
	assert_false(t->s->alloc->capc.armed);
	t->pauses[why]++;
	t->ns += ns;
	t->ready = t->s->now + ns;
	if (meanwhile)
		meanwhile(t, why);
	mm_fiber_yield(t->f);
}

static void request(void *arg)
{
	struct task *t = arg;

	mm_sim_alloc_slow(t->s, &t->rq, &t->g);
	t->done = true;
}

static void begin(struct mm_sim *s)
{
	memset(task, 0, sizeof(task));
	memset(&seen, 0, sizeof(seen));
	nr_tasks = 0;
	last_time = 0;
	meanwhile = NULL;
	running = NULL;
	mm_sim_pause_hook(s, on_pause, NULL);
	mm_sim_emit(s, on_event, NULL);
}

static struct task *add(struct mm_sim *s, struct mm_request rq)
{
	struct task *t = &task[nr_tasks];

	rq.pid = 100 + (int32_t)nr_tasks++;
	*t = (struct task){ .s = s, .rq = rq };
	running = t;
	assert_false(mm_sim_alloc_fast(s, &rq, &t->g));
	t->f = mm_fiber_new(request, t);
	assert_non_null(t->f);
	return t;
}

/* All go on, whoever is ready first, until all are done. */
static void go(struct mm_sim *s)
{
	for (;;) {
		struct task *next = NULL;

		for (unsigned int i = 0; i < nr_tasks; i++)
			if (!task[i].done && (!next || task[i].ready < next->ready))
				next = &task[i];
		if (!next)
			break;
		mm_sim_set_now(s, next->ready);
		running = next;
		mm_fiber_resume(next->f);
		assert_true(next->done || next->ready >= s->now);
	}
	for (unsigned int i = 0; i < nr_tasks; i++)
		mm_fiber_free(task[i].f);
	mm_fiber_trim();
	audit(s);
	assert_int_equal(mm_sim_lru_audit(s, NULL), 0);
	assert_int_equal(mm_sim_zone(s, 0)->nr_pages[PS_ISO], 0);
}

/* Every page of the zone is clean page cache. */
static struct mm_sim *cache(enum test_kernel k, bool gens, unsigned int cpus)
{
	struct mm_sim_cfg cfg = zone_cfg(k);
	struct mm_sim *s;

	cfg.nr_cpus = cpus;
	cfg.policy.tune[MM_TUNE_LRU_GEN] = gens;
	s = zone_new(&cfg);
	for (uint64_t p = FIRST; p < LAST; p++) {
		use(s, p, 0, MM_MT_MOVABLE);
		mm_sim_lru_add(s, p, MM_SIM_FILE, false);
	}
	return s;
}

/* ---- requests ------------------------------------------------------------------------ */

/*
 * Nothing is free: both have to reclaim, and neither waits until the other is through.  Each is told just the time that
 * it stalls, and traces what it does as itself.
 */
static void two_stall(void **state)
{
	(void)state;
	for (enum test_kernel k = K_6_1; k < K_COUNT; k++)
		for (unsigned int gens = 0; gens < 2; gens++) {
			struct mm_sim *s = cache(k, gens, 2);
			struct mm_request rq = movable(0);

			begin(s);
			add(s, rq);
			rq.cpu = 1;
			add(s, rq);
			go(s);
			assert_true(task[0].g.pfn != task[1].g.pfn);
			for (unsigned int i = 0; i < 2; i++) {
				assert_int_equal(task[i].g.outcome, MM_GOT_PAGE);
				assert_true(task[i].pauses[MM_PAUSE_RECLAIM] + task[i].pauses[MM_PAUSE_WAIT] > 0);
				assert_int_equal(task[i].g.stall_ns, task[i].ns);
				assert_int_equal(seen.begins[i], task[i].g.reclaims);
				assert_int_equal(seen.ends[i], task[i].g.reclaims);
				assert_int_equal(seen.pages[i], task[i].g.pfn);
			}
			assert_true(task[0].ready > 0 && s->now == (task[0].ready > task[1].ready ? task[0].ready : task[1].ready));
			mm_sim_free(s);
		}
}

static void count_ns(void *arg, enum mm_pause why, uint64_t ns)
{
	*(uint64_t *)arg += ns;
}

/* Where nobody runs meanwhile, time passes all the same, and without a hook the same pages are reclaimed. */
static void nobody_else(void **state)
{
	(void)state;
	for (enum test_kernel k = K_6_1; k < K_COUNT; k++) {
		struct mm_sim *s = cache(k, false, 1);
		struct mm_request rq = movable(0);
		struct mm_grant g, h;
		uint64_t told = 0;

		for (unsigned int i = 0; i < 12; i++) /* nobody has to wait for kswapd */
			give(s, P(0, 2 * i));
		rq.now = 1000;
		mm_sim_pause_hook(s, count_ns, &told);
		mm_sim_alloc(s, &rq, &g);
		assert_int_equal(g.outcome, MM_GOT_PAGE);
		assert_true(g.stall_ns > 0);
		assert_int_equal(told, g.stall_ns);
		assert_int_equal(mm_sim_now(s), 1000 + told);
		mm_sim_set_now(s, 5);
		assert_int_equal(mm_sim_now(s), 1000 + told); /* it never goes back */
		assert_int_equal(mm_sim_stat(s, MM_SIM_PGSCAN_KSWAPD), 0);
		mm_sim_free(s);
		s = cache(k, false, 1);
		for (unsigned int i = 0; i < 12; i++)
			give(s, P(0, 2 * i));
		mm_sim_alloc(s, &rq, &h);
		assert_int_equal(h.pfn, g.pfn);
		assert_int_equal(h.reclaimed, g.reclaimed);
		assert_true(mm_sim_now(s) >= 1000 + h.stall_ns);
		mm_sim_free(s);
	}
}

/*
 * 96 pages are on the inactive list: who has taken a batch of 32 leaves 64, of which an eighth is 8.  The other one waits
 * until the first is through with its batch: 32 pages at 500 ns are less than a jiffy.  (Of 960 pages an eighth is 116:
 * nobody waits.)
 */
static void too_many_isolated(void **state)
{
	(void)state;
	for (unsigned int left = 96; left <= 960; left += 864) {
		struct mm_sim *s = cache(K_6_12, false, 2);
		struct mm_request rq = movable(0);
		unsigned int n = 0;

		for (uint64_t p = FIRST; p < LAST - left; p++, n++)
			mm_sim_lru_del(s, p);
		assert_int_equal(n, NR_BLOCKS * PB - left);
		/* more than half of the reserves is there, so that nobody waits for kswapd */
		for (unsigned int i = 0; i < 12; i++)
			give(s, P(0, 2 * i));
		begin(s);
		add(s, rq);
		rq.cpu = 1;
		add(s, rq);
		go(s);
		assert_int_equal(task[0].pauses[MM_PAUSE_WAIT], 0);
		assert_int_equal(task[1].pauses[MM_PAUSE_WAIT], left == 96);
		assert_int_equal(seen.throttled[1], left == 96);
		assert_int_equal(task[0].g.outcome, MM_GOT_PAGE);
		assert_int_equal(task[1].g.outcome, MM_GOT_PAGE);
		mm_sim_free(s);
	}
}

/*
 * Order 6, costly: compacted for at once, and a block takes two batches of 32 pages.  256 single pages are free, of which 20 +
 * 128 are needed at most, also when one run has taken 32.  Pageblocks 0 to @from - 1 can be moved, the rest can't.
 */
static struct mm_sim *to_compact(enum test_kernel k, unsigned int from)
{
	struct mm_sim_cfg cfg = zone_cfg(k);
	struct mm_sim *s;

	cfg.policy.tune[MM_TUNE_SWAP] = 0; /* there is nothing to reclaim */
	s = zone_new(&cfg);
	use_range(s, P(from, 0), LAST, MM_MT_UNMOVABLE);
	for (uint64_t p = FIRST; p < P(from, 0); p++)
		use_lru(s, p, 0);
	scatter(s, 8, 256);
	return s;
}

/* Somebody else frees the other half of a block of just the order that the paused request waits for. */
static void free_block(struct task *t, enum mm_pause why)
{
	if (why != MM_PAUSE_COMPACT || t->pauses[why] > 1)
		return;
	assert_int_equal(mm_sim_stat(t->s, MM_SIM_CAPTURED), 0);
	mm_sim_task(t->s, 7);
	mm_sim_release(t->s, 0, P(6, 0), 5);
	assert_int_equal(mm_sim_stat(t->s, MM_SIM_CAPTURED), 0);
	assert_true(is_free(t->s, P(6, 0)));
}

/* What others free goes to the lists; what the request's own work frees is captured, across pauses as well. */
static void capture_is_the_tasks_own(void **state)
{
	(void)state;
	for (enum test_kernel k = K_6_12; k < K_COUNT; k++) {
		struct mm_sim *s = to_compact(k, 1);
		struct mm_request rq = movable(6);
		struct mm_grant g;

		/* nobody else runs */
		assert_int_equal(mm_sim_alloc(s, &rq, &g), MM_GOT_PAGE);
		assert_int_equal(g.pfn, P(0, 0));
		assert_int_equal(mm_sim_stat(s, MM_SIM_CAPTURED), 1);
		mm_sim_free(s);
		/* others run, and do nothing */
		s = to_compact(k, 1);
		begin(s);
		add(s, rq);
		go(s);
		assert_int_equal(task[0].g.pfn, P(0, 0));
		assert_int_equal(task[0].g.migrated, g.migrated);
		assert_int_equal(mm_sim_stat(s, MM_SIM_CAPTURED), 1);
		assert_true(task[0].pauses[MM_PAUSE_COMPACT] > 0);
		mm_sim_free(s);
		/* another one frees a block: it is on the list, where the request finds it */
		s = to_compact(k, 1);
		for (unsigned int i = 0; i < PB; i++)
			give(s, P(6, i));
		use(s, P(6, 0), 5, MM_MT_MOVABLE);
		begin(s);
		add(s, rq);
		meanwhile = free_block;
		go(s);
		assert_int_equal(task[0].g.outcome, MM_GOT_PAGE);
		assert_int_equal(task[0].g.pfn, P(6, 0));
		assert_int_equal(mm_sim_stat(s, MM_SIM_CAPTURED), 0);
		mm_sim_free(s);
	}
}

/* Two compact the same zone at once: each has targets of its own, and neither loses a page of the other's. */
static void two_compact(void **state)
{
	(void)state;
	for (enum test_kernel k = K_6_1; k < K_COUNT; k++) {
		struct mm_sim *s = to_compact(k, 4);
		uint64_t all = 0, in_use;

		in_use = mm_sim_zone(s, 0)->nr_pages[PS_ALLOC];
		for (unsigned int i = 0; i <= PS_ISO; i++)
			all += mm_sim_zone(s, 0)->nr_pages[i];
		begin(s);
		add(s, movable(6));
		add(s, movable(6));
		go(s);
		for (unsigned int i = 0; i <= PS_ISO; i++)
			all -= mm_sim_zone(s, 0)->nr_pages[i];
		assert_int_equal(all, 0);
		for (unsigned int i = 0; i < 2; i++) {
			assert_true(task[i].pauses[MM_PAUSE_COMPACT] > 0);
			assert_int_equal(task[i].g.stall_ns, task[i].ns);
			in_use += task[i].g.outcome == MM_GOT_PAGE ? 64 : 0;
		}
		assert_true(task[0].g.outcome == MM_GOT_PAGE || task[1].g.outcome == MM_GOT_PAGE);
		assert_true(task[0].g.outcome != MM_GOT_PAGE || task[0].g.pfn != task[1].g.pfn);
		assert_int_equal(mm_sim_zone(s, 0)->nr_pages[PS_ALLOC], in_use);
		/* each counts what it moved itself */
		assert_int_equal(task[0].g.migrated + task[1].g.migrated, mm_sim_stat(s, MM_SIM_PGMIGRATE_SUCCESS));
		mm_sim_free(s);
	}
}

static uint64_t rounds_told;
static char why_told[160];

static void on_decision(void *arg, const struct mm_decision *d)
{
	if (strcmp(d->ours, "is let go") != 0)
		return;
	rounds_told = (uint64_t)d->number[d->nr_numbers - 1].value;
	for (unsigned int i = 0; i < d->nr_numbers; i++)
		if (strcmp(d->number[i].name, "rounds") == 0)
			rounds_told = (uint64_t)d->number[i].value;
	snprintf(why_told, sizeof(why_told), "%s", d->reason);
}

/* Every thousand rounds somebody takes a page, and in the end frees a block. */
static void something_happens(struct task *t, enum mm_pause why)
{
	if (why != MM_PAUSE_ROUND || t->pauses[why] % 1000)
		return;
	if (t->pauses[why] == 9000)
		mm_sim_release(t->s, 0, P(3, 0), 4);
	else
		mm_sim_release(t->s, 0, P(5, 2 * t->pauses[why] / 1000), 0);
}

/*
 * A request that mustn't fail, for an order that nobody is killed for, on a machine of which nothing can be had: it spins.
 * While something happens now and then it isn't given up.
 */
static void livelock(void **state)
{
	struct mm_sim_cfg cfg = zone_cfg(K_7_3);
	struct mm_request rq = movable(4);
	struct mm_sim *s;

	(void)state;
	cfg.fn = on_decision;
	rq.gfp |= MM_GFP_NOFAIL;
	for (unsigned int happens = 0; happens < 2; happens++) {
		s = zone_new(&cfg);
		use_range(s, FIRST, P(3, 0), MM_MT_UNMOVABLE);
		use(s, P(3, 0), 4, MM_MT_UNMOVABLE);
		use_range(s, P(3, 16), LAST, MM_MT_UNMOVABLE);
		scatter(s, 8, 40);
		begin(s);
		mm_sim_emit(s, NULL, NULL);
		rounds_told = 0;
		meanwhile = happens ? something_happens : NULL;
		add(s, rq);
		go(s);
		assert_int_equal(task[0].g.endless, !happens);
		assert_int_equal(task[0].g.outcome, happens ? MM_GOT_PAGE : MM_FAILED);
		assert_int_equal(rounds_told, happens ? 0 : MM_GUESS(LIVELOCK_ROUNDS));
		if (happens) {
			assert_int_equal(task[0].pauses[MM_PAUSE_ROUND], 9000);
			assert_int_equal(task[0].g.pfn, P(3, 0));
		} else {
			assert_non_null(strstr(why_told, "livelock"));
		}
		mm_sim_free(s);
	}
}

static uint64_t kswapd_ns;

static void kswapd_works(struct task *t, enum mm_pause why)
{
	assert_int_equal(mm_sim_stat(t->s, MM_SIM_PGSTEAL_KSWAPD), 0);
	if (why == MM_PAUSE_WAIT && t->pauses[why] == 3)
		while (mm_sim_kswapd_state(t->s, 0, NULL) == MM_THREAD_RUNS)
			kswapd_ns += mm_sim_kswapd_step(t->s, 0, t->s->now);
	if (kswapd_ns)
		meanwhile = NULL;
}

/* Nothing is left of the reserves: the request waits, and kswapd works when the caller lets it. */
static void waits_for_kswapd(void **state)
{
	struct mm_sim *s = cache(K_7_3, false, 1);

	(void)state;
	begin(s);
	add(s, movable(0));
	meanwhile = kswapd_works;
	kswapd_ns = 0;
	go(s);
	assert_int_equal(task[0].pauses[MM_PAUSE_WAIT], 3);
	assert_int_equal(task[0].g.outcome, MM_GOT_PAGE);
	assert_true(kswapd_ns >= 500 * mm_sim_stat(s, MM_SIM_PGSCAN_KSWAPD));
	assert_true(mm_sim_stat(s, MM_SIM_PGSTEAL_KSWAPD) > 0);
	mm_sim_free(s);
}

/* Asked in two calls, a request is what it is in one. */
static void fast_and_slow(void **state)
{
	(void)state;
	for (enum test_kernel k = K_6_1; k < K_COUNT; k++) {
		struct mm_sim *a = cache(k, true, 1), *b = cache(k, true, 1);
		uint64_t rnd = 7;

		for (unsigned int i = 0; i < 2000; i++) {
			struct mm_request rq = movable((rnd >> 40) % 7 ? 0 : (rnd >> 50) % 6);
			struct mm_grant g = { 0 }, h = { 0 };

			rnd = rnd * UINT64_C(6364136223846793005) + 1442695040888963407u;
			if (rq.order > 3)
				rq.gfp |= MM_GFP_NORETRY;
			mm_sim_alloc(a, &rq, &g);
			if (!mm_sim_alloc_fast(b, &rq, &h))
				mm_sim_alloc_slow(b, &rq, &h);
			assert_memory_equal(&g, &h, sizeof(g));
			if (g.outcome == MM_GOT_PAGE && (rnd >> 33) % 4) {
				mm_sim_release(a, 0, g.pfn, rq.order);
				mm_sim_release(b, 0, g.pfn, rq.order);
			}
		}
		assert_int_equal(a->now, b->now);
		assert_memory_equal(a->stat, b->stat, sizeof(a->stat));
		mm_sim_free(a);
		mm_sim_free(b);
	}
}

/* ---- threads ------------------------------------------------------------------------- */

static unsigned int woken[2];

static void on_woken(void *arg, enum mm_thread which, int node)
{
	assert_int_equal(node, 0);
	woken[which]++;
}

static unsigned int on_lists(const struct mm_sim *s, unsigned int cpu)
{
	const struct pcp_state *p = mm_cow_peek(&s->m->pcp, cpu);

	return p ? p->count : 0;
}

/*
 * kswapd runs a batch at a time, takes what the pages that it looks at cost, frees to the lists of the CPU that it runs on,
 * naps 100 ms, and a wake ends the nap at once.
 */
static void kswapd_steps(void **state)
{
	struct mm_sim *s = cache(K_7_3, false, 2);
	struct mm_request rq = movable(0);
	struct mm_sim_costs c;
	uint64_t ns = 0, until, scanned = 0;
	struct mm_grant g;

	(void)state;
	memset(woken, 0, sizeof(woken));
	mm_sim_woken_hook(s, on_woken, NULL);
	mm_sim_costs_get(s, &c);
	c.kswapd_page = 700;
	c.direct_page = 11;
	c.round = 50;
	mm_sim_costs_set(s, &c);
	mm_sim_thread_cpu(s, MM_THREAD_KSWAPD, 0, 1);
	mm_sim_thread_cpu(s, MM_THREAD_KSWAPD, 0, 2); /* there is no such CPU */
	assert_int_equal(mm_sim_kswapd_state(s, 0, &until), MM_THREAD_ASLEEP);
	assert_int_equal(until, UINT64_MAX);
	assert_int_equal(mm_sim_kswapd_state(s, 1, &until), MM_THREAD_ASLEEP); /* nor such a node */
	assert_int_equal(mm_sim_kswapd_step(s, 0, 10), 0);
	rq.gfp = MM_GFP_KSWAPD_RECLAIM;
	assert_int_equal(mm_sim_alloc(s, &rq, &g), MM_FAILED);
	assert_int_equal(woken[MM_THREAD_KSWAPD], 1);
	while (mm_sim_kswapd_state(s, 0, &until) == MM_THREAD_RUNS) {
		uint64_t step = mm_sim_kswapd_step(s, 0, s->now + 1000), now = mm_sim_stat(s, MM_SIM_PGSCAN_KSWAPD);

		assert_true(now - scanned <= 32);
		assert_true(step >= (now - scanned) * 700);
		scanned = now;
		ns += step;
	}
	assert_true(scanned > 0);
	assert_int_equal(ns, scanned * 700 + 50 * mm_sim_stat(s, MM_SIM_KSWAPD_WAKE));
	assert_true(on_lists(s, 1) > 0 || free_pages(s) > 0);
	assert_int_equal(on_lists(s, 0), 0);
	assert_int_equal(mm_sim_kswapd_state(s, 0, &until), MM_THREAD_NAPS);
	assert_int_equal(until, s->now + 100000000);
	assert_int_equal(mm_sim_kswapd_step(s, 0, s->now + 1000000), 0); /* it naps on */
	assert_int_equal(mm_sim_kswapd_state(s, 0, NULL), MM_THREAD_NAPS);
	/* an order that there is no block of wakes it at once */
	rq.order = 6;
	assert_int_equal(mm_sim_alloc(s, &rq, &g), MM_FAILED);
	assert_int_equal(woken[MM_THREAD_KSWAPD], 2);
	assert_int_equal(mm_sim_kswapd_state(s, 0, NULL), MM_THREAD_RUNS);
	while (mm_sim_kswapd_state(s, 0, &until) == MM_THREAD_RUNS)
		mm_sim_kswapd_step(s, 0, s->now);
	/* a nap that nobody ends becomes sleep */
	assert_int_equal(mm_sim_kswapd_step(s, 0, until), 0);
	assert_int_equal(mm_sim_kswapd_state(s, 0, NULL), MM_THREAD_ASLEEP);
	audit(s);
	mm_sim_free(s);
}

/* kcompactd likewise; what it takes is what it scans and moves, and it looks by itself twice a second. */
static void kcompactd_steps(void **state)
{
	struct mm_sim *s = to_compact(K_7_3, 4);
	uint64_t ns = 0, until, steps = 0;

	(void)state;
	memset(woken, 0, sizeof(woken));
	mm_sim_woken_hook(s, on_woken, NULL);
	s->policy.tune[MM_TUNE_COMPACTION_PROACTIVENESS] = 0;
	assert_int_equal(mm_sim_kcompactd_state(s, 0, &until), MM_THREAD_ASLEEP);
	s->policy.tune[MM_TUNE_COMPACTION_PROACTIVENESS] = 20;
	assert_int_equal(mm_sim_kcompactd_state(s, 0, &until), MM_THREAD_NAPS);
	mm_sim_wake_kcompactd(s, 0, 6, 2);
	mm_sim_wake_kcompactd(s, 0, 6, 2); /* it is awake */
	assert_int_equal(woken[MM_THREAD_KCOMPACTD], 1);
	while (mm_sim_kcompactd_state(s, 0, &until) == MM_THREAD_RUNS) {
		ns += mm_sim_kcompactd_step(s, 0, s->now + 10);
		assert_int_equal(until, UINT64_MAX);
		steps++;
	}
	assert_true(steps > 1);
	assert_true(mm_sim_stat(s, MM_SIM_PGMIGRATE_SUCCESS) > 0);
	assert_int_equal(ns, 30 * (mm_sim_stat(s, MM_SIM_COMPACT_MIGRATE_SCANNED) + mm_sim_stat(s, MM_SIM_COMPACT_FREE_SCANNED)) +
				     1500 * mm_sim_stat(s, MM_SIM_PGMIGRATE_SUCCESS) + 2000);
	assert_int_equal(mm_sim_kcompactd_state(s, 0, &until), MM_THREAD_NAPS);
	assert_int_equal(until, s->now + 500000000);
	audit(s);
	mm_sim_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_stall),
		cmocka_unit_test(nobody_else),
		cmocka_unit_test(too_many_isolated),
		cmocka_unit_test(capture_is_the_tasks_own),
		cmocka_unit_test(two_compact),
		cmocka_unit_test(livelock),
		cmocka_unit_test(waits_for_kswapd),
		cmocka_unit_test(fast_and_slow),
		cmocka_unit_test(kswapd_steps),
		cmocka_unit_test(kcompactd_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
