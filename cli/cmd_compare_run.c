// SPDX-License-Identifier: GPL-2.0-only
/* The runs of a comparison, each in a process of its own. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd_compare.h"
#include "machine/state.h"
#include "sg_mem.h"

/* A run that doesn't heed its bound is ended from outside, so many times later. */
#define PATIENCE 2
#define MOST_AT_ONCE 256u

/* ---- what was observed ------------------------------------------------------------------- */

/* A tracker of a run that is counted by @f. */
static struct tracker tracker_of(const struct compare *c, struct track *t, const struct sg_capture *cap, const struct mm_figures *f)
{
	struct tracker w = { .t = t, .cap = cap, .f = f, .start = c->w.demand->ts_first, .nr_moments = 2 };
	unsigned int n = c->nr_moments ? c->nr_moments : 2;

	for (unsigned int i = 0; i < n && w.nr_moments < TRACK_MOMENTS; i++)
		w.moment[w.nr_moments++ - 1] = c->nr_moments ? c->moment[i] : (i + 1) * c->length / 3;
	return w;
}

/* The maps of what was observed once more, with the types of pageblocks that only later events tell. */
static int foresee(struct compare *c, struct sg_err *err)
{
	struct mm_timeline *tl = mm_timeline_new(c->w.cfg, c->w.log, cmd_feed_memory(), err);

	if (!tl)
		return err->code < 0 ? err->code : SG_E_NOMEM;
	while (mm_timeline_prepare(tl, 1u << 20))
		;
	for (unsigned int i = 0; i < TRACK_MOMENTS; i++) {
		struct track_map *map = &c->seen->map[i];

		if (!map->made)
			continue;
		mm_timeline_seek(tl, map->position);
		track_draw(map, c->w.cap, mm_timeline_machine(tl), map->ns);
	}
	mm_timeline_free(tl);
	return SG_OK;
}

/* When the stretch that is counted ends. */
static uint64_t length_of(const struct cmd_whatif *w)
{
	struct sg_cursor cursor;
	struct sg_event ev;

	sg_log_seek(w->log, &cursor, w->to);
	return sg_log_next(&cursor, &ev) && ev.ts > w->demand->ts_first ? ev.ts - w->demand->ts_first : 0;
}

int cmd_compare_observe(struct compare *c, struct sg_err *err)
{
	const struct cmd_whatif *w = &c->w;
	struct cmd_source *src = cmd_feed_source(w->feed);
	const struct sg_snapshot *from = NULL, *to = NULL;
	struct mm_machine *m = mm_machine_copy(w->start);
	struct mm_figures *f = mm_figures_new(w->cap, &w->own);
	struct sg_cursor cursor;
	struct sg_event ev;
	bool ok = m && f, counts = true;
	struct tracker t;

	c->length = length_of(w);
	t = tracker_of(c, c->seen, w->cap, f);
	if (ok && c->seen)
		track_begin(&t, c->length, m);
	sg_log_seek(w->log, &cursor, w->from + 1);
	for (uint64_t n = w->from + 1; ok && counts && sg_log_next(&cursor, &ev); n++) {
		mm_skip(m, n);
		mm_observe(m, &ev);
		counts = mm_figures_add(f, &ev, m);
		if (counts && c->seen)
			track_event(&t, ev.ts, m);
	}
	if (ok && c->seen)
		track_end(&t, m);
	ok = ok && mm_figures_end(f, m, &c->observed) && !mm_out_of_memory(m);
	mm_figures_free(f);
	mm_machine_free(m);
	if (!ok)
		return sg_fail(err, SG_E_NOMEM, "%s: out of memory", w->file);
	if (c->seen)
		track_forget(c->seen, &c->observed);
	if (c->seen && foresee(c, err) < 0)
		return err->code;
	for (unsigned int i = 0; i < w->cfg->nr_seeds; i++)
		if (w->cfg->seed[i].marker)
			from = w->cfg->seed[i].snap;
	if (w->marked_from && w->marked_to && src->tc)
		to = tr_snapshot_end(src->tc);
	mm_figures_own(&c->observed, w->cap, to ? from : NULL, to);
	c->own_counters = from && to;
	if (w->demand->has_faults)
		mm_figures_anon(&c->observed, &w->demand->anon, w->demand->ts_first);
	return SG_OK;
}

int cmd_compare_unobserved(struct compare *c)
{
	for (unsigned int i = 0; i < MM_FIG_COUNT; i++)
		c->observed.v[i] = MM_FIGURE_UNKNOWN;
	return SG_OK;
}

/* ---- one run, in its process ---------------------------------------------------------------- */

