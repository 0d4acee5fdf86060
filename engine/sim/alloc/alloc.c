// SPDX-License-Identifier: GPL-2.0-only
/* The simulated allocator: its beginning and end, what comes in and goes out. */
#include "sim/alloc/alloc.h"
#include "sim/emit.h"
#include "sim/hooks.h"

#include <stdlib.h>
#include <string.h>

#define REFRESH_NS UINT64_C(1000000000) /* vm.stat_interval: 1 s */
#define MAX_REFRESHES 64                /* after so many visits in a row nothing is left to do */

/* Which node each CPU belongs to: those of node 0 first. */
static void place_cpus(struct mm_sim *s)
{
	unsigned int cpu = 0;

	for (int n = 0; n < MM_MAX_NODES; n++)
		for (unsigned int i = 0; i < s->cfg.node_cpus[n] && cpu < s->alloc->nr_cpus; i++)
			s->alloc->cpu_node[cpu++] = (int8_t)n;
	while (cpu < s->alloc->nr_cpus)
		s->alloc->cpu_node[cpu++] = 0;
}

int sim_alloc_init(struct mm_sim *s)
{
	struct sim_alloc *a = calloc(1, sizeof(*a));

	s->alloc = a;
	if (!a)
		return SG_E_NOMEM;
	a->nr_cpus = s->m->nr_cpus;
	a->pcp = calloc((size_t)s->m->core.nr_zones * a->nr_cpus, sizeof(*a->pcp));
	a->cpu_node = calloc(a->nr_cpus, sizeof(*a->cpu_node));
	a->refresh_at = calloc(a->nr_cpus, sizeof(*a->refresh_at));
	if (!a->pcp || !a->cpu_node || !a->refresh_at || (sim_listens(s) && sim_decide_init(s) < 0))
		return SG_E_NOMEM;
	for (unsigned int c = 0; c < a->nr_cpus; c++)
		a->refresh_at[c] = s->now + REFRESH_NS;
	for (unsigned int n = 0; n < MM_MAX_NODES; n++)
		a->nr_nodes += s->m->core.node[n].present;
	a->movable_type = s->cap.nr_zone_types - 1;
	for (unsigned int t = 0; t < s->cap.nr_zone_types; t++)
		if (strcmp(s->cap.zone_type[t], "Movable") == 0)
			a->movable_type = t;
	a->pid = MM_PID_UNKNOWN;
	a->shuffle = s->cfg.seed;
	a->shuffle_bits = 1;
	place_cpus(s);
	sim_zones_setup(s);
	sim_zonelists_build(s);
	return 0;
}

void sim_alloc_fini(struct mm_sim *s)
{
	free(s->alloc->pcp);
	free(s->alloc->cpu_node);
	free(s->alloc->refresh_at);
	free(s->alloc->text);
	free(s->alloc);
	s->alloc = NULL;
}

/** The pages of a block that is on no list become allocated. */
void sim_hand_out(struct mm_sim *s, struct zone_state *z, const struct mm_request *rq, uint64_t pfn)
{
	struct page_ent as = { .om = (uint8_t)(rq->order | rq->mt << 4), .a = (uint32_t)rq->pid, .x = UINT16_MAX,
			       .since = (uint32_t)s->m->core.position };

	mm_set_state(s->m, z, pfn, 1u << rq->order, PS_ALLOC, &as);
}

/* Source: mm/vmstat.c: vmstat_update(), by a kworker of the CPU, 6.1 to 7.3 */
static void visit(struct mm_sim *s, unsigned int cpu, uint64_t now)
{
	struct sim_who was = sim_switch(s, sim_kworker(s, cpu));
	struct sim_alloc *a = s->alloc;
	unsigned int n = 0;

	while (a->refresh_at[cpu] <= now && n++ < MAX_REFRESHES) {
		a->refresh_at[cpu] += REFRESH_NS;
		if (!sim_vmstat_refresh(s, cpu))
			break;
	}
	if (a->refresh_at[cpu] <= now)
		a->refresh_at[cpu] = now + REFRESH_NS;
	sim_switch(s, was);
}

