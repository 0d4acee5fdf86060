// SPDX-License-Identifier: GPL-2.0-only
/*
 * The slow path: a request that the first walk didn't serve reclaims, compacts, retries, gives up.
 * Source: mm/page_alloc.c: __alloc_pages_slowpath().  6.x compacts once before the loop where that is worth
 * trying first; 7.x makes it the loop's first round.
 *
 * Where others run while a request stalls, is its caller's part (mm_sim_pause_hook()).  Without that nobody does but kswapd
 * and kcompactd, which work beside it.
 */
#include "machine/guesses.h"
#include "rules/slowpath_steps.h"
#include "sim/alloc/alloc.h"
#include "sim/emit.h"
#include "sim/hooks.h"

#include <string.h>

/*
 * A kernel's request may spin as long as reclaim reports progress, and others change the machine meanwhile.
 * Where they don't, a request that still spins after so many rounds is let go; where they do, one after so many rounds
 * without a change (livelock()).
 */
#define MAX_ROUNDS 4096

/* Pages that the background threads may scan during one round at least. */
#define BESIDE_PAGES 128

struct slow {
	struct mm_sim *s;
	struct sim_ask *ask;
	struct mm_facts facts;
	unsigned int order, eff_order; /* asked for; of compaction, which is that of reclaim but where a policy says otherwise */
	struct mm_reply_goal goal;
	unsigned int added; /* rounds that a policy has added */
	unsigned int flags;
	uint32_t gfp;
	bool costly, movable, can_reclaim, can_compact, defrag;
	int prio, loops, retries;
	enum mm_compact_feedback feedback;
	enum mm_compact_result result;
	bool progress;
	unsigned int rounds;
	uint64_t scanned; /* direct scans as they were when the threads last worked */
	uint64_t same, mark; /* rounds since something of the machine changed, and what it was like then */
};

static bool attempt(struct slow *w, unsigned int flags)
{
	return mm_sim_get_page(w->s, w->ask, flags);
}

static void say(const struct slow *w, const char *rule, const char *ours, const char *reason, const char *name,
		int64_t value)
{
	if (mm_sim_listens(w->s))
		mm_sim_decide_step(w->s, w->ask, rule, ours, reason, name, value);
}

/* Source: mm/page_alloc.c: wake_all_kswapds(); with defrag_mode (6.15 and later) for whole pageblocks */
static void wake(struct slow *w)
{
	unsigned int order = w->order;

	if (!(w->flags & MM_ALLOC_KSWAPD))
		return;
	if (w->defrag && order < w->s->m->pb_order)
		order = w->s->m->pb_order;
	mm_sim_wake_kswapd(w->s, w->ask->rq, order);
}

/* Access to the reserves replaces what the request may do otherwise. Return: did it? */
static bool use_reserves(struct slow *w)
{
	const struct mm_request *rq = w->ask->rq;
	unsigned int r = mm_alloc_flags_reserve(w->gfp, rq->oom_victim, rq->in_interrupt);

	if (rq->in_reclaim && !(w->gfp & MM_GFP_NOMEMALLOC))
		r = MM_ALLOC_NO_WATERMARKS;
	if (!r)
		return false;
	w->flags = r | (w->flags & MM_ALLOC_KSWAPD) | (w->movable && (w->gfp & MM_GFP_CMA_OK) ? MM_ALLOC_CMA : 0);
	return true;
}

/*
 * May the request take from nodes that its task otherwise may not?  A run has no such nodes, but the kernel looks once more.
 * Source: mm/page_alloc.c: gfp_to_alloc_flags() without ALLOC_CPUSET, 6.1 to 7.2; alloc_flags_slowpath(), 7.3
 */
static bool any_node(const struct slow *w)
{
	return !w->can_reclaim && (w->flags & MM_ALLOC_MIN_RESERVE);
}

