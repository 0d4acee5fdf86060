// SPDX-License-Identifier: GPL-2.0-only
/*
 * All positions of the observed run: keyframes in copy-on-write versions of the machine,
 * and replay from the nearest one.
 *
 * A keyframe lies every `gap` events along what has been run.  When the keyframes outgrow
 * their budget, the gap doubles and every second one goes, all along the run; so memory is
 * bounded and a seek replays at most about one gap.
 *
 * Steps backwards come in rows, and each would replay a part of a gap.  So whoever arrives at
 * a position leaves near ones behind it, and steps back make the next ones ahead: time/near.c.
 */
#include <stdlib.h>
#include <string.h>

#include "time/image_io.h"
#include "time/foresight.h"
#include "time/timeline_priv.h"

#define FIRST_GAP 4096u
/* Of a long run keyframes lie further apart from the start: so many of them, but no further than a jump isn't felt. */
#define FRAMES_WANTED 256u
#define LONG_GAP 32768u
/* ---- keyframes along the run --------------------------------------------- */

/* Puts @k in its place; false when memory runs out. */
static bool insert(struct mm_timeline *tl, struct mm_keyframe *k)
{
	size_t i = mm_tl_last_before(tl->frame, tl->nr, k->position) + 1;

	if (tl->nr == tl->cap) {
		size_t cap = tl->cap * 2;
		struct mm_keyframe **f = realloc(tl->frame, cap * sizeof(*f));

		if (!f)
			return false;
		tl->frame = f;
		tl->cap = cap;
	}
	memmove(&tl->frame[i + 1], &tl->frame[i], (tl->nr - i) * sizeof(*tl->frame));
	tl->frame[i] = k;
	tl->nr++;
	return true;
}

bool mm_tl_keep_along(struct mm_timeline *tl, struct mm_machine *m)
{
	uint64_t pos = m->core.position;
	size_t i = mm_tl_last_before(tl->frame, tl->nr, pos);
	struct mm_keyframe *k;

	while (tl->gap < LONG_GAP && tl->gap * FRAMES_WANTED < sg_log_count(tl->log))
		tl->gap *= 2;
	if (pos - tl->frame[i]->position < tl->gap ||
	    (i + 1 < tl->nr && tl->frame[i + 1]->position - pos < tl->gap / 2))
		return false;
	k = mm_tl_take(tl, m);
	if (!k)
		return false;
	if (!insert(tl, k)) {
		mm_tl_drop(tl, k);
		return false;
	}
	mm_tl_fit(tl, MM_THIN_AT_ONCE);
	return true;
}

struct mm_keyframe *mm_tl_keep_here(struct mm_timeline *tl, struct mm_machine *m)
{
	struct mm_keyframe *k = tl->frame[mm_tl_last_before(tl->frame, tl->nr, m->core.position)];

	if (k->position == m->core.position)
		return k;
	k = mm_tl_take(tl, m);
	if (k && !insert(tl, k)) {
		mm_tl_drop(tl, k);
		return NULL;
	}
	return k;
}

/* ---- life ------------------------------------------------------------------ */

struct mm_timeline *mm_timeline_new(const struct mm_config *cfg, const struct sg_log *log, uint64_t budget,
				    struct sg_err *err)
{
	struct mm_timeline *tl = calloc(1, sizeof(*tl));

	if (tl) {
		tl->cap = 64;
		tl->frame = malloc(tl->cap * sizeof(*tl->frame));
	}
	if (!tl || !tl->frame) {
		mm_timeline_free(tl);
		sg_fail(err, SG_E_NOMEM, "out of memory");
		return NULL;
	}
	tl->log = log;
	tl->budget = budget ? budget : UINT64_MAX;
	tl->gap = FIRST_GAP;
	tl->check_gap = 4 * FIRST_GAP;
	tl->m = mm_start_new(cfg, err);
	if (tl->m)
		tl->frame[0] = mm_tl_take(tl, tl->m);
	if (!tl->m || !tl->frame[0]) {
		if (tl->m)
			sg_fail(err, SG_E_NOMEM, "out of memory");
		mm_timeline_free(tl);
		return NULL;
	}
	tl->nr = 1;
	if (tl->m->hygiene) {
		tl->m->foresee = mm_foresight_get;
		tl->m->foresight = tl->foresight =
			mm_foresight_new(log, cfg->cap, tl->m->nr_cpus, tl->m->nr_orders, tl->m->pb_order, tl->m->end_pfn,
					 tl->m->map);
		if (!tl->foresight) {
			mm_timeline_free(tl);
			sg_fail(err, SG_E_NOMEM, "out of memory");
			return NULL;
		}
	}
	sg_log_seek(log, &tl->cursor, 1);
	return tl;
}

