/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The shell around the views: it holds their states, the layout, the prompt and
 * what of a command has been typed so far.
 */
#ifndef UI_SHELL_H
#define UI_SHELL_H

#include "ui_term.h"
#include "ui_view.h"

enum ui_prompt_kind {
	UI_PROMPT_NONE,
	UI_PROMPT_GOTO,
	UI_PROMPT_FRAME,
	UI_PROMPT_SEARCH,
	UI_PROMPT_COMMAND,
};

struct ui_prompt {
	enum ui_prompt_kind kind;
	char text[UI_TEXT_MAX];
	size_t len;
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
/** Handles a key while a prompt is open. */
void ui_prompt_key(struct ui_shell *sh, int key);

#endif
