// SPDX-License-Identifier: GPL-2.0-only
/* A simulated run in a process of its own, and what it says, through a pipe. */
#include "cmd_child.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define OUT_SIZE 65536u        /* events wait for so many bytes */
#define IN_SIZE (1u << 20)
#define PIPE_SIZE (1 << 20)
#define LOOK_MS 200            /* between two looks at the clock */
#define GRACE_NS UINT64_C(5000000000) /* from the word to end until the process is ended */

enum word { WORD_EVENT = 1, WORD_TOLD, WORD_FAILED, WORD_ASKED };

/* In front of each thing that comes through the pipe. */
struct head {
	uint32_t word, len;
};

/* What both processes see. */
struct shared {
	struct mm_run_progress at;
	struct mm_hook_at hook;   /* which a policy is asked */
	_Atomic int stop;         /* the run is to end where it is */
	_Atomic int too_large;    /* it ended itself, for its memory */
};

/* What a process has, in bytes. */
struct size {
	uint64_t mapped; /* of address space: what a limit on it counts */
	uint64_t own;    /* resident, without files and shared memory; it grows also where address space was reserved before */
};

struct cmd_child {
	struct shared *shared;
	int fd[2];
	struct mm_policy policy;  /* the run's; who failed is left out of the next try */
	/* in the process of the run */
	struct cmd_bounds bounds;
	struct size first;
	size_t len;
	char out[OUT_SIZE];
};

static volatile sig_atomic_t interrupts;

static uint64_t clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void on_signal(int sig)
{
	(void)sig;
	interrupts++;
}

void cmd_child_catch(void)
{
	struct sigaction act = { .sa_handler = on_signal };

	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
}

bool cmd_child_interrupted(void)
{
	return interrupts > 0;
}

void cmd_child_progress(const struct cmd_child *c, struct mm_run_progress *ret)
{
	*ret = c->shared->at;
}

