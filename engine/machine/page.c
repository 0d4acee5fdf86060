// SPDX-License-Identifier: GPL-2.0-only
/* Page and pageblock entries: reading, owning, changing state with all counters kept. */
#include <string.h>

#include "machine/state.h"

/* What the seed's byte @b says of a page that nothing has touched since. */
static struct page_ent ent_from_seed(const struct mm_machine *m, uint8_t b)
{
	struct page_ent e = { .om = 0xf0, .a = MM_NIL, .b = MM_NIL };

	switch (b & 7) {
	case MM_SEED_NONE:
		e.st = PS_NONE;
		break;
	case MM_SEED_FREE:
		if (m->core.seed_lost) {
			e.since = m->core.seed_lost;
			break;
		}
		e.st = PS_FREE | PE_SNAP;
		e.om = 0xf0 | (b >> 4);
		break;
	case MM_SEED_FREET:
		if (m->core.seed_lost) {
			e.since = m->core.seed_lost;
			break;
		}
		e.st = PS_FREET | PE_SNAP;
		break;
	case MM_SEED_USED:
		e.st = (uint8_t)(PS_ALLOC | PE_SNAP | (b >> 4 & 3) << 3 | (b & 8 ? PE_ACTIVE : 0));
		e.a = (uint32_t)MM_PID_UNKNOWN;
		e.x = UINT16_MAX;
		break;
	default:
		break; /* unknown */
	}
	return e;
}

/** mm_ent() of a page whose entry isn't at hand, or isn't there: then the seed speaks. */
struct page_ent mm_ent_far(const struct mm_machine *m, uint64_t pfn)
{
	const struct page_ent *e = mm_cow_peek_note(&m->pages, pfn);

	if (e)
		return *e;
	return ent_from_seed(m, mm_seed_pattern(m->seed, pfn)[pfn % MM_SEED_PATTERN]);
}

/** What the seed says of @pfn: its entry until an event touches it. */
struct page_ent mm_ent_seed(const struct mm_machine *m, uint64_t pfn)
{
	return ent_from_seed(m, mm_seed_pattern(m->seed, pfn)[pfn % MM_SEED_PATTERN]);
}

/** @e without what a former list or owner left in fields that nobody reads now. */
struct page_ent mm_ent_meaning(const struct page_ent *e)
{
	struct page_ent r = *e;

	if (!(e->st & PE_LINK)) {
		r.b = MM_NIL;
		if (ent_state(e) != PS_ALLOC)
			r.a = MM_NIL;
	}
	return r;
}

/** What an entry is before anybody wrote it; @arg: the machine. */
void mm_ent_fill(void *arg, uint64_t pfn, void *elem)
{
	const struct mm_machine *m = arg;
	struct page_ent *e = elem;

	*e = ent_from_seed(m, mm_seed_pattern(m->seed, pfn)[pfn % MM_SEED_PATTERN]);
}

/** mm_ent_own() of an entry that isn't at hand. */
struct page_ent *mm_ent_own_far(struct mm_machine *m, uint64_t pfn)
{
	struct page_ent *e = mm_cow_own_note(&m->pages, pfn, mm_ent_fill, m);

	if (!e) {
		if (pfn < m->pages.v.nr)
			mm_no_memory(m);
		m->sink = ent_from_seed(m, MM_SEED_UNKNOWN);
		return &m->sink;
	}
	return e;
}

/* Pages of a pageblock that one pattern of the seed holds: a pageblock may be smaller than that. */
static inline unsigned int stretch(const struct mm_machine *m)
{
	return m->pb_order < MM_SEED_PATTERN_BITS ? 1u << m->pb_order : MM_SEED_PATTERN;
}

static struct block_ent blk_from_seed(const struct mm_machine *m, uint64_t block)
{
	struct block_ent b = { .mt = MM_MT_UNKNOWN };
	uint64_t pfn = block << m->pb_order, end = pfn + (1ull << m->pb_order);
	unsigned int nr = stretch(m);

