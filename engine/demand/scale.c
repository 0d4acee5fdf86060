// SPDX-License-Identifier: GPL-2.0-only
/* Demands extrapolated: tasks that want several times as much, and other numbers of CPUs. */
#include "demand/scale.h"

#include <stdlib.h>
#include <string.h>

#include "machine/guesses.h"

/* ---- several times ------------------------------------------------------------------------ */

struct scaled {
	const struct mm_demand *d;
	const int32_t *pid;
	uint32_t nr_pids;
	unsigned int copies;   /* beside the first */
	int32_t next_pid;      /* of copies: next_pid + index * copies + k */
	/* 0: none; else the first copy's number, the others behind it */
	uint32_t *handle, *content, *fault;
	uint64_t wants, handles, contents, faults; /* of all, afterwards */
};

static int64_t index_of(const struct scaled *s, int32_t pid)
{
	uint32_t low = 0, high = s->nr_pids;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (s->pid[mid] == pid)
			return mid;
		if (s->pid[mid] < pid)
			low = mid + 1;
		else
			high = mid;
	}
	return -1;
}

static bool begins(const struct mm_want *w)
{
	return w->kind == MM_WANT_ALLOC || w->kind == MM_WANT_FAULT;
}

static void number(uint32_t *of, uint32_t i, unsigned int copies, uint64_t *nr)
{
	if (!i || of[i])
		return;
	of[i] = (uint32_t)*nr;
	*nr += copies;
}

/* Is there more than one of @w?  Blocks, contents and faults that come up in one get numbers. */
static bool copied(struct scaled *s, const struct mm_want *w)
{
	bool own = index_of(s, w->pid) >= 0;

	switch ((enum mm_want_kind)w->kind) {
	case MM_WANT_ALLOC:
	case MM_WANT_FAULT:
		if (!own)
			return false;
		number(s->handle, w->handle, s->copies, &s->handles);
		number(s->content, w->content, s->copies, &s->contents);
		number(s->fault, w->fault, s->copies, &s->faults);
		return true;
	case MM_WANT_UNMAP:
		if (own)
			number(s->fault, w->fault, s->copies, &s->faults);
		return own;
	case MM_WANT_UNCACHE:
		return w->content && s->content[w->content];
	case MM_WANT_MARK:
	case MM_WANT_KINDS:
		return false;
	default:
		return w->handle && s->handle[w->handle];
	}
}

static uint32_t copy_of(const uint32_t *of, uint32_t i, unsigned int k)
{
	return i && of[i] ? of[i] + k : i;
}

/* The @k-th copy, from 0. */
static struct mm_want copy_want(const struct scaled *s, const struct mm_want *w, unsigned int k)
{
	int64_t i = index_of(s, w->pid);
	struct mm_want c = *w;

	if (w->kind != MM_WANT_UNCACHE) {
		c.handle = copy_of(s->handle, w->handle, k);
		c.fault = copy_of(s->fault, w->fault, k);
	}
	c.content = copy_of(s->content, w->content, k);
	if (i >= 0) {
		c.pid = s->next_pid + (int32_t)(i * s->copies + k);
		if (!(w->flags & MM_WANT_INTERRUPT))
			c.cpu = (uint16_t)((w->cpu + k + 1) % s->d->nr_cpus);
	}
	return c;
}

/* The arrays by number, with room for the copies. */
struct arrays {
	struct mm_want *want;
	struct mm_content *content;
	uint32_t *first_pfn, *first_content, *fault_of;
	uint8_t *first_order;
	struct mm_fault *fault;
};

static void *longer(const void *old, size_t nr, size_t size, size_t to, bool *ok)
{
	void *p = calloc(to ? to : 1, size);

	if (!p)
		*ok = false;
	else if (nr)
		memcpy(p, old, nr * size);
	return p;
}

static bool arrays_new(struct arrays *a, const struct scaled *s)
{
	const struct mm_demand *d = s->d;
	bool ok = true;

	a->want = longer(NULL, 0, sizeof(*a->want), s->wants, &ok);
	a->content = longer(d->content, d->nr_contents, sizeof(*a->content), s->contents, &ok);
	a->first_pfn = longer(d->first_pfn, d->nr_handles, sizeof(*a->first_pfn), s->handles, &ok);
	a->first_order = longer(d->first_order, d->nr_handles, sizeof(*a->first_order), s->handles, &ok);
	if (d->first_content)
		a->first_content = longer(d->first_content, d->nr_handles, sizeof(*a->first_content), s->handles, &ok);
	if (d->fault_of)
		a->fault_of = longer(d->fault_of, d->nr_handles, sizeof(*a->fault_of), s->handles, &ok);
	if (d->fault)
		a->fault = longer(d->fault, d->nr_faults, sizeof(*a->fault), s->faults, &ok);
	return ok;
}

