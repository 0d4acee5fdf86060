/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside the parser: the structures that its files share.  From bytes to events:
 *
 *	tr_src     the file (unpacked first when it is packed as a whole: tr_in)
 *	tr_head    the container: byte order, options, formats, where the data of each CPU lies
 *	tr_fmt     one event's format text as fields and tables of names
 *	tr_desc    per event id: which bytes go to which slot of struct sg_event
 *	tr_feed    blocks of whole sub-buffers of one CPU, read and unpacked ahead by a thread
 *	tr_stream  walks the records of one CPU's sub-buffers
 *	tr_capture merges the streams by time, decodes
 */
#ifndef TR_PRIV_H
#define TR_PRIV_H

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "sg_mem.h"
#include "tr.h"
#include "tr_src.h"
#include "tx.h"

/* Bounds on what a file may ask for; real captures stay far below. */
#define TR_MAX_SECTION   (64u << 20) /* bytes of one unpacked metadata section */
#define TR_MAX_FORMAT    (1u << 20) /* bytes of one event's format text */
#define TR_MAX_FORMATS   20000u
#define TR_MAX_STREAMS   65536u /* CPUs times instances */
#define TR_MAX_INSTANCES 255u
#define TR_MAX_CHUNK     (32u << 20) /* bytes of one unpacked chunk of trace data */
#define TR_MAX_PAGE      (16u << 20) /* bytes of one sub-buffer */
#define TR_MAX_NOTES     64u
#define TR_MAX_SYMS      512u /* names of one table */

/* ---- bytes -------------------------------------------------------------- */

static inline uint16_t tr_rd16(const uint8_t *p, bool swap)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return swap ? __builtin_bswap16(v) : v;
}

static inline uint32_t tr_rd32(const uint8_t *p, bool swap)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return swap ? __builtin_bswap32(v) : v;
}

static inline uint64_t tr_rd64(const uint8_t *p, bool swap)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return swap ? __builtin_bswap64(v) : v;
}

/* ---- compression -------------------------------------------------------- */

enum tr_comp { TR_COMP_NONE, TR_COMP_ZSTD, TR_COMP_ZLIB };

struct tr_unpack; /* one thread's decompression context */
struct tr_unpack *tr_unpack_new(enum tr_comp comp);
void tr_unpack_free(struct tr_unpack *u);
/** Unpacks exactly @dlen bytes; false when the data is damaged or has another size. */
bool tr_unpack(struct tr_unpack *u, void *dst, size_t dlen, const void *src, size_t slen);
/** True when this build can unpack @comp. */
bool tr_comp_supported(enum tr_comp comp);

/* ---- reading metadata ---------------------------------------------------- */

/** A place in the file, or in an unpacked section. */
struct tr_cur {
	const struct tr_src *src; /* NULL: @mem */
	uint8_t *mem;
	uint64_t pos, end;
	bool swap;
	const char *what; /* what is being read, for messages */
};

bool tr_cur_get(struct tr_cur *c, void *buf, size_t n);
bool tr_cur_u16(struct tr_cur *c, uint16_t *v);
bool tr_cur_u32(struct tr_cur *c, uint32_t *v);
bool tr_cur_u64(struct tr_cur *c, uint64_t *v);
bool tr_cur_skip(struct tr_cur *c, uint64_t n);
/** NUL-terminated string of less than @size bytes. */
bool tr_cur_str(struct tr_cur *c, char *buf, size_t size);
/** The next @n bytes and a NUL in new memory; NULL when they aren't there or memory runs out. */
char *tr_cur_dup(struct tr_cur *c, uint64_t n);
static inline uint64_t tr_cur_left(const struct tr_cur *c)
{
	return c->end - c->pos;
}

/* ---- the container -------------------------------------------------------- */

/** The text of one event's format file. */
struct tr_text {
	char *system; /* "ftrace" for the built-in ones */
	char *text;
	size_t len;
};

