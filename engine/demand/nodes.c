// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which node a request was for.  No event says so, but where the page came from tells, as long as nobody had to turn to
 * another node for want of memory: pages of a node other than the CPU's are then those of a mempolicy, and CPUs are on the
 * node that their pages come from.
 *
 * A node has room while it has more pages than its high watermark and than all that per-cpu lists may hold, which the
 * zones' marks don't count.
 */
#include <stdlib.h>

#include "demand/take.h"
#include "machine/guesses.h"

#define LISTS_SHARE 8 /* mm/page_alloc.c: MIN_PERCPU_PAGELIST_HIGH_FRACTION: the most that per-cpu lists may hold of a zone, 6.1 to 7.3 */

static int node_of(const struct take *t, uint64_t pfn)
{
	int zi = mm_zone_index(t->start, pfn);

	return zi < 0 ? -1 : t->start->core.zone[zi].node;
}

bool mm_take_nodes_init(struct take *t)
{
	const struct mm_core *c = &t->start->core;

	for (unsigned int n = 0; n < MM_MAX_NODES; n++)
		t->nodes.nr += c->node[n].present;
	t->d->cpu_node = malloc(t->nr_cpus * sizeof(*t->d->cpu_node));
	if (!t->d->cpu_node)
		return false;
	for (unsigned int i = 0; i < t->nr_cpus; i++)
		t->d->cpu_node[i] = -1;
	if (t->nodes.nr < 2)
		return true;
	/* mm/page_alloc.c: get_page_from_freelist(), 6.18 and later */
	t->nodes.skip_awake = t->cap->kver[0] > 6 || (t->cap->kver[0] == 6 && t->cap->kver[1] >= 18);
	t->nodes.of_cpu = calloc(t->nr_cpus, sizeof(*t->nodes.of_cpu));
	for (unsigned int i = 0; i < c->nr_zones; i++) {
		const struct zone_state *z = &c->zone[i];
		struct take_node *n;

		if (z->node < 0 || z->node >= MM_MAX_NODES || !z->managed)
			continue;
		n = &t->nodes.node[z->node];
		n->present = true;
		n->types |= z->zone_type >= 0 && z->zone_type < SG_MAX_ZONE_TYPES ? 1u << z->zone_type : 0;
		n->low += (int64_t)z->wmark_low;
		n->room += (int64_t)(z->wmark_high + z->managed / LISTS_SHARE);
		n->free += (int64_t)(z->nr_pages[PS_FREE] + z->nr_pages[PS_FREET] + z->nr_pages[PS_PCP]);
	}
	return t->nodes.of_cpu;
}

void mm_take_kswapd(struct take *t, const struct sg_event *ev)
{
	int32_t node;

	if (t->nodes.nr < 2)
		return;
	switch (ev->kind) {
	case SG_EV_mm_vmscan_kswapd_wake:
		node = (int32_t)ev->v[SGF_mm_vmscan_kswapd_wake_nid];
		break;
	case SG_EV_mm_vmscan_lru_shrink_inactive:
		node = (int32_t)ev->v[SGF_mm_vmscan_lru_shrink_inactive_nid];
		break;
	case SG_EV_mm_vmscan_balance_pgdat_end:
		node = (int32_t)ev->v[SGF_mm_vmscan_balance_pgdat_end_nid];
		break;
	case SG_EV_mm_vmscan_kswapd_sleep:
		node = (int32_t)ev->v[SGF_mm_vmscan_kswapd_sleep_nid];
		break;
	default:
		return;
	}
	if (node < 0 || node >= MM_MAX_NODES)
		return;
	t->nodes.node[node].kswapd = ev->kind == SG_EV_mm_vmscan_kswapd_wake || ev->kind == SG_EV_mm_vmscan_lru_shrink_inactive ? ev->ts : 0;
}

