// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mem-Info: what the kernel prints of its zones when a request fails.
 *
 *	Node 0 DMA free:14848kB boost:0kB min:296kB low:368kB high:440kB reserved_highatomic:0KB free_highatomic:0KB ...
 *	lowmem_reserve[]: 0 2909 3804 3804 3804
 *	Node 0 DMA: 0*4kB 0*8kB 0*16kB 0*32kB 1*64kB (U) 1*128kB (U) ... 3*4096kB (M) = 14848kB
 *
 * "Node N" is missing where the kernel knows no nodes; boost came with 5.11, reserved_highatomic with 5.0, free_highatomic
 * with 6.13; the letters name the lists that have blocks of that size.  A list's sizes tell the page size.
 * Words are looked for anywhere in a line, since mail programs join and wrap lines.
 *
 * Source: mm/show_mem.c: show_free_areas() (before 6.5 mm/page_alloc.c), show_migration_types(), 4.4 to 7.3
 */
#include <stdlib.h>
#include <string.h>

#include "sg_err.h"
#include "tx_priv.h"

#define MORE_LINES 12 /* a zone's line is long: wrapped at 72 columns it has up to 9 */

static const char *const zone_names[] = { "DMA", "DMA32", "Normal", "HighMem", "Movable", "Device" };
#define NR_ZONE_NAMES (sizeof(zone_names) / sizeof(zone_names[0]))

/* Name of a zone, with @colon behind it or not. */
static const char *zone_name(const struct tx_word *w, bool colon)
{
	for (size_t i = 0; i < NR_ZONE_NAMES; i++) {
		size_t n = strlen(zone_names[i]);

		if (w->n == n + colon && memcmp(w->s, zone_names[i], n) == 0 && (!colon || w->s[n] == ':'))
			return zone_names[i];
	}
	return NULL;
}

/* "KEY:123kB" at the start of a word: the number; false when it is something else. */
static bool key_kb(const struct tx_word *w, const char *key, uint64_t *v)
{
	size_t n = strlen(key);
	const char *p = w->s + n, *e = w->s + w->n;

	if (w->n <= n || memcmp(w->s, key, n) != 0 || !tx_digits(&p, e, v))
		return false;
	return e - p >= 2 && (p[0] == 'k' || p[0] == 'K') && p[1] == 'B';
}

/* "mlocked:0kB": a name, and a number behind the colon */
static bool key_value(const struct tx_word *w)
{
	const char *colon = memchr(w->s, ':', w->n);

	return colon && colon + 1 < w->s + w->n && colon[1] >= '0' && colon[1] <= '9';
}

/* "12*4kB" */
static bool list_item(const struct tx_word *w, uint64_t *nr, uint64_t *kb)
{
	const char *p = w->s, *e = w->s + w->n;

	return tx_digits(&p, e, nr) && p < e && *p++ == '*' && tx_digits(&p, e, kb) && e - p >= 2 &&
	       (p[0] == 'k' || p[0] == 'K') && p[1] == 'B';
}

bool tx_meminfo_is(const struct tx_line *l)
{
	static const char *const marks[] = { "Mem-Info:", "Mem-info:", " free:", "*4kB", "kB (", "lowmem_reserve[]:", "0*", "KB (" };

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (tx_find(l->s, l->e, marks[i]))
			return true;
	/* "Node 0 DMA", "DMA:": what follows may stand in the next line */
	if (tx_find(l->s, l->e, "Node") == l->s)
		return true;
	for (size_t i = 0; i < NR_ZONE_NAMES; i++)
		if (tx_find(l->s, l->e, zone_names[i]) == l->s)
			return true;
	return tx_find(l->s, l->e, "free:") == l->s || tx_find(l->s, l->e, "all_unreclaimable?") != NULL;
}

bool tx_meminfo_has(const struct tx_dump *d, int node, const char *zone)
{
	for (unsigned int i = 0; d->s && i < d->s->nr_zones; i++)
		if (d->s->zone[i].node == node && strcmp(d->s->zone[i].name, zone) == 0)
			return i < d->nr_kb && d->kb[i].set;
	return false;
}

