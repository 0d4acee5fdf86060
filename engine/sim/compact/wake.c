// SPDX-License-Identifier: GPL-2.0-only
/* Is there something for kcompactd to do, and who wakes it. */
#include "sim/compact/compact.h"
#include "sim/emit.h"

bool mm_sim_kcompactd_suits(struct mm_sim *s, int zi, int order, unsigned int zone_type)
{
	return mm_sim_suit_order(s, (unsigned int)zi, (unsigned int)order, zone_type, 0, false, true) == MM_COMPACT_CONTINUE;
}

/*
 * Is there a zone that kcompactd would compact?
 * Source: mm/compaction.c: kcompactd_node_suitable(), 6.1 to 7.3
 */
bool mm_sim_kcompactd_node_suitable(struct mm_sim *s, int node, const struct sim_kcompactd *k)
{
	for (unsigned int t = 0; t <= k->highest && t < SG_MAX_ZONE_TYPES; t++) {
		int zi = mm_sim_zone_by_type(s, node, t);

		if (zi >= 0 && mm_sim_kcompactd_suits(s, zi, k->max_order, k->highest))
			return true;
	}
	return false;
}

void mm_sim_wake_kcompactd(struct mm_sim *s, int node, unsigned int order, unsigned int zone_type)
{
	struct sim_kcompactd *k;

	if (order == 0 || order >= s->m->nr_orders || node < 0 || node >= MM_MAX_NODES)
		return;
	k = &s->compact->kcompactd[node];
	if (k->max_order < (int)order)
		k->max_order = (int)order;
	if (k->highest > zone_type)
		k->highest = zone_type;
	if (k->working || k->woken || !mm_sim_kcompactd_node_suitable(s, node, k))
		return;
	k->woken = true;
	mm_sim_woken(s, MM_THREAD_KCOMPACTD, node);
	SIM_EMIT(s, mm_compaction_wakeup_kcompactd, SIM_F(mm_compaction_wakeup_kcompactd, nid, node),
		 SIM_F(mm_compaction_wakeup_kcompactd, order, order),
		 SIM_F(mm_compaction_wakeup_kcompactd, highest_zoneidx, zone_type));
	if (mm_sim_listens(s))
		mm_sim_say_kcompactd(s, node, "wakes for", k->max_order, 0, 0);
}
