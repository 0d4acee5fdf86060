// SPDX-License-Identifier: GPL-2.0-only
/* Snapshots as bytes, and back; the page flags are in frames of their own (ss_write.c, ss_flags.c). */
#include <string.h>

#include "ss_priv.h"

#define MAX_ZONES 4096u
#define MAX_CPUS  16384u
#define MAX_KV    4096u

static void put_zone(struct ss_buf *b, const struct sg_zone_snap *z)
{
	const uint64_t nr[10] = { z->start_pfn, z->spanned, z->present, z->managed, z->cma,
				  z->wmark_min, z->wmark_low, z->wmark_high, z->wmark_promo, z->wmark_boost };

	ss_put(b, (uint64_t)(int64_t)z->node, 4);
	ss_put_text(b, z->name);
	for (unsigned int i = 0; i < 10; i++)
		ss_put(b, nr[i], 8);
	ss_put(b, z->nr_protection, 4);
	for (unsigned int i = 0; i < z->nr_protection; i++)
		ss_put(b, z->protection[i], 8);
	ss_put(b, z->have_free, 1);
	ss_put(b, z->have_types, 1);
	ss_put(b, z->nr_orders, 4);
	for (unsigned int o = 0; o < z->nr_orders; o++)
		ss_put(b, z->free[o], 8);
	for (unsigned int t = 0; z->have_types && t < SG_MAX_MIGRATETYPES; t++) {
		ss_put(b, z->type_blocks[t], 8);
		for (unsigned int o = 0; o < z->nr_orders; o++)
			ss_put(b, z->type_free[t][o], 8);
	}
	ss_put(b, z->nr_pcp, 4);
	for (unsigned int i = 0; i < z->nr_pcp; i++) {
		const struct sg_pcp_snap *p = &z->pcp[i];

		ss_put(b, p->count, 4);
		ss_put(b, p->high, 4);
		ss_put(b, p->batch, 4);
		ss_put(b, p->high_min, 4);
		ss_put(b, p->high_max, 4);
	}
}

void ss_snap_put(struct ss_buf *b, const struct sg_snapshot *s)
{
	ss_put_text(b, s->name);
	ss_put(b, s->pageblock_order, 4);
	ss_put(b, s->have_pageflags, 1);
	ss_put(b, s->nr_pfns, 8);
	ss_put(b, s->nr_zones, 4);
	for (unsigned int i = 0; i < s->nr_zones; i++)
		put_zone(b, &s->zone[i]);
	ss_put(b, s->nr_kv, 4);
	for (unsigned int i = 0; i < s->nr_kv; i++) {
		ss_put_text(b, s->kv[i].key);
		ss_put_text(b, s->kv[i].value);
	}
}

static void fixed_text(struct ss_in *in, char *dst, size_t size)
{
	const char *s = ss_get_text(in);

	sg_clean(dst, size, s, strlen(s));
}

static bool get_zone(struct ss_in *in, struct ss_arena *a, struct sg_zone_snap *z)
{
	uint64_t *const nr[10] = { &z->start_pfn, &z->spanned, &z->present, &z->managed, &z->cma,
				   &z->wmark_min, &z->wmark_low, &z->wmark_high, &z->wmark_promo, &z->wmark_boost };

	z->node = (int32_t)ss_get(in, 4);
	fixed_text(in, z->name, sizeof(z->name));
	for (unsigned int i = 0; i < 10; i++)
		*nr[i] = ss_get(in, 8);
	z->nr_protection = ss_get_count(in, 8, SG_MAX_ZONE_TYPES);
	for (unsigned int i = 0; i < z->nr_protection; i++)
		z->protection[i] = ss_get(in, 8);
	z->have_free = ss_get(in, 1) != 0;
	z->have_types = ss_get(in, 1) != 0;
	z->nr_orders = ss_get_count(in, 8, SG_MAX_ORDERS);
	for (unsigned int o = 0; o < z->nr_orders; o++)
		z->free[o] = ss_get(in, 8);
	for (unsigned int t = 0; z->have_types && t < SG_MAX_MIGRATETYPES; t++) {
		z->type_blocks[t] = ss_get(in, 8);
		for (unsigned int o = 0; o < z->nr_orders; o++)
			z->type_free[t][o] = ss_get(in, 8);
	}
	z->nr_pcp = ss_get_count(in, 20, MAX_CPUS);
	z->pcp = ss_alloc(a, z->nr_pcp + 1, sizeof(*z->pcp));
	if (!z->pcp)
		return false;
	for (unsigned int i = 0; i < z->nr_pcp; i++) {
		struct sg_pcp_snap *p = &z->pcp[i];

		p->count = (uint32_t)ss_get(in, 4);
		p->high = (uint32_t)ss_get(in, 4);
		p->batch = (uint32_t)ss_get(in, 4);
		p->high_min = (uint32_t)ss_get(in, 4);
		p->high_max = (uint32_t)ss_get(in, 4);
	}
	return !in->bad && z->spanned <= UINT64_MAX - z->start_pfn;
}

bool ss_snap_get(struct ss_in *in, struct ss_arena *a, struct sg_snapshot *s)
{
	char *name = ss_alloc(a, 64, 1);

	if (!name)
		return false;
	memset(s, 0, sizeof(*s));
	fixed_text(in, name, 64);
	s->name = name;
	s->pageblock_order = (unsigned int)ss_get(in, 4);
	s->have_pageflags = ss_get(in, 1) != 0;
	s->nr_pfns = ss_get(in, 8);
	s->nr_zones = ss_get_count(in, 106, MAX_ZONES);
	s->zone = ss_alloc(a, s->nr_zones + 1, sizeof(*s->zone));
	for (unsigned int i = 0; s->zone && i < s->nr_zones; i++)
		if (!get_zone(in, a, &s->zone[i]))
			return false;
	s->nr_kv = ss_get_count(in, 10, MAX_KV);
	s->kv = ss_alloc(a, s->nr_kv + 1, sizeof(*s->kv));
	for (unsigned int i = 0; s->kv && i < s->nr_kv; i++) {
		fixed_text(in, s->kv[i].key, sizeof(s->kv[i].key));
		fixed_text(in, s->kv[i].value, sizeof(s->kv[i].value));
	}
	return !in->bad && !a->failed && s->pageblock_order < 32;
}
