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
	unsigned int nr_nodes;
};

void report_text(struct cmd_out *o, const struct report *r);
void report_json(struct cmd_out *o, const struct report *r);

#endif
