// SPDX-License-Identifier: GPL-2.0-only
/*
 * The per-cpu lists of the simulated allocator: what comes from them, goes to them, refills and drains.
 * How many pages move, rules/pcp_size.c says.
 */
#include "sim/alloc/alloc.h"
#include "sim/emit.h"
#include "sim/hooks.h"
#include "sim/report.h"

static __attribute__((noinline)) struct pcp_state *lists_far(struct mm_sim *s, unsigned int zi, unsigned int cpu)
{
	struct mm_machine *m = s->m;
	uint64_t i = (uint64_t)zi * m->nr_cpus + cpu;
	struct sim_pcp *set = &s->alloc->pcp[i];

	/* an entry that wasn't there before may move its neighbours */
	if (!mm_cow_peek(&m->pcp, i))
		s->alloc->moves++;
	set->lists = mm_cow_own(&m->pcp, i, mm_pcp_fill, NULL);
	if (!set->lists)
		m->out_of_memory = true;
	set->tree = m->pcp.near->tree;
	set->owned = m->pcp.near->owned >> 16;
	set->moves = s->alloc->moves;
	return set->lists;
}

/* The lists of one zone and CPU, for writing; NULL when memory runs out. */
static inline struct pcp_state *lists_of(struct mm_sim *s, unsigned int zi, unsigned int cpu)
{
	const struct sim_pcp *set = &s->alloc->pcp[zi * s->alloc->nr_cpus + cpu];
	const struct mm_cow_near *n = s->m->pcp.near;

	if (set->lists && set->tree == n->tree && set->owned == n->owned >> 16 && set->moves == s->alloc->moves)
		return set->lists;
	return lists_far(s, zi, cpu);
}

void mm_sim_lists_gone(struct mm_sim *s)
{
	s->alloc->moves++;
}

/* mm_ent_own() and mm_blk_own() without a call where the entry is at hand. */
static inline struct page_ent *ent_at(struct mm_machine *m, uint64_t pfn)
{
	struct page_ent *e = mm_cow_own(&m->pages, pfn, mm_ent_fill, m);

	return e ? e : mm_ent_own(m, pfn);
}

static inline struct block_ent *blk_at(struct mm_machine *m, uint64_t pfn)
{
	struct block_ent *b = mm_cow_own(&m->blocks, pfn >> m->pb_order, mm_blk_fill, m);

	return b ? b : mm_blk_own(m, pfn >> m->pb_order);
}

static struct mm_pcp_zone zone_says(const struct mm_sim *s, unsigned int zi)
{
	/* asleep, it balances nothing; the zone's node is one of the machine's */
	bool awake = s->m->core.node[s->m->core.zone[zi].node].kswapd_awake;

	return (struct mm_pcp_zone){ .below_high = s->alloc->zone[zi].below_high,
				     .reclaim_active = awake && mm_sim_reclaim_active(s, zi) };
}

/*
 * The type that a block on a per-cpu list carries.  Up to 6.9 it is kept for the drain; later the pageblock is
 * asked then, and the type only says which list it is on.
 */
static unsigned int carried_type(const struct mm_sim *s, unsigned int mt)
{
	return mt < MM_NR_PCPTYPES || !s->m->hygiene ? mt : MM_MT_MOVABLE;
}

/*
 * Gives back at least @pages pages, list after list beginning with @l, each from its tail.
 * Source: mm/page_alloc.c: free_pcppages_bulk(), 6.1 to 7.3
 */
