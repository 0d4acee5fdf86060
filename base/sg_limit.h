/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a figure rests on: each limit of a recording, of its snapshots or of the machine made from it, with the
 * events that it touches.  What a limit makes unknowable is unknown, undecided or null, never 0 and never equal.
 *
 * Who adds limits, and where:
 *	the parser, to the capture's description (struct sg_capture: limits), at the open and while events are read;
 *	the engine, to the set of its configuration (struct mm_config: limits), while it applies and checks events.
 *	Replaying adds the same limit again, which changes nothing.
 * Who shows them takes both (cmd_limits() in the commands).  A session keeps those of the capture.
 */
#ifndef SG_LIMIT_H
#define SG_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * X(id, key, word): the key stands in JSON and in session files and never changes; the word is for a header.
 * New ones anywhere: sessions keep keys, not numbers.  doc/limits.md has a row for each.
 */
#define SG_LIMIT_LIST(X)                                   \
	/* what was recorded */                            \
	X(ONE_TASK, "one_task", "one task")                \
	X(FILTERED, "filtered", "filtered")                \
	X(CPUS_MISSING, "cpus_missing", "CPUs missing")    \
	X(CLOCK_COARSE, "clock_coarse", "coarse clock")    \
	X(LOST_SPAN, "lost_span", "lost span")             \
	X(LOST_EVENTS, "lost_events", "lost events")       \
	X(NOT_RECORDED, "not_recorded", "not recorded")    \
	X(NO_PAGES, "no_pages", "no pages")                \
	/* what the file still says */                     \
	X(NOT_READABLE, "not_readable", "not readable")    \
	X(DAMAGED, "damaged", "damaged")                   \
	X(TEXT_LOSSY, "text_lossy", "from text")           \
	/* the snapshots */                                \
	X(NO_SNAPSHOT, "no_snapshot", "no snapshot")       \
	X(SNAPSHOT_STALE, "snapshot_stale", "snapshot stale") \
	X(SNAPSHOT_UNMARKED, "snapshot_unmarked", "snapshot unmarked") \
	X(SNAPSHOT_DISAGREES, "snapshot_disagrees", "snapshot disagrees") \
	/* the machine */                                  \
	X(SEVERAL_NODES, "several_nodes", "several nodes") \
	X(ZONES_ASSUMED, "zones_assumed", "zones assumed") \
	X(WILD_PFNS, "wild_pfns", "wild pfns")             \
	X(PAGE_SIZE_ASSUMED, "page_size_assumed", "page size assumed") \
	X(ORDERS_ASSUMED, "orders_assumed", "orders assumed") \
	X(PAGEBLOCK_ASSUMED, "pageblock_assumed", "pageblock assumed") \
	X(SHUFFLED, "shuffled", "shuffled lists")          \
	X(RULES_GUESSED, "rules_guessed", "rules guessed") \
	/* this program */                                 \
	X(CAP_HIT, "cap_hit", "too large")                 \
	X(MEMORY, "memory", "out of memory")

enum sg_limit_id {
#define X(id, key, word) SG_LIMIT_##id,
	SG_LIMIT_LIST(X)
#undef X
	SG_LIMIT_COUNT
};

/** Event numbers count from 1; @to: the last one touched, or this: up to the end. */
#define SG_LIMIT_END UINT64_MAX

/** One limit.  Texts are whole sentences without the full stop at the end, safe for a terminal. */
struct sg_limit {
	enum sg_limit_id id;
	uint64_t from, to;
	char text[400];   /* what is so, and what follows for the figures */
	char remedy[300]; /* what to record or give instead; "" when nothing helps */
};

/**
 * A set of limits, in the order of the list above, those of one key as they were added.  All zeroes is the empty set.  Owned by who holds it:
 * sg_limits_free().
 */
struct sg_limits {
	unsigned int nr, room;
	struct sg_limit *l;
	bool incomplete; /* memory ran out while one was added: sg_limits_at() says so in the last place */
};

/**
 * sg_limits_add() - add a limit
 * @from:   first event touched, from 1; 0 counts as 1
 * @to:     last event touched; 0 or SG_LIMIT_END: up to the end
 * @remedy: NULL or "": nothing helps
 * @fmt:    the text; texts are cleaned for the terminal, and cut where they are too long
 * One of the same key and text whose events overlap or lie next to these becomes the union of both, with the new
 * remedy.  Other ones of the same key stay beside it, up to SG_LIMITS_PER_KEY; the last of these is then made to
 * reach over all further ones, and says so.  Can't fail: see struct sg_limits, incomplete.
 */
#define SG_LIMITS_PER_KEY 64u
void sg_limits_add(struct sg_limits *s, enum sg_limit_id id, uint64_t from, uint64_t to, const char *remedy,
		   const char *fmt, ...) __attribute__((format(printf, 6, 7)));
/** Adds all of @from, as sg_limits_add() does. */
void sg_limits_merge(struct sg_limits *s, const struct sg_limits *from);
/** Takes all limits of key @id out: where a later look replaces an earlier one. */
void sg_limits_drop(struct sg_limits *s, enum sg_limit_id id);
void sg_limits_free(struct sg_limits *s);

/** How many there are, the one about itself included. */
unsigned int sg_limits_count(const struct sg_limits *s);
/** Number @i below sg_limits_count(); borrowed until the next change of @s. */
const struct sg_limit *sg_limits_at(const struct sg_limits *s, unsigned int i);
/** The first one of key @id, NULL when there is none. Borrowed. */
const struct sg_limit *sg_limits_find(const struct sg_limits *s, enum sg_limit_id id);
/** True when a limit of key @id touches event number @event (from 1); event 0: the state at the start. */
bool sg_limits_touch(const struct sg_limits *s, enum sg_limit_id id, uint64_t event);

/**
 * sg_limits_hiding() - the first limit at @event that hides who takes and gives back pages, or which they are
 * Behind it nothing is known of free lists and free pages, and nothing that depends on them can be decided.
 * @event: number of an event, or events applied: 0 is the start
 * Return: enum sg_limit_id, -1 none
 */
int sg_limits_hiding(const struct sg_limits *s, uint64_t event);

/** Stable key, as in JSON. */
const char *sg_limit_key(enum sg_limit_id id);
/** A word or two for a header. */
const char *sg_limit_word(enum sg_limit_id id);
/** The limit with this key, -1 when there is none. */
int sg_limit_by_key(const char *key);

#endif
