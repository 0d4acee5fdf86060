// SPDX-License-Identifier: GPL-2.0-only
#include "cmd_keyf.h"

#include <stdlib.h>
#include <string.h>

#include "time/image.h"
#include "policy/policy.h"
#include "sg_mem.h"

#define POLICY_TEXT 1024u

int cmd_image_add(void *image, const void *data, size_t len)
{
	struct cmd_image *im = image;

	if (len > im->cap - im->len) {
		size_t cap = im->len + len > im->cap * 2 ? im->len + len : im->cap * 2;
		char *d = realloc(im->data, cap);

		if (!d)
			return SG_E_NOMEM;
		im->data = d;
		im->cap = cap;
	}
	memcpy(im->data + im->len, data, len);
	im->len += len;
	return 0;
}

/* ---- writing ------------------------------------------------------------------ */

/*
 * Sixteenths of the run in the order in which they are tried: each halves what lies between earlier ones, the later
 * half first, so that the run is covered evenly wherever the room ends.
 */
static const unsigned char sixteenth[CMD_KEYF_MOST] = { 8, 12, 4, 14, 10, 6, 2, 16, 15, 13, 11, 9, 7, 5, 3, 1 };

/* What is to be tried next, 0 at the end.  While not even the middle fits: what is before it, for images grow. */
static unsigned int next_sixteenth(struct cmd_keyf *k)
{
	if (k->next > 0 && k->nr == 0)
		return k->early < 7 ? 7 - k->early++ : 0;
	return k->next < CMD_KEYF_MOST ? sixteenth[k->next++] : 0;
}

/* Index of the timeline's keyframe that lies nearest to @pos; number 0, the start, needs no image. */
static size_t nearest(const struct mm_timeline *tl, uint64_t pos)
{
	size_t lo = 0, hi = mm_timeline_keyframes(tl) - 1;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (mm_timeline_keyframe_position(tl, mid) < pos)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo > 0 && mm_timeline_keyframe_position(tl, lo) > pos &&
	    mm_timeline_keyframe_position(tl, lo) - pos > pos - mm_timeline_keyframe_position(tl, lo - 1))
		lo--;
	return lo;
}

static bool is_new(const struct cmd_keyf *k, uint64_t pos)
{
	for (uint32_t i = 0; i < k->nr; i++)
		if (k->pos[i] == pos)
			return false;
	return true;
}

/* Makes the image of the keyframe nearest to a sixteenth. */
static int make_image(struct cmd_keyf *k, const struct mm_timeline *tl, unsigned int part, uint64_t nr_events)
{
	size_t i = nearest(tl, nr_events / CMD_KEYF_MOST * part + nr_events % CMD_KEYF_MOST * part / CMD_KEYF_MOST);
	uint64_t pos = mm_timeline_keyframe_position(tl, i);

	if (i == 0 || pos > nr_events || !is_new(k, pos))
		return 1;
	/* without memory for it the session is whole nevertheless: a keyframe can be made again */
	if (mm_timeline_keyframe_save(tl, i, cmd_image_add, &k->image) < 0)
		k->image.len = 0;
	k->image_pos = pos;
	return 1;
}

/* Looks whether the image that was made fits, and forgets it when it doesn't. */
static int weigh_image(struct cmd_keyf *k)
{
	uint64_t cost;

	if (ss_keyframe_cost(k->image.data, k->image.len, &cost) < 0 || cost > k->room) {
		k->image.len = 0;
		return 1;
	}
	k->room -= cost;
	k->pos[k->nr++] = k->image_pos;
	k->fits = true;
	return 1;
}

static int write_image(struct cmd_keyf *k, struct ss_writer *w, struct sg_err *err)
{
	int r = ss_put_keyframe(w, k->nr - 1, 0, k->image_pos, k->image.data, k->image.len, err);

	k->image.len = 0;
	k->fits = false;
	return r < 0 ? r : 1;
}

int cmd_keyf_save(struct cmd_keyf *k, struct ss_writer *w, const struct mm_timeline *tl, uint64_t nr_events,
		  struct sg_err *err)
{
	unsigned int part;
	int r;

	if (k->image.len > 0)
		return k->fits ? write_image(k, w, err) : weigh_image(k);
	if (k->next == 0) {
		r = ss_flush(w, err);
		if (r < 0)
			return r;
		k->room = ss_event_bytes(w) / CMD_KEYF_SHARE;
	}
	part = next_sixteenth(k);
	return part ? make_image(k, tl, part, nr_events) : 0;
}

void cmd_keyf_fini(struct cmd_keyf *k)
{
	free(k->image.data);
	memset(k, 0, sizeof(*k));
}

