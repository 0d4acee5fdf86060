// SPDX-License-Identifier: GPL-2.0-only
/* The real program on a terminal: its screens against golden files. */
#include "test.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

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
	assert_false(t->alt);
	assert_true(t->cursor_visible);
	vt_stop(t);
}

/* One run at one size: start, decisions, the end, a block, help, about. */
static void walk(int rows, int cols, const char *size)
{
	char name[64];
	struct vt t;

#define GOLDEN(what, text)                                                                         \
	do {                                                                                       \
		snprintf(name, sizeof(name), "%s-%s", size, what);                                 \
		vt_golden(&t, name, text);                                                         \
	} while (0)
	vt_start(&t, rows, cols, ARGS("--color=truecolor"), NULL);
	GOLDEN("start", "event 0/424");
	vt_type(&t, "e");
	GOLDEN("decision", "decision 1 of");
	vt_type(&t, "d");
	GOLDEN("differs", "kernel differ");
	vt_type(&t, "\r");
	GOLDEN("numbers", "Numbers compared");
	vt_type(&t, "q");
	GOLDEN("differs", "kernel differ");
	vt_type(&t, "\033G");
	GOLDEN("end", "event 424/424");
	vt_type(&t, "g310\r.");
	GOLDEN("compaction", "event 310/424");
	vt_type(&t, "\r");
	GOLDEN("block", "of the block");
	vt_type(&t, "\033");
	GOLDEN("compaction", "pageblocks, 1 cell");
	vt_type(&t, "?");
	GOLDEN("help", "next event");
	vt_type(&t, "qi");
	vt_wait(&t, "about this capture"); /* it has figures that depend on the build */
	vt_wait(&t, "hand-made.dat");
	vt_type(&t, "q[");
	GOLDEN("dma", "node 0 DMA");
	vt_type(&t, "]vZ");
	GOLDEN("zone", "2 blocks");
	vt_type(&t, "g392\r");
	GOLDEN("contradiction", "event 392/424");
	quit(&t);
#undef GOLDEN
}

static void small(void **state)
{
	(void)state;
	walk(24, 80, "80x24");
}

static void medium(void **state)
{
	(void)state;
	walk(40, 120, "120x40");
}

static void large(void **state)
{
	(void)state;
	walk(60, 200, "200x60");
}

static void colour(const char *arg, const char *const env[], const char *name)
{
	struct vt t;

	vt_start(&t, 24, 80, ARGS(arg), env);
	vt_wait(&t, "event 0/424");
	vt_type(&t, "g310\r");
	vt_golden(&t, name, "event 310/424");
	quit(&t);
}

static void colours(void **state)
{
	(void)state;
	colour("--color=256", NULL, "colour-256");
	colour("--color=8", NULL, "colour-8");
	colour("--color=none", NULL, "colour-none");
	/* found out from the environment */
	colour("--color=auto", (const char *const[]){ "NO_COLOR=1", "COLORTERM=truecolor", NULL },
	       "colour-none");
	colour("--color=auto", (const char *const[]){ "TERM=xterm", NULL }, "colour-8");
	colour("--color=auto", NULL, "colour-256");
	/* no UTF-8 */
	colour("--color=none", (const char *const[]){ "LANG=C", "LC_ALL=C", NULL }, "colour-ascii");
	colour("--ascii", (const char *const[]){ "NO_COLOR=1", NULL }, "colour-ascii");
}

/* Forwards and back again is the same screen, cell by cell. */
static void back_and_forth(void **state)
{
	struct vt t;

	(void)state;
	vt_start(&t, 24, 80, ARGS("--color=truecolor", "--at=event:310"), NULL);
	vt_wait(&t, "event 310/424");
	vt_type(&t, "l");
	vt_wait(&t, "event 311/424");
	vt_type(&t, "h");
	vt_wait(&t, "event 310/424");
	vt_type(&t, "100l");
	vt_wait(&t, "event 410/424");
	vt_type(&t, "100h.");
	vt_golden(&t, "80x24-compaction", "event 310/424");
	quit(&t);
}

static void resize(void **state)
{
	struct vt t;

	(void)state;
	vt_start(&t, 24, 80, ARGS("--color=truecolor", "--at=end"), NULL);
	vt_golden(&t, "80x24-end", "event 424/424");
	vt_resize(&t, 40, 120);
	vt_golden(&t, "120x40-end", "event 424/424");
	vt_resize(&t, 1, 1);
	vt_wait(&t, "t|");
	vt_resize(&t, 5, 30);
	vt_wait(&t, "too small");
	vt_resize(&t, 24, 80);
	vt_golden(&t, "80x24-end", "event 424/424");
	quit(&t);
}

static void redraw(void **state)
{
	struct vt t;

	(void)state;
	vt_start(&t, 24, 80, ARGS("--color=truecolor", "--at=end"), NULL);
	vt_golden(&t, "80x24-end", "event 424/424");
	vterm_input_write(t.vterm, "\033[5;5Hgarbage from elsewhere", 28);
	assert_true(vt_shows(&t, "garbage"));
	vt_type(&t, "\f");
	vt_golden(&t, "80x24-end", "event 424/424");
	quit(&t);
}

static void sample(void **state)
{
	struct vt t;

	(void)state;
	vt_start(&t, 40, 120, ARGS("--color=truecolor", SAMPLE), NULL);
	vt_wait(&t, "event 0/292,508");
	vt_type(&t, ":kind slow_path\rgg"); /* how many differ in all changes whenever a rule gets better */
	vt_golden(&t, "sample-start", "decisions: 43 (only slow_path), 0 differ ");
	vt_type(&t, "g1\r");
	vt_wait(&t, "event 1/292,508");
	assert_true(vt_shows(&t, "17.245976 s"));
	vt_type(&t, "e\033"); /* and back to the map */
	vt_wait(&t, "decision");
	vt_type(&t, "gmark:snapshot-end-done\r");
	vt_wait(&t, "Marker: snapshot-end-done");
	vt_type(&t, "G");
	vt_wait(&t, "event 292,508/292,508");
	vt_type(&t, "gg");
	vt_golden(&t, "sample-start", "event 0/292,508");
	quit(&t);
}

