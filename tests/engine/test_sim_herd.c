// SPDX-License-Identifier: GPL-2.0-only
/*
 * A herd: tasks ask for pages, keep and give them back at random, stall at once and are overtaken by each other, by kswapd
 * and by kcompactd.  No page is ever had by two, none is lost, and the machine is sound all the time.
 */
#include "test_sim_compact.h"

#include <string.h>

#include "run/fiber.h"
#include "sim/alloc/alloc.h"

#define TASKS 6u
#define REQUESTS 150u
#define NOBODY 0xffu

struct task {
	struct mm_fiber *f;
	uint64_t ready, rnd;
	uint16_t cpu;
	uint8_t number;
	bool stalled, done;
};

static struct {
	struct mm_sim *s;
	struct task task[TASKS];
	struct task *running;
	uint8_t owner[LAST - FIRST], order[LAST - FIRST]; /* order: of the block that the page was had in */
	uint64_t thread_ready[2];
	unsigned int most_stalled, got, endless;
} h;

static uint64_t rnd(struct task *t)
{
	uint64_t z = t->rnd += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static void own(uint64_t pfn, unsigned int order, uint8_t who)
{
	for (uint64_t p = pfn; p < pfn + (UINT64_C(1) << order); p++) {
		assert_true((h.owner[p - FIRST] == NOBODY) != (who == NOBODY));
		h.owner[p - FIRST] = who;
		h.order[p - FIRST] = (uint8_t)order;
	}
}

static void on_gone(void *arg, const struct mm_sim_gone *g)
{
	own(g->pfn, g->order, NOBODY);
}

static void on_moved(void *arg, const struct mm_sim_moved *mv)
{
	uint8_t who = h.owner[mv->from - FIRST];

	own(mv->from, mv->order, NOBODY);
	own(mv->to, mv->order, who);
}

static void on_event(void *arg, const struct sg_event *ev)
{
	static uint64_t last;

	assert_true(ev->ts >= last || ev->ts < 1000000);
	last = ev->ts;
	if (ev->pid >= 100 && ev->pid < 100 + (int32_t)TASKS)
		assert_true(h.running == &h.task[ev->pid - 100]);
}

static void leave(struct task *t, uint64_t ns)
{
	t->ready = h.s->now + ns;
	mm_fiber_yield(t->f);
}

static void on_pause(void *arg, enum mm_pause why, uint64_t ns)
{
	struct task *t = h.running;
	unsigned int n = 0;

	t->stalled = true;
	for (unsigned int i = 0; i < TASKS; i++)
		n += h.task[i].stalled;
	if (n > h.most_stalled)
		h.most_stalled = n;
	assert_int_equal(h.s->compact->nr_batch, 0);
	leave(t, ns);
	t->stalled = false;
}

/* Gives back some of what the task has. */
static void give_back(struct task *t, unsigned int tries)
{
	for (unsigned int i = 0; i < tries; i++) {
		uint64_t pfn = FIRST + rnd(t) % (LAST - FIRST);
		unsigned int order = h.order[pfn - FIRST];

		if (h.owner[pfn - FIRST] != t->number)
			continue;
		pfn = pfn >> order << order;
		own(pfn, order, NOBODY);
		mm_sim_task(h.s, 100 + t->number);
		mm_sim_release(h.s, t->cpu, pfn, order);
	}
}

static void ask(struct task *t)
{
	uint64_t x = rnd(t);
	struct mm_request rq = movable(0);
	struct mm_grant g;

	rq.now = h.s->now;
	rq.pid = 100 + t->number;
	rq.cpu = t->cpu;
	rq.mt = x & 3 ? MM_MT_MOVABLE : MM_MT_UNMOVABLE;
	rq.order = (x >> 8 & 7) < 5 ? 0 : (x >> 12 & 3) ? (uint8_t)(1 + (x >> 16) % 3) : 6;
	if (rq.order > 3)
		rq.gfp |= x >> 20 & 1 ? MM_GFP_NORETRY : MM_GFP_RETRY_MAYFAIL;
	if (!rq.order)
		rq.gfp &= ~(uint32_t)MM_GFP_COMP;
	if (!mm_sim_alloc_fast(h.s, &rq, &g))
		mm_sim_alloc_slow(h.s, &rq, &g);
	h.endless += g.endless;
	if (g.outcome != MM_GOT_PAGE) {
		give_back(t, 100);
		return;
	}
	h.got++;
	own(g.pfn, rq.order, t->number);
	mm_sim_task(h.s, rq.pid);
	if (rq.mt == MM_MT_MOVABLE)
		mm_sim_lru_add(h.s, g.pfn, x >> 24 & 1 ? MM_SIM_FILE : MM_SIM_ANON, false);
}

static void live(void *arg)
{
	struct task *t = arg;

	for (unsigned int i = 0; i < REQUESTS; i++) {
		ask(t);
		give_back(t, rnd(t) % 4);
		leave(t, rnd(t) % 20000);
	}
	t->done = true;
}

/* When a thread of the node may go on, UINT64_MAX: it sleeps. */
static uint64_t thread_when(enum mm_thread which)
{
	uint64_t until;
	enum mm_thread_state st = which == MM_THREAD_KSWAPD ? mm_sim_kswapd_state(h.s, 0, &until) :
							     mm_sim_kcompactd_state(h.s, 0, &until);

	if (st == MM_THREAD_RUNS)
		return h.thread_ready[which];
	return st == MM_THREAD_NAPS && until > h.thread_ready[which] ? until : until == UINT64_MAX ? until : h.thread_ready[which];
}

/* Lets whoever is first go on; false when all tasks are through. */
static bool next(void)
{
	uint64_t when[2] = { thread_when(MM_THREAD_KSWAPD), thread_when(MM_THREAD_KCOMPACTD) };
	struct task *first = NULL;

	for (unsigned int i = 0; i < TASKS; i++)
		if (!h.task[i].done && (!first || h.task[i].ready < first->ready))
			first = &h.task[i];
	if (!first)
		return false;
	h.running = NULL;
	for (unsigned int i = 0; i < 2; i++)
		if (when[i] < first->ready && when[i] <= when[!i]) {
			uint64_t ns = i == MM_THREAD_KSWAPD ? mm_sim_kswapd_step(h.s, 0, when[i]) :
							     mm_sim_kcompactd_step(h.s, 0, when[i]);

			h.thread_ready[i] = h.s->now + (ns ? ns : 1);
			return true;
		}
	mm_sim_set_now(h.s, first->ready);
	h.running = first;
	mm_fiber_resume(first->f);
	return true;
}

static void sound(void)
{
	uint64_t held = 0;

	audit(h.s);
	assert_int_equal(mm_sim_lru_audit(h.s, NULL), 0);
	for (uint64_t p = 0; p < LAST - FIRST; p++) {
		held += h.owner[p] != NOBODY;
		if (h.owner[p] != NOBODY)
			assert_int_equal(state_of(h.s, FIRST + p), PS_ALLOC);
	}
	assert_int_equal(mm_sim_zone(h.s, 0)->nr_pages[PS_ALLOC], held);
}

static void herd(enum test_kernel k, unsigned int how, uint64_t seed)
{
	struct mm_sim_cfg cfg = zone_cfg(k);
	unsigned int n = 0;

	cfg.nr_cpus = 2;
	cfg.policy.tune[MM_TUNE_LRU_GEN] = how & 1;
	cfg.policy.tune[MM_TUNE_SWAP] = how >> 1 & 1;
	cfg.policy.tune[MM_TUNE_DEFRAG_MODE] = how >> 2 & mm_has(cfg.policy.facts, DEFRAG);
	memset(&h, 0, sizeof(h));
	memset(h.owner, NOBODY, sizeof(h.owner));
	h.s = zone_new(&cfg);
	mm_sim_pause_hook(h.s, on_pause, NULL);
	mm_sim_gone_hook(h.s, on_gone, NULL);
	mm_sim_moved_hook(h.s, on_moved, NULL);
	mm_sim_emit(h.s, on_event, NULL);
	mm_sim_thread_cpu(h.s, MM_THREAD_KSWAPD, 0, 1);
	for (unsigned int i = 0; i < TASKS; i++) {
		struct task *t = &h.task[i];

		*t = (struct task){ .number = (uint8_t)i, .cpu = i & 1, .rnd = seed * 100 + i, .f = mm_fiber_new(live, t) };
		assert_non_null(t->f);
	}
	while (next())
		if (++n % 64 == 0)
			sound();
	sound();
	assert_true(h.got > TASKS * REQUESTS / 4);
	for (unsigned int i = 0; i < TASKS; i++)
		mm_fiber_free(h.task[i].f);
	mm_fiber_trim();
	mm_sim_free(h.s);
}

static void herds(void **state)
{
	unsigned int stalled = 0;

	(void)state;
	for (enum test_kernel k = K_6_1; k < K_COUNT; k++)
		for (unsigned int how = 0; how < 8; how++) {
			herd(k, how, 1 + how);
			stalled = h.most_stalled > stalled ? h.most_stalled : stalled;
		}
	assert_true(stalled >= 4); /* else it was none */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(herds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
