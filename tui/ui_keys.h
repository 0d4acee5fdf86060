/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keys and actions.  Each action stands here once, with its keys, its group and
 * its text: the key map, the help screen and the manual are made from the list.
 */
#ifndef UI_KEYS_H
#define UI_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Keys that are no character, above the code points. */
enum ui_key {
	UI_KEY_NONE = 0, /* nothing came within the time */
	UI_KEY_CTRL_C = 3,
	UI_KEY_TAB = 9,
	UI_KEY_ENTER = 13,
	UI_KEY_ESC = 27,
	UI_KEY_BACKSPACE = 127,
	UI_KEY_UP = 0x110000,
	UI_KEY_DOWN,
	UI_KEY_LEFT,
	UI_KEY_RIGHT,
	UI_KEY_HOME,
	UI_KEY_END,
	UI_KEY_PGUP,
	UI_KEY_PGDN,
	UI_KEY_BACKTAB,
	UI_KEY_DELETE,
	UI_KEY_F1,
	UI_KEY_RESIZE,  /* the terminal has another size */
	UI_KEY_RESUMED, /* the process was stopped and goes on */
	UI_KEY_HANGUP,  /* the terminal is gone */
	UI_KEY_OTHER,   /* a key without a meaning here */
};

/*
 * The mouse is a key with a place: what happened, and the cell (0, 0 is the upper
 * left one) at which it did.
 */
enum ui_mouse {
	UI_MOUSE_CLICK,
	UI_MOUSE_WHEEL_UP,
	UI_MOUSE_WHEEL_DOWN,
};
#define UI_KEY_MOUSE     0x40000000 /* bit that only these keys have */
#define UI_MOUSE_MAX     4095       /* largest row and column */

static inline int ui_key_mouse(enum ui_mouse what, int row, int col)
{
	return UI_KEY_MOUSE | (int)what << 24 | row << 12 | col;
}
static inline bool ui_key_is_mouse(int key)
{
	return key > 0 && key & UI_KEY_MOUSE;
}
static inline enum ui_mouse ui_mouse_what(int key)
{
	return (enum ui_mouse)(key >> 24 & 3);
}
static inline int ui_mouse_row(int key)
{
	return key >> 12 & UI_MOUSE_MAX;
}
static inline int ui_mouse_col(int key)
{
	return key & UI_MOUSE_MAX;
}

