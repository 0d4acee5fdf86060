// SPDX-License-Identifier: GPL-2.0-only
/*
 * Background threads, reclaim and compaction as the trace shows them: who is awake, who is
 * inside what, where the scanners stand, and which free pages compaction took.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "observe/isolation.h"
#include "rules/kswapd.h"

static struct mm_node_info *node_at(struct mm_machine *m, uint64_t nid)
{
	if (nid >= MM_MAX_NODES) {
		mm_contra_add(m, MM_CONTRA_OUT_OF_RANGE);
		return NULL;
	}
	m->core.node[nid].present = true;
	if (nid >= m->nodes_end)
		m->nodes_end = (unsigned int)nid + 1;
	return &m->core.node[nid];
}

/*
 * Is the failure count of the node gone?  Kernels that have no event for it forget failures with the first page reclaimed.
 * Source: mm/vmscan.c: shrink_node(), 6.1 to 6.18
 */
static void on_reclaimed(struct mm_machine *m, const struct sg_event *ev)
{
	uint64_t nid = ev->v[SGF_mm_vmscan_lru_shrink_inactive_nid];

	if (!m->cap->present[SG_EV_mm_vmscan_kswapd_clear_hopeless] && nid < MM_MAX_NODES &&
	    ev->v[SGF_mm_vmscan_lru_shrink_inactive_nr_reclaimed])
		m->core.node[nid].kswapd_failures = 0;
}

/**
 * mm_ctx() - the reclaim or compaction that task @pid is in, NULL when in none
 * @create: make one; the oldest gives way when there are too many (their ends were lost)
 */
struct task_ctx *mm_ctx(struct mm_machine *m, int32_t pid, bool create)
{
	struct task_ctx *c;

	for (unsigned int i = 0; i < m->obs->nr_ctx; i++)
		if (m->obs->ctx[i].pid == pid)
			return &m->obs->ctx[i];
	if (!create)
		return NULL;
	if (m->obs->nr_ctx == MM_MAX_CTX)
		mm_ctx_gone(m, &m->obs->ctx[0]);
	c = &m->obs->ctx[m->obs->nr_ctx++];
	*c = (struct task_ctx){ .pid = pid, .order = -1, .request = -1, .zone = -1 };
	return c;
}

void mm_ctx_gone(struct mm_machine *m, struct task_ctx *c)
{
	unsigned int i = (unsigned int)(c - m->obs->ctx);

	for (; i + 1 < m->obs->nr_ctx; i++)
		m->obs->ctx[i] = m->obs->ctx[i + 1];
	m->obs->nr_ctx--;
}

static void ctx_release(struct mm_machine *m, struct task_ctx *c)
{
	if (!c->in_reclaim && !c->in_compact)
		mm_ctx_gone(m, c);
}

/** The task of @c got (or was refused) a page: a direct compaction of its own is over. */
void mm_ctx_alloc(struct mm_machine *m, struct task_ctx *c)
{
	if (c->zone >= 0)
		return; /* in the middle of a run: a page for its own use */
	c->in_compact = 0;
	ctx_release(m, c);
}

/* Is any task, kcompactd among them, in a compaction run on node @nid? */
static bool node_compacts(const struct mm_machine *m, int nid)
{
	for (unsigned int i = 0; i < m->obs->nr_ctx; i++)
		if (m->obs->ctx[i].zone >= 0 && m->core.zone[m->obs->ctx[i].zone].node == nid)
			return true;
	return false;
}

static void count_contexts(struct mm_machine *m)
{
	for (unsigned int n = 0; n < m->nodes_end; n++)
		m->core.node[n].nr_direct_reclaim = m->core.node[n].nr_direct_compact = 0;
	for (unsigned int i = 0; i < m->obs->nr_ctx; i++) {
		const struct task_ctx *c = &m->obs->ctx[i];
		int nid = c->zone >= 0 ? m->core.zone[c->zone].node : m->core.nr_zones ? m->core.zone[0].node : 0;

		if (nid < 0 || nid >= MM_MAX_NODES)
			continue;
		if ((unsigned int)nid >= m->nodes_end)
			m->nodes_end = (unsigned int)nid + 1;
		m->core.node[nid].nr_direct_reclaim += c->in_reclaim;
		m->core.node[nid].nr_direct_compact += c->in_compact && c->zone >= 0 && c->kind != CTX_KCOMPACTD;
	}
}

