// SPDX-License-Identifier: GPL-2.0-only
/* The screens without a terminal: keys from scripts on the hand-made machine. */
#include "test.h"

#include <inttypes.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine.h"
#include "index/decide.h"
#include "ui_term.h"

struct shot {
	char text[256 * 256];
	unsigned int nr; /* screens shown */
};

/* Characters, and roles as well: two screens are the same only when they look the same. */
static void keep(void *arg, const struct ui_grid *g)
{
	struct shot *s = arg;
	size_t n = 0;

	s->nr++;
	for (int row = 0; row < g->rows; row++) {
		for (int col = 0; col < g->cols; col++) {
			const struct ui_cell *c = &g->cell[row * g->cols + col];

			if (n + 8 >= sizeof(s->text))
				break;
			if (c->width)
				n += (size_t)ui_utf8_put(s->text + n, c->ch);
		}
		if (n + 8 < sizeof(s->text))
			s->text[n++] = '\n';
	}
	for (int i = 0; i < g->rows * g->cols && n + 3 < sizeof(s->text); i++) {
		s->text[n++] = (char)('0' + g->cell[i].style.fg + g->cell[i].style.bg);
		s->text[n++] = (char)('0' + g->cell[i].style.attr);
	}
	s->text[n] = '\0';
}

static int run_on(struct machine *m, int rows, int cols, const char *script, const char *start,
		  struct shot *s, struct sg_err *err)
{
	struct ui_options opt = { .start = start };
	struct ui_term *t;
	int r;

	memset(s, 0, sizeof(*s));
	assert_int_equal(ui_term_null_open(rows, cols, script, keep, s, &t), 0);
	r = ui_run_on(&m->src, &opt, t, err);
	t->ops->close(t);
	return r;
}

/* The last screen after the keys of @script. Static. */
static const char *after(int rows, int cols, const char *script)
{
	static struct shot s;
	struct machine m;
	struct sg_err err = { 0 };

	machine_init(&m);
	if (run_on(&m, rows, cols, script, NULL, &s, &err) < 0)
		fail_msg("'%s': %s", script, err.text);
	machine_fini(&m);
	return s.text;
}

static void expect(const char *script, const char *text)
{
	const char *screen = after(24, 80, script);

	if (!strstr(screen, text))
		fail_msg("after '%s' there is no '%s':\n%.2200s", script, text, screen);
}

static void expect_not(const char *script, const char *text)
{
	const char *screen = after(24, 80, script);

	if (strstr(screen, text))
		fail_msg("after '%s' there is '%s':\n%.2200s", script, text, screen);
}

static void moves(void **state)
{
	(void)state;
	expect("", "event 0/424");
	expect("l", "event 1/424");
	expect("10l", "event 10/424");
	expect("10l3h", "event 7/424");
	expect("h", "this is the start");
	expect("G", "event 424/424");
	expect("Gl", "this is the end");
	expect("99999999999999999999l", "event 424/424");
	expect("5G", "event 5/424");
	expect("5000G", "there is no event");
	expect("50%", "event 212/424");
	expect("G0", "event 0/424");
	expect("Ggg", "event 0/424");
	expect("G<Home>", "event 0/424");
	expect("F100<Enter>L", "event 100/424");
	expect("F100<Enter>3LH", "event 200/424");
	expect("F1ms<Enter>L", "event 101/424"); /* 10 us apart, the first at the start */
	expect("F1ms<Enter>LL", "event 201/424");
	expect("F1ms<Enter>LLH", "event 101/424");
	expect("F1us<Enter>ll<PgDn>", "event 3/424"); /* an empty frame still moves on */
	expect("F1us<Enter>5l<PgUp>", "event 4/424");
	expect("F0<Enter>", "a frame is a number of events");
	expect("F5 weeks<Enter>", "'5 weeks'");
}

