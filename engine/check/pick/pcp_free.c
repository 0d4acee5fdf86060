// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frees on their way to the per-cpu lists, and requests: what the tuning of a page set counts.
 *
 * mm_page_free is written before the page reaches its list.  Pages of a batch do so one after the other when all of it
 * have had their event; a task that is switched out in between takes the rest of its batch along.
 * Source: mm/page_alloc.c: free_pages_prepare(), free_unref_page_list() in 6.1, free_unref_folios() from 6.12 on,
 *         free_unref_page_commit() in 6.1 and 6.12, free_frozen_page_commit() in 7.2 and 7.3
 */
#include <string.h>

#include "check/pick/pcp.h"
#include "observe/observe.h"
#include "rules/gfp.h"

/* A page has reached its list. */
static void freed(struct pcp_check *s, struct mm_check *c, const struct mm_machine *m, unsigned int cpu, unsigned int zone,
		  unsigned int order, bool irq)
{
	struct mm_tuning *t = mm_pcp_tuning_of(s, c, m, zone, cpu);

	s->frees[cpu].last_order = (uint8_t)order;
	s->frees[cpu].last_zone = (uint8_t)zone;
	if (!irq) {
		s->frees[cpu].task.order = (uint8_t)order;
		s->frees[cpu].task.zone = (uint8_t)zone;
	}
	if (t)
		mm_tuning_free(t, mm_check_facts(c), order);
}

void mm_pcp_flush_frees(struct pcp_check *s, struct mm_check *c, const struct mm_machine *m, unsigned int cpu, unsigned int n)
{
	struct frees *f = &s->frees[cpu];

	for (unsigned int i = 0; i < n; i++) {
		freed(s, c, m, cpu, f->page[i].zone, f->page[i].order, false);
		mm_pcp_arrived(s, c, m, f->page[i].pfn, f->page[i].at);
	}
	for (unsigned int i = n; i < f->nr; i++)
		f->page[i - n] = f->page[i];
	f->nr = (uint8_t)(f->nr - n);
}

/* Is the page at @pfn, which @ev frees, one of those that the LRU's batches bring? */
static bool off_lru(const struct mm_machine *m, const struct sg_event *ev, uint64_t pfn)
{
	const struct task_ctx *ctx = mm_ctx((struct mm_machine *)m, ev->pid, false);
	struct page_ent e = mm_ent(m, pfn);

	return ent_state(&e) == PS_ALLOC && (e.st & PE_LRU) && !(ctx && ctx->in_compact);
}

/* Each zone has its own lock: is the one that the task on @cpu holds, by its last event, that of @zone? */
static bool holds(const struct pcp_check *s, const struct mm_machine *m, unsigned int cpu, unsigned int zone)
{
	if (m->obs->base[cpu].kind == SG_EV_mm_page_free_batched)
		return s->frees[cpu].last_zone == zone;
	return s->bulk[cpu].set_cpu == cpu && s->bulk[cpu].zone == zone;
}

/* An interrupt's free reaches its list at once, or finds it locked and never does. */
static void freed_in_irq(struct pcp_check *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev,
			 unsigned int zone, unsigned int order)
{
	struct mm_tuning *t = mm_pcp_tuning_of(s, c, m, zone, ev->cpu);
	enum mm_lock lock = mm_free_finds_lock(m, ev);

	if (lock == MM_LOCK_HELD && !holds(s, m, ev->cpu, zone))
		lock = MM_LOCK_FREE;
	switch (lock) {
	case MM_LOCK_FREE:
		freed(s, c, m, ev->cpu, zone, order, true);
		return;
	case MM_LOCK_MAYBE:
		s->frees[ev->cpu].last_order = (uint8_t)order;
		s->frees[ev->cpu].last_zone = (uint8_t)zone;
		if (t)
			mm_tuning_free_maybe(t, mm_check_facts(c), order);
		return;
	case MM_LOCK_HELD:
		return;
	}
}

