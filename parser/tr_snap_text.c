// SPDX-License-Identifier: GPL-2.0-only
/* The text files of /proc that a snapshot keeps. */
#include "tr_snap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sg_err.h"
#include "sg_mem.h"

/* A line of the text: [s, e). */
struct line {
	const char *s, *e;
};

static bool next_line(const char **p, const char *end, struct line *l)
{
	const char *nl;

	if (*p >= end)
		return false;
	nl = memchr(*p, '\n', (size_t)(end - *p));
	l->s = *p;
	l->e = nl ? nl : end;
	*p = l->e + 1;
	return true;
}

static void skip_blank(struct line *l)
{
	while (l->s < l->e && (*l->s == ' ' || *l->s == '\t' || *l->s == ','))
		l->s++;
}

/* Moves behind @word when the line goes on with it. */
static bool eat(struct line *l, const char *word)
{
	size_t n = strlen(word);

	skip_blank(l);
	if ((size_t)(l->e - l->s) < n || memcmp(l->s, word, n) != 0)
		return false;
	l->s += n;
	return true;
}

/* The next word, cleaned; false at the end of the line. */
static bool word(struct line *l, char *dst, size_t size)
{
	const char *s;

	skip_blank(l);
	s = l->s;
	while (l->s < l->e && *l->s != ' ' && *l->s != '\t' && *l->s != ',')
		l->s++;
	if (l->s == s)
		return false;
	sg_clean(dst, size, s, (size_t)(l->s - s));
	return true;
}

/* The next number; a '>' before it (pagetypeinfo stops counting at 100000) is left out. */
static bool number(struct line *l, uint64_t *v)
{
	skip_blank(l);
	if (l->s < l->e && *l->s == '>')
		l->s++;
	if (l->s >= l->e || *l->s < '0' || *l->s > '9')
		return false;
	for (*v = 0; l->s < l->e && *l->s >= '0' && *l->s <= '9'; l->s++)
		*v = *v > UINT64_MAX / 16 ? *v : *v * 10 + (uint64_t)(*l->s - '0');
	return true;
}

/* "Node 0, zone   Normal": false when the line doesn't start so. */
static bool node_zone(struct line *l, int *node, char *zone, size_t size)
{
	uint64_t n;

	if (!eat(l, "Node") || !number(l, &n) || n > 65535 || !eat(l, "zone") ||
	    !word(l, zone, size))
		return false;
	*node = (int)n;
	return true;
}

static struct sg_zone_snap *find_zone(struct sg_snapshot *s, int node, const char *name)
{
	for (unsigned int i = 0; i < s->nr_zones; i++)
		if (s->zone[i].node == node && strcmp(s->zone[i].name, name) == 0)
			return &s->zone[i];
	return NULL;
}

static struct sg_zone_snap *add_zone(struct sg_snapshot *s, int node, const char *name)
{
	struct sg_zone_snap *z;

	if (s->nr_zones >= TR_SNAP_MAX_ZONES)
		return NULL;
	z = sg_realloc(s->zone, (s->nr_zones + 1) * sizeof(*z));
	if (!z)
		return NULL;
	s->zone = z;
	z = &s->zone[s->nr_zones++];
	memset(z, 0, sizeof(*z));
	z->node = node;
	snprintf(z->name, sizeof(z->name), "%s", name);
	return z;
}

struct sg_zone_snap *tr_snap_zone(struct sg_snapshot *s, int node, const char *name)
{
	struct sg_zone_snap *z = find_zone(s, node, name);

	return z ? z : add_zone(s, node, name);
}

bool tr_snap_zones(struct sg_snapshot *s, const char *text, size_t len)
{
	const char *p = text, *end = text + len;
	struct line l;
	char name[16];
	int node;

	while (next_line(&p, end, &l))
		if (node_zone(&l, &node, name, sizeof(name)) && !tr_snap_zone(s, node, name))
			return s->nr_zones >= TR_SNAP_MAX_ZONES;
	return true;
}

static bool add_pcp(struct sg_zone_snap *z, uint64_t cpu)
{
	struct sg_pcp_snap *p;

	if (cpu >= TR_SNAP_MAX_CPUS || cpu < z->nr_pcp)
		return true;
	p = sg_realloc(z->pcp, ((size_t)cpu + 1) * sizeof(*p));
	if (!p)
		return false;
	memset(p + z->nr_pcp, 0, ((size_t)cpu + 1 - z->nr_pcp) * sizeof(*p));
	z->pcp = p;
	z->nr_pcp = (unsigned int)cpu + 1;
	return true;
}

