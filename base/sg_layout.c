// SPDX-License-Identifier: GPL-2.0-only
/* What events tell of where the machine's memory lies. */
#include "sg_layout.h"

#include <stdlib.h>
#include <string.h>

#include "sg_mem.h"

#define MAX_ORDER 20u /* of any kernel: 4 GiB of 4 KiB pages */

static bool page_fact(struct sg_layout_fact *f, uint64_t pfn, uint64_t order)
{
	/* a failed request has pfn 0 or all ones; page 0 is no allocator's on any architecture that has it reserved */
	if (pfn == 0 || pfn == SG_MISSING)
		return false;
	f->what = SG_FACT_PAGE;
	f->order = order <= MAX_ORDER ? (uint8_t)order : 0;
	f->a = pfn;
	return true;
}

static bool node_fact(const struct sg_event *ev, struct sg_layout_fact *f)
{
	const struct sg_kind_info *ki = sg_kind_info(ev->kind);

	for (unsigned int i = 0; i < ki->nr_fields; i++)
		if (ki->field[i].type == SG_T_NID && ev->v[i] < SG_LAYOUT_MAX_NODES) {
			f->what = SG_FACT_NODE;
			f->a = ev->v[i];
			return true;
		}
	return false;
}

/*
 * Events of pages count: their pfn is that of a struct page that the kernel had in hand.  The ranges of compaction's
 * events don't: mm_compaction_fast_isolate_freepages tells a start that nothing has been put into yet
 * (mm/compaction.c: fast_isolate_freepages(), 6.1 to 7.3: the low_pfn and min_pfn of a search that found nothing).
 */
bool sg_layout_fact(const struct sg_event *ev, struct sg_layout_fact *f)
{
	const uint64_t *v = ev->v;

	f->what = SG_FACT_NONE;
	f->pid = ev->pid;
	switch (ev->kind) {
	case SG_EV_mm_page_alloc:
		if (!page_fact(f, v[SGF_mm_page_alloc_pfn], v[SGF_mm_page_alloc_order]))
			return false;
		f->what = SG_FACT_REQUEST;
		f->b = v[SGF_mm_page_alloc_gfp_flags];
		return true;
	case SG_EV_mm_page_free:
		return page_fact(f, v[SGF_mm_page_free_pfn], v[SGF_mm_page_free_order]);
	case SG_EV_mm_page_free_batched:
		return page_fact(f, v[SGF_mm_page_free_batched_pfn], 0);
	case SG_EV_mm_page_alloc_zone_locked:
		return page_fact(f, v[SGF_mm_page_alloc_zone_locked_pfn], v[SGF_mm_page_alloc_zone_locked_order]);
	case SG_EV_mm_page_pcpu_drain:
		return page_fact(f, v[SGF_mm_page_pcpu_drain_pfn], v[SGF_mm_page_pcpu_drain_order]);
	case SG_EV_mm_page_alloc_extfrag:
		return page_fact(f, v[SGF_mm_page_alloc_extfrag_pfn], v[SGF_mm_page_alloc_extfrag_alloc_order]);
	case SG_EV_mm_filemap_add_to_page_cache:
		return page_fact(f, v[SGF_mm_filemap_add_to_page_cache_pfn], 0);
	case SG_EV_mm_filemap_delete_from_page_cache:
		return page_fact(f, v[SGF_mm_filemap_delete_from_page_cache_pfn], 0);
	case SG_EV_mm_vmscan_write_folio:
		return page_fact(f, v[SGF_mm_vmscan_write_folio_pfn], 0);
	case SG_EV_mm_lru_insertion:
		return page_fact(f, v[SGF_mm_lru_insertion_pfn], 0);
	case SG_EV_mm_lru_activate:
		return page_fact(f, v[SGF_mm_lru_activate_pfn], 0);
	case SG_EV_mm_compaction_begin:
		f->a = v[SGF_mm_compaction_begin_zone_start];
		f->b = v[SGF_mm_compaction_begin_zone_end];
		if (f->a >= f->b || f->b > SG_PFN_END)
			return false;
		f->what = SG_FACT_ZONE;
		return true;
	case SG_EV_mm_compaction_finished:
		f->what = SG_FACT_ZONE_NAME;
		f->a = v[SGF_mm_compaction_finished_nid];
		f->b = v[SGF_mm_compaction_finished_idx];
		return f->a < SG_LAYOUT_MAX_NODES && f->b < 64;
	case SG_EV_mm_compaction_end:
		f->what = SG_FACT_ZONE_END;
		return true;
	default:
		return node_fact(ev, f);
	}
}

