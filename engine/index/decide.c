// SPDX-License-Identifier: GPL-2.0-only
/*
 * Builds the index of decisions by a check over the log, and makes the words of single ones by running from
 * the keyframe before them that has the check's state.
 *
 * The check's run is the only one over the whole log: it leaves the timeline its keyframes (time/follow.h).
 */
#include "index/decide.h"

#include <stdlib.h>
#include <string.h>

#include "index/decide_index.h"
#include "time/follow.h"

#define INDEX_MOST (512ull << 20)
#define KEEP 4096u   /* decisions whose words are kept: stepping among them makes nothing again */
#define NEARBY 8192u  /* events before the one looked for from which on words are kept */

/* A run of the check: its machine and the place that it has reached. */
struct run {
	struct mm_machine *m;
	struct mm_check *c;
	struct sg_cursor cursor;
	uint64_t now; /* number of the event that is looked at */
};

/* A decision with words of its own. */
struct kept {
	uint64_t settled;
	struct mm_decision d;
	char *text; /* what d's three texts point into */
};

struct mm_decide {
	struct mm_config cfg;
	const struct sg_log *log;
	struct mm_timeline *tl, *own; /* where keyframes are left; own: NULL when it is the caller's */
	const char *stopped;
	bool done;
	struct run scan; /* builds the index */
	struct mm_dindex index;
	uint64_t *contra; /* events that contradicted the model, ascending */
	size_t nr_contra, cap_contra;
	struct run reader;      /* makes words; m is NULL without one */
	struct kept *kept;      /* a ring of KEEP */
	uint64_t nr_kept;       /* ever put into it */
	uint64_t kept_bytes;
	bool out_of_memory;     /* for words */
};

static void run_free(struct run *r)
{
	mm_check_free(r->c);
	mm_machine_free(r->m);
	memset(r, 0, sizeof(*r));
}

/* ---- life -------------------------------------------------------------------- */

static void on_scan(void *arg, const struct mm_decision *dec)
{
	struct mm_decide *d = arg;

	if (d->stopped)
		return;
	if (mm_dindex_bytes(&d->index) > INDEX_MOST)
		d->stopped = "it has reached the 512 MiB that it may take";
	else if (mm_dindex_add(&d->index, dec->event, d->scan.now, dec->kind, dec->verdict) < 0)
		d->stopped = "there is no memory left for it";
}

static struct mm_decide *decide_new(const struct mm_config *cfg, const struct sg_log *log, struct mm_timeline *tl,
				    uint64_t budget, struct sg_err *err)
{
	struct mm_decide *d = calloc(1, sizeof(*d));
	bool ok = d && (d->kept = calloc(KEEP, sizeof(*d->kept)));

	if (ok) {
		d->cfg = *cfg;
		d->log = log;
		d->own = tl ? NULL : mm_timeline_new(cfg, log, budget, err);
		d->tl = tl ? tl : d->own;
		d->scan.m = d->tl ? mm_follow_begin(d->tl) : NULL;
		d->scan.c = d->scan.m ? mm_check_new(d->scan.m, cfg, NULL, NULL, err) : NULL;
		ok = d->scan.c && mm_follow_check(d->tl, d->scan.c);
	}
	if (!ok) {
		if (!err || !err->code)
			sg_fail(err, SG_E_NOMEM, "out of memory");
		mm_decide_free(d);
		return NULL;
	}
	mm_check_listen(d->scan.c, on_scan, d, false);
	sg_log_seek(log, &d->scan.cursor, 1);
	return d;
}

struct mm_decide *mm_decide_new(const struct mm_config *cfg, const struct sg_log *log, uint64_t budget, struct sg_err *err)
{
	return decide_new(cfg, log, NULL, budget, err);
}

struct mm_decide *mm_decide_along(const struct mm_config *cfg, const struct sg_log *log, struct mm_timeline *tl,
				  struct sg_err *err)
{
	return decide_new(cfg, log, tl, 0, err);
}

