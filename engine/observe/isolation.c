// SPDX-License-Identifier: GPL-2.0-only
/*
 * Isolated pageblocks: what alloc_contig_range() (gigantic pages, CMA, virtio-mem) and memory hotplug make of them.
 *
 * Who wants a range of pages first makes its pageblocks ISOLATE, so that what is free there is handed out to nobody, and
 * empties all per-cpu lists.  From then on a page that is freed there goes straight to the buddy lists, to those of
 * ISOLATE, without mm_page_pcpu_drain.  Nothing of this has an event; but these tell:
 *	mm_compaction_isolate_migratepages	outside of a compaction run: alloc_contig_range() looks for pages to move;
 *	mm_migrate_pages_start			reason memory_hotplug: what the task frees now lies in memory that is to go offline;
 *	test_pages_isolated			how far the range is free: it names the whole of it.  All free: it is taken, or
 *						goes offline; else alloc_contig_range() fails;
 *	mm_compaction_isolate_freepages		the range is taken: its pages belong to the task.
 * So a range becomes known from its start on, pageblock by pageblock.  What was freed there meanwhile is on the model's
 * per-cpu lists until then.
 *
 * Source: mm/page_alloc.c: alloc_contig_range(), __alloc_contig_migrate_range(), free_unref_page(), mm/page_isolation.c:
 *	start_isolate_page_range(), undo_isolate_page_range(), test_pages_isolated(), mm/memory_hotplug.c: offline_pages(),
 *	online_pages(), 6.1 to 7.3
 * Differs: isolation begins with the first event that tells of it, not when it began; one that fails without
 *	test_pages_isolated lasts until the task's next range; memory is offline with test_pages_isolated, a moment too early.
 */
#include "observe/isolation.h"

#include <string.h>

/* Smallest memory block that can go offline (SECTION_SIZE_BITS): x86-64, arm64 with pages of 4 and 16 KiB. */
#define SECTION_BYTES (128ull << 20)

static struct isolation *of_task(struct mm_machine *m, int32_t pid)
{
	for (unsigned int i = 0; i < m->obs->nr_isolations; i++)
		if (m->obs->isolation[i].pid == pid)
			return &m->obs->isolation[i];
	return NULL;
}

static void drop(struct mm_machine *m, struct isolation *s)
{
	unsigned int i = (unsigned int)(s - m->obs->isolation);

	for (; i + 1 < m->obs->nr_isolations; i++)
		m->obs->isolation[i] = m->obs->isolation[i + 1];
	m->obs->nr_isolations--;
}

static unsigned int isolate_type(const struct mm_machine *m)
{
	return m->cap->mt_isolate >= 0 ? (unsigned int)m->cap->mt_isolate : SG_MAX_MIGRATETYPES;
}

/* A free block that begins before the pageblock at @pfn and reaches into it is split at pageblocks: each keeps its type. */
static void split_before(struct mm_machine *m, struct zone_state *z, uint64_t pfn)
{
	struct page_ent e;
	unsigned int mt;
	uint64_t h;

	if (!mm_head_of(m, pfn, &h, &e) || h == pfn || ent_order(&e) <= m->pb_order)
		return;
	mt = ent_mt(&e) == 15 ? mm_blk(m, h >> m->pb_order).mt : ent_mt(&e);
	if (mt >= SG_MAX_MIGRATETYPES)
		mt = MM_MT_MOVABLE;
	mm_list_del(m, z, h, &e, mt);
	for (uint64_t p = h; p < h + (1ull << ent_order(&e)); p += 1ull << m->pb_order)
		mm_list_add(m, z, p, m->pb_order, mt, true);
}

/* What the model has on per-cpu lists since a free went straight to the buddy lists: those lists were emptied before. */
static void leave_pcp(struct mm_machine *m, uint64_t first, uint64_t end)
{
	for (uint64_t p = first; p < end;) {
		struct page_ent e = mm_ent(m, p);
		unsigned int s = ent_state(&e);

		if (s == PS_PCP && (e.st & PE_LINK) && mm_pcp_unsure(&e))
			mm_went_to_buddy(m, p);
		p += s == PS_PCP || s == PS_FREE ? 1ull << ent_order(&e) : 1;
	}
}

