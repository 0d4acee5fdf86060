// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keyframes near to where one is, for steps back.
 *
 * They lie in levels: the last few each 64, 512, 4096 ... events, as far as the gap between the keyframes along the
 * run.  Whoever comes to a position leaves them behind it, and a jump starts far enough before its goal for that.
 * A step back then replays at most 64 events.
 *
 * Before they are used up, the next ones are made: with each step back a second machine, the aide, replays a few
 * events of a stretch further back and leaves keyframes there, the lowest level first, as it is needed first.  A
 * level is begun when half of a stretch of the next level is left of it, and a stretch takes far fewer steps than
 * that; so no step ever replays a whole stretch.
 */
#include "time/timeline_priv.h"

#include <string.h>

#define NEAREST_SHIFT 6u
#define LEVEL_SHIFT 3u
/*
 * The aide's events for each event stepped back.  Each level needs one of them all the time; the rest is for coming
 * ahead again after a jump.
 */
#define AIDE_RATE 32u
#define AIDE_MOST 4096u /* events in one move */
#define STEP_MOST 4u    /* times the lead: further back is a jump */

/* How far apart keyframes of a level lie. */
static uint64_t step_of(unsigned int level)
{
	return 1ull << (NEAREST_SHIFT + level * LEVEL_SHIFT);
}

/* The highest level: its keyframes lie closer than those along the run. */
static unsigned int top_level(const struct mm_timeline *tl)
{
	unsigned int l = 0;

	while (l + 1 < MM_NEAR_LEVELS && step_of(l + 1) < tl->gap)
		l++;
	return l;
}

/* The level of a position, from 0: of the largest step that it is a multiple of. */
static unsigned int level_of(const struct mm_timeline *tl, uint64_t pos)
{
	unsigned int l = ((unsigned int)__builtin_ctzll(pos) - NEAREST_SHIFT) / LEVEL_SHIFT, top = top_level(tl);

	return l < top ? l : top;
}

/* How far before its goal a jump starts at least, so that the aide comes ahead before the first keyframes are used up. */
static uint64_t lead(const struct mm_timeline *tl)
{
	return tl->gap / 8;
}

/* The last keyframe at or before @pos, of either kind. */
static const struct mm_keyframe *nearest(const struct mm_timeline *tl, uint64_t pos)
{
	const struct mm_keyframe *k = tl->frame[mm_tl_last_before(tl->frame, tl->nr, pos)];
	size_t i = mm_tl_last_before(tl->near.frame, tl->near.nr, pos);

	return i < tl->near.nr && tl->near.frame[i]->position > k->position ? tl->near.frame[i] : k;
}

const struct mm_keyframe *mm_near_start(const struct mm_timeline *tl, uint64_t pos)
{
	uint64_t here = tl->m->core.position, back = 1;

	if (pos > here || here - pos > STEP_MOST * lead(tl))
		back += lead(tl);
	return nearest(tl, pos > back ? pos - back : 0);
}

/* Is a near keyframe at @at worth having for steps back from @pos?  The stretch before this one's is far enough. */
static bool is_near(const struct mm_timeline *tl, uint64_t at, uint64_t pos)
{
	unsigned int level = level_of(tl, at);

	if (at > pos)
		return at - pos < step_of(level);
	return pos - at < MM_NEAR_EACH * step_of(level) && pos - at < 2 * tl->gap + step_of(level);
}

static void forget_far(struct mm_timeline *tl, uint64_t pos)
{
	struct mm_near *n = &tl->near;
	unsigned int out = 0;

	for (unsigned int i = 0; i < n->nr; i++) {
		if (is_near(tl, n->frame[i]->position, pos))
			n->frame[out++] = n->frame[i];
		else
			mm_tl_drop(tl, n->frame[i]);
	}
	n->nr = out;
}

void mm_near_keep(struct mm_timeline *tl, struct mm_machine *m, uint64_t goal)
{
	struct mm_near *n = &tl->near;
	uint64_t pos = m->core.position;
	struct mm_keyframe *k;
	unsigned int i;

	if (!is_near(tl, pos, goal))
		return;
	if (n->nr == MM_NEAR_MOST)
		forget_far(tl, goal);
	i = (unsigned int)mm_tl_last_before(n->frame, n->nr, pos);
	if (n->nr == MM_NEAR_MOST || (i < n->nr && n->frame[i]->position == pos))
		return;
	k = mm_tl_take(tl, m);
	if (!k)
		return;
	i = i < n->nr ? i + 1 : 0;
	memmove(&n->frame[i + 1], &n->frame[i], (n->nr - i) * sizeof(n->frame[0]));
	n->frame[i] = k;
	n->nr++;
	mm_tl_fit(tl, 1);
}

