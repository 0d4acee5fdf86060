/* SPDX-License-Identifier: GPL-2.0-only */
/* What the checks know of a zone's watermarks. */
#ifndef MM_CHECK_MARKS_H
#define MM_CHECK_MARKS_H

#include "check/room.h"

#include "check/check.h"
#include "rules/watermark.h"

/**
 * mm_wmark_fill() - the numbers of zone @i of the machine
 * @boost: its watermark boost as far as followed; reserves come from the newest snapshot
 */
void mm_wmark_fill(const struct mm_machine *m, const struct mm_check *c, unsigned int i, int64_t boost,
		   struct mm_wmark_zone *ret);

#endif
