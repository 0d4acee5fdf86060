// SPDX-License-Identifier: GPL-2.0-only
/* Zones: where they lie, what a snapshot says of them, the indices over their free lists. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/layout.h"
#include "machine/state.h"

/** Empties all free lists. */
void mm_lists_clear(struct zone_state *z)
{
	memset(z->list, 0, sizeof(z->list));
	memset(z->mid, 0, sizeof(z->mid));
	memset(z->unnamed, 0, sizeof(z->unnamed));
	for (unsigned int o = 0; o < MM_MAX_ORDERS; o++)
		for (unsigned int t = 0; t < MM_NR_MT; t++) {
			struct free_list *l = &z->list[o][t];

			l->head_first = l->head_last = l->tail_first = l->tail_last = MM_NIL;
			l->cycle_first = l->follow = MM_NIL;
		}
}

static int type_by_name(const struct sg_capture *cap, const char *name)
{
	for (unsigned int i = 0; i < cap->nr_zone_types; i++)
		if (strcmp(cap->zone_type[i], name) == 0)
			return (int)i;
	return -1;
}

/* A zone of the pfns [@start, @end). */
static struct zone_state *zone_add(struct mm_machine *m, int node, const char *name, uint64_t start, uint64_t end)
{
	struct zone_state *z;

	if (m->map) {
		start = mm_map_edge_in(m->map, start);
		end = mm_map_edge_in(m->map, end);
	}
	if (m->core.nr_zones == MM_MAX_ZONES || start >= end || end > MM_MAX_PFN)
		return NULL;
	z = &m->core.zone[m->core.nr_zones++];
	memset(z, 0, sizeof(*z));
	z->node = node;
	z->nr_orders = m->nr_orders;
	snprintf(z->name, sizeof(z->name), "%s", name[0] ? name : "?");
	z->start = start;
	z->end = end;
	z->zone_type = type_by_name(m->cap, name);
	mm_lists_clear(z);
	z->nr_pages[PS_UNKNOWN] = end - start;
	if (end > m->end_pfn)
		m->end_pfn = end;
	return z;
}

/*
 * Without zoneinfo: the borders that the kernel draws by address (16 MiB for DMA, 4 GiB for
 * DMA32 on x86-64), as far as the capture's formats name those zones, up to the highest pfn seen.
 * Source: arch/x86/mm/init.c: zone_sizes_init(), 6.1 to 7.3
 */
static void zones_deduce(struct mm_machine *m)
{
	uint64_t page = m->cap->page_size >= 1024 && m->cap->page_size <= 1u << 20 ? m->cap->page_size : 4096;
	uint64_t top = m->cfg.max_pfn_hint < MM_MAX_PFN ? m->cfg.max_pfn_hint + 1 : MM_MAX_PFN, from = 0;
	const struct {
		const char *name;
		uint64_t end;
	} border[] = { { "DMA", (16ull << 20) / page }, { "DMA32", (4ull << 30) / page }, { "Normal", MM_MAX_PFN } };

	top = (top + (1ull << m->pb_order) - 1) >> m->pb_order << m->pb_order;
	for (unsigned int i = 0; i < 3 && from < top; i++) {
		uint64_t end = border[i].end < top ? border[i].end : top;
		struct zone_state *z;

		if (i < 2 && m->cap->nr_zone_types && type_by_name(m->cap, border[i].name) < 0)
			continue;
		z = zone_add(m, 0, border[i].name, from, end);
		if (z)
			z->deduced = true;
		from = end;
	}
}

/* Without zoneinfo: as the events tell.  The last zone ends with a pageblock where no border is known. */
static void zones_from_layout(struct mm_machine *m, const struct mm_layout *l)
{
	for (unsigned int i = 0; i < l->nr_zones; i++) {
		const struct mm_layout_zone *s = &l->zone[i];
		uint64_t end = s->end;
		struct zone_state *z;

		if (s->open_end)
			end = (end + (1ull << m->pb_order) - 1) >> m->pb_order << m->pb_order;
		z = zone_add(m, s->node, s->name, s->start, end);
		if (!z) {
			if (m->cfg.limits)
				sg_limits_add(m->cfg.limits, SG_LIMIT_CAP_HIT, 0, 0, NULL,
					      "zone %s from pfn 0x%llx to 0x%llx is beyond what can be shown: nothing in it is followed",
					      s->name, (unsigned long long)s->start, (unsigned long long)end);
			continue;
		}
		z->deduced = true;
		z->mixed = s->mixed;
	}
	mm_layout_limits(l, m->cfg.limits);
}