struct cmd_child *cmd_child_new(struct sg_err *err)
{
	struct cmd_child *c = calloc(1, sizeof(*c));
	void *p = c ? mmap(NULL, sizeof(*c->shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0) : MAP_FAILED;

	if (p == MAP_FAILED) {
		free(c);
		sg_fail(err, SG_E_NOMEM, "out of memory for a run");
		return NULL;
	}
	c->shared = p;
	c->fd[0] = c->fd[1] = -1;
	return c;
}

void cmd_child_free(struct cmd_child *c)
{
	if (!c)
		return;
	for (int i = 0; i < 2; i++)
		if (c->fd[i] >= 0)
			close(c->fd[i]);
	munmap(c->shared, sizeof(*c->shared));
	free(c);
}

/* ---- in the process of the run ----------------------------------------------------- */

/* Nobody reads any more: what is left to do would be for nobody. */
static void flush(struct cmd_child *c)
{
	for (size_t at = 0; at < c->len;) {
		ssize_t n = write(c->fd[1], c->out + at, c->len - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			_exit(1);
		at += (size_t)n;
	}
	c->len = 0;
}

static void put(struct cmd_child *c, const void *data, size_t len)
{
	const char *p = data;

	while (len > 0) {
		size_t n = len < sizeof(c->out) - c->len ? len : sizeof(c->out) - c->len;

		memcpy(c->out + c->len, p, n);
		c->len += n;
		p += n;
		len -= n;
		if (c->len == sizeof(c->out))
			flush(c);
	}
}

static void say(struct cmd_child *c, enum word word, const void *data, size_t len)
{
	struct head h = { word, (uint32_t)len };

	put(c, &h, sizeof(h));
	put(c, data, len);
}

static void send_event(void *arg, const struct sg_event *ev)
{
	struct cmd_child *c = arg;
	size_t fields = offsetof(struct sg_event, v) + sg_kind_info(ev->kind)->nr_fields * sizeof(ev->v[0]);
	struct head h = { WORD_EVENT, (uint32_t)(fields + ev->str_len) };

	put(c, &h, sizeof(h));
	put(c, ev, fields);
	if (ev->str_len)
		put(c, ev->str, ev->str_len);
	c->shared->at.events++;
}

static struct size size_now(void)
{
	struct size ret = { 0, 0 };
	unsigned long long pages[3]; /* mapped, resident, of these shared */
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	char text[64], *c = text;
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;

	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return ret;
	text[n] = '\0';
	for (unsigned int i = 0; i < 3; i++)
		pages[i] = strtoull(c, &c, 10);
	ret.mapped = pages[0] * page;
	ret.own = pages[1] > pages[2] ? (pages[1] - pages[2]) * page : 0;
	return ret;
}

static bool grown(uint64_t first, uint64_t now, uint64_t bytes)
{
	return now > first && now - first > bytes;
}

static bool go_on(void *arg, const struct mm_run_progress *p)
{
	struct cmd_child *c = arg;
	uint64_t events = c->shared->at.events;

	c->shared->at = *p;
	c->shared->at.events = events;
	if (c->shared->stop)
		return false;
	if (c->bounds.bytes) {
		struct size now = size_now();

		if (grown(c->first.mapped, now.mapped, c->bounds.bytes) || grown(c->first.own, now.own, c->bounds.bytes)) {
			c->shared->too_large = 1;
			return false;
		}
	}
	return true;
}

void cmd_child_ask(struct cmd_child *c, struct mm_run_cfg *cfg)
{
	cfg->emit = send_event;
	cfg->arg = c;
	cfg->go_on = go_on;
	cfg->go_arg = c;
	cfg->policy.at = &c->shared->hook;
	c->policy = cfg->policy;
}

/* A run that is larger than it may be finds no memory, some time after it should have noticed. */
static void bound(struct cmd_child *c)
{
	struct rlimit most, core = { 0, 0 };
	uint64_t slack = c->bounds.bytes / 4 + (UINT64_C(64) << 20);

	setrlimit(RLIMIT_CORE, &core);
	c->first = size_now();
	if (!c->bounds.bytes || !c->first.mapped || c->bounds.bytes > UINT64_MAX / 4 - c->first.mapped ||
	    getrlimit(RLIMIT_AS, &most) < 0)
		return;
	if (most.rlim_max == RLIM_INFINITY || most.rlim_max > c->first.mapped + c->bounds.bytes + slack) {
		most.rlim_cur = c->first.mapped + c->bounds.bytes + slack;
		setrlimit(RLIMIT_AS, &most);
	}
}

static _Noreturn void run(struct cmd_child *c, struct mm_run *r, pid_t parent)
{
	struct mm_run_told told;
	struct cmd_asked asked;
	struct sg_err err = { 0 };
	int code;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	signal(SIGINT, SIG_IGN); /* the other process says when to end */
	signal(SIGTERM, SIG_IGN);
	for (int sig = 1; sig < NSIG; sig++)
		if (sig == SIGSEGV || sig == SIGBUS || sig == SIGFPE || sig == SIGILL || sig == SIGABRT)
			signal(sig, SIG_DFL);
	close(c->fd[0]);
	bound(c);
	code = cmd_plugin_enter(&c->policy, &err);
	if (code == 0 && mm_policy_changed(&c->policy))
		code = mm_run_rearm(r, &c->policy, &err);
	if (code == 0)
		code = mm_run_go(r, &err);
	if (code < 0)
		say(c, WORD_FAILED, &err, sizeof(err));
	mm_run_told(r, &told);
	say(c, WORD_TOLD, &told, sizeof(told));
	cmd_asked_take(&asked, mm_sim_overlays(mm_run_sim(r)));
	say(c, WORD_ASKED, &asked, sizeof(asked));
	flush(c);
	_exit(0);
}

/* ---- here -------------------------------------------------------------------------------- */

/* What came and isn't taken apart yet. */
struct inbox {
	char *data;
	size_t len, cap;
	bool ended;
};

struct watch {
	struct cmd_child *c;
	const struct cmd_bounds *bounds;
	int (*emit)(void *arg, const struct sg_event *ev, struct sg_err *err);
	void *arg;
	struct cmd_child_result *ret;
	struct sg_err failed; /* what the run said itself */
	bool told;
	pid_t pid;
	uint64_t began, stop_at; /* stop_at: when it was told to end; 0: it wasn't */
	const char *why;         /* it was told to end */
	bool killed;
	const char *label;
	uint64_t shown;
	/* a run that is made again does the same up to where a policy failed: of what came then, the next tries bring it again */
	uint64_t events, sum;       /* of this try */
	uint64_t had, had_sum;      /* handed on already */
	bool differs;
	struct cmd_hook_clock hook;
	bool stuck;                 /* ended, for a hook that doesn't answer */
};

/* Of all bytes so far. */
static uint64_t mix(uint64_t sum, const char *data, size_t len)
{
	while (len > 0) {
		uint64_t x = 0;
		size_t n = len < sizeof(x) ? len : sizeof(x);

		memcpy(&x, data, n);
		sum = (sum ^ x) * UINT64_C(0x9fb21c651e98df25);
		sum ^= sum >> 29;
		data += n;
		len -= n;
	}
	return sum;
}

static int take_event(struct watch *w, const char *data, size_t len, struct sg_err *err)
{
	const size_t fixed = offsetof(struct sg_event, v);
	struct sg_event ev = { 0 };
	size_t fields;

	if (len < fixed)
		return sg_fail(err, SG_E_FORMAT, "the run sent half an event");
	memcpy(&ev, data, fixed);
	fields = ev.kind < SG_KIND_COUNT ? fixed + sg_kind_info(ev.kind)->nr_fields * sizeof(ev.v[0]) : len + 1;
	if (fields > len || ev.str_len != len - fields)
		return sg_fail(err, SG_E_FORMAT, "the run sent an event that makes no sense");
	memcpy(ev.v, data + fixed, fields - fixed);
	ev.str = ev.str_len ? data + fields : NULL;
	w->sum = mix(w->sum, data, len);
	if (++w->events == w->had && w->sum != w->had_sum)
		w->differs = true;
	if (w->events <= w->had)
		return SG_OK;
	w->had = w->events;
	w->had_sum = w->sum;
	return w->emit(w->arg, &ev, err);
}

/* All that is there whole. */
static int take_apart(struct watch *w, struct inbox *in, struct sg_err *err)
{
	size_t at = 0;
	int r = SG_OK;

	while (r == SG_OK && in->len - at >= sizeof(struct head)) {
		const char *data = in->data + at + sizeof(struct head);
		struct head h;

		memcpy(&h, in->data + at, sizeof(h));
		if (h.len > IN_SIZE - sizeof(h))
			return sg_fail(err, SG_E_FORMAT, "the run sent what makes no sense");
		if (in->len - at - sizeof(h) < h.len)
			break;
		if (h.word == WORD_EVENT) {
			r = take_event(w, data, h.len, err);
		} else if (h.word == WORD_TOLD && h.len == sizeof(w->ret->told)) {
			memcpy(&w->ret->told, data, h.len);
			w->told = true;
		} else if (h.word == WORD_FAILED && h.len == sizeof(w->failed)) {
			memcpy(&w->failed, data, h.len);
		} else if (h.word == WORD_ASKED && h.len == sizeof(w->ret->asked)) {
			memcpy(&w->ret->asked, data, h.len);
		}
		at += sizeof(h) + h.len;
	}
	memmove(in->data, in->data + at, in->len - at);
	in->len -= at;
	return r;
}

static int receive(struct watch *w, struct inbox *in, struct sg_err *err)
{
	ssize_t n = read(w->c->fd[0], in->data + in->len, in->cap - in->len);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return SG_OK;
	if (n <= 0) {
		in->ended = true;
		return SG_OK;
	}
	in->len += (size_t)n;
	return take_apart(w, in, err);
}

static void tell_to_end(struct watch *w, uint64_t now, const char *why)
{
	if (w->stop_at)
		return;
	w->why = why;
	w->stop_at = now;
	w->c->shared->stop = 1;
}

static void end_now(struct watch *w)
{
	if (!w->killed)
		kill(w->pid, SIGKILL);
	w->killed = true;
}

/* Is it time to end, and did it? */
static void look(struct watch *w)
{
	uint64_t now = clock_ns();

	if (interrupts)
		tell_to_end(w, now, "the user ended it");
	if (w->bounds->ns && now - w->began > w->bounds->ns)
		tell_to_end(w, now, "the time that it may take was over");
	if (w->stop_at && (interrupts > 1 || now - w->stop_at > GRACE_NS))
		end_now(w);
	if (!w->killed && cmd_hook_stuck(&w->hook, &w->c->shared->hook, w->pid, w->bounds->hook_ns)) {
		w->stuck = true;
		end_now(w);
	}
	if (w->label && now - w->shown > UINT64_C(250000000)) {
		struct mm_run_progress at = w->c->shared->at;

		w->shown = now;
		fprintf(stderr, "\r%s: %u%%, %" PRIu64 " events\033[K", w->label,
			at.of_wants ? (unsigned int)(at.wants * 100 / at.of_wants) : 0, at.events);
	}
}

static int follow(struct watch *w, struct sg_err *err)
{
	struct inbox in = { .data = malloc(IN_SIZE), .cap = IN_SIZE };
	struct pollfd p = { .fd = w->c->fd[0], .events = POLLIN };
	int r = in.data ? SG_OK : sg_fail(err, SG_E_NOMEM, "out of memory for a run's events");

	while (r == SG_OK && !in.ended && !w->differs) {
		int n = poll(&p, 1, LOOK_MS);

		if (n > 0)
			r = receive(w, &in, err);
		look(w);
	}
	if (r < 0 || w->differs)
		end_now(w);
	if (w->label)
		fprintf(stderr, "\r\033[K");
	free(in.data);
	return r;
}

/* Where the run was; what it told last may be some thousand steps old. */
static void place(char *buf, size_t size, const struct mm_run_progress *at, uint64_t ts_first)
{
	snprintf(buf, size, "with %" PRIu64 " of %" PRIu64 " wants of the demand done, %.3f s into the run, behind its event %" PRIu64,
		 at->wants, at->of_wants, at->now > ts_first ? (double)(at->now - ts_first) / 1e9 : 0.0, at->events);
}

static void why(struct watch *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void why(struct watch *w, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(w->ret->why, sizeof(w->ret->why), fmt, ap);
	va_end(ap);
}

/* How it ended, by what it said last, by what was said to it, and by how its process ended. */
static void judge(struct watch *w, int status, uint64_t ts_first)
{
	struct cmd_child_result *ret = w->ret;
	const struct mm_hook_at *at = &w->c->shared->hook;
	char where[160], how[100], hook[120] = "";

	if (at->inside && at->layer < w->c->policy.nr_overlays)
		snprintf(hook, sizeof(hook), "in hook %s of policy %s, ", mm_hook_name((enum mm_hook)at->hook),
			 w->c->policy.overlay[at->layer]->name);
	ret->at = w->c->shared->at;
	if (w->told) { /* the last look at it was some time ago */
		ret->at.wants = ret->told.done;
		ret->at.now = ts_first + ret->told.ns;
	}
	place(where, sizeof(where), &ret->at, ts_first);
	ret->end = CMD_CHILD_CUT;
	if (w->failed.code == SG_E_NOMEM && w->bounds->bytes) {
		why(w, "it would have taken more memory than it may, %s", where);
	} else if (w->failed.code) {
		ret->end = CMD_CHILD_DIED;
		why(w, "%.120s, %s", w->failed.text, where);
	} else if (w->told && ret->told.cut) {
		const char *said = w->why ? w->why : "it was ended";

		why(w, "%s, %s", w->c->shared->too_large ? "it took the memory that it may" : said, where);
	} else if (w->told) {
		ret->end = CMD_CHILD_WHOLE;
	} else if (w->differs) {
		ret->end = CMD_CHILD_DIED;
		why(w, "made again without the policy that failed, the run did something else before that: some policy's answers don't "
		    "depend on its arguments and its state alone; %s", where);
	} else if (w->killed && w->why) {
		why(w, "%s and it didn't end by itself, as a policy that loops doesn't; %s%s", w->why, hook, where);
	} else {
		ret->end = CMD_CHILD_DIED;
		cmd_ended_how(status, how, sizeof(how));
		why(w, "%s %s%s", how, hook, where);
	}
}

/* One try.  *@ret_status: how its process ended. */
static int attempt(struct watch *w, struct mm_run *r, uint64_t ts_first, int *ret_status, struct sg_err *err)
{
	struct cmd_child *c = w->c;
	pid_t here = getpid();
	int code;

	if (pipe2(c->fd, O_CLOEXEC) < 0)
		return sg_fail(err, SG_E_IO, "no pipe for the run: %s", strerror(errno));
	fcntl(c->fd[0], F_SETPIPE_SZ, PIPE_SIZE);
	c->bounds = *w->bounds;
	c->shared->at = (struct mm_run_progress){ .now = ts_first };
	c->shared->hook = (struct mm_hook_at){ 0 };
	w->events = w->sum = 0;
	w->hook = (struct cmd_hook_clock){ 0 };
	w->stuck = w->killed = false;
	fflush(NULL); /* what is buffered is printed once */
	w->pid = fork();
	if (w->pid == 0)
		run(c, r, here);
	close(c->fd[1]);
	c->fd[1] = -1;
	if (w->pid < 0) {
		code = sg_fail(err, SG_E_NOMEM, "no process for the run: %s", strerror(errno));
	} else {
		code = follow(w, err);
		while (waitpid(w->pid, ret_status, 0) < 0 && errno == EINTR)
			;
	}
	close(c->fd[0]);
	c->fd[0] = -1;
	w->differs |= w->told && w->events < w->had;
	return code;
}

/* Did a policy end the process, and is the run made again without it? */
static bool again(struct watch *w, int status)
{
	const struct mm_hook_at *at = &w->c->shared->hook;
	char how[160];

	if (w->told || w->failed.code || w->differs || (w->killed && !w->stuck) || w->stop_at)
		return false;
	/* it failed earlier than before: it wasn't to be asked any more by then */
	w->differs = at->inside && at->layer < MM_MAX_OVERLAYS && w->c->policy.retire[at->layer].call;
	if (w->stuck)
		snprintf(how, sizeof(how), "it doesn't answer");
	else
		cmd_ended_how(status, how, sizeof(how));
	return cmd_blame_take(&w->ret->blame, at, how, &w->c->policy);
}

int cmd_child_go(struct cmd_child *c, struct mm_run *r, uint64_t ts_first, const struct cmd_bounds *bounds, const char *label,
		 int (*emit)(void *arg, const struct sg_event *ev, struct sg_err *err), void *arg, struct cmd_child_result *ret,
		 struct sg_err *err)
{
	struct watch w = { .c = c, .bounds = bounds, .emit = emit, .arg = arg, .ret = ret };
	int status = 0, code;

	*ret = (struct cmd_child_result){ 0 };
	w.label = isatty(STDERR_FILENO) ? label : NULL;
	w.began = clock_ns();
	do {
		code = attempt(&w, r, ts_first, &status, err);
	} while (code == SG_OK && again(&w, status));
	if (w.pid > 0)
		judge(&w, status, ts_first);
	return code;
}
