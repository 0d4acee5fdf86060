// SPDX-License-Identifier: GPL-2.0-only
/*
 * n, N, d, D and K over all decisions of the samples, forwards and backwards, with their words: they are
 * those that `stormglass decisions --json` prints.
 */
#include "test.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tr.h"
#include "ui_decision_text.h"
#include "ui_model.h"

struct walk {
	struct tr_capture *tc;
	struct sg_log *log;
	struct mm_config cfg;
	struct ui_source src;
	struct ui_model md;
	uint64_t now_us;
	json_t *json;   /* keeps what @d points to */
	json_t **d;     /* in the order of events; of one event as printed */
	size_t nr;
};

static int more(void *arg, uint64_t budget)
{
	struct walk *w = arg;
	struct sg_event ev[256];
	uint64_t n = 0;

	while (n < budget) {
		size_t got = tr_read(w->tc, ev, 256);

		if (got == 0)
			break;
		for (size_t i = 0; i < got; i++)
			assert_int_equal(sg_log_append(w->log, &ev[i]), 0);
		n += got;
	}
	return n > 0;
}

static uint64_t clock_us(void *arg)
{
	return ((struct walk *)arg)->now_us += 50;
}

static void settle(struct walk *w)
{
	while (ui_model_busy(&w->md))
		ui_model_work(&w->md, clock_us, w);
	ui_model_sync(&w->md);
}

static void walk_init(struct walk *w, const char *sample)
{
	const struct sg_snapshot *before, *start;
	struct sg_err err = { 0 };

	memset(w, 0, sizeof(*w));
	if (tr_open(sample, 0, &w->tc, &err) < 0)
		fail_msg("%s", err.text);
	w->log = sg_log_new();
	before = tr_snapshot(w->tc, "before");
	start = tr_snapshot(w->tc, "in-start");
	w->cfg.cap = tr_info(w->tc);
	if (before)
		w->cfg.seed[w->cfg.nr_seeds++] = (struct mm_seed){ .snap = before };
	if (start)
		w->cfg.seed[w->cfg.nr_seeds++] = (struct mm_seed){
			.snap = start, .marker = "snapshot-begin", .marker_end = "snapshot-begin-done",
		};
	w->src = (struct ui_source){ .cap = w->cfg.cap, .log = w->log, .cfg = &w->cfg, .more = more, .arg = w };
	assert_int_equal(ui_model_init(&w->md, &w->src, &err), 0);
	settle(w);
	assert_true(w->md.run->dec.progress.done);
}

static void walk_fini(struct walk *w)
{
	ui_model_fini(&w->md);
	sg_log_free(w->log);
	tr_close(w->tc);
}

static uint64_t event_of(const json_t *d)
{
	return (uint64_t)json_integer_value(json_object_get(d, "event"));
}

static const char *text_of(const json_t *d, const char *key)
{
	const char *s = json_string_value(json_object_get(d, key));

	return s ? s : "";
}

/* What the command prints, of one kind or (NULL) of all. */
static void load(struct walk *w, const char *sample, const char *kind)
{
	char command[1024];
	json_error_t err;
	json_t *list;
	FILE *p;

	snprintf(command, sizeof(command), "'%s' decisions --json %s%s '%s'", STORMGLASS, kind ? "--kind " : "", kind ? kind : "",
		 sample);
	p = popen(command, "r");
	assert_non_null(p);
	w->json = json_loadf(p, 0, &err);
	if (!w->json)
		fail_msg("%s: %s", command, err.text);
	assert_int_equal(pclose(p), 0);
	list = json_object_get(w->json, "decisions");
	w->nr = json_array_size(list);
	w->d = malloc((w->nr ? w->nr : 1) * sizeof(*w->d));
	/* printed as they are settled, a few of them late: sorted in by insertion */
	for (size_t i = 0; i < w->nr; i++) {
		size_t at = i;

		for (; at > 0 && event_of(w->d[at - 1]) > event_of(json_array_get(list, i)); at--)
			w->d[at] = w->d[at - 1];
		w->d[at] = json_array_get(list, i);
	}
}

static void unload(struct walk *w)
{
	free(w->d);
	json_decref(w->json);
}

/* The screens are at decision @i and say of it what the command says. */
static void is_at(struct walk *w, size_t i)
{
	static const char *const verdicts[] = { [MM_UNDECIDED] = "undecided", [MM_EQUAL] = "equal", [MM_DIFFERS] = "differs" };
	const struct mm_decision *d;
	const json_t *want = w->d[i], *numbers = json_object_get(want, "numbers");

	assert_int_equal(w->md.run->pos, event_of(want));
	assert_true(w->md.run->dec.have);
	d = ui_decide_words(&w->md);
	assert_non_null(d);
	assert_string_equal(mm_check_key(d->kind), text_of(want, "kind"));
	assert_string_equal(verdicts[d->verdict], text_of(want, "verdict"));
	assert_string_equal(d->rule, text_of(want, "rule"));
	assert_string_equal(d->ours, text_of(want, "rules"));
	assert_string_equal(d->kernel, text_of(want, "kernel"));
	assert_string_equal(d->reason, text_of(want, "reason"));
	if (d->verdict == MM_UNDECIDED)
		assert_string_equal(d->why, text_of(want, "missing"));
	assert_int_equal(d->nr_numbers, json_object_size(numbers));
	for (unsigned int k = 0; k < d->nr_numbers; k++)
		assert_int_equal(d->number[k].value, json_integer_value(json_object_get(numbers, d->number[k].name)));
}

