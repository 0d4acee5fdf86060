/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a run cost, in figures that are counted from its events, whoever made them: a kernel or a machine that decides for
 * itself.  Keys are /proc/vmstat's names where it counts the same; a figure that the events don't tell exactly says so.
 */
#ifndef MM_FIGURES_FIGURES_H
#define MM_FIGURES_FIGURES_H

#include "figures/room.h"

#include "mm.h"
#include "policy/policy.h"

/** Of a value that nothing tells. */
#define MM_FIGURE_UNKNOWN INT64_MIN
#define MM_FIGURE_NODES 64

enum mm_unit {
	MM_UNIT_TIMES,  /* a count of happenings */
	MM_UNIT_PAGES,
	MM_UNIT_BLOCKS, /* pageblocks, or free blocks of one order */
	MM_UNIT_NS,
	MM_UNIT_MILLI,  /* a ratio, in thousandths */
};

enum mm_more { MM_MORE_IS_WORSE, MM_MORE_IS_BETTER, MM_MORE_IS_NEITHER };

/** How well the events tell a figure. */
enum mm_sure {
	MM_SURE_EXACT, /* each thing that is counted leaves one event */
	MM_SURE_NEAR,  /* it is concluded from events; of a captured kernel its own counter is taken where there is one */
	MM_SURE_STATE, /* from the machine's state: observed, as far as that is known */
};

/*
 * X(id, key, unit, more, sure, vmstat, text): vmstat: the captured kernel's own counter of the same; a key with a star is the sum of
 * those that begin so.  NULL: there is none.
 */
