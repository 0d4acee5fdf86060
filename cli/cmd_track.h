/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a run was like over its time: figures that go on, free memory, and maps of all pageblocks at chosen moments.  Plain
 * data of fixed size, so that a run in another process can leave it in memory that both see.
 */
#ifndef CMD_TRACK_H
#define CMD_TRACK_H

#include "figures/figures.h"

#define TRACK_SAMPLES 512u   /* when they are all used, every second one goes */
#define TRACK_MOMENTS 6u     /* the first is the start, the last the end */
#define TRACK_CELLS 2048u    /* of a map: several pageblocks share one where there are more */

/** X(id, key, gauge, text): what is sampled; of those that aren't gauges, the sum so far. */
#define TRACK_LIST(X)                                                                                      \
	X(FREE, "free_pages", true, "free pages")                                                           \
	X(WHOLE, "whole_free_blocks", true, "pageblocks free as a whole")                                   \
	X(STALLS, "stalls", false, "stalls: direct reclaims and direct compactions begun, per second")      \
	X(RECLAIMED, "reclaimed", false, "pages reclaimed, per second")                                     \
	X(MOVED, "compact_moved", false, "pages moved by compaction, per second")                           \
	X(EXTFRAG, "extfrag", false, "requests that took a block of another migratetype, per second")

enum track_kind {
#define X(id, key, gauge, text) TRACK_##id,
	TRACK_LIST(X)
#undef X
	TRACK_COUNT
};
const char *track_key(unsigned int kind);
const char *track_text(unsigned int kind);
bool track_is_gauge(unsigned int kind);

/** What a cell of a map mostly is. */
enum track_class {
	TRACK_NONE,        /* no memory here */
	TRACK_UNKNOWN,
	TRACK_UNMOVABLE,
	TRACK_MOVABLE,
	TRACK_POLLUTED,    /* Movable, with pages of other requests in it */
	TRACK_RECLAIMABLE,
	TRACK_HIGHATOMIC,
	TRACK_CMA,
	TRACK_ISOLATE,
	TRACK_OTHER,
	TRACK_CLASSES
};

struct track_map {
	uint64_t ns;                       /* since the start */
	uint64_t position;                 /* of the machine */
	uint32_t nr, blocks_each;          /* cells, and pageblocks in each */
	uint32_t blocks[TRACK_CLASSES];    /* pageblocks of each class */
	uint32_t whole;                    /* pageblocks that are free as a whole */
	uint8_t cell[TRACK_CELLS];         /* enum track_class, and 16 times how much of it is free: 0 .. 3, 3 is all */
	bool made;
};

struct track {
	uint64_t step;                     /* ns between two samples */
	uint32_t nr;
	uint64_t ns;                       /* how long it was */
	int64_t v[TRACK_SAMPLES][TRACK_COUNT]; /* sample i is of i * step ns after the start; MM_FIGURE_UNKNOWN */
	struct track_map map[TRACK_MOMENTS];
};

/** What is being tracked, of one run. */
struct tracker {
	struct track *t;
	const struct sg_capture *cap;
	const struct mm_figures *f;
	uint64_t start;                    /* ns: when the run begins */
	uint64_t moment[TRACK_MOMENTS];    /* ns after the start, ascending; the first is 0, the last is left for the end */
	unsigned int nr_moments, next;
	uint64_t due;                      /* ns after the start: the next sample */
};

/**
 * track_begin() - the state at the start
 * @w: filled in but for next and due
 * @length: how long it may become, about, ns
 */
void track_begin(struct tracker *w, uint64_t length, const struct mm_machine *m);
/** Behind each event.  @ts: its time */
void track_event(struct tracker *w, uint64_t ts, const struct mm_machine *m);
/** A map of the machine as it is, @ns after the start. */
void track_draw(struct track_map *map, const struct sg_capture *cap, const struct mm_machine *m, uint64_t ns);
/** At the end. */
void track_end(struct tracker *w, const struct mm_machine *m);
/** What @v, of the same run, doesn't know wasn't known on the way either. */
void track_forget(struct track *t, const struct mm_figure_values *v);
/**
 * track_at() - the value at @ns after the start, of a sum also between two samples
 * Return: MM_FIGURE_UNKNOWN where nothing tells it, and behind the end of a gauge
 */
int64_t track_at(const struct track *t, unsigned int kind, uint64_t ns);

#endif
