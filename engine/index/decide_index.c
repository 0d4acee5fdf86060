// SPDX-License-Identifier: GPL-2.0-only
/* The records of decisions in order, their counts, and searches among them. */
#include "index/decide_index.h"

#include <stdlib.h>
#include <string.h>

_Static_assert(MM_CHECK_COUNT <= 16, "a record has four bits for the kind");

void mm_dindex_fini(struct mm_dindex *x)
{
	for (size_t i = 0; i < x->nr_chunks; i++)
		free(x->chunk[i]);
	free(x->chunk);
	free(x->far);
	memset(x, 0, sizeof(*x));
}

uint64_t mm_dindex_bytes(const struct mm_dindex *x)
{
	return x->nr_chunks * sizeof(**x->chunk) + x->cap_chunks * sizeof(*x->chunk) + x->cap_far * sizeof(*x->far);
}

/* A new, empty chunk at place @at. */
static struct mm_dchunk *chunk_insert(struct mm_dindex *x, size_t at)
{
	struct mm_dchunk *c;

	if (x->nr_chunks == x->cap_chunks) {
		size_t cap = x->cap_chunks ? x->cap_chunks * 2 : 16;
		struct mm_dchunk **p = realloc(x->chunk, cap * sizeof(*p));

		if (!p)
			return NULL;
		x->chunk = p;
		x->cap_chunks = cap;
	}
	c = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	memmove(&x->chunk[at + 1], &x->chunk[at], (x->nr_chunks - at) * sizeof(*x->chunk));
	x->chunk[at] = c;
	x->nr_chunks++;
	return c;
}

static void recount(struct mm_dchunk *c)
{
	memset(c->count, 0, sizeof(c->count));
	for (uint32_t i = 0; i < c->nr; i++)
		c->count[mm_drec_kind(c->rec[i])][mm_drec_verdict(c->rec[i])]++;
}

/* The upper half of chunk @at becomes a chunk of its own. */
static bool chunk_split(struct mm_dindex *x, size_t at)
{
	struct mm_dchunk *hi = chunk_insert(x, at + 1), *lo = x->chunk[at];

	if (!hi)
		return false;
	lo->nr = MM_DCHUNK / 2;
	hi->nr = MM_DCHUNK - lo->nr;
	memcpy(hi->rec, &lo->rec[lo->nr], hi->nr * sizeof(hi->rec[0]));
	recount(lo);
	recount(hi);
	return true;
}

/* Number of records in @c whose event is below @event (or also equal to it). */
static uint32_t below(const struct mm_dchunk *c, uint64_t event, bool equal_too)
{
	uint32_t lo = 0, hi = c->nr;

	while (lo < hi) {
		uint32_t mid = (lo + hi) / 2;
		uint64_t e = mm_drec_event(c->rec[mid]);

		if (e < event || (equal_too && e == event))
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* The last chunk that begins below @event (or also at it); 0 when none does. */
static size_t chunk_of(const struct mm_dindex *x, uint64_t event, bool equal_too)
{
	size_t lo = 0, hi = x->nr_chunks;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		uint64_t e = mm_drec_event(x->chunk[mid]->rec[0]);

		if (e < event || (equal_too && e == event))
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo ? lo - 1 : 0;
}

static int far_add(struct mm_dindex *x, uint64_t event, uint64_t settled, enum mm_check_kind kind)
{
	if (x->nr_far == x->cap_far) {
		size_t cap = x->cap_far ? x->cap_far * 2 : 64;
		struct mm_dfar *p = realloc(x->far, cap * sizeof(*p));

		if (!p)
			return SG_E_NOMEM;
		x->far = p;
		x->cap_far = cap;
	}
	x->far[x->nr_far++] = (struct mm_dfar){ event, settled, (uint8_t)kind };
	return SG_OK;
}

int mm_dindex_add(struct mm_dindex *x, uint64_t event, uint64_t settled, enum mm_check_kind kind, enum mm_verdict v)
{
	uint64_t lag = settled == MM_SETTLED_AT_END || settled < event || settled - event >= MM_DREC_LAG_FAR ?
			       MM_DREC_LAG_FAR : settled - event;
	struct mm_dchunk *c;
	size_t at;
	uint32_t place;

	if (event > MM_DREC_EVENT_MAX)
		event = MM_DREC_EVENT_MAX;
	at = chunk_of(x, event, true);
	c = at < x->nr_chunks ? x->chunk[at] : chunk_insert(x, 0);
	if (!c)
		return SG_E_NOMEM;
	if (c->nr == MM_DCHUNK && at + 1 == x->nr_chunks && mm_drec_event(c->rec[c->nr - 1]) <= event) {
		c = chunk_insert(x, ++at); /* behind all others: leaves full chunks */
		if (!c)
			return SG_E_NOMEM;
	} else if (c->nr == MM_DCHUNK) {
		if (!chunk_split(x, at))
			return SG_E_NOMEM;
		if (mm_drec_event(x->chunk[at + 1]->rec[0]) <= event)
			at++;
		c = x->chunk[at];
	}
	if (lag == MM_DREC_LAG_FAR && far_add(x, event, settled, kind) < 0) {
		if (c->nr == 0) { /* no chunk may be empty */
			free(c);
			x->nr_chunks--;
		}
		return SG_E_NOMEM;
	}
	place = below(c, event, true);
	memmove(&c->rec[place + 1], &c->rec[place], (c->nr - place) * sizeof(c->rec[0]));
	c->rec[place] = event << 24 | (uint64_t)kind << 20 | (uint64_t)v << 18 | lag;
	c->nr++;
	c->count[kind][v]++;
	x->total++;
	return SG_OK;
}

uint64_t mm_dindex_rec(const struct mm_dindex *x, uint64_t i)
{
	if (i >= x->total)
		return 0;
	for (size_t k = 0; k < x->nr_chunks; k++) {
		if (i < x->chunk[k]->nr)
			return x->chunk[k]->rec[i];
		i -= x->chunk[k]->nr;
	}
	return 0;
}

/* Of the decisions of @event and @kind in far, the @nth one's time. */
static uint64_t far_settled(const struct mm_dindex *x, uint64_t event, enum mm_check_kind kind, unsigned int nth)
{
	for (size_t i = 0; i < x->nr_far; i++)
		if (x->far[i].event == event && x->far[i].kind == kind && nth-- == 0)
			return x->far[i].settled;
	return MM_SETTLED_AT_END;
}

uint64_t mm_dindex_settled(const struct mm_dindex *x, uint64_t i, unsigned int *ret_nth)
{
	uint64_t r = mm_dindex_rec(x, i), when;
	unsigned int far = 0, same = 0;

	/* equal events stand in the order in which they were settled */
	for (uint64_t k = i; k-- > 0;) {
		uint64_t q = mm_dindex_rec(x, k);

		if (mm_drec_event(q) != mm_drec_event(r))
			break;
		if (mm_drec_kind(q) != mm_drec_kind(r))
			continue;
		far += mm_drec_lag(q) == MM_DREC_LAG_FAR;
		same += mm_drec_lag(q) == mm_drec_lag(r);
	}
	*ret_nth = same;
	if (mm_drec_lag(r) != MM_DREC_LAG_FAR)
		return mm_drec_event(r) + mm_drec_lag(r);
	when = far_settled(x, mm_drec_event(r), mm_drec_kind(r), far);
	*ret_nth = 0;
	for (unsigned int k = 0; k < far; k++)
		*ret_nth += far_settled(x, mm_drec_event(r), mm_drec_kind(r), k) == when;
	return when;
}
