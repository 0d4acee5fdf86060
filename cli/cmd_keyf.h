/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a session holds so that it needn't be run from its start: images of the machine along the run.  And what the
 * observed run ran under.
 */
#ifndef CMD_KEYF_H
#define CMD_KEYF_H

#include "mm.h"
#include "ss.h"

/** Keyframes of a session at most: a jump then runs a sixteenth of the events. */
#define CMD_KEYF_MOST 16u
/** Together they take at most this part of the bytes of the events: sessions are to be sent. */
#define CMD_KEYF_SHARE 10u

/** Bytes that come in pieces.  All zero is empty; freed with free(data). */
struct cmd_image {
	char *data;
	size_t len, cap;
};
/** Adds a piece; 0 or SG_E_NOMEM.  @image: a struct cmd_image. */
int cmd_image_add(void *image, const void *data, size_t len);

/** How far the keyframes of a session are written.  All zero is the start; to be ended with cmd_keyf_fini(). */
struct cmd_keyf {
	unsigned int next, early;
	uint32_t nr;
	uint64_t room; /* bytes left for them */
	uint64_t pos[CMD_KEYF_MOST];
	struct cmd_image image; /* made, and not written yet */
	uint64_t image_pos;
	bool fits; /* there is room for it, which is taken */
};

/**
 * cmd_keyf_save() - make or write the next keyframe: a slice of the work
 * @tl: timeline over the events that were appended; @nr_events of them.  It needs keyframes along the run.
 * To be called until it returns 0, after the last event.
 * Return: 1 there may be more, 0 all are written for which there is room, or < 0 as ss_put_keyframe()
 */
int cmd_keyf_save(struct cmd_keyf *k, struct ss_writer *w, const struct mm_timeline *tl, uint64_t nr_events,
		  struct sg_err *err);
void cmd_keyf_fini(struct cmd_keyf *k);

/** How far the keyframes of a session are loaded.  All zero is the start. */
struct cmd_keyf_in {
	struct ss_keyframe *list;
	size_t nr, next;
	size_t used; /* taken by the timeline */
	bool begun;
};

/**
 * cmd_keyf_load() - hand the next keyframe of @r to a timeline: a slice of the work
 * @nr_events: of the timeline's log.  What doesn't fit is passed over.
 * Return: true when there may be more, false when all are there and @in is freed
 */
bool cmd_keyf_load(struct cmd_keyf_in *in, struct ss_reader *r, struct mm_timeline *tl, uint64_t nr_events);
/** To be called when it wasn't done to its end. */
void cmd_keyf_load_fini(struct cmd_keyf_in *in);
/** How many keyframes are in @r; @unusable: that are damaged, of another version or of another machine than @cfg's. */
size_t cmd_keyf_count(struct ss_reader *r, const struct mm_config *cfg, size_t *unusable);
/** Takes the keyframes of @r over as they are, without those that are damaged. */
int cmd_keyf_copy(struct ss_writer *w, struct ss_reader *r, struct sg_err *err);

/** Writes the list of runs: the observed one, and the policy of the capture's kernel. */
int cmd_put_runs(struct ss_writer *w, const struct mm_config *cfg, struct sg_err *err);

#endif
