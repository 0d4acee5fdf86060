// SPDX-License-Identifier: GPL-2.0-only
/* A run's events, counted. */
#include "figures/figures.h"

#include <stdlib.h>
#include <string.h>

#include "figures/priv.h"
#include "observe/observe.h"
#include "sg_mem.h"

struct mm_figures *mm_figures_new(const struct sg_capture *cap, const struct mm_policy *p)
{
	struct mm_figures *f = sg_calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->cap = cap;
	f->facts = p->facts;
	f->generations = p->tune[MM_TUNE_LRU_GEN];
	f->silent = f->generations && p->release < MM_SINCE(6, 7);
	return f;
}

void mm_figures_free(struct mm_figures *f)
{
	if (!f)
		return;
	free(f->task);
	free(f->stall);
	free(f->gone);
	free(f);
}

/* A number of an event; 0 where the kernel's format doesn't have it. */
static int64_t number(const struct sg_event *ev, unsigned int slot)
{
	return ev->v[slot] == SG_MISSING ? 0 : (int64_t)ev->v[slot];
}

static bool named(const struct mm_figures *f, const struct sg_event *ev, unsigned int slot, const char *name)
{
	char text[64];

	mm_event_field(f->cap, ev, slot, text, sizeof(text));
	return strcmp(text, name) == 0;
}

/* ---- requests ------------------------------------------------------------------------ */

/*
 * Is it a fault on anonymous memory that asks for a huge page?  hugetlb asks without __GFP_NOMEMALLOC, files with __GFP_NORETRY
 * and order by order, khugepaged isn't a fault.  __GFP_NOWARN isn't asked for: simulated requests keep only the flags that decide.
 * Source: include/linux/gfp_types.h: GFP_TRANSHUGE_LIGHT; mm/huge_memory.c: vma_thp_gfp_mask(), 6.1 to 7.3
 */
static bool is_huge_fault(const struct mm_figures *f, const struct fig_task *t, uint64_t order, uint64_t gfp)
{
	const struct sg_gfp *g = &f->cap->gfp;

	return order == f->huge_order && t->kind == TASK_OTHER && g->nomemalloc && (gfp & g->nomemalloc) &&
	       (gfp & g->comp) && (gfp & g->movable);
}

/*
 * A failure on the local node alone isn't the fault's last word when it may reclaim: it is asked for again on any.
 * Source: mm/mempolicy.c: alloc_pages_mpol() (6.7 to 7.3), vma_alloc_folio() (6.1)
 */
static void add_huge(struct mm_figures *f, uint64_t gfp, bool got)
{
	const struct sg_gfp *g = &f->cap->gfp;

	if (got)
		f->v[MM_FIG_THP_FAULT_ALLOC]++;
	else if (!(gfp & g->thisnode) || !(gfp & g->direct_reclaim))
		f->v[MM_FIG_THP_FAULT_FALLBACK]++;
}

static void add_alloc(struct mm_figures *f, const struct sg_event *ev)
{
	uint64_t pfn = ev->v[SGF_mm_page_alloc_pfn], order = ev->v[SGF_mm_page_alloc_order];
	uint64_t gfp = ev->v[SGF_mm_page_alloc_gfp_flags], may = f->cap->gfp.direct_reclaim;
	bool got = pfn != 0 && pfn != UINT64_MAX && pfn != UINT32_MAX;
	struct fig_task *t;

	if (order >= MM_MAX_ORDERS)
		return;
	if (got) {
		f->v[MM_FIG_OBTAINED + order]++;
		f->v[MM_FIG_PAGES_OBTAINED] += INT64_C(1) << order;
	} else {
		f->v[MM_FIG_ALLOC_FAILED]++;
	}
	t = mm_fig_task(f, ev->pid);
	if (!t || ev->common_flags & MM_IN_INTERRUPT)
		return;
	if (is_huge_fault(f, t, order, gfp))
		add_huge(f, gfp, got);
	/* what can't reclaim isn't what stalls, and what reclaim itself asks for isn't what it reclaims for */
	if (!t->in_reclaim && (!may || (gfp & may)))
		mm_fig_obtained(f, t, ev->ts, (unsigned int)order, got);
}

