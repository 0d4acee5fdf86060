// SPDX-License-Identifier: GPL-2.0-only
/*
 * Event frames: lanes and their turns; what an event is made of is in ss_lane.h, its fields in ss_fields.h.
 *
 * A lane is one trace buffer.  Of each lane the kind and the time of the next event are coded right
 * behind the event before it, so that whose turn it is needs no bits: the earliest's.
 */
#include "ss_codec.h"

#include <stdlib.h>
#include <string.h>

#include "ss_lane.h"

#define HEAD_SIZE 21u  /* base time, texts, events, lanes, order */
#define LANE_SIZE 3u
#define EVENT_ROOM 8192u /* more bytes than any event needs, its text apart */
#define TEXT_ROOM 32u    /* and a byte of its text */

struct ss_codec *ss_codec_new(const struct ss_kinds *kinds)
{
	struct ss_codec *cd = sg_calloc(1, sizeof(*cd));

	if (!cd)
		return NULL;
	cd->t = ss_coder_tables();
	cd->kinds = kinds;
	return cd;
}

void ss_codec_free(struct ss_codec *cd)
{
	if (!cd)
		return;
	ss_pages_fini(&cd->pages);
	free(cd->lane);
	free(cd->heap);
	free(cd->link);
	free(cd->out);
	free(cd->text);
	free(cd);
}

static void probs(ss_prob *p, size_t bytes)
{
	for (size_t i = 0; i < bytes / sizeof(*p); i++)
		p[i] = SS_PROB_INIT;
}

static void mixes(struct ss_mix *m, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		m[i] = (struct ss_mix){ { SS_MIX_INIT, SS_MIX_INIT } };
}

#define PROBS(x) probs((ss_prob *)&(x), sizeof(x))

/* Everything as at the start of a frame; the lanes' CPUs are set. */
static int reset(struct ss_codec *cd, uint64_t base)
{
	struct ss_model *m = &cd->m;

	if (!ss_pages_init(&cd->pages, cd->nr_lanes))
		return SG_E_NOMEM;
	ss_pages_reset(&cd->pages, cd->nr_lanes);
	memset(m, 0, sizeof(*m));
	PROBS(m->kind_run);
	PROBS(m->kind_ctx);
	PROBS(m->kind_sym);
	mixes(m->kind_mix, sizeof(m->kind_mix) / sizeof(m->kind_mix[0]));
	PROBS(m->time_a);
	PROBS(m->time_b);
	mixes(m->time_mix, sizeof(m->time_mix) / sizeof(m->time_mix[0]));
	PROBS(m->time_far);
	PROBS(m->lane_num);
	PROBS(m->pid_same);
	PROBS(m->pid_known);
	PROBS(m->pid_which);
	PROBS(m->pid_num);
	PROBS(m->ctx_hit);
	PROBS(m->ctx_sym);
	PROBS(m->missed);
	PROBS(m->missed_num);
	for (unsigned int i = 0; i < sizeof(m->shapes) / sizeof(m->shapes[0]); i++) {
		PROBS(m->shapes[i].hit);
		PROBS(m->shapes[i].known);
		PROBS(m->shapes[i].which);
	}
	PROBS(m->shape_num);
	PROBS(m->cand);
	PROBS(m->ring_hit);
	PROBS(m->ring_num);
	PROBS(m->far);
	PROBS(m->val);
	PROBS(m->slot_hit);
	PROBS(m->folio_hit);
	PROBS(m->text);
	for (uint32_t i = 0; i < cd->nr_lanes; i++) {
		struct ss_lane *l = &cd->lane[i];
		uint16_t cpu = l->cpu;
		uint8_t instance = l->instance;

		memset(l, 0, sizeof(*l));
		l->cpu = cpu;
		l->instance = instance;
		l->ts = base;
	}
	cd->nr_heap = 0;
	cd->last_lane = 0;
	ss_coder_start(&cd->c);
	return SG_OK;
}

static bool lanes_room(struct ss_codec *cd, uint32_t nr)
{
	struct ss_lane *lane;
	uint32_t *heap;

	if (nr <= cd->cap_lanes)
		return true;
	lane = sg_realloc(cd->lane, nr * sizeof(*lane));
	if (!lane)
		return false;
	cd->lane = lane;
	heap = sg_realloc(cd->heap, nr * sizeof(*heap));
	if (!heap)
		return false;
	cd->heap = heap;
	cd->cap_lanes = nr;
	return true;
}

/* ---- whose turn it is --------------------------------------------------------- */

static inline bool before(const struct ss_codec *cd, uint32_t a, uint32_t b)
{
	uint64_t x = cd->lane[a].next_ts, y = cd->lane[b].next_ts;

	return x != y ? x < y : a < b;
}