/* The numbers of a zone's line; @w is its "free:" word.  Ends at the first word that is none of them. */
static void zone_line(struct tx_reader *rd, struct tx_cur *c, struct tx_word *w, int node, const char *name)
{
	struct sg_zone_snap *z;
	struct tx_kb *kb;
	struct tx_cur keep = *c;

	if (!rd->d.s || tx_meminfo_has(&rd->d, node, name))
		if (!tx_begin(rd, SG_STILL_MEMINFO))
			return;
	z = tx_zone(rd, node, name);
	if (!z)
		return;
	kb = &rd->d.kb[z - rd->d.s->zone];
	kb->set = true;
	do {
		const struct {
			const char *key;
			uint64_t *to;
			uint32_t known;
		} keys[] = {
			{ "free:", &kb->free, SG_ZONE_NR_FREE },
			{ "boost:", &kb->boost, SG_ZONE_BOOST },
			{ "min:", &kb->min, 0 },
			{ "low:", &kb->low, 0 },
			{ "high:", &kb->high, SG_ZONE_WMARKS },
			{ "reserved_highatomic:", &kb->reserved_highatomic, SG_ZONE_HIGHATOMIC },
			{ "free_highatomic:", &kb->free_highatomic, SG_ZONE_FREE_HIGHATOMIC },
			{ "present:", &kb->present, 0 },
			{ "managed:", &kb->managed, SG_ZONE_SIZE },
			{ "free_pcp:", &kb->free_pcp, SG_ZONE_PCP },
			{ "free_cma:", &kb->free_cma, SG_ZONE_FREE_CMA },
		};
		bool any = false;
		uint64_t v;

		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && !any; i++) {
			any = key_kb(w, keys[i].key, &v);
			if (any) {
				*keys[i].to = v;
				z->known |= keys[i].known;
			}
		}
		if (tx_is(w, "all_unreclaimable?")) {
			if (!tx_word(c, w))
				return;
			z->known |= SG_ZONE_RECLAIMABLE;
			z->all_unreclaimable = tx_is(w, "yes");
			any = true;
		}
		/* others: active_anon:12kB, mlocked:0kB, pages_scanned:0 */
		if (!any && !key_value(w)) {
			*c = keep; /* the word belongs to what follows */
			return;
		}
		keep = *c;
	} while (tx_word(c, w));
}

/* "0 2909 3804": of the zone whose line came before. */
static void reserve_line(struct tx_reader *rd, struct tx_cur *c)
{
	struct tx_cur keep = *c;
	struct sg_zone_snap *z = NULL;
	struct tx_word w;
	uint64_t v;

	if (rd->d.s && rd->d.s->nr_zones)
		z = &rd->d.s->zone[rd->d.s->nr_zones - 1];
	if (z && z->nr_protection)
		z = NULL;
	while (tx_word(c, &w) && tx_number(&w, &v)) {
		if (z && z->nr_protection < SG_MAX_ZONE_TYPES)
			z->protection[z->nr_protection++] = v;
		keep = *c;
	}
	*c = keep;
}

/* Letters of lists: mm/show_mem.c: show_migration_types() */
static uint8_t letters(const struct tx_word *w)
{
	static const char by_number[] = "UMEHCI";
	uint8_t bits = 0;

	for (size_t i = 1; i + 1 < w->n; i++) {
		const char *p = memchr(by_number, w->s[i], 6);

		if (p)
			bits |= (uint8_t)(1u << (p - by_number));
	}
	return bits;
}

