// SPDX-License-Identifier: GPL-2.0-only
/* What follows from the places that events name: ranges of memory, and zones. */
#include "machine/layout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sg_mem.h"
#include "machine/guesses.h"

/*
 * Guesses, all of them (guesses.h): what no kernel tells.
 * Sections at most CLUSTER_GAP apart are one cluster.  A cluster of fewer than CLUSTER_FEW events, or of events of one page
 * only, that lies further from all others than these reach themselves (at least CLUSTER_NEAR pages) is left out: it would
 * more than double the machine on no more than its own word.
 * A gap is taken for a hole when it is larger than HOLE pages and larger than everything that isn't gap.
 */
/* Pages that can be numbered: page entries link with 32 bits. */
#define MOST_PAGES 0xffff0000ull

struct cluster {
	uint64_t first, last; /* pages named */
	uint32_t from, to;    /* sections, sorted */
	uint64_t events;
	bool several, kept;
};

struct work {
	struct mm_layout *l;
	const struct sg_layout *seen;
	const struct sg_capture *cap;
	struct sg_section *s; /* sorted */
	uint32_t nr;
	struct cluster *c;
	uint32_t nr_clusters;
	uint64_t first, last; /* of what is kept */
};

static int by_nr(const void *a, const void *b)
{
	const struct sg_section *x = a, *y = b;

	return x->nr < y->nr ? -1 : x->nr > y->nr;
}

static void find_clusters(struct work *w)
{
	for (uint32_t i = 0; i < w->nr; i++) {
		const struct sg_section *s = &w->s[i];
		struct cluster *c = w->nr_clusters ? &w->c[w->nr_clusters - 1] : NULL;

		if (!c || s->nr - (c->last >> SG_SECTION_BITS) > MM_GUESS(CLUSTER_GAP)) {
			c = &w->c[w->nr_clusters++];
			*c = (struct cluster){ .first = s->first, .from = i };
		} else {
			c->several = true;
		}
		c->several |= s->several;
		c->events += s->events;
		c->to = i + 1;
		if (s->last > c->last)
			c->last = s->last;
	}
}

static void keep(struct work *w, struct cluster *c)
{
	c->kept = true;
	if (c->first < w->first)
		w->first = c->first;
	if (c->last > w->last)
		w->last = c->last;
}

/* Which clusters are believed. */
static void believe(struct work *w)
{
	struct cluster *most = NULL;
	bool more = true;

	w->first = UINT64_MAX;
	for (uint32_t i = 0; i < w->nr_clusters; i++) {
		struct cluster *c = &w->c[i];

		if (!most || c->events > most->events)
			most = c;
		if (c->events >= MM_GUESS(CLUSTER_FEW) && c->several)
			keep(w, c);
	}
	if (w->first == UINT64_MAX && most)
		keep(w, most);
	while (more) {
		uint64_t reach = w->last - w->first + 1 > MM_GUESS(CLUSTER_NEAR) ? w->last - w->first + 1 : MM_GUESS(CLUSTER_NEAR);

		more = false;
		for (uint32_t i = 0; i < w->nr_clusters; i++) {
			struct cluster *c = &w->c[i];

			if (c->kept || (c->first > w->last && c->first - w->last > reach) ||
			    (c->last < w->first && w->first - c->last > reach))
				continue;
			keep(w, c);
			more = true;
		}
	}
	for (uint32_t i = 0; i < w->nr_clusters; i++)
		if (!w->c[i].kept) {
			if (!w->l->wild_events)
				w->l->wild_pfn = w->c[i].first;
			w->l->wild_events += w->c[i].events;
		}
}

/* ---- ranges --------------------------------------------------------------------- */

static void range_add(struct mm_layout *l, uint64_t start, uint64_t end, uint64_t hole)
{
	struct mm_extent *r = l->nr_ranges ? &l->range[l->nr_ranges - 1] : NULL;

	if (r && (start <= r->end || start - r->end <= hole)) {
		if (end > r->end)
			r->end = end;
		return;
	}
	l->range[l->nr_ranges++] = (struct mm_extent){ start, end };
}

