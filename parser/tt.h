/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Traces as text: what trace-cmd report prints (also with -l, -t and -R), what tracefs shows in trace and trace_pipe,
 * and what perf script prints of the same events.  One line is one event, in the order of the lines.
 *
 *	tt_line    the head of a line: task, CPU, flags, time, name of the event
 *	tt_shape   the rest: fields, by the print formats of known kernels, else by their names
 *	tt_names   names back to numbers: gfp flags, zones, symbols
 *	tt_read    the whole text, twice: once for the description, once for the events
 */
#ifndef TT_H
#define TT_H

#include "tr_priv.h"

#define TT_MAX_LINE  (64u << 10) /* bytes of a line that are looked at */
#define TT_MAX_OTHER 256u        /* names of events that aren't decoded */
#define TT_MAX_TASKS (1u << 20)
#define TT_MAX_NAMES 256u        /* of one field */

/* ---- a line ------------------------------------------------------------------ */

enum tt_line_kind {
	TT_NONE,   /* nothing that is known */
	TT_EVENT,
	TT_LOST,   /* "CPU:1 [LOST 42 EVENTS]" and the like: cpu, lost (-1: unknown) */
	TT_BEGIN,  /* "##### CPU 1 buffer started ####": cpu */
	TT_EMPTY,  /* "CPU 1 is empty": cpu */
	TT_CPUS,   /* "cpus=4": cpu is the number; also #P:4 */
	TT_BUFFER, /* "# entries-in-buffer/entries-written: 10/20": lost, and cpu */
	TT_KERNEL, /* "... latency trace v1.1.5 on 6.1.0": body is the release */
	TT_HEADER, /* other lines of a trace's head */
};

enum tt_time { TT_TIME_US, TT_TIME_NS, TT_TIME_TICKS, TT_TIME_RELATIVE };

struct tt_line {
	enum tt_line_kind kind;
	struct tr_span comm;
	int32_t pid;
	unsigned int cpu;
	bool have_flags; /* of the record: interrupts off, preemption depth ... */
	bool perf;       /* by perf script: without them, and the clock of perf */
	uint8_t flags, preempt;
	enum tt_time time;
	uint64_t ts; /* ns, or ticks */
	struct tr_span name, body;
	int64_t lost;
};

/** Takes one line, without its newline, apart. @ret is wholly set. */
void tt_line(const char *s, size_t n, struct tt_line *ret);

/* ---- names --------------------------------------------------------------------- */

/** A table of names that grows while the text is read for the first time. */
struct tt_tab {
	struct sg_symtab t;
	struct sg_sym *sym;
	unsigned int room;
	uint64_t own; /* bits or numbers given to names that no known kernel has: the next one */
};

enum tt_tab_id { TT_GFP, TT_ZONE, TT_MODE, TT_REASON, TT_COMPACT, TT_PRIO, TT_RESULT, TT_LRU, TT_RECLAIM, TT_THROTTLE,
		 TT_HOPELESS, TT_KHUGE, TT_TABS };

struct tt_names {
	struct tt_tab tab[TT_TABS];
	bool learn; /* names that aren't there are added */
	bool full;
	struct {
		uint32_t len, hash;
		uint64_t value;
		char text[96];
	} recent[64]; /* sets of flags as they stand in the text */
};

/** False when memory runs out. */
bool tt_names_init(struct tt_names *n);
/** The gfp names of kernels before 6.4 and 6.7: GFP_ATOMIC and GFP_NOWAIT meant other bits. */
void tt_names_old_gfp(struct tt_names *n);
/** The numbers of the zones, once all names have been seen: a machine with HighMem has others. */
void tt_names_zones(struct tt_names *n);
void tt_names_fini(struct tt_names *n);
/** Table of a slot, -1 when it has none. */
int tt_tab_of(unsigned int kind, unsigned int slot);
/** Value of a name, of "A|B|0x10", or of a number; false when it is none of these. */
bool tt_value(struct tt_names *n, enum tt_tab_id tab, struct tr_span text, uint64_t *ret);

/* ---- fields --------------------------------------------------------------------- */

/** What the shapes of the events say of the kernel. */
struct tt_signs {
	bool decimal;    /* pfn=1234: before 5.16 */
	bool isolate;    /* isolate_mode: before 6.8 */
	bool no_isolate; /* 6.8 or later */
	bool writable;   /* khugepaged's writable: before 6.18 */
	bool no_memcg;   /* vmscan without memcg_id: before 7.2 */
	bool memcg;      /* 7.2 or later */
	bool raw;        /* fields as numbers, by trace-cmd report -R */
	bool old_nowait; /* GFP_NOWAIT|__GFP_NOWARN: before 6.7 */
	unsigned int pageblock_order; /* as mm_page_alloc_extfrag prints it, 0 unknown */
	uint64_t refill_1, refill_0; /* zone_locked of order 1 to 3 with percpu_refill and without */
};

struct tt_shapes;
struct tt_shapes *tt_shapes_new(void);
void tt_shapes_free(struct tt_shapes *s);

/**
 * tt_fields() - the fields of a line
 * @ev: kind is set; gets v, and str with str_len pointing into @body
 * Return: false when the text doesn't hold what every kernel prints of this event
 */
bool tt_fields(struct tt_shapes *s, struct tt_names *n, struct tt_signs *signs, struct tr_span body,
	       unsigned int page_shift, struct sg_event *ev);

/* ---- the reader ------------------------------------------------------------------ */

/** Does @src hold a trace as text?  By its first 64 KiB. */
bool tt_is_trace(const struct tr_src *src);
/** Reads it once and fills head and description. */
int tt_open(struct tr_capture *tc, struct sg_err *err);
/** Adds what the text lost, once kernel and snapshots are known. */
void tt_limits(struct tr_capture *tc);
void tt_close(struct tt_text *t);
size_t tt_read(struct tr_capture *tc, struct sg_event *ev, size_t max);

#endif
