// SPDX-License-Identifier: GPL-2.0-only
/* Sessions from the screens: saved, recorded, opened, played and left, with a saver in memory. */
#include "test.h"

#include <inttypes.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ui_term.h"
#include "world.h"

/* Whatever one has set up, the session brings it back: the screen is the same, cell by cell. */
static void comes_back(void **state)
{
	static const char *const scripts[] = {
		"17l",
		"gevent:310<Enter>.<Enter>",
		"g102<Enter>[ZvF10ms<Enter>",
		"/=order >= 9<Enter>tt<Tab>",
		"50%<Right><Right><Down>o",
		"mam<Enter>longer with a note<Enter>99l/phase<Enter>mz",
		"G<Tab><Tab><Down>",
		"KKn",
		"L",
	};
	char script[200];

	(void)state;
	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		struct world *w = world_new(), *again;
		char want[sizeof(w->s.text)];

		snprintf(script, sizeof(script), "%s<^L>", scripts[i]); /* takes messages away */
		assert_int_equal(world_run(w, script), 0);
		memcpy(want, w->s.text, sizeof(want));
		snprintf(script, sizeof(script), "%sw<Enter>", scripts[i]);
		assert_int_equal(world_run(w, script), 0);
		world_said(w, "saved as hand-made.sgs");
		assert_true(w->k.saved);
		assert_int_equal(w->k.events, MACHINE_EVENTS);
		again = world_reopen(w);
		assert_int_equal(world_run(again, "<^L>"), 0);
		if (strcmp(want, again->s.text) != 0)
			fail_msg("after '%s':\n%s\nand opened again:\n%s", scripts[i], want, again->s.text);
		world_free(again);
		world_free(w);
	}
}

/* Bookmarks, notes and searches are in it, and --at may be one of them. */
static void brings_along(void **state)
{
	struct world *w = world_new(), *again;

	(void)state;
	assert_int_equal(world_run(w, "17lma85lm<Enter>steal the first fallback<Enter>/phase<Enter>/kswapd<Enter>w<Enter>"), 0);
	assert_int_equal(w->k.session.nr_bookmarks, 2);
	assert_int_equal(w->k.session.bookmark[1].pos, 102);
	assert_string_equal(w->k.session.bookmark[1].name, "steal");
	assert_string_equal(w->k.session.bookmark[1].note, "the first fallback");
	assert_int_equal(w->k.session.nr_searches, 2);
	assert_string_equal(w->k.session.search[0], "phase");
	assert_string_equal(w->k.session.search[1], "kswapd");
	assert_true(w->k.session.searching);
	again = world_reopen(w);
	again->opt.start = "bookmark:steal";
	assert_int_equal(world_run(again, ""), 0);
	world_shows(again, "event 102/424");
	world_shows(again, "at bookmark steal");
	assert_int_equal(world_run(again, "l'a"), 0);
	world_shows(again, "event 17/424");
	assert_int_equal(world_run(again, "gbookmark:steal<Enter>3l"), 0);
	world_shows(again, "3 after bookmark steal");
	assert_int_equal(world_run(again, "g0<Enter>/<Up><Up><Enter>"), 0); /* the search before the last one */
	world_shows(again, "event 1/424");
	again->opt.start = "bookmark:none";
	assert_int_equal(world_run(again, ""), SG_E_USAGE);
	assert_non_null(strstr(again->err.text, "no bookmark 'none'"));
	world_free(again);
	world_free(w);
}

static void list(void **state)
{
	struct world *w = world_new();

	(void)state;
	world_run(w, "M");
	world_shows(w, "There are none yet");
	world_run(w, "17lma50lmbM");
	world_shows(w, "\xe2\x96\xb6 b"); /* we are there */
	world_shows(w, "7.000660 s");   /* event 67: the first at 7.000000, 10 us apart */
	world_run(w, "17lma50lmbMk<Enter>");
	world_shows(w, "event 17/424");
	world_run(w, "17lma50lmbMe twice<Enter>");
	world_shows(w, "b               67  7.000660 s        twice");
	world_run(w, "17lma50lmbMk<Delete>nq");
	world_said(w, "delete bookmark a? (y or n)");
	world_run(w, "17lma50lmbMkdyM");
	world_shows(w, "event 67/424");
	assert_null(strstr(w->s.text, "7.000160"));
	world_run(w, "17lma50lmbMe<^U>a<Enter>");
	world_shows(w, "there is a bookmark a already");
	world_run(w, "5l:bookmark here a note of it<Enter>:book<Enter>");
	world_shows(w, "a note of it");
	world_run(w, "5lMafrom-the-list<Enter><Esc>l");
	world_shows(w, "1 after bookmark from-the-list");
	world_free(w);
}

