/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs of one demand under several policies, each in a process of its own, and what they come to.
 */
#ifndef CMD_COMPARE_H
#define CMD_COMPARE_H

#include "cmd_plugin.h"
#include "cmd_track.h"
#include "cmd_whatif.h"
#include "figures/compare.h"
#include "run/run.h"

enum compare_end {
	COMPARE_NOT_RUN, /* ^C came first */
	COMPARE_WHOLE,
	COMPARE_CUT,     /* at a bound */
	COMPARE_FAILED,  /* it said why */
	COMPARE_DIED,
};

/** One run as its process tells of it.  Plain data, through a pipe. */
struct compare_run {
	enum compare_end end;
	uint32_t permille;      /* of the demand that was asked for when it ended */
	int signal;             /* DIED: that ended it, 0: none did */
	char why[240];          /* CUT, FAILED, DIED: a sentence without the full stop */
	struct mm_figure_values v;
	struct mm_run_told told;
	struct cmd_asked asked;
	struct cmd_blame blame; /* policies that failed, and were left out from there on */
};

/** A policy and its runs. */
struct compare_arm {
	const char *name;       /* as typed; "own" */
	struct mm_policy policy;
	struct compare_run *run;
	struct track *track;    /* of each run, in memory that its process shares; NULL: nobody asks */
	unsigned int whole, cut, failed, died, not_run;
	struct mm_range range[MM_FIG_COUNT]; /* of the whole runs, or where there are none of those that were cut */
};

struct compare {
	struct cmd_whatif w;
	unsigned int nr_arms;   /* the first is the captured kernel's own */
	struct compare_arm *arm;
	unsigned int runs;
	uint64_t seed;          /* of the first run; the next ones follow it */
	struct cmd_bounds bounds;
	struct mm_figure_values observed;
	bool own_counters;      /* some of @observed are the kernel's counters */
	bool interrupted;
	/* over time, for a page */
	struct track *seen;     /* what was observed; NULL: nobody asks */
	uint64_t length;        /* of what was observed, ns */
	uint64_t moment[TRACK_MOMENTS]; /* of maps between start and end, ns after the start; none: two, evenly */
	unsigned int nr_moments;
	unsigned int at_once;   /* runs at a time, 0: as many as there are CPUs */
	/* NULL: every run is wanted, and the line of progress is this one's own */
	bool (*wanted)(void *arg, unsigned int arm, unsigned int no);
	bool (*ended)(void *arg, unsigned int arm, unsigned int no); /* false: no further one is begun */
	void (*progress)(void *arg);
	void *arg;
};

/** The observed figures, from the capture's events and its kernel's counters. */
int cmd_compare_observe(struct compare *c, struct sg_err *err);
/** Nobody observed the machine: an extrapolation.  0 */
int cmd_compare_unobserved(struct compare *c);
/**
 * cmd_compare_run() - all runs of all arms, as many at once as there are CPUs
 * One that dies takes nothing else down.  ^C ends those that are under way; what is done stays.
 * Return: 0; or < 0 when no process could be started
 */
int cmd_compare_run(struct compare *c, struct sg_err *err);
/** Counts the ends and makes the ranges. */
void cmd_compare_sum(struct compare *c);

/** Sentences without the full stop: what is missing of the runs, then what they rest on; false behind the last. */
bool cmd_compare_missing(const struct compare *c, unsigned int i, char *buf, size_t size);
/** Is there anything to say of the figure? */
bool cmd_compare_shows(const struct compare *c, unsigned int fig);

void cmd_compare_text(const struct compare *c, struct cmd_out *o);
void cmd_compare_json(const struct compare *c, struct cmd_out *o);
void cmd_compare_html(const struct compare *c, struct cmd_out *o);

#endif