	if (!m->seed->pattern_of)
		return b;
	for (; pfn < end; pfn += nr) {
		const uint8_t *p = mm_seed_pattern(m->seed, pfn);

		if (p < m->seed->pattern + 2 * MM_SEED_PATTERN)
			continue; /* all unknown or all none */
		p += pfn % MM_SEED_PATTERN;
		for (unsigned int i = 0; i < nr; i++) {
			unsigned int s = p[i] & 7;

			b.nr[BN_FREE] += s == MM_SEED_FREE || s == MM_SEED_FREET;
			b.nr[BN_ALLOC] += s == MM_SEED_USED;
		}
	}
	if (m->core.seed_lost && b.nr[BN_FREE]) {
		b.nr[BN_FREE] = 0;
		b.changed = m->core.seed_lost;
	}
	return b;
}

struct block_ent mm_blk_far(const struct mm_machine *m, uint64_t block)
{
	const struct block_ent *b = mm_cow_peek_note(&m->blocks, block);

	return b ? *b : blk_from_seed(m, block);
}

/** What the seed says of a pageblock. */
struct block_ent mm_blk_seed(const struct mm_machine *m, uint64_t block)
{
	return blk_from_seed(m, block);
}

void mm_blk_fill(void *arg, uint64_t block, void *elem)
{
	struct block_ent *b = elem;

	*b = blk_from_seed(arg, block);
}

struct block_ent *mm_blk_own_far(struct mm_machine *m, uint64_t block)
{
	struct block_ent *b = mm_cow_own_note(&m->blocks, block, mm_blk_fill, m);

	if (!b) {
		if (block < m->blocks.v.nr)
			mm_no_memory(m);
		return &m->block_sink;
	}
	return b;
}

/* Which count of a block a page state goes to, -1 for none. */
static inline int block_count(unsigned int state)
{
	static const signed char of[] = { -1, -1, BN_FREE, BN_FREE, BN_PCP, BN_ALLOC, BN_ISO, -1 };

	return of[state & 7];
}

static inline bool is_foreign(const struct page_ent *e, const struct block_ent *b)
{
	return ent_state(e) == PS_ALLOC && ent_mt(e) != 15 && b->mt != MM_MT_UNKNOWN && ent_mt(e) != b->mt;
}

/* First page of an allocation that the trace saw being made. */
static inline bool is_folio_head(const struct page_ent *e, uint64_t pfn)
{
	return ent_state(e) == PS_ALLOC && !(e->st & PE_SNAP) && !(pfn & ((1ull << ent_order(e)) - 1));
}

/**
 * mm_set_state() - put pages into a state, keeping the counts of zone and blocks
 * @nr: pages; they must lie in @z
 * @as: order, migratetype, owner and flags for all of them; its state bits are replaced by @to.
 *      For PS_FREE the first page becomes the head, the others PS_FREET.
 * List links are the caller's: pages on a list must have been taken off before.
 */
void mm_set_state(struct mm_machine *m, struct zone_state *z, uint64_t pfn, unsigned int nr,
		  enum page_state to, const struct page_ent *as)
{
	struct page_ent tmpl = *as;
	uint64_t block = UINT64_MAX;
	struct block_ent *b = NULL;

	tmpl.st = (uint8_t)((as->st & ~PE_STATE) | (to == PS_FREE ? PS_FREET : to));
	for (unsigned int i = 0; i < nr; i++) {
		struct page_ent *e = mm_ent_own(m, pfn + i);
		unsigned int from = ent_state(e);
		int c;

		if ((pfn + i) >> m->pb_order != block) {
			block = (pfn + i) >> m->pb_order;
			b = mm_blk_own(m, block);
			b->changed = (uint32_t)m->core.position;
		}
		if (z->nr_pages[from])
			z->nr_pages[from]--;
		c = block_count(from);
		if (c >= 0 && b->nr[c])
			b->nr[c]--;
		if (is_foreign(e, b) && b->nr[BN_FOREIGN])
			b->nr[BN_FOREIGN]--;
		if (is_folio_head(e, pfn + i) && z->folios[ent_order(e)])
			z->folios[ent_order(e)]--;
		*e = tmpl;
		if (i == 0 && to == PS_FREE)
			e->st = (uint8_t)((tmpl.st & ~PE_STATE) | PS_FREE);
		z->nr_pages[ent_state(e)]++;
		c = block_count(ent_state(e));
		if (c >= 0)
			b->nr[c]++;
		if (is_foreign(e, b))
			b->nr[BN_FOREIGN]++;
		if (is_folio_head(e, pfn + i))
			z->folios[ent_order(e)]++;
	}
}

