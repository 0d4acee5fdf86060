/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The common case of walking and decoding, inlined into the loop of tr_read(): a record of a
 * capture in this machine's byte order, with the usual common fields and no text.  Everything else
 * is tr_stream_next() and tr_decode(), which give the same results.
 */
#ifndef TR_FAST_H
#define TR_FAST_H

#include "tr_priv.h"

/** As tr_stream_next(). */
static inline bool tr_fast_next(struct tr_capture *tc, struct tr_stream *s)
{
	if (s->simple && s->end - s->p >= 4) {
		uint32_t head = tr_rd32(s->p, false), len = (head & 31) * 4;

		/* types 1 to 28 are lengths in words */
		if ((head & 31) - 1 < 28 && len <= (size_t)(s->end - s->p) - 4) {
			s->raw_ts += head >> 5;
			s->rec = s->p + 4;
			s->rec_len = len;
			s->p = s->rec + len;
			s->ts = s->raw_ts + tc->head.tc.offset;
			return true;
		}
	}
	return tr_stream_next(tc, s);
}

/** As tr_decode(). */
static inline void tr_fast_decode(struct tr_capture *tc, const struct tr_stream *s,
				  struct sg_event *ev)
{
	const uint8_t *rec = s->rec;
	const struct tr_desc *d;

	if (!s->simple || s->rec_len < 8) {
		tr_decode(tc, s, ev);
		return;
	}
	d = &tc->desc[tc->by_id[tr_rd16(rec + tc->type.off, false)]];
	if (!d->fast || s->rec_len < d->need) {
		tr_decode(tc, s, ev);
		return;
	}
	ev->ts = s->ts;
	ev->pid = (int32_t)tr_rd32(rec + 4, false);
	ev->kind = d->kind;
	ev->cpu = s->cpu;
	ev->instance = s->inst;
	ev->common_flags = rec[2];
	ev->preempt = rec[3];
	ev->missed = s->missed;
	ev->str = NULL;
	ev->str_len = 0;
	tc->seen[d->kind]++;
	for (unsigned int i = 0; i < d->nr; i++) {
		const struct tr_pick *p = &d->pick[i];
		/* may read up to 7 bytes behind the field: blocks have TR_SLACK */
		uint64_t v = tr_rd64(rec + p->off, false) << p->shift >> p->shift;

		ev->v[i] = ((v ^ p->sign) - p->sign) | p->missing;
	}
}

#endif
