/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The shell around the views: it holds their states, the layout, the prompt and
 * what of a command has been typed so far.
 */
#ifndef UI_SHELL_H
#define UI_SHELL_H

#include "ui_session.h"
#include "ui_term.h"
#include "ui_view.h"

enum ui_prompt_kind {
	UI_PROMPT_NONE,
	UI_PROMPT_GOTO,
	UI_PROMPT_FRAME,
	UI_PROMPT_SEARCH,
	UI_PROMPT_COMMAND,
	UI_PROMPT_SAVE,      /* a file name */
	UI_PROMPT_OVERWRITE, /* y or n; the text is the file */
	UI_PROMPT_MARK,      /* a new bookmark: name and note */
	UI_PROMPT_EDIT_MARK, /* the selected one */
	UI_PROMPT_DELETE_MARK, /* y or n */
	UI_PROMPT_SETTING,     /* the value of the selected one; nothing: the capture's */
	UI_PROMPT_SEED,
	UI_PROMPT_RUN_NAME,    /* of a run to be made */
	UI_PROMPT_POLICY_FILE,
	UI_PROMPT_POLICY,      /* all of its text */
	UI_PROMPT_RENAME_RUN,
	UI_PROMPT_DELETE_RUN,  /* y or n */
};

#define UI_PROMPT_MAX 1024

struct ui_prompt {
	enum ui_prompt_kind kind;
	char text[UI_PROMPT_MAX];
	size_t len;
	unsigned int back; /* searches called up: 1 is the last one */
};

struct ui_shell {
	struct ui_model md;
	struct ui_term *term;
	struct ui_grid grid;
	struct ui_layout lay;
	void *state[UI_VIEW_COUNT];
	struct ui_prompt prompt;
	uint64_t count;   /* typed in front of a command */
	bool have_count;
	char wait_letter; /* 'm' or '\'': the next key is a letter */
	uint64_t job_us;  /* when the job was seen first, 0 without one */
	struct ui_ses ses;
};

/** 0 or SG_E_NOMEM. */
int ui_shell_init(struct ui_shell *sh, struct ui_term *term);
void ui_shell_fini(struct ui_shell *sh);

/** Brings all views up to date and draws them into sh->grid. */
void ui_shell_draw(struct ui_shell *sh);
/** Handles a key. */
void ui_shell_key(struct ui_shell *sh, int key);

/** Carries out a line of the ':' prompt. */
void ui_command(struct ui_shell *sh, const char *line);

/** Draws the last row: prompt, message, progress or hints. */
void ui_status_draw(struct ui_shell *sh, const struct ui_rect *r);

/** Opens an empty prompt. */
void ui_prompt_open(struct ui_shell *sh, enum ui_prompt_kind kind);
/** Puts @text into the open prompt, to be changed; as much of it as there is room for. */
void ui_prompt_fill(struct ui_shell *sh, const char *text);
/** Handles a key while a prompt is open. */
void ui_prompt_key(struct ui_shell *sh, int key);

/* ---- two runs side by side: ui_beside_keys.c ------------------------------ */

/** Handles an action that is for them; false for others. */
bool ui_beside_act(struct ui_shell *sh, enum ui_action a, uint64_t n);
/** A click on the panel at @p, at @row, @col of it. */
void ui_beside_click(struct ui_shell *sh, const struct ui_place *p, int row, int col);
/** The model as the panel at @p wants it; false when there is nothing to draw. */
bool ui_beside_place(const struct ui_shell *sh, const struct ui_place *p, struct ui_model *ret);

/* ---- bookmarks: ui_bookmark.c -------------------------------------------- */

/** Handles the key after m or '. */
void ui_mark_letter(struct ui_shell *sh, int key);
/** Handles a key while their list is open. */
void ui_mark_key(struct ui_shell *sh, int key);
/** Takes "NAME NOTE" from a prompt or the command: bookmarks the position, or changes the selected one. */
void ui_mark_typed(struct ui_shell *sh, enum ui_prompt_kind kind, const char *text);
/** Opens their list, at the one nearest to the position. */
void ui_mark_list(struct ui_shell *sh);

#endif
