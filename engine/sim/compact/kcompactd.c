// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated kcompactd: woken for an order, or looking by itself whether the node is too fragmented.
 *
 * Its work goes on in slices: a run of compaction stays where it is between two of them, with the targets that it
 * holds.
 */
#include "sim/compact/compact.h"
#include "sim/emit.h"

#define CHECK_NS (UINT64_C(500) * 1000 * 1000) /* HPAGE_FRAG_CHECK_INTERVAL_MSEC, mm/compaction.c, 6.1 to 7.3 */

/* Source: mm/compaction.c: fragmentation_score_node(), fragmentation_score_zone_weighted(), 6.1 to 7.3 */
static int64_t node_score(const struct mm_sim *s, int node)
{
	uint64_t present = 0;
	int64_t score = 0;

	for (unsigned int i = 0; i < s->m->core.nr_zones; i++)
		if (mm_sim_zone(s, i)->node == node)
			present += mm_sim_zone(s, i)->present;
	for (unsigned int i = 0; i < s->m->core.nr_zones; i++) {
		const struct zone_state *z = mm_sim_zone(s, i);

		if (z->node == node)
			score += (int64_t)(z->present * (uint64_t)mm_frag_score(s->m, z) / (present + 1));
	}
	return score;
}

static void work_begin(struct mm_sim *s, int node, struct sim_kcompactd *k, bool proactive)
{
	struct mm_node_info *n = mm_sim_node(s, node);

	k->working = true;
	k->woken = k->running = false;
	k->proactive = proactive;
	k->order = proactive ? -1 : k->max_order;
	k->work_highest = proactive ? mm_sim_highest_type(s, node) : k->highest;
	k->next_zone = 0;
	k->score = proactive ? node_score(s, node) : 0;
	k->cc = (struct sim_cc){
		.who = { .order = k->order, .mt = MM_MT_UNMOVABLE }, .gfp = MM_GFP_KERNEL,
		.pid = mm_sim_kcompactd_who(s, node).pid, .cpu = mm_sim_kcompactd_who(s, node).cpu,
		.mode = SIM_SYNC_LIGHT, .zone_type = k->work_highest, .search_order = k->order,
		.proactive = proactive, .whole_zone = proactive, .ignore_skip = proactive, .captured = UINT64_MAX,
	};
	if (!proactive) {
		s->stat[MM_SIM_COMPACT_DAEMON_WAKE]++;
		SIM_EMIT(s, mm_compaction_kcompactd_wake, SIM_F(mm_compaction_kcompactd_wake, nid, node),
			 SIM_F(mm_compaction_kcompactd_wake, order, k->order),
			 SIM_F(mm_compaction_kcompactd_wake, highest_zoneidx, k->work_highest));
	}
	if (n) {
		n->kcompactd_awake = true;
		n->kcompactd_order = k->order > 0 ? (unsigned int)k->order : 0;
	}
}

/* Source: mm/compaction.c: kcompactd(): each time that it goes to wait, 6.1 to 7.3 */
static void emit_sleep(struct mm_sim *s, int node)
{
	SIM_EMIT(s, mm_compaction_kcompactd_sleep, SIM_F(mm_compaction_kcompactd_sleep, nid, node));
}

static void work_end(struct mm_sim *s, int node, struct sim_kcompactd *k)
{
	struct mm_node_info *n = mm_sim_node(s, node);

	k->working = false;
	k->next_check = s->now + CHECK_NS;
	if (n) {
		n->kcompactd_awake = false;
		n->kcompactd_order = 0;
	}
	if (k->proactive) {
		int64_t score = node_score(s, node);

		/* without progress the next look is put off, as far as compaction ever is */
		if (score >= k->score)
			k->next_check = s->now + (CHECK_NS << MM_COMPACT_MAX_DEFER_SHIFT);
		if (mm_sim_listens(s))
			mm_sim_say_kcompactd(s, node, "was proactive", -1, score, k->score);
		emit_sleep(s, node);
		return;
	}
	if (k->max_order <= k->order)
		k->max_order = 0;
	if (k->highest >= k->work_highest)
		k->highest = mm_sim_highest_type(s, node);
	k->woken = k->max_order > 0; /* for more than it did */
	emit_sleep(s, node);
}

/* A zone is through with @ret.  Source: mm/compaction.c: kcompactd_do_work(), 6.1 to 7.3 */
static void zone_end(struct mm_sim *s, struct sim_kcompactd *k, enum mm_compact_result ret)
{
	unsigned int zi = k->cc.zone;

	k->running = false;
	if (k->proactive)
		return;
	if (ret == MM_COMPACT_SUCCESS) {
		mm_sim_defer_reset(s, zi, (unsigned int)k->order, false);
	} else if (ret == MM_COMPACT_PARTIAL_SKIPPED || ret == MM_COMPACT_COMPLETE) {
		mm_sim_drain_zone(s, zi);
		mm_sim_defer(s, zi, (unsigned int)k->order);
	}
}

/* The next zone, if it is to be compacted; true when its run has begun. */
static bool zone_begin(struct mm_sim *s, int node, struct sim_kcompactd *k)
{
	unsigned int type = k->next_zone++;
	int zi = mm_sim_zone_by_type(s, node, type);
	enum mm_compact_result ret;

	if (zi < 0)
		return false;
	if (!k->proactive) {
		if (mm_sim_defers(s, (unsigned int)zi, (unsigned int)k->order))
			return false;
		if (!mm_sim_kcompactd_suits(s, zi, k->order, type))
			return false;
	}
	k->cc.zone = (unsigned int)zi;
	ret = mm_sim_run_begin(s, &k->cc);
	if (ret == MM_COMPACT_CONTINUE)
		k->running = true;
	else
		zone_end(s, k, ret);
	return k->running;
}

