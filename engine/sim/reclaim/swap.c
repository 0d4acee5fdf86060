// SPDX-License-Identifier: GPL-2.0-only
/*
 * What writing to swap needs by itself: pages for swap tables, for what was compressed, for slabs.  How often, and whether
 * nothing is written without, is the caller's to say, who learned it from a capture (demand/swap.h).
 *
 * Of each kind the first page is needed at once, and another one whenever so many pages have been written.  As many go back
 * as slots are freed, the oldest first: which table or compressed page a slot belongs to isn't known to the run.
 */
#include <stdlib.h>

#include "sim/emit.h"
#include "sim/reclaim/lru.h"

#define ONE (UINT64_C(1) << 16)

void mm_sim_swap_rule(struct mm_sim *s, const struct mm_swap_rule *rule)
{
	struct sim_swap *w = &s->reclaim->swap;

	w->nr = rule ? rule->nr : 0;
	for (unsigned int i = 0; i < w->nr; i++) {
		w->kind[i].need = rule->need[i];
		w->kind[i].left = 0;
		if (!w->kind[i].need.every)
			w->kind[i].need.every = ONE;
	}
}

static bool hold(struct mm_sim *s, struct sim_swap_kind *k, uint64_t pfn)
{
	if (k->first == k->nr)
		k->first = k->nr = 0;
	if (k->nr == k->cap) {
		size_t n = k->cap ? k->cap * 2 : 256;
		uint32_t *held = realloc(k->held, n * sizeof(*held));

		if (!held) {
			s->reclaim->oom = true;
			return false;
		}
		k->held = held;
		k->cap = n;
	}
	k->held[k->nr++] = (uint32_t)pfn;
	return true;
}

/* One page of the kind, asked for inside reclaim. */
static bool get(struct mm_sim *s, const struct scan_ctl *sc, struct sim_swap_kind *k)
{
	const struct mm_swap_need *n = &k->need;
	struct mm_request rq = { .now = s->now, .pid = s->on_pid, .cpu = sc->cpu, .order = n->order, .mt = n->mt, .gfp = n->gfp,
				 .zone_type = n->zone_type, .node = -1, .in_reclaim = true };
	struct mm_grant g;
	bool got = s->reclaim->alloc(s, &rq, &g) == MM_GOT_PAGE;

	if (!got && n->again != n->gfp) {
		rq.gfp = n->again;
		got = s->reclaim->alloc(s, &rq, &g) == MM_GOT_PAGE;
	}
	if (got)
		hold(s, k, g.pfn);
	return got;
}

bool mm_swap_prepare(struct mm_sim *s, const struct scan_ctl *sc, uint64_t pages)
{
	struct sim_swap *w = &s->reclaim->swap;

	for (unsigned int i = 0; i < w->nr; i++) {
		struct sim_swap_kind *k = &w->kind[i];

		while (k->left < pages * ONE) {
			if (!get(s, sc, k)) {
				if (k->need.stops)
					return false;
				break;
			}
			k->left += k->need.every;
		}
	}
	for (unsigned int i = 0; i < w->nr; i++) {
		struct sim_swap_kind *k = &w->kind[i];

		k->left -= pages * ONE < k->left ? pages * ONE : k->left;
	}
	return true;
}

void mm_sim_swap_freed(struct mm_sim *s, uint16_t cpu, uint64_t pages)
{
	struct sim_swap *w = &s->reclaim->swap;

	for (unsigned int i = 0; i < w->nr; i++) {
		struct sim_swap_kind *k = &w->kind[i];

		k->freed += pages * ONE;
		while (k->freed >= k->need.every && k->first < k->nr) {
			k->freed -= k->need.every;
			mm_sim_release(s, cpu, k->held[k->first++], k->need.order);
		}
	}
}
