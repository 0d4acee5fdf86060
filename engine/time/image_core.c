// SPDX-License-Identifier: GPL-2.0-only
/* Images: all of the machine but its pages and lists. */
#include <string.h>

#include "time/image_io.h"
#include "observe/observer.h"

/* The snapshot that speaks of untouched pages: 0 none, else 1 and its number. */
static unsigned int seed_number(const struct mm_machine *m)
{
	for (unsigned int i = 0; i < 2; i++)
		if (m->seed_map[i] && m->seed == m->seed_map[i])
			return i + 1;
	return 0;
}

/* What an image must have in common with the machine that it is loaded into. */
static void frame(struct mm_io *io, struct mm_machine *m)
{
	/* for the usual 11 orders the number is as it was before there were others */
	const uint64_t orders = m->pb_order | (m->nr_orders != 11 ? (uint64_t)m->nr_orders << 8 : 0);
	uint64_t cpus = m->nr_cpus, zones = m->core.nr_zones, pb = orders, hygiene = m->hygiene, seeds = 0;

	for (unsigned int i = 0; i < 2; i++)
		if (m->seed_map[i])
			seeds |= 1u << i;
	mm_io_num(io, &pb, orders, orders, "the order of pageblocks or the number of orders");
	mm_io_num(io, &cpus, m->nr_cpus, m->nr_cpus, "the number of CPUs");
	mm_io_num(io, &hygiene, m->hygiene, m->hygiene, "the kind of kernel");
	mm_io_num(io, &zones, m->core.nr_zones, m->core.nr_zones, "the number of zones");
	mm_io_num(io, &seeds, seeds, seeds, "the set of snapshots");
	for (unsigned int i = 0; i < 2; i++) {
		uint64_t sum = m->seed_map[i] ? m->seed_map[i]->sum : 0;

		mm_io_num(io, &sum, sum, sum, "the checksum of a snapshot");
	}
	if (m->map)
		for (uint32_t i = 0; i < m->map->nr; i++) {
			uint64_t start = m->map->range[i].start, end = m->map->range[i].end;

			mm_io_num(io, &start, start, start, "the start of a range of memory");
			mm_io_num(io, &end, end, end, "the end of a range of memory");
		}
	for (unsigned int i = 0; i < m->core.nr_zones; i++) {
		uint64_t start = m->core.zone[i].start;
		int64_t node = m->core.zone[i].node;

		mm_io_num(io, &start, start, start, "the start of a zone");
		mm_io_int(io, &node, node, node, "the node of a zone");
	}
}

/* A zone that was deduced from the events grows with them. */
static void zone_end(struct mm_io *io, struct mm_machine *m, unsigned int i)
{
	struct zone_state *z = &m->core.zone[i];
	bool grows = z->deduced && i + 1 == m->core.nr_zones;
	uint64_t end = z->end;

	mm_io_num(io, &end, grows ? z->start + 1 : end, grows ? MM_MAX_PFN : end, "the end of a zone");
	if (!io->reading || io->failed || end == z->end)
		return;
	if (mm_cow_grow(&m->pages, end) < 0 || mm_cow_grow(&m->blocks, (end >> m->pb_order) + 1) < 0) {
		m->out_of_memory = true;
		return;
	}
	z->end = end;
	mm_seed_stretch(m->seed, end);
}

/* @known: what the zone's lists are mostly: all of them complete, or none. */
static bool complete_as(const struct zone_state *z, bool known)
{
	for (unsigned int t = 0; t < MM_NR_MT; t++)
		if (z->complete[t] != (known ? mm_all_orders(z) : 0))
			return false;
	return true;
}

/* 0 or 1: list_known, and all lists are complete, or none is.  2: what is complete follows, as a mask of each type. */
static void lists_known(struct mm_io *io, struct zone_state *z)
{
	unsigned int form = complete_as(z, z->list_known) ? z->list_known : 2;

	IO_NUM(io, form, 2);
	if (form == 2) {
		IO_NUM(io, z->list_known, 1);
		for (unsigned int t = 0; t < MM_NR_MT; t++)
			IO_NUM(io, z->complete[t], mm_all_orders(z));
		if (io->reading && complete_as(z, z->list_known))
			mm_io_bad(io, "the lists of zone %s are written in a long way", z->name);
		return;
	}
	if (!io->reading)
		return;
	z->list_known = form;
	for (unsigned int t = 0; t < MM_NR_MT; t++)
		z->complete[t] = form ? mm_all_orders(z) : 0;
}

