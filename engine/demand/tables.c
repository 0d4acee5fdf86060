// SPDX-License-Identifier: GPL-2.0-only
/* Tables that grow while the demand is taken: wants, handles, contents, tasks, marks. */
#include <stdlib.h>
#include <string.h>

#include "demand/take.h"

bool mm_take_grow(struct take *t, void **array, size_t *cap, size_t nr, size_t size)
{
	size_t n = *cap ? *cap * 2 : 1024;
	void *p;

	if (nr < *cap)
		return true;
	p = n > SIZE_MAX / 2 / size ? NULL : realloc(*array, n * size);
	if (!p) {
		t->oom = true;
		return false;
	}
	*array = p;
	*cap = n;
	return true;
}

struct mm_want *mm_take_want(struct take *t, const struct sg_event *ev, enum mm_want_kind kind)
{
	struct mm_demand *d = t->d;
	struct take_cpu *c = &t->cpu[ev->cpu];
	struct mm_want *w;

	if (!mm_take_grow(t, (void **)&d->want, &t->cap_wants, d->nr_wants, sizeof(*d->want)))
		return NULL;
	w = &d->want[d->nr_wants++];
	*w = (struct mm_want){ .ts = ev->ts, .pid = ev->pid, .cpu = ev->cpu, .kind = (uint8_t)kind, .node = -1,
			       .think = c->think,
			       .flags = mm_take_irq(ev) ? MM_WANT_INTERRUPT : 0 };
	c->think = 0;
	return w;
}

uint32_t mm_take_handle(struct take *t, unsigned int order, uint64_t first_pfn)
{
	struct mm_demand *d = t->d;
	size_t n = t->cap_handles ? t->cap_handles * 2 : 4096;

	if (d->nr_handles == t->cap_handles) {
		uint32_t *pfn = realloc(d->first_pfn, n * sizeof(*pfn)), *want = realloc(t->alloc_want, n * sizeof(*want));
		uint32_t *content = realloc(d->first_content, n * sizeof(*content));
		uint32_t *fault_of = realloc(d->fault_of, n * sizeof(*fault_of));
		uint8_t *first_order = realloc(d->first_order, n), *o = realloc(t->order, n), *lru = realloc(t->lru, n);

		d->first_pfn = pfn ? pfn : d->first_pfn;
		d->first_content = content ? content : d->first_content;
		d->fault_of = fault_of ? fault_of : d->fault_of;
		t->alloc_want = want ? want : t->alloc_want;
		d->first_order = first_order ? first_order : d->first_order;
		t->order = o ? o : t->order;
		t->lru = lru ? lru : t->lru;
		if (!pfn || !want || !content || !fault_of || !first_order || !o || !lru || n >= MM_TARGET_HANDLE) {
			t->oom = true;
			return 0;
		}
		t->cap_handles = n;
		if (!d->nr_handles)
			d->nr_handles = 1; /* 0 is nobody */
	}
	d->first_pfn[d->nr_handles] = first_pfn < UINT32_MAX ? (uint32_t)first_pfn : UINT32_MAX;
	d->first_order[d->nr_handles] = t->order[d->nr_handles] = (uint8_t)order;
	d->first_content[d->nr_handles] = MM_NO_CONTENT;
	d->fault_of[d->nr_handles] = 0;
	t->lru[d->nr_handles] = 0;
	t->alloc_want[d->nr_handles] = 0;
	return d->nr_handles++;
}

static uint64_t mix(uint64_t x)
{
	x ^= x >> 33;
	x *= UINT64_C(0xff51afd7ed558ccd);
	x ^= x >> 33;
	x *= UINT64_C(0xc4ceb9fe1a85ec53);
	return x ^ x >> 33;
}

static size_t content_slot(const struct take *t, const struct mm_content *c)
{
	size_t i = mix(c->dev ^ mix(c->ino ^ mix(c->index))) & (t->cap_slots - 1);

	for (; t->content_slot[i]; i = (i + 1) & (t->cap_slots - 1)) {
		const struct mm_content *o = &t->d->content[t->content_slot[i]];

		if (o->dev == c->dev && o->ino == c->ino && o->index == c->index)
			break;
	}
	return i;
}