#define MM_FIGURE_LIST(X)                                                                                                          \
	/* requests that wait */                                                                                                   \
	X(STALLS, "stalls", TIMES, WORSE, EXACT, NULL, "requests that reclaimed or compacted for themselves")                      \
	X(STALL_NS, "stall_ns", NS, WORSE, EXACT, NULL, "time that they took, all together")                                       \
	X(STALL_P50_NS, "stall_p50_ns", NS, WORSE, EXACT, NULL, "half of them took at most so long")                               \
	X(STALL_P99_NS, "stall_p99_ns", NS, WORSE, EXACT, NULL, "99 of 100 of them took at most so long")                          \
	X(STALL_MAX_NS, "stall_max_ns", NS, WORSE, EXACT, NULL, "the longest")                                                     \
	X(STALL_RETRIES, "retries_per_stall", MILLI, WORSE, EXACT, NULL, "rounds of reclaim or compaction beyond the first, each") \
	X(ALLOC_FAILED, "alloc_failed", TIMES, WORSE, EXACT, NULL, "requests without a page")                                      \
	X(OOM_KILL, "oom_kill", TIMES, WORSE, EXACT, "oom_kill", "tasks killed for want of memory")                                 \
	/* reclaim */                                                                                                              \
	X(DIRECT_RECLAIMS, "direct_reclaims", TIMES, WORSE, EXACT, NULL, "direct reclaims begun")                                  \
	X(ALLOCSTALL, "allocstall", TIMES, WORSE, NEAR, "allocstall_*", "passes of direct reclaim, over all zones")                \
	X(PGSTEAL, "pgsteal", PAGES, WORSE, EXACT, NULL, "pages reclaimed by kswapd and directly")                                 \
	X(PGSTEAL_KSWAPD, "pgsteal_kswapd", PAGES, WORSE, EXACT, "pgsteal_kswapd", "pages reclaimed by kswapd")                     \
	X(PGSTEAL_DIRECT, "pgsteal_direct", PAGES, WORSE, EXACT, "pgsteal_direct", "pages reclaimed directly")                      \
	X(PGSCAN_KSWAPD, "pgscan_kswapd", PAGES, WORSE, EXACT, "pgscan_kswapd", "pages looked at by kswapd")                        \
	X(PGSCAN_DIRECT, "pgscan_direct", PAGES, WORSE, EXACT, "pgscan_direct", "pages looked at in direct reclaim")                \
	X(RECLAIMED_PER_PAGE, "reclaimed_per_page", MILLI, WORSE, EXACT, NULL,                                                     \
	  "pages reclaimed directly for each page that a stalled request obtained")                                               \
	X(KSWAPD_WAKES, "kswapd_wakes", TIMES, WORSE, EXACT, "pageoutrun", "times that kswapd began to work")                              \
	X(REFAULTS, "refaults", TIMES, WORSE, EXACT, NULL, "folios of files that were reclaimed and then read again")               \
	X(PSWPOUT, "pswpout", PAGES, WORSE, NEAR, "pswpout", "pages written to swap")                                              \
	X(PGDEMOTE_KSWAPD, "pgdemote_kswapd", PAGES, WORSE, EXACT, "pgdemote_kswapd", "pages demoted to a lower tier by kswapd")                \
	X(PGDEMOTE_DIRECT, "pgdemote_direct", PAGES, WORSE, EXACT, "pgdemote_direct", "pages demoted to a lower tier in direct reclaim")        \
	X(NUMA_MIGRATED, "numa_pages_migrated", PAGES, NEITHER, EXACT, "numa_pages_migrated", "pages moved to where they are used, promotion included") \
	/* compaction */                                                                                                           \
	X(COMPACT_STALL, "compact_stall", TIMES, WORSE, EXACT, "compact_stall", "direct compactions that ran")                      \
	X(COMPACT_SUCCESS, "compact_success", TIMES, BETTER, NEAR, "compact_success", "those after which the request had its page") \
	X(COMPACT_FAIL, "compact_fail", TIMES, WORSE, NEAR, "compact_fail", "those after which it had not")                        \
	X(COMPACT_DAEMON_WAKE, "compact_daemon_wake", TIMES, WORSE, EXACT, "compact_daemon_wake", "times that kcompactd began to work")             \
	X(COMPACT_RUNS, "compact_runs", TIMES, WORSE, EXACT, NULL, "runs of compaction over a zone, whoever asked")                \
	X(COMPACT_RUNS_MADE, "compact_runs_success", TIMES, BETTER, EXACT, NULL, "those that ended with what they were for")       \
	X(PGMIGRATE_SUCCESS, "pgmigrate_success", PAGES, WORSE, EXACT, "pgmigrate_success", "pages moved, for whatever reason")                   \
	X(PGMIGRATE_FAIL, "pgmigrate_fail", PAGES, WORSE, EXACT, "pgmigrate_fail", "pages that couldn't be moved")                             \
	X(COMPACT_MOVED, "compact_moved", PAGES, WORSE, EXACT, NULL, "pages moved by compaction")                                  \
	X(COMPACT_SCANNED, "compact_migrate_scanned", PAGES, WORSE, NEAR, "compact_migrate_scanned", "pages that it looked at for some to move") \
	X(COMPACT_FREE_SCANNED, "compact_free_scanned", PAGES, WORSE, NEAR, "compact_free_scanned", "pages that it looked at for room") \
	X(MOVED_PER_BLOCK, "moved_per_block", MILLI, WORSE, EXACT, NULL, "pages moved by compaction for each run that ended with what it was for") \
	/* huge pages */                                                                                                           \
	X(THP_FAULT_ALLOC, "thp_fault_alloc", TIMES, BETTER, NEAR, "thp_fault_alloc", "page faults that got a huge page")          \
	X(THP_FAULT_FALLBACK, "thp_fault_fallback", TIMES, WORSE, NEAR, "thp_fault_fallback", "page faults that asked for one and got none") \
	/* faults on anonymous memory: of captures that have their addresses, and runs of these */                                 \
	X(ANON_FAULTS, "anon_faults", TIMES, NEITHER, STATE, NULL, "page faults on anonymous memory whose mapping is known")       \
	X(ANON_BOUNDS, "anon_short_bounds", TIMES, NEITHER, STATE, NULL, "those that got less than 64 KiB since these don't lie in the mapping") \
	X(ANON_PRESENT, "anon_short_present", TIMES, NEITHER, STATE, NULL, "those that did since some of the pages were there already") \
	X(ANON_NO_PAGE, "anon_short_no_page", TIMES, WORSE, STATE, NULL, "those that did since 64 KiB weren't to be had")          \
	X(ANON_RULE, "anon_short_rule", TIMES, NEITHER, STATE, NULL, "those that did since nobody asked for 64 KiB")               \
	X(ANON_REFUSED, "anon_refused", TIMES, WORSE, STATE, NULL, "requests of faults above order 0 without a page")              \
	X(ANON_UNTIL_LACKING, "anon_until_lacking", NS, BETTER, STATE, NULL, "time until 64 KiB were asked for and not to be had; all of it where that never was") \
	/* fragmentation */                                                                                                        \
	X(EXTFRAG, "extfrag", TIMES, WORSE, EXACT, NULL, "requests that took a block of another migratetype")                      \
	X(UNMOVABLE_END, "unmovable_blocks_end", BLOCKS, WORSE, STATE, NULL, "Unmovable pageblocks at the end")                    \
	X(RECLAIMABLE_END, "reclaimable_blocks_end", BLOCKS, WORSE, STATE, NULL, "Reclaimable pageblocks at the end")              \
	X(MOVABLE_END, "movable_blocks_end", BLOCKS, BETTER, STATE, NULL, "Movable pageblocks at the end")                         \
	X(POLLUTED_END, "polluted_blocks_end", BLOCKS, WORSE, STATE, NULL, "Movable pageblocks at the end with pages of other requests in them") \
	X(FREE_PAGES_END, "free_pages_end", PAGES, NEITHER, STATE, NULL, "free pages at the end")                                  \
	X(WHOLE_FREE_MEAN, "whole_free_blocks_mean", MILLI, BETTER, STATE, NULL, "pageblocks that are free as a whole, mean over time") \
	X(WHOLE_FREE_MIN, "whole_free_blocks_min", BLOCKS, BETTER, STATE, NULL, "the least of them")                               \
	X(WHOLE_FREE_END, "whole_free_blocks_end", BLOCKS, BETTER, STATE, NULL, "pageblocks that are free as a whole, at the end") \
	/* free page reporting: no event tells of it */                                                                            \
	X(REPORTS, "reports", TIMES, NEITHER, STATE, NULL, "times that the host was told of free blocks")                          \
	X(REPORTED, "reported_pages", PAGES, NEITHER, STATE, NULL, "pages that it was told of")                                    \
	X(REPORTED_MEAN, "reported_unused_mean", PAGES, BETTER, STATE, NULL, "pages reported and not used since, mean over time: what the host has of it") \
	X(REPORTED_END, "reported_unused_end", PAGES, BETTER, STATE, NULL, "the same at the end")                                  \
	X(REPORTED_BLOCKS_END, "reported_blocks_end", BLOCKS, NEITHER, STATE, NULL, "free blocks at the end that bear the mark of reported ones") \
	X(REPORT_REFAULTS, "reported_refaults", PAGES, WORSE, STATE, NULL, "pages used again after a report: the host has to fault them in") \
	X(REPORTED_IN_VAIN, "reported_in_vain", PAGES, WORSE, STATE, NULL, "those of them that were used again within a second")   \
	X(REPORTED_TWICE, "reported_twice", PAGES, WORSE, STATE, NULL, "pages reported that the host had already")                 \
	X(REPORT_MARKS_LOST, "report_marks_lost", BLOCKS, WORSE, STATE, NULL, "reported blocks that were split, or merged with others, and lost their mark") \
	X(REPORT_WALKED, "report_walked", BLOCKS, WORSE, STATE, NULL, "free blocks that the reporter looked at to find some to report") \
	X(REPORT_SEARCHES, "report_searches", TIMES, WORSE, STATE, NULL, "searches through all lists, since not all blocks were remembered") \
	X(REPORT_OVERFLOWS, "report_overflows", TIMES, WORSE, STATE, NULL, "freed blocks that there was no room to remember")      \
	X(REPORT_OVERFLOWS_SEARCH, "report_overflows_search", TIMES, WORSE, STATE, NULL, "those of them that came while such a search was under way") \
	X(REPORT_HELD_MAX, "report_held_max", PAGES, WORSE, STATE, NULL, "most free pages that were off their lists for a report at once") \
	X(MERGES_HELD_BACK, "merges_held_back", TIMES, WORSE, STATE, NULL, "frees that would have merged with a block that was away for a report") \
	X(FAILED_WHILE_REPORTING, "failed_while_reporting", TIMES, WORSE, STATE, NULL, "requests without a page while a large enough block was away for a report") \
	X(HELD_AT_FAILURE, "held_at_failure", PAGES, WORSE, STATE, NULL, "most pages that were away then")                         \
	/* all of it */                                                                                                            \
	X(PAGES_OBTAINED, "pages_obtained", PAGES, NEITHER, EXACT, NULL, "pages that requests obtained")                           \
	X(WINDOW_NS, "window_ns", NS, NEITHER, EXACT, NULL, "length of the stretch that is counted")

