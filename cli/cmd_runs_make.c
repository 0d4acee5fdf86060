// SPDX-License-Identifier: GPL-2.0-only
/* The process that makes a run in the background. */
#include "cmd_runs_make.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cmd_cache.h"
#include "cmd_child.h"
#include "cmd_made.h"

#define TIME_NS UINT64_C(3600000000000) /* an hour: as cmd_simulate.c */
#define LOOK_EVENTS 256u

/* ---- in its process ------------------------------------------------------------------------ */

struct making {
	const struct cmd_runs_job *job;
	struct cmd_runs_seen *seen;
	struct cmd_whatif w;
	struct cmd_child *child;
	struct cmd_made *made;
	struct mm_run *run;
	char *path;
};

/* An event of the run: into the file, and now and then a word on where it is. */
static int take_event(void *arg, const struct sg_event *ev, struct sg_err *err)
{
	struct making *mk = arg;

	if (mk->seen->events++ % LOOK_EVENTS == 0) {
		struct mm_run_progress at;

		cmd_child_progress(mk->child, &at);
		mk->seen->milli = at.of_wants ? (unsigned int)(at.wants * 1000 / at.of_wants) : 0;
	}
	return cmd_made_event(mk->made, ev, err);
}

/* The run, up to its file.  @res: how it ended. */
static int go(struct making *mk, struct cmd_child_result *res, struct sg_err *err)
{
	const struct ui_recipe *how = mk->job->how;
	struct cmd_bounds bounds = { .ns = TIME_NS, .bytes = 2 * cmd_feed_memory() };
	struct cmd_whatif_options what = { .assume = how->assume };
	struct mm_policy policy;
	struct mm_run_cfg cfg = { .seed = how->seed };
	struct cmd_made_options to = { .whatif = &mk->w, .policy = &policy, .asked = how->spec, .seed = how->seed, .run = 1, .runs = 1,
				       .path = mk->path };
	int r = cmd_whatif_take(mk->job->file, mk->job->feed, &what, &mk->w, err);

	if (r == SG_OK)
		r = cmd_whatif_policy(&mk->w, how->spec, &policy, err);
	if (r < 0)
		return r;
	cfg.policy = policy;
	mk->child = cmd_child_new(err);
	if (!mk->child)
		return err->code;
	cmd_child_ask(mk->child, &cfg);
	mk->run = mm_run_new(mk->w.demand, mk->w.ahead, mk->w.start, &cfg, err);
	if (!mk->run)
		return err->code < 0 ? err->code : SG_E_NOMEM;
	r = cmd_made_begin(&to, mm_run_sim(mk->run), &mk->made, err);
	if (r < 0)
		return r;
	mk->seen->state = UI_MADE_RUNNING;
	r = cmd_child_go(mk->child, mk->run, mk->w.demand->ts_first, &bounds, NULL, take_event, mk, res, err);
	if (r < 0) {
		cmd_made_abort(mk->made);
		return r;
	}
	return cmd_made_end(mk->made, res, err);
}

/* What is known of it, beside it; and the cache isn't larger than it may be. */
static int keep(struct making *mk, const struct cmd_child_result *res, enum ui_made_state state, struct sg_err *err)
{
	const struct cmd_runs_job *job = mk->job;
	struct cmd_runs_about a = { .how = *job->how, .state = state, .events = mk->seen->events,
				    .program = { job->program[0], job->program[1] }, .when = (uint64_t)time(NULL) };
	struct stat st;

	if (job->cache && stat(mk->path, &st) == 0) {
		if ((uint64_t)st.st_size > CMD_CACHE_LIMIT / 2)
			return sg_fail(err, SG_E_RANGE, "it takes more than %llu MiB, which is too much to be kept; stormglass simulate "
				       "-o FILE writes it where there is room", (unsigned long long)(CMD_CACHE_LIMIT / 2 >> 20));
		cmd_cache_room(job->dir, 0);
	}
	snprintf(a.why, sizeof(a.why), "%s", mk->seen->why);
	return cmd_runs_put(job->dir, job->stem, &a, err);
}

/* Why it isn't whole; or what a policy out of a file did wrong on the way. */
static void say_how(struct cmd_runs_seen *seen, const struct cmd_child_result *res, uint64_t ts_first)
{
	char text[400] = "";

	if (res->why[0])
		snprintf(text, sizeof(text), "%s", res->why);
	else if (res->blame.nr)
		cmd_blame_say(&res->blame, 0, ts_first, text, sizeof(text));
	else if (res->asked.nr_wrong)
		snprintf(text, sizeof(text), "%s", res->asked.wrong[0]);
	snprintf(seen->why, sizeof(seen->why), "%.319s", text);
}

static void make(const struct cmd_runs_job *job, struct cmd_runs_seen *seen)
{
	struct making mk = { .job = job, .seen = seen, .path = cmd_runs_path(job->dir, job->stem, ".run") };
	static const enum ui_made_state as[] = { [CMD_CHILD_WHOLE] = UI_MADE_WHOLE, [CMD_CHILD_CUT] = UI_MADE_CUT,
						 [CMD_CHILD_DIED] = UI_MADE_DIED };
	struct cmd_child_result res = { 0 };
	struct sg_err err = { 0 };
	int r = mk.path ? go(&mk, &res, &err) : SG_E_NOMEM;

	if (r == SG_OK) {
		seen->milli = res.at.of_wants ? (unsigned int)(res.at.wants * 1000 / res.at.of_wants) : 1000;
		seen->events = res.at.events;
		say_how(seen, &res, mk.w.demand->ts_first);
		r = keep(&mk, &res, as[res.end], &err);
	}
	if (r < 0)
		snprintf(seen->why, sizeof(seen->why), "%.319s", err.text[0] ? err.text : "out of memory");
	seen->state = r < 0 ? UI_MADE_FAILED : as[res.end];
}

/* Nothing that this process says or does reaches the terminal of the screens. */
static void stand_alone(pid_t parent)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	for (int sig = 1; sig < NSIG; sig++)
		if (sig != SIGPIPE)
			signal(sig, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int fd = 0; fd < 3 && null >= 0; fd++)
		dup2(null, fd);
}

/* ---- here -------------------------------------------------------------------------------------- */

pid_t cmd_runs_fork(const struct cmd_runs_job *job, struct cmd_runs_seen **ret_seen, struct sg_err *err)
{
	struct cmd_runs_seen *seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t here = getpid(), pid;

	if (seen == MAP_FAILED)
		return sg_fail(err, SG_E_NOMEM, "out of memory for a run");
	seen->state = UI_MADE_PREPARING;
	fflush(NULL); /* what is buffered is written once */
	pid = fork();
	if (pid == 0) {
		stand_alone(here);
		cmd_child_catch();
		make(job, seen);
		_exit(0);
	}
	if (pid < 0) {
		munmap(seen, sizeof(*seen));
		return sg_fail(err, SG_E_NOMEM, "no process for a run: %s", strerror(errno));
	}
	*ret_seen = seen;
	return pid;
}

void cmd_runs_seen_free(struct cmd_runs_seen *seen)
{
	if (seen)
		munmap(seen, sizeof(*seen));
}
