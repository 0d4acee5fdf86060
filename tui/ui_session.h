/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sessions as the screens see them: the path is noted from the start, a session is
 * saved in slices while one goes on, or written from the start as a recording.
 * What a file is like is the saver's affair (struct ui_saver).
 */
#ifndef UI_SESSION_H
#define UI_SESSION_H

#include "ui_model.h"
#include "ui_scene.h"

struct ui_rect;
struct ui_shell;

/** What a signal that ends the program waits for at most, microseconds. */
#define UI_HURRY_US 5000000u

/** What the shell keeps for its sessions. */
struct ui_ses {
	/* the path */
	bool noted;            /* @last and @last_pos are of its last step */
	struct ui_scene last;
	uint64_t last_pos;
	uint64_t base_us;      /* the wall clock when the path's clock stood at base_ms */
	uint64_t base_ms;
	/* opening a session: its scene can be shown once its place has been reached */
	bool opening;
	struct ui_scene scene;
	/* w */
	struct ui_save *save;
	char save_path[1024];
	const struct ui_source *save_of; /* what was saved there */
	/* --record */
	struct ui_save *rec;
	char rec_path[1024];
	bool rec_waits;        /* all events so far are written */
	bool rec_imaged;       /* and machines along the run behind them */
	uint64_t rec_us;       /* when the small parts were written last */
	uint64_t rec_marks;    /* marks.changes then */
	uint64_t rec_pos;
	struct ui_scene rec_scene;
	char rec_left[1024];   /* the file that it left behind then */
	struct sg_err rec_err; /* why it ended before its time, code 0: it did not */
	/* leaving */
	uint64_t saved_marks;  /* marks.changes when they were saved last */
	bool asked;            /* whether bookmarks may be lost */
	bool now;              /* don't wait for what is being written */
	uint64_t until_us;     /* wait for it only so long, 0: as long as it takes */
};

/** Takes over what the source's session brought along; before a start position is gone to. */
void ui_session_load(struct ui_shell *sh);
/** Goes where the session was left. */
void ui_session_place(struct ui_shell *sh);
/** Begins the recording and the film that @opt asks for. */
int ui_session_begin(struct ui_shell *sh, const struct ui_options *opt, struct sg_err *err);

/** After each screen and key: adds what has changed to the path. */
void ui_session_note(struct ui_shell *sh, uint64_t now_us);
/** A slice of saving, recording and the film; true when the screen has to be drawn. */
bool ui_session_work(struct ui_shell *sh, uint64_t now_us);
/** Whether there is more of that to do at once. */
bool ui_session_busy(const struct ui_shell *sh);

/** Starts to save as @path; the result is said on the status row. */
void ui_session_save(struct ui_shell *sh, const char *path);
/** Opens the prompt for the file's name. */
void ui_session_ask(struct ui_shell *sh);
/** What was typed there: asks again where a session would be replaced. */
void ui_session_named(struct ui_shell *sh, const char *path);
/** q: asks once when bookmarks would be lost. */
void ui_session_quit(struct ui_shell *sh);
/** Whether all is written that has to be before the end. */
bool ui_session_done(const struct ui_shell *sh, uint64_t now_us);
/** Completes the recording and gives up what is still being saved. 0 or why the recording isn't whole. */
int ui_session_end(struct ui_shell *sh, struct sg_err *err);

/** Gives up what is still being written, if anything is; nothing of it stays. */
void ui_session_drop(struct ui_shell *sh);

/** Keys while the film runs; false for one that leaves it and has to be handled. */
bool ui_film_key(struct ui_shell *sh, int key);
/** Draws the film's part of the status row. */
void ui_film_draw(struct ui_shell *sh, const struct ui_rect *r);

#endif
