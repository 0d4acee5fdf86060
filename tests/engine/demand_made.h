/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Traces made by hand, for the tests of demand.  The zone's first four pageblocks are free when the trace begins, the fifth is
 * on the LRU (file pages), the others are in use and on no LRU.
 */
#ifndef DEMAND_MADE_H
#define DEMAND_MADE_H

#include "made.h"

#include "demand/demand.h"

#define KSWAPD 40
#define KCOMPACTD 41
#define CAT 214
#define DD 300

/* The bits that the made capture has for them. */
#define G_HIGHMEM 0x2u
#define G_MOVABLE 0x8u
#define G_RECLAIMABLE 0x10u
#define G_HIGH 0x20u
#define G_IO 0x40u
#define G_FS 0x80u
#define G_DIRECT 0x400u
#define G_KSWAPD 0x800u
#define G_NORETRY 0x10000u
#define G_COMP 0x40000u
#define G_NOMEMALLOC 0x80000u
#define G_KERNEL (G_DIRECT | G_KSWAPD | G_IO | G_FS)
#define G_USER (G_KERNEL | G_HIGHMEM | G_MOVABLE)

#define HARD_IRQ 0x08u
#define INACTIVE_ANON 0u
#define ACTIVE_ANON 1u
#define INACTIVE_FILE 2u
#define ACTIVE_FILE 3u
#define UNEVICTABLE 4u

static const struct sg_task_name names[] = { { KSWAPD, "kswapd0" }, { KCOMPACTD, "kcompactd0" }, { CAT, "cat" }, { DD, "dd" } };

/* A log under way, and what is taken out of it. */
struct tale {
	struct made mk;
	struct mm_machine *start;
	struct mm_demand *d;
};
static struct tale tale;

static inline struct tale *begin(void)
{
	struct tale *t = &tale;
	struct made *mk = &t->mk;

	made_capture(mk, 7, 3);
	mk->cap.gfp = (struct sg_gfp){ .highmem = G_HIGHMEM, .movable = G_MOVABLE, .reclaimable = G_RECLAIMABLE, .high = G_HIGH,
				       .io = G_IO, .fs = G_FS, .direct_reclaim = G_DIRECT, .kswapd_reclaim = G_KSWAPD,
				       .noretry = G_NORETRY, .comp = G_COMP, .nomemalloc = G_NOMEMALLOC };
	mk->cap.task = names;
	mk->cap.nr_tasks = 4;
	for (uint64_t p = B(0); p < B(4); p++)
		mk->flags[p] = KPF_BUDDY;
	for (uint64_t p = B(4); p < B(5); p++)
		mk->flags[p] = KPF_LRU;
	made_init(mk, 7, 3, MADE_FLAGS);
	/* it stays at the start; what follows goes into the log only */
	t->start = mk->m;
	mk->m = NULL;
	mk->log = sg_log_new();
	assert_non_null(mk->log);
	t->d = NULL;
	return t;
}

static inline const struct mm_demand *end(struct tale *t)
{
	struct sg_err err = { 0 };

	if (mm_demand_take(t->mk.log, &t->mk.cap, 0, t->start, &t->d, &err) != 0)
		fail_msg("%s", err.text);
	return t->d;
}

static inline void done(struct tale *t)
{
	mm_demand_free(t->d);
	mm_machine_free(t->start);
	made_fini(&t->mk);
}

/* Who has the next events, and where. */
static inline void as(struct tale *t, int32_t pid, uint16_t cpu)
{
	t->mk.pid = pid;
	t->mk.cpu = cpu;
}

/* The next event comes at @ts. */
static inline void at(struct tale *t, uint64_t ts)
{
	t->mk.ts = ts - 1000;
}

static inline void alloc(struct tale *t, uint64_t pfn, unsigned int order, uint64_t gfp)
{
	struct sg_event ev = made_event(&t->mk, SG_EV_mm_page_alloc);

	ev.v[SGF_mm_page_alloc_pfn] = pfn;
	ev.v[SGF_mm_page_alloc_order] = order;
	ev.v[SGF_mm_page_alloc_gfp_flags] = gfp;
	ev.v[SGF_mm_page_alloc_migratetype] = gfp & G_MOVABLE ? M : U;
	made_send(&t->mk, &ev);
}