void mm_sim_tick(struct mm_sim *s, uint64_t now)
{
	if (now > s->now)
		s->now = now;
	for (unsigned int cpu = 0; cpu < s->alloc->nr_cpus; cpu++)
		visit(s, cpu, s->now);
}

/* Cuts a request down to what can be, and finds the zones that may serve it. */
static bool prepare(struct mm_sim *s, const struct mm_request *rq, struct sim_ask *ask)
{
	const struct sim_zonelist *l;

	ask->rq = rq;
	if (rq->order >= s->m->nr_orders || rq->mt >= MM_NR_PCPTYPES)
		return false;
	if (rq->cpu >= s->alloc->nr_cpus || rq->zone_type >= s->cap.nr_zone_types) {
		ask->own = *rq;
		ask->rq = &ask->own;
		if (rq->cpu >= s->alloc->nr_cpus)
			ask->own.cpu = 0;
		if (rq->zone_type >= s->cap.nr_zone_types)
			ask->own.zone_type = (uint8_t)(s->cap.nr_zone_types - 1);
	}
	l = &s->alloc->zonelist[rq->node >= 0 && rq->node < MM_MAX_NODES ? rq->node : 0][ask->rq->zone_type];
	ask->zone = l->zone;
	ask->nr = rq->gfp & MM_GFP_THISNODE ? l->nr_local : l->nr;
	return ask->nr > 0;
}

/* What the first walk may do; requests that are alike follow each other. */
static unsigned int fast_flags(struct mm_sim *s, const struct mm_request *rq, uint8_t first)
{
	struct sim_alloc *a = s->alloc;

	if (!a->last.known || a->last.gfp != rq->gfp || a->last.order != rq->order || a->last.mt != rq->mt ||
	    a->last.zone != first) {
		a->last.flags = mm_alloc_flags_fast(s->policy.facts, rq->gfp, rq->order, rq->mt == MM_MT_MOVABLE,
						    sim_tune(s, MM_TUNE_DEFRAG_MODE), a->normal_over_dma32[first]);
		a->last.gfp = rq->gfp;
		a->last.order = rq->order;
		a->last.mt = rq->mt;
		a->last.zone = first;
		a->last.known = true;
	}
	if (sim_asks(s, MM_HOOK_FLAGS))
		return sim_ask_flags(s, rq, first, MM_FLAGS_FAST, a->last.flags);
	return a->last.flags;
}

/* Its zone gave @rq a page at once: requests like it need no walk while the zone has plenty, see sim_pcp_again(). */
static void remember(struct mm_sim *s, const struct mm_request *rq, unsigned int zi, unsigned int alloc_flags)
{
	struct sim_again *a = &s->alloc->again[rq->mt];

	/* since 6.18 it depends on whether kswapd sleeps, where there are other nodes */
	/* policies are asked each time */
	a->known = !s->hooks && !(alloc_flags & MM_ALLOC_HIGHATOMIC) && (s->alloc->nr_nodes == 1 || !mm_has(s->policy.facts, SKIP_AWAKE));
	a->who = sim_who(rq);
	a->zone = (uint8_t)zi;
}

static enum mm_outcome ask_for(struct mm_sim *s, const struct mm_request *rq, struct mm_grant *ret)
{
	struct sim_ask ask;
	unsigned int flags;

	*ret = (struct mm_grant){ .outcome = MM_FAILED, .pfn = UINT64_MAX };
	ask.grant = ret;
	if (!prepare(s, rq, &ask))
		return MM_FAILED;
	s->alloc->cpu = ask.rq->cpu;
	s->alloc->pid = rq->pid;
	sim_switch(s, (struct sim_who){ rq->pid, ask.rq->cpu });
	if (s->alloc->refresh_at[ask.rq->cpu] <= s->now)
		visit(s, ask.rq->cpu, s->now);
	flags = fast_flags(s, rq, ask.zone[0]);
	if (sim_get_page(s, &ask, flags)) {
		ret->fast = true;
		if (rq->order == 0 && ret->zone == ask.zone[0] && ask.rq == rq)
			remember(s, rq, ret->zone, flags);
		sim_changed(s->m, ret->pfn, rq->order, MM_PAGE_FREE, MM_PAGE_ALLOC);
		return MM_GOT_PAGE;
	}
	/* time passes from here on */
	ask.own = *ask.rq;
	ask.own.now = s->now;
	ask.rq = &ask.own;
	if (sim_slowpath(s, &ask) == MM_GOT_PAGE)
		sim_changed(s->m, ret->pfn, rq->order, MM_PAGE_FREE, MM_PAGE_ALLOC);
	return ret->outcome;
}