/* Frees in a row that go to their list as one block, and count as one: mm_contig_join() does it with the lists. */
static void join(const struct mm_machine *m, struct frees *f)
{
	for (unsigned int o = 0; f->nr > 1; o++) {
		uint64_t low = f->page[f->nr - 2].pfn, pfn = f->page[f->nr - 1].pfn;

		if (f->page[f->nr - 2].order != o || !(pfn >> o & 1) || low != (pfn & ~(1ull << o)))
			return;
		f->nr--;
		f->page[f->nr - 1].at = f->page[f->nr].at;
		f->page[f->nr - 1].order = (uint8_t)(o + 1);
		if (!mm_pcp_order(m, o + 1)) { /* it goes to the zone */
			f->nr--;
			return;
		}
	}
}

void mm_pcp_on_free(struct pcp_check *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev)
{
	uint64_t pfn = ev->v[SGF_mm_page_free_pfn], order = ev->v[SGF_mm_page_free_order];
	struct frees *f = &s->frees[ev->cpu];
	int zone = mm_zone_index(m, pfn);
	struct page_ent e;

	if (zone < 0 || order >= m->nr_orders || !mm_pcp_order(m, (unsigned int)order))
		return;
	if (m->cap->mt_isolate >= 0 && mm_blk(m, pfn >> m->pb_order).mt == m->cap->mt_isolate)
		return; /* straight to the zone */
	if (in_irq(ev)) {
		freed_in_irq(s, c, m, ev, (unsigned int)zone, (unsigned int)order);
		return;
	}
	if (f->batch)
		mm_pcp_flush_frees(s, c, m, ev->cpu, f->nr);
	else if (f->nr == MAX_WAITING)
		mm_pcp_flush_frees(s, c, m, ev->cpu, MAX_WAITING - MAX_BATCH);
	f->batch = false;
	f->lru = (f->nr == 0 || f->lru) && off_lru(m, ev, pfn);
	f->pid = ev->pid;
	f->cpu = ev->cpu;
	f->page[f->nr].pfn = pfn;
	f->page[f->nr].at = (uint32_t)(mm_position(m) + 1);
	f->page[f->nr].order = (uint8_t)order;
	f->page[f->nr++].zone = (uint8_t)zone;
	e = mm_ent(m, pfn);
	if (mm_contig_was_split(m, ev, &e))
		join(m, f);
}

void mm_pcp_on_batched(struct pcp_check *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev)
{
	struct frees *f = &s->frees[ev->cpu];

	for (unsigned int i = 0; i < f->nr; i++)
		if (f->page[i].pfn == ev->v[SGF_mm_page_free_batched_pfn]) {
			mm_pcp_flush_frees(s, c, m, ev->cpu, i + 1);
			break;
		}
	mm_pcp_arrived(s, c, m, ev->v[SGF_mm_page_free_batched_pfn], mm_ent(m, ev->v[SGF_mm_page_free_batched_pfn]).since);
	f->batch = true;
}

void mm_pcp_pause_frees(struct pcp_check *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev)
{
	struct frees *f = &s->frees[ev->cpu];

	if (!f->nr || f->pid == ev->pid)
		return;
	if ((f->batch || f->lru) && s->nr_rest < MAX_PAUSED) {
		s->rest[s->nr_rest++] = *f;
		f->nr = 0;
	} else {
		mm_pcp_late(s, f->page[f->nr - 1].pfn, f->page[f->nr - 1].at, f->pid);
		mm_pcp_flush_frees(s, c, m, ev->cpu, f->nr);
	}
	f->batch = false;
}

void mm_pcp_leave(struct pcp_check *s, const struct sg_event *ev)
{
	struct task_free *t = &s->frees[ev->cpu].task;

	if (t->pid == ev->pid && !(s->left_pids >> (ev->pid & 63) & 1))
		return;
	if (t->pid && t->pid != ev->pid && (t->kind == SG_EV_mm_page_free || t->kind == SG_EV_mm_page_free_batched)) {
		uint32_t n = s->nr_left < MAX_PAUSED ? s->nr_left++ : MAX_PAUSED - 1; /* the oldest makes room */

		memmove(&s->left[1], &s->left[0], n * sizeof(s->left[0]));
		s->left[0] = *t;
		s->left_pids |= UINT64_C(1) << (t->pid & 63);
	}
	if (t->pid != ev->pid)
		*t = (struct task_free){ 0 };
	for (uint32_t i = 0; i < s->nr_left; i++)
		if (s->left[i].pid == ev->pid) {
			/* what it did on another CPU is newer than what was kept of it here */
			*t = s->left[i];
			s->nr_left--;
			memmove(&s->left[i], &s->left[i + 1], (s->nr_left - i) * sizeof(s->left[0]));
			break;
		}
	s->left_pids = 0;
	for (uint32_t i = 0; i < s->nr_left; i++)
		s->left_pids |= UINT64_C(1) << (s->left[i].pid & 63);
}

