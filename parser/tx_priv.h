/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between the files of the text reader.
 *
 *	tx_lines    lines without quotes and log prefixes, and a cursor over their words
 *	tx_request  which request got no page
 *	tx_meminfo  zones and free lists of a Mem-Info dump
 *	tx_proc     files of /proc
 *	tx_read     one after the other
 */
#ifndef TX_PRIV_H
#define TX_PRIV_H

#include "tr_snap.h"
#include "tx.h"

/* ---- lines ---------------------------------------------------------------- */

/** A line: [s, e) without quote marks and prefix. */
struct tx_line {
	const char *s, *e;
	bool fresh;      /* a prefix stood before it: the kernel began a line here */
	bool have_time;
	uint64_t time_ns;
	const char *when; /* date in the prefix, @when_len bytes, NULL without */
	unsigned int when_len;
};

/** The text and where the reading is. */
struct tx_text {
	const char *p, *end;
	unsigned int nr; /* lines read */
};

/** The next line; false at the end. */
bool tx_next_line(struct tx_text *t, struct tx_line *l);

/** Words from within a line on, over the lines that may be its continuation. */
struct tx_cur {
	struct tx_text t; /* behind the line */
	struct tx_line l; /* what is left of it */
	unsigned int more; /* lines that may still be joined */
};

/** A word: [s, s + n). */
struct tx_word {
	const char *s;
	size_t n;
};

bool tx_word(struct tx_cur *c, struct tx_word *w);
/** All of @w is a decimal number. */
bool tx_number(const struct tx_word *w, uint64_t *v);
/** A number at *@p, moved behind it; cut off at a large one. */
bool tx_digits(const char **p, const char *end, uint64_t *v);
bool tx_is(const struct tx_word *w, const char *text);
bool tx_starts(const struct tx_word *w, const char *text);
/** First place of @what in [s, e), NULL. */
const char *tx_find(const char *s, const char *e, const char *what);

/* ---- what is read --------------------------------------------------------- */

/** What a dump has of a zone, in its own units, until the page size is known. */
struct tx_kb {
	bool set;
	uint64_t free, boost, min, low, high, reserved_highatomic, free_highatomic, present, managed, free_pcp, free_cma;
};

/** The still that is being read. */
struct tx_dump {
	struct sg_snapshot *s; /* NULL: none */
	struct tx_kb *kb;      /* of each zone of @s */
	unsigned int nr_kb, room;
	uint64_t free_pages;   /* "free:N" of all zones together, in pages; 0 unknown */
	unsigned int list_kb;  /* size of an order-0 block */
	bool lists_differ;     /* lists that don't add up to their own sum */
	bool cut;              /* a list breaks off before its sum */
	bool sizes_differ;     /* lists of several page sizes */
	uint32_t unreclaimable, reclaimable; /* nodes below 32 */
	bool memcg;
};

struct tx_reader {
	struct tx_text t;
	struct tx_stills *out;
	struct tx_dump d;
	struct tx_proc *proc;
	unsigned int zones;
	bool nomem;
};

/** A line of the kernel's that names a request: its kind, and where it is in the line; SG_STILL_COUNT: none. */
enum sg_still_origin tx_request_line(const struct tx_line *l, const struct tx_text *behind, const char **at);
/** The request of the line at @c; @at as tx_request_line() gave it. */
void tx_request_read(struct sg_request *r, enum sg_still_origin o, const struct tx_line *l, const char *at,
		     const struct tx_text *behind);
/** Later lines that belong to a request: CPU:, cpuset, oom-kill:, Killed process.  True when @l was one. */
bool tx_request_more(struct sg_still *st, const struct tx_line *l, const struct tx_text *behind);
/** Meaning of "GFP_KERNEL|__GFP_COMP"; false when it has a name that isn't known, or none. */
bool tx_gfp(const char *s, size_t n, uint32_t *ret);

/** Whether a Mem-Info item begins with the words at @c: zone line, free list, node, reserve. */
bool tx_meminfo_is(const struct tx_line *l);
/** Reads all such items of the line, which may go on in the lines behind it. */
void tx_meminfo_line(struct tx_reader *rd, const struct tx_line *l);
void tx_meminfo_finish(struct tx_dump *d);
/** Has the dump a zone line of this zone already? */
bool tx_meminfo_has(const struct tx_dump *d, int node, const char *zone);

/** Does a line that only a file of /proc has stand here? */
bool tx_proc_is(const struct tx_line *l);
/** Takes a line of a file of /proc; false when it is none. */
bool tx_proc_line(struct tx_reader *rd, const struct tx_line *l);
/** Hands out what has been gathered. */
void tx_proc_flush(struct tx_reader *rd);
void tx_proc_free(struct tx_proc *p);

/** What follows for the zones from the rows of pagetypeinfo. */
void tx_types_of(struct sg_snapshot *s, const struct tr_snap_types *t);

/** A new still, the current one is finished before. NULL: no room or memory. */
struct sg_snapshot *tx_begin(struct tx_reader *rd, enum sg_still_origin o);
void tx_end(struct tx_reader *rd);

/** Finds or adds a zone; NULL when there are too many or memory runs out. */
struct sg_zone_snap *tx_zone(struct tx_reader *rd, int node, const char *name);

/** Zone types of this machine, from the zones there are and their reserves. */
void tx_zone_types(struct sg_snapshot *s);
/** What zoneinfo says by being there (struct sg_zone_snap: known), and takes out what can't be. */
void tx_zone_known(struct sg_still *st, struct sg_zone_snap *z);

#endif
