// SPDX-License-Identifier: GPL-2.0-only
/*
 * closed-loop: random work on simulated machines of every kernel, whose trace an observed machine follows.
 *
 *	closed-loop [--seed N] [--steps N] [--kernel NAME] [--work NAME] [--every N] [--show FROM]
 *
 * A difference ends the run: it is done again with both machines compared after each step, so that the first step after
 * which they differ is named.  --show prints the events from that step on.
 */
#include "kernels.h"
#include "closed_loop.h"
#include "run/fiber.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SERIES 64
#define MAX_HELD 32768u
#define FIRST 0x4000ull
#define BLOCK 512ull
#define SETTLE 100 /* steps after which nobody stalls any more, so that the machines can be compared */

enum {
	WORK_LRU = 1,      /* pages go to the LRU, requests may reclaim and compact, kswapd and kcompactd run */
	WORK_CLASSIC = 2,  /* the classic LRU */
	WORK_SWAP = 4,
	WORK_ORDER_0 = 8,  /* nobody asks for more than a page */
	WORK_HERD = 32,    /* others run while a request stalls */
	WORK_ASKED = 16,   /* only when it is asked for by name: what the observed machine can't follow for long yet */
};

struct work {
	const char *name;
	unsigned int zones, nodes;
	unsigned int flags;
};

static const struct work works[] = {
	{ "one-zone", 1, 1, 0 },
	{ "two-zones", 2, 1, 0 },
	{ "reclaim", 1, 1, WORK_LRU | WORK_SWAP | WORK_ORDER_0 },
	{ "herd", 1, 1, WORK_LRU | WORK_SWAP | WORK_ORDER_0 | WORK_HERD },
	{ "classic", 1, 1, WORK_LRU | WORK_CLASSIC | WORK_ORDER_0 | WORK_ASKED },
	{ "compact", 1, 1, WORK_LRU | WORK_SWAP | WORK_ASKED },
	{ "herd-classic", 1, 1, WORK_LRU | WORK_CLASSIC | WORK_ORDER_0 | WORK_HERD | WORK_ASKED },
	{ "herd-compact", 1, 1, WORK_LRU | WORK_SWAP | WORK_HERD | WORK_ASKED },
	{ "compact-2", 2, 1, WORK_LRU | WORK_CLASSIC | WORK_ASKED },
};

struct run {
	struct loop l;
	const struct work *w;
	uint64_t rnd;
	struct held {
		uint64_t pfn;
		uint8_t order;
	} *held;
	unsigned int nr;
	/* a CPU does a while what one task wants */
	uint16_t cpu;
	int32_t pid, pids; /* pids: the first of eight that take turns */
	unsigned int more;
	/* by the last three bits of the pid: who stalls */
	struct stalled {
		struct mm_fiber *f;
		struct run *r;
		struct mm_request rq;
		struct mm_grant g;
		bool file;
	} stalled[8], *running;
};

/* "linux-6.12"; static text, until the next call. */
static const char *kernel_name(uint32_t release)
{
	static char name[32];

	snprintf(name, sizeof(name), "linux-");
	mm_release_print(release, name + 6, sizeof(name) - 6);
	return name;
}

static struct mm_sim *machine(uint32_t release, const struct work *w, uint64_t seed)
{
	struct mm_sim_cfg c = { .nr_cpus = 2, .page_size = 4096, .nr_zones = w->zones };
	struct sg_err err = { 0 };
	struct mm_sim *s;

	mm_policy_init(&c.policy, release);
	c.policy.tune[MM_TUNE_DEFRAG_MODE] = mm_has(c.policy.facts, DEFRAG) && (seed & 1);
	c.policy.tune[MM_TUNE_LRU_GEN] = !(w->flags & WORK_CLASSIC);
	c.policy.tune[MM_TUNE_SWAP] = !!(w->flags & WORK_SWAP);
	if (w->zones == 2) /* the lower one comes first, as in zoneinfo */
		c.zone[0] = (struct mm_sim_zone_cfg){ .name = "DMA32", .start_pfn = FIRST - (w->flags & WORK_LRU ? 4 : 8) * BLOCK,
						        .end_pfn = FIRST };
	c.zone[w->zones - 1] = (struct mm_sim_zone_cfg){ .name = "Normal", .start_pfn = FIRST,
						       .end_pfn = FIRST + (w->flags & WORK_LRU ? 8 : 16) * BLOCK };
	s = mm_sim_new(&c, &err);
	if (!s) {
		fprintf(stderr, "closed-loop: %s\n", err.text);
		exit(1);
	}
	mm_sim_boot(s);
	return s;
}

