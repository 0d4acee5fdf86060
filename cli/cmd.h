/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the commands share: exit codes, output that notices a full disk or a
 * closed pipe, JSON, opening a capture and reading its events.
 */
#ifndef CMD_H
#define CMD_H

#include <stdbool.h>
#include <stdint.h>

#include "mm.h"
#include "sg_pos.h"
#include "ss.h"
#include "tr.h"

enum cmd_exit {
	CMD_OK = 0,
	CMD_FAILED = 1, /* one line on standard error says why */
	CMD_USAGE = 2,
};

/** One subcommand; @run gets argv[0] = its name and returns an exit code. */
struct cmd {
	const char *name;
	const char *synopsis;
	const char *summary;
	const char *help; /* the options, one a line */
	int (*run)(const struct cmd *cmd, int argc, char **argv);
	const char *about;     /* follows the summary in its help */
	bool positions;        /* its help says what a position is */
	int (*help_all)(void); /* the help, where it isn't the command's own */
};
#define CMD_ABOUT_FILE ": FILE is a trace.dat, a capture directory or a session."
/** What a position may be, in lines. */
extern const char cmd_positions[];

int cmd_view(const struct cmd *cmd, int argc, char **argv);
int cmd_play(const struct cmd *cmd, int argc, char **argv);
int cmd_report(const struct cmd *cmd, int argc, char **argv);
int cmd_state(const struct cmd *cmd, int argc, char **argv);
int cmd_events(const struct cmd *cmd, int argc, char **argv);
int cmd_check(const struct cmd *cmd, int argc, char **argv);
int cmd_decisions(const struct cmd *cmd, int argc, char **argv);
int cmd_compare(const struct cmd *cmd, int argc, char **argv);
int cmd_policies(const struct cmd *cmd, int argc, char **argv);
int cmd_policy(const struct cmd *cmd, int argc, char **argv);
int cmd_demand(const struct cmd *cmd, int argc, char **argv);
int cmd_simulate(const struct cmd *cmd, int argc, char **argv);
int cmd_sweep(const struct cmd *cmd, int argc, char **argv);
int cmd_session(const struct cmd *cmd, int argc, char **argv);
int cmd_partings(const struct cmd *cmd, int argc, char **argv);

/* ---- messages ----------------------------------------------------------- */

/** Prints "stormglass: sentence" on standard error; CMD_USAGE for SG_E_USAGE, else CMD_FAILED. */
int cmd_fail(const struct sg_err *err);
/** Says on stderr what of a policy makes no difference, or should be known of it; one line each. */
struct mm_policy;
void cmd_policy_notes(const struct mm_policy *p);

