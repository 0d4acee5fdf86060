// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks compaction's questions: is a zone suitable, is a run finished, is a try put off.  Follows who asks
 * (a direct compactor, reclaim, kswapd, kcompactd), the zones' deferral counters and watermark boosts.
 *
 * Where the asker or a boost isn't known, the rule is applied to all that may be; only when they agree is
 * there an answer.
 */
#include "mm_check_compact.h"
#include "mm_words.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PRIO_SYNC_FULL 0 /* enum compact_priority, include/linux/compaction.h, 6.1 to 7.3 */
#define PRIO_ASYNC 2

static void compact_init(void *state, struct mm_check *c)
{
	struct mm_compact_state *s = state;

	s->rules = mm_check_rule_set(c);
	s->defrag_mode = s->rules >= MM_RULES_6_18 && mm_check_setting(c, "sysctl.vm.defrag_mode", 0) != 0;
	s->lru_gen = s->rules >= MM_RULES_6_12 && (mm_check_setting(c, "lru_gen.enabled", 0) & 1);
	s->extfrag_threshold = (int)mm_check_setting(c, "sysctl.vm.extfrag_threshold", 500);
	s->proactiveness = mm_check_setting(c, "sysctl.vm.compaction_proactiveness", 20);
	s->boost_factor = mm_check_setting(c, "sysctl.vm.watermark_boost_factor", 15000);
	for (unsigned int i = 0; i < MM_MAX_NODES; i++)
		s->kswapd_pid[i] = MM_PID_UNKNOWN;
	for (unsigned int i = 0; i < MM_MAX_ZONES; i++) {
		s->zone[i].init_migrate_hi = s->zone[i].init_free_hi = UINT64_MAX;
		s->zone[i].flush = MM_MAYBE;
	}
}

static void compact_fini(void *state)
{
	free(((struct mm_compact_state *)state)->skip);
}

static bool compact_copy(void *to, const void *from, uint64_t *bytes)
{
	const struct mm_compact_state *f = from;
	struct mm_compact_state *t = to;

	if (!f->skip)
		return true;
	t->skip = malloc(f->nr_skip);
	if (!t->skip)
		return false;
	memcpy(t->skip, f->skip, f->nr_skip);
	*bytes += f->nr_skip;
	return true;
}

/* ---- zones ----------------------------------------------------------------- */

int mm_compact_zone_index(const struct mm_machine *m, uint64_t nid, uint64_t idx)
{
	for (unsigned int i = 0; i < m->core.nr_zones; i++)
		if ((uint64_t)(int64_t)m->core.zone[i].node == nid && (uint64_t)(int64_t)m->core.zone[i].zone_type == idx)
			return (int)i;
	return -1;
}

static const struct sg_zone_snap *snap_of(const struct mm_compact_state *s, const struct zone_state *z)
{
	const struct mm_machine *m = s->m;

	for (unsigned int i = m->cfg.nr_seeds; i-- > 0;) {
		const struct sg_snapshot *snap = m->cfg.seed[i].snap;

		if (!snap || !(m->core.seeds_applied & 1u << i))
			continue;
		for (unsigned int k = 0; k < snap->nr_zones; k++)
			if (snap->zone[k].node == z->node && strcmp(snap->zone[k].name, z->name) == 0)
				return &snap->zone[k];
	}
	return NULL;
}

static unsigned int bits_of(uint64_t v) /* fls() */
{
	return v ? 64 - (unsigned int)__builtin_clzll(v) : 0;
}

/*
 * How far NR_FREE_PAGES may be from the truth: each CPU keeps up to a threshold to itself.
 * Source: mm/vmstat.c: calculate_normal_threshold(), 6.1 to 7.3
 */
static int64_t drift_of(const struct mm_machine *m, const struct zone_state *z)
{
	unsigned int cpus = m->nr_cpus ? m->nr_cpus : 1;
	int64_t t = 2 * (int64_t)bits_of(cpus) * (1 + (int64_t)bits_of(z->managed >> (27 - 12)));

	return (t > 125 ? 125 : t) * cpus;
}

static int64_t captured_pages(const struct mm_compact_state *s, int zi)
{
	int64_t n = 0;

	for (unsigned int i = 0; i < s->nr_tasks; i++)
		if (s->task[i].captured && mm_zone_of(s->m, s->task[i].capture_pfn) == zi)
			n += 1ll << s->task[i].capture_order;
	return n;
}

/* Blocks that searches of the free lists took, of which no event has said yet which they were. */
static int64_t pending_pages(const struct mm_machine *m, int zi)
{
	int64_t n = 0;

	for (unsigned int i = 0; i < m->core.nr_pending; i++)
		if (mm_zone_of(m, m->core.pending[i].min_pfn) == zi)
			n += 1ll << m->core.pending[i].order;
	return n;
}

