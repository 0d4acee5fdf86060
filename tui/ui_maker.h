/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How runs are made: what the screens ask of the program behind them.  A run is a policy and a seed put to the demand of what
 * is looked at; it is made in the background, in a process of its own, and kept.  The screens know it by its number.
 */
#ifndef UI_MAKER_H
#define UI_MAKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/policy.h"
#include "sg_err.h"

struct ui_source;

enum ui_made_state {
	UI_MADE_NOT,       /* known by its policy and seed only, from a session: it can be made again */
	UI_MADE_WAITING,   /* for others, or for the capture to be read */
	UI_MADE_PREPARING, /* its process takes the demand from the capture */
	UI_MADE_RUNNING,
	UI_MADE_WHOLE,     /* at the end of the demand */
	UI_MADE_CUT,       /* stopped, or at its bounds: there is what it had by then */
	UI_MADE_DIED,      /* its policy crashed or gave up: likewise */
	UI_MADE_FAILED,    /* nothing came of it */
};

/** Is it still to come? */
static inline bool ui_made_comes(enum ui_made_state s)
{
	return s == UI_MADE_WAITING || s == UI_MADE_PREPARING || s == UI_MADE_RUNNING;
}

/** Is there something to be opened? */
static inline bool ui_made_opens(enum ui_made_state s)
{
	return s == UI_MADE_WHOLE || s == UI_MADE_CUT || s == UI_MADE_DIED;
}

#define UI_MADE_SPEC 1000 /* bytes of a policy's text, with the NUL */
#define UI_MADE_NAME 64   /* of a name */

/** What a run is made by. */
struct ui_recipe {
	char name[UI_MADE_NAME];  /* that the user gave it, "" without */
	char spec[UI_MADE_SPEC];  /* what --policy takes */
	uint64_t seed;
	bool assume;              /* --assume */
};

/** A run as it is listed.  Texts are cleaned. */
struct ui_made {
	uint32_t id;          /* as long as the screens are up */
	struct ui_recipe how;
	enum ui_made_state state;
	unsigned int milli;   /* thousandths of the demand that are done */
	uint64_t events;      /* that it has traced */
	bool older;           /* made by another version of the program, which may have decided otherwise */
	char why[320];        /* why it isn't whole, a sentence without the full stop; "" */
};

/**
 * Who makes runs.  What can fail returns a negative enum sg_code and a sentence.
 * @cannot: why no run can be made of what is looked at, a sentence; NULL: they can
 * @own:    the policy of what is looked at
 * @keeps:  runs are there the next time; else they go with the program
 * @policy: reads a policy as --policy does; nothing of the user's is run for it
 * @start:  makes a run, after those that wait.  One that is there already isn't made again: 1 then, else 0.
 *          *@ret_id: its number
 * @poll:   looks after those that go on and wait; true when something is to be seen
 * @count, @get: all runs, in the order in which they were asked for; what get() gives lives until the next call
 * @stop:   ends one; what it has by then is kept
 * @rename: gives it a name
 * @remove: stops and forgets it
 * @open:   a run as a source for the screens; its release() closes it
 */
struct ui_maker {
	void *arg;
	const char *cannot;
	const struct mm_policy *own;
	bool keeps;
	int (*policy)(void *arg, const char *spec, struct mm_policy *ret, struct sg_err *err);
	int (*start)(void *arg, const struct ui_recipe *how, uint32_t *ret_id, struct sg_err *err);
	bool (*poll)(void *arg);
	size_t (*count)(void *arg);
	const struct ui_made *(*get)(void *arg, size_t i);
	void (*stop)(void *arg, uint32_t id);
	int (*rename)(void *arg, uint32_t id, const char *name, struct sg_err *err);
	int (*remove)(void *arg, uint32_t id, struct sg_err *err);
	int (*open)(void *arg, uint32_t id, const struct ui_source **ret, struct sg_err *err);
};

#endif