/* Where one is, is said on each screen that has room for it at all. */
static void says_where(void **state)
{
	static const struct {
		int rows, cols;
		const char *script;
	} screens[] = {
		{ 24, 80, "17lma<^L>" }, /* in the event's edge */
		{ 24, 80, "17lmae<Esc>h<BackTab><^L>" }, /* the decision in the event's place: in the figures' */
		{ 12, 80, "17lma<^L>" },
		{ 60, 200, "17lma<^L>" },
		{ 40, 120, "17lmae<Esc>h<^L>" },
	};
	struct world *w = world_new();

	(void)state;
	for (size_t i = 0; i < sizeof(screens) / sizeof(screens[0]); i++) {
		struct ui_term *t;

		memset(&w->s, 0, sizeof(w->s));
		assert_int_equal(
			ui_term_null_open(screens[i].rows, screens[i].cols, screens[i].script, world_shot, &w->s, &t), 0);
		assert_int_equal(ui_run_on(&w->m.src, &w->opt, t, &w->err), 0);
		t->ops->close(t);
		world_shows(w, "event 17/424");
		world_shows(w, "7.000160 s");
		world_shows(w, "at bookmark a");
	}
	world_free(w);
}

/* Whatever fails, it is said, nothing is lost, and another try may go well. */
static void save_fails(void **state)
{
	static const char *const where[] = { "open", "events", "put", "finish" };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct world *w = world_new();

		w->k.fail = where[i];
		assert_int_equal(world_run(w, "17lmaw<Enter>"), 0);
		world_said(w, "not saved: hand-made.sgs: the disk is full");
		assert_int_equal(w->k.aborts, i == 1 || i == 2);
		assert_int_equal(world_run(w, "17lmaw<Enter>10l'a"), 0);
		world_shows(w, "event 17/424");
		assert_int_equal(world_run(w, "17lmaw<Enter><Esc>lw<^U>elsewhere<Enter>"), 0);
		world_said(w, "elsewhere: the disk is full");
		world_free(w);
	}
}

static void targets(void **state)
{
	struct world *w = world_new();

	(void)state;
	w->k.target = UI_TARGET_SESSION;
	world_run(w, "w<Enter>n");
	world_said(w, "replace hand-made.sgs? (y or n)");
	world_said(w, "not saved");
	assert_int_equal(w->k.opens, 0);
	world_run(w, "w<Enter>y");
	world_said(w, "saved as hand-made.sgs");
	world_run(w, "w<Esc>l");
	assert_int_equal(w->k.opens, 1);
	world_run(w, ":w other.sgs<Enter>y");
	world_said(w, "saved as other.sgs");
	w->k.target = UI_TARGET_OTHER;
	world_run(w, "w<^U>trace.dat<Enter>y");
	world_said(w, "trace.dat is there and is no session");
	w->k.target = UI_TARGET_INPUT;
	world_run(w, "w<^U>trace.dat<Enter>y");
	world_said(w, "trace.dat is what is looked at, and never written over");
	assert_int_equal(w->k.opens, 2);
	w->m.src.saver = NULL;
	world_run(w, "wl");
	world_said(w, "sessions can't be saved here");
	world_shows(w, "event 1/424");
	world_free(w);
}

/* q asks once when bookmarks would be lost. */
static void leaving(void **state)
{
	struct world *w = world_new();

	(void)state;
	world_run(w, "maql");
	world_said(w, "bookmarks have changed");
	world_shows(w, "event 1/424"); /* still there */
	world_run(w, "maqql");
	world_shows(w, "event 0/424");
	world_run(w, "maqlql");
	world_shows(w, "event 2/424"); /* asked again after another key */
	world_run(w, "maw<Enter><Esc>ql");
	world_shows(w, "event 0/424");
	world_run(w, "l:quit<Enter>l");
	world_shows(w, "event 1/424");
	world_free(w);
}

/* While it is read the session waits for the rest, and leaving waits for the session. */
static void slow_reading(void **state)
{
	struct world *w = world_new();

	(void)state;
	w->m.step = 3;
	assert_int_equal(world_run(w, "w<Enter>q"), 0);
	assert_true(w->k.saved);
	assert_int_equal(w->k.events, MACHINE_EVENTS);
	world_free(w);
}