static bool more_slots(struct take *t)
{
	size_t n = t->cap_slots ? t->cap_slots * 2 : 4096;
	uint32_t *slot = calloc(n, sizeof(*slot));

	if (!slot) {
		t->oom = true;
		return false;
	}
	free(t->content_slot);
	t->content_slot = slot;
	t->cap_slots = n;
	for (uint32_t i = 1; i < t->d->nr_contents; i++)
		t->content_slot[content_slot(t, &t->d->content[i])] = i;
	return true;
}

uint32_t mm_take_content(struct take *t, uint64_t dev, uint64_t ino, uint64_t index)
{
	struct mm_demand *d = t->d;
	const struct mm_content c = { dev, ino, index };
	size_t i;

	if (!d->nr_contents)
		d->nr_contents = 1; /* 0 is none */
	if (2 * (size_t)d->nr_contents >= t->cap_slots && !more_slots(t))
		return MM_NO_CONTENT;
	i = content_slot(t, &c);
	if (t->content_slot[i])
		return t->content_slot[i];
	if (!mm_take_grow(t, (void **)&d->content, &t->cap_contents, d->nr_contents, sizeof(*d->content)))
		return MM_NO_CONTENT;
	d->content[d->nr_contents] = c;
	t->content_slot[i] = d->nr_contents;
	return d->nr_contents++;
}

static struct take_task *task_slot(struct take_task *task, size_t cap, int32_t pid)
{
	size_t i = mix((uint32_t)pid) & (cap - 1);

	while (task[i].used && task[i].pid != pid)
		i = (i + 1) & (cap - 1);
	return &task[i];
}

struct take_task *mm_take_task(struct take *t, int32_t pid)
{
	struct take_task *w;
	const char *comm;

	if (2 * (t->nr_tasks + 1) > t->cap_tasks) {
		size_t n = t->cap_tasks ? t->cap_tasks * 2 : 256;
		struct take_task *more = calloc(n, sizeof(*more));

		if (!more) {
			t->oom = true;
			return NULL;
		}
		for (size_t i = 0; i < t->cap_tasks; i++)
			if (t->task[i].used)
				*task_slot(more, n, t->task[i].pid) = t->task[i];
		free(t->task);
		t->task = more;
		t->cap_tasks = n;
	}
	w = task_slot(t->task, t->cap_tasks, pid);
	if (w->used)
		return w;
	t->nr_tasks++;
	comm = sg_capture_comm(t->cap, pid);
	*w = (struct take_task){ .pid = pid, .used = true, .pref = { -1, -1 } };
	w->kswapd = comm && strncmp(comm, "kswapd", 6) == 0;
	w->kernel = w->kswapd || (comm && strncmp(comm, "kcompactd", 9) == 0);
	return w;
}

struct take_task *mm_take_find(struct take *t, int32_t pid)
{
	struct take_task *w = t->cap_tasks ? task_slot(t->task, t->cap_tasks, pid) : NULL;

	return w && w->used ? w : NULL;
}

void mm_take_mark(struct take *t, const struct sg_event *ev)
{
	struct mm_demand *d = t->d;
	char *text = malloc((size_t)ev->str_len + 1);
	size_t cap = t->cap_marks;
	struct mm_want *w;

	if (!text || !mm_take_grow(t, (void **)&d->mark, &cap, d->nr_marks, sizeof(*d->mark))) {
		free(text);
		t->oom = true;
		return;
	}
	t->cap_marks = cap;
	if (ev->str_len)
		memcpy(text, ev->str, ev->str_len);
	text[ev->str_len] = 0;
	d->mark[d->nr_marks++] = text;
	w = mm_take_want(t, ev, MM_WANT_MARK);
	if (w)
		w->handle = d->nr_marks - 1;
}

void mm_take_fini(struct take *t)
{
	mm_places_fini(&t->places);
	free(t->nodes.of_cpu);
	for (unsigned int c = 0; t->cpu && c < t->nr_cpus; c++)
		free(t->cpu[c].moved);
	free(t->cpu);
	for (size_t i = 0; i < t->cap_tasks; i++)
		free(t->task[i].copy.target);
	free(t->order);
	free(t->lru);
	free(t->alloc_want);
	free(t->task);
	free(t->content_slot);
}
