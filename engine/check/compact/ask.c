// SPDX-License-Identifier: GPL-2.0-only
/* Checks two of compaction's questions: is a zone suitable, and is a run finished? */
#include "check/compact/compact.h"
#include "check/hooks.h"
#include "observe/observe.h"
#include "check/marks.h"
#include "check/check.h"
#include "say/words.h"
#include "rules/gfp.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* "100", or "100 to 120" */
static const char *range_text(struct mm_range r, char buf[48])
{
	if (r.lo == r.hi)
		snprintf(buf, 48, "%" PRId64, r.lo);
	else
		snprintf(buf, 48, "%" PRId64 " to %" PRId64, r.lo, r.hi);
	return buf;
}

/* What a zone needs for compaction to work with, what it has, and whether fragmentation is the trouble. */
static void suitable_reason(const struct mm_compact_state *s, int zi, int64_t order, const struct mm_suit *suit,
			    struct mm_text *t)
{
	char mark[48], have[48];

	if (order < 0) {
		mm_text_add(t, "The whole of zone %s is to be compacted: that is always suitable.", s->m->core.zone[zi].name);
		return;
	}
	if (suit->mark.hi == 0) {
		mm_text_add(t, "Compaction for order %" PRId64 " in zone %s needs free pages to move others into.", order,
			    s->m->core.zone[zi].name);
		return;
	}
	mm_text_add(t, "To compact zone %s for order %" PRId64 ", more than %s pages must be free: the watermark with its boost, the"
		    " reserve, and %" PRId64 " to work with. %s are.", s->m->core.zone[zi].name, order,
		    range_text(suit->mark, mark), suit->gap, range_text(suit->free, have));
	if (suit->free.hi <= suit->mark.lo)
		return;
	if (suit->fragindex < 0)
		mm_text_add(t, " A block of the order is free already, so the fragmentation index (%" PRId64 ") doesn't hold it back.",
			    suit->fragindex);
	else if (order > MM_COSTLY_ORDER)
		mm_text_add(t, " The fragmentation index is %" PRId64 " of 1000 and the threshold %d: %s.", suit->fragindex,
			    s->extfrag_threshold, suit->fragindex > s->extfrag_threshold ?
			    "fragmentation is the trouble, not lack of memory" :
			    "memory is lacking more than it is fragmented");
}

/*
 * Does kswapd of node @nid ask, within a round, whether it may leave the rest to compaction?  With a boost noted it
 * could as well be kcompactd_node_suitable().
 * Source: mm/vmscan.c: should_continue_reclaim(), from the min watermark, for the round's zones; not with the
 * multi-gen LRU; 7.2 and 7.3, whose rounds are traced
 */
static bool reclaim_goes_on(const struct mm_compact_state *s, uint64_t nid)
{
	if (nid >= MM_MAX_NODES || !s->kswapd_round[nid] || s->kswapd_pid[nid] != s->ev->pid || s->lru_gen)
		return false;
	for (unsigned int i = 0; i < s->m->core.nr_zones; i++)
		if ((uint64_t)(int64_t)s->m->core.zone[i].node == nid && s->zone[i].boost_taken.hi > 0)
			return false;
	return true;
}

/*
 * kswapd asks for kcompactd when it is through with a round that began with a boost, and that boost is gone by then.  It may
 * as well ask within the round whether to leave the rest to compaction, for the round's own order and with classic LRU lists.
 * @saved: boosts of the zones, for undo(), when both is possible
 * Return: is both possible?
 * Source: mm/vmscan.c: balance_pgdat(), should_continue_reclaim(), 6.1 to 7.3
 */