void mm_change_add(struct mm_machine *m, uint64_t pfn, uint64_t nr, unsigned int from, unsigned int to)
{
	static const unsigned char pub[] = {
		MM_PAGE_UNKNOWN, MM_PAGE_NONE, MM_PAGE_FREE, MM_PAGE_FREE,
		MM_PAGE_PCP, MM_PAGE_ALLOC, MM_PAGE_ISOLATED, MM_PAGE_UNKNOWN,
	};

	m->total_changes++;
	if (m->nr_changes < MM_MAX_CHANGES)
		m->change[m->nr_changes++] = (struct mm_change){ pfn, nr, pub[from & 7], pub[to & 7] };
}

void mm_contra_add(struct mm_machine *m, enum mm_contra c)
{
	/* what the snapshot saw while events ran on is no fault of anybody */
	if (m->core.in_snapshot && c != MM_CONTRA_OUT_OF_RANGE)
		c = MM_CONTRA_SNAPSHOT_RACE;
	m->core.contra[c]++;
	m->last_contra |= 1u << c;
}

/**
 * mm_head_of() - the free block that @pfn belongs to
 * Return: false when @pfn isn't free
 */
bool mm_head_of(const struct mm_machine *m, uint64_t pfn, uint64_t *ret_head, struct page_ent *ret)
{
	struct page_ent e = mm_ent(m, pfn);

	if (ent_state(&e) == PS_FREE) {
		*ret_head = pfn;
		*ret = e;
		return true;
	}
	if (ent_state(&e) != PS_FREET)
		return false;
	for (unsigned int o = 1; o < m->nr_orders; o++) {
		uint64_t h = pfn & ~((1ull << o) - 1);

		if (h == pfn)
			continue;
		e = mm_ent(m, h);
		if (ent_state(&e) == PS_FREE && ent_order(&e) >= o) {
			*ret_head = h;
			*ret = e;
			return true;
		}
	}
	return false;
}

/** Index of @gfp in the dictionary, UINT16_MAX when it is full. */
uint16_t mm_gfp_index(struct mm_machine *m, uint64_t gfp)
{
	unsigned int i = m->core.nr_gfp;

	while (i > 0)
		if (m->gfp[--i] == gfp)
			return (uint16_t)i;
	if (m->core.nr_gfp == MM_MAX_GFP)
		return UINT16_MAX;
	m->gfp[m->core.nr_gfp] = gfp;
	return (uint16_t)m->core.nr_gfp++;
}

/** mm_gfp_note() - a request of @order with the flags at @index of the dictionary was met */
void mm_gfp_note(struct mm_machine *m, uint16_t index, unsigned int order)
{
	uint8_t *o = index < MM_GFP_ORDERS ? &m->core.gfp_order[index] : NULL;

	if (o && *o != order + 1)
		*o = *o ? MM_GFP_SEVERAL : (uint8_t)(order + 1);
}

/** The order that all requests with @gfp so far had; -1 when there was none, or they differ. */
int mm_gfp_order(const struct mm_machine *m, uint64_t gfp)
{
	for (unsigned int i = 0; i < m->core.nr_gfp && i < MM_GFP_ORDERS; i++)
		if (m->gfp[i] == gfp)
			return m->core.gfp_order[i] == MM_GFP_SEVERAL ? -1 : (int)m->core.gfp_order[i] - 1;
	return -1;
}

char mm_page_letter(enum mm_page_state state)
{
	static const char letter[] = "-?fpai";

	return state <= MM_PAGE_ISOLATED ? letter[state] : '?';
}

