// SPDX-License-Identifier: GPL-2.0-only
/* Policies put together with keys, and runs that are made, opened, stopped, named and deleted. */
#include "test.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "maker.h"
#include "ui_spec.h"
#include "ui_term.h"
#include "world.h"

/* ---- the text of a policy ----------------------------------------------------------- */

static bool is_part(void *arg, const char *value, size_t len)
{
	(void)arg;
	return len == 2 && value[0] == 'p';
}

static void spec(void **state)
{
	char s[UI_MADE_SPEC] = "own", text[64], was[UI_MADE_SPEC];

	(void)state;
	assert_true(ui_spec_toggle(s, "storm", "p2", true, is_part, NULL));
	assert_true(ui_spec_set(s, "defrag_mode", "1"));
	assert_true(ui_spec_toggle(s, "storm", "p4", true, is_part, NULL));
	assert_string_equal(s, "own,storm=p2+p4,defrag_mode=1");
	assert_true(ui_spec_has(s, "storm", "p2") && ui_spec_has(s, "storm", "p4"));
	assert_false(ui_spec_has(s, "storm", "p") || ui_spec_has(s, "stor", "p2") || ui_spec_has(s, "storm", "p2+p4"));
	assert_true(ui_spec_toggle(s, "storm", "p2", true, is_part, NULL));
	assert_string_equal(s, "own,storm=p4,defrag_mode=1");
	/* what can't be joined takes the place of the parts, and the other way round */
	assert_true(ui_spec_toggle(s, "storm", "all", false, is_part, NULL));
	assert_string_equal(s, "own,storm=all,defrag_mode=1");
	assert_true(ui_spec_toggle(s, "storm", "p1", true, is_part, NULL));
	assert_string_equal(s, "own,storm=p1,defrag_mode=1");
	assert_true(ui_spec_toggle(s, "storm", "p1", true, is_part, NULL));
	assert_string_equal(s, "own,defrag_mode=1");
	assert_true(ui_spec_set_base(s, "linux-6.12"));
	assert_true(ui_spec_get(s, "defrag_mode", text, sizeof(text)));
	assert_string_equal(text, "1");
	assert_false(ui_spec_get(s, "defrag", text, sizeof(text)));
	assert_true(ui_spec_set(s, "defrag_mode", NULL));
	assert_string_equal(s, "linux-6.12");
	/* what has no room changes nothing */
	memset(was, 'x', sizeof(was) - 1);
	was[sizeof(was) - 1] = '\0';
	assert_false(ui_spec_set(s, "k", was));
	assert_false(ui_spec_set_base(s, was) && strlen(s) >= UI_MADE_SPEC);
}

/* ---- the panel ------------------------------------------------------------------------- */

struct made {
	struct world *w;
	struct maker mk;
};

static int setup(void **state)
{
	struct made *m = calloc(1, sizeof(*m));

	assert_non_null(m);
	m->w = world_new();
	maker_init(&m->mk);
	m->w->m.src.maker = &m->mk.maker;
	*state = m;
	return 0;
}

static int teardown(void **state)
{
	struct made *m = *state;

	assert_int_equal(m->mk.opened, m->mk.released);
	world_free(m->w);
	free(m);
	return 0;
}

/* What is typed searches in keys and words; Space chooses; what makes no difference is said. */
static void chooses(void **state)
{
	struct made *m = *state;

	assert_int_equal(world_run(m->w, "pstorm=p2<Backspace>2 <^L>"), 0);
	world_shows(m->w, "--policy own,storm=p2 ");
	world_shows(m->w, "search: storm=p2");
	world_shows(m->w, "* storm=p2");
	world_shows(m->w, "Enter runs own,storm=p2  seed 1");
	assert_null(strstr(m->w->s.text, "compact-gap"));
	assert_int_equal(world_run(m->w, "pzzz<^L>"), 0);
	world_shows(m->w, "nothing is like that");
}

static void enter(void **state)
{
	struct made *m = *state;

	/* with nothing chosen Enter takes the selected row */
	assert_int_equal(world_run(m->w, "pstorm<Down><Down><Enter><3000ms><^L>"), 0);
	assert_int_equal(m->mk.nr, 1);
	assert_string_equal(m->mk.made[0].how.spec, "own,storm=p2");
	assert_int_equal(m->mk.made[0].how.seed, 1);
	assert_int_equal(m->mk.made[0].state, UI_MADE_WHOLE);
	world_said(m->w, "the run is made in the background");
	world_said(m->w, "run own,storm=p2 is there: Enter opens it");
	world_shows(m->w, "whole");
	/* the same once more is there already: none is made */
	assert_int_equal(world_run(m->w, "pstorm<Down><Down><Enter><^L>"), 0);
	assert_int_equal(m->mk.started, 1);
	world_said(m->w, "this run is there already");
}

