// SPDX-License-Identifier: GPL-2.0-only
/* The made machine of the engine's tests, its events, and what is checked of its state. */
#include "made.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct sg_sym gfp_syms[] = {
	{ 0x14acca, "GFP_HIGHUSER_MOVABLE|__GFP_COMP" }, { 0xcc0, "GFP_KERNEL" }, { 0x100, "__GFP_ZERO" },
};
static const struct sg_symtab gfp_table = { .flags = true, .nr = 3, .sym = gfp_syms };
static const struct sg_sym status_syms[] = { { 3, "success" }, { 4, "complete" }, { 5, "partial_skipped" },
					     { 6, "contended" } };
static const struct sg_symtab status_table = { .nr = 4, .sym = status_syms };
static const struct sg_task_name tasks[] = { { 40, "kswapd0" }, { 214, "cat" } };

static int pageflags(const struct sg_snapshot *snap, sg_pageflags_fn fn, void *arg)
{
	const uint64_t *flags = snap->priv;

	for (uint64_t pfn = 0; pfn < snap->nr_pfns; pfn += 1000) {
		uint64_t n = snap->nr_pfns - pfn < 1000 ? snap->nr_pfns - pfn : 1000;
		int r = fn(arg, pfn, flags + pfn, n);

		if (r)
			return r;
	}
	return 0;
}

void made_capture(struct made *mk, unsigned int major, unsigned int minor)
{
	static const char *const names[] = { "Unmovable", "Movable", "Reclaimable", "HighAtomic", "CMA", "Isolate" };

	memset(mk, 0, sizeof(*mk));
	mk->cap = (struct sg_capture){
		.path = "made.dat", .name = "made", .kernel = "made", .kver = { major, minor }, .page_size = 4096,
		.nr_cpus = 2, .long_size = 8, .clock = "local", .clock_is_ns = true, .gfp_names = &gfp_table,
		.nr_migratetypes = 6, .mt_highatomic = 3, .mt_cma = 4, .mt_isolate = 5, .nr_zone_types = 4,
		.zone_type = { "DMA", "DMA32", "Normal", "Movable" }, .nr_tasks = 2, .task = tasks,
	};
	for (int i = 0; i < 6; i++)
		snprintf(mk->cap.migratetype[i], sizeof(mk->cap.migratetype[i]), "%s", names[i]);
	mk->cap.sym[SG_EV_mm_compaction_end][SGF_mm_compaction_end_status] = &status_table;
	mk->zone[0] = (struct sg_zone_snap){ .node = 0, .name = "Normal", .start_pfn = START, .spanned = END - START,
					     .present = END - START, .managed = END - START - 100, .wmark_min = 100,
					     .wmark_low = 125, .wmark_high = 150, .wmark_promo = 175 };
	mk->snap = (struct sg_snapshot){ .name = "before", .pageblock_order = 9, .nr_zones = 1, .zone = mk->zone,
					 .nr_pfns = END, .pageflags = pageflags, .priv = mk->flags };
	mk->cfg = (struct mm_config){ .cap = &mk->cap, .nr_seeds = 1, .seed = { { .snap = &mk->snap } } };
	mk->pid = 214;
	for (uint64_t p = 0; p < START; p++)
		mk->flags[p] = KPF_NOPAGE;
}

void made_init(struct made *mk, unsigned int major, unsigned int minor, enum made_start start)
{
	struct sg_err err = { 0 };

	if (start != MADE_FLAGS)
		made_capture(mk, major, minor);
	mk->snap.have_pageflags = start != MADE_BLIND;
	mk->m = mm_machine_new(&mk->cfg, &err);
	assert_non_null(mk->m);
}

void made_fini(struct made *mk)
{
	mm_machine_free(mk->m);
	sg_log_free(mk->log);
	mk->m = NULL;
	mk->log = NULL;
}

struct sg_event made_event(struct made *mk, enum sg_kind kind)
{
	struct sg_event ev = { .ts = mk->ts += 1000, .pid = mk->pid, .kind = (uint16_t)kind, .cpu = mk->cpu,
			       .common_flags = mk->common_flags, .preempt = mk->preempt, .missed = mk->missed };

	mk->missed = 0;
	for (unsigned int i = 0; i < SG_SLOTS; i++)
		ev.v[i] = SG_MISSING;
	return ev;
}

void made_send(struct made *mk, const struct sg_event *ev)
{
	if (mk->m)
		mm_observe(mk->m, ev);
	if (mk->log)
		assert_int_equal(sg_log_append(mk->log, ev), 0);
}