/** Watermarks, reserves and boost of zone @zi, and what the machine's lists have too much. */
void mm_compact_zone_facts(const struct mm_compact_state *s, int zi, struct mm_compact_zone *ret)
{
	const struct zone_state *z = &s->m->core.zone[zi];
	const struct sg_zone_snap *snap = snap_of(s, z);

	*ret = (struct mm_compact_zone){ .z = z, .boost = s->zone[zi].boost, .drift = drift_of(s->m, z) };
	ret->taken = captured_pages(s, zi);
	ret->pending = pending_pages(s->m, zi);
	if (!snap)
		return;
	/* zoneinfo's marks have the boost in them: min_wmark_pages() and its like */
	ret->have_marks = snap->wmark_low != 0 && snap->wmark_low >= snap->wmark_boost;
	ret->wmark_min = (int64_t)(snap->wmark_min - snap->wmark_boost);
	ret->wmark_low = (int64_t)(snap->wmark_low - snap->wmark_boost);
	ret->wmark_high = (int64_t)(snap->wmark_high - snap->wmark_boost);
	ret->nr_reserve = snap->nr_protection < SG_MAX_ZONE_TYPES ? snap->nr_protection : SG_MAX_ZONE_TYPES;
	for (unsigned int i = 0; i < ret->nr_reserve; i++)
		ret->reserve[i] = (int64_t)snap->protection[i];
}

static void boosts_from_snapshot(struct mm_compact_state *s)
{
	for (unsigned int i = 0; i < s->m->core.nr_zones && i < MM_MAX_ZONES; i++) {
		const struct sg_zone_snap *snap = snap_of(s, &s->m->core.zone[i]);
		int64_t b = snap ? (int64_t)snap->wmark_boost : 0;

		s->zone[i].boost = s->zone[i].boost_taken = (struct mm_range){ b, b };
	}
}

/*
 * An extfrag event: the claim that it shows, or that was tried before a steal, raised the boost.
 * Source: mm/page_alloc.c: boost_watermark(), called by steal_suitable_fallback() (6.1),
 * try_to_steal_block() (6.12), try_to_claim_block() (6.13 and later)
 */
static void boost_on_extfrag(struct mm_compact_state *s)
{
	const struct sg_event *ev = s->ev;
	int zi = mm_zone_of(s->m, ev->v[SGF_mm_page_alloc_extfrag_pfn]);
	uint64_t from = ev->v[SGF_mm_page_alloc_extfrag_fallback_order];
	struct mm_compact_zone cz;
	int64_t step = 1ll << s->m->pb_order, max;
	struct mm_range *b;

	if (zi < 0 || s->boost_factor == 0 || from >= s->m->pb_order)
		return;
	mm_compact_zone_facts(s, zi, &cz);
	max = cz.wmark_high * s->boost_factor / 10000;
	if (!cz.have_marks || max == 0 || step * 4 > (int64_t)cz.z->managed)
		return;
	if (max < step)
		max = step;
	b = &s->zone[zi].boost;
	if (ev->v[SGF_mm_page_alloc_extfrag_change_ownership] == 1) {
		/* claims of other orders may have been tried in vain before it, each of them raised it too */
		b->lo = b->lo + step < max ? b->lo + step : max;
		b->hi = b->hi + step < max ? b->hi + step : max;
	} else {
		b->hi = max;
	}
}

/* kswapd begins to balance: it takes note of the boosts. */
static void boost_note(struct mm_compact_state *s, uint64_t nid)
{
	for (unsigned int i = 0; i < s->m->core.nr_zones; i++)
		if ((uint64_t)(int64_t)s->m->core.zone[i].node == nid)
			s->zone[i].boost_taken = s->zone[i].boost;
}

/* kswapd is through: what it had noted is gone.  Source: mm/vmscan.c: balance_pgdat(), 6.1 to 7.3 */
static void boost_drop(struct mm_compact_state *s, uint64_t nid)
{
	for (unsigned int i = 0; i < s->m->core.nr_zones; i++) {
		struct mm_range *b = &s->zone[i].boost, *t = &s->zone[i].boost_taken;

		if ((uint64_t)(int64_t)s->m->core.zone[i].node != nid)
			continue;
		if (t->lo == t->hi && b->lo == b->hi) {
			b->lo = b->hi = b->lo > t->lo ? b->lo - t->lo : 0;
		} else {
			b->lo = b->lo > t->hi ? b->lo - t->hi : 0;
			b->hi = b->hi > t->lo ? b->hi - t->lo : 0;
		}
		*t = (struct mm_range){ 0, 0 };
	}
}