void mm_decide_free(struct mm_decide *d)
{
	if (!d)
		return;
	run_free(&d->reader);
	run_free(&d->scan);
	mm_timeline_free(d->own);
	mm_dindex_fini(&d->index);
	free(d->contra);
	for (unsigned int i = 0; d->kept && i < KEEP; i++)
		free(d->kept[i].text);
	free(d->kept);
	free(d);
}

/* ---- the index ----------------------------------------------------------------- */

static void contra_add(struct mm_decide *d)
{
	if (d->nr_contra == d->cap_contra) {
		size_t cap = d->cap_contra ? d->cap_contra * 2 : 256;
		uint64_t *p = realloc(d->contra, cap * sizeof(*p));

		if (!p) {
			d->stopped = "there is no memory left for it";
			return;
		}
		d->contra = p;
		d->cap_contra = cap;
	}
	d->contra[d->nr_contra++] = d->scan.now;
}

uint64_t mm_decide_contradictions(const struct mm_decide *d)
{
	return d->nr_contra;
}

bool mm_decide_contradiction(const struct mm_decide *d, uint64_t event, int dir, uint64_t *ret)
{
	size_t lo = 0, hi = d->nr_contra; /* the first that isn't before @event, or, forwards, that is behind it */

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (d->contra[mid] < event || (dir > 0 && d->contra[mid] == event))
			lo = mid + 1;
		else
			hi = mid;
	}
	if (dir > 0 ? lo == d->nr_contra : lo == 0)
		return false;
	*ret = d->contra[dir > 0 ? lo : lo - 1];
	return true;
}

bool mm_decide_work(struct mm_decide *d, uint64_t max_events, bool complete)
{
	struct sg_event ev;

	if (d->done || d->stopped)
		return false;
	while (max_events > 0 && !d->stopped && sg_log_next(&d->scan.cursor, &ev)) {
		max_events--;
		d->scan.now++;
		mm_check_observe(d->scan.c, d->scan.m, &ev);
		mm_follow_event(d->tl, d->scan.m, d->scan.c, &ev);
		if (mm_check_out_of_memory(d->scan.c))
			d->stopped = "there is no memory left for it";
		else if (mm_last_contra(d->scan.m) & ~(1u << MM_CONTRA_SNAPSHOT_RACE))
			contra_add(d);
	}
	if (d->stopped || d->scan.now < sg_log_count(d->log))
		return !d->stopped;
	if (!complete)
		return false;
	d->scan.now = MM_SETTLED_AT_END;
	mm_check_finish(d->scan.c);
	d->scan.now = sg_log_count(d->log);
	d->done = !d->stopped;
	return false;
}

void mm_decide_progress(const struct mm_decide *d, struct mm_decide_progress *ret)
{
	*ret = (struct mm_decide_progress){
		.events = d->scan.now,
		.bytes = (d->own ? mm_timeline_bytes(d->own) : 0) + mm_dindex_bytes(&d->index) +
			 d->cap_contra * sizeof(*d->contra) + KEEP * sizeof(*d->kept) + d->kept_bytes,
		.done = d->done,
		.stopped = d->stopped,
	};
}

const char *mm_decide_rules(const struct mm_decide *d, bool *ret_guess)
{
	return mm_check_rules(d->scan.c, ret_guess);
}

/* ---- searches ------------------------------------------------------------------- */

static bool passes(const struct mm_decide_filter *f, enum mm_check_kind kind, enum mm_verdict v)
{
	return !f || ((!f->kinds || f->kinds & 1u << kind) && (!f->verdicts || f->verdicts & 1u << v));
}

static uint64_t chunk_count(const struct mm_dchunk *c, const struct mm_decide_filter *f)
{
	uint64_t n = 0;

	if (!f || (!f->kinds && !f->verdicts))
		return c->nr;
	for (unsigned int k = 0; k < MM_CHECK_COUNT; k++)
		for (unsigned int v = 0; v <= MM_DIFFERS; v++)
			if (c->count[k][v] && passes(f, (enum mm_check_kind)k, (enum mm_verdict)v))
				n += c->count[k][v];
	return n;
}