void mm_timeline_free(struct mm_timeline *tl)
{
	if (!tl)
		return;
	mm_near_fini(tl);
	for (size_t i = 0; i < tl->nr; i++)
		mm_tl_drop(tl, tl->frame[i]);
	free(tl->frame);
	mm_machine_free(tl->scout);
	mm_machine_free(tl->m);
	mm_foresight_free(tl->foresight);
	free(tl);
}

/* ---- keyframes to and from files --------------------------------------------- */

size_t mm_timeline_keyframes(const struct mm_timeline *tl)
{
	return tl->nr;
}

uint64_t mm_timeline_keyframe_position(const struct mm_timeline *tl, size_t i)
{
	return i < tl->nr ? tl->frame[i]->position : 0;
}

int mm_timeline_keyframe_save(const struct mm_timeline *tl, size_t i,
			      int (*fn)(void *arg, const void *data, size_t len), void *arg)
{
	struct mm_machine *m = i < tl->nr ? mm_tl_machine_at(tl, tl->frame[i]) : NULL;
	int r = m ? mm_image_save(m, fn, arg) : SG_E_NOMEM;

	mm_machine_free(m);
	return r;
}

/* Flags have the same numbers in @m as in the timeline, as far as both have them. */
static int merge_gfp(struct mm_timeline *tl, const struct mm_machine *m, struct sg_err *err)
{
	unsigned int both = m->core.nr_gfp < tl->nr_gfp ? m->core.nr_gfp : tl->nr_gfp;

	if (memcmp(m->gfp, tl->gfp, both * sizeof(tl->gfp[0])) != 0)
		return sg_fail(err, SG_E_FORMAT, "the image of the machine is of another run");
	if (m->core.nr_gfp > tl->nr_gfp) {
		memcpy(tl->gfp, m->gfp, m->core.nr_gfp * sizeof(tl->gfp[0]));
		tl->nr_gfp = m->core.nr_gfp;
	}
	return SG_OK;
}

int mm_timeline_keyframe_add(struct mm_timeline *tl, const void *data, size_t len, struct sg_err *err)
{
	uint64_t pos = mm_image_position(data, len);
	struct mm_keyframe *k = tl->frame[mm_tl_last_before(tl->frame, tl->nr, pos)];
	struct mm_machine *m;
	int r;

	if (pos != UINT64_MAX && (k->position == pos || mm_timeline_bytes(tl) >= mm_tl_budget(tl)))
		return 1;
	mm_tl_learn_gfp(tl, tl->m);
	m = mm_tl_machine_at(tl, k);
	if (!m)
		return sg_fail(err, SG_E_NOMEM, "out of memory for a keyframe");
	r = mm_image_read(m, data, len, err);
	if (r == SG_OK)
		r = merge_gfp(tl, m, err);
	k = r == SG_OK ? mm_keyframe_take(m) : NULL;
	mm_machine_free(m);
	if (r < 0)
		return r;
	if (k)
		tl->frame_bytes += mm_keyframe_bytes(k);
	if (!k || !insert(tl, k)) {
		if (k)
			mm_tl_drop(tl, k);
		return sg_fail(err, SG_E_NOMEM, "out of memory for a keyframe");
	}
	return SG_OK;
}

/* ---- moving ---------------------------------------------------------------- */

