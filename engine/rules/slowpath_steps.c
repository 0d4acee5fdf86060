// SPDX-License-Identifier: GPL-2.0-only
/*
 * The slow path's sequence, followed step by step.
 *
 * Wherever the kernel tries the free lists, the request may end with a page; whether it does is the trace's
 * to say (other tasks race for the same pages).  Everything else is predicted: which step comes
 * first, what follows a step that gave no page, with which order and priority, when it gives up.
 */
#include "rules/slowpath_steps.h"

#include "machine/state.h"

const char *mm_step_name(enum mm_step_kind k)
{
	static const char *const name[] = { "compact", "reclaim", "retry zone", "compact retry", "oom", "page", "fail", "open" };

	return k <= MM_STEP_OPEN ? name[k] : "?";
}

struct walk {
	const struct mm_slow_in *in;
	const struct mm_step *step;
	unsigned int nr, at;
	struct mm_slow_out *out;
	bool costly, can_compact, nofrag;
	unsigned int order, eff_order, reclaim_order; /* asked for; of compaction; of reclaim */
	unsigned int added; /* rounds that a policy has added */
	int prio, loops, compact_retries;
	bool progress;
	uint8_t feedback;
	bool done; /* agreed to the end, or stopped */
};

static void stop(struct walk *w, const char *expected, const char *rule)
{
	w->out->equal = false;
	w->out->at = w->at;
	w->out->expected = expected;
	w->out->expected_order = -1;
	w->out->rule = rule;
	w->done = true;
}

static void unknown(struct walk *w, const char *why)
{
	w->out->undecided = true;
	w->out->why = why;
	w->done = true;
}

static const struct mm_step *now(const struct walk *w)
{
	return &w->step[w->at];
}

/* An attempt on the free lists: true when the request ended here with a page, or the trace did. */
static bool attempt(struct walk *w)
{
	if (w->done)
		return true;
	if (now(w)->kind == MM_STEP_PAGE) {
		w->out->equal = true;
		w->done = true;
	} else if (now(w)->kind == MM_STEP_OPEN) {
		unknown(w, "trace_ended");
	}
	return w->done;
}

static void promote(struct walk *w)
{
	struct mm_reply_goal g = { .capture = w->order };

	g.reclaim = g.compact = mm_slow_order(w->in->facts, w->order, w->in->pageblock_order, w->in->migratetype == MM_MT_MOVABLE,
					      w->nofrag);
	if (w->in->goal)
		w->in->goal(w->in->policy, w->in, w->nofrag, &g);
	w->eff_order = g.compact;
	w->reclaim_order = g.reclaim;
}

static void reclaim(struct walk *w)
{
	const struct mm_step *s = now(w);

	if (s->kind != MM_STEP_RECLAIM || s->order != (int)w->reclaim_order) {
		stop(w, "a direct reclaim", "mm/page_alloc.c: __alloc_pages_direct_reclaim()");
		w->out->expected_order = (int)w->reclaim_order;
		return;
	}
	w->progress = s->nr > 0;
	w->at++;
	if (!w->progress) {
		/* without progress the lists are not tried; a page now comes from compaction only */
		if (now(w)->kind == MM_STEP_OPEN)
			unknown(w, "trace_ended");
		return;
	}
	attempt(w);
}

static void compact(struct walk *w)
{
	const struct mm_step *s = now(w);

	if (w->eff_order == 0 || !w->can_compact) {
		w->feedback = MM_FEEDBACK_SKIPPED;
		return;
	}
	if (s->kind != MM_STEP_COMPACT || s->order != (int)w->eff_order || s->prio != w->prio) {
		stop(w, w->prio == MM_PRIO_ASYNC ? "an asynchronous compaction" : w->prio == MM_PRIO_LIGHT ?
		     "a lightly synchronous compaction" : "a fully synchronous compaction",
		     "mm/page_alloc.c: __alloc_pages_direct_compact()");
		w->out->expected_order = (int)w->eff_order;
		return;
	}
	w->feedback = s->feedback;
	w->at++;
	attempt(w);
}

/* The request gives up. */
static void give_up(struct walk *w, const char *rule)
{
	if (w->done)
		return;
	if (w->in->nofail) {
		if (attempt(w))
			return;
		return; /* and tries again for ever */
	}
	if (now(w)->kind == MM_STEP_OPEN) {
		unknown(w, "trace_ended");
	} else if (now(w)->kind == MM_STEP_FAIL) {
		w->out->equal = true;
		w->done = true;
	} else {
		stop(w, "failure", rule);
	}
}

