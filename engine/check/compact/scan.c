// SPDX-License-Identifier: GPL-2.0-only
/*
 * What compaction's scanners are predicted to do: where they go on, and what they take there.  A function that
 * returns a text couldn't tell; the text is the key of the missing fact.
 */
#include "check/compact/compact.h"
#include "check/hooks.h"
#include "observe/observer.h"
#include "machine/guesses.h"
#include "rules/gfp.h"

struct mm_compact_who mm_predict_who(const struct mm_compact_state *s, const struct mm_compact_task *t)
{
	unsigned int mt = mm_gfp_migratetype(s->m, t->gfp);

	return (struct mm_compact_who){
		.facts = s->facts, .pb_order = s->m->pb_order, .order = (int)t->order, .mt = mt,
		.mt_cma = s->m->cap->mt_cma,
		.direct = t->direct, .async = !t->sync, .cma_ok = mt == MM_MT_MOVABLE,
		.ignore_suitable = t->ignore_suitable,
	};
}

/* Of the page at @pfn: the order of the folio or other compound page it heads or is in, -1 when none, -2 unknown. */
static int compound_of(const struct mm_compact_state *s, uint64_t pfn, const struct page_ent *e)
{
	uint64_t gfp;

	if (ent_state(e) != PS_ALLOC)
		return ent_state(e) == PS_UNKNOWN ? -2 : -1;
	if ((e->st & PE_SNAP) || e->x >= s->m->core.nr_gfp)
		return -2;
	gfp = s->m->gfp[e->x];
	return ent_order(e) > 0 && (gfp & s->m->cap->gfp.comp) ? (int)ent_order(e) : -1;
}

/*
 * Migratetype of the pageblock that begins at @pfn.  One that no event has told is taken for movable where most
 * of its pages in use are on the LRU: other types' blocks hold such pages only where requests fell back.
 */
static unsigned int type_of(const struct mm_compact_state *s, uint64_t pfn)
{
	unsigned int mt = mm_blk(s->m, pfn >> s->m->pb_order).mt, lru = 0, other = 0;

	if (mt != MM_MT_UNKNOWN)
		return mt;
	for (uint64_t p = pfn; p < pb_end(s, pfn); p += MM_GUESS(SAMPLE)) {
		struct page_ent e = mm_ent(s->m, p);

		lru += ent_state(&e) == PS_ALLOC && (e.st & PE_LRU);
		other += ent_state(&e) == PS_ALLOC && !(e.st & PE_LRU);
	}
	return lru > other ? MM_MT_MOVABLE : MM_MT_UNKNOWN;
}

/* May the migrate scanner take from the pageblock at @pfn? */
enum mm_answer mm_predict_source(const struct mm_compact_state *s, const struct mm_compact_task *t, uint64_t pfn)
{
	struct mm_compact_who w = mm_predict_who(s, t);
	struct page_ent e = mm_ent(s->m, pb_start(s, pfn));
	unsigned int mt = type_of(s, pb_start(s, pfn));
	enum mm_answer type = mm_check_ask_source(s->c, &w, mm_out(s->m, pb_start(s, pfn)), mt, mm_source_type(&w, mt));
	int order = compound_of(s, pb_start(s, pfn), &e);

	if (order >= (int)s->m->pb_order)
		return MM_NO;
	if (type != MM_YES)
		return type;
	return order == -2 && ent_state(&e) == PS_ALLOC && !(e.st & PE_LRU) ? MM_MAYBE : MM_YES;
}

/* May targets be taken from the pageblock that begins at @pfn? */
static enum mm_answer target_block(const struct mm_compact_state *s, const struct mm_compact_task *t, uint64_t pfn)
{
	struct mm_compact_who w = mm_predict_who(s, t);
	struct page_ent e = mm_ent(s->m, pfn);
	int order = ent_state(&e) == PS_FREE ? (int)ent_order(&e) : -1;
	unsigned int mt = MM_MT_UNKNOWN;
	enum mm_answer a = MM_MAYBE;

	if (order >= (int)mm_target_limit(&w)) {
		a = MM_NO;
	} else if (ent_state(&e) != PS_UNKNOWN) {
		/* in the middle of a block larger than a pageblock no page says that it's free */
		mt = type_of(s, pfn);
		a = mm_target_type(&w, mt);
	}
	return mm_check_ask_target(s->c, &w, mm_out(s->m, pfn), order, mt, a);
}

