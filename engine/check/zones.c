// SPDX-License-Identifier: GPL-2.0-only
/* The zones' watermarks as the checks of reclaim know them, worked out once an event. */
#include "check/marks.h"
#include "check/reclaim.h"

const struct mm_wmark_zone *mm_rec_zones(struct rec_state *s, const struct mm_check *c, const struct mm_machine *m)
{
	if (s->filled != mm_position(m) + 1) {
		for (unsigned int i = 0; i < m->core.nr_zones; i++)
			mm_wmark_fill(m, c, i, s->boost[i], &s->zone[i]);
		s->filled = mm_position(m) + 1;
	}
	return s->zone;
}

bool mm_rec_marks_known(struct rec_state *s, const struct mm_check *c, const struct mm_machine *m, int node)
{
	const struct mm_wmark_zone *z = mm_rec_zones(s, c, m);
	bool any = false;

	for (unsigned int i = 0; i < m->core.nr_zones; i++) {
		if (z[i].node != node)
			continue;
		if (!z[i].known)
			return false;
		any = true;
	}
	return any;
}