/** One trace buffer instance. */
struct tr_inst {
	char *name; /* "" for the top */
	char clock[32];
	uint32_t page_size; /* bytes of a sub-buffer */
	bool compressed;
};

/** Where the data of one CPU of one instance lies. */
struct tr_where {
	unsigned int inst, cpu;
	uint64_t off, size;
	bool cut; /* more of it should be there */
};

/** Corrections of a guest's clock, of one CPU. */
struct tr_sync_cpu {
	unsigned int nr;
	struct tr_sync {
		uint64_t time, offset, scaling, fraction;
	} *s;
};

/** How raw time stamps become the capture's: see tr_ts_convert(). */
struct tr_clock {
	uint64_t offset; /* added at last, may wrap */
	uint32_t mult, shift; /* TSC or ticks to ns, mult 0: none */
	bool ticks; /* @mult is of a clock that counts ticks, which libtracecmd leaves as they are */
	bool interpolate;
	unsigned int nr_sync; /* CPUs */
	struct tr_sync_cpu *sync;
};

/** Everything in the file apart from the events. */
struct tr_head {
	int version;
	bool big_endian, swap;
	unsigned int long_size;
	uint32_t page_size;
	enum tr_comp comp;
	char comp_name[32];
	unsigned int nr_inst;
	struct tr_inst *inst; /* 0 is the top one, present even when the file has none */
	unsigned int nr_where;
	struct tr_where *where;
	unsigned int nr_fmt;
	struct tr_text *fmt;
	char *header_page;
	char *cmdlines;
	char uname[256];
	char clock[32];
	struct tr_clock tc;
	bool have_cpucount;
	uint32_t cpucount;
	uint64_t stat_lost; /* overrun + commit overrun + dropped, all CPUs, as counted */
	bool stat_other; /* the statistics that follow are of another instance than the top one */
	unsigned int nr_stat;
	struct tr_cpu_stat {
		bool have;
		uint64_t overrun, dropped;
	} *stat; /* by CPU, of the top instance */
	bool unreadable; /* some of the parts couldn't be unpacked: what isn't there may only not be readable */
	bool no_formats; /* and the formats of the events are among them */
	bool no_sizes;   /* because the sizes that the file gives are 0 */
	bool have_header_page, have_formats, have_buffers, latency;
	uint64_t text_bytes; /* held by @fmt, bounded */
};

struct tr_capture;

/**
 * tr_head_read() - read everything but the events
 * @h:   zeroed; to be freed with tr_head_free() also after a failure
 * Damage that leaves something readable becomes notes of @tc.
 */
int tr_head_read(struct tr_capture *tc, struct tr_head *h, struct sg_err *err);
void tr_head_free(struct tr_head *h);
int tr_head_v6(struct tr_capture *tc, struct tr_head *h, struct tr_cur *c, struct sg_err *err);
int tr_head_v7(struct tr_capture *tc, struct tr_head *h, uint64_t options, struct sg_err *err);
/**
 * Finds trace data without the table of buffers; @options: the first directory. Nothing when it
 * can't.
 */
void tr_rescue(struct tr_capture *tc, struct tr_head *h, uint64_t options);
/* Shared by both versions: parse what lies at @c; false when it ends too early. */
bool tr_head_page_info(struct tr_head *h, struct tr_cur *c);
bool tr_head_ftrace_formats(struct tr_head *h, struct tr_cur *c);
bool tr_head_event_formats(struct tr_head *h, struct tr_cur *c);
bool tr_head_cmdlines(struct tr_head *h, struct tr_cur *c);
/** Adds an instance, or finds the top one for ""; -1 when there are too many. */
int tr_head_instance(struct tr_head *h, const char *name);
/** Adds the data of one CPU; 0 or a negative sg_code. Empty data is left out. */
int tr_head_where(struct tr_head *h, unsigned int inst, unsigned int cpu, uint64_t off,
		  uint64_t size);
