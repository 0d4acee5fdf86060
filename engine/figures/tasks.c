// SPDX-License-Identifier: GPL-2.0-only
/* Requests that stall, and direct compactions, task by task. */
#include "figures/priv.h"

#include <stdlib.h>
#include <string.h>

#include "sg_mem.h"

static struct fig_task *slot(struct fig_task *task, size_t size, int32_t pid)
{
	size_t i = (uint32_t)pid * 2654435761u;

	while (task[i & (size - 1)].used && task[i & (size - 1)].pid != pid)
		i++;
	return &task[i & (size - 1)];
}

/* Threads of the kernel are known by their names only: no event says who they are before they work. */
static enum task_kind kind_of(const struct sg_capture *cap, int32_t pid)
{
	const char *comm = sg_capture_comm(cap, pid);

	if (strncmp(comm, "kswapd", 6) == 0)
		return TASK_KSWAPD;
	if (strncmp(comm, "kcompactd", 9) == 0)
		return TASK_KCOMPACTD;
	return strcmp(comm, "khugepaged") == 0 ? TASK_KHUGEPAGED : TASK_OTHER;
}

static bool grow(struct mm_figures *f)
{
	size_t size = f->size ? 2 * f->size : 64;
	struct fig_task *n = sg_calloc(size, sizeof(*n));

	if (!n)
		return false;
	for (size_t i = 0; i < f->size; i++)
		if (f->task[i].used)
			*slot(n, size, f->task[i].pid) = f->task[i];
	free(f->task);
	f->task = n;
	f->size = size;
	return true;
}

struct fig_task *mm_fig_task(struct mm_figures *f, int32_t pid)
{
	struct fig_task *t;

	if (2 * (f->nr_tasks + 1) > f->size && !grow(f)) {
		f->no_memory = true;
		return NULL;
	}
	t = slot(f->task, f->size, pid);
	if (!t->used) {
		*t = (struct fig_task){ .pid = pid, .used = true, .kind = (uint8_t)kind_of(f->cap, pid) };
		f->nr_tasks++;
	}
	return t;
}

/*
 * Source: mm/page_alloc.c: __alloc_pages_slowpath(), 6.1 to 7.3: each round reclaims and compacts; all rounds of one request end
 * in one mm_page_alloc
 */
void mm_fig_round(struct mm_figures *f, struct fig_task *t, uint64_t ts)
{
	if (!t->stalled) {
		t->stalled = true;
		t->since = ts;
		t->rounds = 0;
		f->v[MM_FIG_STALLS]++;
	}
	t->rounds++;
}

void mm_fig_try_begin(struct mm_figures *f, struct fig_task *t)
{
	mm_fig_try_end(f, t, false);
	t->trying = true;
	t->ran = t->deferred = t->passed = false;
}

/*
 * A try that every zone skipped counts as nothing, as does one that was put off, since 7.2.  It succeeds when the request has its
 * page behind it.  A zone that has a block already ends the try with success before compaction begins, which resets its deferral.
 * Source: mm/page_alloc.c: __alloc_pages_direct_compact(); mm/compaction.c: try_to_compact_pages(), 6.1 to 7.3
 */
void mm_fig_try_end(struct mm_figures *f, struct fig_task *t, bool success)
{
	if (t->trying && (t->ran || t->passed || (t->deferred && !mm_has(f->facts, DEFERRED_LEAVES)))) {
		f->v[MM_FIG_COMPACT_STALL]++;
		f->v[success ? MM_FIG_COMPACT_SUCCESS : MM_FIG_COMPACT_FAIL]++;
	}
	t->trying = false;
}

static void keep_length(struct mm_figures *f, uint64_t ns)
{
	if (f->nr_stalls == f->cap_stalls) {
		size_t cap = f->cap_stalls ? 2 * f->cap_stalls : 256;
		uint64_t *n = sg_realloc(f->stall, cap * sizeof(*n));

		if (!n) {
			f->no_memory = true;
			return;
		}
		f->stall = n;
		f->cap_stalls = cap;
	}
	f->stall[f->nr_stalls++] = ns;
}

void mm_fig_obtained(struct mm_figures *f, struct fig_task *t, uint64_t ts, unsigned int order, bool got)
{
	mm_fig_try_end(f, t, got);
	if (!t->stalled)
		return;
	t->stalled = false;
	f->retries += t->rounds - 1;
	keep_length(f, ts > t->since ? ts - t->since : 0);
	if (got)
		f->stall_pages += UINT64_C(1) << order;
}
