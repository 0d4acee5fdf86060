// SPDX-License-Identifier: GPL-2.0-only
/* Requests of two runs laid beside each other, and where they were answered otherwise. */
#include <stdlib.h>
#include <string.h>

#include "index/part_priv.h"
#include "sg_mem.h"

/* ---- who is who ---------------------------------------------------------------------------- */

static const char *comm_of(const struct part_side *s, const struct part_task *t)
{
	return t->pid < 0 ? "<idle>" : sg_capture_comm(s->cap, t->pid);
}

/* The first task of run 1 that is nobody's yet and has the pid, or the name. */
static uint32_t mate_of(const struct mm_part *p, const struct part_task *t)
{
	const struct part_side *a = &p->side[0], *b = &p->side[1];

	for (uint32_t i = 0; i < b->nr_tasks; i++) {
		const struct part_task *u = &b->task[i];

		if (u->mate != MM_PART_NONE || u->kernel || (u->pid < 0) != (t->pid < 0))
			continue;
		if (p->same_capture || t->pid < 0 ? u->pid == t->pid : strcmp(comm_of(a, t), comm_of(b, u)) == 0)
			return i;
	}
	return MM_PART_NONE;
}

void mm_part_mates(struct mm_part *p)
{
	struct part_side *a = &p->side[0], *b = &p->side[1];

	for (uint32_t i = 0; i < a->nr_tasks; i++) {
		uint32_t mate = a->task[i].kernel ? MM_PART_NONE : mate_of(p, &a->task[i]);

		a->task[i].mate = mate;
		if (mate != MM_PART_NONE)
			b->task[mate].mate = i;
	}
}

/* ---- partings --------------------------------------------------------------------------------- */

static struct mm_parting *add(struct mm_part *p)
{
	if (p->nr == p->cap) {
		uint32_t cap = p->cap ? 2 * p->cap : 256;
		struct mm_parting *n = p->nr >= UINT32_MAX / 2 ? NULL : sg_realloc(p->parting, cap * sizeof(*n));

		if (!n) {
			p->stage = PART_FAILED;
			return NULL;
		}
		p->parting = n;
		p->cap = cap;
	}
	return &p->parting[p->nr++];
}

/* Only run @side asked for it. */
static void alone(struct mm_part *p, unsigned int side, uint32_t i)
{
	const struct part_side *s = &p->side[side];
	const struct part_ask *a = &s->ask[i], *first;
	struct mm_parting *x = p->nr ? &p->parting[p->nr - 1] : NULL;
	uint64_t weight = a->ns + (UINT64_C(1) << a->order);

	if (a->did & p->told & MM_DID_KILL)
		weight |= MM_PART_FAILED;
	if (x && x->kinds == 1u << MM_PART_ALONE && x->ask[side] != MM_PART_NONE) {
		first = &s->ask[x->ask[side]];
		if (first->task == a->task && first->nth + x->nr == a->nth) {
			x->nr++;
			if (x->weight < MM_PART_FAILED)
				x->weight += weight;
			return;
		}
	}
	x = add(p);
	if (!x)
		return;
	*x = (struct mm_parting){ .ask = { MM_PART_NONE, MM_PART_NONE }, .nr = 1, .kinds = 1u << MM_PART_ALONE, .weight = weight };
	x->ask[side] = i;
	x->at[side] = a->event;
}

static uint8_t mapped(const struct mm_part *p, uint8_t mt)
{
	return mt < SG_MAX_MIGRATETYPES ? p->mt_of[mt] : MM_MT_UNKNOWN;
}

static uint64_t pages_of(const struct part_ask *a)
{
	return a->fall_mt == MM_MT_UNKNOWN ? 0 : UINT64_C(1) << a->fall_order;
}

