/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of this room share. */
#ifndef MM_FIGURES_PRIV_H
#define MM_FIGURES_PRIV_H

#include "figures/room.h"

#include "figures/figures.h"

enum task_kind { TASK_OTHER, TASK_KSWAPD, TASK_KCOMPACTD, TASK_KHUGEPAGED };

/** What is open of one task. */
struct fig_task {
	int32_t pid;
	bool used;
	uint8_t kind;        /* enum task_kind */
	bool in_reclaim;     /* inside direct reclaim */
	bool in_memcg;       /* inside reclaim for a memory cgroup, which vmstat doesn't count */
	bool stalled;
	int priority;        /* of reclaim, as last seen in this direct reclaim */
	uint64_t since;      /* ns: when the stall began */
	uint64_t rounds;     /* of reclaim or compaction in this stall */
	bool trying;         /* in direct compaction, and the outcome isn't seen yet */
	bool ran;            /* a zone was compacted for it */
	bool deferred;       /* a zone had it put off */
	bool passed;         /* a zone had a block already */
};

/** The slot of @pid; NULL when memory runs out. */
struct fig_task *mm_fig_task(struct mm_figures *f, int32_t pid);

/* Sets of pages of files. */
struct fig_content {
	uint64_t dev, ino, index;
	bool used;
};

struct fig_state {
	bool begun;
	uint64_t since;      /* ns: of the last sample */
	uint64_t next;       /* of the next one */
	uint64_t ns;         /* sampled so far */
	uint64_t whole, whole_min;
	uint64_t away;       /* pages that are off their lists for a moment */
	unsigned __int128 whole_ns; /* blocks times ns */
	uint64_t hopeless_ns[MM_FIGURE_NODES];
	bool hopeless[MM_FIGURE_NODES];
};

struct mm_figures {
	const struct sg_capture *cap;
	struct mm_facts facts;
	bool generations;
	bool silent;     /* generations left no events of what they took: before 6.7 */
	unsigned int huge_order; /* of a huge page of anonymous memory */
	bool over, no_memory;
	uint64_t first_ts, last_ts;
	bool begun;
	int64_t v[MM_FIG_COUNT]; /* sums */
	uint64_t retries;        /* rounds beyond the first, over all stalls */
	uint64_t direct_reclaimed, stall_pages; /* reclaimed in stalls; obtained by them */
	struct fig_task *task;   /* open addressing by pid */
	size_t size, nr_tasks;
	uint64_t *stall;         /* ns each */
	size_t nr_stalls, cap_stalls;
	struct fig_content *gone; /* pages of files that reclaim took: open addressing */
	size_t gone_size, nr_gone; /* slots in use, emptied ones included */
	struct fig_state state;
};

/* tasks.c */
/** A direct reclaim or compaction of @t begins. */
void mm_fig_round(struct mm_figures *f, struct fig_task *t, uint64_t ts);
void mm_fig_try_begin(struct mm_figures *f, struct fig_task *t);
/** What @t tried is over. */
void mm_fig_try_end(struct mm_figures *f, struct fig_task *t, bool success);
/** An mm_page_alloc of @t that wasn't made inside reclaim. */
void mm_fig_obtained(struct mm_figures *f, struct fig_task *t, uint64_t ts, unsigned int order, bool got);

/* contents.c */
void mm_fig_evicted(struct mm_figures *f, const struct fig_content *c);
/** Was it evicted?  It isn't any more. */
bool mm_fig_read_again(struct mm_figures *f, const struct fig_content *c);

/* state.c */
void mm_fig_sample(struct mm_figures *f, const struct mm_machine *m, uint64_t ts);
void mm_fig_last(struct mm_figures *f, const struct mm_machine *m);

#endif