static void recording(void **state)
{
	struct world *w = world_new(), *again;

	(void)state;
	w->opt.record = "rec.sgs";
	assert_int_equal(world_run(w, "17lma<2000ms>50l<2000ms>m<Enter>b note<Enter><1000ms>l"), 0);
	assert_true(w->k.saved);
	assert_int_equal(w->k.finishes, 1);
	assert_true(w->k.puts >= 4); /* on the way, not only at the end */
	assert_int_equal(w->k.session.nr_bookmarks, 2);
	assert_int_equal(w->k.session.pos, 68);
	assert_int_equal(w->k.path.pos, 68);
	assert_int_equal(w->k.events, MACHINE_EVENTS);
	again = world_reopen(w);
	world_run(again, "");
	world_shows(again, "event 68/424");
	world_shows(again, "1 after bookmark b");
	world_free(again);
	/* what is there already is not replaced */
	w->k.target = UI_TARGET_SESSION;
	assert_int_equal(world_run(w, ""), SG_E_USAGE);
	assert_non_null(strstr(w->err.text, "rec.sgs: is there already"));
	world_free(w);
}

/* The disk fills up while recording: said at once, what is written stays, w saves elsewhere. */
static void recording_fails(void **state)
{
	struct world *w = world_new();

	(void)state;
	w->opt.record = "rec.sgs";
	w->k.fail = "put";
	w->k.fail_after = 1;
	assert_int_equal(world_run(w, "17l<2000ms>ma<2000ms>"), SG_E_IO);
	world_said(w, "recording stopped: rec.sgs: the disk is full; w saves");
	assert_non_null(strstr(w->err.text, "recording stopped, what is written is in rec.sgs: rec.sgs: the disk is full"));
	assert_int_equal(w->k.kept, 1);
	w->k.fail = NULL;
	w->k.fail = "finish";
	assert_int_equal(world_run(w, "17l"), SG_E_IO);
	w->k.fail = "open";
	assert_int_equal(world_run(w, "17l"), SG_E_IO);
	assert_int_equal(w->s.nr, 0); /* no screen for it */
	world_free(w);
}

/* Reading that gets stuck, as on a pipe, and a terminal that goes away then. */
static int stuck_more(void *arg, uint64_t budget)
{
	struct machine *m = arg;

	(void)budget;
	if (m->at < 100 && sg_log_append(m->log, &m->ev[m->at++]) < 0)
		return SG_E_NOMEM;
	return 1;
}

static unsigned int stuck_progress(void *arg)
{
	(void)arg;
	return 236;
}

struct hangup {
	struct ui_term_ops ops;
	uint64_t us;
	unsigned int calls;
};
static struct hangup hangup;

/* Reading takes its time. */
static uint64_t hangup_now(struct ui_term *t)
{
	(void)t;
	return hangup.us += 100;
}

static int hangup_key(struct ui_term *t, int timeout_ms)
{
	(void)t;
	(void)timeout_ms;
	return ++hangup.calls < 300 ? UI_KEY_NONE : UI_KEY_HANGUP;
}

/* Ended before all was read: it is waited for a while, then the session is completed and says what it is. */
static void recording_cut(void **state)
{
	struct world *w = world_new(), *again;
	struct ui_term *t;
	int r;

	(void)state;
	w->opt.record = "rec.sgs";
	w->m.src.more = stuck_more;
	w->m.src.progress = stuck_progress;
	assert_int_equal(ui_term_null_open(24, 80, "", world_shot, &w->s, &t), 0);
	hangup = (struct hangup){ .ops = *t->ops };
	hangup.ops.key = hangup_key;
	hangup.ops.now_us = hangup_now;
	t->ops = &hangup.ops;
	r = ui_run_on(&w->m.src, &w->opt, t, &w->err);
	assert_int_equal(r, 0);
	assert_in_range(hangup.us, 5000000, 12000000); /* 300 looks at the clock and more, then five seconds */
	t->ops->close(t);
	assert_true(w->k.saved);
	assert_int_equal(w->k.events, 100);
	assert_string_equal(w->k.session.note,
			    "this session ends at event 100: its capture had been read only to 23 %");
	again = world_reopen(w);
	assert_int_equal(world_run(again, ""), 0);
	world_said(again, "this session ends at event 100");
	world_free(again);
	world_free(w);
}