/* The pageblock at @pfn becomes ISOLATE. Source: mm/page_isolation.c: set_migratetype_isolate(), 6.1 to 7.3 */
static void isolate_block(struct mm_machine *m, struct zone_state *z, uint64_t pfn)
{
	unsigned int was = mm_blk(m, pfn >> m->pb_order).mt, iso = isolate_type(m);
	uint64_t end = pfn + (1ull << m->pb_order);

	if (was == iso || pfn < z->start || end > z->end)
		return;
	split_before(m, z, pfn);
	/* one that no event has named: such ranges are looked for among MOVABLE ones */
	mm_block_move(m, z, pfn, was == MM_MT_UNKNOWN ? MM_MT_MOVABLE : was, iso);
	mm_block_type(m, z, pfn, iso, MM_MT_MOVABLE, false);
	mm_blk_own(m, pfn >> m->pb_order)->was = (uint8_t)(was == MM_MT_UNKNOWN ? 0 : was + 1);
	leave_pcp(m, pfn, end);
}

/* Makes what is missing of [@start, @end), whole pageblocks of @s's range, ISOLATE. */
static void isolate_range(struct mm_machine *m, struct isolation *s, uint64_t start, uint64_t end)
{
	uint64_t block = 1ull << m->pb_order;

	start &= ~(block - 1);
	end = (end + block - 1) & ~(block - 1);
	if (isolate_type(m) >= SG_MAX_MIGRATETYPES)
		return;
	for (uint64_t p = start; p < end; p += block) {
		struct zone_state *z = mm_zone_at(m, p);

		if (z)
			isolate_block(m, z, p);
	}
	if (s->start == s->end)
		s->start = s->end = start;
	s->start = start < s->start ? start : s->start;
	s->end = end > s->end ? end : s->end;
}

/*
 * What a pageblock is when it is no longer isolated: what it was from 6.17 on, where ISOLATE is a bit of its own; before, it
 * becomes what the caller names: CMA for cma_alloc(), MOVABLE for all others.
 * Source: mm/page_isolation.c: undo_isolate_page_range(), 6.1 to 7.3
 */
static unsigned int type_after(const struct mm_machine *m, uint64_t pfn)
{
	unsigned int was = mm_blk(m, pfn >> m->pb_order).was;

	if (was && (mm_has(m->facts, ISOLATE_BIT) || (int)was - 1 == m->cap->mt_cma))
		return was - 1;
	return MM_MT_MOVABLE;
}

/* A whole pageblock that came back joins free neighbours of whole pageblocks, which it couldn't while isolated. */
static void join(struct mm_machine *m, struct zone_state *z, uint64_t pfn, unsigned int mt)
{
	struct page_ent e = mm_ent(m, pfn), b;
	uint64_t buddy = pfn ^ (1ull << ent_order(&e));

	if (ent_state(&e) != PS_FREE || ent_order(&e) < m->pb_order || ent_order(&e) >= m->nr_orders - 1 || buddy < z->start ||
	    buddy >= z->end)
		return;
	b = mm_ent(m, buddy);
	if (ent_state(&b) != PS_FREE || ent_order(&b) != ent_order(&e))
		return;
	mm_list_del(m, z, pfn, &e, mt);
	mm_observed_free(m, z, pfn, ent_order(&e), mt, true);
}

static void undo(struct mm_machine *m, uint64_t start, uint64_t end)
{
	unsigned int iso = isolate_type(m);

	for (uint64_t p = start; p < end; p += 1ull << m->pb_order) {
		struct zone_state *z = mm_zone_at(m, p);
		unsigned int mt = type_after(m, p);

		if (!z || mm_blk(m, p >> m->pb_order).mt != iso)
			continue;
		mm_block_move(m, z, p, iso, mt);
		mm_block_type(m, z, p, mt, iso, false);
		mm_blk_own(m, p >> m->pb_order)->was = 0;
		join(m, z, p, mt);
	}
}