void mm_pcp_resume_frees(struct pcp_check *s, const struct sg_event *ev)
{
	for (uint32_t i = 0; i < s->nr_rest; i++) {
		struct frees *f = &s->frees[ev->cpu], *r = &s->rest[i];

		if (r->pid != ev->pid)
			continue;
		memcpy(f->page, r->page, sizeof(f->page));
		f->nr = r->nr;
		f->batch = r->batch;
		f->lru = r->lru;
		f->pid = r->pid;
		f->cpu = r->cpu;
		*r = s->rest[--s->nr_rest];
		return;
	}
}

/* Those that have been seen elsewhere since had reached their lists. */
static uint32_t waiting_in(const struct frees *f, const struct mm_machine *m, unsigned int zone, uint32_t since)
{
	uint32_t n = 0;

	for (unsigned int i = 0; i < f->nr; i++) {
		struct page_ent e = f->page[i].zone == zone ? mm_ent(m, f->page[i].pfn) : (struct page_ent){ 0 };

		n += ent_state(&e) == PS_PCP && (e.st & PE_LINK) && e.since == f->page[i].at && e.since >= since ?
			     1u << f->page[i].order : 0;
	}
	return n;
}

uint32_t mm_pcp_waiting(const struct pcp_check *s, const struct mm_machine *m, unsigned int zone, unsigned int cpu,
			uint32_t since)
{
	uint32_t n = s->frees[cpu].nr && s->frees[cpu].cpu == cpu ? waiting_in(&s->frees[cpu], m, zone, since) : 0;

	for (uint32_t i = 0; i < s->nr_rest; i++)
		n += s->rest[i].cpu == cpu ? waiting_in(&s->rest[i], m, zone, since) : 0;
	return n;
}

/* Which lists a request asks. */
static unsigned int mobility(const struct mm_machine *m, uint64_t gfp)
{
	unsigned int mt = mm_gfp_migratetype(m, gfp);

	return mt == MM_MT_UNKNOWN ? MM_MT_UNMOVABLE : mt;
}

/* Is there a block of at least @order on @z's lists of @mt? */
static bool has_block(const struct zone_state *z, unsigned int order, unsigned int mt)
{
	for (; order < z->nr_orders; order++) {
		const struct free_list *l = &z->list[order][mt];

		if (l->nr_linked + l->nr_unplaced > l->nr_taken)
			return true;
	}
	return false;
}

/*
 * Requests for blocks of @order and @mt have found nothing, nobody knows how often.  A zone whose own lists hold such
 * a block hasn't been asked: it would have given it.
 */
static void asked_in_vain(struct pcp_check *s, struct mm_check *c, const struct mm_machine *m, unsigned int cpu,
			  unsigned int order, unsigned int mt)
{
	if (!mm_pcp_order(m, order))
		return;
	for (unsigned int z = 0; z < m->core.nr_zones; z++) {
		bool serves = order == 0 && has_block(&m->core.zone[z], order, mt);
		struct mm_tuning *t = serves ? NULL : mm_pcp_tuning_of(s, c, m, z, cpu);

		if (t)
			mm_tuning_stall(t, mm_check_facts(c), order);
	}
}