static void heap_down(struct ss_codec *cd, uint32_t i)
{
	uint32_t *h = cd->heap, n = cd->nr_heap, moving = h[i];

	for (;;) {
		uint32_t c = 2 * i + 1;

		if (c >= n)
			break;
		if (c + 1 < n && before(cd, h[c + 1], h[c]))
			c++;
		if (!before(cd, h[c], moving))
			break;
		h[i] = h[c];
		i = c;
	}
	h[i] = moving;
}

/* ---- writing --------------------------------------------------------------------- */

static void put_le(uint8_t *p, uint64_t v, unsigned int bytes)
{
	for (unsigned int i = 0; i < bytes; i++, v >>= 8)
		p[i] = (uint8_t)v;
}

static uint64_t get_le(const uint8_t *p, unsigned int bytes)
{
	uint64_t v = 0;

	for (unsigned int i = bytes; i-- > 0;)
		v = v << 8 | p[i];
	return v;
}

static uint32_t lane_key(const struct sg_event *ev)
{
	return (uint32_t)ev->instance << 16 | ev->cpu;
}

/* Place of @k among @n ascending keys, or where it belongs. */
static uint32_t key_place(const uint32_t *key, uint32_t n, uint32_t k)
{
	uint32_t lo = 0;

	while (lo < n) {
		uint32_t mid = (lo + n) / 2;

		if (key[mid] < k)
			lo = mid + 1;
		else
			n = mid;
	}
	return lo;
}

/* Finds the lanes of @ev, in the order of instance and CPU. */
static int find_lanes(struct ss_codec *cd, const struct sg_event *ev, size_t nr)
{
	uint32_t key[SS_FRAME_LANES], n = 0, last = UINT32_MAX;

	for (size_t i = 0; i < nr; i++) {
		uint32_t k = lane_key(&ev[i]), at;

		if (k == last)
			continue;
		last = k;
		at = key_place(key, n, k);
		if (at < n && key[at] == k)
			continue;
		if (n == SS_FRAME_LANES)
			return SG_E_RANGE;
		memmove(key + at + 1, key + at, (n - at) * sizeof(*key));
		key[at] = k;
		n++;
	}
	if (!lanes_room(cd, n))
		return SG_E_NOMEM;
	cd->nr_lanes = n;
	for (uint32_t i = 0; i < n; i++) {
		cd->lane[i].cpu = (uint16_t)key[i];
		cd->lane[i].instance = (uint8_t)(key[i] >> 16);
	}
	return SG_OK;
}

/* Links the events of each lane and sees whether all are in the order of time and lane. */
static void link_lanes(struct ss_codec *cd, const struct sg_event *ev, size_t nr)
{
	uint32_t key[SS_FRAME_LANES], end[SS_FRAME_LANES], last = UINT32_MAX, at = 0;

	for (uint32_t i = 0; i < cd->nr_lanes; i++) {
		key[i] = (uint32_t)cd->lane[i].instance << 16 | cd->lane[i].cpu;
		cd->lane[i].next = end[i] = UINT32_MAX;
	}
	cd->by_time = true;
	for (size_t i = 0; i < nr; i++) {
		uint32_t k = lane_key(&ev[i]);

		if (k != last)
			at = key_place(key, cd->nr_lanes, k);
		if (i > 0 && (ev[i].ts < ev[i - 1].ts || (ev[i].ts == ev[i - 1].ts && k < last)))
			cd->by_time = false;
		last = k;
		if (end[at] == UINT32_MAX)
			cd->lane[at].next = (uint32_t)i;
		else
			cd->link[end[at]] = (uint32_t)i;
		end[at] = (uint32_t)i;
		cd->link[i] = UINT32_MAX;
	}
}

static int out_room(struct ss_codec *cd, size_t more)
{
	size_t len = (size_t)(cd->c.out - cd->out);
	uint8_t *out;

	if (cd->cap_out - len >= more)
		return SG_OK;
	out = sg_realloc(cd->out, cd->cap_out * 2 + more);
	if (!out)
		return SG_E_NOMEM;
	cd->cap_out = cd->cap_out * 2 + more;
	cd->out = out;
	cd->c.out = out + len;
	return SG_OK;
}

/* Which lane is next. */
SS_INLINE uint32_t code_turn(struct ss_codec *cd, const bool enc, uint32_t lane)
{
	uint32_t n = cd->nr_lanes, d;

	if (cd->by_time)
		return cd->heap[0];
	d = (uint32_t)ss_number_(&cd->c, cd->t, enc, &cd->m.lane_num, (lane + n - cd->last_lane) % n);
	cd->last_lane = (uint32_t)((cd->last_lane + (uint64_t)d) % n);
	return cd->last_lane;
}

