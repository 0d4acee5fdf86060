// SPDX-License-Identifier: GPL-2.0-only
/* Two runs, from their logs to their partings, in slices. */
#include <stdlib.h>
#include <string.h>

#include "index/part_priv.h"
#include "sg_mem.h"

static const char *origin(const struct sg_capture *cap)
{
	return cap->simulated ? cap->simulated->capture : cap->name;
}

static void take_zones(struct part_side *s, const struct mm_machine *m)
{
	struct mm_zone_info zi;

	s->nr_zones = mm_nr_zones(m);
	for (unsigned int i = 0; i < s->nr_zones; i++) {
		mm_zone_get(m, i, &zi);
		s->zone[i] = (struct part_zone){ .start = zi.start_pfn, .end = zi.end_pfn, .node = zi.node };
		memcpy(s->zone[i].name, zi.name, sizeof(s->zone[i].name));
	}
}

/* Numbers of zones and migratetypes are each run's own. */
static void match_names(struct mm_part *p)
{
	const struct part_side *a = &p->side[0], *b = &p->side[1];

	for (unsigned int i = 0; i < b->nr_zones; i++) {
		p->zone_of[i] = -1;
		for (unsigned int k = 0; k < a->nr_zones && k < INT8_MAX; k++)
			if (a->zone[k].node == b->zone[i].node && strcmp(a->zone[k].name, b->zone[i].name) == 0)
				p->zone_of[i] = (int8_t)k;
	}
	for (unsigned int i = 0; i < SG_MAX_MIGRATETYPES; i++) {
		p->mt_of[i] = MM_MT_UNKNOWN;
		for (unsigned int k = 0; i < b->cap->nr_migratetypes && k < a->cap->nr_migratetypes; k++)
			if (b->cap->migratetype[i][0] && strcmp(a->cap->migratetype[k], b->cap->migratetype[i]) == 0)
				p->mt_of[i] = (uint8_t)k;
	}
}

/* What only one recording has events of is no difference. */
static void match_events(struct mm_part *p)
{
	static const struct {
		enum sg_kind kind;
		uint8_t did;
	} of[] = { { SG_EV_mm_vmscan_direct_reclaim_begin, MM_DID_RECLAIM }, { SG_EV_mm_compaction_try_to_compact_pages, MM_DID_COMPACT },
		   { SG_EV_mm_vmscan_wakeup_kswapd, MM_DID_WAKE_KSWAPD },
		   { SG_EV_mm_compaction_wakeup_kcompactd, MM_DID_WAKE_KCOMPACTD }, { SG_EV_mark_victim, MM_DID_KILL } };
	const struct sg_capture *a = p->side[0].cap, *b = p->side[1].cap;

	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++)
		if (sg_capture_records(a, of[i].kind) && sg_capture_records(b, of[i].kind))
			p->told |= of[i].did;
	p->fall_told = sg_capture_records(a, SG_EV_mm_page_alloc_extfrag) && sg_capture_records(b, SG_EV_mm_page_alloc_extfrag);
}

struct mm_part *mm_part_new(const struct mm_part_run run[2])
{
	struct mm_part *p = sg_calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->most = MM_PART_NONE;
	for (unsigned int k = 0; k < 2; k++) {
		struct part_side *s = &p->side[k];

		s->log = run[k].log;
		s->cap = run[k].cap;
		sg_log_seek(s->log, &s->cur, 1);
		take_zones(s, run[k].m);
		s->refill = sg_calloc(PART_REFILLS, sizeof(*s->refill));
	}
	if (!p->side[0].refill || !p->side[1].refill) {
		mm_part_free(p);
		return NULL;
	}
	match_names(p);
	match_events(p);
	p->same_capture = strcmp(origin(run[0].cap), origin(run[1].cap)) == 0;
	/* what lies before the start of a simulated run is nobody's counterpart */
	for (unsigned int k = 0; p->same_capture && k < 2; k++)
		if (run[1 - k].cap->simulated && !run[k].cap->simulated)
			p->side[k].from = run[1 - k].cap->simulated->from;
	return p;
}

void mm_part_free(struct mm_part *p)
{
	if (!p)
		return;
	for (unsigned int k = 0; k < 2; k++) {
		free(p->side[k].ask);
		free(p->side[k].task);
		free(p->side[k].slot);
		free(p->side[k].same);
		free(p->side[k].order);
		free(p->side[k].refill);
	}
	free(p->parting);
	free(p);
}

/* An event of run 0, and when it has no more, of run 1. */
static void scan(struct mm_part *p)
{
	unsigned int k = p->side[0].total || !sg_log_count(p->side[0].log);
	int r = mm_part_scan(&p->side[k]);

	if (r < 0) {
		p->stage = PART_FAILED;
	} else if (r == 0 && k == 1) {
		p->stage = PART_ALIGN;
		mm_part_mates(p);
	}
}

bool mm_part_work(struct mm_part *p, uint64_t max)
{
	for (uint64_t i = 0; i < max; i++) {
		if (p->stage == PART_SCAN) {
			scan(p);
		} else if (p->stage == PART_ALIGN) {
			p->steps++;
			if (!mm_part_align(p) && p->stage == PART_ALIGN)
				p->stage = PART_LIST;
		} else if (p->stage == PART_LIST) {
			p->stage = mm_part_list(p) ? PART_DONE : PART_FAILED;
		} else {
			return false;
		}
	}
	return p->stage < PART_DONE;
}

bool mm_part_done(const struct mm_part *p)
{
	return p->stage == PART_DONE;
}

bool mm_part_failed(const struct mm_part *p)
{
	return p->stage == PART_FAILED;
}

unsigned int mm_part_progress(const struct mm_part *p)
{
	uint64_t of = sg_log_count(p->side[0].log) + sg_log_count(p->side[1].log) + p->side[0].nr + p->side[1].nr;

	if (p->stage >= PART_DONE || of == 0)
		return 1000;
	of = (p->side[0].at + p->side[1].at + p->steps) * 1000 / of;
	return of < 1000 ? (unsigned int)of : 999;
}

uint64_t mm_part_bytes(const struct mm_part *p)
{
	uint64_t n = sizeof(*p) + 2 * PART_REFILLS * sizeof(*p->side[0].refill) + (uint64_t)p->cap * sizeof(*p->parting);

	for (unsigned int k = 0; k < 2; k++) {
		const struct part_side *s = &p->side[k];

		n += (uint64_t)s->cap_asks * sizeof(*s->ask) + (uint64_t)s->cap_tasks * sizeof(*s->task) +
		     s->cap_slots * sizeof(*s->slot) + s->cap_same * sizeof(*s->same) + (s->order ? (uint64_t)p->nr * sizeof(*s->order) : 0);
	}
	return n;
}