void send_alloc(struct made *mk, uint64_t pfn, unsigned int order, unsigned int mt)
{
	struct sg_event ev = made_event(mk, SG_EV_mm_page_alloc);

	ev.v[SGF_mm_page_alloc_pfn] = pfn;
	ev.v[SGF_mm_page_alloc_order] = order;
	ev.v[SGF_mm_page_alloc_gfp_flags] = mt == M ? 0x14acca : 0xcc0;
	ev.v[SGF_mm_page_alloc_migratetype] = mt;
	made_send(mk, &ev);
}

void send_free(struct made *mk, uint64_t pfn, unsigned int order)
{
	struct sg_event ev = made_event(mk, SG_EV_mm_page_free);

	ev.v[SGF_mm_page_free_pfn] = pfn;
	ev.v[SGF_mm_page_free_order] = order;
	made_send(mk, &ev);
}

void send_batched(struct made *mk, uint64_t pfn)
{
	struct sg_event ev = made_event(mk, SG_EV_mm_page_free_batched);

	ev.v[SGF_mm_page_free_batched_pfn] = pfn;
	made_send(mk, &ev);
}

void send_locked(struct made *mk, uint64_t pfn, unsigned int order, unsigned int mt, bool refill)
{
	send_any(mk, SG_EV_mm_page_alloc_zone_locked, pfn, order, mt, refill);
}

void send_drain(struct made *mk, uint64_t pfn, unsigned int order, unsigned int mt)
{
	send_any(mk, SG_EV_mm_page_pcpu_drain, pfn, order, mt, SG_MISSING);
}

void send_extfrag(struct made *mk, uint64_t pfn, unsigned int order, unsigned int forder, unsigned int mt,
		  unsigned int fmt, unsigned int owned)
{
	struct sg_event ev = made_event(mk, SG_EV_mm_page_alloc_extfrag);

	ev.v[SGF_mm_page_alloc_extfrag_pfn] = pfn;
	ev.v[SGF_mm_page_alloc_extfrag_alloc_order] = order;
	ev.v[SGF_mm_page_alloc_extfrag_fallback_order] = forder;
	ev.v[SGF_mm_page_alloc_extfrag_alloc_migratetype] = mt;
	ev.v[SGF_mm_page_alloc_extfrag_fallback_migratetype] = fmt;
	ev.v[SGF_mm_page_alloc_extfrag_change_ownership] = owned;
	made_send(mk, &ev);
}

void send_lru(struct made *mk, uint64_t pfn, unsigned int lru)
{
	send_any(mk, SG_EV_mm_lru_insertion, 0, pfn, lru, 0);
}

void send_mark(struct made *mk, const char *text)
{
	struct sg_event ev = made_event(mk, SG_EV_print);

	ev.str = text;
	ev.str_len = (uint32_t)strlen(text);
	ev.v[SGF_print_buf] = ev.str_len;
	made_send(mk, &ev);
}

void send_any(struct made *mk, enum sg_kind kind, uint64_t v0, uint64_t v1, uint64_t v2, uint64_t v3)
{
	struct sg_event ev = made_event(mk, kind);

	ev.v[0] = v0;
	ev.v[1] = v1;
	ev.v[2] = v2;
	ev.v[3] = v3;
	made_send(mk, &ev);
}

void send_compaction(struct made *mk, uint64_t gfp, uint64_t migrate, uint64_t free)
{
	struct sg_event ev;

	mk->pid = 77;
	send_any(mk, SG_EV_mm_compaction_try_to_compact_pages, 9, gfp, 1, SG_MISSING);
	ev = made_event(mk, SG_EV_mm_compaction_begin);
	ev.v[SGF_mm_compaction_begin_zone_start] = START;
	ev.v[SGF_mm_compaction_begin_migrate_pfn] = migrate;
	ev.v[SGF_mm_compaction_begin_free_pfn] = free;
	ev.v[SGF_mm_compaction_begin_zone_end] = END;
	ev.v[SGF_mm_compaction_begin_sync] = 0;
	made_send(mk, &ev);
}

static void check_pfns(const uint64_t *got, size_t nr, const char *what, unsigned int order, unsigned int mt, size_t n,
		       va_list ap)
{
	bool same = nr == n;
	uint64_t want[32] = { 0 };

	for (size_t i = 0; i < n && i < 32; i++) {
		want[i] = va_arg(ap, unsigned long long);
		same &= i < nr && got[i] == want[i];
	}
	if (same)
		return;
	for (size_t i = 0; i < nr; i++)
		print_error("%s order %u type %u: has 0x%llx\n", what, order, mt, (unsigned long long)got[i]);
	for (size_t i = 0; i < n && i < 32; i++)
		print_error("%s order %u type %u: should have 0x%llx\n", what, order, mt, (unsigned long long)want[i]);
	fail();
}

