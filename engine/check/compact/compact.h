/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the checker of compaction remembers: zones, and tasks that compact.  Private to
 * the files of check/compact (suitable, finished, deferred) and check/compact/scanner.c (the scanners).
 */
#ifndef MM_CHECK_COMPACT_COMPACT_H
#define MM_CHECK_COMPACT_COMPACT_H

#include "check/room.h"

#include "say/decision.h"
#include "check/compact/skip.h"
#include "rules/compact_scan.h"

#define MM_COMPACT_TASKS 128

/** A fact that may be unknown: a pfn. */
struct mm_known_pfn {
	bool known;
	uint64_t pfn;
};

#define MM_SEARCH_UNIT 16 /* of search_depth: one block */

struct mm_compact_zstate {
	struct mm_defer defer;
	struct mm_range boost, boost_taken; /* watermark_boost, and what kswapd took note of at its start */
	/* scanners: where the next run begins: compact_cached_migrate_pfn[async, sync], compact_cached_free_pfn */
	struct mm_known_pfn cached_migrate[2], cached_free;
	enum mm_answer flush; /* compact_blockskip_flush */
	/* compact_init_migrate_pfn lies between these, compact_init_free_pfn likewise */
	uint64_t init_migrate_lo, init_migrate_hi, init_free_lo, init_free_hi;
	/* how many blocks of a list the searches that found one looked at, the latest count most; 0: not known */
	uint32_t search_depth[MM_MAX_ORDERS];
};

/** Where the free scanner's current call stands. */
enum mm_free_phase { MM_FS_IDLE, MM_FS_FAST, MM_FS_AROUND, MM_FS_LINEAR };

struct mm_compact_task {
	int32_t pid;
	uint64_t used;        /* position of its last event, to give way to others */
	/* who asks */
	bool in_try, kcompactd, in_reclaim, reclaim_shrunk, reset_seen, node_check;
	int64_t order;
	uint64_t gfp;
	int64_t prio;         /* enum compact_priority: 0 full sync, 1 light sync, 2 async */
	unsigned int highest; /* zone index of the request */
	int64_t reclaim_order;
	unsigned int reclaim_highest;
	uint8_t zone_passed;  /* bit per zone type: the deferral of it is settled */
	int failed_zone;      /* index of the zone whose run ended last in this try, without success; -1 none */
	/* the run */
	int zone;             /* index of the zone that is compacted, -1 none */
	bool sync, direct, proactive, manual, ignore_skip, ignore_suitable;
	enum mm_answer whole_zone;
	uint64_t begin_migrate;
	struct mm_known_pfn migrate, free; /* free.known false: it is at free.pfn or at free_alt */
	uint64_t free_alt;
	uint64_t last_ret;    /* of mm_compaction_finished, MM_COMPACT_RESULTS before the first */
	bool isolated;        /* a range was scanned since the last mm_compaction_finished */
	uint64_t last_migrated; /* 0 none */
	bool finish_pageblock;
	uint64_t iteration_start;
	bool after_batch;     /* a batch was moved since the last mm_compaction_finished */
	bool last_drop;       /* the migrate scanner left the block of last_migrated */
	bool fast_start;      /* the lists were searched with success: fast_start_pfn may be set */
	bool update_cached;   /* both cached positions move together so far */
	/* cc->nr_migratepages - cc->nr_freepages while a batch is moved, and the latter after it */
	int64_t want, have;
	enum mm_free_phase fs;
	/* the search took a block; pages were left before it, perhaps too small for a large folio */
	bool fs_found, fs_had;
	bool search_denied;    /* the watermark may have kept the last search from taking anything */
	bool search_as_said;   /* the last search took what it was predicted to */
	uint32_t search_event; /* number of the last search's event */
	uint16_t search_orders; /* cc->search_order is one of these bits */
	uint8_t search_fail_lo, search_fail_hi; /* cc->fast_search_fail */
	unsigned int stride;
	bool stride_open;      /* the last range, without a page, may have been around what the search had seen: then it begins at 1 */
	uint64_t fs_block;    /* first pfn of the pageblock that the free scanner scanned last */
	/* a block that its own frees completed goes to the task, not to the lists (capture_control) */
	bool captured, capture_sure;
	uint64_t capture_pfn;
	unsigned int capture_order;
};

struct mm_compact_state {
	struct mm_facts facts;
	bool ready, defrag_mode, lru_gen;
	int extfrag_threshold;
	int64_t proactiveness, boost_factor;
	unsigned int seeds_seen;
	int32_t kswapd_pid[MM_MAX_NODES];
	bool kswapd_awake[MM_MAX_NODES];
	bool kswapd_woken[MM_MAX_NODES]; /* and it hasn't been seen since: it waits for a CPU, or has one */
	int64_t kswapd_order[MM_MAX_NODES];
	/* it is between the two events of a round, for zones up to this one */
	bool kswapd_round[MM_MAX_NODES];
	unsigned int kswapd_highest[MM_MAX_NODES];
	struct mm_compact_zstate zone[MM_MAX_ZONES];
	struct mm_compact_task task[MM_COMPACT_TASKS];
	unsigned int nr_tasks, nr_direct; /* and of them inside a run of their own */
	uint64_t pids[16]; /* bit pid % 1024 of each that was ever among them, as most events are of none */
	struct mm_skips skip; /* PB_compact_skip of each pageblock */
	/* the event at hand */
	const struct mm_machine *m;
	const struct sg_event *ev;
	struct mm_check *c;
};

