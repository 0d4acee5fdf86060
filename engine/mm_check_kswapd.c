// SPDX-License-Identifier: GPL-2.0-only
#include "mm_check_reclaim.h"
void rec_kswapd_init(struct rec_state *s)
{
	for (unsigned int n = 0; n < MM_MAX_NODES; n++)
		s->ks[n].failures = s->ks[n].want_order = s->ks[n].want_zid = -1;
}
void rec_kswapd_before(struct rec_state *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev)
{
	(void)s; (void)c; (void)m; (void)ev;
}
