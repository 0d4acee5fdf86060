/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the files of the report command. */
#ifndef CMD_REPORT_H
#define CMD_REPORT_H

#include "cmd.h"

/** Everything a report is made from, after the last event. */
struct report {
	const struct sg_capture *cap;
	const struct mm_machine *m;
	struct mm_totals *totals;
	const struct mm_sums *sums;
	unsigned int nr_nodes; /* 0 unknown */
	bool more_nodes;       /* that many at least: no snapshot names them all */
	struct sg_limits limits;
};

/** Are there events of @kind in the recording, so that a count of 0 is one? */
static inline bool report_has(const struct report *r, unsigned int kind)
{
	return sg_capture_records(r->cap, kind) || r->sums->kind[kind];
}

/** The same of a count of allocations or frees of one order or type: where some are filtered out, 0 isn't one. */
static inline bool report_counts(const struct report *r, unsigned int kind, uint64_t count)
{
	return count || (report_has(r, kind) && !sg_limits_find(&r->limits, SG_LIMIT_FILTERED));
}

/** One count of reclaim or compaction, and the event that it is made from. */
struct report_count {
	const char *group; /* "reclaim" or "compaction" */
	const char *key, *text;
	size_t offset; /* in struct mm_sums */
	unsigned int kind;
};
const struct report_count *report_count_list(size_t *ret_nr);
uint64_t report_count_of(const struct report *r, const struct report_count *c);
/** False where the events aren't in the recording: the count is then not known, and not 0. */
bool report_count_known(const struct report *r, const struct report_count *c);

/** Fallbacks, most frequent first; NULL and 0 without any. */
const struct mm_extfrag_total *report_extfrag(const struct report *r, size_t *ret_nr);

void report_text(struct cmd_out *o, const struct report *r);
void report_json(struct cmd_out *o, const struct report *r);

/** All dumps of a text, or the one that was chosen. */
int report_stills(struct cmd_source *src, struct cmd_out *o, bool json, struct sg_err *err);

#endif
