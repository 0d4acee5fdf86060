// SPDX-License-Identifier: GPL-2.0-only
/* Runs in a process of their own: whatever a policy does there, what the run had by then is here, and why it ended. */
#include <assert.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#include "cmd_child.h"
#include "policy/overlay.h"
#include "tr.h"

#define FROM_REQUEST 3000

static const char *sample;

/* What runs start from. */
struct made {
	struct tr_capture *tc;
	struct sg_log *log;
	struct mm_config cfg;
	struct mm_machine *start;
	struct mm_demand *demand;
	struct mm_ahead *ahead;
};

static int setup(void **state)
{
	static struct sg_event ev[256];
	static struct made mk;
	const struct sg_snapshot *snap;
	struct sg_err err = { 0 };
	size_t n;

	if (tr_open(sample, 0, &mk.tc, &err) < 0)
		fail_msg("%s", err.text);
	mk.log = sg_log_new();
	while ((n = tr_read(mk.tc, ev, 256)) > 0)
		for (size_t i = 0; i < n; i++)
			assert_int_equal(sg_log_append(mk.log, &ev[i]), 0);
	snap = tr_snapshot(mk.tc, "before");
	assert_non_null(snap);
	mk.cfg = (struct mm_config){ .cap = tr_info(mk.tc), .nr_seeds = 1, .seed = { { .snap = snap } } };
	mk.start = mm_machine_new(&mk.cfg, &err);
	assert_non_null(mk.start);
	assert_int_equal(mm_demand_take(mk.log, mk.cfg.cap, 0, mk.start, &mk.demand, &err), 0);
	assert_int_equal(mm_ahead_scan(mk.log, mk.cfg.cap, 0, &mk.ahead, &err), 0);
	*state = &mk;
	return 0;
}

static int teardown(void **state)
{
	struct made *mk = *state;

	mm_ahead_free(mk->ahead);
	mm_demand_free(mk->demand);
	mm_machine_free(mk->start);
	sg_log_free(mk->log);
	tr_close(mk->tc);
	return 0;
}

/* What came of a run. */
struct seen {
	uint64_t events, sum;
	uint64_t rest, said, said_at; /* the sum without what the run says of a policy that failed; how often it does, and where */
	uint64_t fail_at; /* the event that can't be taken; 0: all can */
};

static int take(void *arg, const struct sg_event *ev, struct sg_err *err)
{
	struct seen *s = arg;

	s->events++;
	s->sum = (s->sum ^ ev->ts ^ ev->kind ^ ev->v[0]) * UINT64_C(0x9fb21c651e98df25);
	if (ev->kind == SG_EV_print && ev->str_len > 10 && memcmp(ev->str, "stormglass", 10) == 0) {
		s->said++;
		s->said_at = s->events;
	} else {
		s->rest = (s->rest ^ ev->ts ^ ev->kind ^ ev->v[0]) * UINT64_C(0x9fb21c651e98df25);
	}
	if (ev->kind == SG_EV_print)
		assert_true(ev->str && ev->str_len > 0);
	return s->events == s->fail_at ? sg_fail(err, SG_E_IO, "the disk is full") : 0;
}

static unsigned int requests;
static char *volatile taken; /* so that no compiler thinks that nobody needs it */

static void crash(void *state, const struct mm_eye *eye, const struct mm_ask_flags *in, uint32_t *flags)
{
	(void)state, (void)eye, (void)in, (void)flags;
	if (++requests == FROM_REQUEST)
		raise(SIGSEGV);
}

static void stop(void *state, const struct mm_eye *eye, const struct mm_ask_flags *in, uint32_t *flags)
{
	(void)state, (void)eye, (void)in, (void)flags;
	if (++requests == FROM_REQUEST)
		exit(3);
}

static void loop(void *state, const struct mm_eye *eye, const struct mm_ask_flags *in, uint32_t *flags)
{
	(void)state, (void)eye, (void)in, (void)flags;
	if (++requests == FROM_REQUEST)
		for (;;)
			pause();
}

static void spin(void *state, const struct mm_eye *eye, const struct mm_ask_flags *in, uint32_t *flags)
{
	(void)state, (void)eye, (void)in, (void)flags;
	if (++requests == FROM_REQUEST)
		for (;;)
			taken = NULL;
}

static unsigned int *tries; /* what all processes see */

static void moody(void *state, const struct mm_eye *eye, const struct mm_ask_flags *in, uint32_t *flags)
{
	(void)state, (void)eye;
	if (++requests == 1)
		++*tries;
	if (requests == FROM_REQUEST)
		raise(SIGSEGV);
	if (*tries > 1)
		*flags = (*flags & ~MM_ALLOC_WMARK_MASK) | MM_ALLOC_NO_WATERMARKS | (in->order ? MM_ALLOC_WMARK_HIGH : 0);
	if (*tries > 1 && requests > 1000)
		raise(SIGSEGV);
}

