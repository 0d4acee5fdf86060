// SPDX-License-Identifier: GPL-2.0-only
/*
 * Targets of a simulated compaction, and moving folios into them.  A target is a block that is on no list:
 * its pages are isolated, and their entries link the run's own lists.
 */
#include <stdlib.h>
#include <string.h>

#include "sim/compact/compact.h"
#include "sim/emit.h"
#include "sim/hooks.h"
#include "sim/reclaim/lru.h"
#include "sim/report.h"

/*
 * A target for a folio of @order, MM_NIL when there is none.  Larger blocks are split, their upper halves
 * stay.  Source: mm/compaction.c: compaction_alloc(): 6.1 knows single pages only; 6.12 to 7.3
 */
static uint32_t target(struct mm_sim *s, struct sim_cc *cc, unsigned int order)
{
	uint32_t pfn;

	for (unsigned int tries = 0; tries < 2; tries++) {
		unsigned int o = order;

		while (o < s->m->nr_orders && cc->free_first[o] == MM_NIL)
			o++;
		if (o == s->m->nr_orders) {
			if (tries == 0)
				mm_sim_scan_free(s, cc);
			continue;
		}
		pfn = mm_sim_targets_pop(s, cc, o);
		while (o > order) {
			o--;
			mm_sim_targets_order(s, pfn + (UINT64_C(1) << o), o);
			mm_sim_targets_push(s, cc, pfn + (UINT64_C(1) << o), o, true);
		}
		mm_sim_targets_order(s, pfn, order);
		cc->nr_free -= UINT64_C(1) << order;
		if (mm_has(cc->who.facts, FOLIO_TARGETS))
			cc->nr_migrate -= UINT64_C(1) << order;
		return pfn;
	}
	return MM_NIL;
}

/* It wasn't used.  Source: mm/compaction.c: compaction_free(), 6.1 to 7.3 */
static void target_back(struct mm_sim *s, struct sim_cc *cc, uint32_t pfn, unsigned int order)
{
	mm_sim_targets_push(s, cc, pfn, order, true);
	cc->nr_free += UINT64_C(1) << order;
	if (mm_has(cc->who.facts, FOLIO_TARGETS))
		cc->nr_migrate += UINT64_C(1) << order;
}

/**
 * mm_sim_targets_release() - what is left goes back to the allocator
 * Return: the highest of their first pages
 * Source: mm/compaction.c: release_free_list(), 6.12 to 7.3; release_freepages(), v6.1
 */
uint64_t mm_sim_targets_release(struct mm_sim *s, struct sim_cc *cc)
{
	uint64_t highest = 0;

	for (unsigned int o = 0; o < MM_MAX_ORDERS; o++)
		for (uint32_t pfn = mm_sim_targets_pop(s, cc, o); pfn != MM_NIL; pfn = mm_sim_targets_pop(s, cc, o)) {
			if (pfn > highest)
				highest = pfn;
			mm_sim_release_block(s, cc->zone, pfn, o);
		}
	cc->nr_free = 0;
	return highest;
}

/* ---- moving -------------------------------------------------------------------- */

/* The folio's pages are used at @to from now on, and those at @from are free. */
static void move_one(struct mm_sim *s, struct sim_cc *cc, uint64_t from, uint64_t to, unsigned int order)
{
	struct mm_machine *m = s->m;
	struct zone_state *z = mm_sim_zone(s, cc->zone);
	uint64_t nr = UINT64_C(1) << order;

	for (uint64_t i = 0; i < nr; i++) {
		struct page_ent as = mm_ent(m, from + i);

		/* what reclaim looks at is marked when it comes to its list */
		as.st &= (uint8_t)~(mm_sim_unevictable(&as) ? PE_SNAP : PE_LRU | PE_ACTIVE | PE_SNAP);
		as.since = (uint32_t)m->core.position;
		mm_set_state(m, z, to + i, 1, PS_ALLOC, &as);
	}
	if (mm_unlikely(s->report))
		mm_sim_report_used(s, to, nr);
	mm_change_add(m, to, nr, PS_ISO, PS_ALLOC);
	mm_sim_lru_moved(s, from, to);
	if (s->compact->moved) {
		const struct mm_sim_moved mv = { .from = from, .to = to, .order = order };

		s->compact->moved(s->compact->moved_arg, &mv);
	}
	mm_sim_free_page(s, cc->cpu, from, order);
	cc->migrated += nr;
	s->stat[MM_SIM_PGMIGRATE_SUCCESS] += nr;
}

static void failed(struct mm_sim *s, struct sim_cc *cc, unsigned int order)
{
	cc->failed += UINT64_C(1) << order;
	s->stat[MM_SIM_PGMIGRATE_FAIL] += UINT64_C(1) << order;
}

/* One folio after the other.  Source: mm/migrate.c: migrate_pages(), unmap_and_move(), v6.1 */
static enum sim_move move_singly(struct mm_sim *s, struct sim_cc *cc)
{
	struct sim_compact *c = s->compact;
	bool all = true;

