// SPDX-License-Identifier: GPL-2.0-only
/* Which policy a run's process crashed in, or waits for, and how policies did in a run that ended. */
#include "cmd_plugin.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

void cmd_asked_take(struct cmd_asked *ret, const struct mm_overlays *o)
{
	char text[sizeof(ret->wrong[0])];

	*ret = (struct cmd_asked){ 0 };
	for (unsigned int i = 0; o && mm_overlays_say(o, i, text, sizeof(text)); i++) {
		if (ret->nr_wrong < CMD_WRONG_MAX)
			memcpy(ret->wrong[ret->nr_wrong++], text, sizeof(text));
		else
			ret->more_wrong++;
	}
	if (!o || !o->nr)
		return;
	for (unsigned int h = 0; h < MM_HOOK_COUNT; h++) {
		ret->asked[h] = o->layer[o->nr - 1].asked[h];
		ret->changed[h] = o->layer[o->nr - 1].changed[h];
		ret->faults[h] = o->layer[o->nr - 1].fault[h].count;
	}
}

static const char *signal_name(int sig)
{
	switch (sig) {
	case SIGSEGV:
	case SIGBUS:
		return "a bad memory access";
	case SIGFPE:
		return "a division by zero";
	case SIGILL:
		return "an instruction that there isn't";
	case SIGABRT:
		return "an assertion, or abort()";
	default:
		return strsignal(sig);
	}
}

void cmd_ended_how(int status, char *buf, size_t size)
{
	if (WIFSIGNALED(status))
		snprintf(buf, size, "%s (signal %d)", signal_name(WTERMSIG(status)), WTERMSIG(status));
	else
		snprintf(buf, size, "it ended the process, with code %d", WEXITSTATUS(status));
}

bool cmd_blame_take(struct cmd_blame *b, const struct mm_hook_at *at, const char *how, struct mm_policy *p)
{
	const char *hook = mm_hook_name((enum mm_hook)at->hook);
	struct cmd_failed_hook *f = &b->hook[b->nr];
	uint32_t i = at->layer;

	if (!at->inside || i >= p->nr_overlays || b->nr == CMD_BLAME_MAX || p->retire[i].call)
		return false;
	snprintf(f->policy, sizeof(f->policy), "%s", p->overlay[i]->name);
	snprintf(f->hook, sizeof(f->hook), "%s", hook);
	snprintf(f->how, sizeof(f->how), "%s", how);
	f->position = at->position;
	f->ns = at->now;
	f->call = at->call;
	if (at->call)
		snprintf(f->why, sizeof(f->why), "hook %s, question %" PRIu64 " of all that it is asked: %s", hook, f->call, how);
	else
		snprintf(f->why, sizeof(f->why), "init: %s", how);
	p->retire[i] = (struct mm_retire){ .call = at->call ? at->call : 1, .why = f->why };
	b->nr++;
	return true;
}

void cmd_blame_say(const struct cmd_blame *b, unsigned int i, uint64_t ts_first, char *buf, size_t size)
{
	const struct cmd_failed_hook *f = &b->hook[i];

	snprintf(buf, size, "policy %s failed at position %" PRIu64 ", %.6f s into the run: %s; the run was made again without it from "
		 "there on, and the rules beneath it answer", f->policy, f->position,
		 f->ns > ts_first ? (double)(f->ns - ts_first) / 1e9 : 0.0, f->why);
}

/* ---- a hook that doesn't answer ------------------------------------------------------ */

static uint64_t ns_of(clockid_t id)
{
	struct timespec t;

	return clock_gettime(id, &t) == 0 ? (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec : 0;
}

bool cmd_hook_stuck(struct cmd_hook_clock *c, const struct mm_hook_at *at, int pid, uint64_t ns)
{
	bool inside = at->inside;
	uint64_t call = at->call, cpu = 0, wall = ns_of(CLOCK_MONOTONIC);
	uint32_t layer = at->layer, hook = at->hook;
	clockid_t id;

	if (clock_getcpuclockid(pid, &id) == 0)
		cpu = ns_of(id);
	if (!inside || !c->inside || call != c->call || layer != c->layer || hook != c->hook) {
		*c = (struct cmd_hook_clock){ .call = call, .wall = wall, .cpu = cpu, .layer = layer, .hook = hook, .inside = inside };
		return false;
	}
	ns = ns ? ns : CMD_HOOK_NS;
	return cpu - c->cpu > ns || wall - c->wall > 10 * ns;
}