static void compare(struct mm_part *p, uint32_t i, uint32_t j)
{
	const struct part_ask *a = &p->side[0].ask[i], *b = &p->side[1].ask[j];
	unsigned int kinds = 0, diff = (a->did ^ b->did) & p->told;
	bool fell = a->fall_mt != MM_MT_UNKNOWN;
	uint64_t weight = a->ns > b->ns ? a->ns - b->ns : b->ns - a->ns;
	struct mm_parting *x;

	if (a->got != b->got)
		kinds |= 1u << MM_PART_OUTCOME;
	if (diff & MM_DID_KILL)
		kinds |= 1u << MM_PART_KILL;
	if (diff & (MM_DID_RECLAIM | MM_DID_COMPACT))
		kinds |= 1u << MM_PART_STALL;
	if (diff & (MM_DID_WAKE_KSWAPD | MM_DID_WAKE_KCOMPACTD))
		kinds |= 1u << MM_PART_WAKE;
	if (p->fall_told && (fell != (b->fall_mt != MM_MT_UNKNOWN) ||
			     (fell && (mapped(p, b->fall_mt) != a->fall_mt || a->claimed != b->claimed)))) {
		kinds |= 1u << MM_PART_FALLBACK;
		weight += pages_of(a) > pages_of(b) ? pages_of(a) : pages_of(b);
	}
	if (a->order != b->order) {
		kinds |= 1u << MM_PART_ORDER;
		weight += a->order > b->order ? (UINT64_C(1) << a->order) - (UINT64_C(1) << b->order) :
						(UINT64_C(1) << b->order) - (UINT64_C(1) << a->order);
	}
	if (a->got && b->got && a->zone < MM_MAX_ZONES && b->zone < MM_MAX_ZONES && p->zone_of[b->zone] >= 0 &&
	    p->zone_of[b->zone] != a->zone)
		kinds |= 1u << MM_PART_ZONE;
	if (!kinds)
		return;
	if (kinds & (1u << MM_PART_OUTCOME | 1u << MM_PART_KILL))
		weight |= MM_PART_FAILED;
	x = add(p);
	if (x)
		*x = (struct mm_parting){ .ask = { i, j }, .nr = 1, .kinds = (uint8_t)kinds, .at = { a->event, b->event }, .weight = weight };
}

static void pair(struct mm_part *p)
{
	struct part_ask *a = &p->side[0].ask[p->i], *b = &p->side[1].ask[p->j];

	a->other = p->j;
	b->other = p->i;
	p->pairs++;
	compare(p, p->i, p->j);
	p->i = a->next;
	p->j = b->next;
}

/* ---- side by side ------------------------------------------------------------------------------- */

/* Where the task's requests go on with one for @key, from @i on: how many come before; UINT32_MAX: nowhere. */
static uint32_t until(const struct part_side *s, uint32_t i, uint32_t key)
{
	const struct part_ask *a = &s->ask[i];
	struct part_same *e = s->cap_same ? mm_part_same(s, a->task, key) : NULL;

	if (!e || !e->used)
		return UINT32_MAX;
	while (e->head != MM_PART_NONE && s->ask[e->head].nth < a->nth)
		e->head = s->ask[e->head].same;
	return e->head == MM_PART_NONE ? UINT32_MAX : s->ask[e->head].nth - a->nth;
}

static void pass(struct mm_part *p, unsigned int side, uint32_t *i, uint32_t nr)
{
	for (; nr && p->stage == PART_ALIGN; nr--) {
		alone(p, side, *i);
		*i = p->side[side].ask[*i].next;
		p->steps++;
	}
}

/* What is asked for differs. */
static void resume(struct mm_part *p)
{
	const struct part_ask *a = &p->side[0].ask[p->i], *b = &p->side[1].ask[p->j];
	uint32_t here = until(&p->side[0], p->i, b->key), there = until(&p->side[1], p->j, a->key);
	bool file_a = a->key >> 31, file_b = b->key >> 31;

	/* of one of them nothing tells which page of a file it was for, and the other's is asked for nowhere else */
	if (file_a != file_b && a->base == b->base && (file_a ? there : here) > MM_PART_FAR) {
		pair(p);
	} else if (here <= there && here <= MM_PART_FAR) {
		pass(p, 0, &p->i, here);
	} else if (there <= MM_PART_FAR) {
		pass(p, 1, &p->j, there);
	} else if (!file_a && !file_b && (a->base ^ b->base) <= 0xff) {
		pair(p); /* the same, but for its order */
	} else {
		pass(p, 0, &p->i, 1);
		pass(p, 1, &p->j, 1);
	}
}