/* The range is isolated no more. */
static void finish(struct mm_machine *m, struct isolation *s)
{
	undo(m, s->start, s->end);
	drop(m, s);
}

static struct isolation *begin(struct mm_machine *m, int32_t pid, unsigned int kind)
{
	struct isolation *s = of_task(m, pid);

	if (s)
		finish(m, s);
	if (m->obs->nr_isolations == MM_MAX_ISOLATIONS)
		finish(m, &m->obs->isolation[0]); /* its end was lost */
	s = &m->obs->isolation[m->obs->nr_isolations++];
	*s = (struct isolation){ .pid = pid, .kind = (uint8_t)kind, .since = (uint32_t)m->core.position };
	return s;
}

void mm_isolation_scan(struct mm_machine *m, const struct sg_event *ev)
{
	uint64_t start = ev->v[SGF_mm_compaction_isolate_migratepages_start_pfn];
	uint64_t end = ev->v[SGF_mm_compaction_isolate_migratepages_end_pfn];
	struct isolation *s = of_task(m, ev->pid);
	uint64_t block = 1ull << m->pb_order;

	/* a compaction run says when it begins; where that isn't recorded, the two look alike */
	if (!m->cap->present[SG_EV_mm_compaction_begin] || end < start ||
	    end - start > block || !mm_zone_at(m, start))
		return;
	if (!s || s->kind != ISOLATION_CONTIG || s->stage != ISOLATION_MOVES || start < s->next ||
	    start >= s->next + (1ull << (m->nr_orders - 1)))
		s = begin(m, ev->pid, ISOLATION_CONTIG);
	s->next = end;
	isolate_range(m, s, start, end > start ? end : start + 1);
}

/* The value of the field that is called @name, @otherwise when the formats don't say. */
static uint64_t value_named(const struct sg_capture *cap, unsigned int kind, unsigned int slot, const char *name,
			    uint64_t otherwise)
{
	const struct sg_symtab *t = cap->sym[kind][slot];

	for (unsigned int i = 0; t && i < t->nr; i++)
		if (strcmp(t->sym[i].name, name) == 0)
			return t->sym[i].value;
	return otherwise;
}

void mm_isolation_moves(struct mm_machine *m, const struct sg_event *ev)
{
	struct isolation *s = of_task(m, ev->pid);
	/* enum migrate_reason: MR_MEMORY_HOTPLUG, 6.1 to 7.3 */
	uint64_t hotplug = value_named(m->cap, SG_EV_mm_migrate_pages_start, SGF_mm_migrate_pages_start_reason,
				       "memory_hotplug", 2);

	if (ev->v[SGF_mm_migrate_pages_start_reason] != hotplug)
		return;
	if (!s || s->kind != ISOLATION_OFFLINE)
		begin(m, ev->pid, ISOLATION_OFFLINE);
}

void mm_isolation_free(struct mm_machine *m, const struct sg_event *ev)
{
	uint64_t pfn = ev->v[SGF_mm_page_free_pfn], size = 1ull << m->pb_order;
	struct isolation *s = of_task(m, ev->pid);
	struct page_ent e;

	if (!s || s->kind != ISOLATION_OFFLINE || s->stage != ISOLATION_MOVES || (ev->common_flags & MM_IN_INTERRUPT) ||
	    !mm_zone_at(m, pfn))
		return;
	if (m->cap->page_size == 4096 || m->cap->page_size == 16384)
		size = SECTION_BYTES / m->cap->page_size;
	if (size < 1ull << m->pb_order)
		size = 1ull << m->pb_order;
	/* a page that it got for the move, and didn't need */
	e = mm_ent(m, pfn);
	if (ent_state(&e) == PS_ALLOC && (int32_t)e.a == ev->pid && e.since >= s->since)
		return;
	pfn &= ~(size - 1);
	if (pfn >= s->start && pfn < s->end)
		return;
	/* a block of memory is one piece: what lies apart from it is something else that the task frees */
	if (s->start < s->end && pfn != s->end && pfn + size != s->start)
		return;
	isolate_range(m, s, pfn, pfn + size);
}