static void step(struct walk *w, enum ui_find find, int dir, uint64_t n)
{
	w->md.message_fresh = false;
	ui_model_find(&w->md, find, dir, n, NULL);
	settle(w);
}

/* Sanitizers make it slow: then not every one of many. */
#ifdef __SANITIZE_ADDRESS__
#define STRIDE 7u
#else
#define STRIDE 1u
#endif

/* All decisions of a kind, or of all, there and back. */
static void there_and_back(struct walk *w, const char *sample, const char *kind)
{
	char count[64], text[160];
	size_t differ = 0, first = SIZE_MAX, last = 0, by;

	load(w, sample, kind);
	by = w->nr > 300 ? STRIDE : 1;
	assert_true(ui_decide_kind(&w->md, kind ? kind : "all"));
	ui_model_seek(&w->md, 0);
	settle(w);
	for (size_t i = 0; i < w->nr; i++) {
		bool differs = strcmp(text_of(w->d[i], "verdict"), "differs") == 0;

		if (i % by == 0) {
			step(w, UI_FIND_DECISION, 1, i ? by : 1);
			is_at(w, i);
		}
		differ += differs;
		if (differs) {
			first = first == SIZE_MAX ? i : first;
			last = i;
		}
		if (i % (97 * by))
			continue;
		/* "decision 12 of 3,456 ..." */
		ui_decision_count(&w->md, text, sizeof(text));
		snprintf(count, sizeof(count), "decision %s of", ui_fmt_num((char[UI_FMT_MAX]){ 0 }, i + 1));
		assert_non_null(strstr(text, count));
	}
	if (by > 1 && w->nr)
		step(w, UI_FIND_DECISION, 1, by); /* to the last */
	step(w, UI_FIND_DECISION, 1, 1);
	assert_true(w->md.message_fresh);
	assert_non_null(strstr(w->md.message, "no decision after this one"));
	for (size_t i = w->nr; i > 0;) {
		is_at(w, --i);
		if (i > 0 && i < by)
			by = 1;
		step(w, UI_FIND_DECISION, -1, by);
		i -= i ? by - 1 : 0;
	}
	if (w->nr == 0)
		step(w, UI_FIND_DECISION, -1, 1);
	else
		is_at(w, 0);
	assert_non_null(strstr(w->md.message, "no decision before this one"));
	/* many at once, and no further than to the last */
	if (w->nr > 10) {
		step(w, UI_FIND_DECISION, 1, 10);
		is_at(w, 10);
		step(w, UI_FIND_DECISION, 1, 1000000);
		is_at(w, w->nr - 1);
		step(w, UI_FIND_DECISION, -1, 1000000);
		is_at(w, 0);
	}
	/* the disagreements only: the first, all of the rest at once, the first again */
	ui_model_seek(&w->md, 0);
	settle(w);
	step(w, UI_FIND_DIFFERENCE, 1, 1);
	if (differ == 0) {
		assert_non_null(strstr(w->md.message, "no disagreement with the kernel after this one"));
		assert_int_equal(w->md.run->pos, 0);
	} else {
		is_at(w, first);
		step(w, UI_FIND_DIFFERENCE, 1, differ - 1 ? differ - 1 : 1);
		is_at(w, last);
		ui_model_seek(&w->md, w->md.run->total);
		settle(w);
		step(w, UI_FIND_DIFFERENCE, -1, differ);
		is_at(w, first);
	}
	unload(w);
}

static void steady(void **state)
{
	struct walk *w = malloc(sizeof(*w));

	(void)state;
	walk_init(w, STEADY);
	there_and_back(w, STEADY, NULL);
	there_and_back(w, STEADY, "drain"); /* has none */
	walk_fini(w);
	free(w);
}

static void storm(void **state)
{
	static const char *const kinds[] = { "fallback", "refill", "drain", "compact_check", "scanner", "kswapd", "slow_path" };
	struct walk *w = malloc(sizeof(*w));

	(void)state;
	walk_init(w, STORM);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		there_and_back(w, STORM, kinds[i]);
	walk_fini(w);
	free(w);
}

/* K goes through the kinds and comes back to all of them. */
static void kinds(void **state)
{
	struct walk *w = malloc(sizeof(*w));

	(void)state;
	walk_init(w, STEADY);
	assert_string_equal(ui_decide_kind_text(&w->md), "all decisions");
	for (unsigned int k = 0; k < MM_CHECK_COUNT; k++) {
		ui_decide_next_kind(&w->md);
		assert_int_equal(w->md.run->dec.kinds, 1u << k);
		assert_non_null(strstr(ui_decide_kind_text(&w->md), mm_check_key((enum mm_check_kind)k)));
	}
	ui_decide_next_kind(&w->md);
	assert_int_equal(w->md.run->dec.kinds, 0);
	assert_false(ui_decide_kind(&w->md, "nonsense"));
	walk_fini(w);
	free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds),
		cmocka_unit_test(steady),
		cmocka_unit_test(storm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
