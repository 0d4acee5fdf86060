// SPDX-License-Identifier: GPL-2.0-only
/* Sessions from the screens: saved, recorded, opened, played and left, with a saver in memory. */
#include "test.h"

#include <inttypes.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keep.h"
#include "machine.h"
#include "ui_term.h"

struct shot {
	char text[64 * 256]; /* the last screen */
	char all[64 * 256];  /* of all screens: whatever was said at some time, line by line */
	size_t all_len;
	uint64_t event[4096]; /* positions in the order in which they were shown */
	unsigned int nr_events, nr;
};

static void keep_shot(void *arg, const struct ui_grid *g)
{
	struct shot *s = arg;
	const char *ev;
	uint64_t n = 0;
	size_t at = 0;

	s->nr++;
	for (int row = 0; row < g->rows; row++) {
		size_t start = at;

		for (int col = 0; col < g->cols && at + 8 < sizeof(s->text); col++)
			if (g->cell[row * g->cols + col].width)
				at += (size_t)ui_utf8_put(s->text + at, g->cell[row * g->cols + col].ch);
		s->text[at++] = '\n';
		s->text[at] = '\0';
		if (row == g->rows - 1 && s->all_len + (at - start) + 1 < sizeof(s->all)) {
			memcpy(s->all + s->all_len, s->text + start, at - start);
			s->all_len += at - start;
			s->all[s->all_len] = '\0';
		}
	}
	ev = strstr(s->text, "event ");
	for (ev = ev ? ev + 6 : ""; (*ev >= '0' && *ev <= '9') || *ev == ','; ev++)
		n = *ev == ',' ? n : n * 10 + (uint64_t)(*ev - '0');
	if (s->nr_events < 4096 && (s->nr_events == 0 || s->event[s->nr_events - 1] != n))
		s->event[s->nr_events++] = n;
}

struct world {
	struct machine m;
	struct keep k;
	struct shot s;
	struct sg_err err;
	struct ui_options opt;
};

static struct world *world_new(void)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	machine_init(&w->m);
	keep_init(&w->k, w->m.log);
	w->m.src.saver = &w->k.saver;
	return w;
}

/* The same capture again, with what was saved of it. */
static struct world *world_reopen(struct world *old)
{
	struct world *w = world_new();

	assert_true(old->k.saved);
	w->m.src.session = &old->k.session;
	return w;
}

static void world_free(struct world *w)
{
	keep_fini(&w->k);
	machine_fini(&w->m);
	free(w);
}

static int run(struct world *w, const char *script)
{
	struct ui_term *t;
	int r;

	memset(&w->s, 0, sizeof(w->s));
	assert_int_equal(ui_term_null_open(40, 120, script, keep_shot, &w->s, &t), 0);
	r = ui_run_on(&w->m.src, &w->opt, t, &w->err);
	t->ops->close(t);
	return r;
}

static void shows(const struct world *w, const char *text)
{
	if (!strstr(w->s.text, text))
		fail_msg("no '%s' but\n%s", text, w->s.all + (w->s.all_len > 700 ? w->s.all_len - 700 : 0));
}

static void said(const struct world *w, const char *text)
{
	if (!strstr(w->s.all, text))
		fail_msg("'%s' was never said, but\n%s", text, w->s.all);
}

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
		assert_int_equal(run(w, script), 0);
		memcpy(want, w->s.text, sizeof(want));
		snprintf(script, sizeof(script), "%sw<Enter>", scripts[i]);
		assert_int_equal(run(w, script), 0);
		said(w, "saved as hand-made.sgs");
		assert_true(w->k.saved);
		assert_int_equal(w->k.events, MACHINE_EVENTS);
		again = world_reopen(w);
		assert_int_equal(run(again, "<^L>"), 0);
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
	assert_int_equal(run(w, "17lma85lm<Enter>steal the first fallback<Enter>/phase<Enter>/kswapd<Enter>w<Enter>"), 0);
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
	assert_int_equal(run(again, ""), 0);
	shows(again, "event 102/424");
	shows(again, "at bookmark steal");
	assert_int_equal(run(again, "l'a"), 0);
	shows(again, "event 17/424");
	assert_int_equal(run(again, "gbookmark:steal<Enter>3l"), 0);
	shows(again, "3 after bookmark steal");
	assert_int_equal(run(again, "g0<Enter>/<Up><Up><Enter>"), 0); /* the search before the last one */
	shows(again, "event 1/424");
	again->opt.start = "bookmark:none";
	assert_int_equal(run(again, ""), SG_E_USAGE);
	assert_non_null(strstr(again->err.text, "no bookmark 'none'"));
	world_free(again);
	world_free(w);
}