/* Time passes, and the threads of the nodes use it. */
static void beside(struct slow *w, uint64_t ns)
{
	struct mm_sim *s = w->s;
	uint64_t pages = s->stat[MM_SIM_PGSCAN_DIRECT] + s->stat[MM_SIM_COMPACT_MIGRATE_SCANNED] - w->scanned;
	uint32_t done = 0;

	if (s->pause)
		return; /* it has passed, and the threads had their part of it */
	w->ask->grant->stall_ns += ns;
	s->now += ns;
	w->ask->own.now = s->now;
	if (pages < BESIDE_PAGES)
		pages = BESIDE_PAGES;
	for (unsigned int i = 0; i < w->ask->nr; i++) {
		int node = mm_sim_zs(s, w->ask->zone[i])->node;

		if (done & 1u << node)
			continue;
		done |= 1u << node;
		mm_sim_kswapd(s, node, s->now, pages);
		mm_sim_kcompactd(s, node, s->now, pages);
	}
	w->scanned = s->stat[MM_SIM_PGSCAN_DIRECT] + s->stat[MM_SIM_COMPACT_MIGRATE_SCANNED];
}

/* Source: mm/page_alloc.c: __alloc_pages_direct_reclaim(), 6.1 to 7.3 */
static bool reclaim(struct slow *w)
{
	struct mm_sim *s = w->s;
	struct mm_grant *g = w->ask->grant;
	uint64_t ns = mm_sim_reclaim_ns(s), got = mm_sim_direct_reclaim_for(s, w->ask->rq, &w->goal);

	g->reclaims++;
	g->reclaimed += got;
	w->progress = got > 0;
	beside(w, mm_sim_reclaim_ns(s) - ns);
	if (!w->progress)
		return false;
	if (attempt(w, w->flags))
		return true;
	/* what was freed may lie on per-cpu lists or in the reserve */
	mm_sim_unreserve_highatomic(s, w->ask->zone, w->ask->nr, w->ask->rq->mt, false);
	for (unsigned int cpu = 0; cpu < s->alloc->nr_cpus; cpu++)
		mm_sim_drain_cpu(s, (uint16_t)cpu);
	return attempt(w, w->flags);
}

static enum mm_compact_feedback feedback_of(enum mm_compact_result r)
{
	return r == MM_COMPACT_SUCCESS ? MM_FEEDBACK_SUCCESS :
	       r == MM_COMPACT_SKIPPED ? MM_FEEDBACK_SKIPPED :
	       r == MM_COMPACT_DEFERRED ? MM_FEEDBACK_DEFERRED : MM_FEEDBACK_WORKED;
}

/* A block that compaction captured is the request's. */
static void take_captured(struct slow *w, uint64_t pfn)
{
	struct mm_grant *g = w->ask->grant;
	int zi = mm_zone_index(w->s->m, pfn);

	/* of a larger block, which only a policy captures, the rest is free */
	for (unsigned int o = w->goal.capture; o > w->order; o--)
		mm_sim_free_one(w->s, mm_sim_zs(w->s, (unsigned int)zi), pfn + (UINT64_C(1) << (o - 1)), o - 1,
				mm_blk(w->s->m, pfn >> w->s->m->pb_order).mt, false);
	mm_sim_hand_out(w->s, mm_sim_zs(w->s, (unsigned int)zi), w->ask->rq, pfn);
	g->outcome = MM_GOT_PAGE;
	g->pfn = pfn;
	g->zone = (uint8_t)zi;
	/* a captured page is in no pgalloc counter of the kernel; here it is, so that the sums add up */
	w->s->stat[MM_SIM_PGALLOC] += 1u << w->order;
}

/* Source: mm/page_alloc.c: __alloc_pages_direct_compact(), 6.1 to 7.3 */
static bool compact(struct slow *w, int prio)
{
	struct mm_sim *s = w->s;
	struct mm_grant *g = w->ask->grant;
	struct sim_compacted did;
	enum mm_compact_result r;
	uint64_t pfn;
	bool got;

	if (w->eff_order == 0)
		return false;
	r = mm_sim_direct_compact_for(s, w->ask->rq, &w->goal, (unsigned int)prio, w->flags, &pfn, &did);
	if (pfn != UINT64_MAX)
		r = MM_COMPACT_SUCCESS;
	w->result = r;
	w->feedback = feedback_of(r);
	/* 7.x doesn't look at the lists either where compaction was put off */
	if (r == MM_COMPACT_SKIPPED || (r == MM_COMPACT_DEFERRED && mm_has(w->facts, DEFERRED_LEAVES)))
		return false;
	g->compactions++;
	g->migrated += did.moved;
	s->stat[MM_SIM_COMPACT_STALL]++;
	if (pfn != UINT64_MAX) {
		take_captured(w, pfn);
		if (!s->pause)
			g->stall_ns += mm_sim_compact_ns(s, &did);
		got = true;
	} else {
		beside(w, mm_sim_compact_ns(s, &did));
		got = attempt(w, w->flags);
	}
	s->stat[got ? MM_SIM_COMPACT_SUCCESS : MM_SIM_COMPACT_FAIL]++;
	if (got)
		mm_sim_compaction_worked(s, g->zone, w->eff_order);
	return got;
}