/* After an event of @lane: it has moved on. */
static inline void turn_over(struct ss_codec *cd, uint32_t lane)
{
	if (!cd->by_time)
		return;
	if (!cd->lane[lane].open)
		cd->heap[0] = cd->heap[--cd->nr_heap];
	if (cd->nr_heap)
		heap_down(cd, 0);
}

static void start_turns(struct ss_codec *cd)
{
	for (uint32_t i = 0; i < cd->nr_lanes; i++)
		if (cd->lane[i].open)
			cd->heap[cd->nr_heap++] = i;
	for (uint32_t i = cd->nr_heap / 2; i-- > 0;)
		heap_down(cd, i);
}

static int pack_event(struct ss_codec *cd, uint32_t lane, const struct sg_event *ev, const struct sg_event *all)
{
	bool text = cd->kinds->kind[ev->kind].text < SG_SLOTS;
	struct sg_event copy = *ev;
	int r = out_room(cd, EVENT_ROOM + (text ? TEXT_ROOM * (size_t)ev->str_len : 0));

	if (r < 0)
		return r;
	cd->lane[lane].next = cd->link[cd->lane[lane].next];
	code_event(cd, true, lane, &copy, all);
	for (uint32_t i = 0; text && i < ev->str_len; i++)
		ss_sym(&cd->c, cd->t, true, cd->m.text, 8, (uint8_t)ev->str[i]);
	return SG_OK;
}

#define SOON 24u /* events ahead */
#define NEXT 8u

/*
 * Each event is about a page that was last seen long ago, mostly: that it lies in no cache any more is a good part of
 * what an event costs.  So the places of the events ahead are fetched.
 */
static inline void look_ahead(const struct ss_pages *ps, const struct sg_event *ev)
{
	const struct sg_event *far = ev + SOON, *next = ev + NEXT;

	ss_page_soon(ps, far->v[far->kind == SS_K_LRU || far->kind == SS_K_ADD || far->kind == SS_K_DELETE]);
	ss_page_next(ps, next->v[next->kind == SS_K_LRU || next->kind == SS_K_ADD || next->kind == SS_K_DELETE]);
}

int ss_codec_pack_start(struct ss_codec *cd, const struct sg_event *ev, size_t nr)
{
	uint64_t texts = 0;
	uint32_t *link;
	uint8_t *p;
	int r;

	if (nr == 0 || nr > SS_FRAME_EVENTS)
		return SG_E_RANGE;
	if (!cd->link) {
		link = sg_malloc(SS_FRAME_EVENTS * sizeof(*link));
		if (!link)
			return SG_E_NOMEM;
		cd->link = link;
	}
	for (size_t i = 0; i < nr; i++) {
		if (ev[i].kind >= cd->kinds->nr)
			return SG_E_RANGE;
		if (cd->kinds->kind[ev[i].kind].text < SG_SLOTS)
			texts += ev[i].str_len;
	}
	if (texts > SS_FRAME_TEXT)
		return SG_E_RANGE;
	r = find_lanes(cd, ev, nr);
	if (r == SG_OK)
		r = reset(cd, ev[0].ts);
	cd->c.out = cd->out;
	if (r == SG_OK)
		r = out_room(cd, HEAD_SIZE + LANE_SIZE * (size_t)cd->nr_lanes + EVENT_ROOM);
	if (r < 0)
		return r;
	link_lanes(cd, ev, nr);
	p = cd->c.out;
	put_le(p, ev[0].ts, 8);
	put_le(p + 8, texts, 4);
	put_le(p + 12, nr, 4);
	put_le(p + 16, cd->nr_lanes, 4);
	p[20] = cd->by_time;
	p += HEAD_SIZE;
	for (uint32_t i = 0; i < cd->nr_lanes; i++, p += LANE_SIZE) {
		put_le(p, cd->lane[i].cpu, 2);
		p[2] = cd->lane[i].instance;
	}
	cd->c.out = p;
	for (uint32_t i = 0; i < cd->nr_lanes; i++) {
		r = out_room(cd, EVENT_ROOM);
		if (r < 0)
			return r;
		code_ahead(cd, true, &cd->lane[i], ev);
	}
	start_turns(cd);
	cd->pack = ev;
	cd->nr_pack = nr;
	cd->packed = 0;
	return SG_OK;
}

int ss_codec_pack_more(struct ss_codec *cd, size_t events, const uint8_t **ret, size_t *len)
{
	const struct sg_event *ev = cd->pack;
	size_t nr = cd->nr_pack, i = cd->packed, end = events < nr - i ? i + events : nr;
	int r = SG_OK;

	for (; i < end && r == SG_OK; i++) {
		uint32_t lane = cd->nr_heap ? cd->heap[0] : 0;

		if (i + SOON < nr)
			look_ahead(&cd->pages, &ev[i]);
		if (!cd->by_time) {
			for (lane = 0; cd->lane[lane].next != i; lane++)
				;
			code_turn(cd, true, lane);
		}
		r = pack_event(cd, lane, &ev[i], ev);
		turn_over(cd, lane);
	}
	cd->packed = i;
	if (r == SG_OK && i < nr)
		return 1;
	if (r == SG_OK)
		r = out_room(cd, 4);
	if (r < 0)
		return r;
	for (unsigned int k = 0; k < 4; k++)
		*cd->c.out++ = (uint8_t)(cd->c.lo >> (24 - 8 * k));
	*ret = cd->out;
	*len = (size_t)(cd->c.out - cd->out);
	return SG_OK;
}