/* One line within a zone; @cpu is the one whose page set is being listed, -1 before. */
static bool zone_line(struct sg_zone_snap *z, struct line *l, int64_t *cpu)
{
	const struct {
		const char *key;
		uint64_t *to;
	} pages[] = { { "spanned", &z->spanned },   { "present", &z->present },
		      { "managed", &z->managed },   { "cma", &z->cma },
		      { "boost", &z->wmark_boost }, { "min", &z->wmark_min },
		      { "low", &z->wmark_low },     { "high", &z->wmark_high },
		      { "promo", &z->wmark_promo }, { "start_pfn:", &z->start_pfn } };
	char key[32];
	uint64_t v;

	if (!word(l, key, sizeof(key)))
		return true;
	if (strcmp(key, "pages") == 0 && *cpu < 0) { /* "pages free 3840" */
		if (eat(l, "free") && number(l, &v)) {
			z->nr_free = v;
			z->known |= SG_ZONE_NR_FREE;
		}
		return true;
	}
	if (strcmp(key, "protection:") == 0) {
		eat(l, "(");
		for (z->nr_protection = 0; z->nr_protection < SG_MAX_ZONE_TYPES && number(l, &v);)
			z->protection[z->nr_protection++] = v;
		return true;
	}
	if (strcmp(key, "cpu:") == 0) {
		if (!number(l, &v))
			return true;
		*cpu = v < TR_SNAP_MAX_CPUS ? (int64_t)v : -1;
		return add_pcp(z, v);
	}
	if (!number(l, &v))
		return true;
	if (*cpu >= 0 && *cpu < z->nr_pcp) {
		struct sg_pcp_snap *p = &z->pcp[*cpu];
		uint32_t n = v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;

		if (strcmp(key, "count:") == 0)
			p->count = n;
		else if (strcmp(key, "high:") == 0)
			p->high = n;
		else if (strcmp(key, "batch:") == 0)
			p->batch = n;
		else if (strcmp(key, "high_min:") == 0)
			p->high_min = n;
		else if (strcmp(key, "high_max:") == 0)
			p->high_max = n;
	}
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
		if (strcmp(key, pages[i].key) == 0)
			*pages[i].to = v;
	if (strcmp(key, "boost") == 0)
		z->known |= SG_ZONE_BOOST;
	if (strcmp(key, "nr_free_cma") == 0) {
		z->free_cma = v;
		z->known |= SG_ZONE_FREE_CMA;
	}
	return true;
}

bool tr_snap_zoneinfo(struct sg_snapshot *s, const char *text, size_t len)
{
	const char *p = text, *end = text + len;
	struct sg_zone_snap *z = NULL;
	unsigned int n = 0;
	int64_t cpu = -1;
	int told = -1;
	struct line l;

	while (next_line(&p, end, &l)) {
		struct line at = l;
		char name[16];
		int node;

		if (node_zone(&at, &node, name, sizeof(name))) {
			z = add_zone(s, node, name);
			if (!z)
				return s->nr_zones >= TR_SNAP_MAX_ZONES;
			cpu = -1;
		} else if (z) {
			char key[64];
			uint64_t v;

			at = l;
			/* kswapd has given the node up; all zones of a node say the same */
			if (word(&at, key, sizeof(key)) && strcmp(key, "node_unreclaimable:") == 0 && number(&at, &v)) {
				snprintf(key, sizeof(key), "zoneinfo.node_unreclaimable.%d", z->node);
				if (z->node != told && !tr_snap_value(s, key, v ? "1" : "0", 1))
					return false;
				told = z->node;
			} else if (!zone_line(z, &l, &cpu)) {
				return false;
			}
		}
	}
	/* zones without pages are listed too, mostly Movable and Device */
	for (unsigned int i = 0; i < s->nr_zones; i++) {
		if (s->zone[i].present)
			s->zone[n++] = s->zone[i];
		else
			free(s->zone[i].pcp);
	}
	s->nr_zones = n;
	return true;
}

static unsigned int counts(struct line *l, uint64_t *to)
{
	unsigned int n = 0;

	while (n < SG_MAX_ORDERS && number(l, &to[n]))
		n++;
	return n;
}