/* The next range of the free scanner from @pfn down.  NULL: *@ret is it (UINT64_MAX: none left). */
const char *mm_predict_next_free(const struct mm_compact_state *s, const struct mm_compact_task *t, uint64_t pfn,
				   uint64_t *ret)
{
	uint64_t low = pb_end(s, t->migrate.pfn), at = pfn;

	for (uint64_t b = pb_start(s, pfn); b >= low; b -= pb_size(s)) {
		enum mm_answer a = target_block(s, t, b);

		if (a == MM_MAYBE)
			return "block_unknown";
		if (a == MM_YES && (t->ignore_skip || skip_of(s, b) == MM_SKIP_CLEAR)) {
			*ret = at;
			return NULL;
		}
		if (a == MM_YES && skip_of(s, b) == MM_SKIP_UNKNOWN)
			return "skip_bits_unknown";
		if (b < pb_size(s))
			break;
		at = b - pb_size(s);
	}
	*ret = UINT64_MAX;
	return NULL;
}

/* Will the free lists be searched for a block to clear? */
bool mm_predict_searches(const struct mm_compact_state *s, const struct mm_compact_task *t)
{
	struct mm_compact_who w = mm_predict_who(s, t);
	bool aligned = t->migrate.pfn == s->m->core.zone[t->zone].start ||
		       t->migrate.pfn == pb_start(s, t->migrate.pfn);

	return mm_fast_migrate_wanted(&w, t->ignore_skip, t->finish_pageblock, aligned);
}

/* What such a search finds lies below this. */
static uint64_t search_high(const struct mm_compact_state *s, const struct mm_compact_task *t)
{
	uint64_t far = t->free.pfn > t->migrate.pfn ? (t->free.pfn - t->migrate.pfn) >> 1 : 0;

	if (t->migrate.pfn != s->m->core.zone[t->zone].start)
		far >>= 2;
	return pb_start(s, t->migrate.pfn + far);
}

/* Is there any block that such a search could find?  Below the first part of the way to the free scanner. */
static bool lists_have_candidate(const struct mm_compact_state *s, const struct mm_compact_task *t)
{
	const struct zone_state *z = &s->m->core.zone[t->zone];
	uint64_t high = search_high(s, t);

	for (int64_t o = t->order - 1; o >= MM_COSTLY_ORDER; o--) {
		const struct free_list *l = &z->list[o][MM_MT_MOVABLE];

		if (l->nr_unplaced || mm_list_blocks(z, (unsigned int)o, MM_MT_ROW_UNKNOWN))
			return true;
		for (unsigned int part = 0; part < 2; part++)
			for (uint32_t p = part ? l->tail_first : l->head_first; p != MM_NIL;) {
				struct page_ent e = mm_ent(s->m, p);

				if (p < high)
					return true;
				p = e.a;
			}
	}
	return false;
}

static enum mm_answer source_skipped(void *arg, uint64_t pfn)
{
	enum mm_skip v = skip_of(arg, pfn);

	return v == MM_SKIP_UNKNOWN ? MM_MAYBE : v == MM_SKIP_SET ? MM_YES : MM_NO;
}

/*
 * The search, where the heads of the lists are known as far as it looks.  How many failures shorten it may be known
 * within limits only: then both ends must give the same answer.
 */
static const char *search_source(const struct mm_compact_state *s, const struct mm_compact_task *t, bool *ret_found,
				 uint64_t *ret_pfn)
{
	struct mm_compact_who w = mm_predict_who(s, t);
	struct mm_fast_migrate f[2];

	for (unsigned int i = 0; i < 2; i++) {
		f[i] = (struct mm_fast_migrate){ .z = &s->m->core.zone[t->zone], .migrate_pfn = t->migrate.pfn,
						 .free_pfn = t->free.pfn, .skip = source_skipped, .arg = (void *)s,
						 .fail = i ? t->search_fail_hi : t->search_fail_lo };
		mm_fast_migrate(s->m, &w, &f[i]);
		if (f[i].why)
			return "list_order_unknown";
	}
	if (f[0].found != f[1].found || (f[0].found && f[0].pfn != f[1].pfn))
		return "search_state_unknown";
	*ret_found = f[0].found;
	*ret_pfn = f[0].pfn;
	return NULL;
}

