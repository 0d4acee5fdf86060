/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What later events tell of the machine at the start: pages that nobody knew anything of then are seen to be drained from a
 * per-cpu list, freed, reclaimed.
 */
#ifndef MM_DEMAND_AHEAD_H
#define MM_DEMAND_AHEAD_H

#include "demand/room.h"

#include "mm.h"

struct mm_ahead;

/**
 * mm_ahead_scan() - reads the events of @log behind position @from
 * Return: 0 or < 0; free with mm_ahead_free()
 */
int mm_ahead_scan(const struct sg_log *log, const struct sg_capture *cap, uint64_t from, struct mm_ahead **ret,
		  struct sg_err *err);
void mm_ahead_free(struct mm_ahead *a);

#endif
