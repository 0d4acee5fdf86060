/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside of the simulated compaction: what its files share.  A run of compaction is a struct sim_cc that
 * goes forward step by step, so that kcompactd can stop between two steps and go on later.
 *
 * Not modelled: contended locks, need_resched() and signals, which end an asynchronous run early; writeback and
 * locked pages; pages isolated by reclaim at the same time (too_many_isolated()).
 */
#ifndef MM_SIM_COMPACT_COMPACT_H
#define MM_SIM_COMPACT_COMPACT_H

#include "sim/room.h"

#include "rules/compact_scan.h"
#include "sim/priv.h"

/** enum migrate_mode, include/linux/migrate_mode.h, 6.1 to 7.3, as far as compaction uses it. */
enum sim_mode { SIM_ASYNC, SIM_SYNC_LIGHT, SIM_SYNC };

/** A scan of one pageblock takes at most so many folios. */
#define SIM_MAX_BATCH (1u << (MM_MAX_ORDERS - 1))

/** What a zone remembers between runs: struct zone, compact_*. */
struct sim_czone {
	struct mm_defer defer;
	uint64_t cached_migrate[2], cached_free; /* [0] asynchronous, [1] synchronous */
	uint64_t init_migrate, init_free;
	bool flush; /* compact_blockskip_flush */
};

/** A folio on its way. */
struct sim_folio {
	uint32_t pfn, to; /* to: MM_NIL without a target */
	uint8_t order;
	bool sticks;      /* it is pinned: the move fails */
	bool passed;      /* no target was found for it */
	uint32_t at;      /* which one it was, where they are sorted */
};

/** One run over one zone: struct compact_control. */
struct sim_cc {
	struct mm_compact_who who;
	unsigned int zone;
	unsigned int zone_type, alloc_flags; /* enum mm_alloc_flags */
	uint32_t gfp;         /* enum mm_gfp */
	uint16_t cpu;
	int32_t pid;
	enum sim_mode mode;
	bool whole_zone, ignore_skip, proactive;
	bool finish_pageblock, update_cached;
	bool wants_capture;
	uint64_t captured;    /* UINT64_MAX none */
	unsigned int capture_order, capture_mt;
	uint32_t sources;     /* 1 << mt: pageblocks that a policy lets it empty; 0: those of the kernel's rule */
	int search_order;
	unsigned int search_fail;
	uint64_t migrate_pfn, free_pfn, last_migrated;
	uint64_t fast_start;  /* 0 none yet, UINT64_MAX used up */
	/* free blocks taken as targets: a list for each order, linked through the pages; 6.1: order 0 only */
	uint32_t free_first[MM_MAX_ORDERS], free_last[MM_MAX_ORDERS];
	uint64_t nr_free, nr_migrate;
	uint64_t migrate_scanned, free_scanned, migrated, failed;
};

/** kcompactd of one node. */
struct sim_kcompactd {
	int max_order;
	unsigned int highest;     /* zone types above it aren't asked for */
	bool woken;               /* it was asleep and there was something to do */
	bool working, proactive;  /* inside a wake-up's work or a proactive one, which goes on at @next_zone */
	bool running;             /* @cc is in the middle of a zone */
	unsigned int next_zone;   /* zone type */
	int order;                /* of the work at hand */
	unsigned int work_highest;
	uint64_t next_check;      /* ns: it wakes by itself */
	int64_t score;            /* the node's fragmentation score when the work began */
	struct sim_cc cc;
};

struct sim_compact {
	struct sim_czone zone[MM_MAX_ZONES];
	struct sim_kcompactd kcompactd[MM_MAX_NODES];
	uint8_t *skip;            /* PB_compact_skip, a bit for each pageblock */
	uint64_t nr_blocks;
	struct sim_folio batch[SIM_MAX_BATCH]; /* what the migrate scanner took, latest last; empty between steps */
	unsigned int nr_batch;
	struct sim_pin {
		uint32_t pfn, since; /* MM_NIL none; since: of the page entry, so that a pin ends with its page */
	} *pin;                   /* hash set, its size a power of two */
	uint64_t nr_pins, pin_size;
	mm_sim_moved_fn moved;
	void *moved_arg;
	mm_sim_split_fn split;
	void *split_arg;
};

static inline struct zone_state *mm_sim_zone(const struct mm_sim *s, unsigned int zi)
{
	return &s->m->core.zone[zi];
}
static inline uint64_t mm_sim_block_size(const struct mm_sim *s)
{
	return UINT64_C(1) << s->m->pb_order;
}
static inline uint64_t mm_sim_block_start(const struct mm_sim *s, uint64_t pfn)
{
	return pfn >> s->m->pb_order << s->m->pb_order;
}
/** First pfn of the next pageblock.  Source: pageblock_end_pfn() */
static inline uint64_t mm_sim_block_end(const struct mm_sim *s, uint64_t pfn)
{
	return mm_sim_block_start(s, pfn) + mm_sim_block_size(s);
}
/** Source: mm/compaction.c: compact_scanners_met(), 6.1 to 7.3 */
static inline bool mm_sim_met(const struct mm_sim *s, const struct sim_cc *cc)
{
	return cc->free_pfn >> s->m->pb_order <= cc->migrate_pfn >> s->m->pb_order;
}

