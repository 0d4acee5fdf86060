/* SPDX-License-Identifier: GPL-2.0-only */
/* The writer of session files; private to parser/ss_write*.c. */
#ifndef SS_WRITER_H
#define SS_WRITER_H

#include <zstd.h>

#include "ss_priv.h"

#define LEVEL_EVENTS 1  /* their bytes can't be made smaller any more */
#define LEVEL_OTHER  9

/** Events of one frame. */
struct ss_batch {
	struct sg_event *ev; /* [SS_EVENTS_NOW] */
	size_t nr;
	char *text; /* [SS_FRAME_TEXT] theirs */
	size_t text_len;
};

struct ss_writer {
	char *path;  /* the file to be, links followed */
	char *temp;  /* the file that is written, the same for a device */
	char *label; /* name in messages */
	int fd;
	bool direct; /* a device or pipe: nothing to rename */
	bool whole;  /* all of it is on disk, under its other name */
	bool there;  /* a file stood at @path at the start: this one */
	uint64_t dev, ino;
	uint64_t offset;
	struct sg_err failed; /* the first failure; the writer takes nothing more */
	const struct sg_capture *cap;
	struct ss_info *frame;
	uint32_t nr_frames, cap_frames;
	ZSTD_CCtx *cctx;
	struct ss_buf raw, packed;
	struct ss_map map;
	struct ss_codec *codec;
	struct ss_batch now;  /* events that wait for a full frame */
	struct ss_batch then; /* those of the full one, which is packed while others come; nr 0: none */
	uint64_t number; /* of the last event */
};

/** The first failure is kept, and given again each time. */
int ss_writer_stop(struct ss_writer *w, struct sg_err *err, const struct sg_err *why);
#define STOP(w, err, code, ...) ({                       \
	struct sg_err why_;                              \
	sg_fail(&why_, code, __VA_ARGS__);               \
	ss_writer_stop(w, err, &why_);                   \
})
int ss_writer_no_memory(struct ss_writer *w, struct sg_err *err);
/** The next frame's place in the index, zeroed; NULL when memory runs out. */
struct ss_info *ss_writer_info(struct ss_writer *w);
/** Packs head and payload as one frame and writes it.  @info is complete but for place and sizes. */
int ss_writer_frame(struct ss_writer *w, struct ss_info *info, const void *data, size_t len, int level,
		    struct sg_err *err);
/** Writes what is in @b as a section, and frees it. */
int ss_writer_put(struct ss_writer *w, const char tag[4], uint32_t number, struct ss_buf *b, struct sg_err *err);
/** ss_write_snap.c: a snapshot and its page flags. */
int ss_writer_snapshot(struct ss_writer *w, const struct sg_snapshot *s, uint32_t number, struct sg_err *err);

#endif