static void add_extfrag(struct mm_figures *f, const struct sg_event *ev)
{
	uint64_t to = ev->v[SGF_mm_page_alloc_extfrag_alloc_migratetype],
		 from = ev->v[SGF_mm_page_alloc_extfrag_fallback_migratetype];

	f->v[MM_FIG_EXTFRAG]++;
	if (to < SG_MAX_MIGRATETYPES && from < SG_MAX_MIGRATETYPES)
		f->v[MM_FIG_PAIR + to * SG_MAX_MIGRATETYPES + from]++;
}

/* ---- reclaim -------------------------------------------------------------------------- */

/*
 * Direct reclaim starts again from the least pressure when it left active pages alone at first, and is counted again: then its
 * priority rises.
 * Source: mm/vmscan.c: do_try_to_free_pages(), 6.1 to 7.3: skipped_deactivate, count_vm_event(ALLOCSTALL)
 */
static void see_priority(struct mm_figures *f, const struct sg_event *ev, unsigned int slot)
{
	struct fig_task *t = mm_fig_task(f, ev->pid);
	int64_t priority = number(ev, slot);

	if (!t || !t->in_reclaim || ev->v[slot] == SG_MISSING)
		return;
	if (priority > t->priority)
		f->v[MM_FIG_ALLOCSTALL]++;
	t->priority = (int)priority;
}

/* Where pages that were reclaimed (@steal) or looked at count.  Return: -1, nowhere */
static int reclaimer(struct mm_figures *f, int32_t pid, bool steal)
{
	struct fig_task *t = mm_fig_task(f, pid);

	if (!t || t->in_memcg || t->kind == TASK_KHUGEPAGED)
		return -1;
	if (t->kind == TASK_KSWAPD)
		return steal ? MM_FIG_PGSTEAL_KSWAPD : MM_FIG_PGSCAN_KSWAPD;
	return steal ? MM_FIG_PGSTEAL_DIRECT : MM_FIG_PGSCAN_DIRECT;
}

static void add_reclaimed(struct mm_figures *f, const struct sg_event *ev)
{
	int fig = reclaimer(f, ev->pid, true);

	if (fig >= 0)
		f->v[fig] += number(ev, SGF_mm_vmscan_lru_shrink_inactive_nr_reclaimed);
	see_priority(f, ev, SGF_mm_vmscan_lru_shrink_inactive_priority);
}

/*
 * Pages of active lists aren't what vmstat counts.  The generations count pages that they took, classic lists those that they
 * looked at.
 * Source: mm/vmscan.c: shrink_inactive_list(), scan_folios(), 6.1 to 7.3
 */
static void add_isolated(struct mm_figures *f, const struct sg_event *ev)
{
	int fig = reclaimer(f, ev->pid, false);
	char lru[32];

	mm_event_field(f->cap, ev, SGF_mm_vmscan_lru_isolate_lru, lru, sizeof(lru));
	/* LRU_ACTIVE_ANON and LRU_ACTIVE_FILE where the formats don't name them */
	if (fig < 0 || strncmp(lru, "active", 6) == 0 || strcmp(lru, "1") == 0 || strcmp(lru, "3") == 0)
		return;
	f->v[fig] += number(ev, f->generations ? SGF_mm_vmscan_lru_isolate_nr_taken : SGF_mm_vmscan_lru_isolate_nr_scanned);
}

static void direct_begin(struct mm_figures *f, const struct sg_event *ev)
{
	struct fig_task *t = mm_fig_task(f, ev->pid);

	f->v[MM_FIG_DIRECT_RECLAIMS]++;
	f->v[MM_FIG_ALLOCSTALL]++;
	if (!t)
		return;
	mm_fig_try_end(f, t, false);
	mm_fig_round(f, t, ev->ts);
	t->in_reclaim = true;
	t->priority = INT32_MAX;
}

