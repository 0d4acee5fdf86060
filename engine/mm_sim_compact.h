/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside of the simulated compaction: what its files share.  A run of compaction is a struct sim_cc that
 * goes forward step by step, so that kcompactd can stop between two steps and go on later.
 */
#ifndef MM_SIM_COMPACT_H
#define MM_SIM_COMPACT_H

#include "mm_sim_priv.h"

/** enum migrate_mode, include/linux/migrate_mode.h, 6.1 to 7.3, as far as compaction uses it. */
enum sim_mode { SIM_ASYNC, SIM_SYNC_LIGHT, SIM_SYNC };

/** A pageblock that the migrate scanner may take from holds at most so many pages. */
#define SIM_MAX_BATCH (1u << (MM_NR_ORDERS - 1))

/** What a zone remembers between runs: struct zone, compact_*. */
struct sim_czone {
	struct mm_defer defer;
	uint64_t cached_migrate[2], cached_free; /* [0] asynchronous, [1] synchronous */
	uint64_t init_migrate, init_free;
	bool flush; /* compact_blockskip_flush */
};

/** A folio on its way. */
struct sim_folio {
	uint32_t pfn;
	uint8_t order;
};

/** One run over one zone: struct compact_control. */
struct sim_cc {
	unsigned int zone;
	int order;            /* -1: the whole zone is to be compacted */
	unsigned int mt, zone_type, alloc_flags;
	uint32_t gfp;         /* enum mm_gfp */
	uint16_t cpu;
	int32_t pid;
	enum sim_mode mode;
	bool direct, whole_zone, ignore_skip, ignore_suitable, proactive;
	bool finish_pageblock, update_cached;
	bool capture;         /* the request takes a block that its own frees complete */
	unsigned int capture_order, capture_mt;
	uint64_t captured;    /* UINT64_MAX none */
	int search_order;
	unsigned int search_fail;
	uint64_t migrate_pfn, free_pfn, fast_start, last_migrated;
	/* free blocks taken for migration, a list for each order, linked through the pages */
	uint32_t free_first[MM_NR_ORDERS], free_last[MM_NR_ORDERS];
	uint64_t nr_free, nr_migrate;
	uint64_t migrate_scanned, free_scanned, migrated;
	unsigned int nr_batch;
};

/** kcompactd of one node. */
struct sim_kcompactd {
	int max_order;
	unsigned int highest;
	bool working, proactive;  /* inside a wake-up's work, which goes on at @next_zone */
	bool running;             /* @cc is in the middle of a zone */
	unsigned int next_zone;
	int order;                /* of the work at hand */
	unsigned int work_highest;
	uint64_t next_check, score; /* ns: proactive check; fragmentation score when it began */
	struct sim_cc cc;
};

struct sim_compact {
	struct sim_czone zone[MM_MAX_ZONES];
	struct sim_kcompactd kcompactd[MM_MAX_NODES];
	uint8_t *skip;            /* PB_compact_skip, a bit for each pageblock */
	uint64_t nr_blocks;
	struct sim_folio batch[SIM_MAX_BATCH]; /* pages that the migrate scanner took, latest last */
	uint32_t *pinned;         /* hash set of pfns, UINT32_MAX free */
	uint64_t nr_pinned, pinned_size;
};

static inline struct zone_state *sim_zone(const struct mm_sim *s, unsigned int zi)
{
	return &s->m->core.zone[zi];
}
static inline uint64_t sim_block_start(const struct mm_sim *s, uint64_t pfn)
{
	return pfn >> s->m->pb_order << s->m->pb_order;
}
static inline uint64_t sim_block_end(const struct mm_sim *s, uint64_t pfn)
{
	return sim_block_start(s, pfn) + (UINT64_C(1) << s->m->pb_order);
}

/* mm_sim_compact.c */
bool sim_skip_get(const struct mm_sim *s, uint64_t pfn);
void sim_skip_set(struct mm_sim *s, uint64_t pfn, bool on);
void sim_skip_reset(struct mm_sim *s, unsigned int zi);
enum mm_compact_result sim_suit_order(struct mm_sim *s, unsigned int zi, unsigned int order, unsigned int zone_type,
				      unsigned int alloc_flags, bool async, bool kcompactd);

#endif
