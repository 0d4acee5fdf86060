// SPDX-License-Identifier: GPL-2.0-only
/* The state of a machine at one position: taken, restored, freed. */
#include "time/keyframe.h"

#include <stdlib.h>
#include <string.h>

/* Of a zone: what doesn't depend on the order, and of each array the orders that the machine has. */
static void zone_parts(struct zone_state *z, struct mm_core_part *part)
{
	part[0] = (struct mm_core_part){ z, offsetof(struct zone_state, list) };
	part[1] = (struct mm_core_part){ z->list, z->nr_orders * sizeof(z->list[0]) };
	part[2] = (struct mm_core_part){ z->mid, z->nr_orders * sizeof(z->mid[0]) };
	part[3] = (struct mm_core_part){ z->unnamed, z->nr_orders * sizeof(z->unnamed[0]) };
	part[4] = (struct mm_core_part){ z->folios, z->nr_orders * sizeof(z->folios[0]) };
	part[5] = (struct mm_core_part){ z->over, z->nr_orders * sizeof(z->over[0]) };
}

unsigned int mm_core_parts(const struct mm_machine *m, struct mm_core_part part[MM_CORE_PARTS])
{
	struct mm_core *c = (struct mm_core *)&m->core;
	struct mm_observer *o = m->obs;

	part[0] = (struct mm_core_part){ c, offsetof(struct mm_core, zone) };
	part[1] = (struct mm_core_part){ o, offsetof(struct mm_observer, stall) };
	part[2] = (struct mm_core_part){ o->stall, o->nr_stalls * sizeof(o->stall[0]) };
	part[3] = (struct mm_core_part){ o->ctx, o->nr_ctx * sizeof(o->ctx[0]) };
	part[4] = (struct mm_core_part){ o->pending, o->nr_pending * sizeof(o->pending[0]) };
	part[5] = (struct mm_core_part){ o->taken, o->nr_taken * sizeof(o->taken[0]) };
	part[6] = (struct mm_core_part){ o->paused, o->nr_paused * sizeof(o->paused[0]) };
	part[7] = (struct mm_core_part){ o->base, m->nr_base * sizeof(o->base[0]) };
	for (unsigned int i = 0; i < c->nr_zones; i++)
		zone_parts(&c->zone[i], &part[MM_SMALL_PARTS + i * MM_ZONE_PARTS]);
	return MM_SMALL_PARTS + c->nr_zones * MM_ZONE_PARTS;
}

struct mm_keyframe *mm_keyframe_take(const struct mm_machine *m)
{
	struct mm_keyframe *k = m->out_of_memory ? NULL : calloc(1, sizeof(*k));
	struct mm_core_part part[MM_CORE_PARTS];
	unsigned char *to;
	unsigned int nr;

	if (!k)
		return NULL;
	nr = mm_core_parts(m, part);
	for (unsigned int i = 0; i < nr; i++)
		k->core_bytes += part[i].len;
	k->core = to = malloc(k->core_bytes);
	if (!to) {
		free(k);
		return NULL;
	}
	for (unsigned int i = 0; i < nr; i++) {
		memcpy(to, part[i].at, part[i].len);
		to += part[i].len;
	}
	k->position = m->core.position;
	mm_cow_keep(&m->pages, &k->pages);
	mm_cow_keep(&m->blocks, &k->blocks);
	mm_cow_keep(&m->pcp, &k->pcp);
	k->seed = mm_seed_get(m->seed);
	return k;
}

void mm_keyframe_restore(struct mm_machine *m, const struct mm_keyframe *k)
{
	struct mm_core_part part[MM_CORE_PARTS];
	const unsigned char *from = k->core;
	unsigned int nr;

	mm_cow_return(&m->pages, &k->pages);
	mm_cow_return(&m->blocks, &k->blocks);
	mm_cow_return(&m->pcp, &k->pcp);
	if (m->seed != k->seed) {
		mm_seed_put(m->seed);
		m->seed = mm_seed_get(k->seed);
	}
	/* the number of zones and CPUs never changes in a run; how many tasks and blocks are followed stands in the first parts */
	memcpy(m->obs, from + offsetof(struct mm_core, zone), offsetof(struct mm_observer, stall));
	nr = mm_core_parts(m, part);
	for (unsigned int i = 0; i < nr; i++) {
		memcpy(part[i].at, from, part[i].len);
		from += part[i].len;
	}
	m->nr_changes = m->total_changes = 0;
	m->nr_block_changes = m->total_block_changes = 0;
	m->last_contra = 0;
	m->out_of_memory = false;
	m->no_memory_at = 0;
}

void mm_keyframe_free(const struct mm_machine *m, struct mm_keyframe *k)
{
	if (!k)
		return;
	mm_cow_drop(&m->pages, &k->pages);
	mm_cow_drop(&m->blocks, &k->blocks);
	mm_cow_drop(&m->pcp, &k->pcp);
	mm_seed_put(k->seed);
	mm_check_free(k->check);
	free(k->core);
	free(k);
}

uint64_t mm_keyframe_bytes(const struct mm_keyframe *k)
{
	return sizeof(*k) + k->core_bytes + k->check_bytes;
}
