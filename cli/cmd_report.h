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
};

/** Fallbacks, most frequent first; NULL and 0 without any. */
const struct mm_extfrag_total *report_extfrag(const struct report *r, size_t *ret_nr);

void report_text(struct cmd_out *o, const struct report *r);
void report_json(struct cmd_out *o, const struct report *r);

/** All dumps of a text, or the one that was chosen. */
int report_stills(struct cmd_source *src, struct cmd_out *o, bool json, struct sg_err *err);

#endif