/* ---- tasks ----------------------------------------------------------------- */

struct mm_compact_task *mm_compact_task(struct mm_compact_state *s, int32_t pid, bool create)
{
	struct mm_compact_task *t, *oldest = NULL;

	for (unsigned int i = 0; i < s->nr_tasks; i++) {
		t = &s->task[i];
		if (t->pid == pid)
			return t;
		if (!oldest || t->used < oldest->used)
			oldest = t;
	}
	if (!create)
		return NULL;
	t = s->nr_tasks < MM_COMPACT_TASKS ? &s->task[s->nr_tasks++] : oldest;
	if (t == oldest && t->zone >= 0 && t->direct && s->nr_direct)
		s->nr_direct--;
	*t = (struct mm_compact_task){ .pid = pid, .zone = -1, .order = -1, .last_ret = MM_COMPACT_RESULTS };
	return t;
}

/* Source: include/linux/gfp.h: gfp_zone(), 6.1 to 7.3 */
static unsigned int highest_of(const struct mm_machine *m, uint64_t gfp)
{
	const struct sg_gfp *g = &m->cap->gfp;
	const char *want = "Normal";
	unsigned int best = 0;

	if (gfp & g->dma)
		want = "DMA";
	else if ((gfp & g->movable) && (gfp & g->highmem))
		want = "Movable";
	else if (gfp & g->dma32)
		want = "DMA32";
	for (unsigned int i = 0; i < m->cap->nr_zone_types && i < SG_MAX_ZONE_TYPES; i++)
		if (strcmp(m->cap->zone_type[i], want) == 0)
			return i;
	for (unsigned int i = 0; i < m->core.nr_zones; i++)
		if (m->core.zone[i].zone_type > (int)best)
			best = (unsigned int)m->core.zone[i].zone_type;
	return best;
}

/* Source: include/linux/gfp.h: gfp_migratetype(), 6.1 to 7.3 */
static unsigned int mt_of(const struct mm_machine *m, uint64_t gfp)
{
	if (m->cap->gfp.movable & gfp)
		return MM_MT_MOVABLE;
	return m->cap->gfp.reclaimable & gfp ? MM_MT_RECLAIMABLE : MM_MT_UNMOVABLE;
}

/*
 * A try went on to zone type @below (all zones above it are done with): where the trace has no
 * mm_compaction_deferred the try was let through.
 */
static void passed_zones(struct mm_compact_state *s, struct mm_compact_task *t, int node, int64_t from)
{
	for (unsigned int i = 0; i < s->m->core.nr_zones; i++) {
		const struct zone_state *z = &s->m->core.zone[i];

		if (z->node != node || z->zone_type < 0 || z->zone_type > 7 || z->zone_type < from ||
		    z->zone_type > (int)t->highest || (t->zone_passed & 1u << z->zone_type) || z->managed == 0)
			continue;
		t->zone_passed |= (uint8_t)(1u << z->zone_type);
		if (t->prio > PRIO_SYNC_FULL)
			mm_deferred(&s->zone[i].defer, t->order);
	}
}

/* ---- reports --------------------------------------------------------------- */

static void report(struct mm_compact_state *s, struct mm_decision *d)
{
	d->kind = MM_CHECK_COMPACT_CHECK;
	d->event = mm_position(s->m) + 1;
	d->ts = s->ev->ts;
	d->pid = s->ev->pid;
	if (d->verdict == MM_UNDECIDED)
		d->ours = "";
	if (!d->reason)
		d->reason = "";
	mm_check_report(s->c, d);
}

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
	} else if (zi >= 0 && order >= 0 && order < MM_NR_ORDERS) {
		ask.order = (unsigned int)order;
		ask.idx_lo = (unsigned int)idx;
		ask.idx_hi = s->m->cap->nr_zone_types ? s->m->cap->nr_zone_types - 1 : (unsigned int)idx;
		ask.from_min = true;
		ask.from_high = true;
		if (t && t->in_try && order == t->order) {
			ask.idx_lo = ask.idx_hi = t->highest;
			ask.from_high = false;
			passed_zones(s, t, (int)nid, (int64_t)idx);
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
		} else {
			ask.from_high = s->defrag_mode;
			/* the multi-gen LRU has no should_continue_reclaim(): kcompactd_node_suitable() asks */
			ask.from_min = !s->defrag_mode || !s->lru_gen;
		}
		/* kswapd asks for pageblocks when it has let go of the boosts, before it says that it is through */
		if (nid < MM_MAX_NODES && s->kswapd_pid[nid] == ev->pid && order == (int64_t)s->m->pb_order &&
		    s->kswapd_order[nid] != order)
			boost_drop(s, nid);
		if (ask.idx_lo < idx)
			ask.idx_lo = (unsigned int)idx;
		if (ask.idx_hi < ask.idx_lo)
			ask.idx_hi = ask.idx_lo;
		mm_compact_zone_facts(s, zi, &cz);
		mm_suitable(s->m, s->rules, &cz, &ask, &suit);
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
	report(s, &d);
}