static uint64_t pages_of(const struct mm_layout *l)
{
	uint64_t n = 0;

	for (unsigned int i = 0; i < l->nr_ranges; i++)
		n += l->range[i].end - l->range[i].start;
	return n;
}

/* Believed sections, ascending, with gaps of up to @hole pages between them. */
static void ranges_of_sections(struct work *w, uint64_t hole)
{
	w->l->nr_ranges = 0;
	for (uint32_t c = 0; c < w->nr_clusters; c++)
		for (uint32_t i = w->c[c].from; w->c[c].kept && i < w->c[c].to; i++)
			range_add(w->l, w->s[i].nr << SG_SECTION_BITS,
				  ((w->s[i].last >> SG_SECTION_BITS) + 1) << SG_SECTION_BITS, hole);
}

static void find_ranges(struct work *w)
{
	struct mm_layout *l = w->l;
	uint64_t named = 0, hole = MM_GUESS(HOLE);

	ranges_of_sections(w, (uint64_t)MM_GUESS(CLUSTER_GAP) << SG_SECTION_BITS);
	named = pages_of(l);
	if (named > hole)
		hole = named;
	ranges_of_sections(w, hole);
	while (pages_of(l) > MOST_PAGES / 2 && hole) {
		hole = hole > SG_SECTION ? hole / 4 : 0;
		ranges_of_sections(w, hole);
	}
	while (l->nr_ranges > 1 && pages_of(l) > MOST_PAGES - SG_SECTION)
		l->capped += sg_layout_events(w->seen, l->range[l->nr_ranges - 1].start, l->range[l->nr_ranges - 1].end),
			l->nr_ranges--;
	if (l->nr_ranges && w->last >= l->range[l->nr_ranges - 1].end)
		w->last = l->range[l->nr_ranges - 1].end - 1;
}

/* ---- zones -------------------------------------------------------------------------- */

/* Zones that compaction named and that lie where pages are. */
static const struct sg_zone_seen *zone_told(const struct work *w, uint64_t start, uint64_t end, bool *several)
{
	const struct sg_zone_seen *found = NULL;

	*several = false;
	for (uint32_t i = 0; i < w->seen->nr_zones; i++) {
		const struct sg_zone_seen *z = &w->seen->zone[i];

		if (z->nid < 0 || z->start >= end || start >= z->end)
			continue;
		if (found && (found->nid != z->nid || found->idx != z->idx))
			*several = true;
		found = z;
	}
	return found;
}

static const char *type_name(const struct sg_capture *cap, int idx)
{
	return idx >= 0 && (unsigned int)idx < cap->nr_zone_types ? cap->zone_type[idx] : "";
}

static bool type_told(const struct work *w, const char *name)
{
	for (uint32_t i = 0; i < w->seen->nr_zones; i++)
		if (w->seen->zone[i].nid >= 0 && name[0] && strcmp(type_name(w->cap, w->seen->zone[i].idx), name) == 0)
			return true;
	return false;
}

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* [@start, @end) lies between two neighbouring borders. */
static void zone_add(struct work *w, const struct mm_arch_zones *arch, uint64_t start, uint64_t end, bool one_node)
{
	struct mm_layout *l = w->l;
	struct mm_layout_zone *last = l->nr_zones ? &l->zone[l->nr_zones - 1] : NULL, z = { .start = start, .end = end };
	bool several, guessed;
	const struct sg_zone_seen *told = zone_told(w, start, end, &several);
	unsigned int t = 0;

	while (t + 1 < arch->nr && start >= arch->zone[t].end)
		t++;
	guessed = arch->zone[t].guessed || (t > 0 && arch->zone[t - 1].guessed);
	if (told && !several) {
		z.node = told->nid;
		snprintf(z.name, sizeof(z.name), "%s", type_name(w->cap, told->idx));
	} else {
		if (!told && type_told(w, arch->zone[t].name) && sg_layout_events(w->seen, start, end) == 0)
			return; /* the zone of this name lies elsewhere */
		z.node = one_node && !told ? 0 : -1;
		snprintf(z.name, sizeof(z.name), "%s", told ? "" : arch->zone[t].name);
		z.mixed = z.node < 0 || !z.name[0] || guessed;
		l->borders_guessed |= !z.name[0] || guessed;
		z.open_end = end == w->last + 1;
		l->several_nodes |= z.node < 0;
	}
	if (last && last->end == start && last->node == z.node && strcmp(last->name, z.name) == 0) {
		last->end = end;
		last->mixed |= z.mixed;
		last->open_end = z.open_end;
	} else if (l->nr_zones < MM_MAX_ZONES) {
		l->zone[l->nr_zones++] = z;
	} else {
		l->capped += sg_layout_events(w->seen, start, end);
	}
}