static inline void reclaim_begin(struct tale *t, unsigned int order, uint64_t gfp)
{
	struct sg_event ev = made_event(&t->mk, SG_EV_mm_vmscan_direct_reclaim_begin);

	ev.v[SGF_mm_vmscan_direct_reclaim_begin_order] = order;
	ev.v[SGF_mm_vmscan_direct_reclaim_begin_gfp_flags] = gfp;
	made_send(&t->mk, &ev);
}

static inline void just(struct tale *t, enum sg_kind kind)
{
	struct sg_event ev = made_event(&t->mk, kind);

	made_send(&t->mk, &ev);
}

static inline void try_to_compact(struct tale *t, unsigned int order, uint64_t gfp)
{
	struct sg_event ev = made_event(&t->mk, SG_EV_mm_compaction_try_to_compact_pages);

	ev.v[SGF_mm_compaction_try_to_compact_pages_order] = order;
	ev.v[SGF_mm_compaction_try_to_compact_pages_gfp_mask] = gfp;
	made_send(&t->mk, &ev);
}

static inline void activate(struct tale *t, uint64_t pfn)
{
	struct sg_event ev = made_event(&t->mk, SG_EV_mm_lru_activate);

	ev.v[SGF_mm_lru_activate_pfn] = pfn;
	made_send(&t->mk, &ev);
}

static inline void file(struct tale *t, bool add, uint64_t pfn, uint64_t ino, uint64_t index)
{
	struct sg_event ev = made_event(&t->mk, add ? SG_EV_mm_filemap_add_to_page_cache : SG_EV_mm_filemap_delete_from_page_cache);

	ev.v[SGF_mm_filemap_add_to_page_cache_pfn] = pfn;
	ev.v[SGF_mm_filemap_add_to_page_cache_i_ino] = ino;
	ev.v[SGF_mm_filemap_add_to_page_cache_index] = index;
	ev.v[SGF_mm_filemap_add_to_page_cache_s_dev] = 8;
	ev.v[SGF_mm_filemap_add_to_page_cache_order] = 0;
	made_send(&t->mk, &ev);
}

static inline void check_want(const struct mm_demand *d, size_t i, enum mm_want_kind kind, int32_t pid, uint32_t handle, unsigned int order,
		       uint32_t offset, unsigned int flags)
{
	const struct mm_want *w = &d->want[i];

	assert_true(i < d->nr_wants);
	if (w->kind == kind && w->pid == pid && w->handle == handle && w->order == order && w->offset == offset && w->flags == flags)
		return;
	fail_msg("want %zu is %s of %d, handle %u, order %u, offset %u, flags %x; should be %s of %d, %u, %u, %u, %x", i,
		 mm_want_key((enum mm_want_kind)w->kind), w->pid, w->handle, w->order, w->offset, w->flags, mm_want_key(kind), pid,
		 handle, order, offset, flags);
}

/* What holds of every demand, whatever the trace was. */
static inline void check_whole_demand(const struct mm_demand *d)
{
	for (size_t i = 0; i < d->nr_wants; i++) {
		const struct mm_want *w = &d->want[i];

		assert_true(w->kind < MM_WANT_KINDS);
		assert_true(w->cpu < d->nr_cpus);
		assert_true(w->order < MM_MAX_ORDERS);
		assert_true(w->content == MM_NO_CONTENT || w->content < d->nr_contents);
		if (w->kind == MM_WANT_MARK) {
			assert_true(w->handle < d->nr_marks);
			continue;
		}
		assert_true(w->handle == MM_NO_HANDLE || w->handle < d->nr_handles);
		if (w->kind == MM_WANT_FREE || w->kind == MM_WANT_LRU || w->kind == MM_WANT_ACTIVATE) {
			assert_true(w->handle != MM_NO_HANDLE);
			assert_true(w->offset + (UINT64_C(1) << w->order) <= UINT64_C(1) << d->first_order[w->handle]);
		}
	}
}

#endif