/* The request is over. */
static void got(struct run *r, const struct mm_request *rq, const struct mm_grant *g, bool file)
{
	if (g->outcome != MM_GOT_PAGE) {
		if (g->endless) /* its task spins for ever: others go on */
			r->pids += 8;
		r->more = g->endless ? 0 : r->more;
		return;
	}
	if (!(r->w->flags & WORK_LRU)) {
		r->held[r->nr++] = (struct held){ g->pfn, rq->order };
		return;
	}
	mm_sim_task(r->l.s, rq->pid);
	if (rq->mt == MM_MT_MOVABLE)
		mm_sim_lru_add(r->l.s, g->pfn, file ? MM_SIM_FILE : MM_SIM_ANON, false);
}

static void slow(void *arg)
{
	struct stalled *st = arg;

	mm_sim_alloc_slow(st->r->l.s, &st->rq, &st->g);
}

static void paused(void *arg, enum mm_pause why, uint64_t ns)
{
	struct run *r = arg;

	mm_fiber_yield(r->running->f);
}

static void go_on(struct run *r, struct stalled *st)
{
	r->running = st;
	if (mm_fiber_resume(st->f))
		return;
	mm_fiber_free(st->f);
	st->f = NULL;
	got(r, &st->rq, &st->g, st->file);
}

/* All requests that stall come to their ends. */
static void settle(struct run *r)
{
	for (bool any = r->w->flags & WORK_HERD; any;) {
		any = false;
		for (unsigned int i = 0; i < 8; i++)
			if (r->stalled[i].f) {
				any = true;
				go_on(r, &r->stalled[i]);
			}
		if (any) /* somebody may wait for it */
			mm_sim_kswapd(r->l.s, 0, r->l.s->now + 10000, 64);
	}
}

static bool stall(const struct run *r)
{
	for (unsigned int i = 0; i < 8; i++)
		if (r->stalled[i].f)
			return true;
	return false;
}

static void ask_herd(struct run *r, const struct mm_request *rq, bool file)
{
	struct stalled *st = &r->stalled[rq->pid & 7];

	*st = (struct stalled){ .r = r, .rq = *rq, .file = file };
	if (mm_sim_alloc_fast(r->l.s, rq, &st->g)) {
		got(r, rq, &st->g, file);
		return;
	}
	st->f = mm_fiber_new(slow, st);
	if (!st->f)
		abort();
	go_on(r, st);
}

static void ask(struct run *r)
{
	uint64_t x = loop_rnd(&r->rnd);
	struct mm_request rq = { .now = r->l.s->now + 1000 + x % 5000, .pid = r->pid, .cpu = r->cpu, .zone_type = 2 };
	struct mm_grant g;
	unsigned int mt = x >> 16 & 7;

	rq.mt = mt < 3 ? MM_MT_UNMOVABLE : mt < 7 ? MM_MT_MOVABLE : MM_MT_RECLAIMABLE;
	rq.order = (x >> 20 & 7) < 5 ? 0 : (uint8_t)((x >> 24) % ((x >> 32 & 7) ? 4 : 10));
	if (r->w->flags & WORK_ORDER_0)
		rq.order = 0;
	rq.gfp = rq.order ? MM_GFP_COMP : 0;
	if (r->w->flags & WORK_LRU) /* nobody is killed */
		rq.gfp |= (x >> 36 & 15) ? MM_GFP_KERNEL | (rq.order < 4 || (x >> 40 & 1) ? MM_GFP_RETRY_MAYFAIL : MM_GFP_NORETRY) :
					   MM_GFP_KSWAPD_RECLAIM;
	if (rq.mt == MM_MT_MOVABLE)
		rq.gfp |= MM_GFP_MOVABLE | MM_GFP_CMA_OK;
	if (r->nr == MAX_HELD)
		return;
	if (r->w->flags & WORK_HERD) {
		ask_herd(r, &rq, x >> 44 & 1);
		return;
	}
	mm_sim_alloc(r->l.s, &rq, &g);
	got(r, &rq, &g, x >> 44 & 1);
}