static void goes(void **state)
{
	(void)state;
	expect("gevent:17<Enter>", "event 17/424");
	expect("g17<Enter>", "event 17/424");
	expect("g+9<Enter>g-2<Enter>", "event 7/424");
	expect("gtime:7.001<Enter>", "event 101/424");
	expect("gtime:7.0009999<Enter>", "event 100/424");
	expect("gtime:0<Enter>", "event 0/424");
	expect("gtime:99<Enter>", "event 424/424");
	expect("gmark:phase two<Enter>", "event 183/424");
	expect("gmark:phase<Enter>", "event 1/424");
	expect("gmark:nothing<Enter>", "no trace marker starts with this; there are");
	expect("gend<Enter>", "event 424/424");
	expect("gxyz<Enter>", "'xyz' is no position");
	expect("g425<Enter>", "there is no event 425");
	expect("gtime:abc<Enter>", "is no time");
	expect("g25%<Enter>", "event 106/424");
	expect("g101%<Enter>", "is no share");
	expect("g17<Enter>g<Esc>l", "event 18/424");
	expect("g19<Backspace>7<Enter>", "event 17/424");
	expect(":goto event:9<Enter>", "event 9/424");
	expect(":9<Enter>", "event 9/424");
	expect(":mark:phase three<Enter>", "Marker");
	expect(":fr 7<Enter>L", "event 7/424");
	expect(":page 0x1000<Enter>", "pfn 0x1000 (4096)");
	expect(":page 4097<Enter>", "pfn 0x1001 (4097)");
	expect(":page 99999999<Enter>", "no page '99999999'");
	expect(":zone DMA<Enter>", "node 0 DMA");
	expect(":zone 0 normal<Enter>", "node 0 Normal");
	expect(":zone 7<Enter>", "no zone '7'");
	expect(":speed 0.1<Enter>", "\xc3\x97"
				    "0.1");
	expect(":nonsense<Enter>", "no command 'nonsense'");
	expect(":q<Enter>l", "event 0/424");
}

static void options(void **state)
{
	static struct shot s;
	struct machine m;
	struct sg_err err = { 0 };

	(void)state;
	machine_init(&m);
	assert_int_equal(run_on(&m, 24, 80, "", "mark:phase two", &s, &err), 0);
	assert_non_null(strstr(s.text, "event 183/424"));
	assert_int_equal(run_on(&m, 24, 80, "", "time:7.001", &s, &err), 0);
	assert_non_null(strstr(s.text, "event 101/424"));
	assert_int_equal(run_on(&m, 24, 80, "", "sometime", &s, &err), SG_E_USAGE);
	assert_non_null(strstr(err.text, "sometime"));
	machine_fini(&m);
}

/* Events of all decisions of the hand-made machine, and how many of them differ from the kernel's. */
static unsigned int all_decisions(uint64_t *at, unsigned int max, uint64_t *ret_first_differs)
{
	struct mm_decide *d;
	struct mm_decide_ref ref;
	struct machine m;
	unsigned int nr = 0;

	machine_init(&m);
	for (size_t i = 0; i < m.nr; i++)
		assert_int_equal(sg_log_append(m.log, &m.ev[i]), 0);
	d = mm_decide_new(&m.cfg, m.log, 0, NULL);
	assert_non_null(d);
	while (mm_decide_work(d, 1000, true))
		;
	*ret_first_differs = 0;
	for (; mm_decide_get(d, nr, &ref); nr++) {
		assert_true(nr < max);
		at[nr] = ref.event;
		if (ref.verdict == MM_DIFFERS && *ret_first_differs == 0)
			*ret_first_differs = ref.event;
	}
	mm_decide_free(d);
	machine_fini(&m);
	return nr;
}

/* e and E against a walk through the log; at an event with several they stop at each. */
static void decisions(void **state)
{
	uint64_t at[2 * MACHINE_EVENTS], differs;
	unsigned int nr = all_decisions(at, 2 * MACHINE_EVENTS, &differs);
	char script[64], want[64];

	(void)state;
	assert_true(nr >= 3);
	assert_true(at[nr - 1] < MACHINE_EVENTS); /* so that G is behind all of them */
	for (unsigned int i = 0; i < nr; i += i < 20 ? 1 : 9) {
		snprintf(want, sizeof(want), "event %" PRIu64 "/424", at[i]);
		snprintf(script, sizeof(script), "%ue", i + 1);
		expect(script, want);
		snprintf(script, sizeof(script), "G%uE", nr - i);
		expect(script, want);
	}
	snprintf(script, sizeof(script), "%uee", nr);
	expect(script, "no decision after this one");
	expect("E", "no decision before this one");
	/* disagreements */
	assert_true(differs > 0);
	snprintf(want, sizeof(want), "event %" PRIu64 "/424", differs);
	expect("d", want);
	expect("d", "the rules and the kernel differ");
	expect("D", "no disagreement with the kernel before this one");
	/* events that contradict the model */
	expect("x", "contradiction: ");
	expect("xX", "no event before this one contradicts the model");
	expect("Gx", "no event after this one contradicts the model");
	expect("GX", "contradiction: ");
	/* one kind only */
	expect(":kind slow_path<Enter>100ee", "no decision after this one (only slow_path)");
	expect("K", "stop at pick: which free page leaves the buddy lists");
	expect("KKKKKKKKKKK", "stop at all kinds");
	expect(":kind nothing<Enter>", "no kind of decisions 'nothing': all, pick");
	/* all of one */
	expect("e<Enter>", "Numbers compared");
	expect("e<Enter>", "asked by");
	expect("<Enter>", "page 0 of the block"); /* of the map */
	expect("e<Esc><Enter>", "page 0 of the block");
	expect("e<Enter>K<Esc>l", "the kernel");
	expect("3e<Enter>E<Esc>", "decision 2 of");
	expect("<BackTab>", "This is the start.");
	expect("<BackTab><Enter>", "No decision at this event");
}