/* id, keys (names separated by blanks), group, text for help and manual */
#define UI_ACT_LIST(X)                                                                              \
	X(STEP_FWD, "l", "Time", "next event (10l: ten)")                                           \
	X(STEP_BACK, "h", "Time", "previous event")                                                 \
	X(FRAME_FWD, "L f PgDn ^F", "Time", "one frame forwards")                                   \
	X(FRAME_BACK, "H b PgUp ^B", "Time", "one frame backwards")                                 \
	X(FRAME_SET, "F", "Time", "set the frame: 1000 events, 10ms, 2s")                           \
	X(NEXT_DECISION, "e", "Time", "next decision of the kernel (Enter: its numbers)")           \
	X(PREV_DECISION, "E", "Time", "previous decision")                                          \
	X(NEXT_DIFFERENCE, "d", "Time", "next decision in which rules and kernel differ")           \
	X(PREV_DIFFERENCE, "D", "Time", "previous one in which they differ")                        \
	X(KIND, "K", "Time", "e and d stop at one kind only: next kind (:kind NAME)")               \
	X(NEXT_CONTRA, "x", "Time", "next event that contradicts the model")                        \
	X(PREV_CONTRA, "X", "Time", "previous one that does")                                       \
	X(START, "0 Home", "Time", "start of the capture (also gg)")                                \
	X(END, "G End", "Time", "end of the capture (5G: event 5)")                                 \
	X(PERCENT, "%", "Time", "50%: go to half of the events")                                    \
	X(GOTO, "g", "Time", "go to event:N, time:S, mark:T, bookmark:B, end, N%, +N, -N")               \
	X(PLAY, "space", "Time", "play or pause")                                                   \
	X(REVERSE, "r", "Time", "play in the other direction")                                      \
	X(SLOWER, "<", "Time", "play slower")                                                       \
	X(FASTER, ">", "Time", "play faster")                                                       \
	X(SEARCH, "/", "Search", "search names, tasks, fields, words; /=FILTER as in events --filter")        \
	X(FOUND_NEXT, "n *", "Search", "next match")                                                \
	X(FOUND_PREV, "N #", "Search", "previous match")                                            \
	X(MARK_SET, "m", "Search", "m and a letter: bookmark; m Enter: with a name and a note")     \
	X(MARK_GO, "'", "Search", "' and a letter: go to that bookmark; '' where you were")         \
	X(MARK_LIST, "M", "Search", "bookmarks: go to them, add, edit, delete")                     \
	X(STOP, "Esc ^C", "Search", "stop a search or seek, close, leave the block")                \
	X(UP, "Up k", "Screen", "cursor or text up")                                                \
	X(DOWN, "Down j", "Screen", "cursor or text down")                                          \
	X(LEFT, "Left", "Screen", "cursor left; in the figures: previous page")                     \
	X(RIGHT, "Right", "Screen", "cursor right; in the figures: next page")                      \
	X(ENTER, "Enter", "Screen", "look into the pageblock, or the decision, of the panel")                     \
	X(PANEL_NEXT, "Tab", "Screen", "next panel")                                                \
	X(PANEL_PREV, "BackTab", "Screen", "previous panel")                                        \
	X(FIGURES, "v", "Screen", "other figures: free blocks, zone, folios")                       \
	X(ZOOM_IN, "z +", "Screen", "fewer pageblocks in a cell")                                   \
	X(ZOOM_OUT, "Z -", "Screen", "more pageblocks in a cell")                                   \
	X(ZOOM_FIT, "=", "Screen", "as many in a cell as fit the zone into the panel")              \
	X(ZONE_PREV, "[", "Screen", "previous zone or node")                                        \
	X(ZONE_NEXT, "]", "Screen", "next zone or node")                                            \
	X(STILL_PREV, "{", "Screen", "previous dump of a text that holds several")                  \
	X(STILL_NEXT, "}", "Screen", "next dump")                                                   \
	X(FOLLOW_ONCE, ".", "Screen", "cursor to the page that the event changed")                  \
	X(FOLLOW, "o", "Screen", "keep the cursor at what changes, on or off")                      \
	X(STYLE, "t", "Screen", "map as fits best, as shades, letters or both")                                   \
	X(BESIDE, "c", "Two runs", "two runs side by side in step, or one again")                   \
	X(PART_NEXT, "a", "Two runs", "next request that they answered otherwise (:parting KIND)")  \
	X(PART_PREV, "A", "Two runs", "previous one")                                               \
	X(PART_FIRST, "(", "Two runs", "where they part first")                                     \
	X(PART_MOST, ")", "Two runs", "where they part most")                                       \
	X(STEP_BY, "C", "Two runs", "in step by demand, or by time")                                \
	X(LEAD, "s", "Two runs", "the other one leads")                                             \
	X(COMMAND, ":", "Program", "goto, frame, speed, zone, page, search, bookmark, write, ...")                         \
	X(SAVE, "w", "Program", "save a session: capture, bookmarks, path in one file")             \
	X(FILM, "P", "Program", "play the path so far as a film, or go back into it")               \
	X(POLICY, "p", "Program", "choose a policy and make a run of the capture under it")         \
	X(RUNS, "R", "Program", "runs: open, stop, name, delete them")                              \
	X(RUN_BACK, "`", "Program", "from a run to the capture at the same time, and back")         \
	X(INFO, "i", "Program", "about this capture: notes, losses, contradictions")                \
	X(HELP, "? F1", "Program", "this help")                                                      \
	X(REDRAW, "^L", "Program", "draw the screen anew")                                          \
	X(SUSPEND, "^Z", "Program", "suspend")                                                      \
	X(QUIT, "q", "Program", "leave")

enum ui_action {
	UI_ACT_NONE,
#define X(id, keys, group, text) UI_ACT_##id,
	UI_ACT_LIST(X)
#undef X
	UI_ACT_COUNT
};

struct ui_action_info {
	const char *id, *keys, *group, *text;
};

/** Description of an action; UI_ACT_NONE has empty strings.  Static. */
const struct ui_action_info *ui_action_info(enum ui_action a);
/** The action of a key, UI_ACT_NONE for one without. */
enum ui_action ui_keys_action(int key);
/** Code of a key by its name in the list ("l", "space", "^F", "PgDn"), UI_KEY_NONE for another. */
int ui_keys_parse(const char *name, size_t len);

#endif