static bool promoted_counts(const struct slow *w)
{
	return mm_has(w->s->policy.facts, PROMOTE_COUNTS) && w->eff_order != w->order;
}

/* Source: mm/page_alloc.c: should_reclaim_retry(), 6.1 to 7.3 */
static bool reclaim_retry(struct slow *w)
{
	static const char rule[] = "mm/page_alloc.c: should_reclaim_retry()";
	bool more = mm_slow_loops(&w->loops, w->progress, w->costly, promoted_counts(w));

	for (unsigned int i = 0; more && i < w->ask->nr; i++) {
		struct mm_wmark_zone z;
		int64_t available, reclaimable;
		bool ok;

		mm_sim_wmark(w->s, w->ask->zone[i], &z);
		reclaimable = (int64_t)mm_sim_reclaimable(w->s, w->ask->zone[i]);
		available = z.free + reclaimable;
		ok = mm_wmark_ok(&z, w->order, z.min + z.boost, w->ask->rq->zone_type, w->flags, available);
		SIM_EMIT(w->s, reclaim_retry_zone, SIM_F(reclaim_retry_zone, node, z.node),
			 SIM_F(reclaim_retry_zone, zone_idx, z.type), SIM_F(reclaim_retry_zone, order, w->order),
			 SIM_F(reclaim_retry_zone, reclaimable, reclaimable), SIM_F(reclaim_retry_zone, available, available),
			 SIM_F(reclaim_retry_zone, min_wmark, z.min + z.boost),
			 SIM_F(reclaim_retry_zone, no_progress_loops, w->loops), SIM_F(reclaim_retry_zone, wmark_check, ok));
		if (!ok)
			continue;
		say(w, rule, "tries again", "With all that reclaim could free, a zone would be above its min watermark.",
		    "available", available);
		return true;
	}
	say(w, rule, "gives up reclaim",
	    more ? "Even with all that reclaim could free, no zone would be above its min watermark." :
		   "16 rounds brought no progress.", "loops", w->loops);
	/* the last reserve before somebody is killed */
	return mm_sim_unreserve_highatomic(w->s, w->ask->zone, w->ask->nr, w->ask->rq->mt, true);
}

/* enum of COMPACTION_FEEDBACK in include/trace/events/mmflags.h, 6.1 to 7.3 */
enum { SIM_FEEDBACK_FAILED = 1, SIM_FEEDBACK_WITHDRAWN, SIM_FEEDBACK_PROGRESS };

/* Source: mm/page_alloc.c: trace_compact_retry(), include/trace/events/oom.h, 6.1 to 7.3; @prio, @retries: as before */
static void emit_compact_retry(struct slow *w, int prio, int retries, bool more)
{
	bool success = w->result == MM_COMPACT_SUCCESS;

	SIM_EMIT(w->s, compact_retry, SIM_F(compact_retry, order, w->order), SIM_F(compact_retry, priority, prio),
		 SIM_F(compact_retry, result, success ? SIM_FEEDBACK_PROGRESS : w->result == MM_COMPACT_COMPLETE ?
					      SIM_FEEDBACK_FAILED : SIM_FEEDBACK_WITHDRAWN),
		 SIM_F(compact_retry, retries, retries),
		 SIM_F(compact_retry, max_retries, success && w->costly ? MM_MAX_COMPACT_RETRIES / 4 : MM_MAX_COMPACT_RETRIES),
		 SIM_F(compact_retry, ret, more));
}

