/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packs the events of one frame into bytes and back.  Each frame stands alone: the model of the
 * machine that predicts the events starts from nothing.  doc/session-format.md, "Events".
 */
#ifndef SS_CODEC_H
#define SS_CODEC_H

#include "sg_err.h"
#include "sg_event.h"
#include "sg_mem.h"

#define SS_FRAME_EVENTS (1u << 17) /* at most in one frame */
#define SS_FRAME_LANES  4096u      /* pairs of instance and CPU in one frame, at most */
#define SS_FRAME_TEXT   (1u << 20) /* bytes of texts in one frame, at most; one event may have more */

/*
 * Kinds have numbers of the file's own, so that a file stays readable when the program learns new
 * ones.  These the model knows by heart, with their fields in this order; all others follow them.
 */
enum {
	SS_K_OTHER,   /* id */
	SS_K_ALLOC,   /* pfn, order, gfp_flags, migratetype */
	SS_K_FREE,    /* pfn, order */
	SS_K_BATCHED, /* pfn */
	SS_K_LOCKED,  /* pfn, order, migratetype, percpu_refill */
	SS_K_DRAIN,   /* pfn, order, migratetype */
	SS_K_EXTFRAG, /* pfn, ... */
	SS_K_ADD,     /* i_ino, pfn, index, s_dev, order */
	SS_K_DELETE,  /* the same */
	SS_K_LRU,     /* folio, pfn, lru, flags */
	SS_NR_FIXED
};

#define SS_MAX_KINDS 120u

/** Kinds as the codec sees them, by the file's number. */
struct ss_kinds {
	unsigned int nr;
	struct ss_kind {
		uint8_t nr_fields; /* at most SG_SLOTS */
		uint8_t text;      /* slot of the text's length, SG_SLOTS without */
		uint16_t pfns;     /* bit i: slot i is a pfn */
	} kind[SS_MAX_KINDS];
};

struct ss_codec;

/** The model's memory (some 30 MB) and tables, NULL when there is none. @kinds is borrowed. */
struct ss_codec *ss_codec_new(const struct ss_kinds *kinds);
void ss_codec_free(struct ss_codec *cd);

/**
 * ss_codec_pack() - pack a frame
 * @ev:  @nr (1 .. SS_FRAME_EVENTS) events of at most SS_FRAME_LANES pairs of instance and CPU; slots that
 *       their kind doesn't have aren't looked at; kinds are the file's
 * @ret: the bytes; borrowed until the next call
 */
int ss_codec_pack(struct ss_codec *cd, const struct sg_event *ev, size_t nr, const uint8_t **ret,
		  size_t *len);

/**
 * ss_codec_pack_start() - the same in slices: begin
 * @ev: stays in place until the last slice is done; the codec does nothing else before that
 * Return: 0 or < 0
 */
int ss_codec_pack_start(struct ss_codec *cd, const struct sg_event *ev, size_t nr);
/** A slice of so many events.  Return: 1 there are more; 0 the frame is in *@ret, as ss_codec_pack(); < 0 */
int ss_codec_pack_more(struct ss_codec *cd, size_t events, const uint8_t **ret, size_t *len);

/**
 * ss_codec_open() - begin to unpack a frame
 * @data: stays in place while the frame is read
 * @nr:   events that it should hold
 * SG_E_FORMAT when it cannot be one.
 */
int ss_codec_open(struct ss_codec *cd, const uint8_t *data, size_t len, size_t nr);

/**
 * ss_codec_next() - the next event of the frame
 * @ev: with the file's kind; its text is borrowed until the frame is left
 * Return: 1, 0 behind the last event, SG_E_FORMAT when the bytes don't hold together, SG_E_NOMEM
 */
int ss_codec_next(struct ss_codec *cd, struct sg_event *ev);

#endif
