/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the screens show: the position in the run, what is being worked towards
 * (a seek, a search, playing, reading the rest of the file), and what is
 * selected.  Views read it; only actions and ui_model_work() change it.
 */
#ifndef UI_MODEL_H
#define UI_MODEL_H

#include "sg_filter.h"
#include "sg_pos.h"
#include "ui.h"
#include "ui_beside.h"
#include "ui_decide.h"
#include "ui_film.h"
#include "ui_fmt.h"
#include "ui_make.h"
#include "ui_marks.h"
#include "ui_where.h"

enum ui_focus {
	UI_FOCUS_MAP,
	UI_FOCUS_FIGURES,
	UI_FOCUS_EVENT,
	UI_FOCUS_DECISION,
	UI_FOCUS_COUNT,
};

enum ui_figures {
	UI_FIG_FREE,
	UI_FIG_ZONE,
	UI_FIG_FOLIOS,
	UI_FIG_COUNT,
};

enum ui_map_style {
	UI_MAP_AUTO, /* letters and shades where there is room, else shades (mono: letters) */
	UI_MAP_SHADES,
	UI_MAP_LETTERS,
	UI_MAP_BOTH,
	UI_MAP_STYLE_COUNT,
};

enum ui_overlay {
	UI_OVERLAY_NONE,
	UI_OVERLAY_HELP,
	UI_OVERLAY_INFO,
	UI_OVERLAY_MARKS,
	UI_OVERLAY_DECISION,
	UI_OVERLAY_POLICY,
	UI_OVERLAY_RUNS,
	UI_OVERLAY_COUNT,
};

/** What a search looks for. */
enum ui_find {
	UI_FIND_DECISION,
	UI_FIND_DIFFERENCE, /* a decision in which the rules and the kernel differ */
	UI_FIND_CONTRADICTION, /* an event that the model had to be repaired from */
	UI_FIND_TEXT,   /* model->search anywhere in the event's words */
	UI_FIND_MARK,   /* a trace marker that starts with job.text */
};

/** Is it answered by the index of decisions? */
static inline bool ui_find_decides(enum ui_find f)
{
	return f == UI_FIND_DECISION || f == UI_FIND_DIFFERENCE || f == UI_FIND_CONTRADICTION;
}

enum ui_job_kind {
	UI_JOB_NONE,
	UI_JOB_SEEK,
	UI_JOB_FIND,
	UI_JOB_WAIT, /* until enough of the file is read to know where to go */
};

#define UI_MESSAGE_MAX 400
#define UI_NR_SEARCHES 32
#define UI_MAX_COUNT 1000000000000ull

/** Work towards something, in slices. */
struct ui_job {
	enum ui_job_kind kind;
	enum ui_find find;
	int dir;        /* +1 or -1 */
	uint64_t count; /* matches still to find, from 1 */
	uint64_t at;    /* events from (+1) or below (-1) here have not been looked at */
	uint64_t from;  /* position at the start */
	bool share;     /* UI_JOB_WAIT: for @milli of all events, else for time @ts */
	uint64_t ts, milli;
	char text[UI_TEXT_MAX];
	struct sg_pos_marks marks; /* UI_FIND_MARK: those that don't fit */
};

enum ui_message_kind {
	UI_MSG_INFO,
	UI_MSG_WARN,
};

/* One run of one capture: what it was read from, all its positions, where it stands.  Several can be open: ui_runs.h. */
struct ui_run {
	const struct ui_source *src;
	const struct sg_capture *cap;
	struct mm_config cfg;
	struct mm_layout *layout;      /* cfg.layout */
	uint32_t layout_sections;      /* sections that the log named when it was made */
	uint64_t busy_total;           /* events in the log when the zone was chosen by where they are */
	struct mm_timeline *tl;
	const struct mm_machine *m;
	unsigned int page_shift; /* log2 of the page size */
	struct ui_decide dec;
	struct ui_markers markers;

	/* reading the capture */
	bool loaded;
	uint64_t total;    /* events in the log */
	unsigned int progress; /* thousandths, while not loaded */
	bool kept;         /* keyframes that are kept from another time are there */
	bool prepared;     /* keyframes lie all along the run */
	bool idle_done;    /* the source has nothing left to do */

	/* position: ui_model_sync() keeps what is derived from it up to date */
	uint64_t target;
	uint64_t pos;
	uint64_t before_jump; /* position that '' goes back to */
	struct ui_job job;
	bool have_event;
	struct sg_event ev; /* the event at pos; its text is the log's, until more is read */
	uint64_t first_ts, last_ts, prev_ts;
	uint64_t trail_from; /* changes of events after this one are marked on the map */
	unsigned int nr_zones;
	struct mm_zone_info zi; /* of the selected zone */
	char where[UI_WHERE_TEXT]; /* nearest bookmark or marker; "" without */
	struct ui_marks marks;     /* bookmarks: positions of this run */
};

/* What the screen shows of a run, and how. */
struct ui_model {
	struct ui_run *run;   /* the one on the screen; owned, as the next two are */
	struct ui_run *other; /* the one that stands beside it: ui_runs.h; NULL: none */
	struct ui_run *home;  /* what the screens were opened with: one of both, or neither while two others are looked at */

	/* time */
	uint64_t frame_events; /* 0: frame_ns counts */
	uint64_t frame_ns;
	bool playing;
	int play_dir;
	int speed; /* index, see ui_speed_text() */
	uint64_t play_us, play_ts; /* where both clocks stood when playing (re)started */
	double play_events;        /* fraction of an event due, for clocks that don't count ns */
	bool trail_on;

