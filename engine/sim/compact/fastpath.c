// SPDX-License-Identifier: GPL-2.0-only
/* The simulated scanners' short ways through the free lists. */
#include "sim/compact/compact.h"
#include "sim/emit.h"

struct fast {
	struct mm_sim *s;
	struct sim_cc *cc;
};

/* Source: mm/compaction.c: move_freelist_head(), 6.1 to 7.3 */
static void begin_at(void *arg, unsigned int order, uint64_t pfn)
{
	struct fast *f = arg;

	mm_list_rotate(f->s->m, mm_sim_zone(f->s, f->cc->zone), order, MM_MT_MOVABLE, pfn);
}

/* Source: mm/compaction.c: move_freelist_tail(), 6.1 to 7.3 */
static void begin_behind(void *arg, unsigned int order, uint64_t pfn)
{
	struct fast *f = arg;
	const struct free_list *l = &mm_sim_zone(f->s, f->cc->zone)->list[order][MM_MT_MOVABLE];
	struct page_ent e = mm_ent(f->s->m, pfn);
	uint32_t next = e.a;

	if (next == MM_NIL && l->head_last == pfn && l->nr_unplaced == 0)
		next = l->tail_first;
	if (next != MM_NIL)
		begin_at(arg, order, next);
}

static enum mm_answer isolate(void *arg, uint64_t pfn, unsigned int order)
{
	struct fast *f = arg;

	return mm_sim_take_free(f->s, f->cc, pfn, order);
}

static enum mm_answer skipped(void *arg, uint64_t pfn)
{
	struct fast *f = arg;

	return mm_sim_skip_get(f->s, pfn) ? MM_YES : MM_NO;
}

/* The rest of the pageblock of what was found.  Source: mm/compaction.c: fast_isolate_around(), 6.1 to 7.3 */
static void around(struct mm_sim *s, struct sim_cc *cc, uint64_t pfn)
{
	const struct zone_state *z = mm_sim_zone(s, cc->zone);
	uint64_t start = mm_sim_block_start(s, pfn), end = mm_sim_block_end(s, pfn);

	if (cc->nr_free >= cc->nr_migrate || (cc->who.direct && cc->mode == SIM_ASYNC))
		return;
	if (start < z->start)
		start = z->start;
	if (end > z->end)
		end = z->end;
	mm_sim_free_block_scan(s, cc, &start, end, 1);
	/* it is full or nearly full; 6.1 thinks so when there is too little */
	if (!mm_has(cc->who.facts, FAST_FULL) ? cc->nr_free < cc->nr_migrate : start == end)
		mm_sim_skip_set(s, pfn, true);
}

/**
 * mm_sim_fast_free() - looks through the MOVABLE lists for targets far up in the zone
 * Source: mm/compaction.c: fast_isolate_freepages(), 6.1 to 7.3; 6.12 and later don't enter a pageblock at the
 * mark that isn't suited
 */