void mm_page_get(const struct mm_machine *m, uint64_t pfn, struct mm_page_info *ret)
{
	struct page_ent e;
	uint64_t head;

	*ret = (struct mm_page_info){ .head = pfn, .migratetype = MM_MT_UNKNOWN, .pid = MM_PID_UNKNOWN };
	head = pfn = mm_in(m, pfn);
	if (mm_zone_index(m, pfn) < 0)
		return;
	e = mm_ent(m, pfn);
	ret->from_snapshot = e.st & PE_SNAP;
	ret->since = e.since;
	switch (ent_state(&e)) {
	case PS_NONE:
		ret->state = MM_PAGE_NONE;
		return;
	case PS_UNKNOWN:
	default:
		ret->state = MM_PAGE_UNKNOWN;
		return;
	case PS_FREE:
	case PS_FREET:
		ret->state = MM_PAGE_FREE;
		if (mm_head_of(m, pfn, &head, &e)) {
			ret->head = mm_out(m, head);
			ret->since = e.since;
			ret->reported = (e.st & PE_LINK) && (e.x & PE_X_REPORTED);
		}
		break;
	case PS_PCP:
		ret->state = MM_PAGE_PCP;
		break;
	case PS_ALLOC:
		ret->state = MM_PAGE_ALLOC;
		ret->pid = (int32_t)e.a;
		ret->lru = (e.st & PE_LRU) >> 3;
		ret->active = e.st & PE_ACTIVE;
		if (e.x < m->core.nr_gfp) {
			ret->have_gfp = true;
			ret->gfp = m->gfp[e.x];
		}
		break;
	case PS_ISO:
		ret->state = MM_PAGE_ISOLATED;
		break;
	}
	ret->order = ent_order(&e);
	if (ent_state(&e) != PS_FREE)
		ret->head = mm_out(m, pfn & ~((1ull << ret->order) - 1));
	if (ent_mt(&e) != 15)
		ret->migratetype = (uint8_t)ent_mt(&e);
	else if (ret->state == MM_PAGE_FREE)
		ret->migratetype = mm_blk(m, pfn >> m->pb_order).mt;
}

void mm_block_get(const struct mm_machine *m, uint64_t block, struct mm_block_info *ret)
{
	uint64_t first = mm_in(m, block << m->pb_order), end = first + (1ull << m->pb_order);
	unsigned int known, in_zone = 0;
	bool holes = false;
	struct block_ent b;

	if (first == MM_NOWHERE) {
		*ret = (struct mm_block_info){ .migratetype = MM_MT_UNKNOWN, .foreseen = MM_MT_UNKNOWN,
					       .nr_none = (uint16_t)(1u << m->pb_order) };
		return;
	}
	block = first >> m->pb_order;
	b = mm_blk(m, block);

	*ret = (struct mm_block_info){ .migratetype = b.mt, .nr_free = b.nr[BN_FREE], .nr_pcp = b.nr[BN_PCP],
				       .nr_alloc = b.nr[BN_ALLOC], .nr_isolated = b.nr[BN_ISO],
				       .nr_foreign = b.nr[BN_FOREIGN], .changed = b.changed,
				       .foreseen = MM_MT_UNKNOWN };
	if (b.mt == MM_MT_UNKNOWN && m->foresee)
		ret->foreseen = (uint8_t)m->foresee(m->foresight, block, m->core.position);
	for (unsigned int i = 0; i < m->core.nr_zones; i++) {
		const struct zone_state *z = &m->core.zone[i];
		uint64_t s = z->start > first ? z->start : first, e = z->end < end ? z->end : end;

		if (s < e) {
			in_zone += (unsigned int)(e - s);
			holes |= z->nr_pages[PS_NONE] > 0;
		}
	}
	known = b.nr[BN_FREE] + b.nr[BN_PCP] + b.nr[BN_ALLOC] + b.nr[BN_ISO];
	ret->nr_none = (uint16_t)(end - first - in_zone);
	if (holes && known < in_zone) {
		unsigned int none = 0; /* inside the zone: the snapshot showed them, or memory went offline */

		for (uint64_t p = first; p < end; p++)
			if (mm_zone_index(m, p) >= 0 && ent_state(&(struct page_ent){ .st = mm_ent(m, p).st }) == PS_NONE)
				none++;
		ret->nr_none += (uint16_t)none;
		in_zone -= none;
	}
	ret->nr_unknown = (uint16_t)(in_zone > known ? in_zone - known : 0);
	if (ret->nr_free == 1u << m->pb_order) {
		struct page_ent e;
		uint64_t head;

		ret->reported = mm_head_of(m, first, &head, &e) && ent_order(&e) >= m->pb_order && (e.st & PE_LINK) &&
				(e.x & PE_X_REPORTED);
	}
}

bool mm_reports(const struct mm_machine *m)
{
	return m->core.reporting;
}

unsigned int mm_pageblock_order(const struct mm_machine *m)
{
	return m->pb_order;
}

unsigned int mm_nr_orders(const struct mm_machine *m)
{
	return m->nr_orders;
}