struct child {
	const struct compare *c;
	struct compare_run *ret;
	struct mm_run *run;
	struct mm_figures *f;
	struct tracker track; /* t NULL: nobody asks */
	bool over;
	bool cached; /* the run tells of pages of files that are read */
	uint64_t until; /* 0: no bound */
	bool no_memory;
};

/* What both processes see of a run. */
struct shared {
	struct mm_hook_at hook;
};

static void finish(struct child *ch)
{
	struct mm_run_told told;

	if (ch->over)
		return;
	ch->over = true;
	if (ch->track.t)
		track_end(&ch->track, mm_sim_machine(mm_run_sim(ch->run)));
	ch->no_memory |= !mm_figures_end(ch->f, mm_sim_machine(mm_run_sim(ch->run)), &ch->ret->v);
	if (ch->track.t)
		track_forget(ch->track.t, &ch->ret->v);
	mm_figures_sim(&ch->ret->v, mm_run_sim(ch->run));
	if (ch->c->w.demand->has_faults) {
		mm_run_told(ch->run, &told);
		mm_figures_anon(&ch->ret->v, &told.anon, ch->c->w.demand->ts_first);
	}
	if (!ch->cached)
		ch->ret->v.v[MM_FIG_REFAULTS] = MM_FIGURE_UNKNOWN;
}

static void on_event(void *arg, const struct sg_event *ev)
{
	struct child *ch = arg;

	mm_figures_away(ch->f, mm_sim_reporter_holds(mm_run_sim(ch->run)));
	ch->cached |= ev->kind == SG_EV_mm_filemap_add_to_page_cache;
	if (ch->over)
		return;
	if (!mm_figures_add(ch->f, ev, mm_sim_machine(mm_run_sim(ch->run))))
		finish(ch);
	else if (ch->track.t)
		track_event(&ch->track, ev->ts, mm_sim_machine(mm_run_sim(ch->run)));
}

static bool go_on(void *arg, const struct mm_run_progress *p)
{
	struct child *ch = arg;
	const struct cmd_bounds *b = &ch->c->bounds;

	if (ch->over)
		return false; /* all that is counted is there */
	ch->ret->permille = p->of_wants ? (uint32_t)(p->wants * 1000 / p->of_wants) : 1000;
	if (ch->until && cmd_now() > ch->until)
		snprintf(ch->ret->why, sizeof(ch->ret->why), "it took longer than --time allows");
	else if (b->bytes && p->bytes > b->bytes)
		snprintf(ch->ret->why, sizeof(ch->ret->why), "it needed more than --memory allows");
	else
		return true;
	ch->ret->end = COMPARE_CUT;
	return false;
}

/* Run number @no under @policy, into @ret. */
static void run_one(const struct compare *c, const struct mm_policy *policy, unsigned int no, struct track *track, struct compare_run *ret)
{
	struct child ch = { .c = c, .ret = ret, .until = c->bounds.ns ? cmd_now() + c->bounds.ns : 0 };
	uint64_t seed = c->seed + no; /* all that a run depends on, so that it is the same in any ensemble */
	struct mm_run_cfg cfg = { .policy = *policy, .seed = seed, .hints_marked = !(seed & 1), .emit = on_event, .arg = &ch,
				  .go_on = go_on, .go_arg = &ch };
	struct sg_err err = { 0 };
	int r = SG_E_NOMEM;

	ret->end = COMPARE_WHOLE;
	ch.run = mm_run_new(c->w.demand, c->w.ahead, c->w.start, &cfg, &err);
	if (ch.run)
		ch.f = mm_figures_new(mm_sim_capture(mm_run_sim(ch.run)), policy);
	if (ch.f && track) {
		ch.track = tracker_of(c, track, mm_sim_capture(mm_run_sim(ch.run)), ch.f);
		track_begin(&ch.track, c->length, mm_sim_machine(mm_run_sim(ch.run)));
	}
	if (ch.f)
		r = cmd_plugin_enter(policy, &err);
	if (r == 0 && mm_policy_changed(policy))
		r = mm_run_rearm(ch.run, policy, &err);
	if (r == 0)
		r = mm_run_go(ch.run, &err);
	if (r == 0) {
		finish(&ch);
		mm_run_told(ch.run, &ret->told);
		cmd_asked_take(&ret->asked, mm_sim_overlays(mm_run_sim(ch.run)));
	}
	if (r == 0 && !ch.no_memory && !sg_mem_failures())
		return;
	ret->end = COMPARE_FAILED;
	snprintf(ret->why, sizeof(ret->why), "%.200s", err.text[0] ? err.text : "out of memory");
}

/* ---- all of them ------------------------------------------------------------------------------ */

