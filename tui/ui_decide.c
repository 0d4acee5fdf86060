// SPDX-License-Identifier: GPL-2.0-only
/* The index of decisions in the background, the one that is looked at, and where e, d and x go. */
#include "ui_decide.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ui_model_priv.h"

/* Events between two looks at the clock; some take more than ten microseconds. */
#define INDEX_CHUNK 256
#define WORDS_CHUNK 512

/* ---- life ---------------------------------------------------------------------- */

bool ui_decide_waits(const struct ui_model *md)
{
	return !md->run->loaded && !mm_zones_named(&md->run->cfg);
}

static void drop(struct ui_decide *dec)
{
	mm_decide_free(dec->d);
	dec->d = NULL;
	dec->have = dec->failed = false;
	dec->nr_here = 0;
	dec->words_of.set = false;
	dec->progress = (struct mm_decide_progress){ 0 };
}

void ui_decide_drop(struct ui_run *run)
{
	drop(&run->dec);
}

/*
 * The index begins with the first event, unless the zones follow from the pages in the log: then
 * when all of it is read.
 */
static bool begin(struct ui_model *md)
{
	struct ui_decide *dec = &md->run->dec;
	struct sg_err err = { 0 };

	if (dec->failed || ui_decide_waits(md))
		return false;
	if (!dec->d) {
		dec->d = mm_decide_along(&md->run->cfg, md->run->src->log, md->run->tl, &err);
		dec->failed = !dec->d;
	}
	return !dec->failed;
}

/* ---- where one is ----------------------------------------------------------------- */

struct mm_decide_filter ui_decide_filter(const struct ui_model *md, bool differ)
{
	return (struct mm_decide_filter){ md->run->dec.kinds, differ ? 1u << MM_DIFFERS : 0 };
}

bool ui_decide_reached(const struct ui_model *md)
{
	const struct ui_decide *dec = &md->run->dec;

	return dec->d && (dec->progress.done || dec->progress.events > md->run->pos);
}

void ui_decide_sync(struct ui_model *md)
{
	struct ui_decide *dec = &md->run->dec;
	struct mm_decide_filter f = ui_decide_filter(md, false);
	uint64_t pos = mm_position(md->run->m), i;

	dec->have = false;
	dec->nr_here = 0;
	if (!dec->d)
		return;
	mm_decide_progress(dec->d, &dec->progress);
	dec->first = mm_decide_lower(dec->d, pos);
	dec->nr_here = mm_decide_lower(dec->d, pos + 1) - dec->first;
	if (dec->chosen.event != pos && !(md->run->job.kind == UI_JOB_SEEK && md->run->target == dec->chosen.event))
		dec->chosen.set = false;
	if (pos == 0 || dec->nr_here == 0)
		return;
	if (dec->chosen.set && dec->chosen.nth < dec->nr_here)
		dec->index = dec->first + dec->chosen.nth;
	else if (mm_decide_find(dec->d, &f, dec->first, 1, &i) && i < dec->first + dec->nr_here)
		dec->index = i;
	else
		dec->index = dec->first;
	dec->have = mm_decide_get(dec->d, dec->index, &dec->ref);
}

/* ---- words -------------------------------------------------------------------------- */

static bool words_fit(const struct ui_decide *dec)
{
	return dec->words_of.set && dec->words_of.event == dec->ref.event &&
	       dec->words_of.nth == dec->index - dec->first;
}

const struct mm_decision *ui_decide_words(const struct ui_model *md)
{
	const struct ui_decide *dec = &md->run->dec;

	return dec->have && words_fit(dec) && !dec->words_failed ? &dec->words : NULL;
}

/* While playing, positions pass too quickly to be read. */
static bool words_wanted(const struct ui_model *md)
{
	const struct ui_decide *dec = &md->run->dec;

	return dec->have && !md->playing && md->run->job.kind == UI_JOB_NONE && dec->ref.event == mm_position(md->run->m) &&
	       !words_fit(dec);
}

static void keep_text(char to[UI_DECIDE_TEXT], const char **text)
{
	sg_clean(to, UI_DECIDE_TEXT, *text, strlen(*text));
	*text = to;
}