/* The highest page that a request got which may not have high memory; 0 when the formats don't name the flag. */
static uint64_t lowmem_last(const struct work *w)
{
	uint64_t last = 0;

	if (!w->cap->gfp.highmem || w->seen->gfp_full)
		return 0;
	for (uint32_t i = 0; i < w->seen->nr_gfp; i++)
		if (!(w->seen->gfp[i].gfp & w->cap->gfp.highmem) && w->seen->gfp[i].last > last)
			last = w->seen->gfp[i].last;
	return last;
}

static void find_zones(struct work *w)
{
	struct mm_layout *l = w->l;
	bool one_node = sg_layout_nodes(w->seen) <= 1 && sg_layout_last_node(w->seen) <= 0;
	uint64_t section = mm_arch_section(w->cap) / (w->cap->page_size ? w->cap->page_size : 4096);
	uint64_t cut[2 * SG_LAYOUT_MAX_ZONES + 8], low, high = w->last + 1;
	struct mm_arch_zones arch;
	unsigned int n = 0;

	mm_arch_zones(w->cap, lowmem_last(w), &arch);
	low = arch.from_zero || section == 0 ? 0 : w->first / section * section;
	for (uint32_t i = 0; i < w->seen->nr_zones; i++) {
		const struct sg_zone_seen *z = &w->seen->zone[i];

		/* a border far from all pages would make ranges of nothing */
		if (z->nid < 0 || z->start > w->last || z->end <= w->first || z->end > w->last + MM_GUESS(HOLE))
			continue;
		cut[n++] = z->start;
		cut[n++] = z->end;
		low = z->start < low ? z->start : low;
		high = z->end > high ? z->end : high;
	}
	for (unsigned int i = 0; i + 1 < arch.nr; i++)
		if (arch.zone[i].end > low && arch.zone[i].end < high)
			cut[n++] = arch.zone[i].end;
		else
			arch.zone[i].guessed = false; /* no border of this machine */
	cut[n++] = low;
	cut[n++] = high;
	qsort(cut, n, sizeof(cut[0]), by_value);
	for (unsigned int i = 0; i + 1 < n; i++)
		if (cut[i] < cut[i + 1])
			zone_add(w, &arch, cut[i], cut[i + 1], one_node);
	/* the outermost ranges reach as far as the zones do */
	if (low < l->range[0].start)
		l->range[0].start = low;
	if (high > l->range[l->nr_ranges - 1].end)
		l->range[l->nr_ranges - 1].end = high;
}

struct mm_layout *mm_layout_new(const struct sg_layout *seen, const struct sg_capture *cap)
{
	struct work w = { .seen = seen, .cap = cap, .nr = seen->nr_sections };
	bool ok;

