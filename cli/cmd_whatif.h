/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every what-if run starts from: a capture read whole, the observed machine at the start position, and the demand
 * behind it.
 */
#ifndef CMD_WHATIF_H
#define CMD_WHATIF_H

#include "cmd_feed.h"
#include "demand/ahead.h"
#include "demand/demand.h"
#include "policy/policy.h"

struct cmd_machine;
struct cmd_other;

struct cmd_whatif_options {
	bool assume;     /* go on where the recording lacks what a run needs */
	bool no_machine; /* only the events, the limits and the positions */
	const struct cmd_machine *machine; /* another machine or more of the demand; NULL: as captured */
};

/** An open capture, ready for runs.  All is borrowed from it but for what the caller makes. */
struct cmd_whatif {
	const char *file;
	struct cmd_feed *feed;
	const struct sg_capture *cap;
	const struct sg_log *log;
	const struct mm_config *cfg;
	uint64_t from;            /* position where runs start: behind marker snapshot-begin-done, else 0 */
	uint64_t to;              /* where figures end: before marker snapshot-end, else the last event */
	bool marked_from, marked_to;
	struct mm_machine *start; /* the observed machine at @from */
	struct mm_demand *demand;
	struct mm_ahead *ahead;
	struct mm_policy own;     /* that the captured kernel ran with, by its release and the newest snapshot */
	struct sg_limits limits;  /* all that is known of the recording */
	/* what a run rests on that the capture doesn't tell; whole sentences without the full stop */
	unsigned int nr_assumed;
	char assumed[24][480];
	bool extrapolated;        /* the machine or the demand isn't the captured one: the first of these say how far */
	bool other_memory;
	struct cmd_other *other;  /* what @start is made from then */
};

/**
 * cmd_whatif_open() - reads a capture and makes all that runs start from
 * @file: borrowed for as long as @w lives
 * @w:    to be closed with cmd_whatif_close(), also when this failed
 * Return: 0; or < 0 and one sentence in @err: it can't be read, has no events or no requests, or, without
 *         options' assume, lacks what a run needs
 */
int cmd_whatif_open(const char *file, const struct cmd_whatif_options *opt, struct cmd_whatif *w, struct sg_err *err);
/** The same of a capture that is open already: @feed is @w's from then on. */
int cmd_whatif_take(const char *file, struct cmd_feed *feed, const struct cmd_whatif_options *opt, struct cmd_whatif *w,
		    struct sg_err *err);
void cmd_whatif_close(struct cmd_whatif *w);
/** Adds a sentence to @w->assumed, unless it is there. */
void cmd_whatif_assume(struct cmd_whatif *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/**
 * cmd_whatif_policy() - a policy for a run of the capture
 * @spec: as mm_policy_parse() reads it, or "own" and what differs from the captured kernel's: "own,defrag_mode=1"; files of
 *        one's own over it: "./mine.c,base=linux-7.3" (cmd_plugin.h).  Their hooks are only there in the process of a run.
 * @w:    NULL: only whether @spec can be read
 * Settings that @spec doesn't name are those of the captured machine, as far as the policy's kernel has them.
 * Return: 0; SG_E_USAGE and the sentence
 */
int cmd_whatif_policy(const struct cmd_whatif *w, const char *spec, struct mm_policy *ret, struct sg_err *err);

/* ---- bounds of a run ------------------------------------------------------- */

/** What a run may take; 0: no bound. */
struct cmd_bounds {
	uint64_t ns;    /* of this computer's time */
	uint64_t bytes; /* of memory */
	uint64_t hook_ns; /* of processor time that a policy may take for one answer; 0: CMD_HOOK_NS */
};

/** All of @s as seconds, with decimals: more than 0. */
int cmd_read_time(const struct cmd *cmd, const char *s, struct cmd_bounds *ret);
/** All of @s as a size such as 512M or 4G. */
int cmd_read_memory(const struct cmd *cmd, const char *s, struct cmd_bounds *ret);
/** All of @s as a whole number from @least to @most; CMD_OK, or CMD_USAGE after a line that names @option. */
int cmd_read_whole(const struct cmd *cmd, const char *option, const char *s, uint64_t least, uint64_t most, uint64_t *ret);
/** This computer's time, ns. */
uint64_t cmd_now(void);

#endif
