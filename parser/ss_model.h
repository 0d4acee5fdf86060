/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state of the model that predicts the events of one frame; private to ss_codec*.c.
 * All of it is reset at the start of each frame.
 */
#ifndef SS_MODEL_H
#define SS_MODEL_H

#include "sg_event.h"
#include "ss_coder.h"
#include "ss_codec.h"
#include "ss_pages.h"

#define SS_NR_CANDS 8u    /* guesses for one value, at most */
#define SS_RING 256u      /* pages that a lane remembers in the order of events */
#define SS_NR_SHAPES 255u /* sets of values that a kind remembers */
#define SS_SHAPE_LEN 3u
#define SS_NR_PIDS 32u
#define SS_TIME_SLOTS 1024u
#define SS_TIME_MIN 7u    /* the usual lengths of time differences, in bits: 8 from this */
#define SS_NO_KIND 127u
#define SS_K_INDEX_IN 126u /* in the places of kinds: the index in a file, put in and taken out */
#define SS_K_INDEX_OUT 125u

/** What events of a lane did to pages, in order. */
struct ss_ring {
	uint64_t pfn[SS_RING];
	uint8_t shape[SS_RING];
	uint16_t same[SS_RING]; /* how many there are with the same low bits: most searches end here */
	uint32_t nr;    /* ever */
	uint32_t start; /* where the latest uninterrupted run of them began */
};

/** One trace buffer: a CPU of an instance. */
struct ss_lane {
	uint16_t cpu;
	uint8_t instance;
	bool open;                 /* has a next event */
	uint8_t kind, k1, k2, k3;  /* the next event's, and those before it */
	uint64_t next_ts;
	uint32_t next;             /* writer: index of the next event, its successor comes from link[] */
	uint64_t ts;               /* of the event before */
	int32_t pid;
	uint16_t context;          /* flags and preempt count of the event before */
	uint32_t run;              /* events of kind k1 in a row */
	uint16_t last_run[128];    /* and how long the run of each kind was before */
	uint8_t time[256];         /* last difference for a pair of kinds, as a logarithm */
	uint64_t pfn[128];         /* last by kind */
	uint64_t step[128], step2[128]; /* its difference to the one before, and the one before that */
	uint32_t page[128];
	uint64_t key;              /* first field of the last event of the other kinds */
	uint8_t shape[128];
	uint8_t hist[128][SS_NR_CANDS]; /* which of the latest guesses were right, a bit each */
	struct ss_ring alloc, free, removed;
	uint32_t at_lru, at_file;  /* how far alloc was seen again */
	uint32_t at_batch, at_free;
	uint32_t lru_page;         /* the last put on the LRU */
	uint32_t shape_page[SS_NR_SHAPES + 1]; /* the last allocated with each shape */
};

/** Sets of values that come together in the events of a kind. */
struct ss_shapes {
	uint64_t v[SS_NR_SHAPES][SS_SHAPE_LEN];
	uint32_t nr; /* ever */
	ss_prob hit[16], known, which[256];
	uint8_t guess[256];
	uint8_t sure[256];
};

/** Probabilities of a time difference. */
struct ss_time {
	ss_prob usual, len[8], top[8][32];
};

struct ss_model {
	/* kind of the next event of a lane */
	ss_prob kind_run[128][4][64], kind_ctx[4096];
	struct ss_mix kind_mix[128];
	uint8_t kind_guess[4096];
	ss_prob kind_sym[128][128];
	/* time */
	struct ss_time time_a[SS_TIME_SLOTS], time_b[2 * SS_TIME_SLOTS];
	struct ss_mix time_mix[16 + 8 * 32];
	struct ss_num time_far;
	/* order of lanes, when it isn't that of time */
	struct ss_num lane_num; /* from the lane before */
	/* pid and context */
	ss_prob pid_same[128][128], pid_known, pid_which[SS_NR_PIDS];
	int32_t pid[SS_NR_PIDS];
	struct ss_num pid_num;
	uint16_t ctx_guess[1024];
	ss_prob ctx_hit[1024], ctx_sym[2][256];
	ss_prob missed;
	struct ss_num missed_num;
	/* fields */
	struct ss_shapes shapes[8];
	struct ss_num shape_num[8][SS_SHAPE_LEN];
	int8_t shape_lru[SS_NR_SHAPES + 1]; /* > 0: pages allocated so go on the LRU */
	uint64_t file_index[SS_NR_SHAPES + 1]; /* behind the last index put into a file */
	ss_prob cand[128][SS_NR_CANDS][16];
	ss_prob ring_hit[128];
	struct ss_num ring_num[4], far[128], val[128][4];
	ss_prob slot_hit[128][SG_SLOTS][4][8];
	uint8_t slot_hist[128][SG_SLOTS][4];
	uint64_t follower[1024], row[512][SG_SLOTS];
	uint64_t last[128][SG_SLOTS], last_step[128][SG_SLOTS];
	ss_prob folio_hit[2], text[256];
	uint64_t folio_base[128], folio_pfn[128];
};

struct ss_codec {
	struct ss_coder c;
	const struct ss_tables *t;
	const struct ss_kinds *kinds;
	struct ss_model m;
	struct ss_pages pages;
	struct ss_lane *lane;
	uint32_t nr_lanes, cap_lanes;
	uint32_t *heap, nr_heap;  /* lanes with a next event, the first in time at the top */
	bool by_time;             /* the frame's events are in the order of time and lane */
	uint64_t left;            /* events still to come */
	uint32_t last_lane;
	uint32_t *link;           /* writer: next event of the same lane */
	const struct sg_event *pack; /* writer: the frame's events, borrowed; */
	size_t nr_pack, packed;      /* so many, and so many of them done */
	uint8_t *out;
	size_t cap_out;
	char *text;               /* reader: texts of the frame */
	size_t text_len, text_end, cap_text;
};

_Static_assert(SS_MAX_KINDS <= SS_K_INDEX_OUT, "a kind doesn't fit into the model's tables");

#endif
