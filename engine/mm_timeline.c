// SPDX-License-Identifier: GPL-2.0-only
/*
 * All positions of the observed run: keyframes in copy-on-write versions of the machine,
 * and replay from the nearest one.
 *
 * A keyframe lies every `gap` events along what has been run.  When the keyframes outgrow
 * their budget, the gap doubles and every second one goes, all along the run; so memory is
 * bounded and a seek replays at most about two gaps.
 */
#include <stdlib.h>
#include <string.h>

#include "mm_state.h"

#define FIRST_GAP 4096u
/* Without a budget of the caller's: what a small capture may always spend, and bytes for each event in the log. */
#define BUDGET_BASE (64ull << 20)
#define BUDGET_PER_EVENT 24u
#define BUDGET_MOST (1ull << 30)

struct keyframe {
	uint64_t position;
	size_t core_bytes;
	void *core; /* see core_pack() */
	struct mm_cow_ver pages, blocks, pcp;
	struct mm_seed_map *seed;
};

struct mm_timeline {
	struct mm_machine *m;
	const struct sg_log *log;
	struct sg_cursor cursor;
	struct keyframe **frame; /* ascending position; [0] is position 0 */
	size_t nr, cap;
	uint64_t budget, gap; /* budget: 0 follows the size of the log */
};

/* Bytes of a packed core: all before the zones, the zones in use, the CPUs that there are. */
static size_t core_size(const struct mm_machine *m)
{
	return offsetof(struct mm_core, zone) + m->core.nr_zones * sizeof(m->core.zone[0]) +
	       m->nr_base * sizeof(m->core.base[0]);
}

static void core_pack(unsigned char *to, const struct mm_machine *m, size_t size)
{
	size_t head = offsetof(struct mm_core, zone), zones = m->core.nr_zones * sizeof(m->core.zone[0]);

	memcpy(to, &m->core, head + zones);
	memcpy(to + head + zones, m->core.base, size - head - zones);
}

static void core_unpack(struct mm_machine *m, const unsigned char *from, size_t size)
{
	size_t head = offsetof(struct mm_core, zone), zones;

	memcpy(&m->core, from, head);
	zones = m->core.nr_zones * sizeof(m->core.zone[0]); /* never changes in a run */
	memcpy(m->core.zone, from + head, zones);
	memcpy(m->core.base, from + head + zones, size - head - zones);
}

static void keyframe_free(const struct mm_machine *m, struct keyframe *k)
{
	if (!k)
		return;
	mm_cow_drop(&m->pages, &k->pages);
	mm_cow_drop(&m->blocks, &k->blocks);
	mm_cow_drop(&m->pcp, &k->pcp);
	mm_seed_put(k->seed);
	free(k->core);
	free(k);
}

static struct keyframe *keyframe_take(const struct mm_machine *m)
{
	struct keyframe *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	k->core_bytes = core_size(m);
	k->core = malloc(k->core_bytes);
	if (!k->core) {
		free(k);
		return NULL;
	}
	mm_cow_keep(&m->pages, &k->pages);
	mm_cow_keep(&m->blocks, &k->blocks);
	mm_cow_keep(&m->pcp, &k->pcp);
	k->seed = mm_seed_get(m->seed);
	core_pack(k->core, m, k->core_bytes);
	k->position = m->core.position;
	return k;
}

/* The machine becomes what it was at @k. */
static void keyframe_restore(struct mm_machine *m, const struct keyframe *k)
{
	mm_cow_return(&m->pages, &k->pages);
	mm_cow_return(&m->blocks, &k->blocks);
	mm_cow_return(&m->pcp, &k->pcp);
	core_unpack(m, k->core, k->core_bytes);
	if (m->seed != k->seed) {
		mm_seed_put(m->seed);
		m->seed = mm_seed_get(k->seed);
	}
	m->nr_changes = m->total_changes = 0;
	m->last_contra = 0;
}