/* Kernels before 7.2 don't say when a round is over. */
static bool awake(const struct take *t, const struct take_node *n, uint64_t now)
{
	return t->nodes.skip_awake && n->kswapd && now - n->kswapd < (uint64_t)MM_GUESS(WAITED_US) * 1000;
}

static bool has_room(const struct take *t, const struct take_node *n, uint64_t now)
{
	return n->free > n->room && !awake(t, n, now);
}

/* Might the request have been served by any other node? */
static bool others_have_room(const struct take *t, int but, const struct mm_want *w)
{
	for (int i = 0; i < MM_MAX_NODES; i++) {
		const struct take_node *n = &t->nodes.node[i];

		if (i != but && n->present && (!has_room(t, n, w->ts) || !(n->types & ((2u << w->zone_type) - 1))))
			return false;
	}
	return true;
}

void mm_take_granted(struct take *t, const struct sg_event *ev, struct take_task *w, uint64_t pfn, unsigned int order,
		     struct mm_want *want)
{
	int node = t->nodes.nr > 1 ? node_of(t, pfn) : -1;
	struct take_node *n;

	if (node < 0 || node >= MM_MAX_NODES)
		return;
	n = &t->nodes.node[node];
	n->free -= INT64_C(1) << order;
	if (n->free < 0)
		n->free = 0;
	if (!want || (want->flags & MM_WANT_INTERRUPT))
		return;
	if (want->gfp & MM_GFP_THISNODE) {
		want->node = (int8_t)node;
		return;
	}
	if (!others_have_room(t, node, want))
		return;
	/* nothing kept it from any other node, so this is the one that it was for */
	want->node = (int8_t)node;
	w->bound[want->mt == MM_MT_MOVABLE] += n->free < n->low || awake(t, n, ev->ts);
	if (has_room(t, n, ev->ts))
		t->nodes.of_cpu[ev->cpu].grants[node]++;
}

void mm_take_returned(struct take *t, uint64_t pfn, unsigned int order)
{
	int node = t->nodes.nr > 1 ? node_of(t, pfn) : -1;

	if (node >= 0 && node < MM_MAX_NODES)
		t->nodes.node[node].free += INT64_C(1) << order;
}

static void place_cpus(struct take *t)
{
	for (unsigned int i = 0; i < t->nr_cpus; i++) {
		uint32_t most = 0;

		for (int n = 0; n < MM_MAX_NODES; n++)
			if (t->nodes.of_cpu[i].grants[n] > most) {
				most = t->nodes.of_cpu[i].grants[n];
				t->d->cpu_node[i] = (int8_t)n;
			}
	}
}

void mm_take_nodes_end(struct take *t)
{
	struct mm_demand *d = t->d;

	if (t->nodes.nr < 2)
		return;
	place_cpus(t);
	for (size_t i = 0; i < d->nr_wants; i++) {
		struct mm_want *w = &d->want[i];
		struct take_task *task;
		bool bound;
		int8_t *pref, here = d->cpu_node[w->cpu] < 0 ? 0 : d->cpu_node[w->cpu];

		if ((w->kind != MM_WANT_ALLOC && w->kind != MM_WANT_FAULT) || (w->flags & MM_WANT_INTERRUPT))
			continue;
		task = mm_take_task(t, w->pid);
		if (!task)
			return;
		if (w->gfp & MM_GFP_THISNODE) {
			d->left.placed += w->node >= 0 && w->node != here;
			continue;
		}
		/* a mapping's policy isn't its task's */
		pref = &task->pref[w->mt == MM_MT_MOVABLE];
		bound = task->bound[w->mt == MM_MT_MOVABLE] >= MM_GUESS(BOUND_GRANTS);
		if (w->node < 0)
			w->node = *pref;
		else
			*pref = w->node == here && !bound ? -1 : w->node;
		if (w->node == here && !bound)
			w->node = -1;
		if (w->node < 0)
			continue;
		d->left.placed += w->node != here;
		d->left.bound += bound;
		w->flags |= bound ? MM_WANT_BOUND : 0;
	}
}
