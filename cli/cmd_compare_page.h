/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of the page that a comparison becomes. */
#ifndef CMD_COMPARE_PAGE_H
#define CMD_COMPARE_PAGE_H

#include "cmd_compare.h"

/** Any text as HTML. */
void page_text(struct cmd_out *o, const char *text);
/** A name that may be broken behind commas and underscores; not for attributes. */
void page_name(struct cmd_out *o, const char *text);
/** Class of an arm's colour. */
const char *page_colour(unsigned int arm);
/** Is the run one of those that the ranges are of? */
bool page_counts(const struct compare_arm *arm, unsigned int no);

/** Figures over time: what was observed, and the range and median of each policy's runs. */
void page_timelines(struct cmd_out *o, const struct compare *c);
/** Pageblocks at the start, at moments, and at the end, of what was observed and of all runs. */
void page_maps(struct cmd_out *o, const struct compare *c);

#endif
