// SPDX-License-Identifier: GPL-2.0-only
/* Samples of a run's figures, and maps of its pageblocks. */
#include "cmd_track.h"

#include <string.h>

static const struct {
	const char *key, *text;
	bool gauge;
} kinds[] = {
#define X(id, k, g, t) { k, t, g },
	TRACK_LIST(X)
#undef X
};

const char *track_key(unsigned int kind)
{
	return kinds[kind].key;
}

const char *track_text(unsigned int kind)
{
	return kinds[kind].text;
}

bool track_is_gauge(unsigned int kind)
{
	return kinds[kind].gauge;
}

/* ---- maps ------------------------------------------------------------------------------------------- */

static enum track_class class_of(const struct sg_capture *cap, const struct mm_block_info *b)
{
	static const struct {
		const char *name;
		enum track_class c;
	} types[] = { { "Unmovable", TRACK_UNMOVABLE }, { "Movable", TRACK_MOVABLE },   { "Reclaimable", TRACK_RECLAIMABLE },
		      { "HighAtomic", TRACK_HIGHATOMIC }, { "CMA", TRACK_CMA },	      { "Isolate", TRACK_ISOLATE } };
	uint8_t mt = b->migratetype != MM_MT_UNKNOWN ? b->migratetype : b->foreseen;

	if (mt >= cap->nr_migratetypes)
		return mt == MM_MT_UNKNOWN ? TRACK_UNKNOWN : TRACK_OTHER;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(cap->migratetype[mt], types[i].name) == 0)
			return types[i].c == TRACK_MOVABLE && b->nr_foreign ? TRACK_POLLUTED : types[i].c;
	return TRACK_OTHER;
}

struct cell {
	uint32_t of[TRACK_CLASSES];
	uint64_t pages, free;
};

/* What most of it is; of as many, what harms more. */
static uint8_t cell_of(const struct cell *c)
{
	unsigned int best = TRACK_NONE;
	uint64_t level;

	for (unsigned int k = 1; k < TRACK_CLASSES; k++)
		if (c->of[k] > c->of[best] || (c->of[k] && c->of[k] == c->of[best] && k == TRACK_POLLUTED))
			best = k;
	if (!c->pages)
		return (uint8_t)best;
	level = c->free == c->pages ? 3 : 3 * c->free / c->pages;
	return (uint8_t)(best | level << 4);
}

static uint64_t nr_blocks(const struct mm_machine *m)
{
	unsigned int pb = mm_pageblock_order(m);
	uint64_t n = 0;

	for (uint64_t pfn = mm_next_pfn(m, 0); pfn != UINT64_MAX; n++)
		pfn = mm_next_pfn(m, ((pfn >> pb) + 1) << pb);
	return n;
}

void track_draw(struct track_map *map, const struct sg_capture *cap, const struct mm_machine *m, uint64_t ns)
{
	unsigned int pb = mm_pageblock_order(m);
	uint64_t each = (nr_blocks(m) + TRACK_CELLS - 1) / TRACK_CELLS, n = 0;
	struct cell c = { { 0 } };
	struct mm_block_info b;

	memset(map, 0, sizeof(*map));
	map->ns = ns;
	map->position = mm_position(m);
	map->blocks_each = (uint32_t)each;
	for (uint64_t pfn = mm_next_pfn(m, 0); pfn != UINT64_MAX;) {
		uint64_t block = pfn >> pb;
		enum track_class k;
		uint64_t pages;

		mm_block_get(m, block, &b);
		pages = (UINT64_C(1) << pb) - b.nr_none;
		k = pages ? class_of(cap, &b) : TRACK_NONE;
		map->blocks[k]++;
		map->whole += pages && b.nr_free == pages;
		c.of[k]++;
		c.pages += pages;
		c.free += b.nr_free;
		pfn = mm_next_pfn(m, (block + 1) << pb);
		if (++n == each || pfn == UINT64_MAX) {
			if (map->nr < TRACK_CELLS)
				map->cell[map->nr++] = cell_of(&c);
			c = (struct cell){ { 0 } };
			n = 0;
		}
	}
	map->made = true;
}

/* ---- samples ------------------------------------------------------------------------------------------- */

