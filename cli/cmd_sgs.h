/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Session files for the screens: the writer behind struct ui_saver, and what a file
 * brought along as struct ui_session.
 */
#ifndef CMD_SGS_H
#define CMD_SGS_H

#include "cmd.h"
#include "mm.h"
#include "ss.h"
#include "ui.h"

struct cmd_runs;

/** One for each run of the screens.  All zero is empty. */
struct cmd_sgs {
	struct ui_saver saver;     /* its arg is this struct, which must not be moved */
	struct ui_session session; /* after cmd_sgs_load() */
	/* what sessions are written from; borrowed */
	const char *file; /* never written over */
	const struct sg_capture *cap;
	const struct mm_config *cfg;
	const struct sg_log *log;
	struct cmd_runs *runs; /* NULL without; else what a session keeps of them, and takes over from one: cmd_runs_text(), cmd_runs_add() */
	char *(*runs_text)(const struct cmd_runs *runs, size_t *ret_len);
	void (*runs_add)(struct cmd_runs *runs, const char *text, size_t len);
	char *suggest;
	/* what @session points to */
	struct sg_bookmark *mark;
	const char **search;
	struct ui_path path;
	void *texts[4]; /* blocks of the reader, freed with free() */
	char *note;
};

/**
 * cmd_sgs_init() - make ready to save
 * @file: as the user named the capture: the name to offer stands beside it
 * @cap, @cfg, @log: borrowed; the log may grow
 * Return: 0 or SG_E_NOMEM
 */
int cmd_sgs_init(struct cmd_sgs *s, const char *file, const struct sg_capture *cap, const struct mm_config *cfg,
		 const struct sg_log *log);
/** Takes bookmarks, searches, path and place from @r into s->session; a list that is damaged is left out and said. */
int cmd_sgs_load(struct cmd_sgs *s, struct ss_reader *r, struct sg_err *err);
void cmd_sgs_fini(struct cmd_sgs *s);

/**
 * cmd_read_pos() - sg_pos_read(), and a bookmark of an open session becomes an event's number
 * A share of the events becomes one too: for that the events are read once and @src is rewound.
 */
int cmd_read_pos(struct cmd_source *src, const char *text, struct sg_pos *ret, struct sg_err *err);

#endif