	/* selection */
	unsigned int zone;
	uint64_t cursor_pfn;
	bool cursor_set;
	bool block_open; /* the map shows the pages of the cursor's block */
	bool follow;
	int zoom; /* log2 of pageblocks per cell */
	bool zoom_fit;
	enum ui_map_style map_style;
	bool mono; /* the terminal shows no colours */
	enum ui_focus focus;
	enum ui_figures figures;
	enum ui_overlay overlay;
	int overlay_scroll, event_scroll, decision_scroll;

	char search[UI_TEXT_MAX];
	struct sg_filter *filter; /* of a search that starts with '=', else NULL */
	char *searches[UI_NR_SEARCHES]; /* what has been searched for, the latest first */
	int mark_sel; /* in their list */
	struct ui_beside beside;
	char side; /* 'A' or 'B' in what draws one of two runs that stand side by side, else 0 */
	struct ui_path path;
	struct ui_film film;
	struct ui_make make; /* policies, and runs that are made */
	unsigned int saving; /* thousandths of a session being saved, + 1; 0: none is */
	bool recording;
	char message[UI_MESSAGE_MAX];
	enum ui_message_kind message_kind;
	bool message_fresh; /* kept until the next key */
	bool quit;
};

/** Prepares a model at the start of the run. */
int ui_model_init(struct ui_model *md, const struct ui_source *src, struct sg_err *err);
void ui_model_fini(struct ui_model *md);

/** True while ui_model_work() has something to do. */
bool ui_model_busy(const struct ui_model *md);
/**
 * One slice of what there is to do: seeking or searching or playing, then reading.
 * @now_us: a clock, read through @clock during the work as well
 * Each part takes some 5 ms.
 */
void ui_model_work(struct ui_model *md, uint64_t (*clock)(void *arg), void *arg);
/** Brings position, event and zone up to date with the timeline. */
void ui_model_sync(struct ui_model *md);

/** Goes to @pos, clamped; waits for the reading when it is further than what is read. */
void ui_model_seek(struct ui_model *md, uint64_t pos);
/** @n events forwards or backwards from where the last command goes. */
void ui_model_step(struct ui_model *md, int dir, uint64_t n);
/** @n frames. */
void ui_model_frame(struct ui_model *md, int dir, uint64_t n);
/**
 * ui_model_search() - set what UI_FIND_TEXT looks for
 * @text: any part of an event's words, or '=' and a filter ("=order >= 4 && task == cat")
 * Return: 0, or SG_E_USAGE and a sentence; then nothing has changed
 */
int ui_model_search(struct ui_model *md, const char *text, struct sg_err *err);
/** Looks for the @n-th next match and goes there. @text: of UI_FIND_MARK, else NULL. */
void ui_model_find(struct ui_model *md, enum ui_find find, int dir, uint64_t n, const char *text);
/** Stops a seek or search, and playing.  True when there was something to stop. */
bool ui_model_stop(struct ui_model *md);
void ui_model_play(struct ui_model *md, bool on, int dir, uint64_t now_us);
/** @steps faster (> 0) or slower. */
void ui_model_speed(struct ui_model *md, int steps, uint64_t now_us);
/** "×1", "×0.02". */
char *ui_speed_text(const struct ui_model *md, char buf[static UI_FMT_MAX]);
/** Sets the speed from "2", "0.5"; false when it is none. */
bool ui_speed_parse(struct ui_model *md, const char *s, uint64_t now_us);

/**
 * ui_model_goto() - goes to a position given as text
 * event:N, time:SECONDS, mark:TEXT, bookmark:NAME, end, start, N, N%, +N, -N
 * Return: 0, or SG_E_USAGE and a sentence in @err
 */
int ui_model_goto(struct ui_model *md, const char *text, struct sg_err *err);
/** Sets the frame from "1000", "10ms", "5us", "2s". */
int ui_model_frame_set(struct ui_model *md, const char *text, struct sg_err *err);
/** "1,000 events" or "10 ms". */
char *ui_model_frame_text(const struct ui_model *md, char buf[static UI_FMT_MAX]);

/** Selects a zone; the cursor goes to its start unless it lies in it. */
void ui_model_zone(struct ui_model *md, unsigned int zone);
/** Puts the cursor on a page and selects its zone; false when no zone has it. */
bool ui_model_cursor(struct ui_model *md, uint64_t pfn);
/** Cursor to what the event at the position changed; false when it changed nothing. */
bool ui_model_cursor_to_change(struct ui_model *md);
/** Whether the last event changed @pfn .. @pfn + @nr. */
bool ui_model_changed(const struct ui_model *md, uint64_t pfn, uint64_t nr);

/** Calls up what was searched for @back searches ago (0: the last), NULL beyond the first. */
const char *ui_model_searched(const struct ui_model *md, unsigned int back);

/** One line for the status row. */
void ui_model_say(struct ui_model *md, enum ui_message_kind kind, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** Name and role of a migratetype of this capture; MM_MT_UNKNOWN is "unknown". */
const char *ui_mt_name(const struct ui_model *md, unsigned int mt);
int ui_mt_role(const struct ui_model *md, unsigned int mt);
/** Letter of a migratetype, '?' for an unknown one. */
char ui_mt_letter(const struct ui_model *md, unsigned int mt);
/** All contradictions up to the position, those that are expected not counted. */
uint64_t ui_model_contradictions(const struct ui_model *md);
/** The limit that hides at the position who takes and gives back pages: enum sg_limit_id, -1 none. */
int ui_model_hiding(const struct ui_model *md);
/** Are all free blocks of the zone known?  Else a count is that of the seen ones, and what follows from it is unknown. */
bool ui_model_free_known(const struct ui_model *md);

#endif