static void zone(struct mm_io *io, struct mm_machine *m, unsigned int i)
{
	struct zone_state *z = &m->core.zone[i];
	uint64_t sum = 0;

	zone_end(io, m, i);
	IO_NUM(io, z->present, UINT64_MAX);
	IO_NUM(io, z->managed, UINT64_MAX);
	IO_NUM(io, z->wmark_min, UINT64_MAX);
	IO_NUM(io, z->wmark_low, UINT64_MAX);
	IO_NUM(io, z->wmark_high, UINT64_MAX);
	IO_NUM(io, z->wmark_promo, UINT64_MAX);
	IO_NUM(io, z->search_start_le, UINT64_MAX);
	IO_NUM(io, z->search_start_gt, UINT64_MAX);
	lists_known(io, z);
	IO_NUM(io, z->have_type_blocks, 1);
	for (unsigned int s = 0; s <= PS_ISO; s++) {
		IO_NUM(io, z->nr_pages[s], z->end - z->start);
		sum += z->nr_pages[s];
	}
	if (io->reading && sum != z->end - z->start)
		mm_io_bad(io, "the pages of zone %s don't add up", z->name);
	for (unsigned int t = 0; t < SG_MAX_MIGRATETYPES; t++)
		IO_NUM(io, z->type_blocks[t], UINT32_MAX);
	for (unsigned int o = 0; o < m->nr_orders; o++)
		IO_NUM(io, z->folios[o], z->end - z->start);
	/* only the check asks for it, which begins at the start only, and there no event has put a block anywhere */
	for (unsigned int o = 0; io->reading && o < MM_MAX_ORDERS; o++)
		for (unsigned int t = 0; t < MM_NR_PCPTYPES; t++)
			z->over[o][t] = m->core.position ? (struct list_over){ UINT32_MAX, UINT32_MAX, MM_NIL } :
							   (struct list_over){ 0 };
}

static void node(struct mm_io *io, struct mm_node_info *n)
{
	IO_NUM(io, n->present, 1);
	IO_NUM(io, n->kswapd_awake, 1);
	IO_NUM(io, n->kswapd_order, UINT32_MAX);
	IO_NUM(io, n->kswapd_failures, UINT32_MAX);
	IO_NUM(io, n->kswapd_slept, MM_KSWAPD_SLEEP_GAVE_UP);
	IO_NUM(io, n->kcompactd_awake, 1);
	IO_NUM(io, n->kcompactd_order, UINT32_MAX);
	IO_NUM(io, n->nr_direct_reclaim, MM_MAX_CTX);
	IO_NUM(io, n->nr_direct_compact, MM_MAX_CTX);
	IO_NUM(io, n->compacting, 1);
	IO_NUM(io, n->migrate_pfn, UINT64_MAX);
	IO_NUM(io, n->free_pfn, UINT64_MAX);
}

static void ctx(struct mm_io *io, struct task_ctx *c, unsigned int nr_zones, int64_t nr_orders)
{
	IO_INT(io, c->pid, INT32_MIN, INT32_MAX);
	IO_NUM(io, c->in_reclaim, UINT8_MAX);
	IO_NUM(io, c->in_compact, UINT8_MAX);
	IO_NUM(io, c->kind, CTX_KCOMPACTD);
	IO_INT(io, c->order, -1, nr_orders - 1);
	IO_INT(io, c->request, -1, nr_orders - 1);
	IO_NUM(io, c->sync, UINT8_MAX);
	IO_NUM(io, c->search_order, UINT8_MAX);
	IO_NUM(io, c->search_fail, UINT8_MAX);
	IO_NUM(io, c->movable, 1);
	IO_NUM(io, c->ignore_skip, 1);
	IO_INT(io, c->zone, -1, (int64_t)nr_zones - 1);
	IO_NUM(io, c->migrate_pfn, UINT64_MAX);
	IO_NUM(io, c->free_pfn, UINT64_MAX);
	IO_NUM(io, c->start_event, UINT64_MAX);
}

