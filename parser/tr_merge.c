// SPDX-License-Identifier: GPL-2.0-only
/*
 * All CPUs' records as one stream in time order.  A heap holds the stream whose record comes first
 * at its top; that stream is read on until another one's record comes first.  Ties: instance, then
 * CPU, then order in the buffer; a record that is older than the one before it on the same CPU
 * comes at once.
 */
#include "tr_fast.h"
#include "tt.h"

static inline bool before(const struct tr_capture *tc, unsigned int a, unsigned int b)
{
	const struct tr_stream *x = &tc->stream[a], *y = &tc->stream[b];

	return x->ts != y->ts ? x->ts < y->ts : a < b;
}

static void sift_down(struct tr_capture *tc, unsigned int i)
{
	unsigned int *h = tc->heap, n = tc->nr_heap, moving = h[i];

	for (;;) {
		unsigned int c = 2 * i + 1;

		if (c >= n)
			break;
		if (c + 1 < n && before(tc, h[c + 1], h[c]))
			c++;
		if (!before(tc, h[c], moving))
			break;
		h[i] = h[c];
		i = c;
	}
	h[i] = moving;
}

static bool start(struct tr_capture *tc)
{
	tc->started = true;
	if (tr_feeder_start(tc, !(tc->flags & TR_NO_THREAD)) < 0) {
		tr_note(tc, "nothing could be read: out of memory");
		return false;
	}
	for (unsigned int i = 0; i < tc->nr_streams; i++)
		if (tr_stream_next(tc, &tc->stream[i]))
			tc->heap[tc->nr_heap++] = i;
	for (unsigned int i = tc->nr_heap / 2; i-- > 0;)
		sift_down(tc, i);
	tr_survey_open(tc);
	for (unsigned int i = 0; i < tc->nr_streams; i++)
		if (!tc->stream[i].rec)
			tr_survey_stream_ends(tc, &tc->stream[i], 0);
	return true;
}

/* The stream that comes next when the one at the top doesn't, NULL when there is none. */
static const struct tr_stream *runner_up(const struct tr_capture *tc)
{
	const unsigned int *h = tc->heap;

	if (tc->nr_heap < 2)
		return NULL;
	return &tc->stream[tc->nr_heap > 2 && before(tc, h[2], h[1]) ? h[2] : h[1]];
}

size_t tr_read(struct tr_capture *tc, struct sg_event *ev, size_t max)
{
	size_t n = 0;

	if (tc->ended || max == 0)
		return 0;
	tr_arena_reset(&tc->arena);
	if (tc->text) {
		n = tt_read(tc, ev, max);
	} else if (tc->flags & TR_PLAIN) {
		n = tr_plain_read(tc, ev, max);
	} else {
		if (!tc->started && !start(tc))
			tc->nr_heap = 0;
		while (n < max && tc->nr_heap) {
			struct tr_stream *s = &tc->stream[tc->heap[0]];
			const struct tr_stream *other = runner_up(tc);
			/* the last time stamp with which @s still goes first */
			uint64_t limit = other ? other->ts : UINT64_MAX;
			bool wins_tie = !other || s->idx < other->idx;
			bool more;

			if (tc->owed) {
				s->missed = tc->owed < 0 || s->missed < 0 ? -1 : s->missed + tc->owed;
				tc->owed = 0;
			}
			if (s->first_lost)
				tr_survey_stream_begins(tc, s, tc->survey.nr + n + 1);
			do {
				tr_fast_decode(tc, s, &ev[n++]);
				s->missed = 0;
				more = tr_fast_next(tc, s);
			} while (more && n < max &&
				 (s->ts < limit || (s->ts == limit && wins_tie)));
			if (!more) {
				tc->heap[0] = tc->heap[--tc->nr_heap];
				tr_survey_stream_ends(tc, s, tc->survey.nr + n);
			}
			if (tc->nr_heap)
				sift_down(tc, 0);
		}
	}
	tr_survey_add(tc, ev, n);
	if (n == 0) {
		tc->ended = true;
		tr_end_notes(tc);
	}
	return n;
}
