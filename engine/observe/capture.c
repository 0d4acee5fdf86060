// SPDX-License-Identifier: GPL-2.0-only
/*
 * A task in its own direct compaction keeps the first block of the wanted order that its frees complete: that
 * block never lies on a buddy list, and the mm_page_alloc that ends the request hands it out.
 */
#include "observe/observe.h"

#include <string.h>

/* What the compaction of a task waits for, and what it got. */
struct capture {
	const struct mm_machine *m;
	unsigned int order;
	bool movable;
	uint64_t pfn;
};

/*
 * Before 6.10 no block below pageblock order out of a movable pageblock is kept, later only by movable requests.
 * Source: mm/page_alloc.c: compaction_capture(), 6.1 to 7.3
 */
static bool capture(void *arg, uint64_t pfn, unsigned int order, unsigned int mt)
{
	struct capture *c = arg;

	if (order != c->order || mt >= SG_MAX_MIGRATETYPES)
		return false;
	if ((int)mt == c->m->cap->mt_cma || (int)mt == c->m->cap->mt_isolate)
		return false;
	if (order < c->m->pb_order && mt == MM_MT_MOVABLE && !(c->movable && c->m->hygiene))
		return false;
	c->pfn = pfn;
	return true;
}

/* Kernel threads keep nothing; those that compact for a request of their own are known by name. */
static bool is_kernel_thread(const struct mm_machine *m, const struct sg_event *ev, const struct task_ctx *c)
{
	const char *comm = sg_capture_comm(m->cap, ev->pid);

	return c->kind == CTX_KCOMPACTD || (comm && (!strcmp(comm, "khugepaged") || !strncmp(comm, "kworker/", 8)));
}

/*
 * The order of the block that the compaction of @c is for, -1 unknown.  With defrag_mode an unmovable request of less is
 * compacted for at pageblock order, and waits for its own order: the one that requests with its flags had until now.
 * Source: mm/page_alloc.c: __alloc_pages_direct_compact(), 7.2 and 7.3
 */
static int wanted_order(const struct mm_machine *m, const struct task_ctx *c)
{
	if (!c->movable && c->order == (int)m->pb_order)
		return c->request;
	return c->order > 0 ? c->order : -1;
}

/**
 * mm_event_free_block() - the task of @ev gives the block at @pfn, on no list now, to the buddy lists
 * @mt: list to put it on; SG_MAX_MIGRATETYPES when unknown
 * When the task's own direct compaction of that zone completes a block of the wanted order by it, the block is in the
 * task's hands instead.  Interrupts free as the task below them.
 * Return: PS_FREE, or PS_PCP when the task keeps it
 * Source: mm/page_alloc.c: task_capc(), __free_one_page(), __alloc_pages_direct_compact(), 6.1 to 7.3
 */
unsigned int mm_event_free_block(struct mm_machine *m, struct zone_state *z, const struct sg_event *ev, uint64_t pfn,
				 unsigned int order, unsigned int mt)
{
	struct task_ctx *c = m->obs->nr_ctx ? mm_ctx(m, ev->pid, false) : NULL;
	struct capture cap = { .m = m };
	const struct mm_free_opts opts = { .capture = capture, .arg = &cap };

	if (!c || c->in_compact != CTX_COMPACTS || c->zone != (int)(z - m->core.zone) ||
	    wanted_order(m, c) < 0 || is_kernel_thread(m, ev, c)) {
		mm_observed_free(m, z, pfn, order, mt, false);
		return PS_FREE;
	}
	cap.order = (unsigned int)wanted_order(m, c);
	cap.movable = c->movable;
	if (!mm_observed_free_with(m, z, pfn, order, mt, &opts))
		return PS_FREE;
	c->in_compact = CTX_CAPTURED;
	mm_pcp_add(m, z, UINT16_MAX >> 2, cap.pfn, cap.order, mt, true, PCP_FROM_REFILL);
	return PS_PCP;
}