static void sample(struct tracker *w, const struct mm_machine *m, int64_t *v)
{
	unsigned int pb = mm_pageblock_order(m);
	struct mm_zone_info z;

	v[TRACK_FREE] = v[TRACK_WHOLE] = 0;
	for (unsigned int i = 0; i < mm_nr_zones(m); i++) {
		mm_zone_get(m, i, &z);
		v[TRACK_FREE] += (int64_t)z.nr_free;
		for (unsigned int o = pb; o < mm_nr_orders(m); o++)
			v[TRACK_WHOLE] += (int64_t)(z.free[o] << (o - pb));
	}
	v[TRACK_STALLS] = mm_figures_now(w->f, MM_FIG_DIRECT_RECLAIMS) + mm_figures_now(w->f, MM_FIG_COMPACT_STALL);
	v[TRACK_RECLAIMED] = mm_figures_now(w->f, MM_FIG_PGSTEAL_KSWAPD) + mm_figures_now(w->f, MM_FIG_PGSTEAL_DIRECT);
	v[TRACK_MOVED] = mm_figures_now(w->f, MM_FIG_COMPACT_MOVED);
	v[TRACK_EXTFRAG] = mm_figures_now(w->f, MM_FIG_EXTFRAG);
}

/* Full: every second sample goes, and the next ones lie twice as far apart. */
static void thin_out(struct track *t)
{
	for (uint32_t i = 0; 2 * i < t->nr; i++)
		memcpy(t->v[i], t->v[2 * i], sizeof(t->v[i]));
	t->nr = (t->nr + 1) / 2;
	t->step *= 2;
}

/* All samples that are due by @ns have the values that hold now. */
static void take(struct tracker *w, uint64_t ns, const struct mm_machine *m)
{
	int64_t v[TRACK_COUNT];

	sample(w, m, v);
	while (w->due <= ns) {
		struct track *t = w->t;

		if (t->nr == TRACK_SAMPLES) {
			thin_out(t);
			w->due = t->nr * t->step;
			continue;
		}
		memcpy(t->v[t->nr++], v, sizeof(v));
		w->due += t->step;
	}
}

void track_begin(struct tracker *w, uint64_t length, const struct mm_machine *m)
{
	memset(w->t, 0, sizeof(*w->t)); /* it may be the second try of a run */
	w->t->step = length / (TRACK_SAMPLES / 2) + 1;
	w->due = 0;
	w->next = 1;
	track_draw(&w->t->map[0], w->cap, m, 0);
	take(w, 0, m);
}

void track_event(struct tracker *w, uint64_t ts, const struct mm_machine *m)
{
	uint64_t ns = ts > w->start ? ts - w->start : 0;

	if (ns > w->t->ns)
		w->t->ns = ns;
	if (ns >= w->due)
		take(w, ns, m);
	for (; w->next + 1 < w->nr_moments && ns >= w->moment[w->next]; w->next++)
		track_draw(&w->t->map[w->next], w->cap, m, ns);
}

void track_end(struct tracker *w, const struct mm_machine *m)
{
	take(w, w->t->ns, m);
	if (w->nr_moments)
		track_draw(&w->t->map[w->nr_moments - 1], w->cap, m, w->t->ns);
}

void track_forget(struct track *t, const struct mm_figure_values *v)
{
	bool known[TRACK_COUNT] = {
		[TRACK_FREE] = true,
		[TRACK_WHOLE] = true,
		[TRACK_STALLS] = v->v[MM_FIG_DIRECT_RECLAIMS] != MM_FIGURE_UNKNOWN && v->v[MM_FIG_COMPACT_STALL] != MM_FIGURE_UNKNOWN,
		[TRACK_RECLAIMED] = v->v[MM_FIG_PGSTEAL_KSWAPD] != MM_FIGURE_UNKNOWN && v->v[MM_FIG_PGSTEAL_DIRECT] != MM_FIGURE_UNKNOWN,
		[TRACK_MOVED] = v->v[MM_FIG_COMPACT_MOVED] != MM_FIGURE_UNKNOWN,
		[TRACK_EXTFRAG] = v->v[MM_FIG_EXTFRAG] != MM_FIGURE_UNKNOWN,
	};

	for (uint32_t i = 0; i < t->nr; i++)
		for (unsigned int k = 0; k < TRACK_COUNT; k++)
			if (!known[k])
				t->v[i][k] = MM_FIGURE_UNKNOWN;
}

int64_t track_at(const struct track *t, unsigned int kind, uint64_t ns)
{
	uint64_t i = t->step ? ns / t->step : 0, rest = t->step ? ns % t->step : 0;
	int64_t a, b;

	if (!t->nr || (ns > t->ns && kinds[kind].gauge))
		return MM_FIGURE_UNKNOWN;
	if (i + 1 >= t->nr)
		return t->v[t->nr - 1][kind];
	a = t->v[i][kind];
	b = t->v[i + 1][kind];
	if (kinds[kind].gauge || a == MM_FIGURE_UNKNOWN || b == MM_FIGURE_UNKNOWN)
		return a;
	return a + (int64_t)((double)(b - a) * (double)rest / (double)t->step);
}