	for (unsigned int i = c->nr_batch; i-- > 0;) {
		const struct sim_folio *f = &c->batch[i];
		uint32_t to = target(s, cc, f->order);

		if (to == MM_NIL) {
			failed(s, cc, f->order);
			return SIM_NO_TARGET;
		}
		if (f->sticks) {
			target_back(s, cc, to, f->order);
			failed(s, cc, f->order);
			all = false;
		} else {
			move_one(s, cc, f->pfn, to, f->order);
		}
	}
	return all ? SIM_MOVED : SIM_SOME_FAILED;
}

/* The smaller before the larger, each in the order in which they were taken: targets are handed out from the end. */
static int by_order(const void *a, const void *b)
{
	const struct sim_folio *x = a, *y = b;

	return x->order != y->order ? x->order - y->order : x->at < y->at ? -1 : x->at > y->at;
}

static void largest_first(struct sim_compact *c)
{
	for (unsigned int i = 0; i < c->nr_batch; i++)
		c->batch[i].at = i;
	qsort(c->batch, c->nr_batch, sizeof(c->batch[0]), by_order);
}

/*
 * Large folios for which there was no target become single pages, which are the whole batch from now on.  Those that are pinned can't
 * be split.  Source: mm/migrate.c: migrate_pages_batch(), try_split_folio(), 6.3 to 7.3
 */
static void split_without_target(struct mm_sim *s, struct sim_cc *cc)
{
	struct sim_compact *c = s->compact;
	unsigned int nr = c->nr_batch;

	for (unsigned int i = 0; i < nr; i++) {
		const struct sim_folio f = c->batch[i];

		if (f.to != MM_NIL || !f.passed || !f.order)
			continue;
		if (f.sticks || c->nr_batch + (1u << f.order) > SIM_MAX_BATCH) {
			failed(s, cc, f.order);
			continue;
		}
		mm_sim_folio_split(s, f.pfn);
		/* from the end on they are moved */
		for (uint32_t k = 1u << f.order; k-- > 0;)
			c->batch[c->nr_batch++] = (struct sim_folio){ .pfn = f.pfn + k, .to = MM_NIL };
	}
	c->nr_batch -= nr;
	memmove(c->batch, c->batch + nr, c->nr_batch * sizeof(c->batch[0]));
}

/* A target for each of the batch, then each moves there.  @again: they were split, and their failures don't end the run */
static enum sim_move move_batch(struct mm_sim *s, struct sim_cc *cc, bool again)
{
	struct sim_compact *c = s->compact;
	enum sim_move ret = SIM_MOVED;
	unsigned int i;

	for (i = c->nr_batch; i-- > 0;) {
		struct sim_folio *f = &c->batch[i];

		f->to = target(s, cc, f->order);
		if (f->to != MM_NIL)
			continue;
		f->passed = true;
		ret = SIM_SOME_FAILED;
		if (f->order)
			continue;
		failed(s, cc, 0);
		ret = again ? SIM_SOME_FAILED : SIM_NO_TARGET;
		break;
	}
	for (i = c->nr_batch; i-- > 0;) {
		struct sim_folio *f = &c->batch[i];

		if (f->to != MM_NIL && !f->sticks)
			move_one(s, cc, f->pfn, f->to, f->order);
	}
	for (i = c->nr_batch; i-- > 0;) {
		struct sim_folio *f = &c->batch[i];

		if (f->to == MM_NIL || !f->sticks)
			continue;
		target_back(s, cc, f->to, f->order);
		failed(s, cc, f->order);
		if (ret == SIM_MOVED)
			ret = SIM_SOME_FAILED;
	}
	return ret;
}

/**
 * mm_sim_move() - moves what the migrate scanner took, the latest first; what can't be moved stays where it was
 *
 * Pinned pages of files fail here.  Large folios without a target are split, and their pages moved after all others, where their owner
 * wants to be told of that.
 * Source: mm/migrate.c: migrate_pages(), migrate_pages_batch(): 6.12 to 7.3 find a target for each folio of the
 * batch before the first one moves
 */
enum sim_move mm_sim_move(struct mm_sim *s, struct sim_cc *cc)
{
	struct sim_compact *c = s->compact;
	enum sim_move ret;
	bool large = false, whole = true;

	if (mm_sim_asks(s, MM_HOOK_FOLIO_TARGET))
		largest_first(c);
	if (!mm_has(cc->who.facts, MIGRATE_BATCH)) {
		ret = move_singly(s, cc);
		c->nr_batch = 0;
		return ret;
	}
	ret = move_batch(s, cc, false);
	for (unsigned int i = 0; i < c->nr_batch; i++) {
		const struct sim_folio *f = &c->batch[i];

		large |= f->passed && f->order;
		whole &= (f->to != MM_NIL && !f->sticks) || (f->passed && f->order && !f->sticks);
	}
	if (large && ret == SIM_SOME_FAILED && c->split) {
		split_without_target(s, cc);
		/* all of them moved, and nothing else was left: it is as if nothing had failed */
		if (move_batch(s, cc, true) == SIM_MOVED && whole)
			ret = SIM_MOVED;
	} else if (large) {
		for (unsigned int i = 0; i < c->nr_batch; i++)
			if (c->batch[i].passed && c->batch[i].order)
				failed(s, cc, c->batch[i].order);
	}
	c->nr_batch = 0;
	return ret;
}