/* Source: mm/page_alloc.c: should_compact_retry(), 6.1 to 7.3 */
static bool compact_retry(struct slow *w)
{
	static const char rule[] = "mm/page_alloc.c: should_compact_retry()";
	unsigned int order = mm_has(w->s->policy.facts, PROMOTE_COUNTS) ? w->eff_order : w->order;
	int prio, retries;
	bool more;

	if (!w->progress || !w->can_compact || order == 0 || w->ask->rq->oom_victim)
		return false;
	if (w->feedback == MM_FEEDBACK_SKIPPED) {
		more = !promoted_counts(w) && mm_sim_zonelist_suitable(w->s, w->ask->rq, w->order, w->flags);
		emit_compact_retry(w, w->prio, w->retries, more);
		say(w, rule, more ? "tries again" : "gives up compaction",
		    more ? "Compaction lacked free pages to move to, and reclaim could provide them." :
			   "Compaction lacks free pages to move to, and reclaim can't provide them.", "order", w->order);
		return more;
	}
	prio = w->prio;
	retries = w->retries;
	more = mm_slow_compact_more(w->feedback == MM_FEEDBACK_SUCCESS, w->costly, &w->prio, &w->retries);
	emit_compact_retry(w, prio, retries, more);
	say(w, rule, more ? "tries again" : "gives up compaction",
	    more ? "Compaction may go on: it made a block that was lost, or it may be done more thoroughly." :
		   "Compaction was as thorough as it may be for this request.", "priority", w->prio);
	return more;
}

/* Index of the zone type below which nobody is killed. */
static unsigned int normal_type(const struct mm_sim *s)
{
	for (unsigned int t = 0; t < s->cap.nr_zone_types; t++)
		if (strcmp(s->cap.zone_type[t], "Normal") == 0)
			return t;
	return 0;
}

enum oom { OOM_PAGE, OOM_KILL, OOM_VICTIM, OOM_NO_HELP };

/* Source: mm/page_alloc.c: __alloc_pages_may_oom(), 6.1 to 7.3 */
static enum oom may_oom(struct slow *w)
{
	static const char rule[] = "mm/page_alloc.c: __alloc_pages_may_oom()";
	const struct mm_request *rq = w->ask->rq;

	/* once more, with a mark that says whether somebody else's memory came free meanwhile */
	if (attempt(w, MM_ALLOC_WMARK_HIGH))
		return OOM_PAGE;
	if (w->costly || (w->gfp & (MM_GFP_RETRY_MAYFAIL | MM_GFP_THISNODE)) || rq->zone_type < normal_type(w->s)) {
		say(w, rule, "kills nobody",
		    "Nobody is killed for costly orders, for requests that may fail or want one node, or for low zones.",
		    "order", w->order);
		return OOM_NO_HELP;
	}
	if ((w->gfp & MM_GFP_NOFAIL) && attempt(w, MM_ALLOC_NO_WATERMARKS))
		return OOM_PAGE;
	if (rq->oom_victim)
		return OOM_VICTIM;
	w->s->stat[MM_SIM_OOM_KILL]++;
	say(w, rule, "out of memory: a task is to be killed", "Reclaim and compaction have nothing more to give.", "order",
	    w->order);
	return OOM_KILL;
}

enum next { GOT, AGAIN, NOPAGE, KILL };

/* What reclaim and compaction work for. */
static void set_goal(struct slow *w)
{
	unsigned int order = mm_slow_order(w->facts, w->order, w->s->m->pb_order, w->movable, w->flags & MM_ALLOC_NOFRAGMENT);

	w->goal = (struct mm_reply_goal){ .reclaim = order, .compact = order,
					  .capture = mm_has(w->facts, CAPTURE_ORDER) ? w->order : order };
	if (mm_sim_asks(w->s, MM_HOOK_GOAL)) {
		struct mm_ask_goal in = { .gfp = w->gfp, .flags = w->flags, .order = (uint8_t)w->order, .mt = w->ask->rq->mt,
					  .pageblock_order = (uint8_t)w->s->m->pb_order,
					  .nofragment = (w->flags & MM_ALLOC_NOFRAGMENT) != 0,
					  .reclaimed = (int64_t)w->ask->grant->reclaimed };

		w->goal = mm_hook_goal(mm_sim_hooks(w->s), &in, w->goal);
	}
	w->eff_order = w->goal.compact;
}

