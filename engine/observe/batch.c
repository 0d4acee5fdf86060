// SPDX-License-Identifier: GPL-2.0-only
/*
 * Batches of frees: which are under way on a CPU, or wait for a task that was switched out in the middle.
 *
 * A batch has two halves: mm_page_free of each page first, then mm_page_free_batched of each as it goes to its list.
 * So a task's mm_page_free after a mm_page_free_batched begins another batch, also where the task was switched out in between.
 * Source: mm/page_alloc.c: free_unref_page_list() in 6.1, free_unref_folios() in 6.12, 7.2 and 7.3
 */
#include "observe/observe.h"

#include <string.h>

/* What is kept to find paused runs quickly: the pids and, per CPU, the first event. */
static void note_paused(struct mm_machine *m, const struct paused_run *p)
{
	struct base_event *b = &m->obs->base[p->cpu];

	m->obs->paused_pids[p->pid >> 6 & 15] |= 1ull << (p->pid & 63);
	if (!b->paused_from || p->run_start < b->paused_from)
		b->paused_from = p->run_start;
}

/* Takes the paused run of @pid out; its start, 0 when it has none or when a free (@frees) isn't of that batch any more. */
static uint32_t resume_run(struct mm_machine *m, int32_t pid, bool frees)
{
	for (unsigned int i = 0; i < m->obs->nr_paused; i++) {
		uint32_t start = m->obs->paused[i].run_start, cpu = m->obs->paused[i].cpu;

		if (m->obs->paused[i].pid != pid)
			continue;
		if (frees && m->obs->paused[i].second_half)
			start = 0;
		for (m->obs->nr_paused--; i < m->obs->nr_paused; i++)
			m->obs->paused[i] = m->obs->paused[i + 1];
		m->obs->base[cpu].paused_from = 0;
		memset(m->obs->paused_pids, 0, sizeof(m->obs->paused_pids));
		for (i = 0; i < m->obs->nr_paused; i++)
			note_paused(m, &m->obs->paused[i]);
		return start;
	}
	return 0;
}

static void pause_run(struct mm_machine *m, const struct base_event *b, unsigned int cpu)
{
	if (m->obs->nr_paused == MM_MAX_PAUSED)
		resume_run(m, m->obs->paused[0].pid, false);
	m->obs->paused[m->obs->nr_paused] = (struct paused_run){ b->pid, b->run_start, cpu,
								 b->kind == SG_EV_mm_page_free_batched };
	note_paused(m, &m->obs->paused[m->obs->nr_paused++]);
}

/**
 * mm_uncommitted() - since which event frees on @cpu may wait for the second half of their batch
 * Return: event number; UINT32_MAX when no batch is under way there
 */
uint32_t mm_uncommitted(const struct mm_machine *m, unsigned int cpu)
{
	uint32_t from = cpu < m->nr_base && m->obs->base[cpu].run_start ? m->obs->base[cpu].run_start : UINT32_MAX;

	if (cpu < m->nr_base && m->obs->base[cpu].paused_from && m->obs->base[cpu].paused_from < from)
		from = m->obs->base[cpu].paused_from;
	return from;
}

/**
 * mm_run_reached() - a page that @cpu freed by event @since came back from its per-cpu list, with no second half of a batch
 * Pages reach a list in the order of their frees, so of those freed up to then none waits for the second half of its
 * batch.  That counts only while the row is a task's that compacts: it frees what it has copied page by page, in rows
 * that look like the first half of a batch; other rows may be two batches.
 * Source: mm/migrate.c: migrate_folio_done(), 6.1 to 7.3
 */
void mm_run_reached(struct mm_machine *m, unsigned int cpu, uint32_t since)
{
	struct base_event *b = cpu < m->nr_base ? &m->obs->base[cpu] : NULL;
	const struct task_ctx *c = b && b->run_start && since >= b->run_start ? mm_ctx(m, b->pid, false) : NULL;

	if (c && c->in_compact)
		b->run_start = since + 1;
}

/**
 * mm_run_afresh() - the free at hand begins a row of pages that are no batch: the run of frees begins with it
 * A task that frees such a row isn't in the middle of a batch, so nothing that it freed before waits for a second half.
 */
void mm_run_afresh(struct mm_machine *m, const struct sg_event *ev)
{
	struct base_event *b = &m->obs->base[ev->cpu];

	if (m->obs->paused_pids[ev->pid >> 6 & 15] >> (ev->pid & 63) & 1)
		resume_run(m, ev->pid, false);
	if (b->pid == ev->pid && b->run_start)
		b->run_start = (uint32_t)m->core.position;
}

/* Remembers the last event of each CPU outside interrupts. */
void mm_base_event_set(struct mm_machine *m, const struct sg_event *ev)
{
	struct base_event *b = &m->obs->base[ev->cpu];
	bool batch = ev->kind == SG_EV_mm_page_free_batched || ev->kind == SG_EV_mm_page_pcpu_drain;
	uint32_t resumed;

	if (b->pid != ev->pid && b->run_start) {
		pause_run(m, b, ev->cpu);
		b->run_start = 0;
	}
	resumed = m->obs->paused_pids[ev->pid >> 6 & 15] >> (ev->pid & 63) & 1 ?
			  resume_run(m, ev->pid, ev->kind == SG_EV_mm_page_free) : 0;
	b->event = (uint32_t)m->core.position;
	if (ev->kind == SG_EV_mm_page_free) {
		if (resumed)
			b->run_start = resumed;
		else if (b->kind != SG_EV_mm_page_free || b->pid != ev->pid || b->preempt != mm_preempt_of(ev))
			b->run_start = b->event;
	} else if (!batch) {
		b->run_start = 0;
	} else if (resumed) {
		b->run_start = resumed;
	}
	b->pid = ev->pid;
	b->kind = (uint8_t)ev->kind;
	b->preempt = (uint8_t)mm_preempt_of(ev);
	b->irq_frees = b->irq_preempt = 0;
	if (ev->kind == SG_EV_mm_page_alloc)
		b->alloc_event = b->event;
}