void mm_sim_fast_free(struct mm_sim *s, struct sim_cc *cc)
{
	struct sim_czone *cz = &s->compact->zone[cc->zone];
	const struct zone_state *z = mm_sim_zone(s, cc->zone);
	struct fast arg = { s, cc };
	struct mm_fast_free f = {
		.z = z, .migrate_pfn = cc->migrate_pfn, .free_pfn = cc->free_pfn,
		.need = cc->nr_migrate > cc->nr_free ? cc->nr_migrate - cc->nr_free : 0,
		.scan_start = cc->free_pfn >= cz->init_free, .fail = cc->search_fail, .search_order = cc->search_order,
		.rotate = begin_at, .isolate = isolate, .arg = &arg,
	};
	uint64_t page;

	if (cc->who.order <= 0)
		return;
	mm_fast_free(s->m, &cc->who, &f);
	if (f.why)
		return; /* lists that a snapshot filled: their order isn't known */
	cc->search_fail = f.fail;
	cc->search_order = f.search_order;
	/* the event came with 6.5 */
	if (mm_sim_since(s, MM_SINCE(6, 5)))
		SIM_EMIT(s, mm_compaction_fast_isolate_freepages, SIM_F(mm_compaction_fast_isolate_freepages, start_pfn,
									f.min_pfn),
			 SIM_F(mm_compaction_fast_isolate_freepages, end_pfn, cc->free_pfn),
			 SIM_F(mm_compaction_fast_isolate_freepages, nr_scanned, f.scanned),
			 SIM_F(mm_compaction_fast_isolate_freepages, nr_taken, f.pfn == UINT64_MAX ? 0 : UINT64_C(1) << f.order));
	if (mm_sim_listens(s))
		mm_sim_say_range(s, cc, "mm/compaction.c: fast_isolate_freepages()",
				 "The free lists are searched for a block in the upper part of what is left.",
				 f.min_pfn, cc->free_pfn, f.scanned, f.pfn == UINT64_MAX ? 0 : UINT64_C(1) << f.order);
	page = f.pfn;
	if (page == UINT64_MAX && f.scan_start) {
		if (f.highest >= f.min_pfn) {
			page = cc->free_pfn = f.highest;
		} else if (cc->who.direct && f.min_pfn < z->end) {
			/* (where the scanners have passed each other, the mark is beyond all memory) */
			bool whole = f.min_pfn >= z->start;

			if (whole && (!mm_has(cc->who.facts, FAST_TARGET) || mm_sim_target_block(s, cc, f.min_pfn)))
				page = f.min_pfn;
			cc->free_pfn = f.min_pfn;
		}
	}
	if (f.highest && f.highest >= cz->cached_free)
		cz->cached_free = f.highest - mm_sim_block_size(s);
	cc->free_scanned += f.scanned;
	if (page != UINT64_MAX)
		around(s, cc, page);
}

/**
 * mm_sim_fast_migrate() - looks through the MOVABLE lists for a pageblock that is partly free already
 * Return: where the migrate scanner goes on
 * Source: mm/compaction.c: fast_find_migrateblock(), update_fast_start_pfn(), reinit_migrate_pfn(), 6.1 to 7.3
 */
uint64_t mm_sim_fast_migrate(struct mm_sim *s, struct sim_cc *cc)
{
	const struct zone_state *z = mm_sim_zone(s, cc->zone);
	struct fast arg = { s, cc };
	struct mm_fast_migrate f = { .z = z, .migrate_pfn = cc->migrate_pfn, .free_pfn = cc->free_pfn,
				     .fail = cc->search_fail,
				     .skip = skipped, .rotate = begin_behind, .arg = &arg };
	bool aligned = cc->migrate_pfn == z->start || cc->migrate_pfn == mm_sim_block_start(s, cc->migrate_pfn);

	if (!mm_fast_migrate_wanted(&cc->who, cc->ignore_skip, cc->finish_pageblock, aligned))
		return cc->migrate_pfn;
	mm_fast_migrate(s->m, &cc->who, &f);
	if (f.why)
		return cc->migrate_pfn;
	cc->migrate_scanned += f.scanned;
	if (mm_sim_listens(s))
		mm_sim_say_range(s, cc, "mm/compaction.c: fast_find_migrateblock()",
				 "The free lists are searched for a pageblock that is partly free.",
				 f.found ? f.pfn : cc->migrate_pfn, cc->migrate_pfn, f.scanned, 0);
	if (f.found) {
		uint64_t block = mm_sim_block_start(s, f.pfn);

		if (cc->fast_start != UINT64_MAX && (cc->fast_start == 0 || f.pfn < cc->fast_start))
			cc->fast_start = f.pfn;
		cc->search_fail = 0;
		if (!mm_has(cc->who.facts, FAST_UNMARKED))
			mm_sim_skip_set(s, f.pfn, true);
		return block < z->start ? z->start : block;
	}
	cc->search_fail++;
	/* what the searches found before is where the linear scan begins */
	if (cc->fast_start != 0 && cc->fast_start != UINT64_MAX) {
		cc->migrate_pfn = cc->fast_start;
		cc->fast_start = UINT64_MAX;
	}
	return cc->migrate_pfn;
}