static bool rec_passes(const struct mm_decide_filter *f, uint64_t rec)
{
	return passes(f, mm_drec_kind(rec), mm_drec_verdict(rec));
}

uint64_t mm_decide_rank(const struct mm_decide *d, const struct mm_decide_filter *f, uint64_t i)
{
	uint64_t n = 0;

	for (size_t k = 0; k < d->index.nr_chunks; k++) {
		const struct mm_dchunk *c = d->index.chunk[k];

		if (i >= c->nr) {
			n += chunk_count(c, f);
			i -= c->nr;
			continue;
		}
		for (uint64_t at = 0; at < i; at++)
			n += rec_passes(f, c->rec[at]);
		break;
	}
	return n;
}

uint64_t mm_decide_count(const struct mm_decide *d, const struct mm_decide_filter *f)
{
	return mm_decide_rank(d, f, d->index.total);
}

bool mm_decide_get(const struct mm_decide *d, uint64_t i, struct mm_decide_ref *ret)
{
	uint64_t rec = mm_dindex_rec(&d->index, i);

	if (i >= d->index.total)
		return false;
	*ret = (struct mm_decide_ref){ mm_drec_event(rec), mm_drec_kind(rec), mm_drec_verdict(rec) };
	return true;
}

uint64_t mm_decide_lower(const struct mm_decide *d, uint64_t event)
{
	uint64_t before = 0;

	for (size_t k = 0; k < d->index.nr_chunks; k++) {
		const struct mm_dchunk *c = d->index.chunk[k];

		if (mm_drec_event(c->rec[c->nr - 1]) < event) {
			before += c->nr;
			continue;
		}
		for (uint32_t at = 0; mm_drec_event(c->rec[at]) < event; at++)
			before++;
		break;
	}
	return before;
}

static bool find_forward(const struct mm_dindex *x, const struct mm_decide_filter *f, uint64_t i, uint64_t *ret)
{
	uint64_t first = 0;

	for (size_t k = 0; k < x->nr_chunks; first += x->chunk[k++]->nr) {
		const struct mm_dchunk *c = x->chunk[k];

		if (i >= first + c->nr || chunk_count(c, f) == 0)
			continue;
		for (uint64_t at = i > first ? i - first : 0; at < c->nr; at++)
			if (rec_passes(f, c->rec[at])) {
				*ret = first + at;
				return true;
			}
	}
	return false;
}

static bool find_backward(const struct mm_dindex *x, const struct mm_decide_filter *f, uint64_t i, uint64_t *ret)
{
	uint64_t end = x->total;

	for (size_t k = x->nr_chunks; k-- > 0; end -= x->chunk[k]->nr) {
		const struct mm_dchunk *c = x->chunk[k];
		uint64_t first = end - c->nr;

		if (i < first || chunk_count(c, f) == 0)
			continue;
		for (uint64_t at = i < end ? i - first + 1 : c->nr; at-- > 0;)
			if (rec_passes(f, c->rec[at])) {
				*ret = first + at;
				return true;
			}
	}
	return false;
}

bool mm_decide_find(const struct mm_decide *d, const struct mm_decide_filter *f, uint64_t i, int dir, uint64_t *ret)
{
	return dir < 0 ? find_backward(&d->index, f, i, ret) : find_forward(&d->index, f, i, ret);
}

/* ---- words ------------------------------------------------------------------------ */

/* Puts a decision with its texts into the ring. */
static void on_read(void *arg, const struct mm_decision *dec)
{
	struct mm_decide *d = arg;
	struct kept *k = &d->kept[d->nr_kept % KEEP];
	const char *from[3] = { dec->ours ? dec->ours : "", dec->kernel ? dec->kernel : "", dec->reason ? dec->reason : "" };
	size_t len[3], all = 0, at = 0;
	const char **to[3];

	for (unsigned int i = 0; i < 3; i++)
		all += len[i] = strlen(from[i]) + 1;
	if (k->text)
		d->kept_bytes -= strlen(k->d.ours) + strlen(k->d.kernel) + strlen(k->d.reason) + 3;
	free(k->text);
	k->text = malloc(all);
	if (!k->text) {
		d->out_of_memory = true;
		return;
	}
	k->d = *dec;
	k->settled = d->reader.now;
	to[0] = &k->d.ours;
	to[1] = &k->d.kernel;
	to[2] = &k->d.reason;
	for (unsigned int i = 0; i < 3; i++) {
		memcpy(k->text + at, from[i], len[i]);
		*to[i] = k->text + at;
		at += len[i];
	}
	d->kept_bytes += all;
	d->nr_kept++;
}

