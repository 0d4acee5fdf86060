// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated scanners: the migrate scanner goes up from the start of the zone and takes what can be moved,
 * the free scanner comes down from its end and takes free pages as targets.
 */
#include "sim/compact/compact.h"
#include "sim/emit.h"
#include "sim/hooks.h"

struct scan {
	struct mm_sim *s;
	struct sim_cc *cc;
	bool hint_due, hint_set; /* the pageblock's skip hint: to be set with the first page taken; was it? */
};

/* Is the folio at @pfn one that migration takes off the LRU? */
static bool may_isolate(const struct mm_sim *s, const struct sim_cc *cc, uint64_t pfn, const struct page_ent *e)
{
	bool file = (e->st & PE_LRU) >> 3 == MM_LRU_FILE;

	/* Source: mm/compaction.c: isolate_migratepages_block(): ISOLATE_UNEVICTABLE, 6.1 to 7.3 */
	if (mm_sim_unevictable(e)) /* what they are of isn't known: mostly of files, which need the filesystem */
		return mm_sim_tune(s, MM_TUNE_COMPACT_UNEVICTABLE) && (cc->gfp & MM_GFP_FS);
	if (!mm_sim_on_lru(s, pfn))
		return false;
	if (!file && mm_sim_pinned(s, pfn)) /* of file pages the pins show only when they are moved */
		return false;
	return !file || (cc->gfp & MM_GFP_FS);
}

/* A policy's say in what becomes of the large folio at @pfn, which is on the LRU. */
static void look_folio(const struct scan *sc, uint64_t pfn, const struct page_ent *e, struct mm_look *l)
{
	bool file = (e->st & PE_LRU) >> 3 == MM_LRU_FILE;
	enum mm_folio_move was = mm_folio_too_large(&sc->cc->who, l->order) ? MM_FOLIO_LEAVE : MM_FOLIO_WHOLE;

	switch (mm_sim_ask_folio_move(sc->s, sc->cc, pfn, l->order, file, was)) {
	case MM_FOLIO_LEAVE:
		l->lru = false;
		break;
	case MM_FOLIO_SPLIT:
		mm_sim_folio_split(sc->s, pfn);
		l->order = 0;
		break;
	case MM_FOLIO_WHOLE:
	default:
		l->whole = true;
		break;
	}
}

static struct mm_look look_source(void *arg, uint64_t pfn)
{
	const struct scan *sc = arg;
	struct page_ent e = mm_ent(sc->s->m, pfn);
	struct mm_look l = { .kind = MM_LOOK_USED };

	if (ent_state(&e) == PS_FREE) {
		l.kind = MM_LOOK_FREE;
		l.order = (uint8_t)ent_order(&e);
	} else if (ent_state(&e) == PS_ALLOC) {
		l.order = (uint8_t)mm_sim_folio_order_at(sc->s, pfn, &e);
		l.lru = (ent_order(&e) == 0 || l.order > 0) && may_isolate(sc->s, sc->cc, pfn, &e);
		if (l.lru && l.order > 0 && mm_sim_asks(sc->s, MM_HOOK_FOLIO_MOVE))
			look_folio(sc, pfn, &e, &l);
	}
	return l;
}

static void take_source(void *arg, uint64_t pfn, unsigned int order)
{
	struct scan *sc = arg;
	struct sim_compact *c = sc->s->compact;

	if (sc->hint_due) {
		/* 6.1 looks at the page, not at the pageblock's first one */
		sc->hint_due = false;
		sc->hint_set = true;
		if (!sc->cc->ignore_skip &&
		    (mm_has(sc->cc->who.facts, HINT_BLOCK) || pfn == mm_sim_block_start(sc->s, pfn)))
			mm_sim_skip_set(sc->s, pfn, true);
	}
	c->batch[c->nr_batch++] = (struct sim_folio){ .pfn = (uint32_t)pfn, .to = MM_NIL, .order = (uint8_t)order,
						      .sticks = mm_sim_pinned(sc->s, pfn) };
	sc->cc->nr_migrate += UINT64_C(1) << order;
}