/* ---- free pages taken as migration targets ------------------------------ */

/*
 * One free block, off its list already, becomes a migration target.
 * Source: mm/page_alloc.c: __isolate_free_page(), 6.1 to 7.3: of at least half a pageblock, the
 * pageblock becomes MOVABLE
 */
static void isolate_pages(struct mm_machine *m, struct zone_state *z, uint64_t pfn, const struct page_ent *e)
{
	unsigned int order = ent_order(e);
	struct page_ent as = { .om = (uint8_t)(order | MM_MT_MOVABLE << 4), .a = MM_NIL, .b = MM_NIL,
			       .since = (uint32_t)m->core.position };

	mm_set_state(m, z, pfn, 1u << order, PS_ISO, &as);
	mm_change_add(m, pfn, 1ull << order, PS_FREE, PS_ISO);
	if (order + 1 < m->pb_order)
		return;
	for (uint64_t p = pfn; p < pfn + (1ull << order); p += 1ull << m->pb_order) {
		unsigned int mt = mm_blk(m, p >> m->pb_order).mt;

		if (mt < MM_NR_PCPTYPES && mt != MM_MT_MOVABLE) {
			mm_block_move(m, z, p, mt, MM_MT_MOVABLE);
			mm_block_type(m, z, p, MM_MT_MOVABLE, mt, false);
		}
	}
}

/** mm_isolate_block() - compaction takes the free block at @pfn, with head entry @e, from its list */
void mm_isolate_block(struct mm_machine *m, struct zone_state *z, uint64_t pfn, const struct page_ent *e)
{
	mm_list_del(m, z, pfn, e, SG_MAX_MIGRATETYPES);
	isolate_pages(m, z, pfn, e);
}

/* Pages that a scan of [start, end) with @stride isolates; with @take it isolates them. */
static uint64_t scan_block(struct mm_machine *m, struct zone_state *z, uint64_t start, uint64_t end,
			   unsigned int stride, uint64_t limit, bool take)
{
	uint64_t got = 0;

	for (uint64_t p = start; p < end && got < limit; p += stride) {
		struct page_ent e = mm_ent(m, p);

		if (ent_state(&e) != PS_FREE)
			continue;
		if (take)
			mm_isolate_block(m, z, p, &e);
		got += 1ull << ent_order(&e);
		p += (1ull << ent_order(&e)) - 1;
	}
	return got;
}

static void pending_at_block(struct mm_machine *m, struct zone_state *z, int32_t pid, uint64_t block_pfn);

/*
 * isolate_freepages_block() took @taken pages out of [start, end).  An asynchronous scan looks at
 * every stride-th page only, until it finds something; the stride that explains the count is used.
 * Source: mm/compaction.c: isolate_freepages_block(), 6.1 to 7.3
 */