/* should_reclaim_retry(): true to try again. */
static bool reclaim_retry(struct walk *w)
{
	static const char rule[] = "mm/page_alloc.c: should_reclaim_retry()";
	bool promoted = mm_has(w->in->facts, PROMOTE_COUNTS) && w->eff_order != w->order;

	if (!mm_slow_loops(&w->loops, w->progress, w->costly, promoted))
		return false;
	if (now(w)->kind == MM_STEP_OPEN) {
		unknown(w, "trace_ended");
		return false;
	}
	if (now(w)->kind != MM_STEP_RETRY_ZONE) {
		stop(w, "a look whether reclaim can still help", rule);
		return false;
	}
	while (!w->done && now(w)->kind == MM_STEP_RETRY_ZONE) {
		const struct mm_step *s = now(w);

		if (s->order != (int)w->order || s->loops != w->loops) {
			stop(w, "another count of fruitless rounds", rule);
			return false;
		}
		if (s->ret_known && s->ret != s->ret_ours) {
			stop(w, s->ret_ours ? "reclaim could still help" : "reclaim could not help any more", rule);
			return false;
		}
		w->at++;
		if (s->ret)
			return true;
	}
	return false;
}

/* should_compact_retry(): true to try again. */
static bool compact_retry(struct walk *w)
{
	static const char rule[] = "mm/page_alloc.c: should_compact_retry()";
	unsigned int in_order = mm_has(w->in->facts, PROMOTE_COUNTS) ? w->eff_order : w->order;
	const struct mm_step *s = now(w);
	bool ours;

	if (!w->progress || !w->can_compact || in_order == 0)
		return false;
	if (s->kind == MM_STEP_OPEN) {
		unknown(w, "trace_ended");
		return false;
	}
	if (s->kind != MM_STEP_COMPACT_RETRY) {
		stop(w, "a look whether compaction can still help", rule);
		return false;
	}
	w->at++;
	/* the event groups results in three: 1 failed, 2 withdrawn (also skipped, deferred), 3 progress */
	if (w->feedback == MM_FEEDBACK_SKIPPED && s->feedback != 3) {
		if (mm_has(w->in->facts, PROMOTE_COUNTS) && w->eff_order != w->order) {
			if (s->ret)
				stop(w, "no further try", rule);
			return false;
		}
		if (s->ret_known && s->ret != s->ret_ours)
			stop(w, s->ret_ours ? "a further try" : "no further try", rule);
		return s->ret;
	}
	ours = mm_slow_compact_more(s->feedback == 3, w->costly, &w->prio, &w->compact_retries);
	if (s->ret != ours) {
		w->at--;
		stop(w, ours ? "a further try" : "no further try", rule);
	}
	return ours;
}

/* The first compaction of 6.x, before the loop.  True when it ended the request. */
static void compact_first_6x(struct walk *w)
{
	promote(w);
	w->prio = MM_PRIO_ASYNC;
	compact(w);
	w->prio = MM_PRIO_LIGHT;
	if (w->done || !w->costly || !w->in->noretry)
		return;
	if (w->feedback == MM_FEEDBACK_SKIPPED || w->feedback == MM_FEEDBACK_DEFERRED ||
	    (w->in->thisnode && mm_slow_thisnode_fails(w->in->facts))) {
		give_up(w, "mm/page_alloc.c: __alloc_pages_slowpath(): compaction was skipped or deferred");
		return;
	}
	w->prio = MM_PRIO_ASYNC;
}

/*
 * After a fruitless round: out of memory.  Goes on when the OOM killer helps; for costly orders, and for requests that may
 * fail or are bound to a node, it isn't asked.
 */
static void out_of_memory(struct walk *w)
{
	bool hopeless = w->costly || w->in->retry_mayfail || w->in->thisnode;

	if (attempt(w))
		return;
	if (hopeless && now(w)->kind == MM_STEP_OOM) {
		stop(w, "no kill", "mm/page_alloc.c: __alloc_pages_may_oom()");
		return;
	}
	if (now(w)->kind == MM_STEP_OOM) {
		while (now(w)->kind == MM_STEP_OOM)
			w->at++;
		attempt(w);
		w->loops = 0;
		return;
	}
	if (now(w)->kind == MM_STEP_FAIL) {
		w->out->equal = true;
		w->done = true;
		return;
	}
	/* somebody else holds the OOM lock or is being killed: that counts as progress */
	if (hopeless && w->in->nofail == false && now(w)->kind != MM_STEP_RECLAIM)
		give_up(w, "mm/page_alloc.c: __alloc_pages_may_oom()");
	w->loops = 0;
}

