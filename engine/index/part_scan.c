// SPDX-License-Identifier: GPL-2.0-only
/* A run's requests, each with what it took to get its page, out of its events. */
#include <stdlib.h>
#include <string.h>

#include "index/part_priv.h"
#include "sg_mem.h"

#define IN_INTERRUPT 0x18u /* include/linux/trace_events.h: TRACE_FLAG_HARDIRQ, _SOFTIRQ, 6.1 to 7.3 */

/* ---- tables ----------------------------------------------------------------------------- */

static uint32_t mix(uint32_t a, uint32_t b)
{
	uint64_t x = ((uint64_t)a << 32 | b) * UINT64_C(0x9e3779b97f4a7c15);

	return (uint32_t)(x >> 32 ^ x >> 7);
}

struct part_same *mm_part_same(const struct part_side *s, uint32_t task, uint32_t key)
{
	size_t i = mix(task, key);

	while (s->same[i & (s->cap_same - 1)].used &&
	       (s->same[i & (s->cap_same - 1)].task != task || s->same[i & (s->cap_same - 1)].key != key))
		i++;
	return &s->same[i & (s->cap_same - 1)];
}

static bool grow_same(struct part_side *s)
{
	struct part_side n = { .cap_same = s->cap_same ? 2 * s->cap_same : 256 };

	n.same = sg_calloc(n.cap_same, sizeof(*n.same));
	if (!n.same)
		return false;
	for (size_t i = 0; i < s->cap_same; i++)
		if (s->same[i].used)
			*mm_part_same(&n, s->same[i].task, s->same[i].key) = s->same[i];
	free(s->same);
	s->same = n.same;
	s->cap_same = n.cap_same;
	return true;
}

/* The request's key is what it is: it goes behind the task's others of that key. */
static bool close_ask(struct part_side *s, struct part_task *t)
{
	struct part_same *e;
	struct part_ask *a;

	if (!t->open)
		return true;
	t->open = false;
	if (2 * (s->nr_same + 1) > s->cap_same && !grow_same(s))
		return false;
	a = &s->ask[t->last];
	e = mm_part_same(s, a->task, a->key);
	if (!e->used) {
		*e = (struct part_same){ .task = a->task, .key = a->key, .head = t->last, .tail = t->last, .used = true };
		s->nr_same++;
	} else {
		s->ask[e->tail].same = t->last;
		e->tail = t->last;
	}
	return true;
}

static size_t slot_of(const uint32_t *slot, size_t cap, const struct part_task *task, int32_t pid)
{
	size_t i = mix(0, (uint32_t)pid);

	while (slot[i & (cap - 1)] && task[slot[i & (cap - 1)] - 1].pid != pid)
		i++;
	return i & (cap - 1);
}

static bool grow_tasks(struct part_side *s)
{
	size_t cap = s->cap_slots ? 2 * s->cap_slots : 64;
	uint32_t *slot = sg_calloc(cap, sizeof(*slot));
	struct part_task *task = sg_realloc(s->task, cap / 2 * sizeof(*task));

	if (task)
		s->task = task;
	if (!task || !slot) {
		free(slot);
		return false;
	}
	for (uint32_t i = 0; i < s->nr_tasks; i++)
		slot[slot_of(slot, cap, s->task, s->task[i].pid)] = i + 1;
	free(s->slot);
	s->slot = slot;
	s->cap_slots = cap;
	s->cap_tasks = (uint32_t)(cap / 2);
	return true;
}

/* Threads of the kernel are known by their names only. */
static bool is_kernel(const struct sg_capture *cap, int32_t pid)
{
	const char *comm = sg_capture_comm(cap, pid);

	return strncmp(comm, "kswapd", 6) == 0 || strncmp(comm, "kcompactd", 9) == 0;
}

/* The idle task is one for each CPU. */
static struct part_task *task_of(struct part_side *s, const struct sg_event *ev)
{
	int32_t pid = ev->pid ? ev->pid : -1 - (int32_t)ev->cpu;
	size_t i;

	if (s->nr_tasks == s->cap_tasks && !grow_tasks(s))
		return NULL;
	i = slot_of(s->slot, s->cap_slots, s->task, pid);
	if (!s->slot[i]) {
		s->task[s->nr_tasks] = (struct part_task){ .pid = pid, .kernel = is_kernel(s->cap, ev->pid), .first = MM_PART_NONE,
							   .last = MM_PART_NONE, .mate = MM_PART_NONE, .fall_mt = MM_MT_UNKNOWN,
							   .last_pfn = UINT64_MAX };
		s->slot[i] = ++s->nr_tasks;
	}
	return &s->task[s->slot[i] - 1];
}

/* ---- requests ----------------------------------------------------------------------------- */