static inline uint64_t pb_start(const struct mm_compact_state *s, uint64_t pfn)
{
	return pfn >> s->m->pb_order << s->m->pb_order;
}

static inline uint64_t pb_size(const struct mm_compact_state *s)
{
	return 1ull << s->m->pb_order;
}

static inline uint64_t pb_end(const struct mm_compact_state *s, uint64_t pfn)
{
	return pb_start(s, pfn) + pb_size(s);
}

static inline enum mm_skip skip_of(const struct mm_compact_state *s, uint64_t pfn)
{
	return mm_skip_get(&s->skip, (unsigned int)mm_zone_of(s->m, pfn), pfn >> s->m->pb_order);
}

static inline void skip_set(struct mm_compact_state *s, uint64_t pfn, enum mm_skip v)
{
	mm_skip_put(&s->skip, (unsigned int)mm_zone_of(s->m, pfn), pfn >> s->m->pb_order, v);
}

/** Index of zone @idx (enum zone_type) of node @nid, -1 when the machine hasn't it. */
int mm_compact_zone_index(const struct mm_machine *m, uint64_t nid, uint64_t idx);

void mm_compact_zone_facts(const struct mm_compact_state *s, int zi, struct mm_compact_zone *ret);

/** What is remembered of task @pid, NULL when nothing and not @create. */
struct mm_compact_task *mm_compact_task(struct mm_compact_state *s, int32_t pid, bool create);

/** check/compact/scanner.c: the event before it is applied, and what else moves scanners' cached positions. */
void mm_scanner_event(struct mm_compact_state *s, struct mm_compact_task *t);
void mm_scanner_finished(struct mm_compact_state *s, struct mm_compact_task *t, uint64_t ret);
void mm_scanner_never(struct mm_compact_state *s, bool unasked);
void mm_scanner_reset(struct mm_compact_state *s, int node, bool surely);
/** Have the scanners of @t met? */
enum mm_answer mm_scanners_met(const struct mm_compact_state *s, const struct mm_compact_task *t);


/* check/compact/compact.c */

/* check/compact/zone.c: watermark boosts */
void mm_compact_boosts_seed(struct mm_compact_state *s);
void mm_compact_boost_extfrag(struct mm_compact_state *s);
void mm_compact_boost_note(struct mm_compact_state *s, uint64_t nid);
void mm_compact_boost_drop(struct mm_compact_state *s, uint64_t nid);

/* check/compact/ask.c */
void mm_compact_report(struct mm_compact_state *s, struct mm_decision *d);
void mm_compact_on_suitable(struct mm_compact_state *s);
void mm_compact_on_finished(struct mm_compact_state *s);
void mm_compact_capture(struct mm_compact_state *s, uint64_t pfn);

/* check/compact/defer.c */
void mm_compact_passed_zones(struct mm_compact_state *s, struct mm_compact_task *t, int node, int64_t from);
void mm_compact_on_defer(struct mm_compact_state *s);
void mm_compact_end_try(struct mm_compact_state *s, struct mm_compact_task *t);

/* check/compact/scan.c: NULL, or the key of the missing fact */
struct mm_compact_who mm_predict_who(const struct mm_compact_state *s, const struct mm_compact_task *t);
enum mm_answer mm_predict_source(const struct mm_compact_state *s, const struct mm_compact_task *t, uint64_t pfn);
bool mm_predict_searches(const struct mm_compact_state *s, const struct mm_compact_task *t);
const char *mm_predict_next_free(const struct mm_compact_state *s, const struct mm_compact_task *t, uint64_t pfn,
				 uint64_t *ret);
/** @ret_found: it is what the search of the free lists finds */
const char *mm_predict_next_migrate(const struct mm_compact_state *s, const struct mm_compact_task *t, uint64_t *ret,
				    bool *ret_found);
const char *mm_predict_free_range(const struct mm_compact_state *s, const struct mm_compact_task *t, uint64_t start,
				  uint64_t end, unsigned int stride, uint64_t *ret_end, uint64_t *ret_taken);
const char *mm_predict_migrate_range(const struct mm_compact_state *s, const struct mm_compact_task *t, uint64_t start,
				     uint64_t end, uint64_t *ret_end, uint64_t *ret_taken);
/** The block that the last search of @t took, 0: it took none, or which one isn't known. */
uint64_t mm_predict_searched(const struct mm_compact_state *s, const struct mm_compact_task *t);
enum mm_answer mm_predict_was_found(const struct mm_compact_state *s, const struct mm_compact_task *t, uint64_t start);
/** Searches took blocks of which no event has told yet which they were: may the free block at @pfn be one of them? */
bool mm_predict_gone(const struct mm_compact_state *s, uint64_t pfn, const struct page_ent *e, unsigned int except);

/* check/compact/fast.c: searches of the free lists */
void mm_search_begin(const struct mm_compact_state *s, struct mm_compact_task *t);
const char *mm_predict_search(const struct mm_compact_state *s, struct mm_compact_task *t, uint64_t taken,
			      uint64_t *ret_taken);
bool mm_search_deniable(const struct mm_compact_state *s, const struct mm_compact_task *t);
void mm_search_done(struct mm_compact_state *s, struct mm_compact_task *t, uint64_t taken, uint64_t scanned);

#endif