/*
 * Asleep: is there something to do?
 * Source: mm/compaction.c: kcompactd(), should_proactive_compact_node(), 6.1 to 7.3
 */
static bool wake_up(struct mm_sim *s, int node, struct sim_kcompactd *k)
{
	int64_t proactiveness = mm_sim_tune(s, MM_TUNE_COMPACTION_PROACTIVENESS), score, mark;
	const struct mm_node_info *n = mm_sim_node(s, node);
	bool due = proactiveness > 0 && s->now >= k->next_check;

	/* also a wake-up that found no zone suitable is remembered, until it wakes by itself */
	if (k->max_order > 0 && (k->woken || due)) {
		work_begin(s, node, k, false);
		return true;
	}
	if (!due)
		return false;
	k->next_check = s->now + CHECK_NS;
	if (n && n->kswapd_awake) {
		emit_sleep(s, node);
		return false;
	}
	score = node_score(s, node);
	mark = mm_frag_mark(s->policy.facts, proactiveness, false);
	if (mm_sim_listens(s))
		mm_sim_say_kcompactd(s, node, score > mark ? "is proactive" : "sees no need", -1, score, mark);
	if (score <= mark) {
		emit_sleep(s, node);
		return false;
	}
	work_begin(s, node, k, true);
	return true;
}

/* @ns: what it took is added */
static uint64_t work(struct mm_sim *s, int node, struct sim_kcompactd *k, uint64_t pages, uint64_t *ns)
{
	uint64_t scanned = 0;

	while (scanned < pages) {
		if (k->running) {
			uint64_t had = k->cc.migrate_scanned + k->cc.free_scanned, moved = k->cc.migrated;
			enum mm_compact_result ret = mm_sim_run_step(s, &k->cc);
			struct sim_compacted did = { k->cc.migrate_scanned + k->cc.free_scanned - had, k->cc.migrated - moved };

			scanned += did.scanned;
			*ns += mm_sim_compact_ns(s, &did);
			if (ret == MM_COMPACT_CONTINUE)
				continue;
			mm_sim_run_end(s, &k->cc, ret);
			zone_end(s, k, ret);
		} else if (!k->working) {
			if (!wake_up(s, node, k))
				break;
			*ns += s->costs.round;
		} else if (k->next_zone > k->work_highest || k->next_zone >= SG_MAX_ZONE_TYPES) {
			work_end(s, node, k);
		} else {
			zone_begin(s, node, k);
		}
	}
	return scanned;
}

static uint64_t run(struct mm_sim *s, int node, uint64_t now, uint64_t pages, uint64_t *ns)
{
	struct sim_who was;
	uint64_t scanned;

	mm_sim_set_now(s, now);
	if (node < 0 || node >= MM_MAX_NODES)
		return 0;
	was = mm_sim_switch(s, mm_sim_kcompactd_who(s, node));
	scanned = work(s, node, &s->compact->kcompactd[node], pages, ns);
	mm_sim_switch(s, was);
	return scanned;
}

uint64_t mm_sim_kcompactd(struct mm_sim *s, int node, uint64_t now, uint64_t pages)
{
	uint64_t ns = 0;

	return run(s, node, now, pages, &ns);
}

uint64_t mm_sim_kcompactd_step(struct mm_sim *s, int node, uint64_t now)
{
	uint64_t ns = 0;

	run(s, node, now, 1, &ns);
	return ns;
}

enum mm_thread_state mm_sim_kcompactd_state(const struct mm_sim *s, int node, uint64_t *ret_until)
{
	const struct sim_kcompactd *k = node >= 0 && node < MM_MAX_NODES ? &s->compact->kcompactd[node] : NULL;
	enum mm_thread_state state = MM_THREAD_ASLEEP;

	if (k && (k->working || (k->woken && k->max_order > 0)))
		state = MM_THREAD_RUNS;
	else if (k && s->m->core.node[node].present && mm_sim_tune(s, MM_TUNE_COMPACTION_PROACTIVENESS) > 0)
		state = MM_THREAD_NAPS;
	if (ret_until)
		*ret_until = state == MM_THREAD_NAPS ? k->next_check : UINT64_MAX;
	return state;
}

/* Source: mm/compaction.c: compact_node(), 6.1 to 7.3 */
void mm_sim_compact_node(struct mm_sim *s, int node)
{
	struct sim_who was = mm_sim_switch(s, (struct sim_who){ s->task_pid, 0 });

	for (unsigned int t = 0; t < SG_MAX_ZONE_TYPES; t++) {
		int zi = mm_sim_zone_by_type(s, node, t);
		struct sim_cc cc = {
			.who = { .order = -1, .mt = MM_MT_UNMOVABLE }, .zone = zi >= 0 ? (unsigned int)zi : 0,
			.gfp = MM_GFP_KERNEL, .pid = MM_PID_UNKNOWN, .mode = SIM_SYNC,
			.zone_type = mm_sim_highest_type(s, node),
			.search_order = -1, .whole_zone = true, .ignore_skip = true, .captured = UINT64_MAX,
		};
		enum mm_compact_result ret = MM_COMPACT_CONTINUE;

		if (zi < 0 || mm_sim_run_begin(s, &cc) != MM_COMPACT_CONTINUE)
			continue;
		while (ret == MM_COMPACT_CONTINUE)
			ret = mm_sim_run_step(s, &cc);
		mm_sim_run_end(s, &cc, ret);
	}
	mm_sim_switch(s, was);
}
