// SPDX-License-Identifier: GPL-2.0-only
/*
 * The observed run: applies the trace to the machine, event by event.  The event is
 * the truth; where the model thought otherwise, that is counted and put right.
 *
 * Which events say what (kernels 6.1 to 7.3, mm/page_alloc.c):
 *	mm_page_alloc_zone_locked  a block left the buddy lists (__rmqueue_smallest())
 *	mm_page_alloc_extfrag      a fallback; on its own it is also the taking of the block
 *	mm_page_pcpu_drain         a block came back from a per-cpu list (after the merge)
 *	mm_page_alloc, _free       hand-out and return at the per-cpu layer, or of an order
 *	                           that has no per-cpu list straight at the buddy lists
 */
#include "observe/isolation.h"
#include "observe/observe.h"
#include "machine/guesses.h"

#include <inttypes.h>
#include <string.h>

static void on_lru(struct mm_machine *m, uint64_t pfn, uint64_t lru, bool insertion)
{
	/* enum lru_list: inactive and active anon, inactive and active file, unevictable; 6.1 to 7.3 */
	static const unsigned char kind[] = { MM_LRU_ANON, MM_LRU_ANON, MM_LRU_FILE, MM_LRU_FILE, MM_LRU_UNEVICTABLE };
	struct zone_state *z = mm_event_zone(m, pfn, 0);
	struct page_ent e, *w;
	unsigned int s;

	if (!z)
		return;
	e = mm_ent(m, pfn);
	s = ent_state(&e);
	if ((s == PS_FREE || s == PS_FREET) && mm_pending_settle(m, z, pfn)) {
		e = mm_ent(m, pfn);
		s = ent_state(&e);
	}
	if (s == PS_FREE || s == PS_FREET || (s == PS_PCP && insertion && (e.x & 3) != PCP_FROM_REFILL)) {
		mm_contra_add(m, MM_CONTRA_LRU_NOT_ALLOC);
		mm_event_detach(m, z, pfn, 0);
	} else if (s == PS_PCP) {
		mm_event_detach(m, z, pfn, 0); /* handed out by the bulk allocator, which has no event */
	}
	if (s != PS_ALLOC) {
		struct page_ent as = { .st = PS_ALLOC, .om = 0xf0, .x = UINT16_MAX, .a = (uint32_t)MM_PID_UNKNOWN,
				       .b = MM_NIL, .since = (uint32_t)m->core.position };

		mm_set_state(m, z, pfn, 1, PS_ALLOC, &as);
		mm_event_changed(m, pfn, 0, &e, PS_ALLOC);
	}
	w = mm_ent_own(m, pfn);
	if (insertion && lru < 5) {
		w->st = (uint8_t)((w->st & ~(PE_LRU | PE_ACTIVE)) | kind[lru] << 3 | (lru == 1 || lru == 3 ? PE_ACTIVE : 0));
		if (s == PS_ALLOC)
			mm_change_add(m, pfn, 1, s, PS_ALLOC);
	} else if (!insertion) {
		w->st |= PE_ACTIVE;
	}
}

/* ---- snapshots and gaps ------------------------------------------------- */

static bool starts_with(const struct sg_event *ev, const char *text)
{
	size_t n = strlen(text);

	return ev->str && ev->str_len >= n && memcmp(ev->str, text, n) == 0;
}

static void on_marker(struct mm_machine *m, const struct sg_event *ev)
{
	for (unsigned int i = 0; i < m->cfg.nr_seeds; i++) {
		const struct mm_seed *s = &m->cfg.seed[i];

		if (s->marker_end && m->core.in_snapshot && starts_with(ev, s->marker_end))
			m->core.in_snapshot = false;
		else if (s->snap && s->marker && !(m->core.seeds_applied & 1u << i) && starts_with(ev, s->marker)) {
			mm_seed_apply(m, i);
			m->core.in_snapshot = s->marker_end != NULL;
		}
	}
}

/*
 * Records were lost: any page may have changed hands meanwhile.  What was free or on a per-cpu
 * list is unknown again; what was allocated stays believed, and is marked as no better than a snapshot.
 * Only what was touched is gone through; of the rest, seed_lost says it.
 */
