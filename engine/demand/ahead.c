// SPDX-License-Identifier: GPL-2.0-only
/* What later events tell of the start. */
#include "demand/ahead.h"

#include <stdlib.h>

struct mm_ahead {
	uint64_t from;
};

int mm_ahead_scan(const struct sg_log *log, const struct sg_capture *cap, uint64_t from, struct mm_ahead **ret,
		  struct sg_err *err)
{
	struct mm_ahead *a = calloc(1, sizeof(*a));

	(void)log;
	(void)cap;
	if (!a)
		return sg_fail(err, SG_E_NOMEM, "out of memory for what later events tell");
	a->from = from;
	*ret = a;
	return SG_OK;
}

void mm_ahead_free(struct mm_ahead *a)
{
	free(a);
}
