/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Costs: what somebody would pay for a run, as an expression over its figures: allocstall + 10*polluted_blocks_end.
 *
 *	sum     := product { (+|-) product }
 *	product := factor { (*|/) factor }
 *	factor  := - factor | number | figure | ( sum ) | min ( sum {, sum} ) | max ( sum {, sum} )
 */
#ifndef CMD_COST_H
#define CMD_COST_H

#include <stdbool.h>
#include <stddef.h>

#include "sg_err.h"

#define COST_MOST_NAMES 64

struct cost;

/**
 * cost_new() - reads an expression
 * @text: not kept
 * @ret:  for the caller to free; untouched on failure
 * Errors: SG_E_USAGE and a sentence with the column of the mistake; SG_E_NOMEM
 */
int cost_new(const char *text, struct cost **ret, struct sg_err *err);
void cost_free(struct cost *c);
/** The figures that it names, each once; NULL behind the last.  Borrowed. */
const char *cost_name(const struct cost *c, unsigned int i);
/**
 * cost_of() - its value
 * @v: of the figures, in the order of cost_name(); NaN: not known
 * Return: NaN when one that counts isn't known, or where it has no value (a division by 0)
 */
double cost_of(const struct cost *c, const double *v);

/**
 * cost_near() - which of @list a name that isn't there may have meant
 * @buf: receives up to three names with commas, "" when none is like it
 */
void cost_near(const char *name, const char *const *list, size_t nr, char *buf, size_t size);

#endif