/* The @nth of the decisions kept that fit. Of the step that the ring has overwritten in part none counts. */
static const struct mm_decision *kept_find(const struct mm_decide *d, uint64_t event, enum mm_check_kind kind,
					   uint64_t settled, unsigned int nth)
{
	uint64_t nr = d->nr_kept < KEEP ? d->nr_kept : KEEP, torn = 0;

	if (d->nr_kept > KEEP)
		torn = d->kept[d->nr_kept % KEEP].settled;
	for (uint64_t i = d->nr_kept - nr; i < d->nr_kept; i++) {
		const struct kept *k = &d->kept[i % KEEP];

		if (k->settled != torn && k->settled == settled && k->d.event == event && k->d.kind == kind && nth-- == 0)
			return &k->d;
	}
	return NULL;
}

static void kept_clear(struct mm_decide *d)
{
	for (unsigned int i = 0; i < KEEP; i++) {
		free(d->kept[i].text);
		d->kept[i].text = NULL;
	}
	d->nr_kept = d->kept_bytes = 0;
}

/* The reader goes back to the last keyframe with a check at or before @pos. */
static bool reader_restore(struct mm_decide *d, uint64_t pos)
{
	run_free(&d->reader);
	kept_clear(d);
	if (!mm_follow_again(d->tl, pos, &d->reader.m, &d->reader.c))
		return false;
	d->reader.now = mm_position(d->reader.m);
	sg_log_seek(d->log, &d->reader.cursor, d->reader.now + 1);
	return true;
}

/* One slice of the reader's way to where @settled is; true when it is there. */
static bool reader_run(struct mm_decide *d, uint64_t settled, uint64_t max_events)
{
	uint64_t count = sg_log_count(d->log), goal = settled < count ? settled : count;
	struct sg_event ev;

	while (d->reader.now < goal && max_events-- > 0) {
		if (!sg_log_next(&d->reader.cursor, &ev))
			return true;
		d->reader.now++;
		if (goal - d->reader.now < NEARBY)
			mm_check_listen(d->reader.c, on_read, d, true);
		else
			mm_check_listen(d->reader.c, NULL, NULL, false);
		mm_check_observe(d->reader.c, d->reader.m, &ev);
	}
	if (d->reader.now < goal)
		return false;
	if (settled == MM_SETTLED_AT_END) {
		mm_check_listen(d->reader.c, on_read, d, true);
		d->reader.now = MM_SETTLED_AT_END;
		mm_check_finish(d->reader.c);
	}
	return true;
}

bool mm_decide_fetch(struct mm_decide *d, uint64_t i, uint64_t max_events, const struct mm_decision **ret)
{
	uint64_t rec = mm_dindex_rec(&d->index, i), settled, before;
	const struct mm_decision *k;
	unsigned int nth;

	*ret = NULL;
	if (i >= d->index.total)
		return true;
	settled = mm_dindex_settled(&d->index, i, &nth);
	k = kept_find(d, mm_drec_event(rec), mm_drec_kind(rec), settled, nth);
	if (k) {
		*ret = k;
		return true;
	}
	before = settled == MM_SETTLED_AT_END ? UINT64_MAX : settled - 1;
	if (!d->reader.m || d->reader.now > before || d->reader.now < mm_follow_before(d->tl, before) ||
	    d->reader.now == MM_SETTLED_AT_END)
		if (!reader_restore(d, before))
			return true;
	d->out_of_memory = false;
	if (!reader_run(d, settled, max_events))
		return false;
	*ret = kept_find(d, mm_drec_event(rec), mm_drec_kind(rec), settled, nth);
	return true;
}