static void stalled_for(struct pcp_check *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev,
			uint64_t order, unsigned int mt)
{
	unsigned int i = 0;

	if (order >= m->nr_orders)
		return;
	while (i < MAX_STALLED - 1 && s->stalled[i].pid != ev->pid)
		i++;
	if (s->stalled[i].pid != ev->pid) /* new: the one that stalled longest ago makes room */
		for (unsigned int k = MAX_STALLED - 1; k > 0; k--)
			s->stalled[k] = s->stalled[k - 1];
	else
		for (; i > 0; i--)
			s->stalled[i] = s->stalled[i - 1];
	s->stalled[0].pid = ev->pid;
	s->stalled[0].order = (uint8_t)order;
	s->stalled[0].mt = (uint8_t)mt;
	asked_in_vain(s, c, m, ev->cpu, (unsigned int)order, mt);
}

/*
 * The order of a request in trouble, of which an event says @order.  With defrag_mode the pages for an unmovable request of
 * less are reclaimed and compacted for at pageblock order; then it is the order that all requests with its flags had, or may
 * be 0.  Source: mm/page_alloc.c: __alloc_pages_direct_reclaim(), ac->reclaim_compact_order, 7.2 and 7.3
 */
static uint64_t request_order(const struct mm_check *c, const struct mm_machine *m, uint64_t gfp, uint64_t order)
{
	int o;

	if (order != m->pb_order || mobility(m, gfp) == MM_MT_MOVABLE || !mm_has(mm_check_facts(c), PROMOTE) ||
	    !mm_check_policy(c)->tune[MM_TUNE_DEFRAG_MODE])
		return order;
	o = mm_gfp_order(m, gfp);
	return o > 0 ? (uint64_t)o : 0;
}

static void stalled(struct pcp_check *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev,
		    uint64_t gfp, uint64_t order)
{
	stalled_for(s, c, m, ev, request_order(c, m, gfp, order), mobility(m, gfp));
}

/* May @z be below its low watermark, with the boost that it has at most? */
static bool short_of_memory(const struct mm_machine *m, const struct zone_state *z)
{
	return z->nr_pages[PS_FREE] + z->nr_pages[PS_FREET] < z->wmark_low + 2 * z->wmark_high + (UINT64_C(1) << m->pb_order);
}

/*
 * The request of @ev got its block from @zone: the zones that come before it on the node had their lists asked in vain, if
 * their watermarks allowed it.
 * Source: mm/page_alloc.c: get_page_from_freelist(), rmqueue_pcplist(), 6.1 to 7.3
 */
static void zones_before(struct pcp_check *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev,
			 unsigned int zone, unsigned int order)
{
	uint64_t gfp = ev->v[SGF_mm_page_alloc_gfp_flags];
	unsigned int mt = mobility(m, gfp);

	for (unsigned int z = zone + 1; z < m->core.nr_zones && m->core.zone[z].node == m->core.zone[zone].node; z++) {
		bool serves = order == 0 && has_block(&m->core.zone[z], order, mt);
		struct mm_tuning *t = serves ? NULL : mm_pcp_tuning_of(s, c, m, z, ev->cpu);

		if (strcmp(m->core.zone[z].name, "Movable") == 0 && !((gfp & m->cap->gfp.highmem) && mt == MM_MT_MOVABLE))
			continue;
		if (t)
			mm_tuning_maybe_asked(t, mm_check_facts(c), order);
		/* with defrag_mode the slow path asks them once more, without an event where kswapd is awake already */
		if (t && mm_check_policy(c)->tune[MM_TUNE_DEFRAG_MODE] && mm_has(mm_check_facts(c), DEFRAG))
			mm_tuning_maybe_asked(t, mm_check_facts(c), order);
	}
	/* the zone may have been below its low watermark at first: then those behind it were asked before it */
	for (unsigned int z = zone; short_of_memory(m, &m->core.zone[zone]) && z-- > 0;) {
		struct mm_tuning *t = NULL;

		if (m->core.zone[z].node != m->core.zone[zone].node)
			break;
		if (order || !has_block(&m->core.zone[z], order, mt))
			t = mm_pcp_tuning_of(s, c, m, z, ev->cpu);
		if (t)
			mm_tuning_maybe_asked(t, mm_check_facts(c), order);
	}
}

