// SPDX-License-Identifier: GPL-2.0-only
/* The whole-machine audit. */
#include "machine/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int audit_list(const struct mm_machine *m, const struct zone_state *z, unsigned int o, unsigned int t,
		      struct sg_err *err)
{
	const struct free_list *l = &z->list[o][t];
	uint32_t n = 0;

	const struct list_mid *mid = t == MM_MT_MOVABLE ? &z->mid[o] : NULL;
	unsigned int nr_mid = mid ? mid->nr : 0;

	for (unsigned int part = 0; part < 2 + nr_mid; part++) {
		uint32_t p = part ? l->tail_first : l->head_first, end = part ? l->tail_last : l->head_last, prev = MM_NIL;

		if (part > 1) {
			p = mid->part[part - 2].first;
			end = mid->part[part - 2].last;
			if (p == MM_NIL || mid->part[part - 2].unplaced == 0)
				return sg_fail(err, SG_E_RANGE, "list order %u type %u of zone %s has an empty part", o, t, z->name);
		}

		for (; p != MM_NIL; n++) {
			struct page_ent e = mm_ent(m, p);

			if (ent_state(&e) != PS_FREE || !(e.st & PE_LINK) || ent_order(&e) != o ||
			    (ent_mt(&e) == 15 ? MM_MT_ROW_UNKNOWN : ent_mt(&e)) != t || e.b != prev || n > l->nr_linked)
				return sg_fail(err, SG_E_RANGE, "pfn %u on list order %u type %u of zone %s is not what a list holds",
					       p, o, t, z->name);
			for (uint64_t i = 1; i < 1ull << o; i++) {
				e = mm_ent(m, p + i);
				if (ent_state(&e) != PS_FREET)
					return sg_fail(err, SG_E_RANGE, "pfn %llu inside a free block of order %u is not free",
						       (unsigned long long)(p + i), o);
			}
			prev = p;
			p = mm_ent(m, p).a;
		}
		if (prev != end)
			return sg_fail(err, SG_E_RANGE, "list order %u type %u of zone %s does not end at its last block", o, t, z->name);
	}
	if (n != l->nr_linked)
		return sg_fail(err, SG_E_RANGE, "list order %u type %u of zone %s has %u blocks, its count says %u", o, t,
			       z->name, n, l->nr_linked);
	return 0;
}

/* The counts of blocks of unknown type that may be on each list. */
static int audit_unnamed(const struct mm_machine *m, const struct zone_state *z, unsigned int o, struct sg_err *err)
{
	const struct free_list *l = &z->list[o][MM_MT_ROW_UNKNOWN];
	uint32_t n[SG_MAX_MIGRATETYPES] = { 0 };

	for (unsigned int tail = 0; tail < 2; tail++)
		for (uint32_t p = tail ? l->tail_first : l->head_first; p != MM_NIL;) {
			struct page_ent e = mm_ent(m, p);

			for (unsigned int t = 0; t < SG_MAX_MIGRATETYPES; t++)
				n[t] += !(mm_unnamed_is_not(&e) >> t & 1);
			p = e.a;
		}
	for (unsigned int t = 0; t < SG_MAX_MIGRATETYPES; t++)
		if (n[t] != z->unnamed[o][t])
			return sg_fail(err, SG_E_RANGE, "zone %s: %u blocks of order %u may be of type %u, the count says %u",
				       z->name, n[t], o, t, z->unnamed[o][t]);
	return 0;
}