/* A kernel that nobody has read: the rules are a guess, and the panel and the numbers say so. */
static void guesses(void **state)
{
	static const char *const scripts[] = { "e", "e<Enter>" };
	static struct shot s;

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		struct sg_err err = { 0 };
		struct machine m;

		machine_init(&m);
		m.cap.kver[0] = i < 2 ? 9 : 7;
		m.cap.kver[1] = 3;
		assert_int_equal(run_on(&m, 24, 80, scripts[i % 2], NULL, &s, &err), 0);
		assert_int_equal(strstr(s.text, "rules guessed") != NULL, i < 2);
		if (i % 2)
			assert_int_equal(strstr(s.text, "a guess, the capture's kernel") != NULL, i < 2);
		machine_fini(&m);
	}
}

static void searches(void **state)
{
	(void)state;
	expect("/extfrag<Enter>", "event 102/424");
	expect("/phase<Enter>", "event 1/424");
	expect("/phase<Enter>*", "event 183/424");
	expect("/phase<Enter>**#", "event 183/424");
	expect("/phase<Enter>n", "event 183/424"); /* as in less and vi */
	expect("/phase<Enter>nnN", "event 183/424");
	expect("n", "nothing to search for yet");
	expect("/phase<Enter>/<Enter>", "event 183/424");
	expect("G/phase<Enter>", "no event matches 'phase' after this one");
	expect("/PHASE<Enter>", "no event matches 'PHASE'"); /* capitals are meant */
	expect("/kcompactd0-41<Enter>", "compaction");
	expect("/gfp_flags=GFP_KERNEL<Enter>", "event 103/424");
	expect("*", "nothing to search for yet");
	expect("/=order >= 9<Enter>", "event 308/424");
	expect("/=event == mm_page_alloc && order == 9<Enter>", "event 309/424");
	expect("G/=event == print<Enter>##", "event 183/424");
	expect("/=order >=<Enter>", "event 0/424");
}

static void bookmarks(void **state)
{
	(void)state;
	expect("17lma50l'a", "event 17/424");
	expect("17l50G''", "event 17/424");
	expect("'z", "bookmark z is not set");
	expect("m!", "bookmarks are the letters");
	expect("17lm<Esc>l", "event 18/424");
}

static void plays(void **state)
{
	(void)state;
	/* 424 events in 4.2 ms of trace: at 1/1000 of the speed that is four seconds */
	expect(":speed 0.001<Enter> <1000ms> ", "event 10"); /* a hundred and a few */
	expect(":speed 0.001<Enter> <9000ms>", "played to the end");
	expect(":speed 0.001<Enter>Gr<9000ms>", "played to the start");
	expect(" <1000ms>", "played to the end");
	expect("<<<", "\xc3\x97"
		      "0.1");
	expect(">>", "\xc3\x97"
		     "5");
	expect("99<", "\xc3\x97"
		      "0.001");
	expect(":speed 0.001<Enter> <500ms>ggl", "event 1/424"); /* any step ends it */
}