struct job {
	pid_t pid; /* 0: none */
	int fd;
	size_t got;
	uint64_t until;
	unsigned int arm, no;
	struct compare_run *to;
	struct compare_run in; /* what has come of it */
	struct mm_policy policy; /* who failed is left out of the next try */
	struct shared *shared;
	struct cmd_hook_clock hook;
};

static volatile sig_atomic_t stopped;

static void on_signal(int sig)
{
	stopped = sig;
}

static void tell(int fd, const struct compare_run *r)
{
	const char *p = (const char *)r;
	size_t left = sizeof(*r);

	while (left > 0) {
		ssize_t n = write(fd, p, left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		p += n;
		left -= (size_t)n;
	}
}

/* The process of a run; j's policy and number say of which. */
static int launch(const struct compare *c, struct job *j, struct sg_err *err)
{
	int fd[2];

	j->shared->hook = (struct mm_hook_at){ 0 };
	j->hook = (struct cmd_hook_clock){ 0 };
	if (pipe(fd) < 0)
		return sg_fail(err, SG_E_IO, "no run can be started: %s", strerror(errno));
	j->pid = fork();
	if (j->pid < 0) {
		close(fd[0]);
		close(fd[1]);
		j->pid = 0;
		return sg_fail(err, SG_E_IO, "no run can be started: %s", strerror(errno));
	}
	if (j->pid == 0) {
		struct compare_run *r = calloc(1, sizeof(*r));

		signal(SIGINT, SIG_DFL);
		signal(SIGTERM, SIG_DFL);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(fd[0]);
		if (r) {
			run_one(c, &j->policy, j->no, c->arm[j->arm].track ? &c->arm[j->arm].track[j->no] : NULL, r);
			tell(fd[1], r);
		}
		_exit(r ? 0 : 1);
	}
	close(fd[1]);
	j->fd = fd[0];
	j->got = 0;
	return SG_OK;
}

static int start(const struct compare *c, unsigned int at, unsigned int no, struct job *j, struct sg_err *err)
{
	const struct compare_arm *arm = &c->arm[at];

	j->arm = at;
	j->no = no;
	j->policy = arm->policy;
	j->policy.at = &j->shared->hook;
	j->to = &arm->run[no];
	j->until = c->bounds.ns ? cmd_now() + PATIENCE * c->bounds.ns + 5000000000u : 0;
	return launch(c, j, err);
}

/* The process ended without a word, or was ended for a hook that doesn't answer: once more, without that policy from there on? */
static bool again(const struct compare *c, struct job *j, int status, bool stuck)
{
	char how[100] = "it doesn't answer";
	struct sg_err err;

	if (!stuck)
		cmd_ended_how(status, how, sizeof(how));
	return cmd_blame_take(&j->to->blame, &j->shared->hook, how, &j->policy) && launch(c, j, &err) == SG_OK;
}

/* The process is gone, or must go: what is known of its run. */
static void end(const struct compare *c, struct job *j, bool kill_it, const char *why)
{
	struct cmd_blame blame;
	int status = 0;

	if (kill_it)
		kill(j->pid, SIGKILL);
	while (waitpid(j->pid, &status, 0) < 0 && errno == EINTR)
		;
	close(j->fd);
	if (j->got == sizeof(j->in)) {
		blame = j->to->blame;
		*j->to = j->in;
		j->to->blame = blame;
	} else if (!why && !stopped && again(c, j, status, kill_it)) {
		return;
	} else if (why) {
		j->to->end = stopped ? COMPARE_NOT_RUN : COMPARE_DIED;
		snprintf(j->to->why, sizeof(j->to->why), "%s", why);
	} else {
		j->to->end = COMPARE_DIED;
		j->to->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
		if (WIFSIGNALED(status))
			snprintf(j->to->why, sizeof(j->to->why), "signal %d, %s", WTERMSIG(status), strsignal(WTERMSIG(status)));
		else
			snprintf(j->to->why, sizeof(j->to->why), "exit code %d", WEXITSTATUS(status));
	}
	j->pid = 0;
}

/* Reads what has come.  False: nothing more will. */
static bool take(struct job *j)
{
	ssize_t n = read(j->fd, (char *)&j->in + j->got, sizeof(j->in) - j->got);

	if (n < 0)
		return errno == EINTR || errno == EAGAIN;
	j->got += (size_t)n;
	return n > 0 && j->got < sizeof(j->in);
}

/* False: nothing more is to be begun. */
static bool wait_for(const struct compare *c, struct job *job, unsigned int nr)
{
	bool go_on = true;
	struct pollfd fd[MOST_AT_ONCE];
	unsigned int of[MOST_AT_ONCE], n = 0;

	for (unsigned int i = 0; i < nr; i++)
		if (job[i].pid) {
			fd[n] = (struct pollfd){ .fd = job[i].fd, .events = POLLIN };
			of[n++] = i;
		}
	if (poll(fd, n, 500) < 0 && errno != EINTR)
		return false;
	for (unsigned int i = 0; i < n; i++) {
		struct job *j = &job[of[i]];

		if (stopped)
			end(c, j, true, "stopped");
		else if ((fd[i].revents & (POLLIN | POLLHUP | POLLERR)) && !take(j))
			end(c, j, false, NULL);
		else if (cmd_hook_stuck(&j->hook, &j->shared->hook, j->pid, c->bounds.hook_ns))
			end(c, j, true, NULL);
		else if (j->until && cmd_now() > j->until)
			end(c, j, true, "it didn't end when --time was over, and was ended from outside");
		if (!j->pid && c->ended)
			go_on &= c->ended(c->arg, j->arm, j->no);
	}
	return go_on;
}

static unsigned int busy(const struct job *job, unsigned int nr)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < nr; i++)
		n += job[i].pid != 0;
	return n;
}