static void stall(struct mm_io *io, struct stall *s, unsigned int nr_orders)
{
	IO_INT(io, s->pid, INT32_MIN, INT32_MAX);
	IO_NUM(io, s->order, nr_orders - 1);
	IO_NUM(io, s->mt, UINT8_MAX);
	IO_NUM(io, s->in_reclaim, 1);
	IO_NUM(io, s->reclaims, UINT32_MAX);
	IO_NUM(io, s->compactions, UINT32_MAX);
	IO_NUM(io, s->event, UINT32_MAX);
	IO_NUM(io, s->reclaimed, UINT64_MAX);
	IO_NUM(io, s->ts, UINT64_MAX);
}

static void base(struct mm_io *io, struct base_event *b)
{
	IO_NUM(io, b->event, UINT32_MAX);
	IO_NUM(io, b->kind, UINT8_MAX);
	IO_NUM(io, b->preempt, UINT8_MAX);
	IO_NUM(io, b->irq_frees, UINT8_MAX);
	IO_NUM(io, b->irq_preempt, UINT8_MAX);
	IO_INT(io, b->pid, INT32_MIN, INT32_MAX);
	IO_NUM(io, b->run_start, UINT32_MAX);
	IO_NUM(io, b->alloc_event, UINT32_MAX);
	IO_NUM(io, b->paused_from, UINT32_MAX);
	IO_NUM(io, b->raced, UINT32_MAX);
	IO_NUM(io, b->raced_event, UINT32_MAX);
}

static void taken(struct mm_io *io, struct mm_machine *m)
{
	struct mm_observer *o = m->obs;

	IO_NUM(io, o->nr_taken, MM_MAX_TAKEN);
	for (unsigned int i = 0; i < o->nr_taken; i++) {
		struct taken_block *t = &o->taken[i];
		int z;

		IO_INT(io, t->pid, INT32_MIN, INT32_MAX);
		IO_NUM(io, t->pfn, UINT32_MAX);
		IO_NUM(io, t->event, UINT32_MAX);
		IO_NUM(io, t->order, m->nr_orders - 1);
		IO_NUM(io, t->over, 1);
		if (!io->reading)
			continue;
		z = mm_zone_index(m, t->pfn);
		if (z < 0 || (t->pfn & ((1u << t->order) - 1)) || t->pfn + (1ull << t->order) > m->core.zone[z].end)
			mm_io_bad(io, "the block at page %u of order %u can't be there", t->pfn, t->order);
	}
}