static bool boost_worked_off(struct mm_compact_state *s, uint64_t nid, int64_t order, struct mm_range *saved)
{
	bool boosted = false, open;

	if (nid >= MM_MAX_NODES || !s->kswapd_awake[nid] || s->kswapd_pid[nid] != s->ev->pid || order != s->m->pb_order)
		return false;
	for (unsigned int i = 0; i < s->m->core.nr_zones; i++)
		boosted |= (uint64_t)(int64_t)s->m->core.zone[i].node == nid && s->zone[i].boost_taken.hi > 0;
	if (!boosted)
		return false;
	open = !s->lru_gen && s->kswapd_order[nid] == order;
	if (!open) {
		mm_compact_boost_drop(s, nid);
		return false;
	}
	for (unsigned int i = 0; i < s->m->core.nr_zones; i++) {
		struct mm_range *b = &s->zone[i].boost;

		saved[i] = *b;
		if ((uint64_t)(int64_t)s->m->core.zone[i].node == nid)
			b->lo = b->lo > s->zone[i].boost_taken.hi ? b->lo - s->zone[i].boost_taken.hi : 0;
	}
	return true;
}

static void on_suitable(struct mm_compact_state *s);

void mm_compact_on_suitable(struct mm_compact_state *s)
{
	const struct sg_event *ev = s->ev;
	struct mm_range saved[MM_MAX_ZONES];

	if (boost_worked_off(s, ev->v[SGF_mm_compaction_suitable_nid], (int64_t)ev->v[SGF_mm_compaction_suitable_order], saved)) {
		on_suitable(s);
		for (unsigned int i = 0; i < s->m->core.nr_zones; i++)
			s->zone[i].boost = saved[i];
		return;
	}
	on_suitable(s);
}

static void on_suitable(struct mm_compact_state *s)
{
	const struct sg_event *ev = s->ev;
	uint64_t ret = ev->v[SGF_mm_compaction_suitable_ret], idx = ev->v[SGF_mm_compaction_suitable_idx];
	uint64_t nid = ev->v[SGF_mm_compaction_suitable_nid];
	int64_t order = (int64_t)ev->v[SGF_mm_compaction_suitable_order];
	int zi = mm_compact_zone_index(s->m, nid, idx);
	struct mm_compact_task *t = mm_compact_task(s, ev->pid, false);
	struct mm_suit_ask ask = { .extfrag_threshold = s->extfrag_threshold };
	struct mm_compact_zone cz;
	struct mm_suit suit = { .ret = MM_COMPACT_RESULTS, .why = "zone_unknown" };
	char reason[480] = "";
	struct mm_decision d = {
		.rule = "mm/compaction.c: compaction_suitable()", .kernel = mm_compact_result_name(ret), .reason = reason,
	};

	if (zi >= 0 && order == -1) {
		suit.ret = MM_COMPACT_CONTINUE;
	} else if (zi >= 0 && order >= 0 && order < s->m->nr_orders) {
		ask.order = (unsigned int)order;
		ask.idx_lo = (unsigned int)idx;
		ask.idx_hi = s->m->cap->nr_zone_types ? s->m->cap->nr_zone_types - 1 : (unsigned int)idx;
		ask.from_min = true;
		ask.from_high = true;
		if (t && t->in_try && order == t->order) {
			ask.idx_lo = ask.idx_hi = t->highest;
			ask.from_high = false;
			mm_compact_passed_zones(s, t, (int)nid, (int64_t)idx);
		} else if (t && t->kcompactd) {
			ask.from_min = !s->defrag_mode;
			ask.from_high = s->defrag_mode;
			if (t->highest < ask.idx_hi)
				ask.idx_hi = t->highest; /* first asked for the zone itself, then for the request */
			if (t->node_check)
				ask.idx_lo = ask.idx_hi;
			else
				ask.idx_hi = (unsigned int)idx;
			t->node_check = !t->node_check;
			if (!(t->zone_passed & 1u << idx)) {
				t->zone_passed |= (uint8_t)(1u << idx);
				mm_deferred(&s->zone[zi].defer, order);
			}
		} else if (t && t->in_reclaim) {
			ask.idx_lo = ask.idx_hi = t->reclaim_highest;
			/* before anything shrank, and with the multi-gen LRU, it is compaction_ready() that asks */
			ask.from_min = t->reclaim_shrunk && !s->lru_gen;
		} else if (reclaim_goes_on(s, nid)) {
			ask.idx_lo = ask.idx_hi = s->kswapd_highest[nid];
			ask.from_high = false;
		} else {
			ask.from_high = s->defrag_mode;
			/* the multi-gen LRU has no should_continue_reclaim(): kcompactd_node_suitable() asks */
			ask.from_min = !s->defrag_mode || !s->lru_gen;
		}
		/* kswapd asks for pageblocks when it has let go of the boosts, before it says that it is through */
		if (nid < MM_MAX_NODES && s->kswapd_pid[nid] == ev->pid && order == (int64_t)s->m->pb_order &&
		    s->kswapd_order[nid] != order)
			mm_compact_boost_drop(s, nid);
		if (ask.idx_lo < idx)
			ask.idx_lo = (unsigned int)idx;
		if (ask.idx_hi < ask.idx_lo)
			ask.idx_hi = ask.idx_lo;
		mm_compact_zone_facts(s, zi, &cz);
		mm_suitable(s->m, s->facts, &cz, &ask, &suit);
		mm_check_ask_suitable(s->c, (unsigned int)zi, t, ask.order, ask.idx_hi, &suit);
	}
	d.verdict = suit.ret == MM_COMPACT_RESULTS ? MM_UNDECIDED : suit.ret == ret ? MM_EQUAL : MM_DIFFERS;
	d.why = suit.why;
	d.ours = mm_compact_result_name(suit.ret);
	d.nr_numbers = 8;
	d.number[0].name = "order", d.number[0].value = order;
	d.number[1].name = "free_least", d.number[1].value = suit.free.lo;
	d.number[2].name = "free_most", d.number[2].value = suit.free.hi;
	d.number[3].name = "mark_least", d.number[3].value = suit.mark.lo;
	d.number[4].name = "mark_most", d.number[4].value = suit.mark.hi;
	d.number[5].name = "gap", d.number[5].value = suit.gap;
	d.number[6].name = "fragindex", d.number[6].value = suit.fragindex;
	d.number[7].name = "zone", d.number[7].value = (int64_t)idx;
	if (mm_check_wants_text(s->c) && zi >= 0)
		suitable_reason(s, zi, order, &suit, &(struct mm_text){ reason, sizeof(reason), 0 });
	mm_compact_report(s, &d);
}

