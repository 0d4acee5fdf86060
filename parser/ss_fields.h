/* SPDX-License-Identifier: GPL-2.0-only */
/* How the fields of events are guessed and coded; included by ss_codec.c alone. */
#ifndef SS_FIELDS_H
#define SS_FIELDS_H

#include <string.h>

#include "ss_model.h"

/* Kinds with sets of values that are kept as shapes. */
enum { SH_ALLOC, SH_FREE, SH_LOCKED, SH_DRAIN, SH_LRU, SH_ADD, SH_DELETE };

SS_INLINE uint64_t zigzag(uint64_t v)
{
	return v << 1 ^ (uint64_t)((int64_t)v >> 63);
}

SS_INLINE uint64_t unzigzag(uint64_t v)
{
	return v >> 1 ^ (0 - (v & 1));
}

SS_INLINE uint32_t mix_hash(uint32_t a, uint32_t b, uint32_t c)
{
	uint32_t h = a * 0x9e3779b1u ^ b * 0x85ebca6bu ^ c * 0xc2b2ae35u;

	return h ^ h >> 15;
}

SS_INLINE unsigned int ring_bits(uint64_t pfn)
{
	return (unsigned int)(pfn ^ pfn >> 8) % SS_RING;
}

SS_INLINE void ring_push(struct ss_ring *r, uint64_t pfn, uint8_t shape, bool again)
{
	if (!again)
		r->start = r->nr;
	if (r->nr >= SS_RING)
		r->same[ring_bits(r->pfn[r->nr % SS_RING])]--;
	r->same[ring_bits(pfn)]++;
	r->pfn[r->nr % SS_RING] = pfn;
	r->shape[r->nr % SS_RING] = shape;
	r->nr++;
}

/* A place in a ring that is still remembered. */
SS_INLINE uint32_t ring_at(const struct ss_ring *r, uint32_t at)
{
	return r->nr - at > SS_RING ? r->nr - SS_RING : at;
}

/* Where @pfn was put into a ring, at @at or later; r->nr when it wasn't. */
SS_INLINE uint32_t ring_find(const struct ss_ring *r, uint32_t at, uint64_t pfn)
{
	if (!r->same[ring_bits(pfn)])
		return r->nr;
	while (at != r->nr && r->pfn[at % SS_RING] != pfn)
		at++;
	return at;
}

/*
 * A value among guesses, or as a difference to @base.  @ring: searched behind the guesses, from
 * *@at on; *@at is set behind the place where the value was found.
 */
SS_INLINE uint64_t code_value(struct ss_codec *cd, const bool enc, struct ss_lane *l, unsigned int kind,
			      const uint64_t *cand, unsigned int nr, struct ss_ring *ring, uint32_t *at,
			      struct ss_num *far, uint64_t base, uint64_t v)
{
	struct ss_model *m = &cd->m;

	for (unsigned int i = 0; i < nr; i++) {
		unsigned int hit;
		bool twice = cand[i] == UINT64_MAX - 1;

		for (unsigned int j = 0; j < i && !twice; j++)
			twice = cand[j] == cand[i];
		if (twice)
			continue;
		hit = ss_bit(&cd->c, cd->t, enc, &m->cand[kind][i][l->hist[kind][i] & 15], v == cand[i]);
		l->hist[kind][i] = (uint8_t)(l->hist[kind][i] << 1 | hit);
		if (hit)
			return cand[i];
	}
	if (ring) {
		uint32_t from = ring_at(ring, *at), d = 0, found = 0;

		if (enc && ring->same[ring_bits(v)])
			for (d = 0; d < SS_RING && !found; d++)
				found = ring->pfn[(from + d) % SS_RING] == v;
		if (ss_bit(&cd->c, cd->t, enc, &m->ring_hit[kind], found)) {
			d = (uint32_t)ss_number_(&cd->c, cd->t, enc, &m->ring_num[kind & 3], d - 1);
			return ring->pfn[(from + d) % SS_RING];
		}
	}
	return base + unzigzag(ss_number_(&cd->c, cd->t, enc, far, zigzag(v - base)));
}