enum mm_figure {
#define X(id, key, unit, more, sure, vmstat, text) MM_FIG_##id,
	MM_FIGURE_LIST(X)
#undef X
	/* of several things each, one figure a thing */
	MM_FIG_FREE_END,                                          /* free_blocks_end_order_N: by order */
	MM_FIG_OBTAINED = MM_FIG_FREE_END + MM_MAX_ORDERS,        /* obtained_order_N: requests with a page, by order */
	MM_FIG_PAIR = MM_FIG_OBTAINED + MM_MAX_ORDERS,            /* extfrag_A_from_B: by both migratetypes */
	MM_FIG_HOPELESS = MM_FIG_PAIR + SG_MAX_MIGRATETYPES * SG_MAX_MIGRATETYPES, /* hopeless_ns_node_N */
	MM_FIG_ANON = MM_FIG_HOPELESS + MM_FIGURE_NODES,          /* anon_order_N: folios that faults on anonymous memory got, by order */
	MM_FIG_COUNT = MM_FIG_ANON + MM_MAX_ORDERS,
};

/** Values by enum mm_figure; plain data. */
struct mm_figure_values {
	int64_t v[MM_FIG_COUNT]; /* MM_FIGURE_UNKNOWN: nothing tells */
};

/** What is said of a figure; static but for @key and @text. */
struct mm_figure_info {
	char key[64], text[128];
	enum mm_unit unit;
	enum mm_more more;
	enum mm_sure sure;
	const char *vmstat;
};
/** @cap: names the migratetypes. */
void mm_figure_info(unsigned int fig, const struct sg_capture *cap, struct mm_figure_info *ret);
/** The value as people write it: 12,345  2.5 ms  1.25  "?"; returns @buf. */
const char *mm_figure_text(enum mm_unit unit, int64_t v, char *buf, size_t size);