/* The pages of the range [@start, @end) are there no more.  Source: mm/memory_hotplug.c: offline_pages(), 6.1 to 7.3 */
static void go_offline(struct mm_machine *m, uint64_t start, uint64_t end)
{
	const struct page_ent none = { .om = 0xf0, .a = MM_NIL, .b = MM_NIL, .since = (uint32_t)m->core.position };
	unsigned int iso = isolate_type(m);
	uint64_t p = start;

	while (p < end) {
		struct zone_state *z = mm_zone_at(m, p);
		uint64_t until = z && z->end < end ? z->end : end, there;

		if (!z) {
			p++;
			continue;
		}
		there = z->nr_pages[PS_NONE];
		for (; p < until; p++) {
			struct page_ent e = mm_ent(m, p);

			if (ent_state(&e) == PS_NONE)
				continue;
			mm_event_detach(m, z, p, 0);
			mm_set_state(m, z, p, 1, PS_NONE, &none);
		}
		there = z->nr_pages[PS_NONE] - there;
		z->present -= there < z->present ? there : z->present;
		z->managed -= there < z->managed ? there : z->managed;
	}
	mm_change_add(m, start, end - start, PS_FREE, PS_NONE);
	for (p = start; p < end; p += 1ull << m->pb_order) {
		struct zone_state *z = mm_zone_at(m, p);
		struct block_ent *b = mm_blk_own(m, p >> m->pb_order);

		if (z && b->mt == iso && z->type_blocks[iso])
			z->type_blocks[iso]--;
		b->mt = MM_MT_UNKNOWN;
		b->was = 0;
	}
}

void mm_isolation_tested(struct mm_machine *m, const struct sg_event *ev)
{
	uint64_t start = ev->v[SGF_test_pages_isolated_start_pfn], end = ev->v[SGF_test_pages_isolated_end_pfn];
	uint64_t fin = ev->v[SGF_test_pages_isolated_fin_pfn], block = 1ull << m->pb_order;
	struct isolation *s = of_task(m, ev->pid);

	if (start >= end || end > m->end_pfn || mm_zone_index(m, start) < 0) {
		mm_contra_add(m, MM_CONTRA_OUT_OF_RANGE);
		return;
	}
	if (s && (start >= s->end + block || end + block <= s->start)) {
		finish(m, s); /* of another range, whose end has no event */
		s = NULL;
	}
	if (!s) /* who moves nothing shows itself only now: alloc_contig_range() would have looked for pages */
		s = begin(m, ev->pid, m->cap->present[SG_EV_mm_compaction_isolate_migratepages] && (start | end) % block == 0 ?
					      ISOLATION_OFFLINE : ISOLATION_CONTIG);
	isolate_range(m, s, start, end);
	if (s->kind == ISOLATION_CONTIG && fin < end) {
		finish(m, s); /* it fails */
	} else if (fin >= end && s->kind == ISOLATION_OFFLINE) {
		go_offline(m, start, end);
		drop(m, s);
	} else if (fin >= end) {
		s->stage = ISOLATION_TAKES;
		s->next = start;
		s->take_end = end;
	}
}