/* Any keys, with everything that can be saved and fail. */
static void monkey(void **state)
{
	static const char *const words[] = { "<Enter>", "<Esc>", "<300ms>", "<1500ms>", "P",  "w<Enter>", "y",	   "m<Enter>x<Enter>",
					     "ma",	"'a",	 "M",	    "<Down>",	"e",  "d",	  "a",	   "<30x8>",
					     "<120x40>", "L",	 "b",	    " ",	"{",  "}",	  "+",	   "50%",
					     "n",	"G",	 "gg",	    "<^Z>",	"tt", "?",	  "v]",	   ":write y<Enter>" };
	static const char *const fails[] = { NULL, "open", "events", "put", "finish" };
	const char *env = getenv("MONKEY_SEED"), *times = getenv("MONKEY_ROUNDS");
	uint64_t seed = env ? strtoull(env, NULL, 0) : 20240711;
	unsigned int rounds = times ? (unsigned int)strtoul(times, NULL, 0) : 6;
	struct world *w = world_new(), *next, *last = NULL;

	(void)state;
	print_message("monkey seed %" PRIu64 ", %u rounds (MONKEY_SEED, MONKEY_ROUNDS)\n", seed, rounds);
	for (unsigned int round = 0; round < rounds; round++) {
		char script[2048] = "";
		size_t n = 0;

		while (n + 32 < sizeof(script)) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			n += (size_t)snprintf(script + n, sizeof(script) - n, "%s", words[(seed >> 33) % 32]);
		}
		w->k.fail = fails[round % 5];
		w->k.fail_after = round % 3;
		w->k.target = round % 4 == 3 ? UI_TARGET_SESSION : UI_TARGET_NEW;
		w->opt.record = round % 4 == 1 ? "rec.sgs" : NULL;
		w->opt.film = round % 4 == 2 && w->m.src.session && w->m.src.session->path &&
			      w->m.src.session->path->ms > 0;
		w->m.step = round % 2 ? 11 : 0;
		world_run(w, script);
		assert_int_equal(w->k.opens >= w->k.aborts + w->k.finishes, true);
		w->k.fail = NULL;
		w->opt.record = NULL;
		w->opt.film = false;
		assert_int_equal(world_run(w, "<Esc><Esc>w<Enter>y"), 0);
		/* the next round opens what was saved in this one */
		next = world_new();
		next->m.src.session = w->k.saved ? &w->k.session : NULL;
		if (last)
			world_free(last);
		last = w;
		w = next;
	}
	world_free(last);
	world_free(w);
}

/* A session from elsewhere: positions behind the end, words that mean nothing. */
static void hostile(void **state)
{
	static const struct sg_bookmark marks[] = { { UINT64_MAX, "far", "\x1b[31mred\n" },
						    { 5, "bad name", "" },
						    { 1ull << 60, "x", "" } };
	static const char *const searches[] = { "=order >=", "\x1b]0;evil\a", "" };
	struct ui_path path = { 0 };
	struct ui_session ses = { .pos = 400,
				  .view = "zone=9/None zoom=40 block=1 cursor=0xffffffffffffffff overlay=3 select=1000000 "
					  "focus=77 search=%1b[2J scroll=100000",
				  .bookmark = marks,
				  .nr_bookmarks = 3,
				  .search = searches,
				  .nr_searches = 3,
				  .searching = true,
				  .path = &path };
	struct world *w = world_new();

	(void)state;
	ui_path_add(&path, 0, UINT64_MAX, ses.view, strlen(ses.view));
	ui_path_add(&path, UINT64_MAX / 4, 3, "zoom=1", 6);
	w->m.src.session = &ses;
	assert_int_equal(world_run(w, "M<Down><Down><Enter>'a<Esc>*<Esc>lhMG<Enter>"), 0);
	world_shows(w, "event 424/424");
	world_said(w, "is left out");
	for (const char *s = w->s.text; *s; s++)
		assert_false((unsigned char)*s < 0x20 && *s != '\n');
	w->opt.film = true;
	assert_int_equal(world_run(w, "<2000ms>}}}+++++++++++++<5000ms>l"), 0);
	world_free(w);
	ui_path_fini(&path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_back),	cmocka_unit_test(brings_along),	 cmocka_unit_test(list),
		cmocka_unit_test(says_where),	cmocka_unit_test(save_fails),	 cmocka_unit_test(targets),
		cmocka_unit_test(leaving),	cmocka_unit_test(slow_reading),	 cmocka_unit_test(recording),
		cmocka_unit_test(recording_fails), cmocka_unit_test(recording_cut), cmocka_unit_test(hostile),
		cmocka_unit_test(monkey),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