/* Parts are joined; a setting is typed and its range held; Enter runs what was chosen, not the row that is selected. */
static void puts_together(void **state)
{
	struct made *m = *state;

	assert_int_equal(world_run(m->w, "pstorm=p2 <Esc>storm=p4 <Esc>scale_f <^U>5000<Enter> <^U>50<Enter><Esc>defrag_m <Esc><End><Enter>"
					 "<3000ms>"), 0);
	world_said(m->w, "watermark_scale_factor=5000");
	assert_int_equal(m->mk.nr, 1);
	assert_string_equal(m->mk.made[0].how.spec, "own,storm=p2+p4,watermark_scale_factor=50,defrag_mode=1");
	/* the other value of a setting with two, and the one it had; a kernel; the text itself, and what is wrong with it */
	assert_int_equal(world_run(m->w, "pdefrag_m <Delete><Esc>linux-6.12 <^L>"), 0);
	world_shows(m->w, "--policy linux-6.12 ");
	assert_int_equal(world_run(m->w, "ppolicy<Enter><^U>own,storm=p9<Enter><Esc><End><Enter><^L>"), 0);
	world_shows(m->w, "'p9' is no value of storm, which are");
	world_said(m->w, "'p9' is no value of storm, which are");
	assert_int_equal(m->mk.nr, 1);
}

/* Seed, name and --assume go along; a name is for one run. */
static void recipe(void **state)
{
	struct made *m = *state;

	assert_int_equal(world_run(m->w, "pseed<Enter><^U>7<Enter><Esc>assume<Enter><Esc>name<Enter>first try<Enter><Esc>storm=all <Enter>"
					 "<3000ms>"), 0);
	assert_int_equal(m->mk.nr, 1);
	assert_int_equal(m->mk.made[0].how.seed, 7);
	assert_true(m->mk.made[0].how.assume);
	assert_string_equal(m->mk.made[0].how.name, "first try");
	assert_int_equal(world_run(m->w, "pseed<Enter><^U>many<Enter>"), 0);
	world_said(m->w, "a seed is a whole number");
}

/* ---- runs ------------------------------------------------------------------------------------ */

#define SEED(n) "pseed<Enter><^U>" #n "<Enter><Esc>own<Enter>"

/* Several wait for each other; one that is stopped keeps what it has, one that waits is not made; others go on. */
static void queue(void **state)
{
	struct made *m = *state;

	assert_int_equal(world_run(m->w, SEED(2) SEED(5) "<300ms>q<^L><200ms>"), 0);
	world_shows(m->w, "run 43% +1");
	assert_int_equal(m->mk.made[0].state, UI_MADE_RUNNING);
	assert_int_equal(m->mk.made[1].state, UI_MADE_WAITING);
	m->mk.nr = 0;
	assert_int_equal(world_run(m->w, SEED(2) SEED(5) SEED(6) "<300ms>ksk<300ms>s<3000ms><^L>"), 0);
	assert_int_equal(m->mk.made[0].state, UI_MADE_CUT);
	assert_int_equal(m->mk.made[1].state, UI_MADE_NOT);
	assert_int_equal(m->mk.made[2].state, UI_MADE_WHOLE);
	world_said(m->w, "ended early: the user ended it");
}

static void fails(void **state)
{
	struct made *m = *state;

	assert_int_equal(world_run(m->w, SEED(3) "<3000ms>"), 0);
	world_shows(m->w, "run own died: it was ended by a bad memory access (signal 11)");
	assert_int_equal(world_run(m->w, SEED(4) "<3000ms>"), 0);
	world_said(m->w, "no run: CPUs missing");
	/* what there is of the first one opens; nothing is there of the other, and Enter makes it again */
	assert_int_equal(world_run(m->w, "Rj<Enter><^L>"), 0);
	world_shows(m->w, "ended early (i)");
	m->mk.made[1].how.seed = MAKER_WHOLE;
	assert_int_equal(world_run(m->w, "Rjj<Enter><3000ms>"), 0);
	assert_int_equal(m->mk.made[1].state, UI_MADE_WHOLE);
	assert_int_equal(m->mk.nr, 2);
}