/* ---- finished -------------------------------------------------------------- */

/* Share of free memory in blocks below huge page order, in percent.  Source: mm/vmstat.c: extfrag_for_order() */
static int64_t frag_score(const struct mm_machine *m, const struct zone_state *z)
{
	int64_t blocks, all = mm_free_pages_of(m, z, &blocks);

	return all ? (all - blocks) * 100 / all : 0;
}

/* Kcompactd with defrag_mode: is the high watermark reached in whole blocks? */
static unsigned int blocks_done(struct mm_compact_state *s, int zi, const struct mm_compact_task *t, const char **why,
				struct mm_decision *d)
{
	struct mm_compact_zone cz;
	int64_t blocks, need, reserve;
	unsigned int o, mt;

	mm_compact_zone_facts(s, zi, &cz);
	if (!cz.have_marks || !cz.z->list_known) {
		*why = "watermarks_unknown";
		return MM_COMPACT_RESULTS;
	}
	mm_free_pages_of(s->m, cz.z, &blocks);
	reserve = t->highest < cz.nr_reserve ? cz.reserve[t->highest] : 0;
	need = cz.wmark_high + reserve + (1ll << t->order) - 1;
	d->number[3].name = "free_in_blocks", d->number[3].value = blocks;
	d->number[4].name = "mark", d->number[4].value = need + cz.boost.lo;
	d->nr_numbers = 5;
	if (blocks <= need + cz.boost.lo)
		return MM_COMPACT_CONTINUE;
	if (blocks <= need + cz.boost.hi) {
		*why = "watermark_boost_unknown";
		return MM_COMPACT_RESULTS;
	}
	for (o = (unsigned int)t->order; o < MM_NR_ORDERS; o++)
		for (mt = 0; mt < MM_NR_PCPTYPES; mt++)
			if (mm_list_blocks(cz.z, o, mt))
				return MM_COMPACT_SUCCESS;
	return MM_COMPACT_CONTINUE;
}

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

		if (!t->captured || mm_zone_of(s->m, t->capture_pfn) != zi || !mm_head_of(s->m, t->capture_pfn, &head, &e))
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
static void capture(struct mm_compact_state *s, uint64_t pfn)
{
	struct mm_compact_task *t = mm_compact_task(s, s->ev->pid, false);
	struct page_ent e;
	uint64_t head;

	if (!t || t->zone < 0 || !t->direct || t->captured || t->order < 0 || t->order >= MM_NR_ORDERS ||
	    mm_zone_of(s->m, pfn) != t->zone || !mm_head_of(s->m, pfn, &head, &e) || (int64_t)ent_order(&e) < t->order)
		return;
	if ((int)ent_mt(&e) == s->m->cap->mt_isolate || (int)ent_mt(&e) == s->m->cap->mt_cma)
		return;
	if (t->order < (int64_t)s->m->pb_order && ent_mt(&e) == MM_MT_MOVABLE && mt_of(s->m, t->gfp) != MM_MT_MOVABLE)
		return;
	t->captured = true;
	/* 7.2 and later with defrag_mode compact for a pageblock whatever the order of an unmovable request is */
	t->capture_sure = !(s->defrag_mode && s->rules >= MM_RULES_7_2 && t->order == (int64_t)s->m->pb_order &&
			    mt_of(s->m, t->gfp) != MM_MT_MOVABLE);
	t->capture_order = (unsigned int)t->order;
	t->capture_pfn = pfn >> t->order << t->order;
}