/* Ends its process, but not in a hook. */
static void later(void *state, const struct mm_eye *eye, const struct mm_ask_flags *in, uint32_t *flags)
{
	(void)state, (void)eye, (void)in, (void)flags;
	if (++requests == FROM_REQUEST) {
		signal(SIGALRM, SIG_DFL);
		setitimer(ITIMER_REAL, &(struct itimerval){ .it_value = { .tv_usec = 1000 } }, NULL);
	}
}

static void eat(void *state, const struct mm_eye *eye, const struct mm_ask_flags *in, uint32_t *flags)
{
	(void)state, (void)eye, (void)in, (void)flags;
	if (++requests > FROM_REQUEST) {
		taken = malloc(1u << 20);
		assert(taken); /* as a careless policy does */
		memset(taken, 1, 1u << 20);
	}
}

static void leak(void *state, const struct mm_eye *eye, const struct mm_ask_flags *in, uint32_t *flags)
{
	(void)state, (void)eye, (void)in, (void)flags;
	if (++requests > FROM_REQUEST) {
		taken = malloc(4096);
		if (taken)
			*taken = 1;
	}
}

typedef void (*flags_fn)(void *state, const struct mm_eye *eye, const struct mm_ask_flags *in, uint32_t *flags);

static int run(struct made *mk, flags_fn fn, const struct cmd_bounds *bounds, struct seen *seen, struct cmd_child_result *res)
{
	struct mm_hooks hooks = { .abi = MM_HOOKS_ABI, .size = sizeof(hooks), .revision = MM_HOOKS_REVISION, .name = "test", .flags = fn };
	struct mm_run_cfg cfg = { .seed = 1 };
	struct sg_err err = { 0 };
	struct cmd_child *c = cmd_child_new(&err);
	struct mm_run *r;
	int code;

	assert_non_null(c);
	requests = 0;
	mm_policy_of_capture(&cfg.policy, mk->cfg.cap, NULL, 0);
	if (fn)
		assert_int_equal(mm_policy_add(&cfg.policy, &hooks, &err), 0);
	cmd_child_ask(c, &cfg);
	r = mm_run_new(mk->demand, mk->ahead, mk->start, &cfg, &err);
	if (!r)
		fail_msg("%s", err.text);
	code = cmd_child_go(c, r, mk->demand->ts_first, bounds, "run", take, seen, res, &err);
	if (code < 0 && !seen->fail_at)
		fail_msg("%s", err.text);
	assert_int_equal(requests, 0); /* nobody asked the policy here */
	mm_run_free(r);
	cmd_child_free(c);
	return code;
}

static const struct cmd_bounds none = { 0 };

/* To the end: the same events each time, and what became of the demand. */
static void whole(void **state)
{
	struct cmd_child_result a, b;
	struct seen x = { 0 }, y = { 0 };

	run(*state, NULL, &none, &x, &a);
	run(*state, NULL, &none, &y, &b);
	assert_int_equal(a.end, CMD_CHILD_WHOLE);
	assert_string_equal(a.why, "");
	assert_true(x.events > 10000);
	assert_true(x.events == y.events && x.sum == y.sum);
	assert_int_equal(a.at.events, x.events);
	assert_true(a.told.requests > 10000);
	assert_false(a.told.cut);
}

/*
 * The policy changes nothing but that it fails at its 3000th question: the run without it, with one line more where it failed.
 */
static void retired(struct made *mk, flags_fn fn, const struct cmd_bounds *bounds, const char *how)
{
	struct cmd_child_result res;
	struct seen s = { 0 }, with = { 0 };
	char text[400];

	run(mk, NULL, &none, &with, &res);
	run(mk, fn, bounds, &s, &res);
	assert_int_equal(res.end, CMD_CHILD_WHOLE);
	assert_int_equal(res.blame.nr, 1);
	assert_string_equal(res.blame.hook[0].policy, "test");
	assert_string_equal(res.blame.hook[0].hook, "flags");
	assert_int_equal(res.blame.hook[0].call, FROM_REQUEST);
	assert_non_null(strstr(res.blame.hook[0].how, how));
	assert_int_equal(s.events, with.events + 1);
	assert_int_equal(s.rest, with.sum);
	assert_int_equal(s.said, 1);
	assert_int_equal(s.said_at, res.blame.hook[0].position);
	assert_int_equal(res.at.events, s.events);
	/* it was asked that often in the try that counts, and never again */
	assert_int_equal(res.asked.asked[MM_HOOK_FLAGS], FROM_REQUEST - 1);
	cmd_blame_say(&res.blame, 0, mk->demand->ts_first, text, sizeof(text));
	assert_non_null(strstr(text, "policy test failed at position"));
}