/* A run is shown at the same time, ` goes back and forth without creeping, and the list goes there too. */
static void opens(void **state)
{
	struct made *m = *state;

	assert_int_equal(world_run(m->w, "pstorm=p2<Enter><3000ms>qg200<Enter>R<End><Enter><^L>"), 0);
	world_shows(m->w, "simulated  own,storm=p2  seed 1");
	/* its 200th event comes a microsecond later than the capture's: at that time it has 199 */
	world_shows(m->w, "event 199/424");
	assert_int_equal(world_run(m->w, "g200<Enter>R<End><Enter>````<^L>"), 0);
	world_shows(m->w, "event 199/424");
	assert_int_equal(world_run(m->w, "g200<Enter>R<End><Enter>```<^L>"), 0);
	world_shows(m->w, "event 200/424");
	world_shows(m->w, "observed");
	assert_int_equal(world_run(m->w, "g200<Enter>R<End><Enter>g100<Enter>R<Home><Enter><^L>"), 0);
	world_shows(m->w, "observed");
	world_shows(m->w, "event 100/424");
	/* bookmarks and searches are of the run in which they were set; the capture's come back with it */
	assert_int_equal(world_run(m->w, "g200<Enter>maR<End><Enter>'a<^L>"), 0);
	world_said(m->w, "bookmark a is not set");
	assert_int_equal(world_run(m->w, "g200<Enter>maR<End><Enter>Gmb`hhh'a<^L>"), 0);
	world_shows(m->w, "event 200/424");
	assert_int_equal(world_run(m->w, "`"), 0);
	world_said(m->w, "no other run is open");
}

static void lists(void **state)
{
	struct made *m = *state;

	assert_int_equal(world_run(m->w, SEED(1) "<2000ms>" SEED(5) "<2000ms>nthe second<Enter><^L>"), 0);
	assert_string_equal(m->mk.made[1].how.name, "the second");
	world_shows(m->w, "the second");
	/* no is no; the one that is open is closed first */
	assert_int_equal(world_run(m->w, "R<End>dn<^L>"), 0);
	assert_int_equal(m->mk.nr, 2);
	assert_int_equal(world_run(m->w, "R<End><Enter>Rdy<^L>"), 0);
	assert_int_equal(m->mk.nr, 1);
	assert_int_equal(m->mk.made[0].how.seed, 1);
	world_shows(m->w, "observed");
	assert_int_equal(world_run(m->w, "R<Home>sd<^L>"), 0);
	world_said(m->w, "this is what was opened");
	assert_int_equal(m->mk.nr, 1);
}

/* What is saved and recorded is the capture's, also when a run is on the screen at the end. */
static void sessions(void **state)
{
	struct made *m = *state;
	struct world *again;

	assert_int_equal(world_run(m->w, SEED(1) "<2000ms>qg200<Enter>R<End><Enter>g10<Enter>`w<Enter><1000ms><^L>"), 0);
	again = world_reopen(m->w);
	assert_int_equal(world_run(again, "<^L>"), 0);
	world_shows(again, "event 10/424");
	for (unsigned int i = 0; i < again->s.nr_events; i++)
		assert_true(again->s.event[i] <= 10);
	world_free(again);
	/* bookmarks of the capture aren't lost unasked, whatever is on the screen; those of a run are passing */
	assert_int_equal(world_run(m->w, "maR<End><Enter>q<^L>"), 0);
	world_said(m->w, "bookmarks have changed");
	assert_int_equal(world_run(m->w, "R<End><Enter>maq"), 0);
	assert_null(strstr(m->w->s.all, "bookmarks have changed"));
}

/* Nobody makes runs here, or they can't be made: said in one line. */
static void cannot(void **state)
{
	struct made *m = *state;

	m->mk.maker.cannot = "this is a simulated run, and what its tasks asked for isn't in it";
	assert_int_equal(world_run(m->w, "pR<^L>"), 0);
	world_said(m->w, "this is a simulated run, and what its tasks asked for");
	m->w->m.src.maker = NULL;
	assert_int_equal(world_run(m->w, "pR`<^L>"), 0);
	world_said(m->w, "runs can't be made here");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spec), TEST(chooses), TEST(enter), TEST(puts_together), TEST(recipe),   TEST(queue),
		TEST(fails),            TEST(opens),   TEST(lists), TEST(sessions),      TEST(cannot),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