/* A zone's free list; @w is its first item. */
static void list_line(struct tx_reader *rd, struct tx_cur *c, struct tx_word *w, int node, const char *name)
{
	uint64_t nr, kb, sum = 0, first = 0, total, blocks[SG_MAX_ORDERS] = { 0 };
	uint8_t types[SG_MAX_ORDERS] = { 0 };
	struct sg_zone_snap *z;
	struct tx_cur keep = *c;
	unsigned int n = 0;
	bool lettered = false, whole = false, more = true, odd = false;

	while (more) {
		if (list_item(w, &nr, &kb)) {
			if (n == 0)
				first = kb;
			odd |= n >= SG_MAX_ORDERS || first == 0 || n >= 40 || kb != first << n;
			if (n < SG_MAX_ORDERS)
				blocks[n] = nr;
			n++;
			sum += nr < UINT64_MAX / 2 && kb < (1u << 30) ? nr * kb : 0;
		} else if (n && w->n > 2 && w->s[0] == '(' && w->s[w->n - 1] == ')') {
			if (n <= SG_MAX_ORDERS)
				types[n - 1] = letters(w);
			lettered = true;
		} else if (tx_is(w, "=")) {
			more = tx_word(c, w);
			whole = more && key_kb(w, "", &total);
			if (whole)
				keep = *c;
			break;
		} else {
			break;
		}
		keep = *c;
		more = tx_word(c, w);
	}
	*c = keep;
	if (n == 0)
		return;
	/* lists that nobody's zone line came before: the text begins in the middle */
	for (unsigned int i = 0; rd->d.s && i < rd->d.s->nr_zones; i++)
		if (rd->d.s->zone[i].node == node && strcmp(rd->d.s->zone[i].name, name) == 0 && rd->d.s->zone[i].have_free)
			tx_begin(rd, SG_STILL_MEMINFO);
	if (!rd->d.s && !tx_begin(rd, SG_STILL_MEMINFO))
		return;
	z = tx_zone(rd, node, name);
	if (!z)
		return;
	if (odd || first == 0 || first > 1024 || (first & (first - 1))) {
		rd->d.cut = true; /* items are missing: which order a count belongs to isn't known */
		return;
	}
	if (rd->d.list_kb && rd->d.list_kb != first)
		rd->d.sizes_differ = true;
	rd->d.list_kb = (unsigned int)first;
	rd->d.cut |= !whole;
	rd->d.lists_differ |= whole && total != sum;
	if (!whole)
		return;
	memcpy(z->free, blocks, sizeof(z->free));
	z->nr_orders = n;
	z->have_free = true;
	if (lettered || sum == 0) {
		memcpy(z->types_at, types, sizeof(z->types_at));
		z->known |= SG_ZONE_TYPES_AT;
	}
}

/* "free:62086": of all zones together. */
static void total_free(struct tx_dump *d, const struct tx_word *w)
{
	const char *p = w->s + strlen("free:");
	uint64_t v;

	if (tx_digits(&p, w->s + w->n, &v) && p == w->s + w->n)
		d->free_pages = v;
}

static void node_line(struct tx_dump *d, struct tx_cur *c, uint64_t node)
{
	struct tx_cur keep = *c;
	struct tx_word w;

	for (int i = 0; i < 60 && tx_word(c, &w); i++) {
		if (tx_is(&w, "all_unreclaimable?")) {
			if (tx_word(c, &w) && node < 32 && tx_is(&w, "yes"))
				d->unreclaimable |= 1u << node;
			else if (node < 32 && tx_is(&w, "no"))
				d->reclaimable |= 1u << node;
			return;
		}
		if (!key_value(&w)) {
			*c = keep;
			return;
		}
		keep = *c;
	}
}

void tx_meminfo_line(struct tx_reader *rd, const struct tx_line *l)
{
	struct tx_cur c = { .t = rd->t, .l = *l };
	const char *name = NULL;
	uint64_t node = 0, v, kb;
	bool have_node = false;
	struct tx_word w;

	for (;;) {
		const char *z;

		/* only what an item needs is fetched from the lines behind */
		c.more = have_node || name ? 1 : 0;
		if (!tx_word(&c, &w))
			break;
		c.more = MORE_LINES;
		if (tx_is(&w, "Mem-Info:") || tx_is(&w, "Mem-info:")) {
			if (!rd->d.s || rd->d.s->nr_zones || rd->d.s->still->origin == SG_STILL_OOM_MEMCG)
				tx_begin(rd, SG_STILL_MEMINFO);
			continue;
		}
		if (tx_is(&w, "Node")) {
			have_node = tx_word(&c, &w) && tx_number(&w, &node) && node < 65536;
			node = have_node ? node : 0;
			name = NULL;
			continue;
		}
		if (have_node && tx_starts(&w, "active_anon:") && rd->d.s) {
			node_line(&rd->d, &c, node);
			have_node = false;
			continue;
		}
		if (name && key_kb(&w, "free:", &v)) {
			zone_line(rd, &c, &w, (int)node, name);
			node = 0;
			have_node = false;
			name = NULL;
			continue;
		}
		if (!name && tx_starts(&w, "free:") && rd->d.s)
			total_free(&rd->d, &w);
		name = zone_name(&w, false);
		if (name)
			continue;
		if (tx_is(&w, "lowmem_reserve[]:")) {
			reserve_line(rd, &c);
			continue;
		}
		z = zone_name(&w, true);
		if (z) {
			struct tx_cur at = c;

			if (tx_word(&c, &w) && list_item(&w, &v, &kb))
				list_line(rd, &c, &w, (int)node, z);
			else
				c = at;
		}
		node = 0;
		have_node = false;
	}
	rd->t = c.t;
}