/* Values that come together: the same as the last time after @ctx, or another known set, or new. */
SS_INLINE unsigned int code_shape(struct ss_codec *cd, const bool enc, unsigned int which, unsigned int nr,
				  uint32_t ctx, uint64_t *v)
{
	struct ss_shapes *s = &cd->m.shapes[which];
	unsigned int g, n = s->nr < SS_NR_SHAPES ? s->nr : SS_NR_SHAPES, i = n;

	ctx &= 255;
	g = s->guess[ctx];
	if (enc && g < n && memcmp(s->v[g], v, nr * sizeof(*v)) == 0)
		i = g;
	else if (enc)
		for (i = 0; i < n && memcmp(s->v[i], v, nr * sizeof(*v)) != 0; i++)
			;
	if (g < n) {
		unsigned int hit = ss_bit(&cd->c, cd->t, enc, &s->hit[s->sure[ctx] & 15], i == g);

		s->sure[ctx] = (uint8_t)(s->sure[ctx] << 1 | hit);
		if (hit) {
			memcpy(v, s->v[g], nr * sizeof(*v));
			return g;
		}
	}
	if (ss_bit(&cd->c, cd->t, enc, &s->known, i < n)) {
		i = ss_sym(&cd->c, cd->t, enc, s->which, 8, i) & 255;
		if (i >= n) /* only in a damaged frame */
			i = 0;
		memcpy(v, s->v[i], nr * sizeof(*v));
	} else {
		for (unsigned int j = 0; j < nr; j++)
			v[j] = ss_number_(&cd->c, cd->t, enc, &cd->m.shape_num[which][j], v[j]);
		i = s->nr++ % SS_NR_SHAPES;
		memset(s->v[i], 0, sizeof(s->v[i]));
		memcpy(s->v[i], v, nr * sizeof(*v));
	}
	s->guess[ctx] = (uint8_t)i;
	return i;
}

SS_INLINE void step_to(struct ss_lane *l, unsigned int kind, uint64_t pfn, uint32_t page)
{
	l->step2[kind] = l->step[kind];
	l->step[kind] = pfn - l->pfn[kind];
	l->pfn[kind] = pfn;
	l->page[kind] = page;
}

#define NO_GUESS (UINT64_MAX - 1)

SS_INLINE uint64_t pfn_of(const struct ss_codec *cd, uint32_t page)
{
	return page ? cd->pages.page[page].pfn : NO_GUESS;
}

SS_INLINE void code_alloc(struct ss_codec *cd, const bool enc, struct ss_lane *l, uint32_t lane, struct sg_event *ev)
{
	enum { K = SS_K_ALLOC };
	struct ss_pages *ps = &cd->pages;
	uint64_t v[3] = { ev->v[1], ev->v[2], ev->v[3] }, cand[6], pfn;
	unsigned int shape, order, mt;
	uint32_t list, p;

	shape = code_shape(cd, enc, SH_ALLOC, 3, mix_hash(l->k1, l->shape[K], ev->pid == l->pid), v);
	ev->v[1] = v[0];
	ev->v[2] = v[1];
	ev->v[3] = v[2];
	order = v[0] < 63 ? (unsigned int)v[0] : 63;
	mt = (unsigned int)v[2] & 7;
	list = ss_pcp_list(lane, order, mt);
	cand[0] = pfn_of(cd, ps->list[list].head);
	cand[1] = l->k1 == SS_K_LOCKED ? l->pfn[l->k1] : NO_GUESS;
	cand[2] = l->pfn[K] + (1ull << order);
	cand[3] = l->pfn[K];
	cand[4] = order < SS_NR_ORDERS ? ss_buddy_guess(ps, order, mt) : NO_GUESS;
	cand[5] = l->pfn[K] - (1ull << order);
	pfn = code_value(cd, enc, l, K, cand, 6, NULL, NULL, &cd->m.far[K], l->pfn[K], ev->v[0]);
	ev->v[0] = pfn;
	p = ss_page_get(ps, pfn);
	if (ps->page[p].buddy)
		ss_buddy_take(ps, pfn, order);
	ss_page_unlist(ps, p);
	ps->page[p].order = (uint8_t)order;
	ps->page[p].mt = (uint8_t)mt;
	ps->page[p].shape = (uint8_t)shape;
	ps->page[p].alloc_next = SS_NO_PAGE;
	ps->page[p].lru_next = SS_NO_PAGE;
	ps->page[l->shape_page[shape]].alloc_next = p;
	l->shape_page[shape] = p;
	l->shape[K] = (uint8_t)shape;
	if (cd->m.shape_lru[shape] >= 0)
		ring_push(&l->alloc, pfn, (uint8_t)shape, true);
	step_to(l, K, pfn, p);
}