static void words_slice(struct ui_model *md, const struct ui_clock *clock)
{
	struct ui_decide *dec = &md->run->dec;
	const struct mm_decision *got = NULL;
	uint64_t start = ui_clock_us(clock);

	while (!mm_decide_fetch(dec->d, dec->index, WORDS_CHUNK, &got))
		if (ui_clock_us(clock) - start >= UI_SLICE_US)
			return;
	dec->words_of = (struct ui_decide_key){ dec->ref.event, dec->index - dec->first, true };
	dec->words_failed = !got;
	if (!got)
		return;
	dec->words = *got;
	keep_text(dec->ours, &dec->words.ours);
	keep_text(dec->kernel, &dec->words.kernel);
	keep_text(dec->reason, &dec->words.reason);
}

/* ---- work ----------------------------------------------------------------------------- */

static bool index_pending(const struct ui_model *md)
{
	const struct ui_decide *dec = &md->run->dec;

	if (dec->failed || ui_decide_waits(md))
		return false;
	return !dec->d || (!dec->progress.done && !dec->progress.stopped &&
			   (md->run->loaded || dec->progress.events < sg_log_count(md->run->src->log)));
}

bool ui_decide_busy(const struct ui_model *md)
{
	return words_wanted(md) || index_pending(md);
}

bool ui_decide_prepares(const struct ui_model *md)
{
	return index_pending(md);
}

static void index_slice(struct ui_model *md, const struct ui_clock *clock)
{
	struct ui_decide *dec = &md->run->dec;
	uint64_t start = ui_clock_us(clock);

	if (!begin(md))
		return;
	while (mm_decide_work(dec->d, INDEX_CHUNK, md->run->loaded) && ui_clock_us(clock) - start < UI_SLICE_US)
		;
	mm_decide_progress(dec->d, &dec->progress);
}

void ui_decide_work(struct ui_model *md, const struct ui_clock *clock)
{
	ui_decide_sync(md);
	if (words_wanted(md))
		words_slice(md, clock);
	else if (index_pending(md))
		index_slice(md, clock);
	ui_decide_sync(md);
}

/* ---- next and previous -------------------------------------------------------------------- */

static void go_to(struct ui_model *md, uint64_t i)
{
	struct ui_decide *dec = &md->run->dec;
	struct mm_decide_ref ref;

	if (!mm_decide_get(dec->d, i, &ref))
		return;
	dec->chosen = (struct ui_decide_key){ ref.event, i - mm_decide_lower(dec->d, ref.event), true };
	md->run->before_jump = md->run->job.from;
	ui_model_seek(md, ref.event);
	/* the seek is to the event; several decisions may be there */
	ui_decide_sync(md);
}

static void not_found(struct ui_model *md)
{
	const struct ui_decide *dec = &md->run->dec;
	const char *where = md->run->job.dir > 0 ? "after" : "before";
	bool differ = md->run->job.find == UI_FIND_DIFFERENCE;

	md->run->job.kind = UI_JOB_NONE;
	if (dec->failed)
		ui_model_say(md, UI_MSG_WARN, "out of memory for the decisions");
	else if (dec->progress.stopped)
		ui_model_say(md, UI_MSG_WARN, "decisions are known up to event %" PRIu64 " only: %s", dec->progress.events,
			     dec->progress.stopped);
	else if (md->run->job.find == UI_FIND_CONTRADICTION)
		ui_model_say(md, UI_MSG_WARN, "no event %s this one contradicts the model", where);
	else if (dec->kinds)
		ui_model_say(md, UI_MSG_WARN, "no %s%s %s this one (%s)", differ ? "disagreement" : "decision",
			     differ ? " with the kernel" : "", where, ui_decide_kind_text(md));
	else
		ui_model_say(md, UI_MSG_WARN, "no %s%s %s this one", differ ? "disagreement" : "decision",
			     differ ? " with the kernel" : "", where);
}

/*
 * The decision from which on to look, in the direction of the job; false when there can be none.
 * At the place that one is looked at it counts from this one, else from the event.
 */