bool mm_isolation_take(struct mm_machine *m, const struct sg_event *ev)
{
	uint64_t start = ev->v[SGF_mm_compaction_isolate_freepages_start_pfn];
	uint64_t end = ev->v[SGF_mm_compaction_isolate_freepages_end_pfn];
	uint64_t taken = ev->v[SGF_mm_compaction_isolate_freepages_nr_taken];
	struct isolation *s = of_task(m, ev->pid);
	struct page_ent as = { .om = 0xf0, .x = UINT16_MAX, .a = (uint32_t)ev->pid, .b = MM_NIL,
			       .since = (uint32_t)m->core.position }, e;
	struct zone_state *z = mm_zone_at(m, start);

	if (!s || s->stage != ISOLATION_TAKES || !z || end <= start || start < s->start || taken > 1ull << 15)
		return false;
	/* a free block may reach beyond the pageblock that was looked at */
	if (taken > end - start)
		end = start + taken;
	if (end > z->end)
		return false;
	e = mm_ent(m, start);
	for (uint64_t p = start; p < end;) {
		unsigned int order = 0;

		/* in pieces as large as lists know, so that a gigantic page isn't thousands of single ones */
		while (order + 1 < m->nr_orders && !(p & ((2ull << order) - 1)) && p + (2ull << order) <= end)
			order++;
		as.om = (uint8_t)(0xf0 | order);
		mm_event_detach(m, z, p, order);
		mm_set_state(m, z, p, 1u << order, PS_ALLOC, &as);
		p += 1ull << order;
	}
	mm_change_add(m, start, end - start, ent_state(&e), PS_ALLOC);
	s->next = end;
	if (end >= s->take_end)
		s->stage = ISOLATION_DONE;
	return true;
}

bool mm_isolation_pcp_off(const struct mm_machine *m, unsigned int z, bool *ret_maybe)
{
	bool off = false;

	*ret_maybe = false;
	for (unsigned int i = 0; i < m->obs->nr_isolations; i++) {
		const struct isolation *s = &m->obs->isolation[i];

		if (s->kind != ISOLATION_OFFLINE)
			continue;
		*ret_maybe |= s->start == s->end;
		off |= s->start < s->end && z < m->core.nr_zones && s->start < m->core.zone[z].end &&
		       m->core.zone[z].start < s->end;
	}
	*ret_maybe &= !off;
	return off;
}

void mm_isolation_goes_on(struct mm_machine *m, const struct sg_event *ev)
{
	struct isolation *s;

	if (ev->common_flags & MM_IN_INTERRUPT)
		return;
	s = of_task(m, ev->pid);
	if (!s || s->stage != ISOLATION_DONE)
		return;
	/* what it took too much at both ends it gives back first: the range is isolated still */
	if (ev->kind == SG_EV_mm_page_free && ev->v[SGF_mm_page_free_pfn] >= s->start && ev->v[SGF_mm_page_free_pfn] < s->end)
		return;
	finish(m, s);
}

bool mm_isolation_online(struct mm_machine *m, struct zone_state *z, const struct sg_event *ev, const struct page_ent *e)
{
	uint64_t pfn = ev->v[SGF_mm_page_free_pfn], order = ev->v[SGF_mm_page_free_order], nr = 1ull << order;
	uint64_t missing = 0;

	if (ent_state(e) != PS_NONE || order < m->pb_order || (ev->common_flags & MM_IN_INTERRUPT))
		return false;
	for (uint64_t p = pfn; p < pfn + nr; p++) {
		struct page_ent q = mm_ent(m, p);

		missing += ent_state(&q) == PS_NONE;
	}
	z->present += missing;
	z->managed += missing;
	for (uint64_t p = pfn; p < pfn + nr; p += 1ull << m->pb_order)
		if (mm_blk(m, p >> m->pb_order).mt == MM_MT_UNKNOWN) {
			struct block_ent *b = mm_blk_own(m, p >> m->pb_order);

			b->mt = MM_MT_MOVABLE;
			z->type_blocks[MM_MT_MOVABLE]++;
		}
	mm_event_detach(m, z, pfn, (unsigned int)order); /* what of it was there all the time */
	mm_observed_free(m, z, pfn, (unsigned int)order, MM_MT_MOVABLE, true);
	return true;
}