/** One option that both versions have. */
void tr_head_option(struct tr_head *h, unsigned int id, struct tr_cur *c);
/** "[mono]" out of the list of clocks in @text, or @text itself without brackets. */
void tr_clock_name(char *dst, size_t size, const char *text);
/** Raw time stamp of @cpu to the capture's. */
uint64_t tr_ts_convert(const struct tr_clock *tc, uint64_t ts, unsigned int cpu, bool sync);

/* Option numbers of the format. */
enum tr_opt {
	TR_OPT_DONE = 0,
	TR_OPT_DATE = 1,
	TR_OPT_CPUSTAT = 2,
	TR_OPT_BUFFER = 3,
	TR_OPT_TRACECLOCK = 4,
	TR_OPT_UNAME = 5,
	TR_OPT_OFFSET = 7,
	TR_OPT_CPUCOUNT = 8,
	TR_OPT_TIME_SHIFT = 12,
	TR_OPT_TSC2NSEC = 14,
	TR_OPT_HEADER_INFO = 16,
	TR_OPT_FTRACE_EVENTS = 17,
	TR_OPT_EVENT_FORMATS = 18,
	TR_OPT_CMDLINES = 21,
	TR_OPT_BUFFER_TEXT = 22,
};

/* ---- formats --------------------------------------------------------------- */

/** A stretch of text, not terminated. */
struct tr_span {
	const char *s;
	size_t n;
};

static inline bool tr_span_is(struct tr_span a, const char *b)
{
	return strlen(b) == a.n && memcmp(a.s, b, a.n) == 0;
}

enum tr_str_kind { TR_STR_NO, TR_STR_ARRAY, TR_STR_REST, TR_STR_LOC, TR_STR_REL_LOC };

/** One line "field:..." of a format. */
struct tr_field {
	struct tr_span name;
	unsigned int offset, size;
	bool is_signed, is_array;
	enum tr_str_kind str;
};

#define TR_MAX_FIELDS 96
/** One format text, taken apart; spans point into the text. */
struct tr_fmt {
	struct tr_span name;
	int id; /* -1: none */
	unsigned int nr;
	struct tr_field field[TR_MAX_FIELDS];
	struct tr_span print; /* the print format's arguments, empty when there is none */
};

/** Takes a format text apart; false when it has no name, no id or no fields. */
bool tr_fmt_parse(const char *text, size_t len, struct tr_fmt *f);
/** The next "field:" line of header_page from *@pos; false at the end. */
bool tr_fmt_field_line(const char *text, size_t len, size_t *pos, struct tr_field *f);

/**
 * tr_table_find() - the names that a print format gives to REC->@field
 * @ret:  new memory (with @ret_nr entries), to be freed with free()
 * Return: true when __print_symbolic() or __print_flags() of that field was found and has a usable
 * entry
 */
bool tr_table_find(struct tr_span print, struct tr_span field, bool *ret_flags, struct sg_sym **ret,
		   unsigned int *ret_nr);
/** Value of a C integer expression of constants; false when it is anything else. */
bool tr_expr_eval(struct tr_span text, uint64_t *ret);

/* ---- decoding --------------------------------------------------------------- */

enum tr_op {
	TR_LD_MISSING,
	TR_LD_U8,
	TR_LD_U16,
	TR_LD_U32,
	TR_LD_U64,
	TR_LD_S8,
	TR_LD_S16,
	TR_LD_S32,
	TR_LD_PFN32, /* 32 bits, all ones widened to 64 */
	TR_LD_STR, /* tr_load.str says which */
};

struct tr_load {
	uint8_t op, slot, str;
	uint16_t off, size;
};

#define TR_SLACK 8 /* bytes behind a block's data that may be read, never used */

/**
 * One slot's bytes, without branches: eight bytes at @off, shifted left and right,
 * sign-extended.
 */
struct tr_pick {
	uint16_t off;
	uint8_t shift; /* 64 - bits */
	uint64_t sign; /* the sign bit, 0 for unsigned */
	uint64_t missing; /* all ones when the capture lacks the field */
};