void mm_pcp_others_asked(struct pcp_check *s, struct mm_check *c, const struct mm_machine *m, unsigned int cpu, unsigned int zone,
			 unsigned int order, unsigned int mt)
{
	for (unsigned int z = 0; z < m->core.nr_zones; z++) {
		bool serves = order == 0 && has_block(&m->core.zone[z], order, mt);
		struct mm_tuning *t = serves || z == zone ? NULL : mm_pcp_tuning_of(s, c, m, z, cpu);

		if (t)
			mm_tuning_maybe_asked(t, mm_check_facts(c), order);
	}
}

bool mm_pcp_is_stalled(const struct pcp_check *s, int32_t pid)
{
	for (unsigned int i = 0; i < MAX_STALLED; i++)
		if (s->stalled[i].pid == pid)
			return pid != 0;
	return false;
}

/* It has its page, or never will. */
static void stall_over(struct pcp_check *s, const struct sg_event *ev)
{
	unsigned int i = 0;

	if (in_irq(ev))
		return;
	while (i < MAX_STALLED && s->stalled[i].pid != ev->pid)
		i++;
	for (; i + 1 < MAX_STALLED; i++)
		s->stalled[i] = s->stalled[i + 1];
	if (i < MAX_STALLED)
		s->stalled[i].pid = 0;
}

void mm_pcp_on_alloc(struct pcp_check *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev)
{
	uint64_t pfn = ev->v[SGF_mm_page_alloc_pfn], order = ev->v[SGF_mm_page_alloc_order];
	int zone = mm_zone_index(m, pfn);
	struct mm_tuning *t;

	stall_over(s, ev);
	if (order >= m->nr_orders || !mm_pcp_order(m, (unsigned int)order))
		return;
	if (pfn == 0 || pfn == UINT64_MAX || pfn == UINT32_MAX) {
		asked_in_vain(s, c, m, ev->cpu, (unsigned int)order, mobility(m, ev->v[SGF_mm_page_alloc_gfp_flags]));
		return;
	}
	if (zone < 0)
		return;
	if (s->past[ev->cpu] == pfn + 1) {
		s->past[ev->cpu] = 0;
		return;
	}
	t = mm_pcp_tuning_of(s, c, m, (unsigned int)zone, ev->cpu);
	if (t)
		mm_tuning_alloc(t);
	zones_before(s, c, m, ev, (unsigned int)zone, (unsigned int)order);
}

void mm_pcp_on_stall(struct pcp_check *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev)
{
	uint64_t nid;

	switch (ev->kind) {
	case SG_EV_mm_vmscan_kswapd_sleep:
	case SG_EV_mm_vmscan_kswapd_wake:
		nid = ev->kind == SG_EV_mm_vmscan_kswapd_sleep ? ev->v[SGF_mm_vmscan_kswapd_sleep_nid] :
								 ev->v[SGF_mm_vmscan_kswapd_wake_nid];
		if (nid < MM_MAX_NODES)
			s->slept[nid] = ev->kind == SG_EV_mm_vmscan_kswapd_sleep;
		return;
	case SG_EV_mm_vmscan_wakeup_kswapd:
		stalled(s, c, m, ev, ev->v[SGF_mm_vmscan_wakeup_kswapd_gfp_flags], ev->v[SGF_mm_vmscan_wakeup_kswapd_order]);
		return;
	case SG_EV_mm_vmscan_direct_reclaim_begin:
		stalled(s, c, m, ev, ev->v[SGF_mm_vmscan_direct_reclaim_begin_gfp_flags],
			ev->v[SGF_mm_vmscan_direct_reclaim_begin_order]);
		return;
	case SG_EV_mm_compaction_try_to_compact_pages:
		stalled(s, c, m, ev, ev->v[SGF_mm_compaction_try_to_compact_pages_gfp_mask],
			ev->v[SGF_mm_compaction_try_to_compact_pages_order]);
		return;
	case SG_EV_mm_vmscan_direct_reclaim_end:
		for (unsigned int i = 0; i < MAX_STALLED; i++)
			if (s->stalled[i].pid == ev->pid) {
				stalled_for(s, c, m, ev, s->stalled[i].order, s->stalled[i].mt);
				return;
			}
		for (unsigned int mt = 0; mt < MM_NR_PCPTYPES; mt++)
			asked_in_vain(s, c, m, ev->cpu, 0, mt);
		return;
	default:
		return;
	}
}