static void drain_bulk(struct mm_sim *s, unsigned int zi, unsigned int cpu, int32_t pages, unsigned int l)
{
	struct zone_state *z = mm_sim_zs(s, zi);
	struct pcp_state *p = lists_of(s, zi, cpu);

	if (!p)
		return;
	if (pages > (int32_t)p->count)
		pages = (int32_t)p->count;
	while (pages > 0) {
		while (p->list[l].nr == 0)
			l = l + 1 < MM_NR_PINDEX ? l + 1 : 0;
		do {
			uint32_t pfn = p->list[l].last;
			struct page_ent e = mm_ent(s->m, pfn);
			unsigned int mt = ent_mt(&e), block = mm_blk(s->m, pfn >> s->m->pb_order).mt;

			mm_pcp_del(s->m, z, pfn, &e);
			pages -= 1 << ent_order(&e);
			/* before 6.10 the pageblock is asked only while there are isolated ones */
			if (s->m->hygiene || (int)block == s->cap.mt_isolate)
				mt = block;
			mm_sim_free_one(s, z, pfn, ent_order(&e), mt, false);
			SIM_EMIT(s, mm_page_pcpu_drain, SIM_F(mm_page_pcpu_drain, pfn, pfn),
				 SIM_F(mm_page_pcpu_drain, order, ent_order(&e)), SIM_F(mm_page_pcpu_drain, migratetype, mt));
		} while (pages > 0 && p->list[l].nr);
		l = l + 1 < MM_NR_PINDEX ? l + 1 : 0;
	}
}

/* drain_bulk() in pieces, with a record. */
static __attribute__((noinline)) void drain(struct mm_sim *s, unsigned int zi, unsigned int cpu, int32_t pages, int32_t piece,
					    unsigned int l)
{
	const struct pcp_state *p = lists_of(s, zi, cpu);

	if (p && mm_sim_listens(s))
		mm_sim_decide_drain(s, zi, cpu, pages < (int32_t)p->count ? pages : (int32_t)p->count, (int32_t)p->count);
	while (p && pages > 0 && p->count) {
		drain_bulk(s, zi, cpu, pages < piece ? pages : piece, l);
		pages -= piece;
	}
}

/** Everything that lies on one per-cpu set goes back.  Source: mm/page_alloc.c: drain_pages_zone(), 6.1 to 7.3 */
void mm_sim_drain_pcp(struct mm_sim *s, unsigned int zi, uint16_t cpu)
{
	const struct pcp_state *p = mm_cow_peek(&s->m->pcp, (uint64_t)zi * s->m->nr_cpus + cpu);
	const struct mm_pcp_tune *t = &s->alloc->pcp[zi * s->alloc->nr_cpus + cpu].tune;

	if (p && p->count)
		drain(s, zi, cpu, (int32_t)p->count, t->batch << MM_PCP_SCALE_MAX, 0);
}

/* Refills an empty list. Source: mm/page_alloc.c: rmqueue_bulk(), 6.1 to 7.3 */
static __attribute__((noinline)) void refill(struct mm_sim *s, unsigned int zi, unsigned int cpu, unsigned int order,
					     unsigned int mt,
		   unsigned int alloc_flags, struct mm_pcp_tune *t)
{
	struct zone_state *z = mm_sim_zs(s, zi);
	uint8_t factor = t->alloc_factor;
	int32_t want = mm_pcp_refill_count(s->policy.facts, t, zone_says(s, zi), order), got = 0;
	enum sim_rmqueue_mode mode = SIM_RMQUEUE_NORMAL;

	/* 6.18 and later: a refill would not build up the reserve that such requests need */
	if ((alloc_flags & MM_ALLOC_HIGHATOMIC) && mm_has(s->policy.facts, PCP_NO_ATOMIC))
		return;
	if (mm_sim_asks(s, MM_HOOK_REFILL))
		want = mm_sim_ask_refill(s, zi, cpu, order, mt, t, zone_says(s, zi), want);
	for (; got < want; got++) {
		uint64_t pfn = mm_sim_rmqueue_list(s, z, order, mt, alloc_flags, &mode);
		unsigned int type = mt;

		if (pfn == UINT64_MAX)
			break;
		if (!s->m->hygiene && (int)mm_blk(s->m, pfn >> s->m->pb_order).mt == s->cap.mt_cma)
			type = (unsigned int)s->cap.mt_cma;
		mm_pcp_add(s->m, z, cpu, pfn, order, type, true, PCP_FROM_REFILL);
	}
	if (mm_sim_listens(s))
		mm_sim_decide_refill(s, zi, cpu, order, mt, want, got, factor);
}