static unsigned int finished_rule(struct mm_compact_state *s, struct mm_compact_task *t, int zi, const char **why,
				  const char **step, struct mm_decision *d)
{
	const struct zone_state *z = &s->m->core.zone[zi];
	uint64_t mask = (1ull << s->m->pb_order) - 1;
	enum mm_answer met = mm_scanners_met(s, t), found;
	struct mm_gone gone;
	bool sure;
	unsigned int o = 0, mt = 0;

	*step = "the scanners' positions";
	if (met == MM_MAYBE) {
		*why = "scanner_position_unknown";
		return MM_COMPACT_RESULTS;
	}
	if (met == MM_YES) {
		*step = "the scanners have met";
		if (t->whole_zone == MM_MAYBE) {
			*why = "init_pfn_unknown";
			return MM_COMPACT_RESULTS;
		}
		return t->whole_zone == MM_YES ? MM_COMPACT_COMPLETE : MM_COMPACT_PARTIAL_SKIPPED;
	}
	if (t->proactive) {
		int64_t score = frag_score(s->m, z), low = 100 - s->proactiveness;

		if (s->rules < MM_RULES_7_2 && low < 5)
			low = 5;
		*step = "kswapd sleeps, the fragmentation score is held against its low mark";
		if (z->node >= 0 && z->node < MM_MAX_NODES && s->kswapd_awake[z->node]) {
			*why = "kswapd_running_unknown";
			return MM_COMPACT_RESULTS;
		}
		d->number[3].name = "score", d->number[3].value = score;
		d->number[4].name = "low_mark", d->number[4].value = low;
		d->nr_numbers = 5;
		return score > low ? MM_COMPACT_CONTINUE : MM_COMPACT_SUCCESS;
	}
	*step = "the whole zone was asked for";
	if (t->order == -1)
		return MM_COMPACT_CONTINUE;
	*step = "the migrate scanner is within a pageblock, which is finished first";
	if (t->migrate.pfn & mask)
		return MM_COMPACT_CONTINUE;
	*step = "free pages in whole blocks are held against the high watermark";
	if (s->defrag_mode && !t->direct)
		return blocks_done(s, zi, t, why, d);
	sure = captured_in(s, zi, &gone);
	found = mm_list_satisfies(s->m, z, (unsigned int)t->order, mt_of(s->m, t->gfp), &gone, &o, &mt);
	if (!sure && found != mm_list_satisfies(s->m, z, (unsigned int)t->order, mt_of(s->m, t->gfp), NULL, &o, &mt)) {
		*why = "capture_unknown";
		return MM_COMPACT_RESULTS;
	}
	*step = found == MM_YES ? "a block of the wanted type, or one that may be claimed, is free" :
				  "no block of the wanted type, nor one that may be claimed, is free";
	if (found == MM_MAYBE) {
		*why = "free_type_unknown";
		return MM_COMPACT_RESULTS;
	}
	d->number[3].name = "found_order", d->number[3].value = found == MM_YES ? (int64_t)o : -1;
	d->nr_numbers = 4;
	return found == MM_YES ? MM_COMPACT_SUCCESS : MM_COMPACT_NO_SUITABLE_PAGE;
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
		    t->kcompactd ? t->proactive ? "kcompactd, proactive" : "kcompactd" : "by hand", t->migrate.pfn, t->free.pfn, step);
}

static void on_finished(struct mm_compact_state *s)
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

	if (t && zi >= 0 && t->zone == zi && order >= -1 && order < MM_NR_ORDERS) {
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
	report(s, &d);
	if (t)
		mm_scanner_finished(s, t, ret);
}

/* ---- deferral -------------------------------------------------------------- */

static void defer_say(const struct mm_defer *f, char *buf, size_t size)
{
	snprintf(buf, size, "considered %u, shift %u, order_failed %" PRId64, f->considered, f->shift, f->failed);
}

static void defer_reason(const struct mm_compact_state *s, int zi, const struct mm_defer *f, int64_t order,
			 struct mm_text *t)
{
	unsigned int shift = f->shift <= MM_COMPACT_MAX_DEFER_SHIFT ? f->shift : 0;
	const char *zone = s->m->core.zone[zi].name;

	switch (s->ev->kind) {
	case SG_EV_mm_compaction_deferred:
		if (!f->shift_known || !f->considered_known || !f->failed_known) {
			mm_text_add(t, "After a failure tries to compact zone %s are put off until 1 << shift of them have come. How often"
				    " it had failed before this event isn't known.", zone);
			break;
		}
		mm_text_add(t, "Compaction of zone %s has failed before, so tries for order %" PRId64 " and above are put off until %u"
			    " of them have come (1 << shift); %u had come before this one for order %" PRId64 ".", zone,
			    f->failed, 1u << shift, f->considered, order);
		break;
	case SG_EV_mm_compaction_defer_compaction:
		mm_text_add(t, "Compaction of zone %s for order %" PRId64 " has failed: the count of tries starts again, twice as many as"
			    " before are put off (shift goes up by one, at most to %u), and order_failed is the lowest order"
			    " that failed.", zone, order, MM_COMPACT_MAX_DEFER_SHIFT);
		break;
	default:
		mm_text_add(t, "Compaction of zone %s for order %" PRId64 " has succeeded or is about to: order_failed goes above this"
			    " order, and once the request has its page the counts start from 0.", zone, order);
	}
}

/*
 * One of the three events of deferral: their slots are in the same order.  @want: our counters after it, with
 * what is known of them; the event's replace them.
 */
