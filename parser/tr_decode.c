// SPDX-License-Identifier: GPL-2.0-only
/* From the bytes of a record to struct sg_event. */
#include "tr_priv.h"

#include <stdio.h>
#include <stdlib.h>

#define ARENA_PART (64u << 10)

void tr_arena_reset(struct tr_arena *a)
{
	for (struct tr_arena_part *p = a->first; p; p = p->next)
		p->used = 0;
	a->cur = a->first;
}

char *tr_arena_copy(struct tr_arena *a, const char *s, size_t n)
{
	struct tr_arena_part *p = a->cur;
	char *dst;

	while (p && p->cap - p->used < n && p->next)
		p = p->next;
	if (!p || p->cap - p->used < n) {
		size_t cap = n > ARENA_PART ? n : ARENA_PART;
		struct tr_arena_part *np = sg_malloc(sizeof(*np) + cap);

		if (!np)
			return NULL;
		*np = (struct tr_arena_part){ .cap = cap };
		if (p)
			p->next = np;
		else
			a->first = np;
		p = np;
	}
	a->cur = p;
	dst = p->data + p->used;
	memcpy(dst, s, n);
	p->used += n;
	return dst;
}

void tr_arena_free(struct tr_arena *a)
{
	while (a->first) {
		struct tr_arena_part *p = a->first;

		a->first = p->next;
		free(p);
	}
	a->cur = NULL;
}

/* The text of a string slot; its length goes into the slot. */
static uint64_t load_str(struct tr_capture *tc, const struct tr_load *l, const uint8_t *rec,
			 uint32_t len, struct sg_event *ev)
{
	uint32_t off = l->off, n = l->size, loc;
	const char *s;
	size_t used;

	switch (l->str) {
	case TR_STR_REST:
		if (off > len)
			return SG_MISSING;
		n = len - off;
		break;
	case TR_STR_LOC:
	case TR_STR_REL_LOC: /* length in the upper half, offset in the lower */
		if (off + 4 > len)
			return SG_MISSING;
		loc = tr_rd32(rec + off, tc->head.swap);
		n = loc >> 16;
		off = (loc & 0xffff) + (l->str == TR_STR_REL_LOC ? off + 4 : 0);
		break;
	}
	if (off > len || n > len - off)
		return SG_MISSING;
	s = (const char *)rec + off;
	used = strnlen(s, n);
	if (ev->kind == SG_EV_print && used && s[used - 1] == '\n')
		used--; /* the kernel ends every marker with one */
	ev->str = tr_arena_copy(&tc->arena, s, used);
	ev->str_len = ev->str ? (uint32_t)used : 0;
	return ev->str_len;
}

static inline uint64_t load(struct tr_capture *tc, const struct tr_load *l, const uint8_t *rec,
			    uint32_t len, bool swap, struct sg_event *ev)
{
	const uint8_t *p = rec + l->off;
	uint32_t w;

	switch (l->op) {
	case TR_LD_U8:
		return *p;
	case TR_LD_U16:
		return tr_rd16(p, swap);
	case TR_LD_U32:
		return tr_rd32(p, swap);
	case TR_LD_U64:
		return tr_rd64(p, swap);
	case TR_LD_S8:
		return (uint64_t)(int64_t)(int8_t)*p;
	case TR_LD_S16:
		return (uint64_t)(int64_t)(int16_t)tr_rd16(p, swap);
	case TR_LD_S32:
		return (uint64_t)(int64_t)(int32_t)tr_rd32(p, swap);
	case TR_LD_PFN32:
		w = tr_rd32(p, swap);
		return w == UINT32_MAX ? UINT64_MAX : w;
	case TR_LD_STR:
		return load_str(tc, l, rec, len, ev);
	default:
		return SG_MISSING;
	}
}

/* For records that are too short: each load is checked. */
static uint64_t load_checked(struct tr_capture *tc, const struct tr_load *l, const uint8_t *rec,
			     uint32_t len, struct sg_event *ev)
{
	if (l->op != TR_LD_STR && (uint32_t)l->off + l->size > len)
		return SG_MISSING;
	return load(tc, l, rec, len, tc->head.swap, ev);
}

static void common_checked(struct tr_capture *tc, const struct tr_desc *d, const uint8_t *rec,
			   uint32_t len, struct sg_event *ev)
{
	uint64_t v = load_checked(tc, &d->flags, rec, len, ev);

	ev->common_flags = v == SG_MISSING ? 0 : (uint8_t)v;
	v = load_checked(tc, &d->preempt, rec, len, ev);
	ev->preempt = v == SG_MISSING ? 0 : (uint8_t)v;
	v = d->pid.op == TR_LD_MISSING || (uint32_t)d->pid.off + d->pid.size > len
		    ? 0
		    : load(tc, &d->pid, rec, len, tc->head.swap, ev);
	ev->pid = (int32_t)v;
}

/* A record whose id no format describes. */
static void unknown(struct tr_capture *tc, struct sg_event *ev, bool have_id, unsigned int id)
{
	char name[32];
	int n = have_id ? snprintf(name, sizeof(name), "event-%u", id)
			: snprintf(name, sizeof(name), "(no id)");

	tc->other[tr_other(tc, have_id ? (int)id : -1, (struct tr_span){ name, (size_t)n })]
		.count++;
	ev->v[SGF_other_id] = have_id ? id : SG_MISSING;
}

void tr_decode(struct tr_capture *tc, const struct tr_stream *s, struct sg_event *ev)
{
	const uint8_t *rec = s->rec;
	const uint32_t len = s->rec_len;
	const bool swap = tc->head.swap;
	const struct tr_desc *d;
	bool have_id = (uint32_t)tc->type.off + 2 <= len;
	unsigned int id = have_id ? tr_rd16(rec + tc->type.off, swap) : 0;

	d = &tc->desc[have_id ? tc->by_id[id] : 0];
	ev->ts = s->ts;
	ev->kind = d->kind;
	ev->cpu = s->cpu;
	ev->instance = s->inst;
	ev->missed = s->missed;
	ev->str = NULL;
	ev->str_len = 0;
	if (d->std_common && len >= 8) {
		ev->common_flags = rec[2];
		ev->preempt = rec[3];
		ev->pid = (int32_t)tr_rd32(rec + 4, swap);
	} else {
		common_checked(tc, d, rec, len, ev);
	}
	tc->seen[d->kind]++;
	if (d->kind == SG_EV_other) {
		if (d == tc->desc) {
			unknown(tc, ev, have_id, id);
		} else {
			tc->other[d->other].count++;
			ev->v[SGF_other_id] = id;
		}
		return;
	}
	if (len >= d->need) {
		for (unsigned int i = 0; i < d->nr; i++)
			ev->v[d->load[i].slot] = load(tc, &d->load[i], rec, len, swap, ev);
	} else {
		for (unsigned int i = 0; i < d->nr; i++)
			ev->v[d->load[i].slot] = load_checked(tc, &d->load[i], rec, len, ev);
	}
}