static void list(void **state)
{
	struct world *w = world_new();

	(void)state;
	run(w, "M");
	shows(w, "There are none yet");
	run(w, "17lma50lmbM");
	shows(w, "\xe2\x96\xb6 b"); /* we are there */
	shows(w, "7.000660 s");   /* event 67: the first at 7.000000, 10 us apart */
	run(w, "17lma50lmbMk<Enter>");
	shows(w, "event 17/424");
	run(w, "17lma50lmbMe twice<Enter>");
	shows(w, "b               67  7.000660 s        twice");
	run(w, "17lma50lmbMk<Delete>nq");
	said(w, "delete bookmark a? (y or n)");
	run(w, "17lma50lmbMkdyM");
	shows(w, "event 67/424");
	assert_null(strstr(w->s.text, "7.000160"));
	run(w, "17lma50lmbMe<^U>a<Enter>");
	shows(w, "there is a bookmark a already");
	run(w, "5l:bookmark here a note of it<Enter>:book<Enter>");
	shows(w, "a note of it");
	run(w, "5lMafrom-the-list<Enter><Esc>l");
	shows(w, "1 after bookmark from-the-list");
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
		{ 24, 80, "17lman<Esc>h<BackTab><^L>" }, /* the decision in the event's place: in the figures' */
		{ 12, 80, "17lma<^L>" },
		{ 60, 200, "17lma<^L>" },
		{ 40, 120, "17lman<Esc>h<^L>" },
	};
	struct world *w = world_new();

	(void)state;
	for (size_t i = 0; i < sizeof(screens) / sizeof(screens[0]); i++) {
		struct ui_term *t;

		memset(&w->s, 0, sizeof(w->s));
		assert_int_equal(
			ui_term_null_open(screens[i].rows, screens[i].cols, screens[i].script, keep_shot, &w->s, &t), 0);
		assert_int_equal(ui_run_on(&w->m.src, &w->opt, t, &w->err), 0);
		t->ops->close(t);
		shows(w, "event 17/424");
		shows(w, "7.000160 s");
		shows(w, "at bookmark a");
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
		assert_int_equal(run(w, "17lmaw<Enter>"), 0);
		said(w, "not saved: hand-made.sgs: the disk is full");
		assert_int_equal(w->k.aborts, i == 1 || i == 2);
		assert_int_equal(run(w, "17lmaw<Enter>10l'a"), 0);
		shows(w, "event 17/424");
		assert_int_equal(run(w, "17lmaw<Enter><Esc>lw<^U>elsewhere<Enter>"), 0);
		said(w, "elsewhere: the disk is full");
		world_free(w);
	}
}

static void targets(void **state)
{
	struct world *w = world_new();

	(void)state;
	w->k.target = UI_TARGET_SESSION;
	run(w, "w<Enter>n");
	said(w, "replace hand-made.sgs? (y or n)");
	said(w, "not saved");
	assert_int_equal(w->k.opens, 0);
	run(w, "w<Enter>y");
	said(w, "saved as hand-made.sgs");
	run(w, "w<Esc>l");
	assert_int_equal(w->k.opens, 1);
	run(w, ":w other.sgs<Enter>y");
	said(w, "saved as other.sgs");
	w->k.target = UI_TARGET_OTHER;
	run(w, "w<^U>trace.dat<Enter>y");
	said(w, "trace.dat is there and is no session");
	assert_int_equal(w->k.opens, 2);
	w->m.src.saver = NULL;
	run(w, "wl");
	said(w, "sessions can't be saved here");
	shows(w, "event 1/424");
	world_free(w);
}

