// SPDX-License-Identifier: GPL-2.0-only
/* The path of a session, or of one's own, as a film. */
#include "test.h"

#include <inttypes.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "ui_term.h"
#include "world.h"

/* The film shows each stop of the path, in its order, and its clock is the path's. */
static void film(void **state)
{
	static const uint64_t stops[] = { 0, 17, 102, 99, 308, 424 };
	struct world *w = world_new(), *again;
	unsigned int at = 0;

	(void)state;
	assert_int_equal(
		world_run(w, "<3000ms>17l<2000ms>g102<Enter><1000ms>3h<1000ms>/=order >= 9<Enter><5000ms>G<1000ms>w<Enter>"), 0);
	again = world_reopen(w);
	again->opt.film = true;
	assert_int_equal(world_run(again, "<30000ms>"), 0);
	for (unsigned int i = 0; i < again->s.nr_events; i++) {
		if (at < 6 && again->s.event[i] == stops[at])
			at++;
		else if (at == 0 || again->s.event[i] != stops[at - 1])
			fail_msg("event %" PRIu64 " is shown at stop %u", again->s.event[i], at);
	}
	assert_int_equal(at, 6);
	world_said(again, "film 0:00 / 0:13");
	world_said(again, "film 0:07 / 0:13");
	world_said(again, "end of the film");
	/* after three seconds it has left the start, after two it has not */
	assert_int_equal(world_run(again, "<2900ms> <^L>"), 0);
	world_shows(again, "event 0/424");
	assert_int_equal(world_run(again, "<3200ms> <^L>"), 0);
	world_shows(again, "event 17/424");
	world_shows(again, "\xe2\x80\x96 film 0:03 / 0:13");
	/* twice as quick */
	again->opt.film_speed = 2;
	assert_int_equal(world_run(again, "<1600ms> <^L>"), 0);
	world_shows(again, "event 17/424");
	world_shows(again, "film \xc3\x97"
		     "2");
	again->opt.film_speed = 0;
	assert_int_equal(world_run(again, "++<900ms> <^L>"), 0); /* at 5 */
	world_shows(again, "event 17/424");
	assert_int_equal(world_run(again, " } <100ms> {<^L>"), 0); /* ten seconds on, and back again */
	world_shows(again, "event 0/424");
	assert_int_equal(world_run(again, " }<^L>"), 0);
	world_shows(again, "event 308/424");
	assert_int_equal(world_run(again, "<30000ms> <500ms> <^L>"), 0); /* from its end it starts anew */
	world_shows(again, "event 0/424");
	world_free(again);
	world_free(w);
}

/* Any movement leaves the film and is done; P goes back to where it was left. */
static void step_out(void **state)
{
	static const struct {
		const char *keys, *shows;
	} out[] = {
		{ "l", "event 18/424" }, { "h", "event 16/424" },     { "G", "event 424/424" },
		{ "?", "next event" },   { "50%", "event 212/424" },  { "/extfrag<Enter>", "event 102/424" },
		{ "v", "per-cpu" },      { "/phase<Enter>", "event 183/424" },
	};
	struct world *w = world_new(), *again;
	char script[200];

	(void)state;
	assert_int_equal(world_run(w, "<1000ms>17l<5000ms>g300<Enter><1000ms>Gw<Enter>"), 0);
	for (size_t i = 0; i < sizeof(out) / sizeof(out[0]); i++) {
		again = world_reopen(w);
		again->opt.film = true;
		snprintf(script, sizeof(script), "<2000ms>%s<^L>", out[i].keys);
		assert_int_equal(world_run(again, script), 0);
		world_shows(again, out[i].shows);
		assert_null(strstr(again->s.text, "film 0:"));
		snprintf(script, sizeof(script), "<2000ms>%s<Esc><20000ms>P<500ms> <^L>", out[i].keys);
		assert_int_equal(world_run(again, script), 0);
		world_shows(again, "film 0:02 / 0:07");
		world_shows(again, "event 17/424");
		world_free(again);
	}
	again = world_reopen(w);
	again->opt.film = true;
	assert_int_equal(world_run(again, "<2000ms>Pl"), 0);
	world_said(again, "out of the film at 0:0");
	/* what is explored after it becomes part of the path, when it is saved again */
	assert_int_equal(world_run(again, "<2000ms>5l<3000ms>w<Enter>"), 0);
	assert_int_equal(again->k.path.pos, 22);
	assert_in_range(again->k.path.ms, 8000, 13000);
	assert_true(again->k.path.nr > w->k.path.nr);
	world_free(again);
	world_free(w);
}

/* One's own path, without a session. */
static void own_film(void **state)
{
	struct world *w = world_new();

	(void)state;
	world_run(w, "P");
	world_said(w, "there is no path yet");
	world_run(w, "<1000ms>17l<2000ms>GP<1500ms> <^L>");
	world_shows(w, "event 17/424");
	world_run(w, "<1000ms>17l<2000ms>GP<1500ms>ql");
	world_shows(w, "film");
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(film), cmocka_unit_test(step_out), cmocka_unit_test(own_film) };

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