/* The next block of a linear scan. */
static const char *linear_source(const struct mm_compact_state *s, const struct mm_compact_task *t, uint64_t *ret)
{
	const struct zone_state *z = &s->m->core.zone[t->zone];
	uint64_t at = t->migrate.pfn;

	for (; pb_end(s, at) <= t->free.pfn; at = pb_end(s, at)) {
		bool aligned = at == pb_start(s, at) || (at == z->start && mm_has(s->facts, HINT_BLOCK));
		enum mm_answer a;

		if (aligned && !t->ignore_skip && skip_of(s, at) == MM_SKIP_SET)
			continue;
		a = mm_predict_source(s, t, at);
		if (a == MM_NO)
			continue;
		if (a == MM_MAYBE)
			return "block_unknown";
		if (aligned && !t->ignore_skip && skip_of(s, at) == MM_SKIP_UNKNOWN)
			return "skip_bits_unknown";
		*ret = at;
		return NULL;
	}
	*ret = UINT64_MAX;
	return NULL;
}

const char *mm_predict_next_migrate(const struct mm_compact_state *s, const struct mm_compact_task *t, uint64_t *ret,
				    bool *ret_found)
{
	const struct zone_state *z = &s->m->core.zone[t->zone];

	*ret_found = false;
	if (!t->migrate.known || !t->free.known)
		return "scanner_position_unknown";
	if (mm_predict_searches(s, t) && (t->fast_start || lists_have_candidate(s, t))) {
		uint64_t pfn;
		const char *why = search_source(s, t, ret_found, &pfn);

		if (why)
			return why;
		if (*ret_found) {
			*ret = pb_start(s, pfn) < z->start ? z->start : pb_start(s, pfn);
			return pb_end(s, pfn) > t->free.pfn ? "block_unknown" : NULL;
		}
		if (t->fast_start) /* nothing found: the start kept from before takes over */
			return "list_order_unknown";
	}
	return linear_source(s, t, ret);
}

/**
 * mm_predict_was_found() - did a search of the lists lead the migrate scanner to the range that begins at @start?
 * It finds pageblocks in which a block of middle size is free, below a limit; what a linear scan can't come to was
 * found.
 */
enum mm_answer mm_predict_was_found(const struct mm_compact_state *s, const struct mm_compact_task *t, uint64_t start)
{
	uint64_t linear = 0, pfn = pb_start(s, start);
	bool may = false;

	if (!t->migrate.known || !t->free.known)
		return MM_MAYBE;
	if (!mm_predict_searches(s, t) || (start != pfn && start != s->m->core.zone[t->zone].start) ||
	    start >= search_high(s, t))
		return MM_NO;
	while (pfn < pb_end(s, start) && !may) {
		struct page_ent e = mm_ent(s->m, pfn);

		may = ent_state(&e) == PS_UNKNOWN || (ent_state(&e) == PS_FREE && ent_order(&e) >= MM_COSTLY_ORDER &&
						      (int64_t)ent_order(&e) < t->order);
		pfn += ent_state(&e) == PS_FREE ? UINT64_C(1) << ent_order(&e) : 1;
	}
	if (!may)
		return MM_NO;
	if (start < t->migrate.pfn)
		return MM_YES;
	return !linear_source(s, t, &linear) && linear != start ? MM_YES : MM_MAYBE;
}

/*
 * Searches of the free lists took blocks of which no event has told yet which they were: may the free block
 * at @pfn be one of them?  @except: the number of one that is accounted for.
 */
bool mm_predict_gone(const struct mm_compact_state *s, uint64_t pfn, const struct page_ent *e, unsigned int except)
{
	const struct mm_observer *obs = s->m->obs;

	for (unsigned int i = 0; i < obs->nr_pending; i++) {
		const struct pending_pick *p = &obs->pending[i];

		if (i == except || (ent_mt(e) != MM_MT_MOVABLE && ent_mt(e) < SG_MAX_MIGRATETYPES) ||
		    pfn + (1ull << ent_order(e)) <= p->min_pfn ||
		    mm_zone_index(s->m, p->min_pfn) != mm_zone_index(s->m, pfn))
			continue;
		/* a block of that size that was there already, or one that has grown around it since */
		if (ent_order(e) == p->order ? e->since <= p->event : ent_order(e) > p->order && e->since > p->event)
			return true;
	}
	return false;
}