/** What the views show of @node, NULL where there is nothing. */
static inline struct mm_node_info *mm_sim_node(struct mm_sim *s, int node)
{
	return node >= 0 && node < MM_MAX_NODES ? &s->m->core.node[node] : NULL;
}

/* sim/compact/compact.c: zones, requests */
int mm_sim_zone_by_type(const struct mm_sim *s, int node, unsigned int type);
unsigned int mm_sim_highest_type(const struct mm_sim *s, int node);
void mm_sim_emit_suitable(struct mm_sim *s, unsigned int zi, unsigned int order, unsigned int ret);
enum mm_compact_result mm_sim_suit_order(struct mm_sim *s, unsigned int zi, unsigned int order, unsigned int zone_type,
					 unsigned int alloc_flags, bool async, bool kcompactd);
bool mm_sim_defers(struct mm_sim *s, unsigned int zi, unsigned int order);
void mm_sim_defer(struct mm_sim *s, unsigned int zi, unsigned int order);
void mm_sim_defer_reset(struct mm_sim *s, unsigned int zi, unsigned int order, bool success);

/* sim/compact/skip.c: skip hints */
bool mm_sim_skip_get(const struct mm_sim *s, uint64_t pfn);
void mm_sim_skip_set(struct mm_sim *s, uint64_t pfn, bool on);
void mm_sim_skip_reset(struct mm_sim *s, unsigned int zi);
void mm_sim_positions_reset(struct mm_sim *s, unsigned int zi);

/* sim/compact/run.c: one run */
enum mm_compact_result mm_sim_run_begin(struct mm_sim *s, struct sim_cc *cc);
enum mm_compact_result mm_sim_run_step(struct mm_sim *s, struct sim_cc *cc);
void mm_sim_run_end(struct mm_sim *s, struct sim_cc *cc, enum mm_compact_result ret);

/* sim/compact/scan.c: the scanners */
unsigned int mm_sim_folio_order_at(const struct mm_sim *s, uint64_t pfn, const struct page_ent *e);
uint64_t mm_sim_folio_head(const struct mm_sim *s, uint64_t pfn, const struct page_ent *e);
bool mm_sim_scan_migrate(struct mm_sim *s, struct sim_cc *cc);
void mm_sim_scan_free(struct mm_sim *s, struct sim_cc *cc);
bool mm_sim_target_block(const struct mm_sim *s, const struct sim_cc *cc, uint64_t pfn);
void mm_sim_free_block_scan(struct mm_sim *s, struct sim_cc *cc, uint64_t *pfn, uint64_t end, unsigned int stride);
enum mm_answer mm_sim_take_free(struct mm_sim *s, struct sim_cc *cc, uint64_t pfn, unsigned int order);

/* sim/compact/fastpath.c: the free lists searched */
void mm_sim_fast_free(struct mm_sim *s, struct sim_cc *cc);
uint64_t mm_sim_fast_migrate(struct mm_sim *s, struct sim_cc *cc);

/* sim/compact/move.c: targets, and moving what was taken */
enum sim_move { SIM_MOVED, SIM_SOME_FAILED, SIM_NO_TARGET };
void mm_sim_targets_push(struct mm_sim *s, struct sim_cc *cc, uint64_t pfn, unsigned int order, bool front);
void mm_sim_targets_split(struct mm_sim *s, struct sim_cc *cc);
uint64_t mm_sim_targets_release(struct mm_sim *s, struct sim_cc *cc);
enum sim_move mm_sim_move(struct mm_sim *s, struct sim_cc *cc);
void mm_sim_page_single(struct mm_sim *s, uint64_t pfn);
void mm_sim_folio_split(struct mm_sim *s, uint64_t pfn);
void mm_sim_split_told(struct mm_sim *s, uint64_t pfn, unsigned int order);
bool mm_sim_pinned(const struct mm_sim *s, uint64_t pfn);

/* sim/compact/words.c: decisions for who listens */
void mm_sim_say_suitable(struct mm_sim *s, const struct mm_wmark_zone *w, unsigned int zi, unsigned int order,
			 int64_t mark,
			 unsigned int zone_type, int index, unsigned int ret);
void mm_sim_say_defer(struct mm_sim *s, unsigned int zi, unsigned int order, const char *rule, const char *ours);
void mm_sim_say_done(struct mm_sim *s, const struct sim_cc *cc, const struct mm_done *d);
void mm_sim_say_range(struct mm_sim *s, const struct sim_cc *cc, const char *rule, const char *what, uint64_t start,
		      uint64_t end, uint64_t scanned, uint64_t taken);
void mm_sim_say_run(struct mm_sim *s, const struct sim_cc *cc, const char *what, unsigned int ret);
void mm_sim_say_kcompactd(struct mm_sim *s, int node, const char *what, int64_t order, int64_t number, int64_t mark);

/* sim/compact/wake.c */
/** Would kcompactd compact zone @zi for @order and requests up to @zone_type?  Is there such a zone of the node? */
bool mm_sim_kcompactd_suits(struct mm_sim *s, int zi, int order, unsigned int zone_type);
bool mm_sim_kcompactd_node_suitable(struct mm_sim *s, int node, const struct sim_kcompactd *k);

/* sim/compact/targets.c */
uint32_t mm_sim_targets_pop(struct mm_sim *s, struct sim_cc *cc, unsigned int list);
void mm_sim_targets_order(struct mm_sim *s, uint64_t pfn, unsigned int order);

#endif