static void defer_report(struct mm_compact_state *s, int zi, const struct mm_defer *want, const char *rule,
			 enum mm_answer happens)
{
	const struct sg_event *ev = s->ev;
	struct mm_defer *f = &s->zone[zi].defer, is = {
		.considered_known = true, .shift_known = true, .failed_known = true,
		.considered = (uint32_t)ev->v[SGF_mm_compaction_deferred_considered],
		.shift = (uint32_t)ev->v[SGF_mm_compaction_deferred_defer_shift],
		.failed = (int64_t)ev->v[SGF_mm_compaction_deferred_order_failed],
	};
	char ours[96] = "", kernel[96] = "", reason[400] = "";
	struct mm_decision d = { .rule = rule, .ours = ours, .kernel = kernel, .reason = reason, .why = "defer_state_unknown" };

	if (is.shift > MM_COMPACT_MAX_DEFER_SHIFT)
		is.shift_known = is.considered_known = false;
	if (happens == MM_MAYBE || !want->considered_known || !want->shift_known || !want->failed_known)
		d.verdict = MM_UNDECIDED;
	else if (happens == MM_YES && want->considered == is.considered && want->shift == is.shift && want->failed == is.failed)
		d.verdict = MM_EQUAL;
	else
		d.verdict = MM_DIFFERS;
	d.nr_numbers = 4;
	d.number[0].name = "order", d.number[0].value = (int64_t)ev->v[SGF_mm_compaction_deferred_order];
	d.number[1].name = "considered", d.number[1].value = want->considered;
	d.number[2].name = "shift", d.number[2].value = want->shift;
	d.number[3].name = "order_failed", d.number[3].value = want->failed;
	if (mm_check_wants_text(s->c)) {
		defer_say(want, ours, sizeof(ours));
		defer_say(&is, kernel, sizeof(kernel));
		if (happens == MM_NO)
			snprintf(ours, sizeof(ours), "not deferred");
		defer_reason(s, zi, f, d.number[0].value, &(struct mm_text){ reason, sizeof(reason), 0 });
	}
	report(s, &d);
	*f = is;
}

static void on_defer_event(struct mm_compact_state *s)
{
	const struct sg_event *ev = s->ev;
	uint64_t nid = ev->v[SGF_mm_compaction_deferred_nid], idx = ev->v[SGF_mm_compaction_deferred_idx];
	int64_t order = (int64_t)ev->v[SGF_mm_compaction_deferred_order];
	int zi = mm_compact_zone_index(s->m, nid, idx);
	struct mm_compact_task *t = mm_compact_task(s, ev->pid, false);
	struct mm_defer want;
	enum mm_answer happens = MM_YES;

	if (zi < 0 || idx > 7 || order < 0 || order >= MM_NR_ORDERS) {
		report(s, &(struct mm_decision){ .rule = "mm/compaction.c: compaction_deferred()", .why = "zone_unknown",
						 .kernel = "", .reason = "The event names a zone or an order that this machine"
						 " doesn't have." });
		return;
	}
	if (t && t->in_try && !t->reset_seen) /* the zones above were let through without an event */
		passed_zones(s, t, (int)nid, ev->kind == SG_EV_mm_compaction_deferred ? (int64_t)idx + 1 : (int64_t)idx);
	want = s->zone[zi].defer;
	switch (ev->kind) {
	case SG_EV_mm_compaction_deferred:
		happens = mm_deferred(&want, order);
		if (t)
			t->zone_passed |= (uint8_t)(1u << idx);
		defer_report(s, zi, &want, "mm/compaction.c: compaction_deferred()", happens);
		break;
	case SG_EV_mm_compaction_defer_compaction:
		mm_defer(&want, order);
		defer_report(s, zi, &want, "mm/compaction.c: defer_compaction()", MM_YES);
		break;
	default:
		/* in a try, and in kcompactd, success is only expected; the allocator says it once more when it came true */
		mm_defer_reset(&want, order, !t || !(t->kcompactd || (t->in_try && !t->reset_seen)));
		if (!t || !(t->kcompactd || (t->in_try && !t->reset_seen)))
			s->zone[zi].flush = MM_NO;
		if (t)
			t->reset_seen = true;
		defer_report(s, zi, &want, "mm/compaction.c: compaction_defer_reset()", MM_YES);
		break;
	}
}

/* ---- who asks -------------------------------------------------------------- */