static unsigned int at_once(const struct compare *c, unsigned int jobs)
{
	long cpus = c->at_once ? (long)c->at_once : sysconf(_SC_NPROCESSORS_ONLN);
	unsigned int n = cpus > 0 ? (unsigned int)cpus : 1;

	n = n < jobs ? n : jobs;
	return n < MOST_AT_ONCE ? n : MOST_AT_ONCE;
}

static unsigned int next_wanted(const struct compare *c, unsigned int next, unsigned int jobs)
{
	while (next < jobs && c->wanted && !c->wanted(c->arg, next % c->nr_arms, next / c->nr_arms))
		next++;
	return next;
}

int cmd_compare_run(struct compare *c, struct sg_err *err)
{
	unsigned int jobs = c->nr_arms * c->runs, nr = at_once(c, jobs), next = 0;
	struct sigaction act = { .sa_handler = on_signal }, was_int, was_term;
	struct job *job = calloc(nr, sizeof(*job));
	struct shared *shared;
	bool tty = isatty(STDERR_FILENO) && !c->progress, go_on = true;
	int r = SG_OK;

	shared = job ? mmap(NULL, (nr + 1) * sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0) : MAP_FAILED;
	if (shared == MAP_FAILED) {
		free(job);
		return sg_fail(err, SG_E_NOMEM, "out of memory");
	}
	for (unsigned int i = 0; i < nr; i++)
		job[i].shared = &shared[i];
	stopped = 0;
	sigaction(SIGINT, &act, &was_int);
	sigaction(SIGTERM, &act, &was_term);
	while ((next < jobs && !stopped && r == SG_OK && go_on) || busy(job, nr)) {
		/* a run of each policy before the next of any: whatever ends it early, all have as many */
		for (unsigned int i = 0; i < nr && !stopped && r == SG_OK && go_on; i++) {
			next = next_wanted(c, next, jobs);
			if (next == jobs)
				break;
			if (!job[i].pid) {
				r = start(c, next % c->nr_arms, next / c->nr_arms, &job[i], err);
				next += r == SG_OK;
			}
		}
		if (tty)
			fprintf(stderr, "\r%u of %u runs ", next - busy(job, nr), jobs);
		if (c->progress)
			c->progress(c->arg);
		if (busy(job, nr))
			go_on &= wait_for(c, job, nr);
	}
	if (tty)
		fputs("\r\033[K", stderr);
	sigaction(SIGINT, &was_int, NULL);
	sigaction(SIGTERM, &was_term, NULL);
	c->interrupted = stopped != 0;
	munmap(shared, (nr + 1) * sizeof(*shared));
	free(job);
	return r;
}

void cmd_compare_sum(struct compare *c)
{
	int64_t *v = sg_malloc((c->runs + 1) * sizeof(*v));

	for (unsigned int a = 0; a < c->nr_arms; a++) {
		struct compare_arm *arm = &c->arm[a];

		arm->whole = arm->cut = arm->failed = arm->died = arm->not_run = 0;
		for (unsigned int i = 0; i < c->runs; i++) {
			enum compare_end e = arm->run[i].end;

			arm->whole += e == COMPARE_WHOLE;
			arm->cut += e == COMPARE_CUT;
			arm->failed += e == COMPARE_FAILED;
			arm->died += e == COMPARE_DIED;
			arm->not_run += e == COMPARE_NOT_RUN;
		}
		for (unsigned int k = 0; k < MM_FIG_COUNT; k++) {
			unsigned int n = 0;

			for (unsigned int i = 0; v && i < c->runs; i++)
				if (arm->run[i].end == (arm->whole ? COMPARE_WHOLE : COMPARE_CUT))
					v[n++] = arm->run[i].v.v[k];
			arm->range[k] = mm_range_of(v, n);
		}
	}
	free(v);
}
