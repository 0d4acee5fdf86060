// SPDX-License-Identifier: GPL-2.0-only
/* Two runs side by side: the hand-made machine, and a run of it under another policy. */
#include "test.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine.h"
#include "maker.h"
#include "ui_keys.h"
#include "ui_term.h"
#include "vt.h"

#define ARGS(...)                                                                                  \
	(const char *const[])                                                                      \
	{                                                                                          \
		UI_APP, __VA_ARGS__, NULL                                                          \
	}

static void quit(struct vt *t)
{
	int status;

	vt_type(t, "q");
	status = vt_wait_end(t);
	assert_int_equal(status, 0);
	vt_stop(t);
}

/* ---- screens --------------------------------------------------------------------------------- */

static void golden(struct vt *t, const char *size, const char *what, const char *text)
{
	char name[64];

	snprintf(name, sizeof(name), "beside-%s-%s", size, what);
	vt_golden(t, name, text);
}

/* Where both stand at the partings is what the made machine says. */
static void walk(int rows, int cols, const char *size, bool turns)
{
	struct vt t;

	vt_start(&t, rows, cols, ARGS("--color=truecolor", "--beside"), NULL);
	vt_wait(&t, "partings passed");
	if (!turns)
		vt_wait(&t, "can't be told"); /* the figures are counted */
	golden(&t, size, "start", "0 of 4 partings passed");
	vt_type(&t, "(");
	golden(&t, size, "first", "parting 1 of 4: fallback");
	vt_type(&t, "a");
	vt_wait(&t, "parting 2 of 4: stall wake");
	vt_type(&t, ")");
	golden(&t, size, "most", "parting 3 of 4: outcome, the most");
	if (turns) {
		vt_type(&t, "\t");
		golden(&t, size, "map-b", "B  pageblocks");
		vt_type(&t, "\t");
		golden(&t, size, "difference", "B against A");
		vt_type(&t, "\t");
		golden(&t, size, "figures", "can't be told");
		vt_type(&t, "\t");
		golden(&t, size, "decisions", "B  decision");
	}
	vt_type(&t, "aa");
	vt_wait(&t, "no parting after this one");
	vt_type(&t, "2A");
	vt_wait(&t, "parting 2 of 4");
	/* in step: one on is not at the parting any more, and the other run follows */
	vt_type(&t, "C");
	vt_wait(&t, "in step by time: ");
	vt_type(&t, "g200\r");
	golden(&t, size, "by-time", "event 200/422");
	vt_type(&t, "s");
	vt_wait(&t, "run B leads, A follows");
	vt_type(&t, "g100\r");
	vt_wait(&t, "event 100/424");
	vt_type(&t, "c");
	vt_wait(&t, "stormglass  hand-made"); /* one run again: the one that led */
	vt_type(&t, "c");
	vt_wait(&t, "observed  Linux 7.3.0-test");
	vt_type(&t, "\033");
	vt_wait(&t, "stormglass  hand-made");
	quit(&t);
}

static void small(void **state)
{
	(void)state;
	walk(24, 80, "80x24", true);
}

static void medium(void **state)
{
	(void)state;
	walk(40, 120, "120x40", false);
}

static void large(void **state)
{
	(void)state;
	walk(60, 200, "200x60", false);
}

/* Without colours and glyphs, and at sizes that nobody wants. */
static void sizes(void **state)
{
	struct vt t;

	(void)state;
	vt_start(&t, 24, 80, ARGS("--color=none", "--ascii", "--beside"), NULL);
	vt_wait(&t, "0 of 4 partings passed");
	vt_type(&t, ")");
	vt_golden(&t, "beside-ascii", "the most");
	vt_resize(&t, 6, 24);
	vt_resize(&t, 1, 1);
	vt_wait(&t, "t|");
	vt_resize(&t, 12, 40);
	vt_wait(&t, "parting 3 of 4");
	vt_resize(&t, 24, 80);
	vt_golden(&t, "beside-ascii", "the most");
	quit(&t);
}

/* ---- keys without a terminal -------------------------------------------------------------------- */

struct shot {
	char text[256 * 100];
};