/* A try ends without a word; what it did with the zones below the last that it named isn't known for sure. */
static void end_try(struct mm_compact_state *s, struct mm_compact_task *t)
{
	if (!t->in_try)
		return;
	t->in_try = false;
	if (t->reset_seen)
		return; /* it stopped at success */
	for (unsigned int i = 0; i < s->m->core.nr_zones; i++) {
		const struct zone_state *z = &s->m->core.zone[i];
		struct mm_defer *f = &s->zone[i].defer;

		if (z->zone_type < 0 || z->zone_type > 7 || z->zone_type > (int)t->highest || z->managed == 0 ||
		    (t->zone_passed & 1u << z->zone_type) || t->prio == PRIO_SYNC_FULL)
			continue;
		if (t->prio != PRIO_ASYNC) /* only asynchronous tries may stop for the scheduler */
			mm_deferred(f, t->order);
		else if (f->failed_known && t->order < f->failed)
			continue;
		else
			f->considered_known = f->considered_known && f->shift_known && f->considered == 1u << f->shift;
	}
}

static void on_try(struct mm_compact_state *s)
{
	const struct sg_event *ev = s->ev;
	struct mm_compact_task *t = mm_compact_task(s, ev->pid, true);

	end_try(s, t);
	t->used = mm_position(s->m);
	t->in_try = true;
	t->reset_seen = t->kcompactd = t->node_check = t->captured = false;
	t->order = (int64_t)ev->v[SGF_mm_compaction_try_to_compact_pages_order];
	t->gfp = ev->v[SGF_mm_compaction_try_to_compact_pages_gfp_mask];
	t->prio = (int64_t)ev->v[SGF_mm_compaction_try_to_compact_pages_prio];
	t->highest = highest_of(s->m, t->gfp);
	t->zone_passed = 0;
	if (t->order < 0 || t->order >= MM_NR_ORDERS) {
		t->order = -1;
		t->in_try = false;
	}
}

static void on_kcompactd(struct mm_compact_state *s)
{
	const struct sg_event *ev = s->ev;
	struct mm_compact_task *t = mm_compact_task(s, ev->pid, true);

	t->kcompactd = true;
	t->in_try = t->in_reclaim = t->reset_seen = t->node_check = false;
	t->zone_passed = 0;
	t->gfp = 0;
	t->prio = 1;
	if (ev->kind == SG_EV_mm_compaction_kcompactd_wake) {
		t->order = (int64_t)ev->v[SGF_mm_compaction_kcompactd_wake_order];
		t->highest = (unsigned int)ev->v[SGF_mm_compaction_kcompactd_wake_highest_zoneidx] & 7;
		if (t->order < 0 || t->order >= MM_NR_ORDERS)
			t->order = -1;
	} else {
		t->order = -1; /* what it does without being woken is proactive */
	}
}

static void on_kswapd(struct mm_compact_state *s, uint64_t nid, bool awake)
{
	if (nid >= MM_MAX_NODES)
		return;
	s->kswapd_order[nid] = awake ? (int64_t)s->ev->v[SGF_mm_vmscan_kswapd_wake_order] : -1;
	s->kswapd_pid[nid] = s->ev->pid;
	s->kswapd_awake[nid] = awake;
	if (awake) {
		if (!s->m->cap->present[SG_EV_mm_vmscan_balance_pgdat_begin])
			boost_note(s, nid);
		return;
	}
	if (!s->m->cap->present[SG_EV_mm_vmscan_balance_pgdat_begin])
		boost_drop(s, nid);
	mm_scanner_reset(s, (int)nid, true);
}

/* Before its first mm_compaction_suitable: the page blocks' skip hints as far as they get known. */
static void get_ready(struct mm_compact_state *s)
{
	s->ready = true;
	s->nr_skip = (mm_end_pfn(s->m) >> s->m->pb_order) + 1;
	s->skip = calloc(s->nr_skip, 1);
	if (!s->skip)
		s->nr_skip = 0;
	boosts_from_snapshot(s);
	s->seeds_seen = s->m->core.seeds_applied;
}

