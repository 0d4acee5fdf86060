// SPDX-License-Identifier: GPL-2.0-only
/* A snapshot becomes the state: pages, lists and zones are from then on what it says. */
#include "machine/state.h"

#include <stdio.h>
#include <string.h>

/*
 * Nodes that a snapshot names are there, and kswapd has given up those that it calls unreclaimable
 * Source: mm/vmstat.c: zoneinfo_show_print(), 6.1 to 7.3
 */
static void nodes(struct mm_machine *m, const struct sg_snapshot *snap)
{
	for (unsigned int i = 0; i < snap->nr_zones; i++) {
		int node = snap->zone[i].node;
		const char *hopeless;
		char key[48];

		if (node < 0 || node >= MM_MAX_NODES)
			continue;
		m->core.node[node].present = true;
		if ((unsigned int)node >= m->nodes_end)
			m->nodes_end = (unsigned int)node + 1;
		snprintf(key, sizeof(key), "zoneinfo.node_unreclaimable.%d", node);
		hopeless = sg_snapshot_get(snap, key);
		if (hopeless && strcmp(hopeless, "1") == 0)
			m->core.node[node].kswapd_failures = MM_KSWAPD_HOPELESS;
	}
}

void mm_seed_apply(struct mm_machine *m, unsigned int i)
{
	const struct sg_snapshot *snap = m->cfg.seed[i].snap;

	m->core.seeds_applied |= (uint8_t)(1u << i);
	if (m->seed_map[i]) {
		mm_cow_clear(&m->pages);
		mm_cow_clear(&m->blocks);
		mm_cow_clear(&m->pcp);
		mm_seed_put(m->seed);
		m->seed = mm_seed_get(m->seed_map[i]);
		m->core.seed_lost = m->core.stale_at = 0;
		m->core.seed_at = m->core.position;
		m->core.seed_wrong = m->core.contra[MM_CONTRA_FREE_TWICE] + m->core.contra[MM_CONTRA_ALLOC_NOT_FREE];
		m->core.reporting |= m->seed->reported;
	}
	mm_zones_seed(m, snap, m->seed_map[i] != NULL, m->seed_types[i]);
	nodes(m, snap);
}