static void keep(void *arg, const struct ui_grid *g)
{
	struct shot *s = arg;
	size_t n = 0;

	for (int i = 0; i < g->rows * g->cols && n + 8 < sizeof(s->text); i++) {
		if (g->cell[i].width)
			n += (size_t)ui_utf8_put(s->text + n, g->cell[i].ch);
		if ((i + 1) % g->cols == 0)
			s->text[n++] = '\n';
	}
	s->text[n] = '\0';
}

static void run(bool two, bool reversed, const char *script, struct shot *s)
{
	struct ui_options opt = { 0 };
	struct sg_err err = { 0 };
	struct machine a, b;
	struct ui_term *t;
	int r;

	machine_init(&a);
	machine_init(&b);
	machine_other(reversed ? &a : &b);
	if (two)
		a.src.beside = &b.src;
	assert_int_equal(ui_term_null_open(24, 80, script, keep, s, &t), 0);
	r = ui_run_on(&a.src, &opt, t, &err);
	t->ops->close(t);
	machine_fini(&a);
	machine_fini(&b);
	if (r < 0)
		fail_msg("'%s': %s", script, err.text);
}

static void expect(bool two, bool reversed, const char *script, const char *text)
{
	static struct shot s;

	run(two, reversed, script, &s);
	if (!strstr(s.text, text))
		fail_msg("after '%s' there is no '%s':\n%s", script, text, s.text);
}

static void one_run_only(void **state)
{
	(void)state;
	expect(false, false, "c", "there is no second run");
	expect(false, false, "a", "c puts two runs side by side");
	expect(false, false, "C", "c puts two runs side by side");
	expect(false, false, "s", "c puts two runs side by side");
}

static void in_step(void **state)
{
	(void)state;
	/* request by request: 1 event of A is a mark, its first request the third event */
	expect(true, false, "3l", "event 3/424");
	expect(true, false, "G", "event 422/422");
	expect(true, false, "Ggg", "event 0/422");
	/* whoever is the capture: the simulated one may be the first */
	expect(true, true, "(", "event 184/424");
	expect(true, true, "(", "parting 1 of 4: fallback");
	expect(true, false, "A", "no parting before this one");
	expect(true, false, "3a", "parting 3 of 4");
	expect(true, false, "9a", "parting 4 of 4: alone");
	expect(true, false, "9a", "didn't ask");
	expect(true, false, ")sl", "event 394/424"); /* B goes on by a mark, and A stays behind the same request */
	/* one kind only */
	expect(true, false, ":parting alone<Enter>(", "parting 4 of 4: alone");
	expect(true, false, ":parting zone<Enter>)", "there is no parting of the kind zone");
	expect(true, false, ":parting wake<Enter>9a", "parting 2 of 4");
	expect(true, false, ":parting wake<Enter>:parting all<Enter>a", "parting 1 of 4");
	expect(true, false, ":parting else<Enter>", "there are partings of the kinds");
	/* what belongs to one run still works, and comes back to two */
	expect(true, false, ")?q", "the most");
	expect(true, false, ")iq", "the most");
	expect(true, false, "<Tab><Tab><Right><Right>zz=", "B against A");
	expect(true, false, "<Enter>", "c shows one run again");
}

/* ---- further runs ------------------------------------------------------------------------------------ */

#define OTHERS 3

struct others {
	struct machine m[OTHERS];
	struct ui_also also;
	int open; /* how many are */
};

static size_t others_count(void *arg)
{
	(void)arg;
	return OTHERS;
}

static int others_open(void *arg, size_t i, const struct ui_source **ret, struct sg_err *err)
{
	struct others *o = arg;

	assert_int_equal(o->open, 0);
	if (i == 1)
		return sg_fail(err, SG_E_NOTFOUND, "the second one is gone");
	o->open++;
	*ret = &o->m[i].src;
	return 0;
}

static void others_close(void *arg)
{
	((struct others *)arg)->open--;
}