/* The next step, where a policy has a say; @was: the kernel's. */
static enum mm_next policy_next(struct slow *w, enum mm_next_at at, enum mm_next was)
{
	struct mm_ask_next in = {
		.gfp = w->gfp, .flags = w->flags, .at = (uint8_t)at, .order = (uint8_t)w->order, .mt = w->ask->rq->mt,
		.compact_order = (uint8_t)(at == MM_NEXT_NOWAIT ? 0 :
					   w->eff_order), .prio = (uint8_t)w->prio, .progress = w->progress,
		.feedback = (uint8_t)w->feedback, .rounds = w->rounds, .loops = (uint32_t)w->loops, .retries = (uint32_t)w->retries,
		.added = w->added,
	};
	enum mm_next n;

	if (!mm_sim_asks(w->s, MM_HOOK_NEXT))
		return was;
	n = (enum mm_next)mm_hook_next(mm_sim_hooks(w->s), &in, was);
	w->added += n == MM_NEXT_RETRY && was != MM_NEXT_RETRY;
	return n;
}

/* The request may take from blocks of other types from here on. */
static enum next allow_fallback(struct slow *w)
{
	w->flags &= ~MM_ALLOC_NOFRAGMENT;
	return AGAIN;
}

/* What the kernel does after a round of reclaim and compaction that gave no page. */
static enum mm_next after_round(struct slow *w)
{
	if (w->gfp & MM_GFP_NORETRY) {
		say(w, "mm/page_alloc.c: __alloc_pages_slowpath()", "fails", "The request doesn't want to be retried.", "order",
		    w->order);
		return MM_NEXT_FAIL;
	}
	if (w->costly && !(w->can_compact && (w->gfp & MM_GFP_RETRY_MAYFAIL))) {
		say(w, "mm/page_alloc.c: __alloc_pages_slowpath()", "fails",
		    "Orders above 3 are retried only where the request asks for it and compaction is allowed.", "order",
		    w->order);
		return MM_NEXT_FAIL;
	}
	if (reclaim_retry(w) || compact_retry(w))
		return MM_NEXT_RETRY;
	return w->defrag && (w->flags & MM_ALLOC_NOFRAGMENT) ? MM_NEXT_FALLBACK : MM_NEXT_OOM;
}

/* The round gave no page: what now? */
static enum next end_of_round(struct slow *w)
{
	switch (policy_next(w, MM_NEXT_END, after_round(w))) {
	case MM_NEXT_RETRY:
		return AGAIN;
	case MM_NEXT_FALLBACK:
		say(w, "mm/page_alloc.c: __alloc_pages_slowpath()", "allows fallbacks",
		    "Reclaim and compaction could not make room in blocks of the right type.", "order", w->order);
		if (promoted_counts(w))
			w->loops = w->retries = 0;
		return allow_fallback(w);
	case MM_NEXT_OOM:
		break;
	case MM_NEXT_RECLAIM:
	case MM_NEXT_COMPACT:
	case MM_NEXT_FAIL:
	default:
		return NOPAGE;
	}
	switch (may_oom(w)) {
	case OOM_PAGE:
		return GOT;
	case OOM_KILL:
		return KILL;
	case OOM_VICTIM: /* it has had its share of the reserves, or can't have one */
	case OOM_NO_HELP:
	default:
		return NOPAGE;
	}
}

/* 6.x: compaction before the loop. */
static enum next compact_first_6x(struct slow *w)
{
	set_goal(w);
	if (compact(w, MM_PRIO_ASYNC))
		return GOT;
	if (!w->costly || !(w->gfp & MM_GFP_NORETRY))
		return AGAIN;
	if (w->feedback == MM_FEEDBACK_SKIPPED || w->feedback == MM_FEEDBACK_DEFERRED ||
	    ((w->gfp & MM_GFP_THISNODE) && mm_slow_thisnode_fails(w->s->policy.facts))) {
		say(w, "mm/page_alloc.c: __alloc_pages_slowpath()", "fails",
		    "Compaction was put off or failed, and reclaim for a request that needn't succeed isn't worth it.", "order",
		    w->order);
		return NOPAGE;
	}
	w->prio = MM_PRIO_ASYNC;
	return AGAIN;
}