/* q asks once when bookmarks would be lost. */
static void leaving(void **state)
{
	struct world *w = world_new();

	(void)state;
	run(w, "maql");
	said(w, "bookmarks have changed");
	shows(w, "event 1/424"); /* still there */
	run(w, "maqql");
	shows(w, "event 0/424");
	run(w, "maqlql");
	shows(w, "event 2/424"); /* asked again after another key */
	run(w, "maw<Enter><Esc>ql");
	shows(w, "event 0/424");
	run(w, "l:quit<Enter>l");
	shows(w, "event 1/424");
	world_free(w);
}

/* While it is read the session waits for the rest, and leaving waits for the session. */
static void slow_reading(void **state)
{
	struct world *w = world_new();

	(void)state;
	w->m.step = 3;
	assert_int_equal(run(w, "w<Enter>q"), 0);
	assert_true(w->k.saved);
	assert_int_equal(w->k.events, MACHINE_EVENTS);
	world_free(w);
}

static void recording(void **state)
{
	struct world *w = world_new(), *again;

	(void)state;
	w->opt.record = "rec.sgs";
	assert_int_equal(run(w, "17lma<2000ms>50l<2000ms>m<Enter>b note<Enter><1000ms>l"), 0);
	assert_true(w->k.saved);
	assert_int_equal(w->k.finishes, 1);
	assert_true(w->k.puts >= 4); /* on the way, not only at the end */
	assert_int_equal(w->k.session.nr_bookmarks, 2);
	assert_int_equal(w->k.session.pos, 68);
	assert_int_equal(w->k.path.pos, 68);
	assert_int_equal(w->k.events, MACHINE_EVENTS);
	again = world_reopen(w);
	run(again, "");
	shows(again, "event 68/424");
	shows(again, "1 after bookmark b");
	world_free(again);
	/* what is there already is not replaced */
	w->k.target = UI_TARGET_SESSION;
	assert_int_equal(run(w, ""), SG_E_USAGE);
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
	assert_int_equal(run(w, "17l<2000ms>ma<2000ms>"), SG_E_IO);
	said(w, "recording stopped: rec.sgs: the disk is full; w saves");
	assert_non_null(strstr(w->err.text, "recording stopped, what is written is in rec.sgs: rec.sgs: the disk is full"));
	assert_int_equal(w->k.kept, 1);
	w->k.fail = NULL;
	w->k.fail = "finish";
	assert_int_equal(run(w, "17l"), SG_E_IO);
	w->k.fail = "open";
	assert_int_equal(run(w, "17l"), SG_E_IO);
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
	assert_int_equal(ui_term_null_open(24, 80, "", keep_shot, &w->s, &t), 0);
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
	assert_int_equal(run(again, ""), 0);
	said(again, "this session ends at event 100");
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
		run(w, script);
		assert_int_equal(w->k.opens >= w->k.aborts + w->k.finishes, true);
		w->k.fail = NULL;
		w->opt.record = NULL;
		w->opt.film = false;
		assert_int_equal(run(w, "<Esc><Esc>w<Enter>y"), 0);
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

/* The film shows each stop of the path, in its order, and its clock is the path's. */
static void film(void **state)
{
	static const uint64_t stops[] = { 0, 17, 102, 99, 308, 424 };
	struct world *w = world_new(), *again;
	unsigned int at = 0;

	(void)state;
	assert_int_equal(
		run(w, "<3000ms>17l<2000ms>g102<Enter><1000ms>3h<1000ms>/=order >= 9<Enter><5000ms>G<1000ms>w<Enter>"), 0);
	again = world_reopen(w);
	again->opt.film = true;
	assert_int_equal(run(again, "<30000ms>"), 0);
	for (unsigned int i = 0; i < again->s.nr_events; i++) {
		if (at < 6 && again->s.event[i] == stops[at])
			at++;
		else if (at == 0 || again->s.event[i] != stops[at - 1])
			fail_msg("event %" PRIu64 " is shown at stop %u", again->s.event[i], at);
	}
	assert_int_equal(at, 6);
	said(again, "film 0:00 / 0:13");
	said(again, "film 0:07 / 0:13");
	said(again, "end of the film");
	/* after three seconds it has left the start, after two it has not */
	assert_int_equal(run(again, "<2900ms> <^L>"), 0);
	shows(again, "event 0/424");
	assert_int_equal(run(again, "<3200ms> <^L>"), 0);
	shows(again, "event 17/424");
	shows(again, "\xe2\x80\x96 film 0:03 / 0:13");
	/* twice as quick */
	again->opt.film_speed = 2;
	assert_int_equal(run(again, "<1600ms> <^L>"), 0);
	shows(again, "event 17/424");
	shows(again, "film \xc3\x97"
		     "2");
	again->opt.film_speed = 0;
	assert_int_equal(run(again, "++<900ms> <^L>"), 0); /* at 5 */
	shows(again, "event 17/424");
	assert_int_equal(run(again, " } <100ms> {<^L>"), 0); /* ten seconds on, and back again */
	shows(again, "event 0/424");
	assert_int_equal(run(again, " }<^L>"), 0);
	shows(again, "event 308/424");
	assert_int_equal(run(again, "<30000ms> <500ms> <^L>"), 0); /* from its end it starts anew */
	shows(again, "event 0/424");
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
	assert_int_equal(run(w, "<1000ms>17l<5000ms>g300<Enter><1000ms>Gw<Enter>"), 0);
	for (size_t i = 0; i < sizeof(out) / sizeof(out[0]); i++) {
		again = world_reopen(w);
		again->opt.film = true;
		snprintf(script, sizeof(script), "<2000ms>%s<^L>", out[i].keys);
		assert_int_equal(run(again, script), 0);
		shows(again, out[i].shows);
		assert_null(strstr(again->s.text, "film 0:"));
		snprintf(script, sizeof(script), "<2000ms>%s<Esc><20000ms>P<500ms> <^L>", out[i].keys);
		assert_int_equal(run(again, script), 0);
		shows(again, "film 0:02 / 0:07");
		shows(again, "event 17/424");
		world_free(again);
	}
	again = world_reopen(w);
	again->opt.film = true;
	assert_int_equal(run(again, "<2000ms>Pl"), 0);
	said(again, "out of the film at 0:0");
	/* what is explored after it becomes part of the path, when it is saved again */
	assert_int_equal(run(again, "<2000ms>5l<3000ms>w<Enter>"), 0);
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
	run(w, "P");
	said(w, "there is no path yet");
	run(w, "<1000ms>17l<2000ms>GP<1500ms> <^L>");
	shows(w, "event 17/424");
	run(w, "<1000ms>17l<2000ms>GP<1500ms>ql");
	shows(w, "film");
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
	assert_int_equal(run(w, "M<Down><Down><Enter>'a<Esc>*<Esc>lhMG<Enter>"), 0);
	shows(w, "event 424/424");
	said(w, "is left out");
	for (const char *s = w->s.text; *s; s++)
		assert_false((unsigned char)*s < 0x20 && *s != '\n');
	w->opt.film = true;
	assert_int_equal(run(w, "<2000ms>}}}+++++++++++++<5000ms>l"), 0);
	world_free(w);
	ui_path_fini(&path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_back),	cmocka_unit_test(brings_along),	   cmocka_unit_test(list), cmocka_unit_test(says_where),
		cmocka_unit_test(save_fails),	cmocka_unit_test(targets),	   cmocka_unit_test(leaving),
		cmocka_unit_test(slow_reading), cmocka_unit_test(recording),	   cmocka_unit_test(recording_fails),
		cmocka_unit_test(recording_cut), cmocka_unit_test(film),	   cmocka_unit_test(step_out),
		cmocka_unit_test(own_film),	cmocka_unit_test(hostile),	   cmocka_unit_test(monkey),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