/* Neighbours on the LRU go together. */
static void drop_batch(struct run *r)
{
	const struct zone_state *first = &r->l.s->m->core.zone[0], *last = &r->l.s->m->core.zone[r->l.s->m->core.nr_zones - 1];
	uint64_t pfn = first->start + loop_rnd(&r->rnd) % (last->end - first->start);
	struct mm_sim_block b[40];
	unsigned int n = 0, want = 1 + loop_rnd(&r->rnd) % 40;

	for (; pfn < last->end && n < want; pfn++) {
		struct mm_page_info p;

		mm_page_get(r->l.s->m, pfn, &p);
		if (p.state != MM_PAGE_ALLOC || p.from_snapshot || p.lru == MM_LRU_NONE)
			continue;
		b[n++] = (struct mm_sim_block){ p.head, p.order };
		pfn = p.head + (1ull << p.order) - 1;
	}
	mm_sim_task(r->l.s, r->pid);
	mm_sim_release_batch(r->l.s, r->cpu, b, n);
}

/* Where reclaim frees pages and compaction moves them, the machine knows best what is allocated. */
static void drop_any(struct run *r)
{
	const struct zone_state *first = &r->l.s->m->core.zone[0], *last = &r->l.s->m->core.zone[r->l.s->m->core.nr_zones - 1];

	for (unsigned int tries = 0; tries < 64; tries++) {
		uint64_t pfn = first->start + loop_rnd(&r->rnd) % (last->end - first->start);
		struct mm_page_info p;

		mm_page_get(r->l.s->m, pfn, &p);
		if (p.state != MM_PAGE_ALLOC || p.from_snapshot)
			continue;
		mm_sim_task(r->l.s, r->pid);
		mm_sim_release(r->l.s, r->cpu, p.head, p.order);
		return;
	}
}

static void touch(struct run *r)
{
	const struct zone_state *z = &r->l.s->m->core.zone[loop_rnd(&r->rnd) % r->l.s->m->core.nr_zones];

	mm_sim_task(r->l.s, r->pid);
	mm_sim_lru_touch(r->l.s, z->start + loop_rnd(&r->rnd) % (z->end - z->start));
}

static void drop(struct run *r)
{
	uint64_t x = loop_rnd(&r->rnd);
	unsigned int i;

	if (r->nr == 0)
		return;
	i = (unsigned int)(x >> 16) % r->nr;
	mm_sim_task(r->l.s, r->pid);
	mm_sim_release(r->l.s, r->cpu, r->held[i].pfn, r->held[i].order);
	r->held[i] = r->held[--r->nr];
}

static void step(struct run *r)
{
	/* now rather more, now rather less */
	bool fill = r->l.step / 4096 % 2 == 0 || (r->w->flags & WORK_LRU);
	uint64_t x = loop_rnd(&r->rnd) % 1000;

	if (r->more-- == 0) {
		uint64_t y = loop_rnd(&r->rnd);

		r->cpu = y & 1;
		r->pid = r->pids + (int32_t)(y >> 8 & 7);
		r->more = y >> 16 & 63;
	}
	/* who stalls does nothing else; now it goes on, now another one runs */
	if (r->stalled[r->pid & 7].f) {
		if (x & 1)
			go_on(r, &r->stalled[r->pid & 7]);
		else
			r->more = 0;
		return;
	}
	if (x < 2)
		mm_sim_tick(r->l.s, r->l.s->now + UINT64_C(1000000000));
	else if ((r->w->flags & WORK_LRU) && x < 40)
		mm_sim_kswapd(r->l.s, 0, r->l.s->now + 100000, 64);
	else if ((r->w->flags & WORK_LRU) && x < 60)
		mm_sim_kcompactd(r->l.s, 0, r->l.s->now + 100000, 64);
	else if ((r->w->flags & WORK_LRU) && x < 80)
		touch(r);
	else if (x < (fill ? 700u : 350u))
		ask(r);
	else if ((r->w->flags & WORK_LRU) && x < 990)
		drop_any(r);
	else if (r->w->flags & WORK_LRU)
		drop_batch(r);
	else
		drop(r);
}

static void print_result(const struct run *r, uint32_t release, uint64_t seed)
{
	const struct loop_words *w = &r->l.words;

	printf("%s %s seed %" PRIu64 ": after step %" PRIu64 ", event %" PRIu64 ": %s\n", kernel_name(release), r->w->name, seed,
	       r->l.step, r->l.events, r->l.what);
	if (w->rule[0])
		printf("  rule    %s\n  ours    %s\n  kernel  %s\n  reason  %s\n  numbers %s\n", w->rule, w->ours, w->kernel, w->reason,
		       w->numbers);
}

