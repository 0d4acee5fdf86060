// SPDX-License-Identifier: GPL-2.0-only
/* Look-ups in a capture's description. */
#include "sg_capture.h"

#include <string.h>

const char *sg_capture_comm(const struct sg_capture *cap, int32_t pid)
{
	unsigned int lo = 0, hi = cap->nr_tasks;

	if (pid == 0)
		return "<idle>";
	while (lo < hi) {
		unsigned int mid = lo + (hi - lo) / 2;

		if (cap->task[mid].pid == pid)
			return cap->task[mid].comm;
		if (cap->task[mid].pid < pid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return "<...>";
}

const char *sg_snapshot_get(const struct sg_snapshot *snap, const char *key)
{
	for (unsigned int i = 0; snap && i < snap->nr_kv; i++)
		if (strcmp(snap->kv[i].key, key) == 0)
			return snap->kv[i].value;
	return NULL;
}