/**
 * mm_figures_new() - counts the events of a stretch
 * @cap: what the events' numbers mean; borrowed for as long as the object lives
 * @p:   what the run is under: kernels count some things otherwise.  Copied
 * Return: NULL when memory runs out
 */
struct mm_figures;
struct mm_figures *mm_figures_new(const struct sg_capture *cap, const struct mm_policy *p);
void mm_figures_free(struct mm_figures *f);
/**
 * mm_figures_add() - the next event
 * @m: the machine behind it
 * Return: false from the marker snapshot-end on: what comes behind it isn't counted
 */
bool mm_figures_add(struct mm_figures *f, const struct sg_event *ev, const struct mm_machine *m);
/** A sum of enum mm_figure so far, of those that only grow with events; whether its events are recorded is told at the end. */
int64_t mm_figures_now(const struct mm_figures *f, enum mm_figure fig);
/**
 * mm_figures_away() - so many pages are off their lists for a moment, until free page reporting puts them back
 * When no event comes for long, the moment at which the machine is looked at must not stand for all of that time: in means
 * over time they count as free.
 */
void mm_figures_away(struct mm_figures *f, uint64_t pages);
/**
 * mm_figures_end() - what it comes to
 * @m: the machine at the end, for stretches that no marker ends
 * Return: false when memory ran out on the way, and the figures are too low
 */
bool mm_figures_end(struct mm_figures *f, const struct mm_machine *m, struct mm_figure_values *ret);

/**
 * mm_figures_counters() - how far the kernel's own counters went on, of each figure that they count as well
 * Others are left as they are, as is one whose counter a snapshot doesn't have.
 */
void mm_figures_counters(struct mm_figure_values *v, const struct sg_snapshot *from, const struct sg_snapshot *to);
struct mm_anon_told;
/**
 * mm_figures_anon() - what faults on anonymous memory got
 * @a: of the captured machine, or of a run, up to where the figures end; @from: ns, where they begin
 */
void mm_figures_anon(struct mm_figure_values *v, const struct mm_anon_told *a, uint64_t from);
struct mm_sim;
/** Of a simulated run, its own counters in place of what its events tell nearly only. */
void mm_figures_sim(struct mm_figure_values *v, const struct mm_sim *s);
/**
 * mm_figures_own() - a captured kernel's own counters in place of what its events tell nearly only
 * @from, @to: the snapshots at both ends; either may be NULL
 * Counts of pageblocks by type are those of @to as well.
 */
void mm_figures_own(struct mm_figure_values *v, const struct sg_capture *cap, const struct sg_snapshot *from,
		    const struct sg_snapshot *to);

#endif