/* ---- sections ---------------------------------------------------------------- */

static uint32_t hash_of(uint64_t nr)
{
	return (uint32_t)((nr * 0x9fb21c651e98df25ull) >> 32);
}

static bool hash_grow(struct sg_layout *l)
{
	uint32_t size = l->hash_size ? l->hash_size * 2 : 256, *h = sg_calloc(size, sizeof(*h));

	if (!h)
		return false;
	for (uint32_t i = 0; i < l->nr_sections; i++) {
		uint32_t k = hash_of(l->section[i].nr);

		while (h[k & (size - 1)])
			k++;
		h[k & (size - 1)] = i + 1;
	}
	free(l->hash);
	l->hash = h;
	l->hash_size = size;
	return true;
}

/* NULL when there is no room for another one. */
static struct sg_section *section_of(struct sg_layout *l, uint64_t nr)
{
	uint32_t k;

	if (l->nr_sections && l->section[l->last].nr == nr)
		return &l->section[l->last];
	if ((l->nr_sections + 1) * 2 > l->hash_size && !hash_grow(l)) {
		l->out_of_memory = true;
		return NULL;
	}
	for (k = hash_of(nr); l->hash[k & (l->hash_size - 1)]; k++) {
		uint32_t i = l->hash[k & (l->hash_size - 1)] - 1;

		if (l->section[i].nr == nr) {
			l->last = i;
			return &l->section[i];
		}
	}
	if (l->nr_sections == SG_LAYOUT_MAX_SECTIONS)
		return NULL;
	if (l->nr_sections == l->room) {
		uint32_t room = l->room ? l->room * 2 : 64;
		struct sg_section *s = sg_realloc(l->section, room * sizeof(*s));

		if (!s) {
			l->out_of_memory = true;
			return NULL;
		}
		l->section = s;
		l->room = room;
	}
	l->hash[k & (l->hash_size - 1)] = l->nr_sections + 1;
	l->last = l->nr_sections++;
	l->section[l->last] = (struct sg_section){ .nr = nr, .first = UINT64_MAX };
	return &l->section[l->last];
}

static void page(struct sg_layout *l, const struct sg_layout_fact *f)
{
	uint64_t last = f->a + (1ull << f->order) - 1;
	struct sg_section *s = f->a < SG_PFN_END && last < SG_PFN_END ? section_of(l, f->a >> SG_SECTION_BITS) : NULL;

	if (!s) {
		if (!l->refused++)
			l->refused_pfn = f->a;
		return;
	}
	if (s->events == 0)
		s->one = f->a;
	s->several |= f->a != s->one;
	s->events += s->events < UINT32_MAX;
	if (f->a < s->first)
		s->first = f->a;
	if (last > s->last)
		s->last = last; /* a gigantic page reaches into the sections behind it */
}

static void request(struct sg_layout *l, const struct sg_layout_fact *f)
{
	uint32_t i = l->last_gfp;

	if (f->a >= SG_PFN_END)
		return;
	if (!(i < l->nr_gfp && l->gfp[i].gfp == f->b))
		for (i = 0; i < l->nr_gfp && l->gfp[i].gfp != f->b; i++)
			;
	if (i == l->nr_gfp) {
		if (i == SG_LAYOUT_MAX_GFP) {
			l->gfp_full = true;
			return;
		}
		l->gfp[l->nr_gfp++] = (struct sg_gfp_seen){ .gfp = f->b };
	}
	l->last_gfp = i;
	if (f->a + (1ull << f->order) - 1 > l->gfp[i].last)
		l->gfp[i].last = f->a + (1ull << f->order) - 1;
}