SS_INLINE void code_locked(struct ss_codec *cd, const bool enc, struct ss_lane *l, uint32_t lane, struct sg_event *ev)
{
	enum { K = SS_K_LOCKED };
	struct ss_pages *ps = &cd->pages;
	uint64_t v[3] = { ev->v[1], ev->v[2], ev->v[3] }, cand[4], pfn;
	unsigned int order;
	uint32_t p;

	l->shape[K] = (uint8_t)code_shape(cd, enc, SH_LOCKED, 3,
					  l->k1 == K ? l->shape[K] : mix_hash(1, l->shape[SS_K_ALLOC], l->k1), v);
	ev->v[1] = v[0];
	ev->v[2] = v[1];
	ev->v[3] = v[2];
	order = v[0] < 63 ? (unsigned int)v[0] : 63;
	cand[0] = order < SS_NR_ORDERS ? ss_buddy_guess(ps, order, (unsigned int)v[1] & 7) : NO_GUESS;
	cand[1] = l->pfn[K] + (1ull << order);
	cand[2] = l->pfn[K] + l->step[K];
	cand[3] = l->k1 == SS_K_EXTFRAG ? l->pfn[l->k1] : NO_GUESS;
	pfn = code_value(cd, enc, l, K, cand, 4, NULL, NULL, &cd->m.far[K], l->pfn[K], ev->v[0]);
	ev->v[0] = pfn;
	ss_buddy_take(ps, pfn, order);
	p = ss_page_get(ps, pfn);
	ss_page_unlist(ps, p);
	ps->page[p].order = (uint8_t)order;
	ps->page[p].mt = (uint8_t)(v[1] & 7);
	if (v[2])
		ss_page_push(ps, p, ss_pcp_list(lane, order, (unsigned int)v[1] & 7), true);
	step_to(l, K, pfn, p);
}

SS_INLINE void code_drain(struct ss_codec *cd, const bool enc, struct ss_lane *l, uint32_t lane, struct sg_event *ev)
{
	enum { K = SS_K_DRAIN };
	struct ss_pages *ps = &cd->pages;
	uint64_t v[2] = { ev->v[1], ev->v[2] }, cand[5], pfn;
	unsigned int order, mt;
	uint32_t list, p, tail;

	l->shape[K] = (uint8_t)code_shape(cd, enc, SH_DRAIN, 2,
					  l->k1 == K ? l->shape[K] : mix_hash(1, l->shape[K], l->k1), v);
	ev->v[1] = v[0];
	ev->v[2] = v[1];
	order = v[0] < 63 ? (unsigned int)v[0] : 63;
	mt = (unsigned int)v[1] & 7;
	list = ss_pcp_list(lane, order, mt);
	tail = ps->list[list].tail;
	cand[0] = pfn_of(cd, tail);
	cand[1] = l->pfn[K] + l->step[K];
	cand[2] = pfn_of(cd, ps->page[l->page[K]].free_next);
	cand[3] = l->pfn[K] + (1ull << order);
	cand[4] = l->pfn[K] - (1ull << order);
	pfn = code_value(cd, enc, l, K, cand, 5, NULL, NULL, &cd->m.far[K], l->pfn[K], ev->v[0]);
	ev->v[0] = pfn;
	p = ss_page_get(ps, pfn);
	ss_pages_cut(ps, p);
	ss_buddy_free(ps, pfn, order, mt);
	step_to(l, K, pfn, p);
}