static int audit_zone(const struct mm_machine *m, const struct zone_state *z, struct sg_err *err)
{
	uint64_t pages[8] = { 0 }, linked = 0, counted = 0, loose[MM_MAX_ORDERS] = { 0 };
	uint64_t block = UINT64_MAX;
	uint64_t folios[MM_MAX_ORDERS] = { 0 };
	unsigned int in_block[5] = { 0 };

	for (unsigned int o = 0; o < m->nr_orders; o++) {
		int r = 0;

		for (unsigned int t = 0; t < MM_NR_MT && r == 0; t++) {
			r = audit_list(m, z, o, t, err);
			counted += z->list[o][t].nr_linked;
		}
		if (r == 0)
			r = audit_unnamed(m, z, o, err);
		if (r < 0)
			return r;
	}
	for (uint64_t p = z->start; p < z->end; p++) {
		struct page_ent e = mm_ent(m, p);
		unsigned int s = ent_state(&e), type = mm_blk(m, p >> m->pb_order).mt;
		bool foreign = s == PS_ALLOC && ent_mt(&e) != 15 && type != MM_MT_UNKNOWN && ent_mt(&e) != type;
		uint64_t head;

		pages[s]++;
		/* the first page of an allocation made in the trace */
		if (s == PS_ALLOC && !(e.st & PE_SNAP) && ent_order(&e) < m->nr_orders && !(p & ((1ull << ent_order(&e)) - 1)))
			folios[ent_order(&e)]++;
		linked += s == PS_FREE && (e.st & PE_LINK);
		if (s == PS_FREE && !(e.st & PE_LINK) && ent_order(&e) < m->nr_orders)
			loose[ent_order(&e)]++;
		if (s == PS_FREE && (p & ((1ull << ent_order(&e)) - 1)))
			return sg_fail(err, SG_E_RANGE, "free block at pfn %llu is not aligned to its order %u",
				       (unsigned long long)p, ent_order(&e));
		if (s == PS_FREET && !mm_head_of(m, p, &head, &e))
			return sg_fail(err, SG_E_RANGE, "free page %llu belongs to no block", (unsigned long long)p);
		if (p >> m->pb_order != block) {
			if (block != UINT64_MAX && block << m->pb_order >= z->start) {
				struct block_ent b = mm_blk(m, block);

				if (memcmp(b.nr, (uint16_t[5]){ (uint16_t)in_block[0], (uint16_t)in_block[1],
								(uint16_t)in_block[2], (uint16_t)in_block[3],
								(uint16_t)in_block[4] }, 10))
					return sg_fail(err, SG_E_RANGE, "counts of pageblock %llu are wrong",
						       (unsigned long long)block);
			}
			block = p >> m->pb_order;
			memset(in_block, 0, sizeof(in_block));
		}
		in_block[BN_FOREIGN] += foreign;
		in_block[BN_FREE] += s == PS_FREE || s == PS_FREET;
		in_block[BN_PCP] += s == PS_PCP;
		in_block[BN_ALLOC] += s == PS_ALLOC;
		in_block[BN_ISO] += s == PS_ISO;
	}
	for (unsigned int s = 0; s <= PS_ISO; s++)
		if (pages[s] != z->nr_pages[s])
			return sg_fail(err, SG_E_RANGE, "zone %s: %llu pages in state %u, the count says %llu", z->name,
				       (unsigned long long)pages[s], s, (unsigned long long)z->nr_pages[s]);
	for (unsigned int o = 0; o < m->nr_orders; o++) {
		uint64_t n = 0;

		for (unsigned int t = 0; t < MM_NR_MT; t++)
			n += z->list[o][t].nr_unplaced;
		if (n != loose[o])
			return sg_fail(err, SG_E_RANGE, "zone %s: %llu blocks of order %u are on no known place, the lists count %llu",
				       z->name, (unsigned long long)loose[o], o, (unsigned long long)n);
	}
	for (unsigned int o = 0; o < m->nr_orders; o++)
		if (folios[o] != z->folios[o])
			return sg_fail(err, SG_E_RANGE, "zone %s: %llu allocations of order %u, the count says %llu", z->name,
				       (unsigned long long)folios[o], o, (unsigned long long)z->folios[o]);
	if (linked != counted)
		return sg_fail(err, SG_E_RANGE, "zone %s: %llu blocks are linked, the lists count %llu", z->name,
			       (unsigned long long)linked, (unsigned long long)counted);
	return 0;
}

/* No two buddies of one list may stand side by side: a merge was missed. */
static int audit_merges(const struct mm_machine *m, const struct zone_state *z, struct sg_err *err)
{
	for (uint64_t p = z->start; p < z->end; p++) {
		struct page_ent e = mm_ent(m, p), f;
		unsigned int o = ent_order(&e);

		if (ent_state(&e) != PS_FREE || !(e.st & PE_LINK) || o + 1 >= m->nr_orders || o >= m->pb_order)
			continue;
		f = mm_ent(m, p ^ (1ull << o));
		if (mm_zone_index(m, p ^ (1ull << o)) == mm_zone_index(m, p) && ent_state(&f) == PS_FREE && ent_order(&f) == o)
			return sg_fail(err, SG_E_RANGE, "free blocks of order %u at pfn %llu and its buddy are not merged", o,
				       (unsigned long long)p);
	}
	return 0;
}