static void direct_end(struct mm_figures *f, const struct sg_event *ev)
{
	struct fig_task *t = mm_fig_task(f, ev->pid);

	f->direct_reclaimed += (uint64_t)number(ev, SGF_mm_vmscan_direct_reclaim_end_nr_reclaimed);
	if (t)
		t->in_reclaim = false;
}

static void memcg(struct mm_figures *f, const struct sg_event *ev, bool in)
{
	struct fig_task *t = mm_fig_task(f, ev->pid);

	if (t)
		t->in_memcg = in;
}

static void add_cached(struct mm_figures *f, const struct sg_event *ev)
{
	struct fig_content c = { ev->v[SGF_mm_filemap_add_to_page_cache_s_dev], ev->v[SGF_mm_filemap_add_to_page_cache_i_ino],
				 ev->v[SGF_mm_filemap_add_to_page_cache_index], false };

	f->v[MM_FIG_REFAULTS] += mm_fig_read_again(f, &c);
}

static void add_uncached(struct mm_figures *f, const struct sg_event *ev)
{
	struct fig_content c = { ev->v[SGF_mm_filemap_delete_from_page_cache_s_dev],
				 ev->v[SGF_mm_filemap_delete_from_page_cache_i_ino],
				 ev->v[SGF_mm_filemap_delete_from_page_cache_index], false };
	struct fig_task *t = mm_fig_task(f, ev->pid);

	if (t && (t->kind == TASK_KSWAPD || t->in_reclaim))
		mm_fig_evicted(f, &c);
	else
		mm_fig_read_again(f, &c); /* the file was cut: what comes there next is something else */
}

/* ---- compaction ------------------------------------------------------------------------ */

static void add_try(struct mm_figures *f, const struct sg_event *ev)
{
	struct fig_task *t = mm_fig_task(f, ev->pid);

	if (!t)
		return;
	mm_fig_round(f, t, ev->ts);
	mm_fig_try_begin(f, t);
}

static void compact_begin(struct mm_figures *f, const struct sg_event *ev)
{
	struct fig_task *t = mm_fig_task(f, ev->pid);

	f->v[MM_FIG_COMPACT_RUNS]++;
	if (t)
		t->ran = true;
}

static void add_migrated(struct mm_figures *f, const struct sg_event *ev)
{
	struct fig_task *t = mm_fig_task(f, ev->pid);
	int64_t moved = number(ev, SGF_mm_migrate_pages_succeeded);

	f->v[MM_FIG_PGMIGRATE_SUCCESS] += moved;
	f->v[MM_FIG_PGMIGRATE_FAIL] += number(ev, SGF_mm_migrate_pages_failed);
	if (named(f, ev, SGF_mm_migrate_pages_reason, "demotion") && t)
		f->v[t->kind == TASK_KSWAPD ? MM_FIG_PGDEMOTE_KSWAPD : MM_FIG_PGDEMOTE_DIRECT] += moved;
	else if (named(f, ev, SGF_mm_migrate_pages_reason, "numa_misplaced"))
		f->v[MM_FIG_NUMA_MIGRATED] += moved;
}

/* ---- all events -------------------------------------------------------------------------- */