/** How records of one id become events. */
struct tr_desc {
	uint16_t kind;
	uint16_t nr;
	uint32_t need; /* bytes that a record must have for all loads */
	uint32_t other; /* index into tr_capture.other, for SG_EV_other */
	uint32_t system; /* number of its system, the same for events of one */
	struct tr_load load[SG_SLOTS];
	bool fast; /* @pick does all: no text, this machine's byte order, usual common fields */
	struct tr_pick pick[SG_SLOTS];
	bool std_common; /* flags at 2, preempt count at 3, pid at 4, 4 bytes */
	struct tr_load flags, preempt, pid;
};

/** Memory for the texts of the events of one tr_read(). */
struct tr_arena {
	struct tr_arena_part {
		struct tr_arena_part *next;
		size_t cap, used;
		char data[];
	} * first, *cur;
};

void tr_arena_reset(struct tr_arena *a);
char *tr_arena_copy(struct tr_arena *a, const char *s, size_t n);
void tr_arena_free(struct tr_arena *a);

/* ---- feeding ---------------------------------------------------------------- */

#define TR_BLOCKS 4 /* of each stream: one being walked, the others ahead of it */
#define TR_PARTS  16 /* pieces of a block: compressed chunks */

enum tr_gap { TR_GAP_NONE, TR_GAP_CHUNK, TR_GAP_CHAIN, TR_GAP_READ, TR_GAP_MEMORY, TR_GAPS };

/** Whole sub-buffers, one after the other. */
struct tr_part {
	const uint8_t *data;
	size_t len;
	uint8_t gap; /* enum tr_gap: something was lost before this data */
	uint64_t gap_at; /* file offset of the damage */
};

/** A stretch of one CPU's data, read and unpacked. */
struct tr_block {
	uint8_t *data;
	size_t cap;
	bool ready; /* filled, under the lock */
	uint64_t src_bytes; /* of the file that went into it */
	unsigned int nr;
	struct tr_part part[TR_PARTS];
};

struct tr_feed {
	struct tr_block block[TR_BLOCKS];
	/* under the lock */
	unsigned int head; /* the block that the consumer has or takes next */
	unsigned int count; /* blocks filled or being filled, from head */
	bool claiming; /* one of the threads is finding out what the next block holds */
	bool done; /* nothing left to claim */
	bool taken; /* the consumer holds block[head] */
	/* the claiming thread alone */
	bool opened, cut; /* first look done; the file ended early */
	bool compressed;
	uint64_t pos, end;
	uint32_t chunks; /* left, compressed only */
	uint32_t page_size;
};

/** What each filling thread has for itself. */
struct tr_hand {
	struct tr_unpack *unpack;
	uint8_t *raw;
	size_t raw_cap;
	struct {
		size_t at; /* in raw */
		uint32_t csize, usize; /* csize 0: nothing to unpack, the part is a gap */
	} chunk[TR_PARTS];
};

/**
 * The thread that fills, and the caller, who fills too when the block that it needs isn't
 * there.
 */
struct tr_feeder {
	const struct tr_src *src;
	struct tr_feed *feed;
	unsigned int nr;
	size_t block_size;
	_Atomic uint64_t held; /* bytes of all blocks */
	struct tr_hand hand[2]; /* the caller's and the thread's */
	bool swap, ready, threaded, stop;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t change;
};

int tr_feeder_start(struct tr_capture *tc, bool thread);
void tr_feeder_stop(struct tr_feeder *fr);
/** Gives back the block before and takes the next of feed @i; NULL at its end. */
const struct tr_block *tr_feeder_next(struct tr_feeder *fr, unsigned int i);

/* ---- walking ------------------------------------------------------------------ */

/** Where the pieces of a sub-buffer are, from header_page. */
struct tr_page_layout {
	unsigned int ts_off, commit_off, commit_size, data_off;
};