/* One per-cpu list of CPU @cpu. @ret_pages: pages on it */
static int audit_pcp_list(const struct mm_machine *m, unsigned int zi, unsigned int cpu, unsigned int l,
			  const struct pcp_state *p, uint64_t *ret_pages, struct sg_err *err)
{
	uint32_t prev = MM_NIL, n = 0;

	for (uint32_t i = p->list[l].first; i != MM_NIL; n++) {
		struct page_ent e = mm_ent(m, i);

		if (mm_zone_index(m, i) != (int)zi || ent_state(&e) != PS_PCP || !(e.st & PE_LINK) || e.x >> 2 != cpu ||
		    e.b != prev || n >= p->list[l].nr ||
		    mm_pindex(m, ent_order(&e), ent_mt(&e) == 15 ? SG_MAX_MIGRATETYPES : ent_mt(&e)) != l)
			return sg_fail(err, SG_E_RANGE, "pfn %u on list %u of CPU %u and zone %s is not what it holds", i, l, cpu,
				       m->core.zone[zi].name);
		for (uint64_t k = 1; k < 1ull << ent_order(&e); k++) {
			struct page_ent t = mm_ent(m, i + k);

			if (ent_state(&t) != PS_PCP || (t.st & PE_LINK))
				return sg_fail(err, SG_E_RANGE, "pfn %llu inside a per-cpu block of order %u is not on the list with it",
					       (unsigned long long)(i + k), ent_order(&e));
		}
		*ret_pages += 1ull << ent_order(&e);
		prev = i;
		i = e.a;
	}
	if (n != p->list[l].nr || prev != (p->list[l].nr ? p->list[l].last : MM_NIL))
		return sg_fail(err, SG_E_RANGE, "list %u of CPU %u and zone %s has %u blocks, its count says %u, or its end is wrong",
			       l, cpu, m->core.zone[zi].name, n, p->list[l].nr);
	return 0;
}

/*
 * The per-cpu lists of a zone: links, counts, and that every block that says it is on one is on just one.  A block on
 * two lists would have two predecessors, and one of them fails.
 */
static int audit_pcps(const struct mm_machine *m, unsigned int zi, struct sg_err *err)
{
	const struct zone_state *z = &m->core.zone[zi];
	uint64_t blocks = 0, linked = 0;

	for (unsigned int cpu = 0; cpu < m->nr_cpus; cpu++) {
		const struct pcp_state *p = mm_cow_peek(&m->pcp, (uint64_t)zi * m->nr_cpus + cpu);
		uint64_t pages = 0;

		for (unsigned int l = 0; p && l < MM_NR_PINDEX; l++) {
			int r = audit_pcp_list(m, zi, cpu, l, p, &pages, err);

			if (r < 0)
				return r;
			blocks += p->list[l].nr;
		}
		if (p && pages != p->count)
			return sg_fail(err, SG_E_RANGE, "CPU %u holds %llu pages of zone %s, its count says %u", cpu,
				       (unsigned long long)pages, z->name, p->count);
	}
	for (uint64_t p = z->start; p < z->end; p++) {
		struct page_ent e = mm_ent(m, p);

		linked += ent_state(&e) == PS_PCP && (e.st & PE_LINK);
	}
	if (linked != blocks)
		return sg_fail(err, SG_E_RANGE, "zone %s: %llu blocks are linked in per-cpu lists, which hold %llu", z->name,
			       (unsigned long long)linked, (unsigned long long)blocks);
	return 0;
}

int mm_audit(const struct mm_machine *m, struct sg_err *err)
{
	for (unsigned int i = 0; i < m->core.nr_zones; i++) {
		int r = audit_zone(m, &m->core.zone[i], err);

		if (r == 0)
			r = audit_merges(m, &m->core.zone[i], err);
		if (r == 0)
			r = audit_pcps(m, i, err);
		if (r < 0)
			return r;
	}
	return 0;
}

#ifdef MM_AUDIT_EVERY
/* An audit looks at every page: on large machines it comes less often, so that it looks at no more than so many an event. */
#define AUDIT_PAGES 16

void mm_audit_now_and_then(const struct mm_machine *m)
{
	uint64_t every = MM_AUDIT_EVERY, pages = 0;
	struct sg_err err = { 0 };

	for (unsigned int i = 0; i < m->core.nr_zones; i++)
		pages += m->core.zone[i].end - m->core.zone[i].start;
	if (every < pages / AUDIT_PAGES)
		every = pages / AUDIT_PAGES;
	if (m->core.position % every || mm_audit(m, &err) == 0)
		return;
	/* the one place in engine/ that speaks by itself: a broken machine has nobody left whom it could tell */
	fprintf(stderr, "audit after event %llu: %s\n", (unsigned long long)m->core.position, err.text);
	abort();
}
#endif