/* Two runs of the kernel's own policy, which do what was observed: what the policy does to the figures can be told then. */
static void verdicts(void **state)
{
	static struct sg_simulated own[OTHERS];
	static struct shot s;
	struct ui_options opt = { 0 };
	struct sg_err err = { 0 };
	struct machine a, b;
	struct others o = { .open = 0 };
	struct ui_term *t;

	(void)state;
	machine_init(&a);
	machine_init(&b);
	machine_other(&b);
	for (unsigned int i = 0; i < OTHERS; i++) {
		machine_init(&o.m[i]);
		own[i] = (struct sg_simulated){ .capture = "hand-made", .asked = i ? "own" : "", .policy = "linux-7.3", .seed = i, .ended = "" };
		o.m[i].cap.simulated = &own[i];
	}
	o.also = (struct ui_also){ &o, others_count, others_open, others_close };
	a.src.beside = &b.src;
	a.src.also = &o.also;
	assert_int_equal(ui_term_null_open(40, 120, "<Tab><Tab><Tab>", keep, &s, &t), 0);
	assert_int_equal(ui_run_on(&a.src, &opt, t, &err), 0);
	t->ops->close(t);
	/* one stall less, and all of its time */
	if (!strstr(s.text, "better") || !strstr(s.text, "the model's error on 2"))
		fail_msg("no verdict:\n%s", s.text);
	assert_int_equal(o.open, 0);
	for (unsigned int i = 0; i < OTHERS; i++)
		machine_fini(&o.m[i]);
	machine_fini(&a);
	machine_fini(&b);
}

/* Runs that were made count as well, once they are whole; c without a second run opens their list. */
static void made_runs(void **state)
{
	static struct shot s;
	struct ui_options opt = { 0 };
	struct ui_recipe how = { .spec = "own", .seed = MAKER_WHOLE };
	struct sg_err err = { 0 };
	struct machine a, b;
	struct maker mk;
	struct ui_term *t;
	uint32_t id;

	(void)state;
	for (int two = 0; two < 2; two++) {
		machine_init(&a);
		machine_init(&b);
		machine_other(&b);
		maker_init(&mk);
		a.src.maker = &mk.maker;
		if (two)
			a.src.beside = &b.src;
		assert_int_equal(mk.maker.start(&mk, &how, &id, &err), 0);
		while (mk.made[0].state != UI_MADE_WHOLE)
			mk.maker.poll(&mk);
		assert_int_equal(ui_term_null_open(40, 120, two ? "<Tab><Tab><Tab>" : "c", keep, &s, &t), 0);
		assert_int_equal(ui_run_on(&a.src, &opt, t, &err), 0);
		t->ops->close(t);
		if (!strstr(s.text, two ? "the model's error on 1" : "which one? c puts it beside this one"))
			fail_msg("%s:\n%s", two ? "no verdict" : "no list", s.text);
		assert_int_equal(mk.opened, two);
		assert_int_equal(mk.released, two);
		machine_fini(&a);
		machine_fini(&b);
	}
}

/* Any keys in any order: it ends in peace, and what is on the screen is drawn. */
static void any_keys(void **state)
{
	static const char *const keys[] = { "a", "A", "(", ")", "c", "C", "s", "l", "h", "L", "H", "e", "E", "G", "0", "Tab", "BackTab", "v",
					    "Down", "Up", "Left", "Right", "z", "Z", "=", "[", "]", "Enter", "Esc", "space", "r", "x", "i", "?",
					    "q", "5", "%", "m", "'", ".", "o", "t", "K", "d", "n", "N", "M", "P" };
	uint64_t seed = 1;
	struct shot *s = malloc(sizeof(*s));

	(void)state;
	assert_non_null(s);
	for (int round = 0; round < 12; round++) {
		char script[4000] = "";
		size_t n = 0;

		for (int i = 0; i < 150; i++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			const char *k = keys[(seed >> 33) % (sizeof(keys) / sizeof(keys[0]))];

			n += (size_t)snprintf(script + n, sizeof(script) - n, k[1] ? "<%s>" : "%s", k);
		}
		run(true, round & 1, script, s);
	}
	free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small), cmocka_unit_test(medium), cmocka_unit_test(large), cmocka_unit_test(sizes),
		cmocka_unit_test(one_run_only), cmocka_unit_test(in_step), cmocka_unit_test(verdicts), cmocka_unit_test(made_runs), cmocka_unit_test(any_keys),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