/* ---- finished -------------------------------------------------------------- */

/* Blocks that tasks have captured in zone @zi; false when it isn't sure that they did. */
static bool captured_in(const struct mm_compact_state *s, int zi, struct mm_gone *ret)
{
	bool sure = true;

	memset(ret, 0, sizeof(*ret));
	for (unsigned int i = 0; i < s->nr_tasks; i++) {
		const struct mm_compact_task *t = &s->task[i];
		struct page_ent e;
		uint64_t head;
		unsigned int mt;

		if (!t->captured || mm_zone_index(s->m, t->capture_pfn) != zi || !mm_head_of(s->m, t->capture_pfn, &head, &e))
			continue;
		mt = ent_mt(&e) < SG_MAX_MIGRATETYPES ? ent_mt(&e) : MM_MT_ROW_UNKNOWN;
		ret->nr[ent_order(&e)][mt]++;
		for (unsigned int o = t->capture_order; o < ent_order(&e); o++)
			ret->nr[o][mt]--; /* its buddies did not merge with it */
		sure &= t->capture_sure;
	}
	return sure;
}

/*
 * A free by a task inside its own compaction: does it complete a block of the order that it waits for?
 * Source: mm/page_alloc.c: task_capc(), compaction_capture(), __free_one_page(), 6.1 to 7.3
 */