/* A page of order 0 leaves its list for a request: mm_set_state() without its loop and tables. */
static inline void hand_out_page(struct mm_machine *m, struct zone_state *z, struct page_ent *e, uint64_t pfn,
				 unsigned int mt, int32_t pid)
{
	struct block_ent *b = blk_at(m, pfn);

	*e = (struct page_ent){ .st = PS_ALLOC, .om = (uint8_t)(mt << 4), .x = UINT16_MAX, .a = (uint32_t)pid,
				.since = (uint32_t)m->core.position };
	z->nr_pages[PS_PCP]--;
	z->nr_pages[PS_ALLOC]++;
	z->folios[0]++;
	b->nr[BN_PCP]--;
	b->nr[BN_ALLOC]++;
	b->nr[BN_FOREIGN] = (uint16_t)(b->nr[BN_FOREIGN] + (b->mt != mt && b->mt != MM_MT_UNKNOWN));
	b->changed = (uint32_t)m->core.position;
}

/* Takes the first block off list @l; returns its entry. */
static inline struct page_ent *unlink_first(struct mm_machine *m, struct pcp_state *p, unsigned int l, unsigned int order)
{
	struct page_ent *e = ent_at(m, p->list[l].first);
	uint32_t next = e->a;

	p->list[l].first = next;
	if (next != MM_NIL)
		ent_at(m, next)->b = MM_NIL;
	else
		p->list[l].last = MM_NIL;
	p->list[l].nr--;
	p->count -= 1u << order;
	return e;
}

/* The same for the list of order 0 of type @l, and hands the page out. */
static inline uint64_t take_first(struct mm_machine *m, struct zone_state *z, struct pcp_state *p, unsigned int l,
				  int32_t pid)
{
	uint64_t pfn = p->list[l].first;

	hand_out_page(m, z, unlink_first(m, p, l, 0), pfn, l, pid);
	return pfn;
}

/**
 * mm_sim_pcp_alloc() - a block from the CPU's lists, refilled when empty
 * Return: pfn, handed out to the request already; UINT64_MAX
 * Source: mm/page_alloc.c: rmqueue_pcplist(), __rmqueue_pcplist(), 6.1 to 7.3
 */
uint64_t mm_sim_pcp_alloc(struct mm_sim *s, unsigned int zi, const struct mm_request *rq, unsigned int alloc_flags)
{
	struct mm_machine *m = s->m;
	struct sim_pcp *set = &s->alloc->pcp[zi * s->alloc->nr_cpus + rq->cpu];
	struct zone_state *z = mm_sim_zs(s, zi);
	struct pcp_state *p = lists_of(s, zi, rq->cpu);
	unsigned int l = rq->order ? mm_pindex(m, rq->order, rq->mt) : rq->mt;
	uint64_t pfn;

	if (!p)
		return UINT64_MAX;
	set->touched = true;
	mm_pcp_tune_alloc(&set->tune);
	if (p->list[l].nr == 0) {
		set->tune.count = (int32_t)p->count;
		refill(s, zi, rq->cpu, rq->order, rq->mt, alloc_flags, &set->tune);
		if (p->list[l].nr == 0)
			return UINT64_MAX;
	}
	if (rq->order == 0) {
		pfn = take_first(m, z, p, l, rq->pid);
		if (mm_unlikely(s->report))
			mm_sim_report_used(s, pfn, 1);
		return pfn;
	}
	pfn = p->list[l].first;
	unlink_first(m, p, l, rq->order)->st &= (uint8_t)~PE_LINK;
	mm_sim_hand_out(s, z, rq, pfn);
	return pfn;
}

/**
 * mm_sim_pcp_again() - a page of order 0 for a request like the one before, if nothing needs a closer look
 * That is: its first zone is far above the high watermark, and its CPU's list there isn't empty.  Then the walk over
 * zones would do just this.
 * Return: false when it may be otherwise: nothing was done
 */