static uint8_t zone_of(const struct part_side *s, uint64_t pfn)
{
	unsigned int best = MM_MAX_ZONES;

	/* spans may lie in each other: the smallest one is meant */
	for (unsigned int i = 0; i < s->nr_zones; i++)
		if (pfn >= s->zone[i].start && pfn < s->zone[i].end &&
		    (best == MM_MAX_ZONES || s->zone[i].end - s->zone[i].start < s->zone[best].end - s->zone[best].start))
			best = i;
	return (uint8_t)best;
}

static struct part_refill *refill_of(const struct part_side *s, uint64_t pfn)
{
	return &s->refill[(pfn ^ pfn >> 15) & (PART_REFILLS - 1)];
}

/* The page is taken, or given back: where it came from before doesn't matter any more.  Return: the event that put it there, 0 none */
static uint64_t off_list(struct part_side *s, uint64_t pfn)
{
	struct part_refill *r = refill_of(s, pfn);
	uint64_t event = r->pfn == pfn ? r->event : 0;

	if (event)
		r->event = 0;
	return event;
}

static bool add_ask(struct part_side *s, struct part_task *t, const struct sg_event *ev, uint64_t refill, bool alone)
{
	uint64_t pfn = ev->v[SGF_mm_page_alloc_pfn], order = ev->v[SGF_mm_page_alloc_order],
		 mt = ev->v[SGF_mm_page_alloc_migratetype], may = s->cap->gfp.direct_reclaim;
	bool got = pfn != 0 && pfn != UINT64_MAX && pfn != UINT32_MAX;
	struct part_ask *a;

	if (!close_ask(s, t))
		return false;
	if (s->nr == s->cap_asks) {
		uint32_t cap = s->cap_asks ? s->cap_asks * 2 : 1024;

		a = s->nr >= UINT32_MAX / 2 ? NULL : sg_realloc(s->ask, cap * sizeof(*a));
		if (!a)
			return false;
		s->ask = a;
		s->cap_asks = cap;
	}
	a = &s->ask[s->nr];
	*a = (struct part_ask){
		.event = s->at, .tells = s->at, .task = (uint32_t)(t - s->task), .nth = t->nr, .next = MM_PART_NONE,
		.same = MM_PART_NONE, .other = MM_PART_NONE, .order = (uint8_t)order,
		.mt = mt < SG_MAX_MIGRATETYPES ? (uint8_t)mt : MM_MT_UNKNOWN, .fall_mt = MM_MT_UNKNOWN,
		.zone = got ? zone_of(s, pfn) : MM_MAX_ZONES, .got = got,
	};
	a->key = a->base = (uint32_t)order | (uint32_t)a->mt << 8 |
		 (!may || ev->v[SGF_mm_page_alloc_gfp_flags] & may ? 1u << 16 : 0);
	if (!alone) {
		a->tells = t->tells ? t->tells : refill ? refill : t->pick ? t->pick : s->at;
		a->listed = !t->tells && (refill || !t->pick);
		a->ns = t->stalled && ev->ts > t->since ? ev->ts - t->since : 0;
		a->did = t->did;
		a->fall_mt = t->fall_mt;
		a->fall_order = t->fall_order;
		a->claimed = t->claimed;
		t->tells = t->pick = 0;
		t->did = t->fall_order = 0;
		t->fall_mt = MM_MT_UNKNOWN;
		t->claimed = t->stalled = false;
	}
	if (t->first == MM_PART_NONE)
		t->first = s->nr;
	else
		s->ask[t->last].next = s->nr;
	t->last = s->nr++;
	t->nr++;
	t->open = true;
	t->last_pfn = got ? pfn : UINT64_MAX;
	return true;
}

static bool on_alloc(struct part_side *s, struct part_task *t, const struct sg_event *ev)
{
	uint64_t may = s->cap->gfp.direct_reclaim;
	uint64_t pfn = ev->v[SGF_mm_page_alloc_pfn], refill;
	bool got = pfn != 0 && pfn != UINT64_MAX && pfn != UINT32_MAX;
	bool alone = ev->common_flags & IN_INTERRUPT || (may && !(ev->v[SGF_mm_page_alloc_gfp_flags] & may));

	refill = got ? off_list(s, pfn) : 0;
	/* what reclaim and compaction take is theirs; a simulated run doesn't tell an interrupt's request there from it */
	if (t->in_reclaim || t->in_run || ev->v[SGF_mm_page_alloc_order] >= MM_MAX_ORDERS)
		return true;
	/* an interrupt's, in the middle of a request that stalls, isn't its end */
	return add_ask(s, t, ev, refill, alone && t->stalled);
}

static void did(struct part_side *s, struct part_task *t, const struct sg_event *ev, unsigned int what)
{
	t->did |= (uint8_t)what;
	if (!t->tells)
		t->tells = s->at;
	if (!(what & (MM_DID_RECLAIM | MM_DID_COMPACT)) || t->stalled)
		return;
	t->stalled = true;
	t->since = ev->ts;
}