static uint64_t pages(uint64_t kb, unsigned int page_kb)
{
	return kb / page_kb;
}

void tx_meminfo_finish(struct tx_dump *d)
{
	struct sg_still *st = d->s->still;
	unsigned int page_kb = d->list_kb;
	uint64_t sum = 0, zones = 0;

	for (unsigned int i = 0; i < d->nr_kb; i++) {
		zones += d->kb[i].set;
		sum += d->kb[i].free < UINT64_MAX / 4096 ? d->kb[i].free : 0;
	}
	if (zones == 0 && !page_kb)
		return;
	/* without lists: the same free memory, once in pages and once in kB */
	for (unsigned int k = 1; !page_kb && d->free_pages && k <= 1024; k <<= 1)
		if (sum / k - sum / k / 20 <= d->free_pages && d->free_pages <= sum / k + sum / k / 20 && sum)
			page_kb = k;
	if (!page_kb) {
		page_kb = 4;
		sg_limits_add(&st->limits, SG_LIMIT_PAGE_SIZE_ASSUMED, 0, 0, "post the free lists (\"Node 0 DMA: 0*4kB ...\") as well",
			      "the text has no free list: pages are taken to have 4 kB");
	}
	st->page_size = page_kb * 1024;
	for (unsigned int i = 0; i < d->nr_kb; i++) {
		struct sg_zone_snap *z = &d->s->zone[i];
		const struct tx_kb *kb = &d->kb[i];

		if (!kb->set)
			continue;
		z->nr_free = pages(kb->free, page_kb);
		z->wmark_boost = pages(kb->boost, page_kb);
		z->wmark_min = pages(kb->min, page_kb);
		z->wmark_low = pages(kb->low, page_kb);
		z->wmark_high = pages(kb->high, page_kb);
		z->reserved_highatomic = pages(kb->reserved_highatomic, page_kb);
		z->free_highatomic = pages(kb->free_highatomic, page_kb);
		z->present = pages(kb->present, page_kb);
		z->managed = pages(kb->managed, page_kb);
		z->nr_pcp_pages = pages(kb->free_pcp, page_kb);
		z->free_cma = pages(kb->free_cma, page_kb);
		if (z->node < 32 && ((d->unreclaimable | d->reclaimable) >> z->node & 1)) {
			z->known |= SG_ZONE_RECLAIMABLE;
			z->all_unreclaimable = d->unreclaimable >> z->node & 1;
		}
	}
	if (d->lists_differ)
		sg_limits_add(&st->limits, SG_LIMIT_TEXT_LOSSY, 0, 0, "post the lines as they stand in the log",
			      "free lists don't add up to the sum that stands behind them: the text was changed or is from two "
			      "moments");
	if (d->cut)
		sg_limits_add(&st->limits, SG_LIMIT_TEXT_LOSSY, 0, 0, "post the lines whole",
			      "a zone's free list is cut or has gaps: its free blocks are unknown");
	if (d->sizes_differ)
		sg_limits_add(&st->limits, SG_LIMIT_TEXT_LOSSY, 0, 0, "post the dumps of one machine together",
			      "free lists begin with blocks of different sizes: the page size is that of the last list");
}