static void on_isolate_free(struct mm_machine *m, const struct sg_event *ev)
{
	static const unsigned int strides[] = { 1, 32, 16, 8, 4, 2 };
	uint64_t start = ev->v[SGF_mm_compaction_isolate_freepages_start_pfn];
	uint64_t end = ev->v[SGF_mm_compaction_isolate_freepages_end_pfn];
	uint64_t taken = ev->v[SGF_mm_compaction_isolate_freepages_nr_taken], got;
	struct zone_state *z = mm_zone_at(m, start);
	struct task_ctx *c = mm_ctx(m, ev->pid, false);
	unsigned int stride = 0;

	if (!z || end < start || end > z->end || end - start > 1ull << m->pb_order || taken > end - start) {
		mm_contra_add(m, MM_CONTRA_OUT_OF_RANGE);
		return;
	}
	if (c && c->zone >= 0) {
		c->free_pfn = start;
		if (z->node >= 0 && z->node < MM_MAX_NODES)
			m->core.node[z->node].free_pfn = start;
	}
	pending_at_block(m, z, ev->pid, start);
	if (taken == 0)
		return;
	for (unsigned int i = 0; i < sizeof(strides) / sizeof(strides[0]) && !stride; i++)
		if (scan_block(m, z, start, end, strides[i], UINT64_MAX, false) == taken)
			stride = strides[i];
	if (stride) {
		scan_block(m, z, start, end, stride, UINT64_MAX, true);
		return;
	}
	mm_contra_add(m, MM_CONTRA_ISOLATE_COUNT);
	got = scan_block(m, z, start, end, 1, taken, true);
	/* more were taken than known: pages thought on a per-cpu list were on the buddy lists */
	for (uint64_t p = start; p < end && got < taken; p++) {
		struct page_ent e = mm_ent(m, p);
		struct page_ent as = { .om = MM_MT_MOVABLE << 4, .a = MM_NIL, .b = MM_NIL,
				       .since = (uint32_t)m->core.position };

		if (ent_state(&e) != PS_PCP || ent_order(&e) || (e.x & 3) == PCP_FROM_REFILL)
			continue;
		mm_pcp_del(m, z, p, &e);
		mm_set_state(m, z, p, 1, PS_ISO, &as);
		mm_change_add(m, p, 1, PS_PCP, PS_ISO);
		got++;
	}
}

/* Search @i is no longer looked for: its block was found, or never showed up. */
static void pending_drop(struct mm_machine *m, unsigned int i)
{
	const struct pending_pick *p = &m->obs->pending[i];
	struct zone_state *z = p->counted ? mm_zone_at(m, p->min_pfn) : NULL;

	if (z)
		mm_list_taken_del(z, p->order);
	for (; i + 1 < m->obs->nr_pending; i++)
		m->obs->pending[i] = m->obs->pending[i + 1];
	m->obs->nr_pending--;
}

/**
 * mm_pending_add() - a search took a block of @order at or above @min_pfn, which one isn't known
 * @counted: it was one of the unplaced ones, and is counted as such (mm_list_take_unknown())
 */
void mm_pending_add(struct mm_machine *m, int32_t pid, uint64_t min_pfn, unsigned int order, bool counted)
{
	if (m->obs->nr_pending == MM_MAX_PENDING) {
		mm_contra_add(m, MM_CONTRA_ISOLATE_COUNT); /* the oldest never showed up */
		pending_drop(m, 0);
	}
	m->obs->pending[m->obs->nr_pending++] =
		(struct pending_pick){ pid, (uint32_t)min_pfn, (uint32_t)m->core.position, order, counted };
}

/*
 * May a search of the free lists that no event tells of have taken the free block with head entry @e?  6.1 has
 * no event for it, and a direct asynchronous search doesn't scan around what it took either: the block is known to be
 * gone only when its first page shows itself as filled or given back.  A search takes a block whole, and of less
 * than the order that its task compacts for.  What shows itself only when the compaction is over explains nothing: the
 * block may have grown since.  Nor does what has become this block since the CPU's last event, as its task may have
 * slept in between with the smaller block in its hands.
 * Source: mm/compaction.c: fast_isolate_freepages(), fast_isolate_around(), 6.1
 */
static bool silent_search(const struct mm_machine *m, const struct zone_state *z, const struct page_ent *e)
{
	if (m->hygiene || ent_order(e) == 0 || m->cpu >= m->nr_base || e->since >= m->obs->base[m->cpu].event)
		return false;
	for (unsigned int i = 0; i < m->obs->nr_ctx; i++) {
		const struct task_ctx *c = &m->obs->ctx[i];
		unsigned int limit = c->order > 0 ? (unsigned int)c->order : m->pb_order;

		if (c->in_compact == CTX_COMPACTS && c->zone >= 0 && &m->core.zone[c->zone] == z &&
		    ent_order(e) < limit)
			return true;
	}
	return false;
}

