// SPDX-License-Identifier: GPL-2.0-only
/* The run of a check that leaves keyframes, and starts from them again; see the header. */
#include "time/follow.h"

#include "time/foresight.h"
#include "time/timeline_priv.h"

/*
 * What the checks in keyframes may take: each is as large as some thousand events in the log.  It is part of what all
 * keyframes may take, and at most half of it.
 */
#define CHECK_BASE (8ull << 20)
#define CHECK_PER_EVENT 4u

struct mm_machine *mm_follow_begin(struct mm_timeline *tl)
{
	return mm_tl_machine_at(tl, tl->frame[0]);
}

/* Keyframe @k gets a copy of @c. */
static bool give_check(struct mm_timeline *tl, struct mm_keyframe *k, const struct mm_check *c)
{
	uint64_t bytes = 0;
	struct mm_check *n = mm_check_copy(c, tl->m, &bytes);

	if (!n)
		return false;
	mm_check_free(k->check);
	tl->frame_bytes += bytes - k->check_bytes;
	tl->check_bytes += bytes - k->check_bytes;
	k->check = n;
	k->check_bytes = bytes;
	return true;
}

static void take_check(struct mm_timeline *tl, struct mm_keyframe *k)
{
	tl->frame_bytes -= k->check_bytes;
	tl->check_bytes -= k->check_bytes;
	mm_check_free(k->check);
	k->check = NULL;
	k->check_bytes = 0;
}

bool mm_follow_check(struct mm_timeline *tl, const struct mm_check *c)
{
	return give_check(tl, tl->frame[0], c);
}

static uint64_t most_of(const struct mm_timeline *tl)
{
	uint64_t most = CHECK_BASE + CHECK_PER_EVENT * sg_log_count(tl->log);

	return most < tl->budget / 2 ? most : tl->budget / 2;
}

/* While checks take more than they may, they are put twice as far apart.  The start's and one more stay whatever they cost. */
static void thin_checks(struct mm_timeline *tl)
{
	while (tl->check_bytes > most_of(tl)) {
		uint64_t last = 0;
		unsigned int nr = 0;

		tl->check_gap *= 2;
		for (size_t i = 1; i < tl->nr; i++) {
			struct mm_keyframe *k = tl->frame[i];

			if (!k->check)
				continue;
			if (k->position - last < tl->check_gap) {
				take_check(tl, k);
				continue;
			}
			last = k->position;
			nr++;
		}
		tl->last_check = last;
		if (nr <= 1)
			break;
	}
}

void mm_follow_event(struct mm_timeline *tl, struct mm_machine *m, const struct mm_check *c, const struct sg_event *ev)
{
	uint64_t pos = m->core.position;
	struct mm_keyframe *k;

	if (tl->foresight)
		mm_foresight_see(tl->foresight, ev, pos);
	if (pos & 1023)
		return;
	mm_tl_learn_gfp(tl, m);
	mm_tl_keep_along(tl, m);
	if (pos > tl->prepared)
		tl->prepared = pos;
	if (pos - tl->last_check < tl->check_gap)
		return;
	k = mm_tl_keep_here(tl, m);
	if (!k || !give_check(tl, k, c))
		return;
	tl->last_check = pos;
	thin_checks(tl);
	mm_tl_fit(tl, 1);
}

/* The keyframe of mm_follow_before(); the first always has a check. */
static const struct mm_keyframe *checked_before(const struct mm_timeline *tl, uint64_t pos)
{
	size_t i = mm_tl_last_before(tl->frame, tl->nr, pos);

	while (i > 0 && !tl->frame[i]->check)
		i--;
	return tl->frame[i];
}

uint64_t mm_follow_before(const struct mm_timeline *tl, uint64_t pos)
{
	return checked_before(tl, pos)->position;
}

bool mm_follow_again(struct mm_timeline *tl, uint64_t pos, struct mm_machine **ret_m, struct mm_check **ret_c)
{
	const struct mm_keyframe *k = checked_before(tl, pos);

	*ret_m = k->check ? mm_tl_machine_at(tl, k) : NULL;
	*ret_c = *ret_m ? mm_check_copy(k->check, *ret_m, NULL) : NULL;
	if (*ret_c)
		return true;
	mm_machine_free(*ret_m);
	*ret_m = NULL;
	return false;
}
