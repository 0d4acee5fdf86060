/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Choosing a policy, and the runs that were made: what both panels show and what is typed there.  What a policy may be comes
 * from the engine's lists (policy/choice.h, policy.h, facts.h); what it comes to is asked of the maker (ui_maker.h).
 */
#ifndef UI_MAKE_H
#define UI_MAKE_H

#include "ui_maker.h"

struct ui_model;
struct ui_shell;

enum ui_row_kind {
	UI_ROW_HEAD,    /* @a: enum ui_head, or UI_HEAD_COUNT + a choice */
	UI_ROW_OWN,     /* the captured kernel's own rules */
	UI_ROW_KERNEL,  /* release @a of mm_release_series() */
	UI_ROW_FILE,    /* one's own policy */
	UI_ROW_VALUE,   /* value @b of choice @a */
	UI_ROW_SETTING, /* enum mm_tunable @a */
	UI_ROW_FACT,    /* enum mm_fact @a */
	UI_ROW_SEED,
	UI_ROW_ASSUME,
	UI_ROW_NAME,
	UI_ROW_TEXT,    /* the policy's text itself */
};

enum ui_head {
	UI_HEAD_RUN,
	UI_HEAD_KERNELS,
	UI_HEAD_SETTINGS,
	UI_HEAD_FACTS,
	UI_HEAD_COUNT,
};

struct ui_row {
	uint8_t kind;
	uint16_t a, b;
};

#define UI_MAKE_ROWS   600
#define UI_MAKE_FILTER 48
#define UI_MAKE_NOTES  4
#define UI_MAKE_WATCH  64
#define UI_ROW_TEXT_MAX 640

struct ui_make {
	/* the policy that is being put together */
	struct ui_recipe how;
	bool fits;                /* it can be read: */
	struct mm_policy policy, base; /* all of it; and without what was chosen */
	char error[400];          /* else why not */
	char note[UI_MAKE_NOTES][400]; /* what makes no difference, or is to be known */
	unsigned int nr_notes;
	/* the list */
	char filter[UI_MAKE_FILTER];
	struct ui_row row[UI_MAKE_ROWS]; /* that are shown: those that the filter passes, with their headings */
	unsigned int nr, of;      /* how many; of how many that can be chosen */
	int sel;
	/* runs */
	int run_sel;              /* 0: what the screens were opened with */
	unsigned int going, waiting, milli; /* being made; how far the first of them is */
	uint32_t shown;           /* number of the run that is open, 0: none is */
	bool came;                /* somebody went over to the other run, */
	uint64_t came_ts;         /* to this time */
	uint32_t watch[UI_MAKE_WATCH]; /* that were asked for here and are still to come */
	unsigned int nr_watch;
	uint64_t polled_us;
};

/** What a row says: key and value, and the words on it; for searching and for the screen. */
void ui_row_key(const struct ui_make *mk, const struct ui_row *row, char *buf, size_t size);
void ui_row_text(const struct ui_model *md, const struct ui_row *row, char *buf, size_t size);
/** More on a row, line by line: 0, 1, ... until it returns false. */
bool ui_row_more(const struct ui_model *md, const struct ui_row *row, unsigned int i, char *buf, size_t size);
/** Is it chosen? */
bool ui_row_chosen(const struct ui_make *mk, const struct ui_row *row);
/** Is it what the kernel beneath does by itself? */
bool ui_row_own(const struct ui_make *mk, const struct ui_row *row);

/** A policy from the start: what was captured. */
void ui_make_reset(struct ui_model *md);
/** The rows that the filter passes; the selection stays on its row if that is among them. */
void ui_make_filter(struct ui_model *md);
/** Selects the row that is most like the filter: whose key begins with it, or has it, or the first. */
void ui_make_best(struct ui_model *md);
/** Reads the policy's text again after it has changed. */
void ui_make_read(struct ui_model *md);
/** Chooses the row, or no longer; false when it wants a text instead: ui_make_ask(). */
bool ui_make_choose(struct ui_model *md, const struct ui_row *row);
/** What Enter makes a run of, and what is to be said of it: the policy with the selected row, as long as nothing was chosen. */
void ui_make_enter(const struct ui_model *md, struct ui_make *ret);
/** Does Enter ask for a text on the selected row, or change it, rather than make the run? */
bool ui_make_enter_asks(const struct ui_model *md);
/** The maker of what the screens were opened with, NULL without. */
const struct ui_maker *ui_make_maker(const struct ui_model *md);
/** What a run's state is called, with how far it is: "running 43 %". */
void ui_made_text(const struct ui_made *m, char *buf, size_t size);

/* ---- ui_make_keys.c, ui_make_list.c ---------------------------------------------------------- */

/** p: opens the panel, or says why no run can be made. */
void ui_make_open_policy(struct ui_shell *sh);
/** R: opens the list. */
void ui_make_open_list(struct ui_shell *sh);
/** A key while one of them is open. */
void ui_make_policy_key(struct ui_shell *sh, int key);
void ui_make_list_key(struct ui_shell *sh, int key);
/** What was typed in a prompt of these panels (@kind: enum ui_prompt_kind). */
void ui_make_typed(struct ui_shell *sh, int kind, const char *text);
/** The selected run is to be deleted: y was typed. */
void ui_make_delete(struct ui_shell *sh);
/** Looks after the runs that are being made; true when the screen has to be drawn. */
bool ui_make_poll(struct ui_shell *sh, uint64_t now_us);
/** Are there any? */
bool ui_make_busy(const struct ui_model *md);
/**
 * ui_make_show() - open the run @id at the same time
 * @beside: it stands beside what is shown (md->other) instead of taking its place
 * Return: false after a message
 */
bool ui_make_show(struct ui_shell *sh, uint32_t id, bool beside);
/** From a run to what the screens were opened with, at the same time, and back. */
void ui_make_back(struct ui_shell *sh);

#endif