static void drop_sources(void *arg)
{
	struct scan *sc = arg;

	sc->s->compact->nr_batch = 0;
	sc->cc->nr_migrate = 0;
}

/* Source: mm/compaction.c: update_cached_migrate(), 6.1 to 7.3: @pfn is a block's end: the end of the next one */
static void cached_migrate_up(struct mm_sim *s, const struct sim_cc *cc, uint64_t pfn)
{
	struct sim_czone *cz = &s->compact->zone[cc->zone];

	pfn = mm_sim_block_end(s, pfn);
	if (pfn > cz->cached_migrate[0])
		cz->cached_migrate[0] = pfn;
	if (cc->mode != SIM_ASYNC && pfn > cz->cached_migrate[1])
		cz->cached_migrate[1] = pfn;
}

/* Source: mm/compaction.c: isolate_migratepages_block(), 6.1 to 7.3 */
static void scan_source_block(struct mm_sim *s, struct sim_cc *cc, uint64_t start, uint64_t end)
{
	const struct zone_state *z = mm_sim_zone(s, cc->zone);
	bool first = start == mm_sim_block_start(s, start) || (start == z->start && mm_has(cc->who.facts, HINT_BLOCK));
	/* 6.1 tries the hint at the first page that it takes wherever that is */
	struct scan arg = { .s = s, .cc = cc, .hint_due = first || !mm_has(cc->who.facts, HINT_BLOCK) };
	struct mm_migrate_scan sc = { .start = start, .end = end, .finish_pageblock = cc->finish_pageblock,
				      .look = look_source,
				      .take = take_source, .drop = drop_sources, .arg = &arg };

	if (first && !cc->ignore_skip && mm_sim_skip_get(s, start)) {
		/* 6.1: the search of the lists marked the block that it had found, and so keeps us out of it */
		sc.low = end;
		sc.taken = 0;
		sc.scanned = 1;
		first = false;
	} else {
		mm_migrate_scan(&cc->who, &sc);
	}
	if (sc.low == end && (sc.taken == 0 || cc->finish_pageblock)) {
		if (first && !arg.hint_set)
			mm_sim_skip_set(s, start, true);
		cached_migrate_up(s, cc, sc.low);
	}
	cc->migrate_scanned += sc.scanned;
	s->stat[MM_SIM_COMPACT_ISOLATED] += sc.taken;
	cc->migrate_pfn = sc.low;
	SIM_EMIT(s, mm_compaction_isolate_migratepages, SIM_F(mm_compaction_isolate_migratepages, start_pfn, start),
		 SIM_F(mm_compaction_isolate_migratepages, end_pfn, sc.low),
		 SIM_F(mm_compaction_isolate_migratepages, nr_scanned, sc.scanned),
		 SIM_F(mm_compaction_isolate_migratepages, nr_taken, sc.taken));
	if (mm_sim_listens(s))
		mm_sim_say_range(s, cc, "mm/compaction.c: isolate_migratepages_block()",
				 "Pages on the LRU are taken until there are 32 or the pageblock ends.", start, sc.low,
				 sc.scanned, sc.taken);
}

/* Is the pageblock's first page part of a compound page as large as it? */
static bool block_is_folio(const struct mm_sim *s, uint64_t pfn)
{
	struct page_ent e = mm_ent(s->m, pfn);

	return ent_order(&e) >= s->m->pb_order && mm_sim_folio_order_at(s, mm_sim_folio_head(s, pfn, &e), &e) != 0;
}