/* The next pair of tasks, or a task alone. */
static bool next_task(struct mm_part *p)
{
	const struct part_side *a = &p->side[0], *b = &p->side[1];

	if (p->task >= a->nr_tasks + b->nr_tasks)
		return false;
	p->in_task = true;
	p->i = p->j = MM_PART_NONE;
	if (p->task < a->nr_tasks) {
		p->i = a->task[p->task].first;
		if (a->task[p->task].mate != MM_PART_NONE)
			p->j = b->task[a->task[p->task].mate].first;
	} else if (b->task[p->task - a->nr_tasks].mate == MM_PART_NONE) {
		p->j = b->task[p->task - a->nr_tasks].first;
	}
	return true;
}

bool mm_part_align(struct mm_part *p)
{
	if (!p->in_task)
		return next_task(p);
	if (p->i != MM_PART_NONE && p->side[0].ask[p->i].event <= p->side[0].from) {
		p->i = p->side[0].ask[p->i].next;
	} else if (p->j != MM_PART_NONE && p->side[1].ask[p->j].event <= p->side[1].from) {
		p->j = p->side[1].ask[p->j].next;
	} else if (p->i == MM_PART_NONE && p->j == MM_PART_NONE) {
		p->in_task = false;
		p->task++;
	} else if (p->i == MM_PART_NONE) {
		pass(p, 1, &p->j, 1);
	} else if (p->j == MM_PART_NONE) {
		pass(p, 0, &p->i, 1);
	} else if (p->side[0].ask[p->i].key == p->side[1].ask[p->j].key) {
		pair(p);
	} else {
		resume(p);
	}
	return p->stage == PART_ALIGN;
}

/* ---- their order -------------------------------------------------------------------------------- */

static int by_first(const void *x, const void *y)
{
	const struct mm_parting *a = x, *b = y;

	if (a->at[0] != b->at[0])
		return a->at[0] < b->at[0] ? -1 : 1;
	if (a->at[1] != b->at[1])
		return a->at[1] < b->at[1] ? -1 : 1;
	return 0;
}

static int by_second(const void *x, const void *y, void *arg)
{
	const struct mm_part *p = arg;
	uint32_t i = *(const uint32_t *)x, k = *(const uint32_t *)y;
	uint64_t a = p->parting[i].at[1], b = p->parting[k].at[1];

	if (a != b)
		return a < b ? -1 : 1;
	return i < k ? -1 : i > k;
}

bool mm_part_list(struct mm_part *p)
{
	uint32_t *order = sg_malloc((p->nr + 1) * sizeof(*order));

	if (!order)
		return false;
	p->side[1].order = order;
	for (unsigned int k = 0; k < 2; k++) {
		uint32_t paired = MM_PART_NONE;

		for (uint32_t i = 0; i < p->side[k].nr; i++) {
			if (p->side[k].ask[i].other != MM_PART_NONE)
				paired = i;
			p->side[k].ask[i].paired = paired;
		}
	}
	for (uint32_t i = 0; i < p->nr; i++) {
		struct mm_parting *x = &p->parting[i];

		for (unsigned int k = 0; k < 2; k++)
			if (x->ask[k] == MM_PART_NONE)
				x->at[k] = mm_part_in_step(p, 1 - k, x->at[1 - k], false);
	}
	if (p->nr)
		qsort(p->parting, p->nr, sizeof(*p->parting), by_first);
	for (uint32_t i = 0; i < p->nr; i++) {
		order[i] = i;
		for (unsigned int k = 0; k < MM_PART_COUNT; k++)
			p->count[k] += p->parting[i].kinds >> k & 1;
		if (p->most == MM_PART_NONE || p->parting[i].weight > p->parting[p->most].weight)
			p->most = i;
	}
	if (p->nr)
		qsort_r(order, p->nr, sizeof(*order), by_second, p);
	return true;
}

/* ---- questions ----------------------------------------------------------------------------------- */