static void lose(struct mm_machine *m)
{
	const struct page_ent lost = { .om = 0xf0, .a = MM_NIL, .b = MM_NIL, .since = (uint32_t)m->core.position };
	const struct page_ent *e;
	const struct block_ent *b;

	m->obs->lost_at = m->core.position;
	for (uint64_t pfn = 0; (e = mm_cow_next(&m->pages, &pfn)) != NULL; pfn++) {
		unsigned int s = ent_state(e);

		if (s == PS_FREE || s == PS_FREET || s == PS_PCP || s == PS_ISO)
			*mm_ent_own(m, pfn) = lost;
		else if (s == PS_ALLOC && !(e->st & PE_SNAP))
			mm_ent_own(m, pfn)->st |= PE_SNAP;
		else
			continue;
		mm_blk_own(m, pfn >> m->pb_order)->changed = (uint32_t)m->core.position;
	}
	for (uint64_t block = 0; (b = mm_cow_next(&m->blocks, &block)) != NULL; block++) {
		struct block_ent *w;

		if (b->nr[BN_FREE] + b->nr[BN_PCP] + b->nr[BN_ISO] == 0)
			continue;
		w = mm_blk_own(m, block);
		w->nr[BN_FREE] = w->nr[BN_PCP] = w->nr[BN_ISO] = 0;
		w->changed = (uint32_t)m->core.position;
	}
	for (unsigned int i = 0; i < m->core.nr_zones; i++) {
		struct zone_state *z = &m->core.zone[i];

		for (unsigned int s = PS_FREE; s <= PS_ISO; s++) {
			if (s == PS_ALLOC)
				continue;
			z->nr_pages[PS_UNKNOWN] += z->nr_pages[s];
			z->nr_pages[s] = 0;
		}
		memset(z->folios, 0, sizeof(z->folios)); /* only those that the trace saw being made are counted */
		mm_lists_clear(z);
		z->list_known = false;
		memset(z->complete, 0, sizeof(z->complete));
	}
	m->obs->nr_stalls = 0; /* their ends may be among what was lost */
	if (!m->core.seed_lost)
		m->core.seed_lost = (uint32_t)m->core.position;
	mm_cow_clear(&m->pcp);
}

/* The seed doesn't fit: no page is known any more.  What zoneinfo says of the zones, their marks and batches, holds. */
static void drop_seed(struct mm_machine *m, uint64_t wrong)
{
	m->core.stale_at = (uint32_t)m->core.position;
	mm_cow_clear(&m->pages);
	mm_cow_clear(&m->blocks);
	mm_cow_clear(&m->pcp);
	mm_seed_put(m->seed);
	m->seed = mm_seed_get(m->seed_blank);
	m->obs->nr_pending = m->obs->nr_taken = 0;
	mm_zones_blank(m);
	if (m->cfg.limits)
		sg_limits_add(m->cfg.limits, SG_LIMIT_SNAPSHOT_STALE, m->core.seed_at + 1, m->core.position,
			      "take it within the trace, between the markers snapshot-begin and snapshot-begin-done, as samples/README.md shows",
			      "the snapshot doesn't fit the trace: %" PRIu64 " of the %" PRIu64 " events since it show pages free that it has in use,"
			      " or the other way, as where one was taken before the trace on a busy machine; from event %u on nothing is"
			      " built on its pages", wrong, m->core.position - m->core.seed_at, m->core.stale_at);
}

/*
 * Does the seed fit the trace?  Where it doesn't, pages are freed that it has as free, or leave the lists though it has them in
 * use, again and again.  A seed that is a moment older than the trace is wrong of what changed hands meanwhile, and that shows in the
 * first thousands of events and then no more; one that is some seconds old, of a busy machine, goes on being wrong.  When and
 * how often are guesses: after 32768 events 11 % of them had shown such a page with the one, at most 8 % with those of some forty
 * captures that were taken right before the trace, and none with those taken within it.
 */
static uint64_t wrong_pages(const struct mm_core *c)
{
	return c->contra[MM_CONTRA_FREE_TWICE] + c->contra[MM_CONTRA_ALLOC_NOT_FREE];
}

static void weigh_seed(struct mm_machine *m)
{
	uint64_t since = m->core.position - m->core.seed_at, wrong = wrong_pages(&m->core) - m->core.seed_wrong;

	if (since == MM_GUESS(STALE_EVENTS) ? wrong * MM_GUESS(STALE_ONE_IN) > since :
				    since == MM_GUESS(STALE_EARLY_EVENTS) && wrong * MM_GUESS(STALE_EARLY_ONE_IN) > since)
		drop_seed(m, wrong);
}

/* ---- dispatch ------------------------------------------------------------ */

void mm_skip(struct mm_machine *m, uint64_t number)
{
	if (number > m->core.position + 1)
		m->core.position = number - 1;
}