/* Pages of a node were handed out.  Source: mm/page_alloc.c: prep_new_page(), where a policy counts them */
static void count_allocated(struct mm_sim *s, const struct mm_grant *g, unsigned int order)
{
	int node = s->m->core.zone[g->zone].node;

	if (node >= 0 && node < MM_MAX_NODES)
		s->reclaim->ks[node].failures = sim_ask_count(s, node, MM_COUNT_ALLOCATED, order, INT64_C(1) << order, false,
							      s->reclaim->ks[node].failures);
}

/* Nobody runs until the slow path is through, but what it lets run; so the events are the request's own. */
static void emit_outcome(struct mm_sim *s, const struct mm_request *rq, const struct mm_grant *g)
{
	if (rq->order >= s->m->nr_orders || rq->mt >= MM_NR_PCPTYPES || g->outcome == MM_OOM || g->endless)
		return; /* no kernel has such a request, or the request isn't over */
	sim_switch(s, (struct sim_who){ rq->pid, rq->cpu < s->alloc->nr_cpus ? rq->cpu : 0 });
	sim_emit_alloc(s, rq, g->pfn);
}

enum mm_outcome mm_sim_alloc(struct mm_sim *s, const struct mm_request *rq, struct mm_grant *ret)
{
	enum mm_outcome o = MM_GOT_PAGE;

	sim_begin(s->m);
	if (rq->now > s->now)
		s->now = rq->now;
	if (rq->order || !sim_pcp_again(s, rq, ret))
		o = ask_for(s, rq, ret);
	if (sim_asks(s, MM_HOOK_KSWAPD_COUNT) && o == MM_GOT_PAGE)
		count_allocated(s, ret, rq->order);
	if (sim_traced(s))
		emit_outcome(s, rq, ret);
	return o;
}

/* A block that is being freed passes by: is it what a compaction under way waits for? */
static bool capture(void *arg, uint64_t pfn, unsigned int order, unsigned int mt)
{
	struct mm_sim *s = arg;
	struct sim_alloc *a = s->alloc;
	unsigned int zi = a->capc.zone;
	const struct zone_state *z = sim_zs(s, zi);

	if (a->capc.got || order != a->capc.order || pfn < z->start || pfn >= z->end)
		return false;
	if ((int)mt == s->cap.mt_cma || (int)mt == s->cap.mt_isolate)
		return false;
	/* a Movable pageblock isn't polluted by a smaller request of another type; 6.1 doesn't ask for its type */
	if (order < s->m->pb_order && mt == MM_MT_MOVABLE &&
	    (a->capc.mt != MM_MT_MOVABLE || !mm_has(s->policy.facts, CAPTURE_MOVABLE)))
		return false;
	a->capc.got = true;
	a->capc.pfn = pfn;
	s->stat[MM_SIM_CAPTURED]++;
	if (mt != a->capc.mt) {
		s->stat[MM_SIM_EXTFRAG]++;
		if (mm_has(s->policy.facts, CAPTURE_TRACED))
			sim_emit_extfrag(s, pfn, order, order, a->capc.mt, mt);
	}
	return true;
}