/* ---- the aide -------------------------------------------------------------- */

static void forget_left(struct mm_timeline *tl, unsigned int level)
{
	if (tl->near.left[level])
		mm_tl_drop(tl, tl->near.left[level]);
	tl->near.left[level] = NULL;
}

/*
 * Looks for the first stretch before @pos that has no keyframes of @level, not further back than they need to be there
 * by now.  False when there is none.
 */
static bool find_hole(const struct mm_timeline *tl, unsigned int level, uint64_t pos, const struct mm_keyframe **ret_from,
		      uint64_t *ret_to)
{
	uint64_t to = pos, most = step_of(level + 1) / 2;

	while (to > 0 && pos - to < most) {
		const struct mm_keyframe *k = nearest(tl, to - 1);

		if (to - k->position > step_of(level)) {
			*ret_from = k;
			*ret_to = to;
			return true;
		}
		to = k->position;
	}
	return false;
}

static bool have_aide(struct mm_timeline *tl, const struct mm_keyframe *k)
{
	if (!tl->near.aide) {
		mm_tl_learn_gfp(tl, tl->m);
		tl->near.aide = mm_tl_machine_at(tl, k);
	}
	return tl->near.aide != NULL;
}

/* Gives the aide what is needed first, and is more urgent than what it does; false when there is nothing to do. */
static bool find_work(struct mm_timeline *tl, uint64_t pos)
{
	struct mm_near *n = &tl->near;
	unsigned int top = top_level(tl), end = n->to && n->level <= top ? n->level : top + 1;

	for (unsigned int l = 0; l < end; l++) {
		const struct mm_keyframe *k;
		uint64_t to;

		/* what is too long for this level is for the next one to divide */
		if (!find_hole(tl, l, pos, &k, &to) || (l < top && to - k->position > 2 * step_of(l + 1)))
			continue;
		if (n->to && n->aide) {
			forget_left(tl, n->level);
			n->left[n->level] = mm_tl_take(tl, n->aide);
		}
		if (n->left[l] && n->left[l]->position > k->position && n->left[l]->position < to)
			k = n->left[l];
		if (!have_aide(tl, k)) {
			n->to = 0;
			return false;
		}
		mm_tl_restore(tl, n->aide, k);
		forget_left(tl, l);
		sg_log_seek(tl->log, &n->cursor, n->aide->core.position + 1);
		n->level = l;
		n->to = to;
		break;
	}
	return n->to != 0;
}

/* The aide goes on for @events events. */
static void work(struct mm_timeline *tl, uint64_t pos, uint64_t events)
{
	struct mm_near *n = &tl->near;
	struct sg_event ev;

	while (events > 0 && (n->to || find_work(tl, pos))) {
		uint64_t at = n->aide->core.position;

		while (at < n->to && events > 0 && sg_log_next(&n->cursor, &ev)) {
			events--;
			mm_observe(n->aide, &ev);
			tl->applied++;
			at = n->aide->core.position;
			if ((at & (step_of(n->level) - 1)) == 0 && at < n->to)
				mm_near_keep(tl, n->aide, pos);
		}
		if (at < n->to)
			return; /* the next step goes on */
		n->to = 0;
	}
}

void mm_near_arrive(struct mm_timeline *tl, uint64_t from)
{
	uint64_t pos = tl->m->core.position, back = from > pos ? from - pos : 0;

	if (tl->near.nr)
		forget_far(tl, pos);
	if (back == 0 || back > STEP_MOST * lead(tl)) {
		/* a jump: whatever the aide was doing is far from here, mostly */
		if (back > 0 || pos - from > 1) {
			tl->near.to = 0;
			for (unsigned int l = 0; l < MM_NEAR_LEVELS; l++)
				forget_left(tl, l);
			have_aide(tl, tl->frame[0]);
		}
		return;
	}
	if (pos / 8 != from / 8)
		find_work(tl, pos);
	work(tl, pos, back < AIDE_MOST / AIDE_RATE ? AIDE_RATE * back : AIDE_MOST);
}

void mm_near_fini(struct mm_timeline *tl)
{
	for (unsigned int i = 0; i < tl->near.nr; i++)
		mm_tl_drop(tl, tl->near.frame[i]);
	for (unsigned int l = 0; l < MM_NEAR_LEVELS; l++)
		forget_left(tl, l);
	mm_machine_free(tl->near.aide);
}