static void add(struct mm_figures *f, const struct sg_event *ev)
{
	switch (ev->kind) {
	case SG_EV_mm_page_alloc:
		add_alloc(f, ev);
		break;
	case SG_EV_mm_page_alloc_extfrag:
		add_extfrag(f, ev);
		break;
	case SG_EV_mm_vmscan_direct_reclaim_begin:
		direct_begin(f, ev);
		break;
	case SG_EV_mm_vmscan_direct_reclaim_end:
		direct_end(f, ev);
		break;
	case SG_EV_mm_vmscan_memcg_reclaim_begin:
	case SG_EV_mm_vmscan_memcg_softlimit_reclaim_begin:
		memcg(f, ev, true);
		break;
	case SG_EV_mm_vmscan_memcg_reclaim_end:
	case SG_EV_mm_vmscan_memcg_softlimit_reclaim_end:
		memcg(f, ev, false);
		break;
	case SG_EV_mm_vmscan_lru_shrink_inactive:
		add_reclaimed(f, ev);
		break;
	case SG_EV_mm_vmscan_lru_shrink_active:
		see_priority(f, ev, SGF_mm_vmscan_lru_shrink_active_priority);
		break;
	case SG_EV_mm_shrink_slab_start:
		see_priority(f, ev, SGF_mm_shrink_slab_start_priority);
		break;
	case SG_EV_mm_vmscan_lru_isolate:
		add_isolated(f, ev);
		break;
	case SG_EV_mm_vmscan_write_folio: {
		char flags[128];

		mm_event_field(f->cap, ev, SGF_mm_vmscan_write_folio_reclaim_flags, flags, sizeof(flags));
		f->v[MM_FIG_PSWPOUT] += strstr(flags, "RECLAIM_WB_ANON") != NULL;
		break;
	}
	case SG_EV_mm_vmscan_kswapd_wake:
		f->v[MM_FIG_KSWAPD_WAKES]++;
		break;
	case SG_EV_mm_filemap_add_to_page_cache:
		add_cached(f, ev);
		break;
	case SG_EV_mm_filemap_delete_from_page_cache:
		add_uncached(f, ev);
		break;
	case SG_EV_mm_compaction_try_to_compact_pages:
		add_try(f, ev);
		break;
	case SG_EV_mm_compaction_begin:
		compact_begin(f, ev);
		break;
	case SG_EV_reclaim_retry_zone:
	case SG_EV_compact_retry: {
		struct fig_task *t = mm_fig_task(f, ev->pid);

		if (t)
			mm_fig_try_end(f, t, false); /* it goes into the next round, so it has no page */
		break;
	}
	case SG_EV_mm_compaction_deferred:
	case SG_EV_mm_compaction_defer_reset: {
		struct fig_task *t = mm_fig_task(f, ev->pid);

		if (t && ev->kind == SG_EV_mm_compaction_deferred)
			t->deferred = true;
		else if (t)
			t->passed = true;
		break;
	}
	case SG_EV_mm_compaction_end:
		f->v[MM_FIG_COMPACT_RUNS_MADE] += named(f, ev, SGF_mm_compaction_end_status, "success");
		break;
	case SG_EV_mm_compaction_kcompactd_wake:
		f->v[MM_FIG_COMPACT_DAEMON_WAKE]++;
		break;
	case SG_EV_mm_compaction_isolate_migratepages:
		f->v[MM_FIG_COMPACT_SCANNED] += number(ev, SGF_mm_compaction_isolate_migratepages_nr_scanned);
		break;
	case SG_EV_mm_compaction_isolate_freepages:
		f->v[MM_FIG_COMPACT_FREE_SCANNED] += number(ev, SGF_mm_compaction_isolate_freepages_nr_scanned);
		break;
	case SG_EV_mm_compaction_fast_isolate_freepages:
		f->v[MM_FIG_COMPACT_FREE_SCANNED] += number(ev, SGF_mm_compaction_fast_isolate_freepages_nr_scanned);
		break;
	case SG_EV_mm_compaction_migratepages:
		f->v[MM_FIG_COMPACT_MOVED] += number(ev, SGF_mm_compaction_migratepages_nr_migrated);
		break;
	case SG_EV_mm_migrate_pages:
		add_migrated(f, ev);
		break;
	case SG_EV_mark_victim:
		f->v[MM_FIG_OOM_KILL]++;
		break;
	default:
		break;
	}
}

static bool is_end(const struct sg_event *ev)
{
	static const char mark[] = "snapshot-end";

	return ev->kind == SG_EV_print && ev->str && ev->str_len >= sizeof(mark) - 1 && memcmp(ev->str, mark, sizeof(mark) - 1) == 0;
}