int cmd_put_runs(struct ss_writer *w, const struct mm_config *cfg, struct sg_err *err)
{
	const struct sg_snapshot *snap[sizeof(cfg->seed) / sizeof(cfg->seed[0])];
	char text[POLICY_TEXT];
	struct mm_policy p;

	for (unsigned int i = 0; i < cfg->nr_seeds; i++)
		snap[i] = cfg->seed[i].snap;
	mm_policy_of_capture(&p, cfg->cap, snap, cfg->nr_seeds);
	mm_policy_print(&p, text, sizeof(text));
	return ss_put_runs(w, &(struct ss_run){ cfg->cap->simulated ? "simulated" : "observed", text }, 1, err);
}

/* ---- reading ------------------------------------------------------------------ */

/*
 * The image of @k, NULL when it can't be used: damaged, not what the engine understands, of another position than it
 * is listed under, or behind events that are lost here, for they are in it.
 */
static void *image_of(struct ss_reader *r, const struct ss_keyframe *k, size_t *len)
{
	void *data;

	if (k->run != 0 || ss_pos_here(r, k->pos) != k->pos || ss_get_keyframe(r, k->number, &data, len, NULL) < 0)
		return NULL;
	if (mm_image_position(data, *len) == k->pos)
		return data;
	free(data);
	return NULL;
}

void cmd_keyf_load_fini(struct cmd_keyf_in *in)
{
	free(in->list);
	in->list = NULL;
	in->nr = 0;
}

bool cmd_keyf_load(struct cmd_keyf_in *in, struct ss_reader *r, struct mm_timeline *tl, uint64_t nr_events)
{
	const struct ss_keyframe *k;
	struct ss_summary sum;
	size_t len;
	void *data;

	if (!in->begun) {
		in->begun = true;
		if (ss_list_keyframes(r, &in->list, &in->nr, NULL) < 0)
			in->nr = 0;
	}
	if (in->next >= in->nr) {
		cmd_keyf_load_fini(in);
		return false;
	}
	k = &in->list[in->next++];
	ss_summarize(r, &sum);
	/* events that are lost are known of once they were to be read: when they come from elsewhere, all must be here */
	if (k->pos > nr_events || (ss_number(r) == 1 && sum.last_number != nr_events))
		return true;
	data = image_of(r, k, &len);
	if (data && mm_timeline_keyframe_add(tl, data, len, NULL) == 0)
		in->used++;
	free(data);
	return true;
}

/* Without a snapshot that names them, a machine's zones are known when all events are. */
static bool zones_known(const struct mm_config *cfg)
{
	for (unsigned int i = 0; i < cfg->nr_seeds; i++)
		if (cfg->seed[i].snap->nr_zones > 0)
			return true;
	return false;
}

static size_t damaged(struct ss_reader *r)
{
	struct ss_frame f;
	size_t nr = 0;

	for (uint64_t i = 0; ss_frame_at(r, i, &f); i++)
		nr += f.damaged && f.part == 0 && strcmp(f.tag, "KEYF") == 0;
	return nr;
}

size_t cmd_keyf_count(struct ss_reader *r, const struct mm_config *cfg, size_t *unusable)
{
	bool whole = zones_known(cfg);
	struct ss_keyframe *k;
	size_t bad, nr, len;

	*unusable = 0;
	if (ss_list_keyframes(r, &k, &nr, NULL) < 0)
		return 0;
	bad = damaged(r); /* they aren't in the list */
	*unusable = bad;
	for (size_t i = 0; i < nr; i++) {
		void *data = image_of(r, &k[i], &len);
		struct mm_machine *m = NULL;
		int loaded = 0;

		if (data && whole)
			loaded = mm_image_load(cfg, data, len, &m, NULL);
		if (loaded == SG_E_NOMEM)
			sg_mem_fail();
		if (!data || loaded < 0)
			++*unusable;
		mm_machine_free(m);
		free(data);
	}
	free(k);
	return nr + bad;
}

static int by_number(const void *a, const void *b)
{
	const struct ss_keyframe *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

int cmd_keyf_copy(struct ss_writer *w, struct ss_reader *r, struct sg_err *err)
{
	struct ss_keyframe *k;
	size_t nr, len;
	int code = ss_list_keyframes(r, &k, &nr, err);

	if (code < 0)
		return code;
	qsort(k, nr, sizeof(*k), by_number); /* as they were written */
	for (size_t i = 0; code == SG_OK && i < nr; i++) {
		void *data = image_of(r, &k[i], &len);

		if (data)
			code = ss_put_keyframe(w, k[i].number, k[i].run, k[i].pos, data, len, err);
		free(data);
	}
	free(k);
	return code;
}