SS_INLINE void code_free(struct ss_codec *cd, const bool enc, struct ss_lane *l, uint32_t lane, struct sg_event *ev)
{
	enum { K = SS_K_FREE };
	struct ss_pages *ps = &cd->pages;
	uint64_t v[1] = { ev->v[1] }, cand[8], pfn;
	uint32_t p, last = l->page[K], del = ring_at(&l->removed, l->at_free);
	unsigned int order;

	cand[0] = del < l->removed.nr ? l->removed.pfn[del % SS_RING] : NO_GUESS;
	cand[1] = pfn_of(cd, ps->page[last].lru_next);
	cand[2] = pfn_of(cd, ps->page[last].alloc_next);
	cand[3] = l->pfn[K] + l->step[K];
	cand[4] = l->pfn[SS_K_ALLOC];
	cand[5] = l->pfn[K] + l->step2[K];
	cand[6] = l->pfn[K] + 1;
	cand[7] = l->pfn[K] - 1;
	pfn = code_value(cd, enc, l, K, cand, 8, &l->removed, &l->at_free, &cd->m.far[K], l->pfn[K], ev->v[0]);
	ev->v[0] = pfn;
	del = ring_find(&l->removed, del, pfn);
	if (del != l->removed.nr)
		l->at_free = del + 1;
	p = ss_page_get(ps, pfn);
	l->shape[K] = (uint8_t)code_shape(cd, enc, SH_FREE, 1, ps->page[p].shape != SS_NO_SHAPE ?
					  ps->page[p].order : 128 + l->shape[K], v);
	ev->v[1] = v[0];
	order = v[0] < 63 ? (unsigned int)v[0] : 63;
	ss_page_unlist(ps, p);
	ps->page[p].order = (uint8_t)order;
	if (order <= 3 || order == 9)
		ss_page_push(ps, p, ss_pcp_list(lane, order, ps->page[p].mt), false);
	else
		ss_buddy_free(ps, pfn, order, ps->page[p].mt);
	ps->page[last].free_next = p;
	ps->page[p].free_next = SS_NO_PAGE;
	ring_push(&l->free, pfn, 0, l->k1 == K);
	step_to(l, K, pfn, p);
}

SS_INLINE void code_batched(struct ss_codec *cd, const bool enc, struct ss_lane *l, struct sg_event *ev)
{
	enum { K = SS_K_BATCHED };
	uint32_t at = ring_at(&l->free, l->at_batch);
	uint32_t start = ring_at(&l->free, l->free.start), found;
	uint64_t cand[3];

	if (l->k1 != K && start > at)
		at = start;
	cand[0] = at < l->free.nr ? l->free.pfn[at % SS_RING] : NO_GUESS;
	cand[1] = l->free.nr ? l->free.pfn[(l->free.nr - 1) % SS_RING] : NO_GUESS;
	cand[2] = l->pfn[K] + l->step[K];
	ev->v[0] = code_value(cd, enc, l, K, cand, 3, &l->free, &at, &cd->m.far[K], l->pfn[K], ev->v[0]);
	found = ring_find(&l->free, at, ev->v[0]);
	l->at_batch = found != l->free.nr ? found + 1 : at;
	step_to(l, K, ev->v[0], SS_NO_PAGE);
}

/* Address of the page's descriptor: a fixed distance a page. */
SS_INLINE void code_folio(struct ss_codec *cd, const bool enc, unsigned int k, struct sg_event *ev)
{
	struct ss_model *m = &cd->m;
	uint64_t guess = m->folio_base[k] + (ev->v[1] - m->folio_pfn[k]) * 64;

	if (ss_bit(&cd->c, cd->t, enc, &m->folio_hit[k & 1], ev->v[0] == guess))
		ev->v[0] = guess;
	else
		ev->v[0] = guess + unzigzag(ss_number_(&cd->c, cd->t, enc, &m->val[k][0], zigzag(ev->v[0] - guess)));
	m->folio_base[k] = ev->v[0];
	m->folio_pfn[k] = ev->v[1];
}