/** The records of one CPU. */
struct tr_stream {
	const uint8_t *p, *end; /* next record of the sub-buffer, end of what was committed */
	uint64_t raw_ts;
	uint64_t ts; /* of the current record */
	const uint8_t *rec; /* the current record */
	uint32_t rec_len;
	bool simple; /* this machine's byte order and plain_ts: see tr_fast.h */
	bool plain_ts; /* only the offset is to be added */
	bool sync;
	uint16_t cpu;
	uint8_t inst;
	bool cut; /* more of its data should be in the file */
	int64_t missed; /* to be told with the current record */
	const uint8_t *sub, *sub_end; /* sub-buffers of the part at hand that aren't walked yet */
	const struct tr_block *blk; /* the block at hand, NULL before the first */
	unsigned int part; /* the next part of it */
	uint32_t page_size;
	unsigned int idx;
	bool first_lost; /* records of this CPU were lost before its first one, and no event has shown it yet */
};

/** Goes to the next record; false at the end of the stream. */
bool tr_stream_next(struct tr_capture *tc, struct tr_stream *s);

/* ---- what a recording lacks ------------------------------------------------------ */

#define TR_SURVEY_TASKS 64u /* more tasks than these are nobody's selection */

/** What is looked at in each event, to find out what was not recorded: tr_survey.c. */
struct tr_survey {
	uint64_t nr; /* events so far */
	uint64_t first_ts, last_ts;
	int32_t pid; /* of the event before */
	unsigned int nr_tasks;
	struct tr_survey_task {
		int32_t pid;
		uint64_t events;
	} task[TR_SURVEY_TASKS];
	bool any_task; /* idle task, a kernel thread, trace-cmd, or more than these: no task was selected */
	uint64_t allocs[2], frees[2]; /* of order 0, of higher orders */
	uint64_t alloc_mt[SG_MAX_MIGRATETYPES];
	uint64_t gaps, first_gap; /* events before which records are missing; number of the first */
	bool marker; /* the one that places the snapshot in-start */
	unsigned int nr_cpu_bits;
	uint64_t *cpu; /* bits of those that have an event */
	bool whole; /* the limits are known from a first reading: this one adds none */
};

/** Before the first event: what the file itself tells.  */
void tr_survey_open(struct tr_capture *tc);
/** All events go through here, in order. */
void tr_survey_add(struct tr_capture *tc, const struct sg_event *ev, size_t nr);
/** Stream @s has no more records; @number: of its last event, 0 when it has none. */
void tr_survey_stream_ends(struct tr_capture *tc, const struct tr_stream *s, uint64_t number);
/** The next event, number @number, is the first one of a stream of which earlier records were lost. */
void tr_survey_stream_begins(struct tr_capture *tc, struct tr_stream *s, uint64_t number);
/** At the end: the limits that only the whole tells. */
void tr_survey_end(struct tr_capture *tc);

/* ---- the handle ----------------------------------------------------------------- */

struct tr_plain;
struct tt_text;

struct tr_capture {
	struct tr_src src;
	struct tr_head head;
	struct sg_capture cap;
	unsigned int flags;
	char *dir; /* capture directory, NULL for a lone file */
	char *path_clean, *name_clean, *kernel, *machine, *scenario;
	const char **inst_name;
	struct sg_note note[TR_MAX_NOTES];
	struct sg_other *other;
	unsigned int cap_other;
	struct sg_task_name *task;
	struct sg_symtab *symtab;
	unsigned int nr_symtab;
	const struct sg_symtab *zone_names;

	uint16_t by_id[65536]; /* index into desc, 0: unknown id */
	struct tr_desc *desc;
	unsigned int nr_desc, nr_systems;
	struct tr_load type; /* common_type */
	struct tr_page_layout layout;
	uint64_t seen[SG_KIND_COUNT];
	unsigned int page_shift; /* as a format shows it, 0 when none does */
	struct tr_survey survey;
	int64_t owed; /* records lost at the end of a stream, to be told with whatever event comes next */
	unsigned int open_notes; /* those that were there before the first event */
	bool open_lost_unknown;
	unsigned int cut_cpus; /* CPUs of whose data nothing is in the file */