/* May the migrate scanner take from the pageblock of @pfn? */
static bool source_block(struct mm_sim *s, const struct sim_cc *cc, uint64_t pfn)
{
	unsigned int mt = mm_blk(s->m, pfn >> s->m->pb_order).mt;
	bool yes = mm_source_type(&cc->who, mt) == MM_YES;

	if (mm_unlikely(cc->sources))
		yes = mt < SG_MAX_MIGRATETYPES && (cc->sources >> mt & 1);
	if (mm_sim_asks(s, MM_HOOK_SOURCE))
		yes = mm_sim_ask_source(s, cc, pfn, mt, yes);
	return yes;
}

/**
 * mm_sim_scan_migrate() - the migrate scanner goes on to the next pageblock that suits, and scans it or the rest of it
 * Return: was anything taken?
 * Source: mm/compaction.c: isolate_migratepages(), 6.1 to 7.3
 */
bool mm_sim_scan_migrate(struct mm_sim *s, struct sim_cc *cc)
{
	const struct zone_state *z = mm_sim_zone(s, cc->zone);
	uint64_t low = mm_sim_fast_migrate(s, cc), end = mm_sim_block_end(s, low);
	bool found = low != cc->migrate_pfn && cc->search_fail == 0;

	s->compact->nr_batch = 0;
	for (; end <= cc->free_pfn; found = false, cc->migrate_pfn = low = end, end += mm_sim_block_size(s)) {
		uint64_t block = mm_sim_block_start(s, low);
		bool first = low == block || (low == z->start && mm_has(cc->who.facts, HINT_BLOCK));

		if (block < z->start)
			block = z->start;
		if (first && !found && !cc->ignore_skip && mm_sim_skip_get(s, low))
			continue;
		if (block_is_folio(s, block) || !source_block(s, cc, block)) {
			cached_migrate_up(s, cc, end);
			continue;
		}
		scan_source_block(s, cc, low, end);
		break;
	}
	return cc->nr_migrate > 0;
}

/* The free scanner from where it stands down to the migrate scanner.  Source: isolate_freepages(), 6.1 to 7.3 */
static void scan_down(struct mm_sim *s, struct sim_cc *cc)
{
	const struct zone_state *z = mm_sim_zone(s, cc->zone);
	struct sim_czone *cz = &s->compact->zone[cc->zone];
	uint64_t size = mm_sim_block_size(s), at = cc->free_pfn, block = mm_sim_block_start(s, at);
	uint64_t end = block + size < z->end ? block + size : z->end, low = mm_sim_block_end(s, cc->migrate_pfn);
	unsigned int stride = cc->mode == SIM_ASYNC ? MM_COMPACT_CLUSTER_MAX : 1;

	for (; block >= low; end = block, block -= size, at = block) {
		uint64_t had = cc->nr_free, back = !mm_has(cc->who.facts, FREE_CACHE_NEXT) ? block : block - size;

		if (block < z->start || !mm_sim_target_block(s, cc, block) || (!cc->ignore_skip && mm_sim_skip_get(s, block)))
			continue;
		mm_sim_free_block_scan(s, cc, &at, end, stride);
		if (at == end) {
			mm_sim_skip_set(s, block, true);
			if (back < cz->cached_free)
				cz->cached_free = back;
		}
		if (cc->nr_free >= cc->nr_migrate) {
			if (at >= end)
				at = block - size;
			break;
		}
		if (at < end)
			break;
		if (cc->nr_free > had)
			stride = 1;
		else
			stride = stride << 1 < MM_COMPACT_CLUSTER_MAX ? stride << 1 : MM_COMPACT_CLUSTER_MAX;
	}
	cc->free_pfn = at;
}

/** The free scanner looks for targets: first in the free lists, then from its place down. */
void mm_sim_scan_free(struct mm_sim *s, struct sim_cc *cc)
{
	mm_sim_fast_free(s, cc);
	if (cc->nr_free == 0)
		scan_down(s, cc);
	if (!mm_has(cc->who.facts, FOLIO_TARGETS))
		mm_sim_targets_split(s, cc);
}