/**
 * mm_pending_settle() - @pfn, free as far as known, shows itself in use: was it taken by a fast search?
 * The oldest search that took a block of the size of its free block is believed, else one that took
 * a smaller block; that whole block becomes isolated.  A kernel whose searches have no event is believed to have
 * searched when somebody compacts: see silent_search().
 * Return: true when a search explains it
 */
bool mm_pending_settle(struct mm_machine *m, struct zone_state *z, uint64_t pfn)
{
	unsigned int best = UINT32_MAX, order, rank = 0;
	struct page_ent e;
	uint64_t h;
	bool counted;

	if (!mm_head_of(m, pfn, &h, &e))
		return false;
	for (unsigned int i = 0; i < m->obs->nr_pending; i++) {
		const struct pending_pick *p = &m->obs->pending[i];
		unsigned int r = 1 + p->order + 16 * (p->counted == !(e.st & PE_LINK));

		if (pfn < p->min_pfn || p->order > ent_order(&e) || r <= rank)
			continue;
		rank = r;
		best = i;
	}
	if (best == UINT32_MAX) {
		if (!silent_search(m, z, &e))
			return false;
		mm_isolate_block(m, z, h, &e);
		return true;
	}
	order = m->obs->pending[best].order;
	counted = m->obs->pending[best].counted;
	pending_drop(m, best);
	if (order == ent_order(&e) && counted && !(e.st & PE_LINK)) {
		mm_list_unlink(m, z, h, &e, MM_MT_MOVABLE, GAP_LAST);
		isolate_pages(m, z, h, &e);
		return true;
	}
	if (order < ent_order(&e)) { /* our block was larger than the kernel's: split what lies around off */
		uint64_t at = pfn & ~((1ull << order) - 1);
		unsigned int mt = ent_mt(&e) == 15 ? mm_blk(m, h >> m->pb_order).mt : ent_mt(&e);

		mm_observed_take(m, z, at, order, SG_MAX_MIGRATETYPES, mt, false);
		mm_list_add(m, z, at, order, mt, false);
		h = at;
		e = mm_ent(m, h);
	}
	mm_isolate_block(m, z, h, &e);
	return true;
}

/* The only free MOVABLE block of @order inside [from, to), 0 when there is none or more than one. */
static uint64_t only_block(const struct mm_machine *m, uint64_t from, uint64_t to, unsigned int order)
{
	uint64_t found = 0;

	for (uint64_t p = from; p < to;) {
		struct page_ent e = mm_ent(m, p);

		if (ent_state(&e) != PS_FREE) {
			p++;
			continue;
		}
		if (ent_order(&e) == order) {
			if (found)
				return 0;
			found = p;
		}
		p += 1ull << ent_order(&e);
	}
	return found;
}

/*
 * fast_isolate_around() scans the pageblock of the block just taken: the start of that scan says where
 * the block was.  Source: mm/compaction.c: fast_isolate_around(), 6.1 to 7.3
 */
static void pending_at_block(struct mm_machine *m, struct zone_state *z, int32_t pid, uint64_t block_pfn)
{
	const struct pending_pick *p;
	uint64_t pfn, end = block_pfn + (1ull << m->pb_order);
	struct page_ent e;

	if (m->obs->nr_pending == 0 || (block_pfn & ((1ull << m->pb_order) - 1)))
		return;
	p = &m->obs->pending[m->obs->nr_pending - 1];
	if (p->pid != pid || p->event + 1 != m->core.position || p->min_pfn > block_pfn)
		return;
	pfn = only_block(m, block_pfn, end < z->end ? end : z->end, p->order);
	if (!pfn)
		return;
	pending_drop(m, m->obs->nr_pending - 1);
	e = mm_ent(m, pfn);
	mm_isolate_block(m, z, pfn, &e);
}