bool mm_sim_pcp_again(struct mm_sim *s, const struct mm_request *rq, struct mm_grant *ret)
{
	struct sim_alloc *al = s->alloc;
	struct mm_machine *m = s->m;
	const struct sim_again *a = &al->again[rq->mt < MM_NR_PCPTYPES ? rq->mt : 0];
	const struct sim_zone *sz = &al->zone[a->zone];
	struct zone_state *z = &m->core.zone[a->zone];
	unsigned int l = rq->mt;
	struct sim_pcp *set;
	struct pcp_state *p;

	if (!a->known || mm_sim_who(rq) != a->who || l >= MM_NR_PCPTYPES || al->refresh_at[rq->cpu] <= s->now ||
	    sz->boosted || sz->below_high ||
	    mm_sim_zone_free(z) <= (int64_t)z->wmark_high + sz->boost + sz->reserve[rq->zone_type] || !mm_sim_plain(s, z))
		return false;
	set = &al->pcp[a->zone * al->nr_cpus + rq->cpu];
	p = lists_of(s, a->zone, rq->cpu);
	if (!p || p->list[l].nr == 0)
		return false;
	al->cpu = rq->cpu;
	al->pid = rq->pid;
	set->touched = true;
	mm_pcp_tune_alloc(&set->tune);
	*ret = (struct mm_grant){ .outcome = MM_GOT_PAGE, .pfn = take_first(m, z, p, l, rq->pid), .zone = a->zone,
				  .fast = true };
	s->stat[MM_SIM_PGALLOC]++;
	mm_sim_changed(m, ret->pfn, 0, MM_PAGE_FREE, MM_PAGE_ALLOC);
	return true;
}

/* A page of order 0 that was allocated goes to the head of list @l. */
static inline void take_in_page(struct mm_machine *m, struct zone_state *z, struct pcp_state *p, unsigned int l,
				struct page_ent *e, uint64_t pfn, unsigned int cpu, unsigned int mt, struct block_ent *b)
{
	unsigned int was = ent_mt(e);

	z->nr_pages[PS_ALLOC]--;
	z->nr_pages[PS_PCP]++;
	z->folios[0]--;
	b->nr[BN_ALLOC]--;
	b->nr[BN_PCP]++;
	b->nr[BN_FOREIGN] = (uint16_t)(b->nr[BN_FOREIGN] - (b->mt != was && was != 15 && b->mt != MM_MT_UNKNOWN));
	b->changed = (uint32_t)m->core.position;
	*e = (struct page_ent){ .st = PS_PCP | PE_LINK, .om = (uint8_t)(mt << 4), .x = (uint16_t)(cpu << 2 | PCP_FROM_BATCH),
				.a = p->list[l].first, .b = MM_NIL, .since = (uint32_t)m->core.position };
	if (e->a != MM_NIL)
		ent_at(m, e->a)->b = (uint32_t)pfn;
	else
		p->list[l].last = (uint32_t)pfn;
	p->list[l].first = (uint32_t)pfn;
	p->list[l].nr++;
	p->count++;
}

/* Free memory is above the high watermark again: per-cpu lists may grow. */
static void check_high(struct mm_sim *s, unsigned int zi)
{
	struct mm_wmark_zone w;

	if (!s->alloc->zone[zi].below_high)
		return;
	mm_sim_wmark(s, zi, &w);
	if (!mm_wmark_ok(&w, 0, w.high + w.boost, s->alloc->movable_type, 0, w.free))
		return;
	s->alloc->zone[zi].below_high = false;
	mm_sim_zone_relieved(s, zi);
}

/**
 * mm_sim_pcp_free() - a block goes to the head of its list, and what is too much goes back
 * Return: false when its pageblock is isolated: such blocks go straight to the buddy lists
 * Source: mm/page_alloc.c: free_unref_page() (6.1, 6.12), __free_frozen_pages() (6.18 and later)
 */
bool mm_sim_pcp_free(struct mm_sim *s, unsigned int zi, unsigned int cpu, uint64_t pfn, unsigned int order)
{
	struct mm_machine *m = s->m;
	struct sim_pcp *set = &s->alloc->pcp[zi * s->alloc->nr_cpus + cpu];
	struct zone_state *z = mm_sim_zs(s, zi);
	struct pcp_state *p = lists_of(s, zi, cpu);
	struct block_ent *b = blk_at(m, pfn);
	unsigned int l, type;
	struct mm_pcp_drain d;
	struct page_ent *e;

	if (!p || b->mt == s->cap.mt_isolate)
		return false;
	type = carried_type(s, b->mt);
	l = mm_pindex(m, order, type);
	set->touched = true;
	set->tune.count = (int32_t)p->count;
	d = mm_pcp_free(s->policy.facts, &set->tune, zone_says(s, zi), order, set->large_cache);
	if (mm_sim_asks(s, MM_HOOK_DRAIN))
		mm_sim_ask_drain(s, zi, cpu, order, type, &set->tune, zone_says(s, zi), &d);
	e = ent_at(m, pfn);
	if (order == 0 && ent_state(e) == PS_ALLOC && ent_order(e) == 0 && !(e->st & PE_SNAP))
		take_in_page(m, z, p, l, e, pfn, cpu, type, b);
	else
		mm_pcp_add(m, z, cpu, pfn, order, type, false, PCP_FROM_BATCH);
	if (d.pages > 0) {
		drain(s, zi, cpu, d.pages, d.piece, l);
		check_high(s, zi);
	}
	return true;
}