/* splitmix64; one bit at a time. Source: mm/shuffle.c: shuffle_pick_tail() */
static bool pick_tail(void *arg)
{
	struct sim_alloc *a = ((struct mm_sim *)arg)->alloc;
	bool bit;

	if (a->shuffle_bits <= 1) {
		uint64_t v = a->shuffle += UINT64_C(0x9e3779b97f4a7c15);

		v = (v ^ v >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
		v = (v ^ v >> 27) * UINT64_C(0x94d049bb133111eb);
		a->shuffle_bits = (v ^ v >> 31) | UINT64_C(1) << 63;
	}
	bit = a->shuffle_bits & 1;
	a->shuffle_bits >>= 1;
	return bit;
}

/**
 * sim_free_one() - a block that is on no list goes to the buddy lists
 * Return: true when the compaction under way captured it
 * Source: mm/page_alloc.c: __free_one_page(), compaction_capture(), 6.1 to 7.3
 */
bool sim_free_one(struct mm_sim *s, struct zone_state *z, uint64_t pfn, unsigned int order, unsigned int mt, bool to_tail)
{
	const struct mm_free_opts opts = {
		.to_tail = to_tail, .arg = s, .capture = s->alloc->capc.armed ? capture : NULL,
		.shuffle = sim_tune(s, MM_TUNE_SHUFFLE) ? pick_tail : NULL,
	};
	struct mm_freed freed = mm_buddy_free_with(s->m, z, pfn, order, mt, &opts);
	bool captured = freed.captured;

	if (captured) {
		struct page_ent as = { .om = (uint8_t)(s->alloc->capc.order | 0xf0),
				       .since = (uint32_t)s->m->core.position };

		mm_set_state(s->m, z, s->alloc->capc.pfn, 1u << s->alloc->capc.order, PS_ISO, &as);
	}
	if (sim_asks(s, MM_HOOK_REPORT) && !captured && freed.order >= s->m->pb_order)
		sim_ask_report(s, z, freed.pfn, freed.order, mt);
	if (sim_listens(s))
		sim_decide_merge(s, z, pfn, order, mt, captured);
	return captured;
}

/*
 * Past the per-cpu lists.  Blocks above pageblock order are taken apart, each pageblock has its type (6.10 and later).
 * Source: mm/page_alloc.c: __free_pages_ok(), split_large_buddy()
 */
static void free_direct(struct mm_sim *s, struct zone_state *z, uint64_t pfn, unsigned int order)
{
	unsigned int piece = s->m->hygiene && order > s->m->pb_order ? s->m->pb_order : order;

	for (uint64_t end = pfn + (1ull << order); pfn < end; pfn += 1ull << piece)
		sim_free_one(s, z, pfn, piece, mm_blk(s->m, pfn >> s->m->pb_order).mt, false);
}

/* Source: mm/page_alloc.c: free_pages_prepare(), 6.1 to 7.3 */
static void prepare_free(struct mm_sim *s, uint64_t pfn, unsigned int order)
{
	s->stat[MM_SIM_PGFREE] += 1u << order;
	SIM_EMIT(s, mm_page_free, SIM_F(mm_page_free, pfn, pfn), SIM_F(mm_page_free, order, order));
}

static void free_in_zone(struct mm_sim *s, unsigned int zi, uint16_t cpu, uint64_t pfn, unsigned int order)
{
	prepare_free(s, pfn, order);
	if (!sim_pcp_order(s, order) || !sim_pcp_free(s, zi, cpu, pfn, order))
		free_direct(s, sim_zs(s, zi), pfn, order);
}

void sim_free_page(struct mm_sim *s, uint16_t cpu, uint64_t pfn, unsigned int order)
{
	int zi = mm_zone_index(s->m, pfn);

	if (zi >= 0 && order < s->m->nr_orders)
		free_in_zone(s, (unsigned int)zi, cpu < s->alloc->nr_cpus ? cpu : 0, pfn, order);
}

/**
 * sim_free_batch() - pages that are freed together: all are prepared, then each goes to its list
 * Source: mm/page_alloc.c: free_unref_folios() (6.7 and later), free_unref_page_list() (6.1)
 */
void sim_free_batch(struct mm_sim *s, uint16_t cpu, const struct mm_sim_block *f, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		int zi = mm_zone_index(s->m, f[i].pfn);

		if (zi < 0)
			continue;
		prepare_free(s, f[i].pfn, f[i].order);
		if (!sim_pcp_order(s, f[i].order))
			free_direct(s, sim_zs(s, (unsigned int)zi), f[i].pfn, f[i].order);
	}
	for (unsigned int i = 0; i < nr; i++) {
		int zi = mm_zone_index(s->m, f[i].pfn);

		if (zi < 0 || !sim_pcp_order(s, f[i].order))
			continue;
		if ((int)mm_blk(s->m, f[i].pfn >> s->m->pb_order).mt != s->cap.mt_isolate)
			SIM_EMIT(s, mm_page_free_batched, SIM_F(mm_page_free_batched, pfn, f[i].pfn));
		if (!sim_pcp_free(s, (unsigned int)zi, cpu, f[i].pfn, f[i].order))
			free_direct(s, sim_zs(s, (unsigned int)zi), f[i].pfn, f[i].order);
	}
}