static bool any_free(const struct mm_compact_state *s, uint64_t start, uint64_t end)
{
	for (uint64_t p = start; p < end; p++) {
		struct page_ent e = mm_ent(s->m, p);

		if (ent_state(&e) == PS_FREE || ent_state(&e) == PS_UNKNOWN)
			return true;
	}
	return false;
}

uint64_t mm_predict_searched(const struct mm_compact_state *s, const struct mm_compact_task *t)
{
	const struct mm_observer *obs = s->m->obs;

	for (unsigned int i = t->search_as_said ? obs->nr_taken : 0; i > 0; i--) {
		const struct taken_block *b = &obs->taken[i - 1];

		if (b->pid != t->pid || b->event != t->search_event)
			continue;
		/* a list that was turned by nobody knows how much explains the numbers by chance */
		return s->m->core.zone[t->zone].list[b->order][MM_MT_MOVABLE].cycle_first == MM_NIL ? b->pfn : 0;
	}
	return 0;
}

/*
 * A search has just taken a block of this pageblock: which?  0: none that is still thought free, UINT64_MAX: one
 * of several.  *@ret_pending: its number.
 */
static uint64_t just_taken(const struct mm_compact_state *s, const struct mm_compact_task *t, uint64_t start,
			   uint64_t end, unsigned int *ret_pending)
{
	const struct mm_observer *obs = s->m->obs;
	const struct pending_pick *p;
	uint64_t found = 0;
	unsigned int i;

	*ret_pending = UINT32_MAX;
	if (obs->nr_pending == 0)
		return 0;
	for (i = obs->nr_pending; i > 0; i--)
		if (obs->pending[i - 1].pid == s->ev->pid && obs->pending[i - 1].event == t->search_event)
			break;
	if (i == 0)
		return 0;
	p = &obs->pending[i - 1];
	*ret_pending = i - 1;
	for (uint64_t at = start; at < end; at++) {
		struct page_ent e = mm_ent(s->m, at);

		if (ent_state(&e) != PS_FREE)
			continue;
		if (ent_order(&e) == p->order) {
			if (found)
				return UINT64_MAX;
			found = at;
		}
		at += (1ull << ent_order(&e)) - 1;
	}
	return found;
}

/* What a scan of a pageblock meets, as far as it is known. */
struct scan {
	const struct mm_compact_state *s;
	const struct mm_compact_task *t;
	struct mm_compact_zone cz;
	int64_t free;             /* pages of the zone */
	uint64_t got, end;
	uint64_t gone;            /* a block that the search of the lists has taken, 0 none */
	unsigned int pending, stride;
	const char *why;
};

static struct mm_look look_target(void *arg, uint64_t pfn)
{
	struct scan *sc = arg;
	struct page_ent e = mm_ent(sc->s->m, pfn);
	int order = compound_of(sc->s, pfn, &e);
	struct mm_look l = { .kind = MM_LOOK_USED, .order = (uint8_t)(order > 0 ? order : 0) };

	if (ent_state(&e) == PS_UNKNOWN) {
		l.kind = MM_LOOK_UNKNOWN;
	} else if (ent_state(&e) == PS_ALLOC && sc->stride > 1 && order == -2) {
		/* a large page here would shift the next ones that are looked at */
		if (any_free(sc->s, pfn, sc->end))
			l.kind = MM_LOOK_UNKNOWN;
	} else if (ent_state(&e) == PS_FREE && !(sc->gone && pfn == sc->gone)) {
		l.kind = MM_LOOK_FREE;
		l.order = (uint8_t)ent_order(&e);
	}
	return l;
}

/* Source: mm/page_alloc.c: __isolate_free_page(): the watermark is kept as by an allocation, 6.1 to 7.3 */
static enum mm_answer take_target(void *arg, uint64_t pfn, unsigned int order)
{
	struct scan *sc = arg;
	struct page_ent e = mm_ent(sc->s->m, pfn);