/** Prints a line about wrong usage and where help is; returns CMD_USAGE. */
int cmd_usage(const struct cmd *cmd, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/**
 * cmd_common_option() - what every command's option loop does with the options it doesn't know
 * @opt:  what getopt_long() returned: 'h', 'V', or '?' and ':' for wrong usage
 * @arg:  the argument at fault, argv[optind - 1]
 * Return: the exit code
 */
int cmd_common_option(const struct cmd *cmd, int opt, const char *arg);

/** True when @text can be a position of some capture; else the sentence is in @err. */
bool cmd_is_pos(const char *text, struct sg_err *err);

/** Refuses a range whose end lies before its start: SG_E_USAGE. @first, @last: numbers of events. */
int cmd_range(uint64_t first, uint64_t last, struct sg_err *err);

/** Takes the one FILE after the options; CMD_OK, or CMD_USAGE after a message. */
int cmd_take_file(const struct cmd *cmd, int argc, char **argv, const char **ret_file);

/* ---- output -------------------------------------------------------------- */

#define CMD_OUT_SIZE 65536u

/** Buffered standard output, or a file. */
struct cmd_out {
	int error; /* errno of the first write that failed, 0 */
	int fd;
	const char *name; /* of the file, NULL: standard output */
	size_t len;
	char buf[CMD_OUT_SIZE];
};

/** The program's one output, empty. */
struct cmd_out *cmd_out_new(void);
/**
 * cmd_out_file() - the same into a file, new or emptied; cmd_target_allow() is asked before
 * @path: borrowed for as long as the output lives
 * Return: NULL and the sentence
 */
struct cmd_out *cmd_out_file(const char *path, struct sg_err *err);
void cmd_put(struct cmd_out *o, const void *data, size_t len);
void cmd_puts(struct cmd_out *o, const char *text);
void cmd_put_uint(struct cmd_out *o, uint64_t v);
void cmd_put_int(struct cmd_out *o, int64_t v);
/** @n times the byte @c. */
void cmd_put_fill(struct cmd_out *o, char c, size_t n);
void cmd_printf(struct cmd_out *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/** A time of the capture's clock: seconds with nine decimals, or the bare number of units. */
void cmd_put_time(struct cmd_out *o, const struct sg_capture *cap, uint64_t ts);
/** True once nothing more can be written: time to stop. */
static inline bool cmd_out_gone(const struct cmd_out *o)
{
	return o->error != 0;
}

/**
 * cmd_out_end() - write what is left and free @o
 * A reader that went away (a closed pipe) is no failure. @code: returned when all went well.
 */
int cmd_out_end(struct cmd_out *o, int code);

/* ---- JSON ---------------------------------------------------------------- */

#define CMD_JSON_DEPTH 16

/** Writes one JSON value as it goes; keys in the order of the calls. */
struct cmd_json {
	struct cmd_out *out;
	unsigned int depth;
	bool compact[CMD_JSON_DEPTH]; /* this level and all below it on one line */
	bool any[CMD_JSON_DEPTH]; /* something stands on this level already */
	char close[CMD_JSON_DEPTH];
};

void cmd_json_init(struct cmd_json *j, struct cmd_out *out);
/** @key: NULL in an array and at the top. @compact: all of it on one line. */
void cmd_json_object(struct cmd_json *j, const char *key, bool compact);
void cmd_json_array(struct cmd_json *j, const char *key, bool compact);
/** Closes the innermost object or array. */
void cmd_json_end(struct cmd_json *j);
/** Any bytes: what is no valid UTF-8, and control characters, become '?'. */
void cmd_json_str(struct cmd_json *j, const char *key, const char *s);
void cmd_json_strn(struct cmd_json *j, const char *key, const char *s, size_t len);
void cmd_json_uint(struct cmd_json *j, const char *key, uint64_t v);
void cmd_json_int(struct cmd_json *j, const char *key, int64_t v);
void cmd_json_bool(struct cmd_json *j, const char *key, bool v);
void cmd_json_null(struct cmd_json *j, const char *key);
/** A number, or null where it isn't @known. */
void cmd_json_known(struct cmd_json *j, const char *key, uint64_t v, bool known);
/** @nr numbers as an array on one line; not @known: as many nulls. */
void cmd_json_uints_known(struct cmd_json *j, const char *key, const uint64_t *v, size_t nr, bool known);
/** Thousandths as a decimal number. */
void cmd_json_milli(struct cmd_json *j, const char *key, int64_t v);
/** A time in seconds with nine decimals, or in the clock's units. */
void cmd_json_time(struct cmd_json *j, const char *key, const struct sg_capture *cap, uint64_t ts);
/** @nr numbers as an array on one line. */
void cmd_json_uints(struct cmd_json *j, const char *key, const uint64_t *v, size_t nr);

/* ---- the capture --------------------------------------------------------- */

/** An open capture and how to make its machine. */
struct cmd_source {
	const char *path;
	unsigned int dump; /* of a text with several: which one, from 1; 0: nobody chose, the first */
	struct tr_capture *tc; /* of these two, one */
	struct ss_reader *ss;
	const struct sg_capture *cap;
	struct mm_config cfg;
	struct mm_layout *layout; /* of its machines when no snapshot names their zones; cfg.layout points here */
	void *start; /* image of the machine before the first event, of a session of a simulated run; cfg.start points here */
	struct sg_limits found; /* by the engine: cfg.limits points here */
	struct sg_event *batch; /* read ahead */
	size_t nr, at;
	uint64_t number; /* of the last event that cmd_next() returned: the capture's, also where events before it are lost */
	uint64_t told; /* the gap before this event was said on standard error */
};

/**
 * cmd_whole() - has all been had that was asked for, memory and the file's bytes?  To be asked before anything is printed.
 * @m: NULL without a machine
 * Return: 0; SG_E_NOMEM or SG_E_IO and the sentence
 */
int cmd_whole(const char *path, const struct mm_machine *m, struct sg_err *err);

/** Opens a capture or a session; to be closed with cmd_close(), also when it failed. */
int cmd_open(const char *path, struct cmd_source *src, struct sg_err *err);
/** The same, with one of the dumps of a text chosen: @dump from 1, 0 the first. */
int cmd_open_dump(const char *path, unsigned int dump, struct cmd_source *src, struct sg_err *err);
/** Refuses what has no events, dumps and snapshots only: SG_E_UNSUPPORTED. */
int cmd_wants_events(const struct cmd_source *src, struct sg_err *err);
/** All of @text as the number of a dump, from 1; false for another. */
bool cmd_read_dump(const char *text, unsigned int *ret);
/** Limits of the capture, then those that the engine has found so far; to be freed with sg_limits_free(). */
void cmd_limits(const struct cmd_source *src, struct sg_limits *ret);
/** Starts again at the first event; what the engine found is forgotten. */
int cmd_rewind(struct cmd_source *src, struct sg_err *err);
void cmd_close(struct cmd_source *src);
/** The next event; borrowed until the call after. NULL at the end. */
const struct sg_event *cmd_next(struct cmd_source *src);
/** sg_pos_feed() with the event that cmd_next() returned last, so that positions are numbers of the capture. */
void cmd_feed_pos(const struct cmd_source *src, struct sg_pos_scan *scan, const struct sg_event *ev);
/** How much has been read, 0 .. 1000. */
unsigned int cmd_progress(const struct cmd_source *src);

/**
 * cmd_machine_new() - a machine before the first event
 * Without a snapshot that names the zones this reads all events once, for the highest pfn, and
 * rewinds.  Limits of the recording that touch the first event are known afterwards: see tr_settled().
 */
int cmd_machine_new(struct cmd_source *src, struct mm_machine **ret, struct sg_err *err);

/* ---- limits: what the figures rest on -------------------------------------- */

/** Lines for people, wrapped, under a heading of their own; nothing when there are none. */
void cmd_limits_text(struct cmd_out *o, const struct sg_limits *l);
/** The list "limits" of the object that is open. */
void cmd_limits_json(struct cmd_json *j, const struct sg_limits *l);
/** The same on standard error, for outputs whose form is fixed: those that touch events up to @event. */
void cmd_limits_say(const struct sg_limits *l, uint64_t event);
/**
 * cmd_free_known() - are the free lists of @z known, so that their lengths may be shown as the kernel's?
 * Not without a snapshot, and not behind a limit of @l that leaves out who takes and gives back pages.
 * @event: number of events applied
 */
bool cmd_free_known(const struct sg_limits *l, const struct mm_zone_info *z, uint64_t event);

/** State of the machine as JSON members of the object that is open. */
void cmd_json_zones(struct cmd_json *j, const char *key, const struct sg_capture *cap, const struct sg_limits *l,
		    const struct mm_machine *m);
void cmd_json_contradictions(struct cmd_json *j, const struct mm_machine *m);

/** An event as an object on one line; @m: explained as well, NULL not. */
void cmd_json_event(struct cmd_json *j, const struct sg_capture *cap, const struct mm_machine *m,
		    const struct sg_event *ev, uint64_t number);
/** Name of the event, as the capture has it for events that the list doesn't know. Borrowed. */
const char *cmd_event_name(const struct sg_capture *cap, const struct sg_event *ev);

/** Name of migratetype @mt, "Unknown" for MM_MT_UNKNOWN, a number in @buf for a nameless one. */
const char *cmd_mt_name(const struct sg_capture *cap, unsigned int mt, char buf[16]);

#endif