bool mm_figures_add(struct mm_figures *f, const struct sg_event *ev, const struct mm_machine *m)
{
	if (f->over)
		return false;
	if (!f->begun) {
		f->first_ts = ev->ts;
		f->huge_order = f->cap->huge_order ? f->cap->huge_order : mm_pageblock_order(m);
	}
	f->begun = true;
	if (ev->ts > f->last_ts)
		f->last_ts = ev->ts;
	if (is_end(ev)) {
		mm_fig_last(f, m);
		f->over = true;
		return false;
	}
	mm_fig_sample(f, m, ev->ts);
	add(f, ev);
	return true;
}

static int by_length(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* The least length that @percent of 100 don't exceed. */
static int64_t percentile(const struct mm_figures *f, unsigned int percent)
{
	return f->nr_stalls ? (int64_t)f->stall[(f->nr_stalls * percent + 99) / 100 - 1] : MM_FIGURE_UNKNOWN;
}

static int64_t milli(uint64_t part, uint64_t of)
{
	return of ? (int64_t)((unsigned __int128)part * 1000 / of) : MM_FIGURE_UNKNOWN;
}

/* Figures of events that this recording doesn't have are unknown, not 0. */
static void forget_unrecorded(const struct mm_figures *f, struct mm_figure_values *ret)
{
	static const struct {
		enum sg_kind kind;
		enum mm_figure first, last;
	} needs[] = {
		{ SG_EV_mm_page_alloc_extfrag, MM_FIG_EXTFRAG, MM_FIG_EXTFRAG },
		{ SG_EV_mm_page_alloc_extfrag, MM_FIG_PAIR, MM_FIG_PAIR + SG_MAX_MIGRATETYPES * SG_MAX_MIGRATETYPES - 1 },
		{ SG_EV_mm_vmscan_direct_reclaim_begin, MM_FIG_STALLS, MM_FIG_STALL_RETRIES },
		{ SG_EV_mm_vmscan_direct_reclaim_begin, MM_FIG_DIRECT_RECLAIMS, MM_FIG_ALLOCSTALL },
		{ SG_EV_mm_vmscan_direct_reclaim_end, MM_FIG_RECLAIMED_PER_PAGE, MM_FIG_RECLAIMED_PER_PAGE },
		{ SG_EV_mm_vmscan_lru_shrink_inactive, MM_FIG_PGSTEAL, MM_FIG_PGSTEAL_DIRECT },
		{ SG_EV_mm_vmscan_lru_isolate, MM_FIG_PGSCAN_KSWAPD, MM_FIG_PGSCAN_DIRECT },
		{ SG_EV_mm_vmscan_kswapd_wake, MM_FIG_KSWAPD_WAKES, MM_FIG_KSWAPD_WAKES },
		{ SG_EV_mm_filemap_add_to_page_cache, MM_FIG_REFAULTS, MM_FIG_REFAULTS },
		{ SG_EV_mm_filemap_delete_from_page_cache, MM_FIG_REFAULTS, MM_FIG_REFAULTS },
		{ SG_EV_mm_vmscan_write_folio, MM_FIG_PSWPOUT, MM_FIG_PSWPOUT },
		{ SG_EV_mm_migrate_pages, MM_FIG_PGDEMOTE_KSWAPD, MM_FIG_NUMA_MIGRATED },
		{ SG_EV_mm_migrate_pages, MM_FIG_PGMIGRATE_SUCCESS, MM_FIG_PGMIGRATE_FAIL },
		{ SG_EV_mm_compaction_migratepages, MM_FIG_COMPACT_MOVED, MM_FIG_COMPACT_MOVED },
		{ SG_EV_mm_compaction_migratepages, MM_FIG_MOVED_PER_BLOCK, MM_FIG_MOVED_PER_BLOCK },
		{ SG_EV_mm_compaction_try_to_compact_pages, MM_FIG_COMPACT_STALL, MM_FIG_COMPACT_FAIL },
		{ SG_EV_mm_compaction_begin, MM_FIG_COMPACT_STALL, MM_FIG_COMPACT_FAIL },
		{ SG_EV_mm_compaction_begin, MM_FIG_COMPACT_RUNS, MM_FIG_COMPACT_RUNS_MADE },
		{ SG_EV_mm_compaction_end, MM_FIG_COMPACT_RUNS_MADE, MM_FIG_COMPACT_RUNS_MADE },
		{ SG_EV_mm_compaction_kcompactd_wake, MM_FIG_COMPACT_DAEMON_WAKE, MM_FIG_COMPACT_DAEMON_WAKE },
		{ SG_EV_mm_compaction_isolate_migratepages, MM_FIG_COMPACT_SCANNED, MM_FIG_COMPACT_SCANNED },
		{ SG_EV_mm_compaction_isolate_freepages, MM_FIG_COMPACT_FREE_SCANNED, MM_FIG_COMPACT_FREE_SCANNED },
		{ SG_EV_mark_victim, MM_FIG_OOM_KILL, MM_FIG_OOM_KILL },
	};

	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
		if (!sg_capture_records(f->cap, needs[i].kind))
			for (unsigned int k = needs[i].first; k <= (unsigned int)needs[i].last; k++)
				ret->v[k] = MM_FIGURE_UNKNOWN;
}

int64_t mm_figures_now(const struct mm_figures *f, enum mm_figure fig)
{
	return f->v[fig];
}

bool mm_figures_end(struct mm_figures *f, const struct mm_machine *m, struct mm_figure_values *ret)
{
	if (!f->over)
		mm_fig_last(f, m);
	f->over = true;
	/* compactions of which no outcome came */
	for (size_t i = 0; i < f->size; i++)
		if (f->task[i].used)
			mm_fig_try_end(f, &f->task[i], false);
	memcpy(ret->v, f->v, sizeof(ret->v));
	if (f->nr_stalls)
		qsort(f->stall, f->nr_stalls, sizeof(*f->stall), by_length);
	for (size_t i = 0; i < f->nr_stalls; i++)
		ret->v[MM_FIG_STALL_NS] += (int64_t)f->stall[i];
	ret->v[MM_FIG_STALL_P50_NS] = percentile(f, 50);
	ret->v[MM_FIG_STALL_P99_NS] = percentile(f, 99);
	ret->v[MM_FIG_STALL_MAX_NS] = percentile(f, 100);
	ret->v[MM_FIG_STALL_RETRIES] = milli(f->retries, f->nr_stalls);
	ret->v[MM_FIG_RECLAIMED_PER_PAGE] = milli(f->direct_reclaimed, f->stall_pages);
	ret->v[MM_FIG_MOVED_PER_BLOCK] = milli((uint64_t)f->v[MM_FIG_COMPACT_MOVED], (uint64_t)f->v[MM_FIG_COMPACT_RUNS_MADE]);
	ret->v[MM_FIG_PGSTEAL] = f->v[MM_FIG_PGSTEAL_KSWAPD] + f->v[MM_FIG_PGSTEAL_DIRECT];
	ret->v[MM_FIG_WINDOW_NS] = (int64_t)(f->last_ts - f->first_ts);
	forget_unrecorded(f, ret);
	/* nor which mapping an address lies in */
	for (unsigned int i = MM_FIG_ANON_FAULTS; i <= MM_FIG_ANON_UNTIL_LACKING; i++)
		ret->v[i] = MM_FIGURE_UNKNOWN;
	for (unsigned int o = 0; o < MM_MAX_ORDERS; o++)
		ret->v[MM_FIG_ANON + o] = MM_FIGURE_UNKNOWN;
	/* nobody traces what is reported: only who simulates it knows */
	for (unsigned int i = MM_FIG_REPORTS; i <= MM_FIG_HELD_AT_FAILURE; i++)
		ret->v[i] = MM_FIGURE_UNKNOWN;
	for (unsigned int i = MM_FIG_PGSTEAL; f->silent && i <= MM_FIG_PGSCAN_DIRECT; i++)
		ret->v[i] = MM_FIGURE_UNKNOWN;
	return !f->no_memory;
}
