// SPDX-License-Identifier: GPL-2.0-only
/* Checks reclaim: kswapd's decisions (check/kswapd.c) and stalled requests (check/slowpath.c). */
#include <stdlib.h>

#include "check/reclaim.h"
#include "sg_mem.h"

static void reclaim_init(void *state, struct mm_check *c)
{
	const struct sg_capture *cap = mm_check_config(c)->cap;
	struct rec_state *s = state;
	const struct mm_policy *p = mm_check_policy(c);

	s->defrag_mode = p->tune[MM_TUNE_DEFRAG_MODE] != 0;
	s->defrag_told = s->defrag_known = mm_policy_told(p, MM_TUNE_DEFRAG_MODE);
	s->tiering = mm_policy_tiering(p);
	s->boost_factor = p->tune[MM_TUNE_WATERMARK_BOOST_FACTOR];
	s->extfrag_threshold = p->tune[MM_TUNE_EXTFRAG_THRESHOLD];
	s->ends_traced = cap->present[SG_EV_mm_vmscan_balance_pgdat_end];
	if (s->boost_factor > 1000000)
		s->boost_factor = 1000000;
	s->nr_cpus = mm_check_cpus(c);
	s->cpu = sg_calloc(s->nr_cpus, sizeof(*s->cpu));
	if (!s->cpu)
		s->nr_cpus = 0;
	mm_rec_kswapd_init(s);
}

static void reclaim_before(void *state, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev)
{
	struct rec_state *s = state;

	mm_rec_kswapd_before(s, c, m, ev);
	mm_rec_failure_before(s, c, m, ev);
	mm_rec_slow_before(s, c, m, ev);
	if (!(ev->common_flags & MM_IN_INTERRUPT) && ev->cpu < s->nr_cpus) {
		s->cpu[ev->cpu].pid = ev->pid;
		s->cpu[ev->cpu].event = mm_position(m) + 1;
	}
}

static void reclaim_finish(void *state, struct mm_check *c)
{
	mm_rec_slow_finish(state, c);
}

static void reclaim_fini(void *state)
{
	mm_rec_slow_fini(state);
	free(((struct rec_state *)state)->cpu);
}

static bool reclaim_copy(void *to, const void *from, uint64_t *bytes)
{
	struct rec_state *t = to;
	bool ok = mm_check_copied((void **)&t->cpu, t->cpu, t->nr_cpus * sizeof(*t->cpu), bytes);

	return mm_rec_slow_copy(to, from, bytes) && ok;
}

const struct mm_checker mm_checker_reclaim = {
	.name = "reclaim",
	.state_size = sizeof(struct rec_state),
	.init = reclaim_init,
	.before = reclaim_before,
	.finish = reclaim_finish,
	.fini = reclaim_fini,
	.copy = reclaim_copy,
};