SS_INLINE void code_lru(struct ss_codec *cd, const bool enc, struct ss_lane *l, struct sg_event *ev)
{
	enum { K = SS_K_LRU };
	struct ss_pages *ps = &cd->pages;
	struct ss_model *m = &cd->m;
	uint64_t v[2] = { ev->v[2], ev->v[3] }, cand[3], pfn;
	uint32_t at = ring_at(&l->alloc, l->at_lru), found, p;

	while (at < l->alloc.nr && m->shape_lru[l->alloc.shape[at % SS_RING]] < 0)
		at++;
	cand[0] = at < l->alloc.nr ? l->alloc.pfn[at % SS_RING] : NO_GUESS;
	cand[1] = l->pfn[K] + l->step[K];
	cand[2] = pfn_of(cd, ps->page[l->page[K]].alloc_next);
	pfn = code_value(cd, enc, l, K, cand, 3, &l->alloc, &at, &m->far[K], l->pfn[K], ev->v[1]);
	ev->v[1] = pfn;
	found = ring_find(&l->alloc, at, pfn);
	if (found != l->alloc.nr) {
		/* what was passed over doesn't go on the LRU */
		for (; at < found; at++)
			if (m->shape_lru[l->alloc.shape[at % SS_RING]] > -8)
				m->shape_lru[l->alloc.shape[at % SS_RING]]--;
		m->shape_lru[l->alloc.shape[found % SS_RING]] = 8;
		at = found + 1;
	}
	l->at_lru = at;
	p = ss_page_get(ps, pfn);
	if (ps->page[p].shape != SS_NO_SHAPE)
		m->shape_lru[ps->page[p].shape] = 8;
	l->shape[K] = (uint8_t)code_shape(cd, enc, SH_LRU, 2, mix_hash(ps->page[p].shape, l->shape[K], l->k1 == K), v);
	ev->v[2] = v[0];
	ev->v[3] = v[1];
	code_folio(cd, enc, K, ev);
	ps->page[l->page[K]].lru_next = p;
	step_to(l, K, pfn, p);
}

SS_INLINE void code_add(struct ss_codec *cd, const bool enc, struct ss_lane *l, struct sg_event *ev)
{
	enum { K = SS_K_ADD };
	struct ss_pages *ps = &cd->pages;
	struct ss_model *m = &cd->m;
	uint64_t v[3] = { ev->v[0], ev->v[3], ev->v[4] }, cand[3], next;
	uint32_t at = ring_at(&l->alloc, l->at_file), p;
	unsigned int shape, order;

	shape = code_shape(cd, enc, SH_ADD, 3, mix_hash(l->k1, l->shape[K], ev->pid == l->pid), v);
	l->shape[K] = (uint8_t)shape;
	ev->v[0] = v[0];
	ev->v[3] = v[1];
	ev->v[4] = v[2];
	order = v[2] < 63 ? (unsigned int)v[2] : 0;
	cand[0] = l->pfn[SS_K_ALLOC];
	cand[1] = at < l->alloc.nr ? l->alloc.pfn[at % SS_RING] : NO_GUESS;
	cand[2] = l->pfn[K] + (1ull << order);
	ev->v[1] = code_value(cd, enc, l, K, cand, 3, &l->alloc, &at, &m->far[K], l->pfn[K], ev->v[1]);
	at = ring_find(&l->alloc, at, ev->v[1]);
	if (at != l->alloc.nr)
		l->at_file = at + 1;
	next = m->file_index[shape];
	cand[0] = next;
	cand[1] = next + l->step[SS_K_INDEX_IN];
	ev->v[2] = code_value(cd, enc, l, SS_K_INDEX_IN, cand, 2, NULL, NULL, &m->far[SS_K_INDEX_IN], next, ev->v[2]);
	l->step[SS_K_INDEX_IN] = ev->v[2] - next;
	m->file_index[shape] = ev->v[2] + (1ull << order);
	p = ss_page_get(ps, ev->v[1]);
	ps->page[p].file = (uint8_t)shape;
	ps->page[p].index = ev->v[2];
	step_to(l, K, ev->v[1], p);
}