static void on_extfrag(struct part_side *s, struct part_task *t, const struct sg_event *ev)
{
	uint64_t mt = ev->v[SGF_mm_page_alloc_extfrag_fallback_migratetype],
		 order = ev->v[SGF_mm_page_alloc_extfrag_fallback_order],
		 own = ev->v[SGF_mm_page_alloc_extfrag_change_ownership];

	if (!t->tells)
		t->tells = s->at;
	if (t->fall_mt != MM_MT_UNKNOWN || mt >= SG_MAX_MIGRATETYPES)
		return; /* a refill may need several; the first one decides */
	t->fall_mt = (uint8_t)mt;
	t->fall_order = order < MM_MAX_ORDERS ? (uint8_t)order : 0;
	t->claimed = own && own != SG_MISSING;
}

/* The page of a file that was asked for is the surest of keys. */
static void on_cache(struct part_side *s, struct part_task *t, const struct sg_event *ev)
{
	if (!t->open || ev->v[SGF_mm_filemap_add_to_page_cache_pfn] != t->last_pfn)
		return;
	s->ask[t->last].key = 1u << 31 | mix(mix((uint32_t)ev->v[SGF_mm_filemap_add_to_page_cache_i_ino],
						 (uint32_t)ev->v[SGF_mm_filemap_add_to_page_cache_s_dev]),
					     (uint32_t)ev->v[SGF_mm_filemap_add_to_page_cache_index]);
}

static void on_mark(struct part_side *s, const struct sg_event *ev)
{
	static const char text[] = "snapshot-begin-done";

	if (s->marked || !ev->str || ev->str_len < sizeof(text) - 1 || memcmp(ev->str, text, sizeof(text) - 1) != 0)
		return;
	s->marked = true;
	s->mark = ev->ts;
}

static bool on_event(struct part_side *s, const struct sg_event *ev)
{
	struct part_task *t;
	bool busy;

	if (ev->kind == SG_EV_print) {
		on_mark(s, ev);
		return true;
	}
	t = task_of(s, ev);
	if (!t)
		return false;
	if (ev->kind == SG_EV_mm_page_alloc_zone_locked && ev->v[SGF_mm_page_alloc_zone_locked_percpu_refill] == 1)
		*refill_of(s, ev->v[SGF_mm_page_alloc_zone_locked_pfn]) =
			(struct part_refill){ ev->v[SGF_mm_page_alloc_zone_locked_pfn], s->at };
	else if (ev->kind == SG_EV_mm_page_free)
		off_list(s, ev->v[SGF_mm_page_free_pfn]);
	if (t->kernel)
		return true;
	busy = t->in_reclaim || t->in_run || ev->common_flags & IN_INTERRUPT;
	switch (ev->kind) {
	case SG_EV_mm_page_alloc:
		return on_alloc(s, t, ev);
	case SG_EV_mm_page_alloc_extfrag:
		if (!busy)
			on_extfrag(s, t, ev);
		break;
	case SG_EV_mm_page_alloc_zone_locked:
		if (!busy && ev->v[SGF_mm_page_alloc_zone_locked_percpu_refill] != 1)
			t->pick = s->at;
		break;
	case SG_EV_mm_vmscan_wakeup_kswapd:
		if (!busy)
			did(s, t, ev, MM_DID_WAKE_KSWAPD);
		break;
	case SG_EV_mm_compaction_wakeup_kcompactd:
		if (!busy)
			did(s, t, ev, MM_DID_WAKE_KCOMPACTD);
		break;
	case SG_EV_mm_vmscan_direct_reclaim_begin:
		did(s, t, ev, MM_DID_RECLAIM);
		t->in_reclaim = true;
		break;
	case SG_EV_mm_vmscan_direct_reclaim_end:
		t->in_reclaim = false;
		break;
	case SG_EV_mm_compaction_try_to_compact_pages:
		did(s, t, ev, MM_DID_COMPACT);
		break;
	case SG_EV_mm_compaction_begin:
		t->in_run = true;
		break;
	case SG_EV_mm_compaction_end:
		t->in_run = false;
		break;
	case SG_EV_mark_victim:
		did(s, t, ev, MM_DID_KILL);
		break;
	case SG_EV_mm_filemap_add_to_page_cache:
		on_cache(s, t, ev);
		break;
	default:
		break;
	}
	return true;
}

int mm_part_scan(struct part_side *s)
{
	struct sg_event ev;

	if (sg_log_next(&s->cur, &ev)) {
		if (s->at == 0)
			s->first_ts = ev.ts;
		s->at++;
		return on_event(s, &ev) ? 1 : SG_E_NOMEM;
	}
	for (uint32_t i = 0; i < s->nr_tasks; i++)
		if (!close_ask(s, &s->task[i]))
			return SG_E_NOMEM;
	s->total = s->at;
	return 0;
}
