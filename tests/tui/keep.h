/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A saver for tests that keeps what it is given in memory and hands it back as a
 * session; and fails where it is told to.
 */
#ifndef KEEP_H
#define KEEP_H

#include "ui.h"

struct keep {
	struct ui_saver saver;
	const struct sg_log *log;
	/* what was saved; valid after finish() */
	bool saved;
	char path_name[256];
	uint64_t events;
	struct ui_session session; /* of the texts below */
	char view[2048], note[256];
	struct sg_bookmark mark[64];
	char name[64][64], text[64][512];
	const char *search[32];
	char searched[32][256];
	struct ui_path path;
	/* how */
	enum ui_save_target target; /* what is said to stand at any path */
	const char *fail;           /* "open", "events", "put", "finish": fails there from now on */
	unsigned int fail_after;    /* so many calls of it go well first */
	unsigned int opens, puts, finishes, aborts, kept;
};

/** Must not be moved afterwards. */
void keep_init(struct keep *k, const struct sg_log *log);
void keep_fini(struct keep *k);

#endif