/* Wherever one comes from, a position looks the same. */
static void same_screen(void **state)
{
	static char want[256 * 256];
	static const char *const ways[] = { "lh", "3l3h", "e<Esc>ll", "G", "gg", "LH", "20h", "50%" };
	char script[128];

	(void)state;
	for (int n = 3; n < 424; n += 14) {
		snprintf(script, sizeof(script), "g%d<Enter>", n);
		snprintf(want, sizeof(want), "%s", after(40, 120, script));
		for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
			/* going where one is takes trail and messages away */
			snprintf(script, sizeof(script), "g%d<Enter>%sg%d<Enter>", n, ways[i], n);
			if (strcmp(want, after(40, 120, script)) != 0)
				fail_msg("event %d looks different after %s:\n%s", n, ways[i],
					 after(40, 120, script));
		}
		snprintf(script, sizeof(script), "g%d<Enter>lh", n);
		assert_string_equal(want, after(40, 120, script));
		snprintf(script, sizeof(script), "g%d<Enter>l", n - 1);
		assert_string_equal(want, after(40, 120, script));
	}
}

static void panels(void **state)
{
	(void)state;
	expect("v", "per-cpu");
	expect("vv", "folios by order");
	expect("<Tab><Right>", "per-cpu");
	expect("<BackTab><BackTab><BackTab><Left>", "folios by order");
	expect("?", "keys (Esc or q closes");
	expect("?ql", "event 1/424");
	/* its end: the signs of the map; from there one key goes back a row, however long j was held */
	expect("?200j", "a later event tells");
	expect("?200j", "migrate scanner and free scanner");
	expect_not("?200j200jk", "migrate scanner and free scanner");
	expect("e<Enter>i", "about this capture");
	expect("e<Enter>i<Esc>", "pageblocks, 1 cell");
	/* each that lies over the screen names its own keys below */
	expect("?", "Down/Up scroll");
	expect("M", "d delete");
	expect("e<Enter>", "K kind");
	expect("?<Down><Down><Down><Esc>l", "event 1/424");
	expect("i", "hand-made.dat");
	expect("i<PgDn>", "no mm_page_free_batched");
	expect("[", "node 0 DMA ");
	expect("[]", "node 0 Normal");
	expect("<Enter>", "page 0 of the block: pfn 0x1000");
	expect("<Right><Enter>", "pfn 0x1200");
	expect("<Enter><Right><Down>", "page 65 of the block");
	expect("<Enter><Esc>", "pageblocks, 1 cell = 1 block (2 MiB)");
	expect("Z", "1 cell = 2 blocks (4 MiB)");
	expect("20Z", "1 cell = 2 blocks");
	expect("ZZZZZZZZZZZZ", "1 GiB is the largest cell");
	expect("Zz", "1 cell = 1 block");
	expect("z", "one block is the smallest cell");
	expect("ZZ=", "1 cell = 1 block");
	expect("3l.", "block 24: Movable");
	expect("o3l", "block 24: Movable");
	expect("<Esc>", "q leaves stormglass");
	expect("\xc3\xa4", "this key does nothing");
}

/* The screens of two scripts are the same. */
static void same(const char *a, const char *b)
{
	static char first[256 * 256];

	snprintf(first, sizeof(first), "%s", after(40, 120, a));
	if (strcmp(first, after(40, 120, b)) != 0)
		fail_msg("'%s' and '%s' differ:\n%.6000s", a, b, first);
}

/*
 * 40 rows of 120: the map's frame starts at row 2, its rows have an address of 10
 * columns and then cells of 4; the strip is row 28, 118 columns for 424 events.
 */
static void mouse(void **state)
{
	(void)state;
	same("<click:4,23>", "<Down><Right><Right><Right>");
	same("<Down><Right><click:3,11>", "<Down><Right><Up><Left>");
	same("<click:4,25><Enter>", "<Down><Right><Right><Right><Enter>"); /* anywhere in the cell */
	same("<click:4,5>", "l<wheel-up>"); /* the address is no cell */
	same("5l<wheel-down><wheel-down>", "7l");
	same("5l<wheel-up>", "4l");
	same("<Tab><Tab><click:4,23>", "<click:4,23>"); /* the map has the keys again */
	same("<click:5,80><Right>", "<Tab><Right>"); /* the figures */
	same("?<wheel-down>", "?3j");
	same("ma9lmbM<click:4,10><Enter>l", "ma9lmbMk<Enter>l");
	same("g<click:4,23>7<Enter>", "g7<Enter>"); /* not while something is typed */
	expect("<click:99,99><click:0,0><wheel-down>", "event 1/424");
	assert_non_null(strstr(after(40, 120, "<click:28,60>"), "event 213/424")); /* 424 * 59 / 117 */
	assert_non_null(strstr(after(40, 120, "<click:28,118>"), "event 424/424"));
}