	if (sc->cz.have_marks && sc->cz.z->list_known) {
		int64_t need = sc->cz.wmark_min + (1ll << order) + (sc->cz.nr_reserve ? sc->cz.reserve[0] : 0);
		int64_t left = sc->free - (int64_t)sc->got;

		if (left + sc->cz.drift <= need)
			return MM_NO;
		if (left - sc->cz.pending - sc->cz.drift <= need) {
			sc->why = "free_count_drift";
			return MM_MAYBE;
		}
	}
	if (mm_predict_gone(sc->s, pfn, &e, sc->pending)) {
		sc->why = "list_order_unknown";
		return MM_MAYBE;
	}
	sc->got += UINT64_C(1) << order;
	return MM_YES;
}

/* What a scan of [@start, @end) for free pages takes. */
const char *mm_predict_free_range(const struct mm_compact_state *s, const struct mm_compact_task *t, uint64_t start,
				  uint64_t end, unsigned int stride, uint64_t *ret_end, uint64_t *ret_taken)
{
	struct mm_compact_who w = mm_predict_who(s, t);
	struct scan arg = { .s = s, .t = t, .end = end, .pending = UINT32_MAX, .stride = stride };
	struct mm_free_scan sc = { .start = start, .end = end, .stride = stride, .look = look_target,
				   .take = take_target,
				   .arg = &arg, .migrate = t->want > 0 ? (uint64_t)t->want : 0 };
	uint64_t size = 0;

	if (t->fs == MM_FS_FAST && t->fs_found)
		arg.gone = just_taken(s, t, start, end, &arg.pending);
	mm_compact_zone_facts(s, t->zone, &arg.cz);
	arg.free = mm_free_pages_of(s->m, arg.cz.z, NULL) - arg.cz.taken;
	if (arg.gone == UINT64_MAX) { /* which one of several matters only when the scan stops early */
		size = UINT64_C(1) << s->m->obs->pending[arg.pending].order;
		sc.migrate += size;
	}
	if (!mm_free_scan(&w, &sc))
		return arg.why ? arg.why : "page_state_unknown";
	if (size && sc.low < end)
		return "list_order_unknown";
	*ret_end = sc.low;
	*ret_taken = sc.taken > size ? sc.taken - size : 0;
	return NULL;
}

/*
 * A page that was put on the LRU is thought to be had: that one is pinned, dirty, locked or just with reclaim is not
 * in the trace, and is then a disagreement.
 */
static struct mm_look look_source(void *arg, uint64_t pfn)
{
	struct scan *sc = arg;
	struct page_ent e = mm_ent(sc->s->m, pfn);
	int order = compound_of(sc->s, pfn, &e);
	struct mm_look l = { .kind = MM_LOOK_USED, .order = (uint8_t)(order > 0 ? order : 0) };

	if (ent_state(&e) == PS_UNKNOWN) {
		l.kind = MM_LOOK_UNKNOWN;
	} else if (ent_state(&e) == PS_FREE) {
		l.kind = MM_LOOK_FREE;
		l.order = (uint8_t)ent_order(&e);
	} else {
		l.lru = ent_state(&e) == PS_ALLOC && (e.st & PE_LRU);
	}
	return l;
}

/* What a scan of [@start, @end) for pages to move takes. */
const char *mm_predict_migrate_range(const struct mm_compact_state *s, const struct mm_compact_task *t, uint64_t start,
				     uint64_t end, uint64_t *ret_end, uint64_t *ret_taken)
{
	struct mm_compact_who w = mm_predict_who(s, t);
	struct scan arg = { .s = s, .t = t };
	struct mm_migrate_scan sc = { .start = start, .end = end, .finish_pageblock = t->finish_pageblock,
				      .look = look_source, .arg = &arg };
	enum mm_answer marked = MM_NO;

	/* Source: mm/compaction.c: fast_find_migrateblock(), 6.1: marks what it finds, which is then skipped */
	if (!mm_has(s->facts, FAST_UNMARKED) && start == pb_start(s, start))
		marked = mm_predict_was_found(s, t, start);
	if (marked == MM_YES) {
		*ret_end = end;
		*ret_taken = 0;
		return NULL;
	}
	if (!mm_migrate_scan(&w, &sc))
		return "page_state_unknown";
	if (marked == MM_MAYBE && (sc.taken || sc.low != end))
		return "list_order_unknown";
	*ret_end = sc.low;
	*ret_taken = sc.taken;
	return NULL;
}