	bool started, ended;
	struct tr_feeder feeder;
	struct tr_stream *stream;
	unsigned int nr_streams;
	unsigned int *heap, nr_heap;
	struct tr_arena arena;
	_Atomic uint64_t bytes_read;
	uint64_t bytes_total;
	uint64_t damaged[TR_GAPS]; /* by enum tr_gap: how often, for the notes */
	uint64_t bad_pages;
	int gap_note[TR_GAPS], page_note; /* index of the note + 1 */

	struct tr_plain *plain;
	struct tt_text *text; /* a trace as text (tt.h); NULL: a trace.dat */

	unsigned int nr_snaps;
	struct sg_snapshot snap[2];
	struct sg_snapshot end; /* tr_snapshot_end() */
	bool end_read;
	struct tx_stills stills; /* instead of a trace */
};

/** A snapshot folder: what of it can be read. False when it holds nothing. */
struct tr_snap_types;
bool tr_snap_dir(struct tr_capture *tc, struct sg_snapshot *s, struct tr_snap_types *types, const char *dir);
/** Frees all that a snapshot holds. */
void tr_snap_drop(struct sg_snapshot *s);

/** Reads tc->src as posted text: 1 it holds stills, 0 it doesn't, < 0 an error. */
int tr_still_text(struct tr_capture *tc, struct sg_err *err);
/** A directory of snapshots without a trace. */
int tr_still_dir(struct tr_capture *tc, const char *path, struct sg_err *err);
void tr_stills_free(struct tr_capture *tc);

/** Adds a note; the index, -1 when there are too many (the last one then says so). */
int tr_note(struct tr_capture *tc, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/** Rewrites note @i. */
void tr_note_set(struct tr_capture *tc, int i, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** Copy of @s, cleaned for the terminal; NULL when memory runs out. */
char *tr_clean_dup(const char *s, size_t n);

/** tr_orders_take() - orders, pageblock order and page size out of mm_page_alloc_extfrag's print format */
void tr_orders_take(struct tr_capture *tc, struct tr_span print);
/** tr_page_size() - size of the traced machine's pages, once formats and snapshots are read; a limit says that it is assumed */
void tr_page_size(struct tr_capture *tc);
/** Fills cap and desc from head. */
int tr_describe(struct tr_capture *tc, struct sg_err *err);
/** Fills @cap->gfp from @cap->gfp_names. */
void tr_gfp_meaning(struct sg_capture *cap);
/** Index into tc->other for event @id; creates it. */
unsigned int tr_other(struct tr_capture *tc, int id, struct tr_span name);
/** Kind of the event @system:@name that the list knows, else SG_EV_other. */
unsigned int tr_kind(const char *system, struct tr_span name);
/** One pattern of alias names "a|b": field @f's rank in it, from 1, 0 when it isn't there. */
unsigned int tr_alias_rank(const char *aliases, struct tr_span name);

/** Makes an event of the current record of @s. */
void tr_decode(struct tr_capture *tc, const struct tr_stream *s, struct sg_event *ev);
/** Counts @n lost records (< 0 unknown). */
void tr_count_lost(struct tr_capture *tc, int64_t n);
/** Notes at the end of reading. */
void tr_end_notes(struct tr_capture *tc);
/** Limits of the events that aren't recorded; at the open by their formats, at the end by what occurred. */
void tr_not_recorded(struct tr_capture *tc);

int tr_plain_open(struct tr_capture *tc, struct sg_err *err);
void tr_plain_close(struct tr_plain *p);
size_t tr_plain_read(struct tr_capture *tc, struct sg_event *ev, size_t max);

/** meta.json and the snapshots of tc->dir. Missing ones are no error. */
void tr_meta_read(struct tr_capture *tc);
/** The kernel shuffles free blocks of the highest order: a limit. */
void tr_shuffled(struct tr_capture *tc);
void tr_snaps_read(struct tr_capture *tc);
void tr_snaps_free(struct tr_capture *tc);

#endif
