// SPDX-License-Identifier: GPL-2.0-only
/* Free blocks that compaction took as migration targets: isolated, or looked for where no event says which they are. */
#include "observe/observe.h"

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

/**
 * mm_pending_at_block() - fast_isolate_around() scans the pageblock of the block just taken: the start of that scan says where
 * the block was.  Source: mm/compaction.c: fast_isolate_around(), 6.1 to 7.3
 */
void mm_pending_at_block(struct mm_machine *m, struct zone_state *z, int32_t pid, uint64_t block_pfn)
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