/* Are these pages of zone @zi handed out, and in their place? */
static bool is_allocated(const struct mm_sim *s, int zi, uint64_t pfn, unsigned int order)
{
	if (zi < 0 || order >= s->m->nr_orders || (pfn & ((1ull << order) - 1)) ||
	    pfn + (1ull << order) > s->m->core.zone[zi].end)
		return false;
	for (uint64_t p = pfn; p < pfn + (1ull << order); p++) {
		struct page_ent e = mm_ent(s->m, p);

		/* of a made machine, such pages are reserved */
		if (s->observed && ent_state(&e) == PS_UNKNOWN)
			continue;
		if (ent_state(&e) != PS_ALLOC || ((e.st & PE_SNAP) && !s->observed))
			return false;
	}
	return true;
}

static void releases(struct mm_sim *s, uint16_t cpu)
{
	s->alloc->cpu = cpu < s->alloc->nr_cpus ? cpu : 0;
	s->alloc->pid = MM_PID_UNKNOWN; /* whoever frees isn't told */
	sim_switch(s, (struct sim_who){ s->task_pid, s->alloc->cpu });
}

/* Its owner lets go of the block, and with it of its pages on the LRU; was it there? */
static bool leave_lru(struct mm_sim *s, uint64_t pfn, unsigned int order)
{
	bool was = false;

	/* what lay on the LRU before the trace lies there as single pages */
	for (uint64_t p = pfn; p < (s->observed ? pfn + (UINT64_C(1) << order) : pfn + 1); p++)
		if (sim_on_lru(s, p)) {
			was = true;
			mm_sim_lru_del(s, p);
		}
	return was;
}

/* 6.1 has single pages in its batches. */
static bool in_batch(const struct mm_sim *s, unsigned int order)
{
	return order == 0 || mm_has(s->policy.facts, FREE_IN_ORDER);
}

/* Is a page of @b among the @n blocks of the batch already? */
static bool overlaps(const struct mm_sim_block *batch, unsigned int n, const struct mm_sim_block *b)
{
	for (unsigned int i = 0; i < n; i++)
		if (b->pfn < batch[i].pfn + (UINT64_C(1) << batch[i].order) && batch[i].pfn < b->pfn + (UINT64_C(1) << b->order))
			return true;
	return false;
}

void mm_sim_release_batch(struct mm_sim *s, uint16_t cpu, const struct mm_sim_block *b, unsigned int nr)
{
	struct mm_sim_block batch[SIM_FOLIO_BATCH];
	unsigned int n = 0;

	releases(s, cpu);
	sim_begin(s->m);
	for (unsigned int i = 0; i < nr; i++) {
		int zi = mm_zone_index(s->m, b[i].pfn);

		if (!is_allocated(s, zi, b[i].pfn, b[i].order) || overlaps(batch, n, &b[i]))
			continue;
		sim_changed(s->m, b[i].pfn, b[i].order, MM_PAGE_ALLOC, MM_PAGE_FREE);
		leave_lru(s, b[i].pfn, b[i].order);
		if (!in_batch(s, b[i].order)) {
			free_in_zone(s, (unsigned int)zi, s->alloc->cpu, b[i].pfn, b[i].order);
			continue;
		}
		batch[n++] = b[i];
		if (n < SIM_FOLIO_BATCH)
			continue;
		sim_free_batch(s, s->alloc->cpu, batch, n);
		n = 0;
	}
	sim_free_batch(s, s->alloc->cpu, batch, n);
}