static void crashes(void **state)
{
	retired(*state, crash, &none, "signal 11");
	retired(*state, stop, &none, "code 3");
}

/* A hook that doesn't answer, asleep or at work. */
static void stuck(void **state)
{
	struct cmd_bounds b = { .hook_ns = 100000000 };

	retired(*state, loop, &b, "doesn't answer");
	retired(*state, spin, &b, "doesn't answer");
}

/* One whose answers depend on more than it is told does something else when the run is made again: that is said. */
static void depends(void **state)
{
	struct cmd_child_result res;
	struct seen s = { 0 };

	tries = mmap(NULL, sizeof(*tries), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(tries != MAP_FAILED);
	run(*state, moody, &none, &s, &res);
	assert_int_equal(res.end, CMD_CHILD_DIED);
	assert_non_null(strstr(res.why, "depend on its arguments"));
	assert_int_equal(res.blame.nr, 1);
	munmap(tries, sizeof(*tries));
}

/* Outside of hooks there is nobody to leave out. */
static void dies(void **state)
{
	struct cmd_child_result res;
	struct seen s = { 0 };

	run(*state, later, &none, &s, &res);
	assert_int_equal(res.end, CMD_CHILD_DIED);
	assert_int_equal(res.blame.nr, 0);
	assert_non_null(strstr(res.why, "signal 14"));
	/* where it was, and what it had by then: all but what waited to be sent */
	assert_non_null(strstr(res.why, "wants of the demand"));
	assert_true(s.events > 0 && s.events <= res.at.events && res.at.events - s.events < 2000);
}

static void loops(void **state)
{
	struct cmd_bounds b = { .ns = 300000000 };
	struct cmd_child_result res;
	struct seen s = { 0 };

	run(*state, loop, &b, &s, &res);
	assert_int_equal(res.end, CMD_CHILD_CUT);
	assert_non_null(strstr(res.why, "the time that it may take was over"));
	assert_non_null(strstr(res.why, "loops"));
	assert_true(s.events > 0);
	/* one that doesn't loop ends where it is asked whether to go on, and tells the rest */
	b.ns = 1;
	s = (struct seen){ 0 };
	run(*state, NULL, &b, &s, &res);
	assert_int_equal(res.end, CMD_CHILD_CUT);
	assert_null(strstr(res.why, "loops"));
	assert_true(res.told.cut && res.told.done > 0 && s.events == res.at.events);
}

/* One that asks whether to go on notices by itself; one that falls over for want of memory dies alone. */
static void grows(void **state)
{
	struct cmd_bounds b = { .bytes = 40u << 20 };
	struct cmd_child_result res;
	struct seen s = { 0 };

	run(*state, leak, &b, &s, &res);
	assert_int_equal(res.end, CMD_CHILD_CUT);
	assert_non_null(strstr(res.why, "memory"));
	assert_true(res.told.cut && s.events == res.at.events);
	s = (struct seen){ 0 };
	run(*state, eat, &b, &s, &res);
	assert_int_not_equal(res.end, CMD_CHILD_WHOLE);
	assert_true(s.events > 0);
}

/* Whoever takes the events can't any more. */
static void no_room(void **state)
{
	struct cmd_child_result res;
	struct seen s = { .fail_at = 5000 };

	assert_int_equal(run(*state, NULL, &none, &s, &res), SG_E_IO);
	assert_int_equal(s.events, 5000);
}

static void on_alarm(int sig)
{
	(void)sig;
	kill(getpid(), SIGINT);
}

static void interrupted(void **state)
{
	struct cmd_child_result res;
	struct seen s = { 0 };

	cmd_child_catch();
	signal(SIGALRM, on_alarm);
	alarm(1);
	run(*state, loop, &none, &s, &res);
	assert_int_equal(res.end, CMD_CHILD_CUT);
	assert_non_null(strstr(res.why, "the user ended it"));
	assert_true(cmd_child_interrupted());
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole), cmocka_unit_test(crashes), cmocka_unit_test(stuck), cmocka_unit_test(depends),
		cmocka_unit_test(dies), cmocka_unit_test(loops),
		cmocka_unit_test(grows), cmocka_unit_test(no_room), cmocka_unit_test(interrupted),
	};

	if (argc != 2)
		return 2;
	sample = argv[1];
	return cmocka_run_group_tests(tests, setup, teardown);
}