/* Decisions of one kind in a real capture, which all agree. */
static void sample_decisions(void **state)
{
	static const struct {
		int rows, cols;
	} size[] = { { 24, 80 }, { 60, 200 } };
	struct vt t;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		char name[64];

		vt_start(&t, size[i].rows, size[i].cols, ARGS("--color=truecolor", SAMPLE), NULL);
		vt_wait(&t, "event 0/292,508");
		vt_type(&t, ":kind slow_path\r");
		vt_wait(&t, "stop at slow_path");
		vt_type(&t, "2e");
		vt_wait(&t, "decision 2 of");
		vt_type(&t, "e");
		vt_wait(&t, "decision 3 of");
		vt_type(&t, "E");
		snprintf(name, sizeof(name), "sample-decision-%dx%d", size[i].cols, size[i].rows);
		vt_golden(&t, name, "slow_path: the rules and the kernel agree");
		vt_type(&t, "\r");
		snprintf(name, sizeof(name), "sample-numbers-%dx%d", size[i].cols, size[i].rows);
		vt_golden(&t, name, "Numbers compared");
		vt_type(&t, "q");
		quit(&t);
	}
}

/* A dump of a failed allocation: no events, the reasons where the map is else. */
static void still(void **state)
{
	struct vt t;

	(void)state;
	vt_start(&t, 24, 80, ARGS("--color=truecolor", STILL), NULL);
	vt_golden(&t, "still-80x24", "no free block of order 4");
	vt_type(&t, "vlnGd./x\r?q");
	vt_type(&t, "}");
	vt_wait(&t, "there is no later one");
	vt_type(&t, "[");
	vt_wait(&t, "node 0 DMA ");
	quit(&t);
}

/* A CPU wasn't recorded: the header says so, nothing counts as free, and i tells it whole. */
static void limits(void **state)
{
	struct vt t;

	(void)state;
	vt_start(&t, 24, 80, ARGS("--color=truecolor", "--limits"), NULL);
	vt_wait(&t, "event 0/424");
	vt_type(&t, "g310\r.v");
	vt_golden(&t, "limits-80x24", "free pages unknown");
	vt_type(&t, "i");
	vt_wait(&t, "about this capture"); /* rows that depend on the build are scrolled away */
	vt_type(&t, "jjjjjjjjjj");
	vt_wait(&t, "Contradictions between");
	vt_golden(&t, "limits-info-80x24", "zoneinfo beside");
	vt_type(&t, "q");
	quit(&t);
}

/* A simulated run: the header says so, under what and with which seed; i tells what was assumed. */
static void simulated(void **state)
{
	static const struct {
		int rows, cols;
		const char *name;
	} size[] = { { 24, 80, "simulated-80x24" }, { 40, 120, "simulated-120x40" }, { 60, 200, "simulated-200x60" } };
	struct vt t;

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		vt_start(&t, size[i].rows, size[i].cols, ARGS("--color=truecolor", "--simulated"), NULL);
		vt_wait(&t, "event 0/424");
		vt_type(&t, "g310\r.");
		vt_golden(&t, size[i].name, "simulated");
		quit(&t);
	}
	vt_start(&t, 24, 80, ARGS("--color=truecolor", "--simulated"), NULL);
	vt_wait(&t, "event 0/424");
	vt_type(&t, "i");
	vt_wait(&t, "Simulated run");
	vt_wait(&t, "linux-6.18,storm=p2");
	vt_wait(&t, "run 2 of 8");
	vt_wait(&t, "the user ended it");
	vt_wait(&t, "31519 requests");
	vt_type(&t, "q");
	quit(&t);
}

/* A policy is chosen, a run is made of it and stays at 43 %, another waits: the panels and the header. */
static void policies(void **state)
{
	static const struct {
		int rows, cols;
	} size[] = { { 24, 80 }, { 40, 120 }, { 60, 200 }, { 12, 40 } };
	char name[64];
	struct vt t;

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		vt_start(&t, size[i].rows, size[i].cols, ARGS("--color=truecolor", "--maker"), NULL);
		vt_wait(&t, "/424");
		vt_type(&t, "pseed\r\0252\r\033");
		vt_wait(&t, "policy as text");
		vt_type(&t, "storm=p2 \177");
		snprintf(name, sizeof(name), "policy-%dx%d", size[i].cols, size[i].rows);
		vt_golden(&t, name, "own,storm=p2");
		vt_type(&t, "\rpstorm=p4\r");
		vt_wait(&t, "43 %");
		snprintf(name, sizeof(name), "runs-%dx%d", size[i].cols, size[i].rows);
		vt_type(&t, "\014");
		vt_golden(&t, name, "waits");
		vt_type(&t, "qq"); /* the second one is asked whether the runs may go */
		quit(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small), cmocka_unit_test(still),          cmocka_unit_test(medium),
		cmocka_unit_test(limits), cmocka_unit_test(large),          cmocka_unit_test(colours),
		cmocka_unit_test(resize),         cmocka_unit_test(redraw),
		cmocka_unit_test(back_and_forth), cmocka_unit_test(sample),
		cmocka_unit_test(sample_decisions), cmocka_unit_test(simulated), cmocka_unit_test(policies),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