/* The next step, where a policy has a say; @was: the kernel's. */
static enum mm_next policy_next(struct walk *w, enum mm_next_at at, enum mm_next was)
{
	struct mm_ask_next q = {
		.flags = w->nofrag ? MM_ALLOC_NOFRAGMENT : 0, .at = (uint8_t)at, .compact_order = (uint8_t)w->eff_order,
		.prio = (uint8_t)w->prio, .progress = w->progress, .feedback = w->feedback, .loops = (uint32_t)w->loops,
		.retries = (uint32_t)w->compact_retries, .added = w->added,
	};
	enum mm_next n = w->in->next ? (enum mm_next)w->in->next(w->in->policy, w->in, &q, was) : was;

	w->added += n == MM_NEXT_RETRY && was != MM_NEXT_RETRY;
	return n;
}

/* The round gave no page.  @rule: why the request gives up, if it does */
static void end_of_round(struct walk *w, enum mm_next was, const char *rule)
{
	switch (policy_next(w, MM_NEXT_END, was)) {
	case MM_NEXT_RETRY:
		break;
	case MM_NEXT_FALLBACK:
		w->nofrag = false;
		if (mm_has(w->in->facts, PROMOTE_COUNTS) && w->eff_order != w->order)
			w->loops = w->compact_retries = 0;
		break;
	case MM_NEXT_OOM:
		out_of_memory(w);
		break;
	case MM_NEXT_RECLAIM:
	case MM_NEXT_COMPACT:
	case MM_NEXT_FAIL:
	default:
		give_up(w, rule);
	}
}

/* One round of the loop; true when a further one follows. */
static void round_of(struct walk *w, bool *first)
{
	enum mm_next n;
	bool more;

	if (attempt(w))
		return;
	promote(w);
	n = policy_next(w, MM_NEXT_BEGIN, *first ? MM_NEXT_COMPACT : MM_NEXT_RECLAIM);
	if (n == MM_NEXT_FALLBACK) {
		w->nofrag = false;
		return;
	}
	if (n == MM_NEXT_FAIL) {
		give_up(w, "mm/page_alloc.c: __alloc_pages_slowpath()");
		return;
	}
	if (n == MM_NEXT_RECLAIM)
		reclaim(w);
	if (w->done)
		return;
	compact(w);
	if (w->done)
		return;
	if (*first) {
		if (w->in->noretry && w->in->thisnode) {
			give_up(w, "mm/page_alloc.c: __alloc_pages_slowpath(): this node only, and no retry");
			return;
		}
		if (!w->in->noretry)
			w->prio = MM_PRIO_LIGHT;
		*first = false;
		return;
	}
	if (w->in->noretry) {
		end_of_round(w, MM_NEXT_FAIL, "mm/page_alloc.c: __alloc_pages_slowpath(): no retry allowed");
		return;
	}
	if (w->costly && !(w->can_compact && w->in->retry_mayfail)) {
		end_of_round(w, MM_NEXT_FAIL, "mm/page_alloc.c: __alloc_pages_slowpath(): costly orders are not retried");
		return;
	}
	more = reclaim_retry(w) || (!w->done && compact_retry(w));
	if (!w->done)
		end_of_round(w, more ? MM_NEXT_RETRY : w->nofrag ? MM_NEXT_FALLBACK : MM_NEXT_OOM,
			     "mm/page_alloc.c: __alloc_pages_slowpath()");
}

void mm_slow_check(const struct mm_slow_in *in, const struct mm_step *step, unsigned int nr, struct mm_slow_out *out)
{
	struct walk w = {
		.in = in, .step = step, .nr = nr, .out = out, .order = in->order, .eff_order = in->order,
		.costly = in->order > MM_COSTLY_ORDER, .can_compact = in->direct_reclaim && in->io,
		.nofrag = in->defrag_mode && mm_has(in->facts, DEFRAG), .prio = MM_PRIO_LIGHT,
	};
	bool first = w.can_compact && (w.costly || (in->order > 0 && in->migratetype != MM_MT_MOVABLE));

	*out = (struct mm_slow_out){ .equal = false, .rule = "mm/page_alloc.c: __alloc_pages_slowpath()", .expected = "",
				      .expected_order = -1 };
	if (nr == 0)
		return;
	if (!in->direct_reclaim) {
		stop(&w, "no stall at all", "mm/page_alloc.c: __alloc_pages_slowpath(): no direct reclaim allowed");
		return;
	}
	if (first && !mm_has(in->facts, COMPACT_IN_LOOP)) {
		compact_first_6x(&w);
		first = false;
	} else if (first) {
		w.prio = MM_PRIO_ASYNC;
	}
	/* a round that takes no step leaves the loop's state unchanged: three of them are an endless loop */
	for (unsigned int idle = 0; !w.done && idle < 3;) {
		unsigned int at = w.at;

		round_of(&w, &first);
		idle = w.at == at ? idle + 1 : 0;
	}
	if (!w.done)
		stop(&w, "another step", "mm/page_alloc.c: __alloc_pages_slowpath()");
}