/* What events of the capture say must not steer the terminal. */
static void clean(void **state)
{
	const char *screen = after(60, 200, "gmark:phase two<Enter>");

	(void)state;
	assert_non_null(strstr(screen, "phase two ?[31m?evil?"));
	for (const char *s = screen; *s && s < screen + strcspn(screen, "\1"); s++)
		assert_false((unsigned char)*s < 0x20 && *s != '\n');
}

static void page_facts(void **state)
{
	const char *screen = after(40, 120, "g103<Enter>.<Enter>");

	(void)state;
	assert_non_null(
		strstr(screen, "allocated, order 0 (4 KiB) from pfn 0x3190, asked as Unmovable"));
	assert_non_null(strstr(screen, "storm \xe2\x82\xac\xe6\xbc\xa2-215, GFP_KERNEL"));
	assert_non_null(strstr(screen, "so since event 103, 0.0"));
	screen = after(40, 120, "g391<Enter>:page 0x3080<Enter>");
	assert_non_null(strstr(screen, "free on a buddy list, order"));
}

/* Contradictions, lost events and failures are said. */
static void trouble(void **state)
{
	(void)state;
	expect("", "lost 3 events");
	expect("i", "a bit of all");
	expect("/got none<Enter>", "event 394/424");
	expect("g392<Enter>", "contradiction: a page was freed that was thought free");
	expect("g391<Enter>", "0 contradictions");
	assert_non_null(strstr(after(24, 80, "g393<Enter>"), "(3 events lost before it)"));
}

static void every_size(void **state)
{
	static struct shot s;
	static const char *const scripts[] = {
		"G", "G<Enter>", "G?", "Gi", "G:goto event:12345678", "GZZtt", ""
	};
	struct machine m;
	struct sg_err err = { 0 };

	(void)state;
	machine_init(&m);
	for (int rows = 1; rows < 70; rows += rows < 30 ? 1 : 7)
		for (int cols = 1; cols < 220; cols += cols < 20 ? 1 : 13)
			assert_int_equal(
				run_on(&m, rows, cols, scripts[(rows + cols) % 7], NULL, &s, &err),
				0);
	assert_int_equal(run_on(&m, 1, 1, "", NULL, &s, &err), 0);
	assert_int_equal(run_on(&m, 5, 20, "", NULL, &s, &err), 0);
	assert_non_null(strstr(s.text, "too small"));
	assert_non_null(strstr(s.text, "24x6 at least"));
	machine_fini(&m);
}

/* Any keys in any order, resizes in between, while the file is still being read. */
static void monkey(void **state)
{
	static const char *const words[] = {
		"<Enter>",  "<Esc>",       "<Tab>",      "<BackTab>", "<Up>",         "<Down>",
		"<Left>",   "<Right>",     "<PgUp>",     "<PgDn>",    "<Home>",       "<End>",
		"<Delete>", "<Backspace>", "<80x24>",    "<200x60>",  "<1x1>",        "<30x8>",
		"<120x40>", "<50ms>",      "<^B>",       "<^L>",      "<^Z>",         "<^C>",
		"<click:5,30>", "<click:23,40>", "<wheel-up>", "<wheel-down>", "<^U>",     "time:7.002",  "mark:phase", "event:",    "\xe6\xbc\xa2", "page 9000"
	};
	const char *env = getenv("MONKEY_SEED"), *times = getenv("MONKEY_ROUNDS");
	uint64_t seed = env ? strtoull(env, NULL, 0) : 20240607;
	unsigned int rounds = times ? (unsigned int)strtoul(times, NULL, 0) : 20;
	static struct shot s;

	(void)state;
	print_message("monkey seed %" PRIu64 ", %u rounds (MONKEY_SEED, MONKEY_ROUNDS)\n", seed,
		      rounds);
	for (unsigned int round = 0; round < rounds; round++) {
		struct machine m;
		struct sg_err err = { 0 };
		char script[4096];
		size_t n = 0;

		machine_init(&m);
		m.step = round % 3 ? 7 : 0;
		while (n + 32 < sizeof(script)) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			if ((seed >> 60) < 4) {
				n += (size_t)snprintf(script + n, sizeof(script) - n, "%s",
						      words[(seed >> 33) % 34]);
			} else {
				char c = (char)(' ' + (seed >> 33) % 95);

				/* q would end the round; a '<' of its own could start a name */
				script[n++] = c == 'q' || c == '<' ? 'l' : c;
			}
		}
		script[n] = '\0';
		if (run_on(&m, 24, 80, script, NULL, &s, &err) < 0)
			fail_msg("round %u: %s", round, err.text);
		assert_true(s.nr > 0);
		machine_fini(&m);
	}
}

