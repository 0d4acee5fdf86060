// SPDX-License-Identifier: GPL-2.0-only
/* Demands by hand, and runs of them. */
#include "run_made.h"

#include <stdlib.h>
#include <string.h>

#include "run/fiber.h"
#include "sim/reclaim/lru.h"

void play_init(struct play *p, enum test_kernel k, uint64_t seed)
{
	memset(p, 0, sizeof(*p));
	made_capture(&p->mk, 7, 3);
	p->kernel = k;
	p->d = (struct mm_demand){ .ts_first = 1000000, .want = p->want, .content = p->content, .nr_contents = 1,
				   .first_pfn = p->first_pfn, .first_order = p->first_order, .nr_handles = 1, .mark = p->mark,
				   .nr_cpus = 2 };
	p->cfg.seed = seed;
	p->most_asked = 4000;
	p->keep = true;
	as(p, 100, 0);
	mm_policy_init(&p->cfg.policy, k_release(k));
}

void play_pages(struct play *p, uint64_t pfn, uint64_t nr, unsigned int step, uint64_t flags)
{
	for (uint64_t i = pfn; i < pfn + nr; i += step)
		p->mk.flags[i] = flags;
}

void play_machine(struct play *p)
{
	made_init(&p->mk, 7, 3, MADE_FLAGS);
}

void play_fini(struct play *p)
{
	mm_run_free(p->r);
	for (uint32_t i = 0; i < p->d.nr_marks; i++)
		free(p->mark[i]);
	free(p->ev);
	made_fini(&p->mk);
	mm_fiber_trim();
}

/* ---- the demand ---------------------------------------------------------------------- */

void as(struct play *p, int32_t pid, uint16_t cpu)
{
	p->pid = pid;
	p->cpu = cpu;
	p->flags = 0;
	p->think = 1000;
}

void after(struct play *p, uint32_t think)
{
	p->think = think;
}

static uint32_t new_handle(struct play *p, uint32_t pfn, unsigned int order)
{
	assert_true(p->d.nr_handles < RUN_HANDLES);
	p->first_pfn[p->d.nr_handles] = pfn;
	p->first_order[p->d.nr_handles] = (uint8_t)order;
	return p->d.nr_handles++;
}

uint32_t first(struct play *p, uint64_t pfn, unsigned int order)
{
	return new_handle(p, (uint32_t)pfn, order);
}

struct mm_want *wants(struct play *p, enum mm_want_kind kind, uint32_t handle)
{
	struct mm_want *w = &p->want[p->d.nr_wants];

	assert_true(p->d.nr_wants < RUN_WANTS);
	p->d.ts_last = p->d.ts_first + 1000 * ++p->d.nr_wants;
	*w = (struct mm_want){ .ts = p->d.ts_last, .think = p->think, .handle = handle, .pid = p->pid, .cpu = p->cpu,
			       .kind = (uint8_t)kind, .flags = p->flags, .zone_type = NORMAL, .node = -1,
			       .order = kind == MM_WANT_MARK ? 0 : p->first_order[handle] };
	p->think = 1000;
	return w;
}

uint32_t ask(struct play *p, unsigned int order, unsigned int mt, uint32_t gfp)
{
	uint32_t h = new_handle(p, UINT32_MAX, order);
	struct mm_want *w = wants(p, MM_WANT_ALLOC, h);

	w->mt = (uint8_t)mt;
	w->gfp = gfp;
	return h;
}

uint32_t new_content(struct play *p, uint64_t ino, uint64_t index)
{
	assert_true(p->d.nr_contents < RUN_CONTENTS);
	p->content[p->d.nr_contents] = (struct mm_content){ 8, ino, index };
	return p->d.nr_contents++;
}

uint32_t read_page(struct play *p, uint32_t c)
{
	uint32_t h = ask(p, 0, M, USER);

	p->want[p->d.nr_wants - 1].content = c;
	wants(p, MM_WANT_CACHE, h)->content = c;
	to_lru(p, h, MM_WANT_FILE);
	return h;
}

void give(struct play *p, uint32_t handle, unsigned int order, uint32_t offset)
{
	struct mm_want *w = wants(p, MM_WANT_FREE, handle);

	w->order = (uint8_t)order;
	w->offset = offset;
}

void to_lru(struct play *p, uint32_t handle, unsigned int flags)
{
	struct mm_want *w = wants(p, MM_WANT_LRU, handle);

	w->order = 0;
	w->flags |= (uint8_t)flags;
}

void write_mark(struct play *p, const char *text)
{
	assert_true(p->d.nr_marks < RUN_MARKS);
	p->mark[p->d.nr_marks] = strdup(text);
	assert_non_null(p->mark[p->d.nr_marks]);
	wants(p, MM_WANT_MARK, p->d.nr_marks++);
}

/* ---- the run ------------------------------------------------------------------------- */

static void mix(struct play *p, const void *data, size_t len)
{
	const unsigned char *b = data;

	for (size_t i = 0; i < len; i++)
		p->sum = (p->sum ^ b[i]) * UINT64_C(0x100000001b3);
}

static void on_event(void *arg, const struct sg_event *ev)
{
	struct play *p = arg;

	if (ev->ts < p->last)
		fail_msg("%s of task %d at %llu, after one at %llu", sg_kind_info(ev->kind)->name, ev->pid, (unsigned long long)ev->ts,
			 (unsigned long long)p->last);
	p->last = ev->ts;
	assert_true(ev->cpu < p->d.nr_cpus);
	mix(p, &ev->ts, sizeof(ev->ts));
	mix(p, &ev->pid, sizeof(ev->pid));
	mix(p, &ev->kind, sizeof(ev->kind));
	mix(p, ev->v, sizeof(ev->v[0]) * sg_kind_info(ev->kind)->nr_fields);
	if (!p->keep) {
		p->nr_ev++;
		return;
	}
	if (p->nr_ev == p->cap_ev) {
		p->cap_ev = p->cap_ev ? 2 * p->cap_ev : 4096;
		p->ev = realloc(p->ev, p->cap_ev * sizeof(*p->ev));
		assert_non_null(p->ev);
	}
	p->ev[p->nr_ev++] = *ev;
}