/* ---- zones ---------------------------------------------------------------------- */

static void zone(struct sg_layout *l, const struct sg_layout_fact *f)
{
	uint32_t i = 0, r = 0;

	while (i < l->nr_zones && (l->zone[i].start != f->a || l->zone[i].end != f->b))
		i++;
	if (i == l->nr_zones) {
		if (i == SG_LAYOUT_MAX_ZONES)
			return;
		l->zone[l->nr_zones++] = (struct sg_zone_seen){ f->a, f->b, -1, -1 };
	}
	while (r < SG_LAYOUT_RUNS && l->run[r].pid != f->pid)
		r++;
	if (r == SG_LAYOUT_RUNS)
		r = l->next_run++ % SG_LAYOUT_RUNS;
	l->run[r].pid = f->pid;
	l->run[r].zone = (int32_t)i;
}

static void zone_name(struct sg_layout *l, const struct sg_layout_fact *f)
{
	l->node[f->a / 64] |= 1ull << f->a % 64;
	for (uint32_t r = 0; r < SG_LAYOUT_RUNS; r++)
		if (l->run[r].pid == f->pid && l->run[r].pid != 0 && l->run[r].zone >= 0) {
			struct sg_zone_seen *z = &l->zone[l->run[r].zone];

			if (z->nid < 0) {
				z->nid = (int)f->a;
				z->idx = (int)f->b;
			}
		}
}

static void zone_end(struct sg_layout *l, const struct sg_layout_fact *f)
{
	for (uint32_t r = 0; r < SG_LAYOUT_RUNS; r++)
		if (l->run[r].pid == f->pid)
			l->run[r].zone = -1;
}

void sg_layout_put(struct sg_layout *l, const struct sg_layout_fact *f)
{
	switch (f->what) {
	case SG_FACT_REQUEST:
		request(l, f);
		page(l, f);
		break;
	case SG_FACT_PAGE:
		page(l, f);
		break;
	case SG_FACT_NODE:
		l->node[f->a / 64] |= 1ull << f->a % 64;
		break;
	case SG_FACT_ZONE:
		zone(l, f);
		break;
	case SG_FACT_ZONE_NAME:
		zone_name(l, f);
		break;
	case SG_FACT_ZONE_END:
		zone_end(l, f);
		break;
	default:
		break;
	}
}

void sg_layout_add(struct sg_layout *l, const struct sg_event *ev)
{
	struct sg_layout_fact f;

	if (sg_layout_fact(ev, &f))
		sg_layout_put(l, &f);
}

void sg_layout_fini(struct sg_layout *l)
{
	free(l->section);
	free(l->hash);
	memset(l, 0, sizeof(*l));
}

unsigned int sg_layout_nodes(const struct sg_layout *l)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < SG_LAYOUT_MAX_NODES; i++)
		n += l->node[i / 64] >> i % 64 & 1;
	return n;
}

int sg_layout_last_node(const struct sg_layout *l)
{
	for (int i = (int)SG_LAYOUT_MAX_NODES - 1; i >= 0; i--)
		if (l->node[i / 64] >> i % 64 & 1)
			return i;
	return -1;
}

uint64_t sg_layout_events(const struct sg_layout *l, uint64_t start, uint64_t end)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < l->nr_sections; i++) {
		const struct sg_section *s = &l->section[i];
		uint64_t a = s->first > start ? s->first : start, b = s->last + 1 < end ? s->last + 1 : end;

		if (a < b)
			n += s->events * ((b - a) & UINT32_MAX) / (s->last + 1 - s->first) + 1; /* 2^21 pages at most */
	}
	return n;
}