/* One turn of the loop. @first: 7.x, compaction comes alone */
static enum next turn(struct slow *w, bool *first, bool *reserves)
{
	enum mm_next n;

	wake(w);
	if (!mm_has(w->facts, COMPACT_IN_LOOP)) {
		use_reserves(w);
		if (attempt(w, w->flags))
			return GOT;
	} else {
		if (attempt(w, w->flags))
			return GOT;
		if ((use_reserves(w) || any_node(w)) && *reserves) {
			*reserves = false; /* the first try was optimistic: now with the reserves (can_retry_reserves) */
			return AGAIN;
		}
	}
	if (!w->can_reclaim) {
		bool fall_back = mm_has(w->facts, DEFRAG_ATOMIC) && w->defrag && (w->flags & MM_ALLOC_NOFRAGMENT) &&
				 (w->gfp & MM_GFP_KSWAPD_RECLAIM);

		if (policy_next(w, MM_NEXT_NOWAIT, fall_back ? MM_NEXT_FALLBACK : MM_NEXT_FAIL) == MM_NEXT_FALLBACK)
			return allow_fallback(w);
		say(w, "mm/page_alloc.c: __alloc_pages_slowpath()", "fails", "The request can't wait for reclaim.", "order",
		    w->order);
		return NOPAGE;
	}
	if (w->ask->rq->in_reclaim) /* reclaim doesn't call itself */
		return policy_next(w, MM_NEXT_NOWAIT, MM_NEXT_FAIL) == MM_NEXT_FALLBACK ? allow_fallback(w) : NOPAGE;
	set_goal(w);
	n = policy_next(w, MM_NEXT_BEGIN, *first ? MM_NEXT_COMPACT : MM_NEXT_RECLAIM);
	if (n == MM_NEXT_FALLBACK)
		return allow_fallback(w);
	if (n == MM_NEXT_FAIL)
		return NOPAGE;
	if (n == MM_NEXT_RECLAIM && reclaim(w))
		return GOT;
	if (compact(w, w->prio))
		return GOT;
	if (!*first)
		return end_of_round(w);
	if ((w->gfp & (MM_GFP_NORETRY | MM_GFP_THISNODE)) == (MM_GFP_NORETRY | MM_GFP_THISNODE))
		return NOPAGE;
	if (!(w->gfp & MM_GFP_NORETRY))
		w->prio = MM_PRIO_LIGHT;
	*first = false;
	return AGAIN;
}

/* The end without a page. Requests that must not fail try the reserves, and go on. */
static enum next nopage(struct slow *w)
{
	if (!(w->gfp & MM_GFP_NOFAIL) || !w->can_reclaim)
		return NOPAGE;
	return attempt(w, MM_ALLOC_WMARK_MIN | MM_ALLOC_MIN_RESERVE) ? GOT : AGAIN;
}

static uint64_t mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * UINT64_C(0x9e3779b97f4a7c15);
	return h ^ h >> 29;
}

/*
 * What a request can wait for: pages in use and on the LRU, blocks' types, what was ever allocated, moved and reclaimed,
 * and how often kswapd failed, which it does so many times only.  Where the request's own scanners stand isn't in it, nor
 * what is isolated for a while.
 */
static uint64_t state_of(const struct mm_sim *s)
{
	static const enum mm_sim_stat counts[] = {
		MM_SIM_PGALLOC, MM_SIM_PGMIGRATE_SUCCESS, MM_SIM_PGSTEAL_KSWAPD, MM_SIM_PGSTEAL_DIRECT, MM_SIM_PGDEMOTE,
		MM_SIM_KSWAPD_FAILURES, MM_SIM_EXTFRAG_CLAIM,
	};
	uint64_t h = 0;

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		h = mix(h, s->stat[counts[i]]);
	for (unsigned int zi = 0; zi < s->m->core.nr_zones; zi++) {
		const struct zone_state *z = mm_sim_zs(s, zi);

		h = mix(h, z->nr_pages[PS_ALLOC]);
		h = mix(h, mm_sim_reclaimable(s, zi));
		for (unsigned int t = 0; t < SG_MAX_MIGRATETYPES; t++)
			h = mix(h, z->type_blocks[t]);
	}
	return h;
}