void mm_compact_capture(struct mm_compact_state *s, uint64_t pfn)
{
	struct mm_compact_task *t = mm_compact_task(s, s->ev->pid, false);
	const struct task_ctx *c = mm_ctx((struct mm_machine *)s->m, s->ev->pid, false);
	struct page_ent e;
	uint64_t head;

	if (c && c->in_compact == CTX_CAPTURED)
		return; /* the machine has taken it off the lists; one is all that a task gets */
	if (!t || t->zone < 0 || !t->direct || t->captured || t->order < 0 || t->order >= s->m->nr_orders ||
	    mm_zone_index(s->m, pfn) != t->zone || !mm_head_of(s->m, pfn, &head, &e) || (int64_t)ent_order(&e) < t->order)
		return;
	if ((int)ent_mt(&e) == s->m->cap->mt_isolate || (int)ent_mt(&e) == s->m->cap->mt_cma)
		return;
	/* 6.1 keeps Movable pageblocks from all smaller requests, also from Movable ones */
	if (t->order < (int64_t)s->m->pb_order && ent_mt(&e) == MM_MT_MOVABLE &&
	    (!mm_has(s->facts, CAPTURE_MOVABLE) || mm_gfp_migratetype(s->m, t->gfp) != MM_MT_MOVABLE))
		return;
	t->captured = true;
	/* 7.2 and later with defrag_mode compact for a pageblock whatever the order of an unmovable request is */
	t->capture_sure = !(s->defrag_mode && mm_has(s->facts, PROMOTE) && t->order == (int64_t)s->m->pb_order &&
			    mm_gfp_migratetype(s->m, t->gfp) != MM_MT_MOVABLE);
	t->capture_order = (unsigned int)t->order;
	t->capture_pfn = pfn >> t->order << t->order;
}

static unsigned int finished_rule(struct mm_compact_state *s, struct mm_compact_task *t, int zi, const char **why,
				  const char **step, struct mm_decision *d)
{
	const struct zone_state *z = &s->m->core.zone[zi];
	bool node = z->node >= 0 && z->node < MM_MAX_NODES;
	/* Source: mm/compaction.c: kswapd_is_running(), 6.1 to 7.3: a task that was woken runs, one at work may wait */
	enum mm_answer kswapd = node && s->kswapd_woken[z->node] ? MM_YES :
				node && s->kswapd_awake[z->node] ? MM_MAYBE : MM_NO;
	struct mm_wmark_zone w;
	struct mm_gone gone;
	struct mm_done done, other;
	struct mm_done_in in = {
		.facts = s->facts, .order = (int)t->order, .mt = mm_gfp_migratetype(s->m, t->gfp), .met = mm_scanners_met(s, t),
		.whole_zone = t->whole_zone, .kswapd_runs = kswapd, .direct = t->direct,
		.proactive = t->proactive, .defrag_mode = s->defrag_mode, .proactiveness = s->proactiveness,
		.migrate_pfn = t->migrate.pfn, .boost = s->zone[zi].boost, .zone_type = t->highest, .gone = &gone,
	};

	if (s->defrag_mode && !t->direct) {
		mm_wmark_fill(s->m, s->c, (unsigned int)zi, 0, &w);
		in.w = &w;
	}
	in.gone_sure = captured_in(s, zi, &gone);
	if (!in.met && t->proactive && !z->list_known) { /* its score is one of all free pages */
		*why = "free_pages_unknown";
		return MM_COMPACT_RESULTS;
	}
	mm_compact_done(s->m, z, &in, &done);
	if (!t->direct && mm_has(s->facts, DEFRAG) && !mm_policy_told(mm_check_policy(s->c), MM_TUNE_DEFRAG_MODE)) {
		unsigned int ret = done.ret;

		/* kcompactd goes for whole blocks in defrag_mode: does it decide? */
		in.defrag_mode = !in.defrag_mode;
		mm_wmark_fill(s->m, s->c, (unsigned int)zi, 0, &w);
		in.w = in.defrag_mode ? &w : NULL;
		mm_compact_done(s->m, z, &in, &other);
		if (other.ret != ret) {
			*why = ret == MM_COMPACT_RESULTS ? done.why : "defrag_mode_unknown";
			return MM_COMPACT_RESULTS;
		}
	}
	mm_check_ask_finished(s->c, (unsigned int)zi, t, in.mt, in.met == MM_YES, &done);
	*why = done.why;
	*step = done.step;
	if (done.have_mark) {
		d->number[d->nr_numbers].name = t->proactive ? "score" : "free_in_blocks";
		d->number[d->nr_numbers++].value = done.free;
		d->number[d->nr_numbers].name = t->proactive ? "low_mark" : "mark";
		d->number[d->nr_numbers++].value = done.mark;
	}
	if (done.have_found) {
		d->number[d->nr_numbers].name = "found_order";
		d->number[d->nr_numbers++].value = done.found_order;
	}
	return done.ret;
}