bool mm_timeline_seek_slice(struct mm_timeline *tl, uint64_t pos, uint64_t max_events)
{
	struct sg_event ev;
	uint64_t here = tl->m->core.position;

	if (pos > sg_log_count(tl->log))
		pos = sg_log_count(tl->log);
	if (pos == here)
		return true;
	/*
	 * From the nearest keyframe, unless going on from here is nearer.  The position's own event is
	 * always applied, never restored, so that its changes are there to be shown.
	 */
	if (pos < here || pos - here > 1) {
		const struct mm_keyframe *k = mm_near_start(tl, pos);

		if (pos < here || k->position > here)
			mm_tl_restore(tl, tl->m, k);
	}
	if (tl->cursor.next != tl->m->core.position + 1)
		sg_log_seek(tl->log, &tl->cursor, tl->m->core.position + 1);
	while (tl->m->core.position < pos && max_events-- > 0) {
		uint64_t at;

		if (!sg_log_next(&tl->cursor, &ev))
			break;
		mm_observe(tl->m, &ev);
		tl->applied++;
		at = tl->m->core.position;
		if ((at & (MM_NEAREST - 1)) == 0 && ((at & 1023) != 0 || !mm_tl_keep_along(tl, tl->m)))
			mm_near_keep(tl, tl->m, pos);
	}
	if (tl->m->core.position != pos)
		return false;
	mm_near_arrive(tl, here);
	return true;
}

/*
 * The first stretch from tl->prepared on that has no keyframe for more than a gap and a half: a scout is sent from its
 * beginning.  False when there is none.
 */
static bool send_scout(struct mm_timeline *tl)
{
	uint64_t end = sg_log_count(tl->log);

	for (size_t i = mm_tl_last_before(tl->frame, tl->nr, tl->prepared); i < tl->nr; i++) {
		const struct mm_keyframe *k = tl->frame[i];
		uint64_t next = i + 1 < tl->nr ? tl->frame[i + 1]->position : end;

		if (next - k->position <= tl->gap + tl->gap / 2) {
			tl->prepared = next;
			continue;
		}
		if (k->position < tl->prepared && next <= tl->prepared)
			continue;
		mm_tl_learn_gfp(tl, tl->m);
		tl->scout = mm_tl_machine_at(tl, k);
		if (!tl->scout)
			return false;
		tl->scout_to = next;
		sg_log_seek(tl->log, &tl->scout_cursor, k->position + 1);
		return true;
	}
	return false;
}

bool mm_timeline_prepare(struct mm_timeline *tl, uint64_t max_events)
{
	struct sg_event ev;
	bool more = false;

	if (tl->foresight)
		more = mm_foresight_read(tl->foresight, max_events < UINT64_MAX / 8 ? 8 * max_events : UINT64_MAX);
	if (!tl->scout && (tl->prepared >= sg_log_count(tl->log) || !send_scout(tl)))
		return more;
	while (max_events-- > 0 && tl->scout->core.position < tl->scout_to && sg_log_next(&tl->scout_cursor, &ev)) {
		mm_observe(tl->scout, &ev);
		if ((tl->scout->core.position & 1023) == 0) {
			mm_tl_learn_gfp(tl, tl->scout);
			mm_tl_keep_along(tl, tl->scout);
		}
	}
	if (tl->scout->core.position > tl->prepared)
		tl->prepared = tl->scout->core.position;
	if (tl->scout->core.position == tl->scout_to) {
		mm_tl_learn_gfp(tl, tl->scout);
		mm_machine_free(tl->scout);
		tl->scout = NULL;
	}
	return true;
}

uint64_t mm_timeline_prepared(const struct mm_timeline *tl)
{
	return tl->prepared;
}

uint64_t mm_timeline_applied(const struct mm_timeline *tl)
{
	return tl->applied;
}

void mm_timeline_seek(struct mm_timeline *tl, uint64_t pos)
{
	mm_timeline_seek_slice(tl, pos, UINT64_MAX);
}

const struct mm_machine *mm_timeline_machine(const struct mm_timeline *tl)
{
	return tl->m;
}