void mm_sim_release(struct mm_sim *s, uint16_t cpu, uint64_t pfn, unsigned int order)
{
	int zi = mm_zone_index(s->m, pfn);

	releases(s, cpu);
	if (order == 0 && zi >= 0 && sim_pcp_release(s, (unsigned int)zi, s->alloc->cpu, pfn))
		return;
	if (!is_allocated(s, zi, pfn, order))
		return;
	sim_begin(s->m);
	sim_changed(s->m, pfn, order, MM_PAGE_ALLOC, MM_PAGE_FREE);
	/* folios on the LRU go in batches, of one here */
	if (leave_lru(s, pfn, order) && in_batch(s, order))
		sim_free_batch(s, s->alloc->cpu, &(struct mm_sim_block){ pfn, order }, 1);
	else
		free_in_zone(s, (unsigned int)zi, s->alloc->cpu, pfn, order);
}

bool sim_isolate_block(struct mm_sim *s, unsigned int zi, uint64_t pfn, unsigned int order)
{
	struct zone_state *z = sim_zs(s, zi);
	struct page_ent e = mm_ent(s->m, pfn);
	struct page_ent as = { .om = (uint8_t)(order | 0xf0), .since = (uint32_t)s->m->core.position };
	struct mm_wmark_zone w;
	unsigned int mt = mm_blk(s->m, pfn >> s->m->pb_order).mt;

	if (ent_state(&e) != PS_FREE || ent_order(&e) != order)
		return false;
	/* as if the pages were allocated: the mark raised by the block stands for the check of high order */
	sim_wmark(s, zi, &w);
	if ((int)mt != s->cap.mt_isolate &&
	    !mm_wmark_ok(&w, 0, w.min + (INT64_C(1) << order), 0, MM_ALLOC_CMA, w.free))
		return false;
	mm_list_del(s->m, z, pfn, &e, mt);
	mm_set_state(s->m, z, pfn, 1u << order, PS_ISO, &as);
	if (order + 1 < s->m->pb_order)
		return true;
	/* half a pageblock and more becomes Movable, what is left of it too */
	for (uint64_t p = pfn; p < pfn + (1ull << order); p += 1ull << s->m->pb_order) {
		mt = mm_blk(s->m, p >> s->m->pb_order).mt;
		if (mt >= MM_NR_PCPTYPES || mt == MM_MT_MOVABLE)
			continue;
		if (s->m->hygiene) /* 6.1 leaves the rest on its lists */
			mm_block_move(s->m, z, p, mt, MM_MT_MOVABLE);
		mm_block_type(s->m, z, p, MM_MT_MOVABLE, mt, false);
	}
	return true;
}

void sim_release_block(struct mm_sim *s, unsigned int zi, uint64_t pfn, unsigned int order)
{
	(void)zi;
	sim_free_page(s, s->on_cpu, pfn, order);
}

void sim_drain_cpu(struct mm_sim *s, uint16_t cpu)
{
	for (unsigned int zi = 0; zi < s->m->core.nr_zones && cpu < s->alloc->nr_cpus; zi++)
		sim_drain_pcp(s, zi, cpu);
}

void sim_drain_zone(struct mm_sim *s, unsigned int zi)
{
	for (unsigned int cpu = 0; cpu < s->alloc->nr_cpus; cpu++)
		sim_drain_pcp(s, zi, (uint16_t)cpu);
}

void sim_capture_arm(struct mm_sim *s, unsigned int zi, unsigned int order, unsigned int mt)
{
	s->alloc->capc.armed = true;
	s->alloc->capc.got = false;
	s->alloc->capc.zone = (uint8_t)zi;
	s->alloc->capc.order = (uint8_t)order;
	s->alloc->capc.mt = (uint8_t)mt;
}

bool sim_capture_disarm(struct mm_sim *s, uint64_t *ret_pfn)
{
	s->alloc->capc.armed = false;
	if (s->alloc->capc.got)
		*ret_pfn = s->alloc->capc.pfn;
	return s->alloc->capc.got;
}