uint64_t mm_timeline_bytes(const struct mm_timeline *tl)
{
	return tl->m->pool->bytes + sizeof(*tl->m) + tl->nr * (sizeof(struct keyframe) + core_size(tl->m)) +
	       tl->cap * sizeof(*tl->frame);
}

static uint64_t budget_of(const struct mm_timeline *tl)
{
	uint64_t b = BUDGET_BASE + BUDGET_PER_EVENT * sg_log_count(tl->log);

	if (tl->budget)
		return tl->budget;
	return b < BUDGET_MOST ? b : BUDGET_MOST;
}

/* Twice the gap, and what then lies too close goes: evenly, so that every seek replays about as much. */
static void thin(struct mm_timeline *tl)
{
	size_t out = 1;

	if (tl->nr < 8)
		return;
	tl->gap *= 2;
	for (size_t i = 1; i < tl->nr; i++) {
		if (tl->frame[i]->position - tl->frame[out - 1]->position < tl->gap)
			keyframe_free(tl->m, tl->frame[i]);
		else
			tl->frame[out++] = tl->frame[i];
	}
	tl->nr = out;
}

/* Index of the last keyframe at or before @pos. */
static size_t frame_before(const struct mm_timeline *tl, uint64_t pos)
{
	size_t lo = 0, hi = tl->nr;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (tl->frame[mid]->position <= pos)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo ? lo - 1 : 0;
}

/* Keeps a keyframe of the present position when the one before it is a gap away. */
static void maybe_keep(struct mm_timeline *tl)
{
	uint64_t pos = tl->m->core.position;
	size_t i = frame_before(tl, pos);
	struct keyframe *k;

	if (pos - tl->frame[i]->position < tl->gap)
		return;
	if (tl->nr == tl->cap) {
		size_t cap = tl->cap * 2;
		struct keyframe **f = realloc(tl->frame, cap * sizeof(*f));

		if (!f)
			return;
		tl->frame = f;
		tl->cap = cap;
	}
	k = keyframe_take(tl->m);
	if (!k)
		return;
	memmove(&tl->frame[i + 2], &tl->frame[i + 1], (tl->nr - i - 1) * sizeof(*tl->frame));
	tl->frame[i + 1] = k;
	tl->nr++;
	if (mm_timeline_bytes(tl) > budget_of(tl))
		thin(tl);
}

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
	tl->budget = budget;
	tl->gap = FIRST_GAP;
	tl->m = mm_machine_new(cfg, err);
	if (tl->m)
		tl->frame[0] = keyframe_take(tl->m);
	if (!tl->m || !tl->frame[0]) {
		if (tl->m)
			sg_fail(err, SG_E_NOMEM, "out of memory");
		mm_timeline_free(tl);
		return NULL;
	}
	tl->nr = 1;
	sg_log_seek(log, &tl->cursor, 1);
	return tl;
}

void mm_timeline_free(struct mm_timeline *tl)
{
	if (!tl)
		return;
	for (size_t i = 0; i < tl->nr; i++)
		keyframe_free(tl->m, tl->frame[i]);
	free(tl->frame);
	mm_machine_free(tl->m);
	free(tl);
}

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
		const struct keyframe *k = tl->frame[frame_before(tl, pos > 0 ? pos - 1 : 0)];

		if (pos < here || k->position > here)
			keyframe_restore(tl->m, k);
	}
	if (tl->cursor.next != tl->m->core.position + 1)
		sg_log_seek(tl->log, &tl->cursor, tl->m->core.position + 1);
	while (tl->m->core.position < pos && max_events-- > 0) {
		if (!sg_log_next(&tl->cursor, &ev))
			break;
		mm_observe(tl->m, &ev);
		if ((tl->m->core.position & 1023) == 0 && tl->m->core.position < pos)
			maybe_keep(tl);
	}
	return tl->m->core.position == pos;
}

void mm_timeline_seek(struct mm_timeline *tl, uint64_t pos)
{
	mm_timeline_seek_slice(tl, pos, UINT64_MAX);
}

const struct mm_machine *mm_timeline_machine(const struct mm_timeline *tl)
{
	return tl->m;
}