	w.l = sg_calloc(1, sizeof(*w.l));
	w.s = sg_malloc((w.nr + 1) * sizeof(*w.s));
	w.c = sg_malloc((w.nr + 1) * sizeof(*w.c));
	if (w.l)
		w.l->range = sg_malloc((w.nr + 1) * sizeof(*w.l->range));
	ok = w.l && w.s && w.c && w.l->range;
	if (ok) {
		w.l->nr_nodes = sg_layout_nodes(seen);
		if (sg_layout_last_node(seen) > 0 && w.l->nr_nodes < 2)
			w.l->nr_nodes = 2; /* one that isn't number 0 isn't alone */
		w.l->capped = seen->refused && seen->nr_sections == SG_LAYOUT_MAX_SECTIONS ? seen->refused : 0;
		if (!w.l->capped) {
			w.l->wild_events = seen->refused;
			w.l->wild_pfn = seen->refused_pfn;
		}
	}
	if (ok && w.nr) {
		memcpy(w.s, seen->section, w.nr * sizeof(*w.s));
		qsort(w.s, w.nr, sizeof(*w.s), by_nr);
		find_clusters(&w);
		believe(&w);
		find_ranges(&w);
		find_zones(&w);
	}
	free(w.s);
	free(w.c);
	if (!ok) {
		mm_layout_free(w.l);
		return NULL;
	}
	return w.l;
}

void mm_layout_free(struct mm_layout *l)
{
	if (!l)
		return;
	free(l->range);
	free(l);
}

bool mm_layout_equal(const struct mm_layout *a, const struct mm_layout *b)
{
	if (!a || !b)
		return a == b;
	if (a->nr_zones != b->nr_zones || a->nr_ranges != b->nr_ranges)
		return false;
	for (unsigned int i = 0; i < a->nr_zones; i++) {
		const struct mm_layout_zone *x = &a->zone[i], *y = &b->zone[i];

		if (x->node != y->node || strcmp(x->name, y->name) != 0 || x->start != y->start || x->end != y->end ||
		    x->mixed != y->mixed || x->open_end != y->open_end)
			return false;
	}
	for (unsigned int i = 0; i < a->nr_ranges; i++)
		if (a->range[i].start != b->range[i].start || a->range[i].end != b->range[i].end)
			return false;
	return true;
}

void mm_layout_limits(const struct mm_layout *l, struct sg_limits *s)
{
	if (!s)
		return;
	sg_limits_drop(s, SG_LIMIT_NO_PAGES);
	sg_limits_drop(s, SG_LIMIT_SEVERAL_NODES);
	sg_limits_drop(s, SG_LIMIT_ZONES_ASSUMED);
	sg_limits_drop(s, SG_LIMIT_WILD_PFNS);
	if (!l)
		return;
	if (l->nr_zones == 0)
		sg_limits_add(s, SG_LIMIT_NO_PAGES, 0, 0,
			      "record -e kmem -e compaction -e vmscan, or put the folder before/ beside trace.dat",
			      "no event tells of any page, so no zone and no page is shown");
	if (l->several_nodes)
		sg_limits_add(s, SG_LIMIT_SEVERAL_NODES, 0, 0,
			      "put a snapshot with zoneinfo beside trace.dat: the folder before/ or in-start/",
			      "events name node %d and others, and nothing tells where the memory of each lies: free lists of several "
			      "nodes are shown as one, and what depends on a node's own lists is undecided",
			      l->nr_nodes > 1 ? (int)l->nr_nodes - 1 : 0);
	if (l->borders_guessed)
		sg_limits_add(s, SG_LIMIT_ZONES_ASSUMED, 0, 0,
			      "put a snapshot with zoneinfo beside trace.dat: the folder before/ or in-start/",
			      "nothing tells where the zones of this machine begin and end: what depends on a zone's own lists is undecided");
	if (l->wild_events)
		sg_limits_add(s, SG_LIMIT_WILD_PFNS, 0, 0, "put a snapshot with zoneinfo beside trace.dat if there is memory",
			      "%llu event%s of pages that lie far from all others, the first at pfn 0x%llx: taken for wrong and left out",
			      (unsigned long long)l->wild_events, l->wild_events == 1 ? " tells" : "s tell",
			      (unsigned long long)l->wild_pfn);
	if (l->capped)
		sg_limits_add(s, SG_LIMIT_CAP_HIT, 0, 0, NULL,
			      "memory lies in more places, or in more than %d zones, than can be followed: about %llu events of pages are left out",
			      MM_MAX_ZONES, (unsigned long long)l->capped);
}