/* ---- who is inside what -------------------------------------------------- */

static void on_compaction_begin(struct mm_machine *m, const struct sg_event *ev)
{
	uint64_t start = ev->v[SGF_mm_compaction_begin_zone_start];
	struct task_ctx *c = mm_ctx(m, ev->pid, true);
	int zi = mm_zone_index(m, start);
	struct mm_node_info *n;

	if (zi < 0) {
		mm_contra_add(m, MM_CONTRA_OUT_OF_RANGE);
		return;
	}
	c->in_compact = CTX_COMPACTS;
	c->zone = (int8_t)zi;
	c->sync = ev->v[SGF_mm_compaction_begin_sync] == 1;
	c->migrate_pfn = ev->v[SGF_mm_compaction_begin_migrate_pfn];
	c->free_pfn = ev->v[SGF_mm_compaction_begin_free_pfn];
	if (c->kind != CTX_KCOMPACTD || c->search_order == UINT8_MAX) { /* kcompactd's outlives the zone */
		c->search_order = (uint8_t)((c->order > 0 ? (unsigned int)c->order : m->pb_order) - 1);
		c->search_fail = 0;
	}
	c->start_event = m->core.position;
	n = node_at(m, (uint64_t)(int64_t)m->core.zone[zi].node);
	if (n) {
		n->compacting = true;
		n->migrate_pfn = c->migrate_pfn;
		n->free_pfn = c->free_pfn;
	}
	count_contexts(m);
}

static void on_compaction_end(struct mm_machine *m, const struct sg_event *ev)
{
	struct task_ctx *c = mm_ctx(m, ev->pid, false);
	int zi = mm_zone_index(m, ev->v[SGF_mm_compaction_end_zone_start]);
	struct mm_node_info *n = zi >= 0 ? node_at(m, (uint64_t)(int64_t)m->core.zone[zi].node) : NULL;

	mm_taken_end(m, ev->pid);
	if (c)
		c->zone = -1; /* in_compact stays until the task's next allocation: it may have captured a page */
	count_contexts(m);
	if (n) {
		n->migrate_pfn = ev->v[SGF_mm_compaction_end_migrate_pfn];
		n->free_pfn = ev->v[SGF_mm_compaction_end_free_pfn];
		n->compacting = node_compacts(m, m->core.zone[zi].node);
	}
}

static void on_isolate_migrate(struct mm_machine *m, const struct sg_event *ev)
{
	struct task_ctx *c = mm_ctx(m, ev->pid, false);
	uint64_t end = ev->v[SGF_mm_compaction_isolate_migratepages_end_pfn];

	if (!c || c->zone < 0) {
		if (!c || c->kind != CTX_KCOMPACTD)
			mm_isolation_scan(m, ev);
		return;
	}
	mm_observe_source_search(m, &m->core.zone[c->zone], c, ev->v[SGF_mm_compaction_isolate_migratepages_start_pfn]);
	c->migrate_pfn = end;
	if (m->core.zone[c->zone].node >= 0 && m->core.zone[c->zone].node < MM_MAX_NODES)
		m->core.node[m->core.zone[c->zone].node].migrate_pfn = end;
}

static void set_order(struct mm_machine *m, const struct sg_event *ev, uint64_t order)
{
	struct task_ctx *c = mm_ctx(m, ev->pid, true);

	c->order = (int64_t)order >= -1 && (int64_t)order < m->nr_orders ? (int8_t)order : -1;
	c->in_compact = CTX_COMPACTS;
}

/*
 * kswapd sleeps when its node is balanced, or when 16 rounds in a row freed nothing.  7.x traces the rounds that fail;
 * before that, only a node whose free pages are known tells which of the two it is.
 * Source: mm/vmscan.c: prepare_kswapd_sleep(), pgdat_balanced(), 6.1 to 7.3
 */
static enum mm_kswapd_sleep why_asleep(const struct mm_machine *m, int nid)
{
	bool any = false;