int ss_codec_pack(struct ss_codec *cd, const struct sg_event *ev, size_t nr, const uint8_t **ret, size_t *len)
{
	int r = ss_codec_pack_start(cd, ev, nr);

	return r < 0 ? r : ss_codec_pack_more(cd, nr, ret, len);
}

/* ---- reading --------------------------------------------------------------------- */

int ss_codec_open(struct ss_codec *cd, const uint8_t *data, size_t len, size_t nr)
{
	uint64_t texts, lanes;
	int r;

	cd->left = 0;
	if (len < HEAD_SIZE || nr == 0 || nr > SS_FRAME_EVENTS)
		return SG_E_FORMAT;
	texts = get_le(data + 8, 4);
	lanes = get_le(data + 16, 4);
	if (texts > SS_FRAME_TEXT || get_le(data + 12, 4) != nr || lanes == 0 || lanes > SS_FRAME_LANES ||
	    lanes > nr || data[20] > 1 || len < HEAD_SIZE + lanes * LANE_SIZE)
		return SG_E_FORMAT;
	if (!lanes_room(cd, (uint32_t)lanes))
		return SG_E_NOMEM;
	if (texts > cd->cap_text) {
		char *text = sg_realloc(cd->text, texts);

		if (!text)
			return SG_E_NOMEM;
		cd->text = text;
		cd->cap_text = texts;
	}
	cd->text_len = 0;
	cd->text_end = texts;
	cd->nr_lanes = (uint32_t)lanes;
	cd->by_time = data[20];
	for (uint32_t i = 0; i < cd->nr_lanes; i++) {
		cd->lane[i].cpu = (uint16_t)get_le(data + HEAD_SIZE + i * LANE_SIZE, 2);
		cd->lane[i].instance = data[HEAD_SIZE + i * LANE_SIZE + 2];
	}
	r = reset(cd, get_le(data, 8));
	if (r < 0)
		return r;
	cd->c.in = data + HEAD_SIZE + lanes * LANE_SIZE;
	cd->c.end = data + len;
	cd->c.over = 0;
	cd->c.x = 0;
	for (unsigned int i = 0; i < 4; i++)
		cd->c.x = cd->c.x << 8 | ss_coder_byte(&cd->c);
	for (uint32_t i = 0; i < cd->nr_lanes; i++) {
		code_ahead(cd, false, &cd->lane[i], NULL);
		if (cd->lane[i].open && cd->lane[i].kind >= cd->kinds->nr)
			return SG_E_FORMAT;
	}
	start_turns(cd);
	cd->left = nr;
	return SG_OK;
}

int ss_codec_next(struct ss_codec *cd, struct sg_event *ev)
{
	struct ss_lane *l;
	uint32_t lane;

	if (cd->left == 0)
		return 0;
	if (cd->by_time && cd->nr_heap == 0)
		goto bad;
	lane = code_turn(cd, false, 0);
	l = &cd->lane[lane];
	if (!l->open)
		goto bad;
	ev->kind = l->kind;
	ev->ts = l->next_ts;
	ev->cpu = l->cpu;
	ev->instance = l->instance;
	ev->pid = 0;
	ev->missed = 0;
	ev->common_flags = ev->preempt = 0;
	ev->str = NULL;
	ev->str_len = 0;
	memset(ev->v, 0, sizeof(ev->v));
	code_event(cd, false, lane, ev, NULL);
	if (l->open && l->kind >= cd->kinds->nr)
		goto bad;
	turn_over(cd, lane);
	if (cd->kinds->kind[ev->kind].text < SG_SLOTS) {
		uint64_t len = ev->v[cd->kinds->kind[ev->kind].text];

		if (len > cd->text_end - cd->text_len)
			goto bad;
		ev->str_len = (uint32_t)len;
		ev->str = len ? cd->text + cd->text_len : NULL;
		for (uint32_t i = 0; i < ev->str_len; i++)
			cd->text[cd->text_len++] = (char)ss_sym(&cd->c, cd->t, false, cd->m.text, 8, 0);
	}
	if (cd->c.over > 8)
		goto bad;
	cd->left--;
	return 1;
bad:
	cd->left = 0;
	return SG_E_FORMAT;
}