bool tr_snap_buddyinfo(struct sg_snapshot *s, const char *text, size_t len)
{
	const char *p = text, *end = text + len;
	struct line l;

	while (next_line(&p, end, &l)) {
		struct sg_zone_snap *z;
		uint64_t free_blocks[SG_MAX_ORDERS] = { 0 };
		char name[16];
		unsigned int n;
		int node;

		if (!node_zone(&l, &node, name, sizeof(name)))
			continue;
		z = find_zone(s, node, name);
		n = counts(&l, free_blocks);
		if (!z || n == 0)
			continue;
		memcpy(z->free, free_blocks, sizeof(z->free));
		z->nr_orders = n;
		z->have_free = true;
	}
	return true;
}

/*
 * Number of a migratetype by its name; a new one gets the next number, -1 when there are too
 * many.
 */
static int type_number(struct tr_snap_types *t, const char *name)
{
	for (unsigned int i = 0; i < t->nr; i++)
		if (strcmp(t->name[i], name) == 0)
			return (int)i;
	if (t->nr == SG_MAX_MIGRATETYPES)
		return -1;
	snprintf(t->name[t->nr], sizeof(t->name[0]), "%s", name);
	return (int)t->nr++;
}

bool tr_snap_pagetypeinfo(struct sg_snapshot *s, struct tr_snap_types *types, const char *text,
			  size_t len)
{
	const char *p = text, *end = text + len;
	int column[SG_MAX_MIGRATETYPES] = {
		0
	}; /* type numbers of the columns of "Number of blocks type" */
	unsigned int columns = 0;
	struct line l;

	while (next_line(&p, end, &l)) {
		struct line at = l;
		struct sg_zone_snap *z;
		char name[16], type[16];
		uint64_t v;
		int node, t;

		if (eat(&at, "Page block order:")) {
			if (number(&at, &v) && v < 32)
				s->pageblock_order = (unsigned int)v;
			continue;
		}
		if (eat(&at, "Number of blocks type")) {
			for (columns = 0;
			     columns < SG_MAX_MIGRATETYPES && word(&at, type, sizeof(type));
			     columns++)
				column[columns] = type_number(types, type);
			continue;
		}
		if (!node_zone(&at, &node, name, sizeof(name)))
			continue;
		z = find_zone(s, node, name);
		if (eat(&at, "type")) {
			uint64_t free_blocks[SG_MAX_ORDERS] = { 0 };
			unsigned int n;

			if (!word(&at, type, sizeof(type)))
				continue;
			t = type_number(types, type);
			n = counts(&at, free_blocks);
			if (!z || t < 0 || n == 0)
				continue;
			memcpy(z->type_free[t], free_blocks, sizeof(free_blocks));
			if (n > z->nr_orders)
				z->nr_orders = n;
			z->have_types = true;
			continue;
		}
		for (unsigned int i = 0; z && i < columns && number(&at, &v); i++)
			if (column[i] >= 0)
				z->type_blocks[column[i]] = v;
	}
	return true;
}

bool tr_snap_value(struct sg_snapshot *s, const char *key, const char *text, size_t len)
{
	struct sg_kv *kv;

	if (s->nr_kv >= TR_SNAP_MAX_KV)
		return true;
	if ((s->nr_kv & (s->nr_kv - 1)) == 0) {
		kv = sg_realloc(s->kv, (s->nr_kv ? s->nr_kv * 2 : 1) * sizeof(*kv));
		if (!kv)
			return false;
		s->kv = kv;
	}
	while (len && (text[len - 1] == '\n' || text[len - 1] == ' ' || text[len - 1] == '\t'))
		len--;
	kv = &s->kv[s->nr_kv++];
	sg_clean(kv->key, sizeof(kv->key), key, strlen(key));
	sg_clean(kv->value, sizeof(kv->value), text, len);
	return true;
}

bool tr_snap_lines(struct sg_snapshot *s, const char *prefix, const char *text, size_t len)
{
	const char *p = text, *end = text + len;
	struct line l;

	while (next_line(&p, end, &l)) {
		char key[128], full[160];
		size_t n;

		if (!word(&l, key, sizeof(key)))
			continue;
		eat(&l, "=");
		skip_blank(&l);
		n = strlen(key);
		if (n && key[n - 1] == ':')
			key[n - 1] = '\0';
		snprintf(full, sizeof(full), "%s.%s", prefix, key);
		if (!tr_snap_value(s, full, l.s, (size_t)(l.e - l.s)))
			return false;
	}
	return true;
}

void tr_snap_clear(struct sg_snapshot *s)
{
	for (unsigned int i = 0; i < s->nr_zones; i++)
		free(s->zone[i].pcp);
	free(s->zone);
	free(s->kv);
	s->zone = NULL;
	s->kv = NULL;
	s->nr_zones = s->nr_kv = 0;
}