static bool goes_on(void *arg, const struct mm_run_progress *pr)
{
	struct play *p = arg;

	assert_true(pr->wants <= pr->of_wants);
	assert_int_equal(pr->of_wants, p->d.nr_wants);
	return !p->most_asked || p->asked++ < p->most_asked;
}

void play_new(struct play *p)
{
	struct sg_err err = { 0 };

	p->cfg.emit = on_event;
	p->cfg.arg = p;
	p->cfg.go_on = goes_on;
	p->cfg.go_arg = p;
	p->r = mm_run_new(&p->d, NULL, p->mk.m, &p->cfg, &err);
	if (!p->r)
		fail_msg("%s", err.text);
	for (uint64_t pfn = START; pfn < END; pfn++) {
		struct page_ent e = mm_ent(mm_sim_machine(p->r->sim), pfn);

		p->was_alloc[pfn - START] = ent_state(&e) == PS_ALLOC;
	}
}

void play_go(struct play *p)
{
	struct sg_err err = { 0 };

	if (mm_run_go(p->r, &err) != 0)
		fail_msg("%s", err.text);
	mm_run_told(p->r, &p->told);
	if (p->told.cut)
		return;
	/* nobody is left over, and nothing */
	assert_int_equal(p->told.done, p->d.nr_wants);
	assert_int_equal(p->r->busy, 0);
	check_run(p);
}

void play(struct play *p)
{
	play_new(p);
	play_go(p);
	assert_false(p->told.cut);
}

static uint64_t page_of(const struct run_handle *h, uint32_t i)
{
	return h->piece ? h->piece[i] : h->pfn + i;
}

void check_run(const struct play *p)
{
	const struct mm_machine *m = mm_sim_machine(p->r->sim);
	static uint32_t whose[END - START];
	struct sg_err err = { 0 };
	uint64_t nobodys = 0, before = 0;

	if (mm_audit(m, &err) != 0 || mm_sim_lru_audit(p->r->sim, &err) != 0)
		fail_msg("%s: %s", k_name(p->kernel), err.text);
	memset(whose, 0, sizeof(whose));
	for (uint32_t i = 1; i < p->r->faults.next; i++) { /* those of faults, too */
		const struct run_handle *h = &p->r->handle[i];

		for (uint32_t k = 0; h->state == RUN_HERE && k < 1u << h->order; k++) {
			uint64_t pfn = page_of(h, k);
			struct mm_whose w;
			struct page_ent e;

			if (pfn >= RUN_NEVER)
				continue;
			assert_true(pfn >= START && pfn < END);
			w = mm_place_get(&p->r->places, pfn);
			e = mm_ent(m, pfn);
			if (w.handle != i || w.offset != k || ent_state(&e) != PS_ALLOC || whose[pfn - START])
				fail_msg("%s: page %u of handle %u is at 0x%llx, of %u (page %u), state %u", k_name(p->kernel), k, i,
					 (unsigned long long)pfn, w.handle, w.offset, (unsigned int)ent_state(&e));
			whose[pfn - START] = i;
		}
	}
	for (uint64_t pfn = START; pfn < END; pfn++) {
		struct page_ent e = mm_ent(m, pfn);

		if (!whose[pfn - START] && mm_place_get(&p->r->places, pfn).handle)
			fail_msg("%s: 0x%llx is kept for handle %u, which isn't there", k_name(p->kernel), (unsigned long long)pfn,
				 mm_place_get(&p->r->places, pfn).handle);
		nobodys += ent_state(&e) == PS_ALLOC && !whose[pfn - START];
		before += p->was_alloc[pfn - START];
	}
	for (uint32_t i = 1; i < p->d.nr_handles; i++)
		if (p->first_pfn[i] != UINT32_MAX && p->was_alloc[p->first_pfn[i] - START])
			before -= UINT64_C(1) << p->first_order[i];
	/* reclaim may have taken some that nobody named */
	if (nobodys > before)
		fail_msg("%s: %llu pages are lost", k_name(p->kernel), (unsigned long long)(nobodys - before));
	for (unsigned int t = 0; t < m->core.nr_zones; t++)
		assert_int_equal(m->core.zone[t].nr_pages[PS_ISO], 0);
}

/* ---- questions ----------------------------------------------------------------------- */

uint64_t free_pages(const struct play *p)
{
	const struct zone_state *z = &mm_sim_machine(p->r->sim)->core.zone[0];

	return z->nr_pages[PS_FREE] + z->nr_pages[PS_FREET] + z->nr_pages[PS_PCP];
}

enum run_state state_of(const struct play *p, uint32_t handle)
{
	return (enum run_state)p->r->handle[handle].state;
}

size_t events_of(const struct play *p, enum sg_kind kind, int32_t pid)
{
	size_t n = 0;

	for (size_t i = 0; i < p->nr_ev; i++)
		n += p->ev[i].kind == kind && (pid == -1 || p->ev[i].pid == pid);
	return n;
}

size_t event_at(const struct play *p, enum sg_kind kind, int32_t pid, unsigned int n)
{
	for (size_t i = 0; i < p->nr_ev; i++)
		if (p->ev[i].kind == kind && (pid == -1 || p->ev[i].pid == pid) && n-- == 0)
			return i;
	fail_msg("no event %s of task %d", sg_kind_info(kind)->name, pid);
	return 0;
}