/* Runs up to @steps, comparing after each @every; false at the first difference. */
static bool work(struct run *r, uint32_t release, uint64_t seed, uint64_t steps, uint64_t from, uint64_t every, uint64_t show)
{
	bool ok = true;

	r->rnd = seed * 1000003 + release;
	r->nr = r->more = 0;
	r->pids = 100;
	memset(r->stalled, 0, sizeof(r->stalled));
	loop_begin(&r->l, machine(release, r->w, seed));
	if (r->w->flags & WORK_HERD)
		mm_sim_pause_hook(r->l.s, paused, r);
	while (ok && r->l.step < steps) {
		r->l.step++;
		r->l.verbose = show && r->l.step >= show;
		step(r);
		if (r->l.step % SETTLE == 0 || r->l.step == steps)
			settle(r);
		if (r->l.what[0] || (r->l.step >= from && r->l.step % every == 0 && !stall(r)))
			ok = loop_same(&r->l);
		if (!stall(r)) /* nor in the middle of a compaction of theirs */
			loop_restart(&r->l);
	}
	return ok;
}

static void print_sums(const struct run *r, uint32_t release, uint64_t seed)
{
	printf("%-10s %-10s seed %-4" PRIu64 " %9" PRIu64 " events:", kernel_name(release), r->w->name, seed, r->l.events);
	for (unsigned int k = 0; k < MM_CHECK_COUNT; k++)
		if (r->l.equal[k] + r->l.undecided[k])
			printf("  %s %" PRIu64 "/%" PRIu64, mm_check_key((enum mm_check_kind)k), r->l.equal[k],
			       r->l.equal[k] + r->l.undecided[k]);
	if (r->l.restarts)
		printf("  begun anew %" PRIu64 " times", r->l.restarts);
	printf("\n");
}

static bool run(struct run *r, uint32_t release, uint64_t seed, uint64_t steps, uint64_t every, uint64_t show)
{
	uint64_t last;
	bool ok = work(r, release, seed, steps, 0, every, show);

	if (ok) {
		mm_check_finish(r->l.check);
		ok = !r->l.what[0];
		print_sums(r, release, seed);
	}
	if (!ok && every > 1) {
		/* once more, closely, from where they were last the same */
		last = r->l.step;
		loop_end(&r->l);
		mm_sim_free(r->l.s);
		work(r, release, seed, last, last > every ? last - every : 0, 1, show);
	}
	if (!ok)
		print_result(r, release, seed);
	loop_end(&r->l);
	mm_sim_free(r->l.s);
	return ok;
}

static uint64_t number(const char *name, const char *text)
{
	char *end;
	uint64_t n = text ? strtoull(text, &end, 0) : 0;

	if (!text || end == text || *end) {
		fprintf(stderr, "closed-loop: %s wants a number\n", name);
		exit(2);
	}
	return n;
}

int main(int argc, char **argv)
{
	uint64_t seed = 1, runs = 1, steps = 20000, every = 500, show = 0;
	const char *kernel = NULL, *name = NULL;
	struct run r = { .held = calloc(MAX_HELD, sizeof(*r.held)) };
	uint32_t series[MAX_SERIES];
	unsigned int failed = 0, nr = mm_release_series(series, MAX_SERIES);

	if (nr > MAX_SERIES) {
		fprintf(stderr, "closed-loop: %u kernels are more than %d\n", nr, MAX_SERIES);
		return 2;
	}
	for (int i = 1; i < argc; i++) {
		const char *a = argv[i], *v = i + 1 < argc ? argv[++i] : NULL;

		if (strcmp(a, "--seed") == 0)
			seed = number(a, v);
		else if (strcmp(a, "--runs") == 0)
			runs = number(a, v);
		else if (strcmp(a, "--steps") == 0)
			steps = number(a, v);
		else if (strcmp(a, "--every") == 0)
			every = number(a, v);
		else if (strcmp(a, "--show") == 0)
			show = number(a, v);
		else if (strcmp(a, "--kernel") == 0)
			kernel = v;
		else if (strcmp(a, "--work") == 0)
			name = v;
		else {
			fprintf(stderr, "usage: closed-loop [--seed N] [--runs N] [--steps N] [--every N] [--kernel NAME] [--work NAME] [--show STEP]\n");
			return 2;
		}
	}
	for (uint64_t k = 0; k < runs; k++)
		for (unsigned int i = 0; i < nr; i++)
			for (size_t w = 0; w < sizeof(works) / sizeof(works[0]); w++) {
				r.w = &works[w];
				if (series[i] < MM_OLDEST_WHOLE || (kernel && strcmp(kernel, kernel_name(series[i])) != 0) ||
				    (name ? strcmp(name, works[w].name) != 0 : works[w].flags & WORK_ASKED))
					continue;
				failed += !run(&r, series[i], seed + k, steps, every ? every : 1, show);
			}
	free(r.held);
	return failed ? 1 : 0;
}