/* A round gave no page.  Has so much gone by without a change that the request will spin for ever? */
static bool livelock(struct slow *w)
{
	uint64_t mark;

	if (!mm_sim_pauses(w->s))
		return w->rounds >= MAX_ROUNDS;
	mark = state_of(w->s);
	w->same = mark == w->mark ? w->same + 1 : 0;
	w->mark = mark;
	return w->same >= MM_GUESS(LIVELOCK_ROUNDS);
}

enum mm_outcome mm_sim_slowpath(struct mm_sim *s, struct sim_ask *ask)
{
	const struct mm_request *rq = &ask->own;
	struct sim_ask *outer = s->stalled;
	struct slow w = {
		.s = s, .ask = ask, .facts = s->policy.facts, .order = rq->order, .eff_order = rq->order, .gfp = rq->gfp,
		.costly = rq->order > MM_COSTLY_ORDER, .movable = rq->mt == MM_MT_MOVABLE,
		.can_reclaim = rq->gfp & MM_GFP_DIRECT_RECLAIM, .prio = MM_PRIO_LIGHT, .feedback = MM_FEEDBACK_SKIPPED,
		.defrag = mm_has(s->policy.facts, DEFRAG) && mm_sim_tune(s, MM_TUNE_DEFRAG_MODE),
		.scanned = s->stat[MM_SIM_PGSCAN_DIRECT] + s->stat[MM_SIM_COMPACT_MIGRATE_SCANNED],
	};
	bool reserves = true, first, spins = false;
	enum next n = AGAIN;

	/* requests out of reclaim are made while it holds pages, and never wait */
	s->stalled = (rq->gfp & MM_GFP_DIRECT_RECLAIM) && !rq->in_reclaim ? ask : NULL;
	w.can_compact = w.can_reclaim && (rq->gfp & MM_GFP_IO);
	first = w.can_compact && (w.costly || (rq->order > 0 && !w.movable));
	w.flags = mm_alloc_flags_slow(w.facts, rq->gfp, rq->order, w.movable, w.defrag);
	if (mm_sim_asks(s, MM_HOOK_FLAGS))
		w.flags = mm_sim_ask_flags(s, rq, ask->zone[0], MM_FLAGS_SLOW, w.flags);
	if (!mm_has(w.facts, COMPACT_IN_LOOP)) {
		wake(&w);
		if (attempt(&w, w.flags))
			n = GOT;
		else if (first && !rq->in_reclaim && !mm_alloc_flags_reserve(rq->gfp, rq->oom_victim, rq->in_interrupt))
			n = compact_first_6x(&w);
		first = false;
	} else if (first) {
		w.prio = MM_PRIO_ASYNC;
	}
	while (n == AGAIN && !spins) {
		w.rounds++;
		n = turn(&w, &first, &reserves);
		if (n == NOPAGE)
			n = nopage(&w);
		if (n != AGAIN)
			break;
		ask->grant->retries++;
		spins = livelock(&w);
		if (!spins)
			mm_sim_pause(s, MM_PAUSE_ROUND, s->costs.round);
	}
	ask->grant->endless = spins;
	if (spins)
		say(&w, "mm/page_alloc.c: __alloc_pages_slowpath()", "is let go",
		    mm_sim_pauses(s) ? "The request has spun for so many rounds in which nothing of the machine changed, whoever else ran: a livelock." :
				       "The request has spun without end, and nothing else would change its lot.", "rounds",
		    mm_sim_pauses(s) ? (int64_t)w.same : (int64_t)w.rounds);
	s->stalled = outer;
	if (n == NOPAGE && mm_sim_listens(s))
		mm_sim_decide_failure(s, ask, w.flags);
	ask->grant->outcome = n == GOT ? MM_GOT_PAGE : n == KILL ? MM_OOM : MM_FAILED;
	return ask->grant->outcome;
}