static void compact_before(void *state, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev)
{
	struct mm_compact_state *s = state;
	struct mm_compact_task *t;

	s->m = m;
	s->c = c;
	s->ev = ev;
	if (!s->ready)
		get_ready(s);
	switch (ev->kind) {
	case SG_EV_mm_page_free:
	case SG_EV_mm_page_free_batched:
	case SG_EV_mm_page_pcpu_drain:
	case SG_EV_mm_page_alloc_zone_locked:
	case SG_EV_mm_lru_insertion:
	case SG_EV_mm_lru_activate:
		return;
	case SG_EV_print:
		return;
	case SG_EV_mm_page_alloc:
		t = s->nr_tasks ? mm_compact_task(s, ev->pid, false) : NULL;
		if (t && t->captured && t->zone < 0)
			t->captured = false; /* it has it now */
		if (t && t->in_try && t->zone < 0 && !(ev->common_flags & 0x18) &&
		    (ev->v[SGF_mm_page_alloc_order] != 0 || t->reset_seen))
			end_try(s, t);
		return;
	case SG_EV_mm_page_alloc_extfrag:
		boost_on_extfrag(s);
		return;
	case SG_EV_mm_compaction_suitable:
		on_suitable(s);
		return;
	case SG_EV_mm_compaction_finished:
		on_finished(s);
		return;
	case SG_EV_mm_compaction_deferred:
	case SG_EV_mm_compaction_defer_compaction:
	case SG_EV_mm_compaction_defer_reset:
		on_defer_event(s);
		return;
	case SG_EV_mm_compaction_try_to_compact_pages:
		on_try(s);
		return;
	case SG_EV_mm_compaction_kcompactd_wake:
	case SG_EV_mm_compaction_kcompactd_sleep:
		on_kcompactd(s);
		return;
	case SG_EV_mm_compaction_begin:
	case SG_EV_mm_compaction_end:
	case SG_EV_mm_compaction_isolate_migratepages:
	case SG_EV_mm_compaction_isolate_freepages:
	case SG_EV_mm_compaction_fast_isolate_freepages:
	case SG_EV_mm_compaction_migratepages:
		t = mm_compact_task(s, ev->pid, true);
		t->used = mm_position(m);
		mm_scanner_event(s, t);
		return;
	case SG_EV_mm_vmscan_kswapd_wake:
		on_kswapd(s, ev->v[SGF_mm_vmscan_kswapd_wake_nid], true);
		return;
	case SG_EV_mm_vmscan_kswapd_sleep:
		on_kswapd(s, ev->v[SGF_mm_vmscan_kswapd_sleep_nid], false);
		return;
	case SG_EV_mm_vmscan_balance_pgdat_begin:
		boost_note(s, ev->v[SGF_mm_vmscan_balance_pgdat_begin_nid]);
		if (ev->v[SGF_mm_vmscan_balance_pgdat_begin_nid] < MM_MAX_NODES) {
			s->kswapd_pid[ev->v[SGF_mm_vmscan_balance_pgdat_begin_nid]] = ev->pid;
			s->kswapd_order[ev->v[SGF_mm_vmscan_balance_pgdat_begin_nid]] =
				(int64_t)ev->v[SGF_mm_vmscan_balance_pgdat_begin_order];
		}
		return;
	case SG_EV_mm_vmscan_balance_pgdat_end:
		boost_drop(s, ev->v[SGF_mm_vmscan_balance_pgdat_end_nid]);
		if (ev->v[SGF_mm_vmscan_balance_pgdat_end_nid] < MM_MAX_NODES)
			mm_scanner_reset(s, (int)ev->v[SGF_mm_vmscan_balance_pgdat_end_nid], false);
		return;
	case SG_EV_mm_vmscan_direct_reclaim_begin:
		t = mm_compact_task(s, ev->pid, true);
		end_try(s, t);
		t->used = mm_position(m);
		t->in_reclaim = true;
		t->reclaim_shrunk = false;
		t->reclaim_order = (int64_t)ev->v[SGF_mm_vmscan_direct_reclaim_begin_order];
		t->reclaim_highest = highest_of(m, ev->v[SGF_mm_vmscan_direct_reclaim_begin_gfp_flags]);
		return;
	case SG_EV_mm_vmscan_direct_reclaim_end:
		t = mm_compact_task(s, ev->pid, false);
		if (t)
			t->in_reclaim = false;
		return;
	case SG_EV_mm_vmscan_lru_shrink_inactive:
	case SG_EV_mm_vmscan_lru_isolate:
	case SG_EV_mm_shrink_slab_start:
		t = mm_compact_task(s, ev->pid, false);
		if (t)
			t->reclaim_shrunk = true;
		for (unsigned int i = 0; i < MM_MAX_NODES; i++)
			if (s->kswapd_pid[i] == ev->pid)
				mm_scanner_reset(s, (int)i, false);
		return;
	default:
		return;
	}
}

static void compact_after(void *state, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev)
{
	struct mm_compact_state *s = state;

	if (ev->kind == SG_EV_print && s->ready && m->core.seeds_applied != s->seeds_seen) {
		s->seeds_seen = m->core.seeds_applied;
		boosts_from_snapshot(s);
	}
	if (!s->nr_direct)
		return;
	s->ev = ev;
	if (ev->kind == SG_EV_mm_page_pcpu_drain)
		capture(s, ev->v[SGF_mm_page_pcpu_drain_pfn]);
	else if (ev->kind == SG_EV_mm_page_free)
		capture(s, ev->v[SGF_mm_page_free_pfn]);
}

const struct mm_checker mm_checker_compact = {
	.name = "compact",
	.state_size = sizeof(struct mm_compact_state),
	.init = compact_init,
	.before = compact_before,
	.after = compact_after,
	.fini = compact_fini,
	.copy = compact_copy,
};