/* What the observer remembers; a machine that decides itself has none. */
static void observer(struct mm_io *io, struct mm_machine *m)
{
	struct mm_core *c = &m->core;
	struct mm_observer *o = m->obs;

	IO_NUM(io, o->counts_preempt, 1);
	IO_NUM(io, o->lost_at, m->core.position);
	IO_NUM(io, o->compacted, 1);
	IO_NUM(io, o->report_due, UINT64_MAX);
	IO_NUM(io, o->last_take_pfn, UINT64_MAX);
	IO_NUM(io, o->last_take_cpu, UINT32_MAX);
	IO_NUM(io, o->last_take_order, UINT8_MAX);
	IO_NUM(io, o->last_take_mt, UINT8_MAX);
	IO_NUM(io, o->last_take_block_mt, UINT8_MAX);
	IO_NUM(io, o->last_take_event, UINT64_MAX);
	IO_NUM(io, o->nr_stalls, MM_MAX_STALLS);
	for (unsigned int i = 0; i < o->nr_stalls; i++)
		stall(io, &o->stall[i], m->nr_orders);
	IO_NUM(io, o->nr_ctx, MM_MAX_CTX);
	for (unsigned int i = 0; i < o->nr_ctx; i++)
		ctx(io, &o->ctx[i], c->nr_zones, m->nr_orders);
	IO_NUM(io, o->nr_pending, MM_MAX_PENDING);
	for (unsigned int i = 0; i < o->nr_pending; i++) {
		struct pending_pick *p = &o->pending[i];

		IO_INT(io, p->pid, INT32_MIN, INT32_MAX);
		IO_NUM(io, p->min_pfn, UINT32_MAX);
		IO_NUM(io, p->event, UINT32_MAX);
		IO_NUM(io, p->order, m->nr_orders - 1);
		IO_NUM(io, p->counted, 1);
	}
	taken(io, m);
	IO_NUM(io, o->nr_isolations, MM_MAX_ISOLATIONS);
	for (unsigned int i = 0; i < o->nr_isolations; i++) {
		struct isolation *s = &o->isolation[i];

		IO_INT(io, s->pid, INT32_MIN, INT32_MAX);
		IO_NUM(io, s->kind, ISOLATION_OFFLINE);
		IO_NUM(io, s->stage, ISOLATION_DONE);
		IO_NUM(io, s->since, UINT32_MAX);
		IO_NUM(io, s->start, MM_MAX_PFN);
		IO_NUM(io, s->end, MM_MAX_PFN);
		IO_NUM(io, s->next, MM_MAX_PFN);
		IO_NUM(io, s->take_end, MM_MAX_PFN);
	}
	IO_NUM(io, o->nr_paused, MM_MAX_PAUSED);
	for (unsigned int i = 0; i < o->nr_paused; i++) {
		struct paused_run *p = &o->paused[i];

		IO_INT(io, p->pid, INT32_MIN, INT32_MAX);
		IO_NUM(io, p->run_start, UINT32_MAX);
		IO_NUM(io, p->cpu, m->nr_base - 1);
		IO_NUM(io, p->second_half, 1);
	}
	for (unsigned int i = 0; i < 16; i++)
		IO_NUM(io, o->paused_pids[i], UINT64_MAX);
	for (unsigned int i = 0; i < m->nr_base; i++)
		base(io, &o->base[i]);
}

void mm_image_core(struct mm_io *io, struct mm_machine *m)
{
	struct mm_core *c = &m->core;
	uint64_t number = seed_number(m);

	frame(io, m);
	IO_NUM(io, c->position, UINT64_MAX - 1);
	mm_io_num(io, &number, 0, 2, "the number of the snapshot");
	if (io->failed)
		return;
	if (io->reading) {
		struct mm_seed_map *s = number ? m->seed_map[number - 1] : m->seed_blank;

		if (!s) {
			mm_io_bad(io, "it speaks of a snapshot that isn't there");
			return;
		}
		if (m->seed != s) {
			/* nothing in common with the state before */
			mm_cow_clear(&m->pages);
			mm_cow_clear(&m->blocks);
			mm_seed_put(m->seed);
			m->seed = mm_seed_get(s);
		}
	}
	for (unsigned int i = 0; i < MM_CONTRA_COUNT; i++)
		IO_NUM(io, c->contra[i], UINT64_MAX);
	IO_NUM(io, c->in_snapshot, 1);
	IO_NUM(io, c->seeds_applied, 3);
	IO_NUM(io, c->seed_lost, UINT32_MAX);
	IO_NUM(io, c->seed_at, c->position);
	IO_NUM(io, c->seed_wrong, UINT64_MAX);
	IO_NUM(io, c->stale_at, UINT32_MAX);
	IO_NUM(io, c->reporting, 1);
	for (unsigned int i = 0; i < MM_MAX_NODES; i++) {
		node(io, &c->node[i]);
		if (c->node[i].present && i >= m->nodes_end)
			m->nodes_end = i + 1;
	}
	for (unsigned int i = 0; i < c->nr_zones && !io->failed; i++)
		zone(io, m, i);
	IO_NUM(io, c->nr_gfp, MM_MAX_GFP);
	for (unsigned int i = 0; i < c->nr_gfp; i++)
		IO_NUM(io, m->gfp[i], UINT64_MAX);
	for (unsigned int i = 0; i < c->nr_gfp && i < MM_GFP_ORDERS; i++)
		IO_NUM(io, c->gfp_order[i], UINT8_MAX);
	if (m->obs)
		observer(io, m);
}