SS_INLINE void code_delete(struct ss_codec *cd, const bool enc, struct ss_lane *l, struct sg_event *ev)
{
	enum { K = SS_K_DELETE };
	struct ss_pages *ps = &cd->pages;
	struct ss_model *m = &cd->m;
	uint64_t v[3], cand[4], last_pfn = l->pfn[K], next;
	unsigned int shape;
	uint32_t p;

	cand[0] = pfn_of(cd, ps->page[l->page[K]].lru_next);
	cand[1] = last_pfn + l->step[K];
	cand[2] = last_pfn + 1;
	ev->v[1] = code_value(cd, enc, l, K, cand, 3, NULL, NULL, &m->far[K], last_pfn, ev->v[1]);
	p = ss_page_get(ps, ev->v[1]);
	v[0] = ev->v[0];
	v[1] = ev->v[3];
	v[2] = ev->v[4];
	shape = code_shape(cd, enc, SH_ADD, 3, ps->page[p].file != SS_NO_SHAPE ? mix_hash(3, ps->page[p].file, 7) :
			   mix_hash(5, l->shape[K], l->k1 == K), v);
	l->shape[K] = (uint8_t)shape;
	ev->v[0] = v[0];
	ev->v[3] = v[1];
	ev->v[4] = v[2];
	next = l->pfn[SS_K_INDEX_OUT];
	cand[0] = ps->page[p].file == shape ? ps->page[p].index : NO_GUESS;
	cand[1] = next + (ev->v[1] - last_pfn);
	cand[2] = next + 1;
	cand[3] = next + l->step[SS_K_INDEX_OUT];
	ev->v[2] = code_value(cd, enc, l, SS_K_INDEX_OUT, cand, 4, NULL, NULL, &m->far[SS_K_INDEX_OUT], next, ev->v[2]);
	step_to(l, SS_K_INDEX_OUT, ev->v[2], SS_NO_PAGE);
	ring_push(&l->removed, ev->v[1], 0, l->k1 == K);
	ps->page[p].file = SS_NO_SHAPE;
	step_to(l, K, ev->v[1], p);
}

/*
 * Everything else.  Events of most kinds belong to something that their first field names (a
 * shrinker, a node, an address), and these take turns: what followed the last one, and what was
 * said of this one, are the first guesses.
 */
SS_SELDOM void code_other(struct ss_codec *cd, const bool enc, struct ss_lane *l, struct sg_event *ev)
{
	const struct ss_kind *ki = &cd->kinds->kind[ev->kind];
	struct ss_model *m = &cd->m;
	unsigned int k = ev->kind;
	uint64_t *row = &m->follower[mix_hash(k, (uint32_t)l->key, (uint32_t)(l->key >> 32)) & 1023];

	for (unsigned int i = 0; i < ki->nr_fields; i++) {
		uint64_t v = i == ki->text ? ev->str_len : ev->v[i];
		const uint64_t cand[4] = { row[i > 0 ? i : 0], m->last[k][i], m->last[k][i] + m->last_step[k][i],
					   i > 0 ? ev->v[i - 1] : 0 };
		bool found = false;

		for (unsigned int j = 0; j < 4 && !found; j++) {
			bool twice = false;

			for (unsigned int n = 0; n < j; n++)
				twice |= cand[n] == cand[j];
			if (twice)
				continue;
			found = ss_bit(&cd->c, cd->t, enc, &m->slot_hit[k][i][j][m->slot_hist[k][i][j] & 7], v == cand[j]);
			m->slot_hist[k][i][j] = (uint8_t)(m->slot_hist[k][i][j] << 1 | found);
			if (found)
				v = cand[j];
		}
		if (!found)
			v = cand[0] + unzigzag(ss_number_(&cd->c, cd->t, enc, &m->val[k][i & 3], zigzag(v - cand[0])));
		m->last_step[k][i] = v - m->last[k][i];
		m->last[k][i] = v;
		row[i] = v;
		ev->v[i] = v;
		if (i == 0 && !(ki->pfns & 1)) {
			l->key = v;
			row = m->row[mix_hash(k, (uint32_t)v, (uint32_t)(v >> 32)) & 511];
		} else if (i == 0) {
			row = m->row[mix_hash(k, 0, 0) & 511];
		}
		if (ki->pfns >> i & 1)
			step_to(l, k, v, SS_NO_PAGE);
	}
}

#endif
