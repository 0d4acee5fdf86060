// SPDX-License-Identifier: GPL-2.0-only
/* Keyframes of a timeline: taken, gone back to, dropped, and thinned when they outgrow what they may take. */
#include <string.h>

#include "time/foresight.h"
#include "time/timeline_priv.h"

/*
 * However large the budget is, keyframes use no more than this for all and each event and page touched: closer
 * ones gain nothing that can be seen, and with the log and the index of decisions it makes what a capture may cost, 40
 * bytes an event and 24 a page.
 */
#define MOST_BASE (16ull << 20)
#define MOST_PER_EVENT 22u
#define MOST_PER_PAGE 24u
#define KEEP_LEAST 8u

uint64_t mm_timeline_bytes(const struct mm_timeline *tl)
{
	unsigned int machines = 1 + (tl->scout != NULL) + (tl->near.aide != NULL);

	return tl->m->pool->bytes + (tl->foresight ? mm_foresight_bytes(tl->foresight) : 0) + sizeof(*tl) +
	       machines * sizeof(*tl->m) + tl->frame_bytes + tl->cap * sizeof(*tl->frame);
}

/** What the keyframes may take by now, in bytes. */
uint64_t mm_tl_budget(const struct mm_timeline *tl)
{
	uint64_t most = MOST_BASE + MOST_PER_EVENT * sg_log_count(tl->log) + MOST_PER_PAGE * tl->m->pages.v.count;

	return most < tl->budget ? most : tl->budget;
}

struct mm_keyframe *mm_tl_take(struct mm_timeline *tl, struct mm_machine *m)
{
	struct mm_keyframe *k = mm_keyframe_take(m);

	if (k)
		tl->frame_bytes += mm_keyframe_bytes(k);
	return k;
}

void mm_tl_drop(struct mm_timeline *tl, struct mm_keyframe *k)
{
	tl->frame_bytes -= mm_keyframe_bytes(k);
	tl->check_bytes -= k->check_bytes;
	mm_keyframe_free(tl->m, k);
}

/* Index of the last of @nr keyframes at or before @pos, @nr when there is none. */
size_t mm_tl_last_before(struct mm_keyframe *const *frame, size_t nr, uint64_t pos)
{
	size_t lo = 0, hi = nr;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (frame[mid]->position <= pos)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo ? lo - 1 : nr;
}

/* The dictionary of gfp flags only grows: the machine's may be longer than what is known, or shorter. */
void mm_tl_learn_gfp(struct mm_timeline *tl, const struct mm_machine *m)
{
	if (m->core.nr_gfp > tl->nr_gfp) {
		memcpy(tl->gfp + tl->nr_gfp, m->gfp + tl->nr_gfp, (m->core.nr_gfp - tl->nr_gfp) * sizeof(tl->gfp[0]));
		tl->nr_gfp = m->core.nr_gfp;
	}
}

void mm_tl_restore(struct mm_timeline *tl, struct mm_machine *m, const struct mm_keyframe *k)
{
	mm_tl_learn_gfp(tl, m);
	mm_keyframe_restore(m, k);
	memcpy(m->gfp, tl->gfp, m->core.nr_gfp * sizeof(tl->gfp[0]));
}

/*
 * Goes on with thinning: what lies closer than the gap goes, evenly, so that every seek replays about as much.  At
 * most @most keyframes at once, as each may hold much that only it holds.  Return: how many went.
 */
static unsigned int thin(struct mm_timeline *tl, unsigned int most)
{
	size_t out = mm_tl_last_before(tl->frame, tl->nr, tl->thin_at) + 1, i = out;
	unsigned int gone = 0;

	for (; i < tl->nr && gone < most; i++) {
		if (tl->frame[i]->position - tl->frame[out - 1]->position < tl->gap) {
			bool check = out > 1 && tl->frame[i]->check && !tl->frame[out - 1]->check; /* is worth more */

			mm_tl_drop(tl, tl->frame[check ? out - 1 : i]);
			if (check)
				tl->frame[out - 1] = tl->frame[i];
			gone++;
		} else {
			tl->frame[out++] = tl->frame[i];
		}
	}
	tl->thin_at = tl->frame[out - 1]->position;
	tl->thinning = i < tl->nr;
	memmove(&tl->frame[out], &tl->frame[i], (tl->nr - i) * sizeof(*tl->frame));
	tl->nr -= i - out;
	return gone;
}

/* Back into the budget, with twice the gap when that is needed; not in one go. */
void mm_tl_fit(struct mm_timeline *tl, unsigned int most)
{
	while (most > 0 && (tl->thinning || (mm_timeline_bytes(tl) > mm_tl_budget(tl) && tl->nr >= KEEP_LEAST))) {
		if (!tl->thinning) {
			tl->gap *= 2;
			tl->thin_at = 0;
		}
		most -= thin(tl, most);
	}
}

/* A second machine in the state of @k. */
struct mm_machine *mm_tl_machine_at(const struct mm_timeline *tl, const struct mm_keyframe *k)
{
	struct mm_machine *m = mm_machine_copy(tl->m);

	if (m) {
		memcpy(m->gfp, tl->gfp, tl->nr_gfp * sizeof(tl->gfp[0]));
		mm_keyframe_restore(m, k);
	}
	return m;
}
