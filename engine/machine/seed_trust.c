// SPDX-License-Identifier: GPL-2.0-only
/*
 * The files of a snapshot held against each other.  They are read one after the other while the machine runs, so
 * small differences are to be expected; a gross one shows that a file is damaged, of another machine, or misread.
 */
#include "machine/state.h"
#include "machine/guesses.h"

struct found {
	uint64_t free, frames, unknown;
};

/* What the page flags say of [@start, @end). */
static struct found count(const struct mm_seed_map *s, uint64_t start, uint64_t end)
{
	struct found f = { 0 }, known = { 0 };
	const uint8_t *last = NULL;

	for (uint64_t pfn = start; pfn < end;) {
		const uint8_t *p = mm_seed_pattern(s, pfn);
		uint64_t i = pfn % MM_SEED_PATTERN, n = MM_SEED_PATTERN - i < end - pfn ? MM_SEED_PATTERN - i : end - pfn;

		if (p != last || n != MM_SEED_PATTERN) {
			known = (struct found){ 0 };
			for (uint64_t k = i; k < i + n; k++) {
				unsigned int state = p[k] & 7;

				known.free += state == MM_SEED_FREE || state == MM_SEED_FREET;
				known.frames += state != MM_SEED_NONE;
				known.unknown += state == MM_SEED_UNKNOWN;
			}
			last = n == MM_SEED_PATTERN ? p : NULL;
		}
		f.free += known.free;
		f.frames += known.frames;
		f.unknown += known.unknown;
		pfn += n;
	}
	return f;
}

static bool gross(uint64_t a, uint64_t b, uint64_t of)
{
	return (a > b ? a - b : b - a) > of / 100 * MM_GUESS(GROSS_PERCENT) + MM_GUESS(GROSS_PERCENT);
}

static void say(const struct mm_machine *m, const struct sg_snapshot *s, const struct sg_zone_snap *z, const char *what,
		uint64_t a, const char *other, uint64_t b, const char *not_used)
{
	if (m->cfg.limits)
		sg_limits_add(m->cfg.limits, SG_LIMIT_SNAPSHOT_DISAGREES, 1, SG_LIMIT_END,
			      "take the snapshot again, all files one after the other on the machine that is traced",
			      "snapshot '%s', zone %s of node %d: %s %llu, but %s %llu; %s aren't used", s->name, z->name, z->node,
			      what, (unsigned long long)a, other, (unsigned long long)b, not_used);
}

/* pagetypeinfo against buddyinfo and against the zone. */
static bool types_fit(const struct mm_machine *m, const struct sg_snapshot *s, const struct sg_zone_snap *z)
{
	uint64_t typed = 0, free = 0, blocks = 0, slack = 2ull << m->pb_order;
	bool cut = false;

	for (unsigned int t = 0; t < SG_MAX_MIGRATETYPES; t++) {
		for (unsigned int o = 0; o < m->nr_orders; o++) {
			typed += z->type_free[t][o] << o;
			cut |= z->type_free[t][o] >= 100000; /* the kernel counts no further */
		}
		blocks += z->type_blocks[t];
	}
	for (unsigned int o = 0; o < m->nr_orders; o++)
		free += z->free[o] << o;
	if (z->have_free && !cut && gross(typed, free, z->managed)) {
		say(m, s, z, "pagetypeinfo's free pages are", typed, "buddyinfo's", free, "the types of pagetypeinfo");
		return false;
	}
	if (blocks && (blocks << m->pb_order > z->spanned + z->spanned / 100 * MM_GUESS(GROSS_PERCENT) + slack ||
		       (blocks << m->pb_order) + slack < z->present - z->present / 100 * MM_GUESS(GROSS_PERCENT))) {
		say(m, s, z, "pagetypeinfo's pageblocks have pages", blocks << m->pb_order, "the zone has", z->present,
		    "the types of pagetypeinfo");
		return false;
	}
	return true;
}

/**
 * mm_seed_trusted() - do the files of seed @i fit each other?
 * @ret_types: may what pagetypeinfo says be used?
 * Return: may what the page flags say be used?  What may not is a limit.
 */
bool mm_seed_trusted(const struct mm_machine *m, unsigned int i, bool *ret_types)
{
	const struct sg_snapshot *s = m->cfg.seed[i].snap;
	bool pages = true;

	*ret_types = true;
	for (unsigned int k = 0; k < s->nr_zones; k++) {
		const struct sg_zone_snap *z = &s->zone[k];
		uint64_t free = 0, start = z->start_pfn, end = start + z->spanned;
		struct found f;

		if (m->map) {
			start = mm_map_edge_in(m->map, start);
			end = mm_map_edge_in(m->map, end);
		}
		if (z->have_types && *ret_types)
			*ret_types = types_fit(m, s, z);
		if (!m->seed_map[i] || start >= end || end > MM_MAX_PFN)
			continue;
		f = count(m->seed_map[i], start, end);
		for (unsigned int o = 0; o < m->nr_orders; o++)
			free += z->free[o] << o;
		if (pages && z->have_free && f.unknown == 0 && gross(f.free, free, z->managed)) {
			say(m, s, z, "kpageflags' free pages are", f.free, "buddyinfo's", free, "the page flags");
			pages = false;
		}
		/* holes may well have page flags */
		if (pages && f.frames < z->present && f.unknown == 0 && gross(f.frames, z->present, z->present)) {
			say(m, s, z, "kpageflags' pages are", f.frames, "zoneinfo's", z->present, "the page flags");
			pages = false;
		}
	}
	return pages;
}