static void arrays_free(struct arrays *a)
{
	free(a->want);
	free(a->content);
	free(a->first_pfn);
	free(a->first_order);
	free(a->first_content);
	free(a->fault_of);
	free(a->fault);
}

/* What stands behind the numbers of the copies. */
static void fill(struct arrays *a, const struct scaled *s)
{
	const struct mm_demand *d = s->d;

	for (unsigned int k = 0; k < s->copies; k++) {
		for (uint32_t i = 1; i < d->nr_handles; i++) {
			uint32_t c = copy_of(s->handle, i, k);

			if (c == i)
				continue;
			a->first_pfn[c] = UINT32_MAX;
			a->first_order[c] = d->first_order[i];
			if (a->fault_of)
				a->fault_of[c] = copy_of(s->fault, d->fault_of[i], k);
		}
		for (uint32_t i = 1; i < d->nr_contents; i++) {
			uint32_t c = copy_of(s->content, i, k);

			if (c == i)
				continue;
			/* of another file system, which no capture has */
			a->content[c] = d->content[i];
			a->content[c].dev += (uint64_t)(k + 1) << 32;
		}
		for (uint32_t i = 1; i < d->nr_faults; i++) {
			uint32_t c = copy_of(s->fault, i, k);

			if (c == i)
				continue;
			a->fault[c] = d->fault[i];
			a->fault[c].mm += (k + 1) * d->nr_mms;
		}
	}
}

static void put_wants(struct arrays *a, struct scaled *s, struct mm_scale_told *told)
{
	size_t at = 0;

	for (size_t i = 0; i < s->d->nr_wants; i++) {
		const struct mm_want *w = &s->d->want[i];

		a->want[at++] = *w;
		for (unsigned int k = 0; copied(s, w) && k < s->copies; k++) {
			a->want[at++] = copy_want(s, w, k);
			told->copies++;
			told->pages += begins(w) ? UINT64_C(1) << w->order : 0;
		}
	}
	told->wants = at;
}

static void take(struct mm_demand *d, struct arrays *a, const struct scaled *s)
{
	struct arrays old = { d->want, d->content, d->first_pfn, d->first_content, d->fault_of, d->first_order, d->fault };

	d->want = a->want;
	d->content = a->content;
	d->first_pfn = a->first_pfn;
	d->first_order = a->first_order;
	d->first_content = a->first_content;
	d->fault_of = a->fault_of;
	d->fault = a->fault;
	d->nr_wants = s->wants;
	d->nr_handles = (uint32_t)s->handles;
	d->nr_contents = (uint32_t)s->contents;
	d->nr_faults = (uint32_t)s->faults;
	d->nr_mms *= s->copies + 1;
	d->fault_pages *= s->copies + 1; /* at most */
	arrays_free(&old);
}

int mm_demand_scale(struct mm_demand *d, const int32_t *pid, uint32_t nr, unsigned int times, struct mm_scale_told *ret,
		    struct sg_err *err)
{
	struct scaled s = { .d = d, .pid = pid, .nr_pids = nr, .copies = times - 1, .wants = d->nr_wants,
			    .handles = d->nr_handles, .contents = d->nr_contents, .faults = d->nr_faults };
	struct mm_scale_told told = { .wants = d->nr_wants, .tasks = nr };
	struct arrays a = { 0 };
	int r = SG_OK;

	if (times < 1 || times > MM_SCALE_MOST)
		return sg_fail(err, SG_E_RANGE, "%u times is outside 1 to %u", times, MM_SCALE_MOST);
	s.handle = calloc((size_t)d->nr_handles + 1, sizeof(*s.handle));
	s.content = calloc((size_t)d->nr_contents + 1, sizeof(*s.content));
	s.fault = calloc((size_t)d->nr_faults + 1, sizeof(*s.fault));
	if (!s.handle || !s.content || !s.fault)
		r = sg_fail(err, SG_E_NOMEM, "out of memory for the demand");
	for (size_t i = 0; r == SG_OK && i < d->nr_wants && s.copies; i++) {
		s.wants += copied(&s, &d->want[i]) ? s.copies : 0;
		if (d->want[i].pid >= s.next_pid)
			s.next_pid = d->want[i].pid + 1;
	}
	if (r == SG_OK && (s.handles >= UINT32_MAX || s.contents >= UINT32_MAX || s.faults >= UINT32_MAX ||
			   s.next_pid > INT32_MAX - (int32_t)(MM_SCALE_MOST * (nr < 1u << 20 ? nr : 1u << 20)) || nr > 1u << 20))
		r = sg_fail(err, SG_E_RANGE, "so many times as much is more than can be counted");
	if (r == SG_OK && !arrays_new(&a, &s))
		r = sg_fail(err, SG_E_NOMEM, "out of memory for the demand");
	if (r == SG_OK) {
		put_wants(&a, &s, &told);
		fill(&a, &s);
		take(d, &a, &s);
		*ret = told;
	} else {
		arrays_free(&a);
	}
	free(s.handle);
	free(s.content);
	free(s.fault);
	return r;
}