void check_list(const struct made *mk, unsigned int order, unsigned int mt, size_t n, ...)
{
	uint64_t got[32], unplaced;
	size_t nr = mm_free_list(mk->m, 0, order, mt, got, 32, &unplaced);
	va_list ap;

	assert_int_equal(unplaced, 0);
	va_start(ap, n);
	check_pfns(got, nr, "free list", order, mt, n, ap);
	va_end(ap);
}

void check_pcp(const struct made *mk, unsigned int cpu, unsigned int order, unsigned int mt, size_t n, ...)
{
	const struct pcp_state *p = mm_cow_peek(&mk->m->pcp, cpu);
	uint64_t got[32];
	size_t nr = 0;
	va_list ap;

	if (p)
		for (uint32_t i = p->list[mm_pindex(mk->m, order, mt)].first; i != MM_NIL && nr < 32; i = mm_ent(mk->m, i).a)
			got[nr++] = i;
	va_start(ap, n);
	check_pfns(got, nr, "per-cpu list", order, mt, n, ap);
	va_end(ap);
}

void check_state(const struct made *mk, uint64_t pfn, enum mm_page_state state, unsigned int order)
{
	struct mm_page_info pi;

	mm_page_get(mk->m, pfn, &pi);
	if (pi.state != state || (state != MM_PAGE_UNKNOWN && state != MM_PAGE_NONE && pi.order != order)) {
		print_error("pfn 0x%llx is '%c' order %u, should be '%c' order %u\n", (unsigned long long)pfn,
			    mm_page_letter(pi.state), pi.order, mm_page_letter(state), order);
		fail();
	}
}

uint64_t contradictions(const struct mm_machine *m)
{
	uint64_t n = 0;

	for (unsigned int i = 0; i < MM_CONTRA_COUNT; i++)
		n += mm_contra_count(m, (enum mm_contra)i);
	return n;
}

/* Each per-cpu list holds what it should, and every linked per-cpu block is on one. */
static void check_pcps(const struct mm_machine *m)
{
	for (unsigned int zi = 0; zi < m->core.nr_zones; zi++) {
		uint64_t listed = 0, linked = 0;

		for (unsigned int cpu = 0; cpu < m->nr_cpus; cpu++) {
			const struct pcp_state *p = mm_cow_peek(&m->pcp, (uint64_t)zi * m->nr_cpus + cpu);
			uint64_t pages = 0;

			/* a list that was never used is all zero or empty */
			for (unsigned int l = 0; p && l < MM_NR_PINDEX; l++) {
				uint32_t prev = MM_NIL, n = 0;

				for (uint32_t i = p->list[l].first; i != MM_NIL; n++) {
					struct page_ent e = mm_ent(m, i);
					unsigned int mt = ent_mt(&e) == 15 ? SG_MAX_MIGRATETYPES : ent_mt(&e);

					assert_int_equal(ent_state(&e), PS_PCP);
					assert_true(e.st & PE_LINK);
					assert_int_equal(e.x >> 2, cpu);
					assert_int_equal(mm_pindex(m, ent_order(&e), mt), l);
					assert_int_equal(e.b, prev);
					assert_true(n < p->list[l].nr);
					assert_int_equal(mm_zone_of(m, i), zi);
					pages += 1ull << ent_order(&e);
					prev = i;
					i = e.a;
				}
				assert_int_equal(p->list[l].last, prev);
				assert_int_equal(p->list[l].nr, n);
				listed += n;
			}
			if (p)
				assert_int_equal(p->count, pages);
		}
		for (uint64_t pfn = m->core.zone[zi].start; pfn < m->core.zone[zi].end; pfn++) {
			struct page_ent e = mm_ent(m, pfn);

			linked += ent_state(&e) == PS_PCP && (e.st & PE_LINK);
		}
		assert_int_equal(linked, listed);
	}
}

void check_whole(const struct mm_machine *m)
{
	struct sg_err err = { 0 };

	if (mm_audit(m, &err) != 0) {
		print_error("after event %llu: %s\n", (unsigned long long)mm_position(m), err.text);
		fail();
	}
	check_pcps(m);
}

void check_sound(const struct made *mk, uint64_t nr)
{
	check_whole(mk->m);
	if (contradictions(mk->m) == nr)
		return;
	for (unsigned int i = 0; i < MM_CONTRA_COUNT; i++)
		if (mm_contra_count(mk->m, (enum mm_contra)i))
			print_error("%s: %llu\n", mm_contra_key((enum mm_contra)i),
				    (unsigned long long)mm_contra_count(mk->m, (enum mm_contra)i));
	print_error("%llu contradictions were expected\n", (unsigned long long)nr);
	fail();
}