static void apply(struct mm_machine *m, const struct sg_event *ev)
{
	if (m->obs->report_due && m->now >= m->obs->report_due)
		mm_reporting_pass(m);
	if (ev->missed)
		lose(m);
	if (m->obs->nr_isolations)
		mm_isolation_goes_on(m, ev);
	if (mm_preempt_of(ev))
		m->obs->counts_preempt = true;
	if (!(ev->common_flags & MM_IN_INTERRUPT) && ev->cpu < m->nr_base && m->obs->base[ev->cpu].irq_frees)
		mm_settle_irq_frees(m, ev);
	if (!(ev->common_flags & MM_IN_INTERRUPT) && ev->cpu < m->nr_base && m->obs->base[ev->cpu].raced_event)
		mm_remote_settle(m, ev);
	switch (ev->kind) {
	case SG_EV_mm_page_alloc:
		mm_stall_end(m, ev);
		mm_on_alloc(m, ev);
		break;
	case SG_EV_mm_page_free:
		mm_on_free(m, ev);
		break;
	case SG_EV_mm_page_free_batched:
		mm_on_free_batched(m, ev);
		break;
	case SG_EV_mm_page_alloc_zone_locked:
		mm_on_zone_locked(m, ev);
		break;
	case SG_EV_mm_page_pcpu_drain:
		mm_on_drain(m, ev);
		break;
	case SG_EV_mm_page_alloc_extfrag:
		mm_on_extfrag(m, ev);
		break;
	case SG_EV_mm_lru_insertion:
		on_lru(m, ev->v[SGF_mm_lru_insertion_pfn], ev->v[SGF_mm_lru_insertion_lru], true);
		break;
	case SG_EV_mm_lru_activate:
		on_lru(m, ev->v[SGF_mm_lru_activate_pfn], 0, false);
		break;
	case SG_EV_print:
		on_marker(m, ev);
		break;
	default:
		mm_observe_compact(m, ev);
	}
	if (!(ev->common_flags & MM_IN_INTERRUPT) && ev->cpu < m->nr_base)
		mm_base_event_set(m, ev);
	if (m->core.seeds_applied && !m->core.seed_lost && m->seed != m->seed_blank)
		weigh_seed(m);
	mm_audit_now_and_then(m);
}

void mm_observe(struct mm_machine *m, const struct sg_event *ev)
{
	struct sg_event room;

	mm_apply(m, mm_map_event(m->map, ev, &room));
}

void mm_apply(struct mm_machine *m, const struct sg_event *ev)
{
	m->core.position++;
	m->nr_changes = m->total_changes = 0;
	m->nr_block_changes = m->total_block_changes = 0;
	m->last_contra = 0;
	m->now = ev->ts;
	m->cpu = ev->cpu;
	if (m->out_of_memory)
		return;
	if (setjmp(m->leave) != 0) { /* from mm_no_memory() */
		m->observing = false;
		m->no_memory_at = m->core.position;
		mm_observer_forget(m);
		return;
	}
	m->observing = true;
	apply(m, ev);
	m->observing = false;
}

uint64_t mm_out_of_memory(const struct mm_machine *m)
{
	return m->out_of_memory ? m->no_memory_at : 0;
}

uint64_t mm_position(const struct mm_machine *m)
{
	return m->core.position;
}

const struct mm_block_change *mm_block_changes(const struct mm_machine *m, size_t *ret_nr, size_t *ret_total)
{
	*ret_nr = m->nr_block_changes;
	if (ret_total)
		*ret_total = m->total_block_changes;
	return m->block_change;
}

const struct mm_change *mm_changes(const struct mm_machine *m, size_t *ret_nr, size_t *ret_total)
{
	if (m->map) {
		/* shown to others with the kernel's pfns */
		struct mm_machine *w = (struct mm_machine *)m;

		for (size_t i = 0; i < m->nr_changes; i++) {
			w->shown[i] = m->change[i];
			w->shown[i].pfn = mm_out(m, m->change[i].pfn);
		}
		*ret_nr = m->nr_changes;
		if (ret_total)
			*ret_total = m->total_changes;
		return m->shown;
	}
	*ret_nr = m->nr_changes;
	if (ret_total)
		*ret_total = m->total_changes;
	return m->change;
}

uint32_t mm_last_contra(const struct mm_machine *m)
{
	return m->last_contra;
}

uint64_t mm_contra_count(const struct mm_machine *m, enum mm_contra c)
{
	return c < MM_CONTRA_COUNT ? m->core.contra[c] : 0;
}

const char *mm_contra_key(enum mm_contra c)
{
	static const char *const key[] = {
#define X(id, k, text) k,
		MM_CONTRA_LIST(X)
#undef X
	};

	return c < MM_CONTRA_COUNT ? key[c] : "?";
}

const char *mm_contra_text(enum mm_contra c)
{
	static const char *const text[] = {
#define X(id, k, t) t,
		MM_CONTRA_LIST(X)
#undef X
	};

	return c < MM_CONTRA_COUNT ? text[c] : "?";
}