/* ---- other CPUs ------------------------------------------------------------------------------ */

/* Which captured CPU's tasks have been given out how often, and what became of the time. */
struct spread {
	unsigned int from, to;
	struct known {
		int32_t pid;
		uint32_t step; /* + 1; 0: free slot */
	} *task;
	size_t nr, cap;
	uint32_t *turn;          /* by captured CPU */
	uint64_t *idle;          /* by captured CPU: time in which it had nothing to do */
	uint64_t *seen, *ts;     /* by new CPU: of that, what has passed there; its last want */
};

static struct known *find(struct spread *s, int32_t pid)
{
	size_t i = ((uint32_t)pid * UINT32_C(2654435761)) & (s->cap - 1);

	while (s->task[i].step && s->task[i].pid != pid)
		i = (i + 1) & (s->cap - 1);
	return &s->task[i];
}

static bool more_tasks(struct spread *s)
{
	struct spread n = *s;

	if (2 * (s->nr + 1) <= s->cap)
		return true;
	n.cap = s->cap ? 2 * s->cap : 256;
	n.task = calloc(n.cap, sizeof(*n.task));
	if (!n.task)
		return false;
	for (size_t i = 0; i < s->cap; i++)
		if (s->task[i].step)
			*find(&n, s->task[i].pid) = s->task[i];
	free(s->task);
	*s = n;
	return true;
}

/* How many times @s->from further on a task of captured CPU @cpu goes. */
static uint32_t step_of(struct spread *s, int32_t pid, unsigned int cpu)
{
	struct known *k = find(s, pid);

	if (!k->step) {
		uint32_t places = (s->to - 1 - cpu) / s->from + 1;

		*k = (struct known){ pid, s->turn[cpu]++ % places + 1 };
		s->nr++;
	}
	return k->step - 1;
}

static unsigned int new_cpu(struct spread *s, const struct mm_want *w)
{
	unsigned int at;

	if (s->to <= s->from)
		return w->cpu % s->to;
	if (w->flags & MM_WANT_INTERRUPT)
		return w->cpu;
	at = w->cpu + step_of(s, w->pid, w->cpu) * s->from;
	return at < s->to ? at : w->cpu;
}

static void move(struct spread *s, struct mm_want *w, unsigned int to)
{
	uint64_t limit = (uint64_t)MM_GUESS(IDLE_US) * 1000u, idle = w->think > limit ? w->think - limit : 0;

	if (s->to > s->from) {
		w->think += s->idle[w->cpu] - s->seen[to];
		s->idle[w->cpu] += idle;
		s->seen[to] = s->idle[w->cpu];
	} else if (idle) {
		uint64_t gap = w->ts > s->ts[to] ? w->ts - s->ts[to] : 0;

		gap = gap > limit ? gap - limit : 0;
		w->think = limit + (idle < gap ? idle : gap);
	}
	s->ts[to] = w->ts;
	w->cpu = (uint16_t)to;
}

int mm_demand_cpus(struct mm_demand *d, unsigned int nr, uint64_t *ret_moved, struct sg_err *err)
{
	struct spread s = { .from = d->nr_cpus, .to = nr };
	unsigned int most = nr > d->nr_cpus ? nr : d->nr_cpus;
	int8_t *node = d->cpu_node ? calloc(most, sizeof(*node)) : NULL; /* of those that are left idle, too */
	int r = SG_OK;

	*ret_moved = 0;
	s.turn = calloc(most, sizeof(*s.turn));
	s.idle = calloc(most, sizeof(*s.idle));
	s.seen = calloc(most, sizeof(*s.seen));
	s.ts = calloc(most, sizeof(*s.ts));
	if (!s.turn || !s.idle || !s.seen || !s.ts || (d->cpu_node && !node))
		r = SG_E_NOMEM;
	for (unsigned int c = 0; r == SG_OK && c < most; c++)
		s.ts[c] = d->ts_first;
	for (size_t i = 0; r == SG_OK && i < d->nr_wants; i++) {
		struct mm_want *w = &d->want[i];
		unsigned int was = w->cpu;

		if (!more_tasks(&s)) {
			r = SG_E_NOMEM;
			break;
		}
		move(&s, w, new_cpu(&s, w));
		*ret_moved += w->cpu != was;
	}
	if (r == SG_OK) {
		for (unsigned int c = 0; node && c < most; c++)
			node[c] = d->cpu_node[c % d->nr_cpus];
		free(d->cpu_node);
		d->cpu_node = node;
		d->nr_cpus = nr;
	} else {
		free(node);
		sg_fail(err, r, "out of memory for the demand");
	}
	free(s.task);
	free(s.turn);
	free(s.idle);
	free(s.seen);
	free(s.ts);
	return r;
}