	if (mm_kswapd_hopeless((int)m->core.node[nid].kswapd_failures))
		return MM_KSWAPD_SLEEP_GAVE_UP;
	for (unsigned int i = 0; i < m->core.nr_zones; i++) {
		struct mm_zone_info z;

		mm_zone_get(m, i, &z);
		if (z.node != nid || !z.managed)
			continue;
		if (!z.list_known || !z.wmark_high)
			return m->cap->present[SG_EV_mm_vmscan_kswapd_reclaim_fail] ? MM_KSWAPD_SLEEP_BALANCED : MM_KSWAPD_SLEEP_UNKNOWN;
		if (z.nr_free >= z.wmark_high)
			return MM_KSWAPD_SLEEP_BALANCED;
		any = true;
	}
	if (m->cap->present[SG_EV_mm_vmscan_kswapd_reclaim_fail])
		return MM_KSWAPD_SLEEP_BALANCED; /* its failures are counted, and they are too few */
	return any ? MM_KSWAPD_SLEEP_GAVE_UP : MM_KSWAPD_SLEEP_UNKNOWN;
}

static void on_kswapd(struct mm_machine *m, uint64_t nid, bool awake, uint64_t order)
{
	struct mm_node_info *n = node_at(m, nid);

	if (!n)
		return;
	if (!awake)
		n->kswapd_slept = why_asleep(m, (int)nid);
	n->kswapd_awake = awake;
	n->kswapd_order = awake && order < m->nr_orders ? (unsigned int)order : 0;
}

static void on_kcompactd(struct mm_machine *m, uint64_t nid, bool awake, uint64_t order)
{
	struct mm_node_info *n = node_at(m, nid);

	if (!n)
		return;
	n->kcompactd_awake = awake;
	n->kcompactd_order = awake && order < m->nr_orders ? (unsigned int)order : 0;
	if (!awake)
		n->compacting = node_compacts(m, (int)nid);
}

/*
 * kcompactd compacts though nothing was seen to wake it: it has been at it since before the trace, or looks after
 * the node of its own accord, which has no event.  Before it sleeps again it says so.
 * Source: mm/compaction.c: kcompactd(), 6.1 to 7.3
 */
static void at_work(struct mm_machine *m, const struct sg_event *ev)
{
	static const char name[] = "kcompactd";
	const char *comm = sg_capture_comm(m->cap, ev->pid);
	struct mm_node_info *n;
	char *end;

	if (!comm || strncmp(comm, name, sizeof(name) - 1) != 0)
		return;
	comm += sizeof(name) - 1;
	n = *comm >= '0' && *comm <= '9' ? node_at(m, strtoul(comm, &end, 10)) : NULL;
	if (!n || *end || n->kcompactd_awake)
		return;
	n->kcompactd_awake = true;
	n->kcompactd_order = 0;
	mm_ctx(m, ev->pid, true)->kind = CTX_KCOMPACTD;
}