static bool look_from(const struct ui_model *md, uint64_t base, uint64_t *ret)
{
	const struct ui_decide *dec = &md->run->dec;
	bool here = dec->have && base == mm_position(md->run->m);
	uint64_t at = here ? dec->index : mm_decide_lower(dec->d, base);

	if (!here && dec->chosen.set && dec->chosen.event == base) {
		at += dec->chosen.nth; /* on the way there */
		here = true;
	}
	if (md->run->job.dir > 0) {
		*ret = here ? at + 1 : mm_decide_lower(dec->d, base + 1);
		return true;
	}
	*ret = at - 1;
	return at > 0;
}

/* As for decisions, but there is one place for each event. */
static void find_contradiction(struct ui_model *md, uint64_t base, bool known, const struct ui_clock *clock)
{
	struct ui_decide *dec = &md->run->dec;
	uint64_t at = base, n = 0;

	if (dec->d && (known || md->run->job.dir > 0))
		while (n < md->run->job.count && mm_decide_contradiction(dec->d, at, md->run->job.dir, &at))
			n++;
	if (n == md->run->job.count || (n > 0 && known)) {
		md->run->before_jump = md->run->job.from;
		ui_model_seek(md, at);
	} else if (known) {
		not_found(md);
	} else {
		index_slice(md, clock);
	}
}

void ui_decide_find_slice(struct ui_model *md, const struct ui_clock *clock)
{
	bool differ = md->run->job.find == UI_FIND_DIFFERENCE, all;
	struct mm_decide_filter f = ui_decide_filter(md, differ);
	struct ui_decide *dec = &md->run->dec;
	uint64_t i, found = 0, n = 0, base = md->run->job.dir > 0 ? md->run->job.at - 1 : md->run->job.at;
	bool known;

	ui_decide_sync(md);
	all = dec->failed || dec->progress.done || dec->progress.stopped;
	/* backwards all before must be known, forwards what is known will do */
	known = all || (md->run->job.dir < 0 && dec->progress.events > base);
	if (md->run->job.find == UI_FIND_CONTRADICTION) {
		find_contradiction(md, base, known, clock);
		return;
	}
	if (dec->d && (known || md->run->job.dir > 0)) {
		bool more = look_from(md, base, &i);

		while (more && n < md->run->job.count && mm_decide_find(dec->d, &f, i, md->run->job.dir, &found)) {
			n++;
			i = md->run->job.dir > 0 ? found + 1 : found - 1;
			more = md->run->job.dir > 0 || found > 0;
		}
		/* a count that goes beyond the last one stops there */
		if (n == md->run->job.count || (n > 0 && known)) {
			go_to(md, found);
			return;
		}
	}
	if (known)
		not_found(md);
	else
		index_slice(md, clock);
}

/* ---- kinds -------------------------------------------------------------------------------- */

const char *ui_decide_kind_text(const struct ui_model *md)
{
	static const char *const text[] = {
#define X(id, key, text) "only " key,
		MM_CHECK_LIST(X)
#undef X
	};

	for (unsigned int k = 0; k < MM_CHECK_COUNT; k++)
		if (md->run->dec.kinds == 1u << k)
			return text[k];
	return "all decisions";
}

static void set_kinds(struct ui_model *md, uint32_t kinds)
{
	md->run->dec.kinds = kinds;
	md->run->dec.chosen.set = false;
	ui_decide_sync(md);
	if (kinds)
		ui_model_say(md, UI_MSG_INFO, "e, E, d and D stop at %s: %s", ui_decide_kind_text(md) + 5,
			     mm_check_text((enum mm_check_kind)__builtin_ctz(kinds)));
	else
		ui_model_say(md, UI_MSG_INFO, "e, E, d and D stop at all kinds of decisions");
}

void ui_decide_next_kind(struct ui_model *md)
{
	uint32_t kinds = md->run->dec.kinds ? md->run->dec.kinds << 1 : 1;

	set_kinds(md, kinds >> MM_CHECK_COUNT ? 0 : kinds);
}

bool ui_decide_kind(struct ui_model *md, const char *name)
{
	if (strcmp(name, "all") == 0) {
		set_kinds(md, 0);
		return true;
	}
	for (unsigned int k = 0; k < MM_CHECK_COUNT; k++)
		if (strcmp(mm_check_key((enum mm_check_kind)k), name) == 0) {
			set_kinds(md, 1u << k);
			return true;
		}
	return false;
}