/**
 * mm_sim_pcp_release() - what comes back most: a page of order 0 that is on no LRU list
 * Return: false when it isn't such a page: nothing was done
 */
bool mm_sim_pcp_release(struct mm_sim *s, unsigned int zi, unsigned int cpu, uint64_t pfn)
{
	struct mm_machine *m = s->m;
	struct sim_pcp *set = &s->alloc->pcp[zi * s->alloc->nr_cpus + cpu];
	struct page_ent *e = ent_at(m, pfn);
	struct mm_pcp_drain d;
	struct block_ent *b;
	struct pcp_state *p;
	unsigned int type, l;

	if (ent_state(e) != PS_ALLOC || (e->st & (PE_LRU | PE_SNAP)) || ent_order(e) != 0 || mm_unlikely(s->hooks))
		return false;
	b = blk_at(m, pfn);
	p = lists_of(s, zi, cpu);
	if (!p || b->mt == s->cap.mt_isolate)
		return false;
	mm_sim_begin(m);
	mm_sim_changed(m, pfn, 0, MM_PAGE_ALLOC, MM_PAGE_PCP);
	s->stat[MM_SIM_PGFREE]++;
	SIM_EMIT(s, mm_page_free, SIM_F(mm_page_free, pfn, pfn));
	type = carried_type(s, b->mt);
	set->touched = true;
	set->tune.count = (int32_t)p->count;
	d = mm_pcp_free(s->policy.facts, &set->tune, zone_says(s, zi), 0, set->large_cache);
	l = type < MM_NR_PCPTYPES ? type : MM_MT_MOVABLE;
	take_in_page(m, mm_sim_zs(s, zi), p, l, e, pfn, cpu, type, b);
	if (d.pages > 0) {
		drain(s, zi, cpu, d.pages, d.piece, l);
		check_high(s, zi);
	}
	return true;
}

/**
 * mm_sim_vmstat_refresh() - one regular visit of @cpu: lists that lie idle give pages back
 * Source: mm/vmstat.c: refresh_cpu_vm_stats(); mm/page_alloc.c: decay_pcp_high() (6.7 and later), drain_zone_pages()
 * Return: is there more to do next time?
 */
bool mm_sim_vmstat_refresh(struct mm_sim *s, unsigned int cpu)
{
	bool more = false;

	for (unsigned int zi = 0; zi < s->m->core.nr_zones; zi++) {
		struct sim_pcp *set = &s->alloc->pcp[zi * s->alloc->nr_cpus + cpu];
		const struct pcp_state *p = mm_cow_peek(&s->m->pcp, (uint64_t)zi * s->m->nr_cpus + cpu);
		int32_t pages;

		/* three seconds after the last use, a remote node's pages go back */
		if (set->touched)
			set->expire = 3;
		set->touched = false;
		set->tune.count = p ? (int32_t)p->count : 0;
		pages = mm_pcp_decay(s->policy.facts, &set->tune);
		if (pages > 0)
			drain(s, zi, cpu, pages, set->tune.batch, 0);
		more |= pages > 0 || set->tune.high > set->tune.high_min;
		p = mm_cow_peek(&s->m->pcp, (uint64_t)zi * s->m->nr_cpus + cpu);
		if (!set->expire || !p || p->count == 0)
			continue;
		if (s->m->core.zone[zi].node == s->alloc->cpu_node[cpu]) {
			set->expire = 0;
			continue;
		}
		more = true;
		if (--set->expire == 0)
			drain(s, zi, cpu, set->tune.batch, set->tune.batch, 0);
	}
	return more;
}