static const struct sg_snapshot *first_snapshot(const struct mm_config *cfg)
{
	for (unsigned int i = 0; i < cfg->nr_seeds; i++)
		if (cfg->seed[i].snap && cfg->seed[i].snap->nr_zones)
			return cfg->seed[i].snap;
	return NULL;
}

bool mm_zones_named(const struct mm_config *cfg)
{
	return first_snapshot(cfg) != NULL;
}

static bool overlaps(const struct mm_machine *m, uint64_t start, uint64_t end)
{
	if (m->map) {
		start = mm_map_edge_in(m->map, start);
		end = mm_map_edge_in(m->map, end);
	}
	for (unsigned int i = 0; i < m->core.nr_zones; i++)
		if (start < m->core.zone[i].end && m->core.zone[i].start < end)
			return true;
	return false;
}

static int by_start(const void *a, const void *b)
{
	const struct mm_extent *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* The zones of @s as ranges of whole sections, ascending and apart.  Return: how many */
static unsigned int zone_ranges(const struct sg_snapshot *s, struct mm_extent *r)
{
	unsigned int n = 0, k = 0;

	for (unsigned int i = 0; i < s->nr_zones && n < MM_MAX_ZONES; i++) {
		uint64_t start = s->zone[i].start_pfn, end = start + s->zone[i].spanned;

		if (start < end && end <= SG_PFN_END)
			r[n++] = (struct mm_extent){ start & ~(SG_SECTION - 1), (end + SG_SECTION - 1) & ~(SG_SECTION - 1) };
	}
	qsort(r, n, sizeof(*r), by_start);
	for (unsigned int i = 1; i < n; i++) {
		if (r[i].start > r[k].end)
			r[++k] = r[i];
		else if (r[i].end > r[k].end)
			r[k].end = r[i].end;
	}
	return n ? k + 1 : 0;
}

/* Where memory has large holes, or lies beyond what page entries can number, its pages are numbered. */
static int map_init(struct mm_machine *m, const struct sg_snapshot *s, struct sg_err *err)
{
	const struct mm_layout *l = s ? NULL : m->cfg.layout;
	const struct mm_extent *range = l ? l->range : NULL;
	unsigned int nr = l ? l->nr_ranges : 0;
	struct mm_extent zones[MM_MAX_ZONES];

	if (s) {
		range = zones;
		nr = zone_ranges(s, zones);
	}
	if (nr == 0 || (range[nr - 1].end <= MM_MAX_PFN && (s || nr == 1)))
		return SG_OK;
	m->map = mm_map_new(range, nr);
	return m->map ? SG_OK : sg_fail(err, SG_E_NOMEM, "out of memory for the machine");
}

/* Lays out the zones: from the first snapshot that has them, else deduced. */
int mm_zones_init(struct mm_machine *m, struct sg_err *err)
{
	const struct sg_snapshot *s = first_snapshot(&m->cfg);

	if (map_init(m, s, err) < 0)
		return err && err->code < 0 ? err->code : SG_E_NOMEM;
	for (unsigned int i = 0; s && i < s->nr_zones; i++) {
		const struct sg_zone_snap *zs = &s->zone[i];
		uint64_t end = zs->start_pfn + zs->spanned;
		struct zone_state *z;

		if (m->cap->still && zs->spanned == 0) { /* counted only: where it lies isn't known */
			uint64_t from = (m->end_pfn + (1ull << m->pb_order) - 1) >> m->pb_order << m->pb_order;

			if (!zone_add(m, zs->node, zs->name, from, from + mm_still_span(zs)) && m->cfg.limits)
				sg_limits_add(m->cfg.limits, SG_LIMIT_CAP_HIT, 0, 0, "stormglass report has all zones",
					      "zone %s of node %d has no place on the screens: there are too many zones, or it is "
					      "too large", zs->name, zs->node);
			continue;
		}
		if (zs->spanned == 0 || end < zs->start_pfn || overlaps(m, zs->start_pfn, end))
			continue;
		z = zone_add(m, zs->node, zs->name, zs->start_pfn, end);
		if (!z)
			return sg_fail(err, SG_E_RANGE,
				       "snapshot '%s': zone %s of node %d spans pfn %llu to %llu: more than the %d zones, or than the 16 TiB of 4 KiB pages within all zones, that can be shown",
				       s->name, zs->name, zs->node, (unsigned long long)zs->start_pfn,
				       (unsigned long long)end, MM_MAX_ZONES);
	}
	if (m->core.nr_zones == 0 && m->cfg.layout)
		zones_from_layout(m, m->cfg.layout);
	else if (m->core.nr_zones == 0)
		zones_deduce(m);
	return SG_OK;
}

/*
 * Zone of @pfn, NULL when no zone spans it.  A deduced machine grows with what its events name.
 */
struct zone_state *mm_zone_at(struct mm_machine *m, uint64_t pfn)
{
	for (unsigned int i = 0; i < m->core.nr_zones; i++) {
		struct zone_state *z = &m->core.zone[i];

		if (pfn >= z->start && pfn < z->end)
			return z;
	}
	return NULL;
}

int mm_zone_of(const struct mm_machine *m, uint64_t pfn)
{
	return mm_zone_index(m, mm_in(m, pfn));
}

int mm_zone_index(const struct mm_machine *m, uint64_t pfn)
{
	for (unsigned int i = 0; i < m->core.nr_zones; i++)
		if (pfn >= m->core.zone[i].start && pfn < m->core.zone[i].end)
			return (int)i;
	return -1;
}

/*
 * Shares @total unplaced blocks of one order out among the types: as pagetypeinfo counted them, and more or less of the
 * type with most, MOVABLE among equals (it was read at another time than the pages); without it, type unknown.
 */
static void share_out(struct zone_state *z, const struct sg_zone_snap *zs, bool types, unsigned int o, uint64_t total)
{
	uint64_t n[SG_MAX_MIGRATETYPES], sum = 0;
	unsigned int most = MM_MT_MOVABLE;

	if (!types) {
		z->list[o][MM_MT_ROW_UNKNOWN].nr_unplaced = (uint32_t)total;
		return;
	}
	for (unsigned int t = 0; t < SG_MAX_MIGRATETYPES; t++) {
		n[t] = zs->type_free[t][o] < UINT32_MAX ? zs->type_free[t][o] : UINT32_MAX;
		sum += n[t];
	}
	for (unsigned int t = 0; t < SG_MAX_MIGRATETYPES; t++)
		if (n[t] > n[most])
			most = t;
	if (sum < total)
		n[most] += total - sum;
	for (unsigned int t = most, k = 0; sum > total; t = k++) {
		uint64_t less = sum - total < n[t] ? sum - total : n[t];

		n[t] -= less;
		sum -= less;
	}
	for (unsigned int t = 0; t < SG_MAX_MIGRATETYPES; t++)
		z->list[o][t].nr_unplaced = (uint32_t)n[t];
}

/* The pages [@from, @to) of pattern @p, @times over. */
static void count_pattern(struct zone_state *z, const uint8_t *p, unsigned int from, unsigned int to, uint64_t times,
			  uint64_t *by_order)
{
	for (unsigned int i = from; i < to; i++) {
		switch (p[i] & 7) {
		case MM_SEED_NONE:
			z->nr_pages[PS_NONE] += times;
			break;
		case MM_SEED_FREE:
			z->nr_pages[PS_FREE] += times;
			by_order[p[i] >> 4] += times;
			break;
		case MM_SEED_FREET:
			z->nr_pages[PS_FREET] += times;
			break;
		case MM_SEED_USED:
			z->nr_pages[PS_ALLOC] += times;
			break;
		default:
			z->nr_pages[PS_UNKNOWN] += times;
		}
	}
}

/*
 * Counts the pages of a zone by what the seed says, and the heads of free blocks by order.  Equal patterns that follow
 * each other, as most do on a large machine, are counted together.
 */
static void count_zone(const struct mm_machine *m, struct zone_state *z, uint64_t *by_order)
{
	const uint8_t *same = NULL;
	uint64_t times = 0;

	memset(z->nr_pages, 0, sizeof(z->nr_pages));
	for (uint64_t pfn = z->start; pfn < z->end;) {
		const uint8_t *p = mm_seed_pattern(m->seed, pfn);
		unsigned int from = pfn % MM_SEED_PATTERN, to = MM_SEED_PATTERN;

		if (z->end - pfn < to - from)
			to = from + (unsigned int)(z->end - pfn);
		pfn += to - from;
		if (to - from < MM_SEED_PATTERN) {
			count_pattern(z, p, from, to, 1, by_order);
			continue;
		}
		if (p != same) {
			if (same)
				count_pattern(z, same, 0, MM_SEED_PATTERN, times, by_order);
			same = p;
			times = 0;
		}
		times++;
	}
	if (same)
		count_pattern(z, same, 0, MM_SEED_PATTERN, times, by_order);
}

/*
 * What @snap says of the zones themselves, of which little changes: sizes and watermarks.  For the time before its
 * marker, or without one.
 */
void mm_zones_size(struct mm_machine *m, const struct sg_snapshot *snap)
{
	for (unsigned int i = 0; i < m->core.nr_zones; i++)
		for (unsigned int k = 0; k < snap->nr_zones; k++) {
			const struct sg_zone_snap *zs = &snap->zone[k];
			struct zone_state *z = &m->core.zone[i];

			if (zs->node != z->node || strcmp(zs->name, z->name) != 0)
				continue;
			z->present = zs->present;
			z->managed = zs->managed;
			z->wmark_min = zs->wmark_min;
			z->wmark_low = zs->wmark_low;
			z->wmark_high = zs->wmark_high;
			z->wmark_promo = zs->wmark_promo;
		}
}

/*
 * The zones take over what @snap says.
 * @pages: m->seed is its map of pages already, and the page arrays are empty
 * @types: what pagetypeinfo says may be used
 */
void mm_zones_seed(struct mm_machine *m, const struct sg_snapshot *snap, bool pages, bool types)
{
	mm_zones_size(m, snap);
	for (unsigned int i = 0; i < m->core.nr_zones; i++) {
		struct zone_state *z = &m->core.zone[i];
		const struct sg_zone_snap *zs = NULL;
		uint64_t by_order[MM_MAX_ORDERS] = { 0 };
		bool typed;

		for (unsigned int k = 0; k < snap->nr_zones; k++)
			if (snap->zone[k].node == z->node && strcmp(snap->zone[k].name, z->name) == 0)
				zs = &snap->zone[k];
		typed = types && zs && zs->have_types;
		if (pages) {
			mm_lists_clear(z);
			memset(z->folios, 0, sizeof(z->folios));
			count_zone(m, z, by_order);
			for (unsigned int o = 0; o < m->nr_orders; o++)
				share_out(z, zs, typed, o, by_order[o]);
			z->list_known = z->nr_pages[PS_UNKNOWN] == 0;
			mm_complete_seed(z, typed);
		}
		if (!zs)
			continue;
		z->have_type_blocks = typed;
		if (typed)
			memcpy(z->type_blocks, zs->type_blocks, sizeof(z->type_blocks));
	}
}

const char *mm_node_text(int node, char buf[12])
{
	if (node < 0)
		return "?";
	snprintf(buf, 12, "%d", node);
	return buf;
}

/** No page of any zone is known any more, nor how many pageblocks there are of each type. */
void mm_zones_blank(struct mm_machine *m)
{
	for (unsigned int i = 0; i < m->core.nr_zones; i++) {
		struct zone_state *z = &m->core.zone[i];

		mm_lists_clear(z);
		memset(z->folios, 0, sizeof(z->folios));
		memset(z->nr_pages, 0, sizeof(z->nr_pages));
		z->nr_pages[PS_UNKNOWN] = z->end - z->start;
		z->list_known = z->have_type_blocks = false;
		memset(z->complete, 0, sizeof(z->complete));
		memset(z->type_blocks, 0, sizeof(z->type_blocks));
	}
}

unsigned int mm_nr_zones(const struct mm_machine *m)
{
	return m->core.nr_zones;
}

uint64_t mm_end_pfn(const struct mm_machine *m)
{
	return mm_edge_out(m, mm_end_index(m));
}

uint64_t mm_next_pfn(const struct mm_machine *m, uint64_t pfn)
{
	uint64_t i = m->map ? mm_map_edge_in(m->map, pfn) : pfn, next = UINT64_MAX;

	for (unsigned int k = 0; k < m->core.nr_zones; k++) {
		const struct zone_state *z = &m->core.zone[k];

		if (i < z->end && (i > z->start ? i : z->start) < next)
			next = i > z->start ? i : z->start;
	}
	return next == UINT64_MAX ? UINT64_MAX : mm_out(m, next);
}

uint64_t mm_page_rank(const struct mm_machine *m, uint64_t pfn)
{
	return m->map ? mm_map_edge_in(m->map, pfn) : pfn;
}

uint64_t mm_page_at(const struct mm_machine *m, uint64_t rank)
{
	return mm_out(m, rank);
}

bool mm_has_holes(const struct mm_machine *m)
{
	return m->map != NULL;
}

uint64_t mm_end_index(const struct mm_machine *m)
{
	uint64_t end = 0;

	for (unsigned int i = 0; i < m->core.nr_zones; i++)
		if (m->core.zone[i].end > end)
			end = m->core.zone[i].end;
	return end;
}

void mm_zone_get(const struct mm_machine *m, unsigned int i, struct mm_zone_info *ret)
{
	const struct zone_state *z;
	uint64_t known = 0, blocks;

	memset(ret, 0, sizeof(*ret));
	if (i >= m->core.nr_zones)
		return;
	z = &m->core.zone[i];
	ret->node = z->node;
	ret->nr_orders = z->nr_orders;
	memcpy(ret->name, z->name, sizeof(ret->name));
	ret->start_pfn = mm_out(m, z->start);
	ret->end_pfn = mm_edge_out(m, z->end);
	ret->span = z->end - z->start;
	ret->present = z->present;
	ret->managed = z->managed;
	ret->deduced = z->deduced;
	ret->mixed = z->mixed;
	ret->wmark_min = z->wmark_min;
	ret->wmark_low = z->wmark_low;
	ret->wmark_high = z->wmark_high;
	ret->wmark_promo = z->wmark_promo;
	ret->nr_free = z->nr_pages[PS_FREE] + z->nr_pages[PS_FREET];
	ret->nr_pcp = z->nr_pages[PS_PCP];
	ret->nr_alloc = z->nr_pages[PS_ALLOC];
	ret->nr_isolated = z->nr_pages[PS_ISO];
	ret->nr_unknown = z->nr_pages[PS_UNKNOWN];
	for (unsigned int o = 0; o < m->nr_orders; o++) {
		for (unsigned int t = 0; t < MM_NR_MT; t++) {
			const struct free_list *l = &z->list[o][t];
			uint64_t n = (uint64_t)l->nr_linked + l->nr_unplaced;

			ret->free[o] += n;
			if (t < SG_MAX_MIGRATETYPES)
				ret->type_free[t][o] = n;
		}
		ret->folios[o] = z->folios[o];
	}
	memcpy(ret->type_blocks, z->type_blocks, sizeof(ret->type_blocks));
	for (unsigned int t = 0; t < SG_MAX_MIGRATETYPES; t++)
		known += z->type_blocks[t];
	blocks = ((z->end - 1) >> m->pb_order) - (z->start >> m->pb_order) + 1;
	ret->unknown_blocks = !z->have_type_blocks && blocks > known ? blocks - known : 0;
	ret->list_known = z->list_known;
	if (m->cap->still)
		mm_still_zone(m, z, ret);
}

int mm_fragmentation_index(const struct mm_zone_info *z, unsigned int order)
{
	uint64_t blocks = 0, free = 0, suitable = 0;

	for (unsigned int o = 0; o < z->nr_orders; o++) {
		blocks += z->free[o];
		free += z->free[o] << o;
		if (o >= order)
			suitable += z->free[o] << (o - order);
	}
	if (blocks == 0 || order >= z->nr_orders)
		return 0;
	if (suitable)
		return -1000;
	return 1000 - (int)((1000 + free * 1000 / (1ull << order)) / blocks);
}

int mm_unusable_index(const struct mm_zone_info *z, unsigned int order)
{
	uint64_t free = 0, suitable = 0;

	for (unsigned int o = 0; o < z->nr_orders; o++) {
		free += z->free[o] << o;
		if (o >= order)
			suitable += z->free[o] << (o - order);
	}
	if (free == 0 || order >= z->nr_orders)
		return 1000; /* nothing is free: all of it unusable */
	return (int)((free - (suitable << order)) * 1000 / free);
}
