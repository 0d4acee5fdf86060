// SPDX-License-Identifier: GPL-2.0-only
/* What figures are called, and how their values are written. */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "demand/demand.h"
#include "figures/figures.h"
#include "sim/sim.h"

static const struct {
	const char *key, *text, *vmstat;
	uint8_t unit, more, sure;
} table[] = {
#define X(id, k, u, m, s, stat, t) \
	[MM_FIG_##id] = { .key = k, .text = t, .vmstat = stat, .unit = MM_UNIT_##u, .more = MM_MORE_IS_##m, .sure = MM_SURE_##s },
	MM_FIGURE_LIST(X)
#undef X
};

/* A migratetype's name as a part of a key. */
static void type_key(const struct sg_capture *cap, unsigned int mt, char *buf, size_t size)
{
	if (mt >= cap->nr_migratetypes || !cap->migratetype[mt][0]) {
		snprintf(buf, size, "type%u", mt);
		return;
	}
	snprintf(buf, size, "%s", cap->migratetype[mt]);
	for (char *c = buf; *c; c++)
		*c = isalnum((unsigned char)*c) ? (char)tolower((unsigned char)*c) : '_';
}

static void pair_info(unsigned int i, const struct sg_capture *cap, struct mm_figure_info *ret)
{
	char to[16], from[16];

	type_key(cap, i / SG_MAX_MIGRATETYPES, to, sizeof(to));
	type_key(cap, i % SG_MAX_MIGRATETYPES, from, sizeof(from));
	snprintf(ret->key, sizeof(ret->key), "extfrag_%s_from_%s", to, from);
	snprintf(ret->text, sizeof(ret->text), "%s requests that took a %s block", to, from);
	ret->unit = MM_UNIT_TIMES;
	ret->more = MM_MORE_IS_WORSE;
	ret->sure = MM_SURE_EXACT;
}

void mm_figure_info(unsigned int fig, const struct sg_capture *cap, struct mm_figure_info *ret)
{
	*ret = (struct mm_figure_info){ .unit = MM_UNIT_BLOCKS, .more = MM_MORE_IS_NEITHER, .sure = MM_SURE_STATE };
	if (fig < MM_FIG_FREE_END) {
		snprintf(ret->key, sizeof(ret->key), "%s", table[fig].key);
		snprintf(ret->text, sizeof(ret->text), "%s", table[fig].text);
		ret->unit = (enum mm_unit)table[fig].unit;
		ret->more = (enum mm_more)table[fig].more;
		ret->sure = (enum mm_sure)table[fig].sure;
		ret->vmstat = table[fig].vmstat;
	} else if (fig < MM_FIG_OBTAINED) {
		snprintf(ret->key, sizeof(ret->key), "free_blocks_end_order_%u", fig - MM_FIG_FREE_END);
		snprintf(ret->text, sizeof(ret->text), "free blocks of order %u at the end", fig - MM_FIG_FREE_END);
	} else if (fig < MM_FIG_PAIR) {
		snprintf(ret->key, sizeof(ret->key), "obtained_order_%u", fig - MM_FIG_OBTAINED);
		snprintf(ret->text, sizeof(ret->text), "requests of order %u that got a block", fig - MM_FIG_OBTAINED);
		ret->unit = MM_UNIT_TIMES;
		ret->sure = MM_SURE_EXACT;
	} else if (fig < MM_FIG_HOPELESS) {
		pair_info(fig - MM_FIG_PAIR, cap, ret);
	} else if (fig >= MM_FIG_ANON) {
		snprintf(ret->key, sizeof(ret->key), "anon_order_%u", fig - MM_FIG_ANON);
		snprintf(ret->text, sizeof(ret->text), "folios of order %u that faults on anonymous memory got", fig - MM_FIG_ANON);
		ret->unit = MM_UNIT_TIMES;
	} else {
		snprintf(ret->key, sizeof(ret->key), "hopeless_ns_node_%u", fig - MM_FIG_HOPELESS);
		snprintf(ret->text, sizeof(ret->text), "time in which kswapd had given node %u up", fig - MM_FIG_HOPELESS);
		ret->unit = MM_UNIT_NS;
		ret->more = MM_MORE_IS_WORSE;
	}
}

static const char *grouped(uint64_t v, bool minus, char *buf, size_t size)
{
	char digits[24], out[40];
	int n = snprintf(digits, sizeof(digits), "%" PRIu64, v), k = 0;

	if (minus)
		out[k++] = '-';
	for (int i = 0; i < n; i++) {
		if (i && (n - i) % 3 == 0)
			out[k++] = ',';
		out[k++] = digits[i];
	}
	out[k] = 0;
	snprintf(buf, size, "%s", out);
	return buf;
}

const char *mm_figure_text(enum mm_unit unit, int64_t v, char *buf, size_t size)
{
	uint64_t a = v < 0 ? (uint64_t)0 - (uint64_t)v : (uint64_t)v;
	const char *minus = v < 0 ? "-" : "";

	if (v == MM_FIGURE_UNKNOWN)
		snprintf(buf, size, "?");
	else if (unit == MM_UNIT_MILLI && a < 100000)
		snprintf(buf, size, "%s%" PRIu64 ".%02" PRIu64, minus, a / 1000, a % 1000 / 10);
	else if (unit == MM_UNIT_MILLI)
		grouped((a + 500) / 1000, v < 0, buf, size);
	else if (unit == MM_UNIT_NS && a >= 1000000000)
		snprintf(buf, size, "%s%" PRIu64 ".%02" PRIu64 " s", minus, a / 1000000000, a % 1000000000 / 10000000);
	else if (unit == MM_UNIT_NS && a >= 1000000)
		snprintf(buf, size, "%s%" PRIu64 ".%" PRIu64 " ms", minus, a / 1000000, a % 1000000 / 100000);
	else if (unit == MM_UNIT_NS && a >= 1000)
		snprintf(buf, size, "%s%" PRIu64 " us", minus, a / 1000);
	else if (unit == MM_UNIT_NS)
		snprintf(buf, size, "%s%" PRIu64 " ns", minus, a);
	else
		grouped(a, v < 0, buf, size);
	return buf;
}

/* ---- a captured kernel's own counters ---------------------------------------------------- */

static bool counter(const struct sg_snapshot *snap, const char *key, int64_t *ret)
{
	const char *text = sg_snapshot_get(snap, key);
	char *end;

	if (!text)
		return false;
	*ret = strtoll(text, &end, 10);
	return end != text && !*end;
}

/* How far counter @name, or all that begin with it up to a star, have gone on; unknown where a snapshot has none of them. */
static int64_t went_on(const struct sg_snapshot *from, const struct sg_snapshot *to, const char *name)
{
	size_t len = strcspn(name, "*");
	bool star = name[len] == '*', any = false;
	int64_t sum = 0, a, b;

	for (unsigned int i = 0; i < to->nr_kv; i++) {
		const char *key = to->kv[i].key;

		if (strncmp(key, "vmstat.", 7) != 0 || strncmp(key + 7, name, len) != 0 || (!star && key[7 + len]))
			continue;
		if (!counter(from, key, &a) || !counter(to, key, &b) || b < a)
			return MM_FIGURE_UNKNOWN;
		sum += b - a;
		any = true;
	}
	return any ? sum : MM_FIGURE_UNKNOWN;
}

static void own_types(struct mm_figure_values *v, const struct sg_capture *cap, const struct sg_snapshot *to)
{
	static const struct {
		const char *name;
		enum mm_figure fig;
	} types[] = { { "Unmovable", MM_FIG_UNMOVABLE_END }, { "Reclaimable", MM_FIG_RECLAIMABLE_END }, { "Movable", MM_FIG_MOVABLE_END } };

	for (unsigned int z = 0; z < to->nr_zones; z++)
		if (!to->zone[z].have_types)
			return;
	for (unsigned int i = 0; to->nr_zones && i < sizeof(types) / sizeof(types[0]); i++)
		for (unsigned int t = 0; t < cap->nr_migratetypes; t++) {
			if (strcmp(cap->migratetype[t], types[i].name) != 0)
				continue;
			v->v[types[i].fig] = 0;
			for (unsigned int z = 0; z < to->nr_zones; z++)
				v->v[types[i].fig] += (int64_t)to->zone[z].type_blocks[t];
		}
}

void mm_figures_counters(struct mm_figure_values *v, const struct sg_snapshot *from, const struct sg_snapshot *to)
{
	for (unsigned int i = 0; i < MM_FIG_FREE_END; i++) {
		int64_t n = table[i].vmstat ? went_on(from, to, table[i].vmstat) : MM_FIGURE_UNKNOWN;

		if (n != MM_FIGURE_UNKNOWN)
			v->v[i] = n;
	}
}

/* The sum, where only its parts were told. */
static void add_up(struct mm_figure_values *v)
{
	int64_t a = v->v[MM_FIG_PGSTEAL_KSWAPD], b = v->v[MM_FIG_PGSTEAL_DIRECT];

	if (a != MM_FIGURE_UNKNOWN && b != MM_FIGURE_UNKNOWN)
		v->v[MM_FIG_PGSTEAL] = a + b;
}

/* Free blocks that the captured kernel has marked.  Source: include/linux/page-flags.h: PG_reported is PG_uptodate, 5.7 to 7.3 */
static int add_reported(void *arg, uint64_t pfn, const uint64_t *flags, size_t nr)
{
	static const uint64_t marked = 1ull << 10 | 1ull << 3; /* KPF_BUDDY, KPF_UPTODATE */
	int64_t *n = arg;

	(void)pfn;
	for (size_t i = 0; i < nr; i++)
		*n += (flags[i] & marked) == marked;
	return 0;
}

void mm_figures_own(struct mm_figure_values *v, const struct sg_capture *cap, const struct sg_snapshot *from,
		    const struct sg_snapshot *to)
{
	struct mm_figure_values own = *v;

	if (from && to) {
		mm_figures_counters(&own, from, to);
		for (unsigned int i = 0; i < MM_FIG_FREE_END; i++)
			if (table[i].sure == MM_SURE_NEAR || v->v[i] == MM_FIGURE_UNKNOWN)
				v->v[i] = own.v[i];
		add_up(v);
	}
	if (to)
		own_types(v, cap, to);
	if (to && to->have_pageflags) {
		int64_t blocks = 0;

		if (to->pageflags(to, add_reported, &blocks) == 0)
			v->v[MM_FIG_REPORTED_BLOCKS_END] = blocks;
	}
}

void mm_figures_anon(struct mm_figure_values *v, const struct mm_anon_told *a, uint64_t from)
{
	v->v[MM_FIG_ANON_FAULTS] = (int64_t)a->faults;
	v->v[MM_FIG_ANON_BOUNDS] = (int64_t)a->bounds;
	v->v[MM_FIG_ANON_PRESENT] = (int64_t)a->present;
	v->v[MM_FIG_ANON_NO_PAGE] = (int64_t)a->no_page;
	v->v[MM_FIG_ANON_RULE] = (int64_t)a->rule;
	v->v[MM_FIG_ANON_REFUSED] = (int64_t)a->refused;
	/* who never asks never sees them lacking */
	v->v[MM_FIG_ANON_UNTIL_LACKING] = !a->asked ? MM_FIGURE_UNKNOWN : a->lacking > from ? (int64_t)(a->lacking - from) : v->v[MM_FIG_WINDOW_NS];
	for (unsigned int o = 0; o < MM_MAX_ORDERS; o++)
		v->v[MM_FIG_ANON + o] = (int64_t)a->order[o];
}

void mm_figures_sim(struct mm_figure_values *v, const struct mm_sim *s)
{
	static const struct {
		enum mm_figure fig;
		enum mm_sim_stat stat;
		bool missing; /* only where the events tell nothing */
	} counts[] = {
		{ MM_FIG_PGSTEAL_KSWAPD, MM_SIM_PGSTEAL_KSWAPD, true },
		{ MM_FIG_PGSTEAL_DIRECT, MM_SIM_PGSTEAL_DIRECT, true },
		{ MM_FIG_PGSCAN_KSWAPD, MM_SIM_PGSCAN_KSWAPD, true },
		{ MM_FIG_PGSCAN_DIRECT, MM_SIM_PGSCAN_DIRECT, true },
		{ MM_FIG_ALLOCSTALL, MM_SIM_ALLOCSTALL, false },
		{ MM_FIG_COMPACT_SUCCESS, MM_SIM_COMPACT_SUCCESS, false },
		{ MM_FIG_COMPACT_FAIL, MM_SIM_COMPACT_FAIL, false },
		{ MM_FIG_PSWPOUT, MM_SIM_PSWPOUT, false },
		{ MM_FIG_PGDEMOTE_KSWAPD, MM_SIM_PGDEMOTE, false }, /* by whom isn't kept; a node that demotes does so in kswapd first */
		{ MM_FIG_COMPACT_SCANNED, MM_SIM_COMPACT_MIGRATE_SCANNED, false },
		{ MM_FIG_COMPACT_FREE_SCANNED, MM_SIM_COMPACT_FREE_SCANNED, false },
		{ MM_FIG_REPORTS, MM_SIM_REPORTS, false },
		{ MM_FIG_REPORTED, MM_SIM_REPORTED, false },
		{ MM_FIG_REPORT_REFAULTS, MM_SIM_REPORT_REFAULTS, false },
		{ MM_FIG_REPORTED_IN_VAIN, MM_SIM_REPORTED_IN_VAIN, false },
		{ MM_FIG_REPORTED_TWICE, MM_SIM_REPORTED_TWICE, false },
		{ MM_FIG_REPORT_MARKS_LOST, MM_SIM_REPORT_MARKS_LOST, false },
		{ MM_FIG_REPORT_WALKED, MM_SIM_REPORT_WALKED, false },
		{ MM_FIG_REPORT_SEARCHES, MM_SIM_REPORT_SEARCHES, false },
		{ MM_FIG_REPORT_OVERFLOWS, MM_SIM_REPORT_OVERFLOWS, false },
		{ MM_FIG_REPORT_OVERFLOWS_SEARCH, MM_SIM_REPORT_OVERFLOWS_SEARCH, false },
		{ MM_FIG_REPORT_HELD_MAX, MM_SIM_REPORT_HELD_MAX, false },
		{ MM_FIG_MERGES_HELD_BACK, MM_SIM_MERGES_HELD_BACK, false },
		{ MM_FIG_FAILED_WHILE_REPORTING, MM_SIM_FAILED_WHILE_REPORTING, false },
		{ MM_FIG_HELD_AT_FAILURE, MM_SIM_HELD_AT_FAILURE, false },
	};

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		if (!counts[i].missing || v->v[counts[i].fig] == MM_FIGURE_UNKNOWN)
			v->v[counts[i].fig] = (int64_t)mm_sim_stat(s, counts[i].stat);
	v->v[MM_FIG_REPORTED_MEAN] = mm_sim_reported_mean(s);
	v->v[MM_FIG_REPORTED_END] = mm_sim_reported_now(s);
	v->v[MM_FIG_REPORTED_BLOCKS_END] = mm_sim_reported_blocks(s);
	add_up(v);
}