/** Applies the events of reclaim and compaction. */
void mm_observe_compact(struct mm_machine *m, const struct sg_event *ev)
{
	struct mm_node_info *n;
	struct task_ctx *c;

	mm_observe_stall(m, ev);
	switch (ev->kind) {
	case SG_EV_mm_compaction_isolate_freepages:
		if (m->obs->nr_isolations && mm_isolation_take(m, ev))
			break;
		at_work(m, ev);
		on_isolate_free(m, ev);
		break;
	case SG_EV_test_pages_isolated:
		mm_isolation_tested(m, ev);
		break;
	case SG_EV_mm_migrate_pages_start:
		mm_isolation_moves(m, ev);
		break;
	case SG_EV_mm_compaction_fast_isolate_freepages:
		at_work(m, ev);
		mm_observe_search(m, ev);
		break;
	case SG_EV_mm_compaction_isolate_migratepages:
		at_work(m, ev);
		on_isolate_migrate(m, ev);
		break;
	case SG_EV_mm_compaction_begin:
		at_work(m, ev);
		m->obs->compacted = true;
		on_compaction_begin(m, ev);
		break;
	case SG_EV_mm_compaction_end:
		on_compaction_end(m, ev);
		break;
	case SG_EV_mm_compaction_finished:
		c = mm_ctx(m, ev->pid, false);
		if (c && (int64_t)ev->v[SGF_mm_compaction_finished_order] < m->nr_orders)
			c->order = (int8_t)ev->v[SGF_mm_compaction_finished_order];
		break;
	case SG_EV_mm_compaction_try_to_compact_pages:
		set_order(m, ev, ev->v[SGF_mm_compaction_try_to_compact_pages_order]);
		c = mm_ctx(m, ev->pid, true);
		c->movable = ev->v[SGF_mm_compaction_try_to_compact_pages_gfp_mask] & m->cap->gfp.movable;
		c->request = (int8_t)mm_gfp_order(m, ev->v[SGF_mm_compaction_try_to_compact_pages_gfp_mask]);
		/* MIN_COMPACT_PRIORITY, COMPACT_PRIO_SYNC_FULL */
		c->ignore_skip = ev->v[SGF_mm_compaction_try_to_compact_pages_prio] == 0;
		break;
	case SG_EV_mm_compaction_kcompactd_wake:
		on_kcompactd(m, ev->v[SGF_mm_compaction_kcompactd_wake_nid], true,
			     ev->v[SGF_mm_compaction_kcompactd_wake_order]);
		set_order(m, ev, ev->v[SGF_mm_compaction_kcompactd_wake_order]);
		c = mm_ctx(m, ev->pid, true);
		c->kind = CTX_KCOMPACTD;
		c->search_order = UINT8_MAX;
		break;
	case SG_EV_mm_compaction_kcompactd_sleep:
		on_kcompactd(m, ev->v[SGF_mm_compaction_kcompactd_sleep_nid], false, 0);
		c = mm_ctx(m, ev->pid, false);
		if (c) {
			c->in_compact = 0;
			ctx_release(m, c);
		}
		break;
	case SG_EV_mm_vmscan_lru_shrink_inactive:
		on_reclaimed(m, ev);
		break;
	case SG_EV_mm_vmscan_kswapd_wake:
		n = node_at(m, ev->v[SGF_mm_vmscan_kswapd_wake_nid]);
		if (n && mm_kswapd_hopeless((int)n->kswapd_failures))
			n->kswapd_failures = 0; /* a hopeless node's is woken by nobody */
		on_kswapd(m, ev->v[SGF_mm_vmscan_kswapd_wake_nid], true, ev->v[SGF_mm_vmscan_kswapd_wake_order]);
		break;
	case SG_EV_mm_vmscan_kswapd_sleep:
		on_kswapd(m, ev->v[SGF_mm_vmscan_kswapd_sleep_nid], false, 0);
		break;
	case SG_EV_mm_vmscan_kswapd_reclaim_fail:
		n = node_at(m, ev->v[SGF_mm_vmscan_kswapd_reclaim_fail_nid]);
		if (n)
			n->kswapd_failures = (unsigned int)ev->v[SGF_mm_vmscan_kswapd_reclaim_fail_failures];
		break;
	case SG_EV_mm_vmscan_kswapd_clear_hopeless:
		n = node_at(m, ev->v[SGF_mm_vmscan_kswapd_clear_hopeless_nid]);
		if (n)
			n->kswapd_failures = 0;
		break;
	case SG_EV_mm_vmscan_direct_reclaim_begin:
		mm_ctx(m, ev->pid, true)->in_reclaim = 1;
		count_contexts(m);
		break;
	case SG_EV_mm_vmscan_direct_reclaim_end:
		c = mm_ctx(m, ev->pid, false);
		if (c) {
			c->in_reclaim = 0;
			ctx_release(m, c);
		}
		count_contexts(m);
		break;
	default:
		break;
	}
}