/* Where the run stands, and what ends it or lets it go on. */
static void finished_reason(const struct mm_compact_state *s, const struct mm_compact_task *t, int64_t order,
			    const char *step, struct mm_text *text)
{
	(void)s;
	if (!t || t->zone < 0) {
		mm_text_add(text, "The run of which this is said began before the trace, or isn't known.");
		return;
	}
	if (order < 0)
		mm_text_add(text, "Compaction of the whole zone %s", s->m->core.zone[t->zone].name);
	else
		mm_text_add(text, "Compaction of zone %s for order %" PRId64, s->m->core.zone[t->zone].name, order);
	mm_text_add(text, " (%s): the migrate scanner is at pfn 0x%" PRIx64 ", the free scanner at 0x%" PRIx64 ". What decides: %s.",
		    t->direct ? t->sync ? "direct, synchronous" : "direct, asynchronous" :
		    t->kcompactd ? t->proactive ? "kcompactd, proactive" : "kcompactd" : "by hand", mm_out(s->m, t->migrate.pfn),
		    mm_out(s->m, t->free.pfn), step);
}

void mm_compact_on_finished(struct mm_compact_state *s)
{
	const struct sg_event *ev = s->ev;
	uint64_t ret = ev->v[SGF_mm_compaction_finished_ret];
	int64_t order = (int64_t)ev->v[SGF_mm_compaction_finished_order];
	int zi = mm_compact_zone_index(s->m, ev->v[SGF_mm_compaction_finished_nid], ev->v[SGF_mm_compaction_finished_idx]);
	struct mm_compact_task *t = mm_compact_task(s, ev->pid, false);
	const char *why = "run_began_before", *step = "the scanners' positions";
	unsigned int ours = MM_COMPACT_RESULTS;
	char reason[320] = "";
	struct mm_decision d = {
		.rule = "mm/compaction.c: __compact_finished()", .kernel = mm_compact_result_name(ret), .reason = reason,
		.nr_numbers = 3,
	};

	if (t && zi >= 0 && t->zone == zi && order >= -1 && order < s->m->nr_orders) {
		t->order = order;
		ours = finished_rule(s, t, zi, &why, &step, &d);
		/* after the lists a contended lock or a fatal signal has the last word */
		if ((ours == MM_COMPACT_NO_SUITABLE_PAGE || t->proactive) && ret == MM_COMPACT_CONTENDED) {
			why = "contention_unknown";
			ours = MM_COMPACT_RESULTS;
		}
	}
	d.verdict = ours == MM_COMPACT_RESULTS ? MM_UNDECIDED : ours == ret ? MM_EQUAL : MM_DIFFERS;
	d.why = why;
	d.ours = mm_compact_result_name(ours);
	d.number[0].name = "order", d.number[0].value = order;
	d.number[1].name = "migrate_pfn", d.number[1].value = t ? (int64_t)t->migrate.pfn : -1;
	d.number[2].name = "free_pfn", d.number[2].value = t ? (int64_t)t->free.pfn : -1;
	if (mm_check_wants_text(s->c))
		finished_reason(s, t, order, step, &(struct mm_text){ reason, sizeof(reason), 0 });
	mm_compact_report(s, &d);
	if (t)
		mm_scanner_finished(s, t, ret);
}