/* No events at all, and no snapshot either. */
static void nothing(void **state)
{
	static struct shot s;
	struct machine m;
	struct sg_err err = { 0 };

	(void)state;
	machine_init(&m);
	m.nr = 0;
	m.cfg.nr_seeds = 0;
	m.src.progress = NULL;
	assert_int_equal(run_on(&m, 24, 80,
				"lhLHnNG0g5<Enter>50%/x<Enter><Enter><Right><Down>.[]zZ ri", NULL,
				&s, &err),
			 0);
	assert_int_equal(run_on(&m, 24, 80, "", NULL, &s, &err), 0);
	assert_non_null(strstr(s.text, "This capture has no events"));
	machine_fini(&m);
}

/* Without a snapshot the zones grow with what is read. */
static void deduced(void **state)
{
	static struct shot s;
	struct machine m;
	struct sg_err err = { 0 };

	(void)state;
	machine_init(&m);
	m.cfg.nr_seeds = 0;
	m.step = 5;
	assert_int_equal(run_on(&m, 24, 80, "G", NULL, &s, &err), 0);
	assert_non_null(strstr(s.text, "event 424/424"));
	assert_non_null(strstr(s.text, "deduced"));
	machine_fini(&m);
}

/* The screen of a machine with other orders than x86-64; the figures have a row for each of them. */
static void check_orders(unsigned int nr, unsigned int pageblock, int rows, int cols, const char *script)
{
	static struct shot s;
	struct machine m;
	struct sg_err err = { 0 };
	char row[16];

	machine_init(&m);
	m.cfg.nr_orders = nr;
	m.cfg.pageblock_order = pageblock;
	assert_int_equal(run_on(&m, rows, cols, script, NULL, &s, &err), 0);
	for (unsigned int o = 0; o <= nr; o++) {
		snprintf(row, sizeof(row), "\xe2\x94\x82%2u ", o);
		if ((strstr(s.text, row) != NULL) != (o < nr))
			fail_msg("%u orders, order %u, %d x %d, '%s':\n%.2400s", nr, o, rows, cols, script, s.text);
	}
	machine_fini(&m);
}

static void orders(void **state)
{
	static const struct {
		unsigned int nr, pageblock;
	} of[] = { { 12, 11 }, { 14, 13 }, { 9, 5 }, { 11, 8 } };

	(void)state;
	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
		check_orders(of[i].nr, of[i].pageblock, 24, 80, "200l");
		check_orders(of[i].nr, of[i].pageblock, 24, 80, "vv200l");
		check_orders(of[i].nr, of[i].pageblock, 60, 200, "G");
	}
}

/* The pages of one pageblock: of 32, and of 8,192 pages. */
static void block_sizes(void **state)
{
	static struct shot s;
	static const unsigned int pageblock[] = { 1, 5, 13, 15 };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct machine m;
		struct sg_err err = { 0 };

		machine_init(&m);
		m.cfg.nr_orders = 16;
		m.cfg.pageblock_order = pageblock[i];
		assert_int_equal(run_on(&m, 24, 80, "200l<Right><Enter><Down><Right>G", NULL, &s, &err), 0);
		assert_non_null(strstr(s.text, " of the block: pfn 0x"));
		machine_fini(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(orders),     cmocka_unit_test(block_sizes),
		cmocka_unit_test(moves),      cmocka_unit_test(goes),
		cmocka_unit_test(options),    cmocka_unit_test(decisions), cmocka_unit_test(guesses),
		cmocka_unit_test(searches),   cmocka_unit_test(bookmarks),
		cmocka_unit_test(plays),      cmocka_unit_test(panels),
		cmocka_unit_test(mouse),      cmocka_unit_test(clean),      cmocka_unit_test(page_facts),
		cmocka_unit_test(trouble),    cmocka_unit_test(same_screen),
		cmocka_unit_test(every_size), cmocka_unit_test(nothing),
		cmocka_unit_test(deduced),    cmocka_unit_test(monkey),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