uint32_t mm_part_asks(const struct mm_part *p, unsigned int side)
{
	return p->side[side].nr;
}

void mm_part_ask(const struct mm_part *p, unsigned int side, uint32_t i, struct mm_part_ask *ret)
{
	const struct part_side *s = &p->side[side];
	const struct part_ask *a = &s->ask[i];
	int32_t pid = s->task[a->task].pid;

	*ret = (struct mm_part_ask){ .event = a->event, .tells = a->tells, .ns = a->ns, .other = a->other, .pid = pid < 0 ? 0 : pid,
				     .order = a->order, .mt = a->mt, .got = a->got, .zone = a->zone < MM_MAX_ZONES ? a->zone : -1,
				     .did = a->did, .listed = a->listed, .fall_mt = a->fall_mt, .fall_order = a->fall_order, .claimed = a->claimed };
}

uint32_t mm_part_ask_at(const struct mm_part *p, unsigned int side, uint64_t pos)
{
	const struct part_side *s = &p->side[side];
	uint32_t low = 0, high = s->nr;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (s->ask[mid].event <= pos)
			low = mid + 1;
		else
			high = mid;
	}
	return low ? low - 1 : MM_PART_NONE;
}

uint32_t mm_part_pairs(const struct mm_part *p)
{
	return p->pairs;
}

uint32_t mm_part_count(const struct mm_part *p)
{
	return p->nr;
}

uint32_t mm_part_kind_count(const struct mm_part *p, enum mm_part_kind k)
{
	return p->count[k];
}

bool mm_part_get(const struct mm_part *p, uint32_t i, struct mm_parting *ret)
{
	if (i >= p->nr)
		return false;
	*ret = p->parting[i];
	return true;
}

static uint32_t nth(const struct mm_part *p, unsigned int side, uint32_t i)
{
	return side ? p->side[1].order[i] : i;
}

uint32_t mm_part_rank(const struct mm_part *p, unsigned int side, uint64_t pos)
{
	uint32_t low = 0, high = p->nr;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (p->parting[nth(p, side, mid)].at[side] <= pos)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

uint32_t mm_part_find(const struct mm_part *p, unsigned int side, uint64_t pos, int dir)
{
	uint32_t i = dir > 0 ? mm_part_rank(p, side, pos) : pos ? mm_part_rank(p, side, pos - 1) : 0;

	if (dir > 0)
		return i < p->nr ? nth(p, side, i) : MM_PART_NONE;
	return i ? nth(p, side, i - 1) : MM_PART_NONE;
}

uint32_t mm_part_most(const struct mm_part *p)
{
	return p->most;
}

int64_t mm_part_clocks(const struct mm_part *p)
{
	const struct part_side *a = &p->side[0], *b = &p->side[1];

	if (p->same_capture)
		return 0;
	return a->marked && b->marked ? (int64_t)(b->mark - a->mark) : (int64_t)(b->first_ts - a->first_ts);
}

static uint64_t by_time(const struct mm_part *p, unsigned int side, uint64_t pos)
{
	const struct part_side *s = &p->side[side], *o = &p->side[1 - side];
	int64_t by = side ? -mm_part_clocks(p) : mm_part_clocks(p);
	struct sg_cursor cur = { 0 };
	struct sg_event ev;

	if (!pos || !sg_log_get(s->log, &cur, pos, &ev))
		return 0;
	if (by < 0 && ev.ts < (uint64_t)-by)
		return 0;
	return sg_log_find_ts(o->log, ev.ts + (uint64_t)by);
}

uint64_t mm_part_in_step(const struct mm_part *p, unsigned int side, uint64_t pos, bool time)
{
	const struct part_side *s = &p->side[side], *o = &p->side[1 - side];
	uint32_t i;

	if (pos >= s->total)
		return o->total;
	if (time)
		return by_time(p, side, pos);
	i = mm_part_ask_at(p, side, pos);
	if (i != MM_PART_NONE)
		i = s->ask[i].paired;
	return i == MM_PART_NONE ? 0 : o->ask[s->ask[i].other].event;
}
