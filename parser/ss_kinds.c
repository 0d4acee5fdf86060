// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kinds of events in a session file.  The file lists its kinds with their fields by name, so that a
 * program with a longer or another list reads it too: what it doesn't know becomes an event without
 * fields, fields that the file lacks are missing.
 */
#include <string.h>

#include "ss_priv.h"

/* The kinds that the codec knows by heart, by the file's number. */
static const uint16_t fixed[SS_NR_FIXED] = {
	[SS_K_OTHER] = SG_EV_other,
	[SS_K_ALLOC] = SG_EV_mm_page_alloc,
	[SS_K_FREE] = SG_EV_mm_page_free,
	[SS_K_BATCHED] = SG_EV_mm_page_free_batched,
	[SS_K_LOCKED] = SG_EV_mm_page_alloc_zone_locked,
	[SS_K_DRAIN] = SG_EV_mm_page_pcpu_drain,
	[SS_K_EXTFRAG] = SG_EV_mm_page_alloc_extfrag,
	[SS_K_ADD] = SG_EV_mm_filemap_add_to_page_cache,
	[SS_K_DELETE] = SG_EV_mm_filemap_delete_from_page_cache,
	[SS_K_LRU] = SG_EV_mm_lru_insertion,
};

/* And how many fields these have at least. */
static const uint8_t fixed_fields[SS_NR_FIXED] = {
	[SS_K_OTHER] = 1, [SS_K_ALLOC] = 4, [SS_K_FREE] = 2, [SS_K_BATCHED] = 1, [SS_K_LOCKED] = 4,
	[SS_K_DRAIN] = 3, [SS_K_EXTFRAG] = 1, [SS_K_ADD] = 5, [SS_K_DELETE] = 5, [SS_K_LRU] = 4,
};

/* The order of fields that the codec counts on. */
_Static_assert(SGF_mm_page_alloc_pfn == 0 && SGF_mm_page_alloc_order == 1 && SGF_mm_page_alloc_gfp_flags == 2 &&
		       SGF_mm_page_alloc_migratetype == 3 && SGF_mm_page_free_pfn == 0 && SGF_mm_page_free_order == 1,
	       "fields of alloc and free");
_Static_assert(SGF_mm_page_alloc_zone_locked_pfn == 0 && SGF_mm_page_alloc_zone_locked_order == 1 &&
		       SGF_mm_page_alloc_zone_locked_migratetype == 2 &&
		       SGF_mm_page_alloc_zone_locked_percpu_refill == 3 && SGF_mm_page_pcpu_drain_pfn == 0 &&
		       SGF_mm_page_pcpu_drain_order == 1 && SGF_mm_page_pcpu_drain_migratetype == 2,
	       "fields of refill and drain");
_Static_assert(SGF_mm_filemap_add_to_page_cache_i_ino == 0 && SGF_mm_filemap_add_to_page_cache_pfn == 1 &&
		       SGF_mm_filemap_add_to_page_cache_index == 2 && SGF_mm_filemap_add_to_page_cache_s_dev == 3 &&
		       SGF_mm_filemap_add_to_page_cache_order == 4 && SGF_mm_filemap_delete_from_page_cache_i_ino == 0 &&
		       SGF_mm_filemap_delete_from_page_cache_pfn == 1 && SGF_mm_filemap_delete_from_page_cache_order == 4,
	       "fields of the page cache's events");
_Static_assert(SGF_mm_lru_insertion_folio == 0 && SGF_mm_lru_insertion_pfn == 1 && SGF_mm_lru_insertion_lru == 2 &&
		       SGF_mm_lru_insertion_flags == 3,
	       "fields of the LRU's event");
_Static_assert(SG_KIND_COUNT <= SS_MAX_KINDS, "more kinds than a session file takes");

static struct ss_kind kind_of(const struct sg_kind_info *ki)
{
	struct ss_kind k = { .nr_fields = (uint8_t)ki->nr_fields, .text = SG_SLOTS };

	for (unsigned int i = 0; i < ki->nr_fields; i++) {
		if (ki->field[i].type == SG_T_STR)
			k.text = (uint8_t)i;
		if (ki->field[i].type == SG_T_PFN)
			k.pfns |= (uint16_t)(1u << i);
	}
	return k;
}

void ss_map_own(struct ss_map *map)
{
	unsigned int nr = SS_NR_FIXED;

	memset(map, 0, sizeof(*map));
	for (unsigned int f = 0; f < SS_NR_FIXED; f++)
		map->from_file[f] = (uint8_t)fixed[f];
	for (unsigned int k = 0; k < SG_KIND_COUNT; k++) {
		unsigned int f = 0;

		while (f < SS_NR_FIXED && fixed[f] != k)
			f++;
		if (f == SS_NR_FIXED)
			f = nr++;
		map->to_file[k] = (uint8_t)f;
		map->from_file[f] = (uint8_t)k;
		map->same[f] = true;
		map->kinds.kind[f] = kind_of(sg_kind_info(k));
	}
	map->kinds.nr = nr;
}

void ss_map_put(struct ss_buf *b)
{
	struct ss_map map;

	ss_map_own(&map);
	ss_put(b, map.kinds.nr, 4);
	for (unsigned int f = 0; f < map.kinds.nr; f++) {
		const struct sg_kind_info *ki = sg_kind_info(map.from_file[f]);

		ss_put_text(b, ki->system);
		ss_put_text(b, ki->name);
		ss_put(b, ki->nr_fields, 1);
		for (unsigned int i = 0; i < ki->nr_fields; i++) {
			ss_put_text(b, ki->field[i].name);
			ss_put(b, map.kinds.kind[f].text == i ? 2 : map.kinds.kind[f].pfns >> i & 1, 1);
		}
	}
}

static unsigned int own_slot(const struct sg_kind_info *ki, const char *name)
{
	unsigned int i = 0;

	while (i < ki->nr_fields && strcmp(ki->field[i].name, name) != 0)
		i++;
	return i < ki->nr_fields ? i : SG_SLOTS;
}

/* One kind of the file. */
static bool get_kind(struct ss_in *in, struct ss_map *map, unsigned int f, const char **name)
{
	struct ss_kind *k = &map->kinds.kind[f];
	const struct sg_kind_info *ki;
	enum sg_kind own;

	ss_get_text(in); /* the system is for readers of the bytes */
	*name = ss_get_text(in);
	own = sg_kind_by_name(*name);
	if (f < SS_NR_FIXED)
		own = (enum sg_kind)fixed[f];
	map->unknown[f] = own == SG_EV_other && f != SS_K_OTHER;
	map->from_file[f] = (uint8_t)own;
	ki = sg_kind_info(own);
	k->nr_fields = (uint8_t)ss_get(in, 1);
	k->text = SG_SLOTS;
	k->pfns = 0;
	if (k->nr_fields > SG_SLOTS || (f < SS_NR_FIXED && k->nr_fields < fixed_fields[f]))
		return false;
	map->same[f] = k->nr_fields == ki->nr_fields && !map->unknown[f];
	for (unsigned int i = 0; i < k->nr_fields; i++) {
		const char *field = ss_get_text(in);
		uint64_t type = ss_get(in, 1);
		unsigned int s = map->unknown[f] ? SG_SLOTS : own_slot(ki, field);

		if (type == 2) {
			if (f < SS_NR_FIXED || k->text < SG_SLOTS)
				return false;
			k->text = (uint8_t)i;
		} else if (type == 1) {
			k->pfns |= (uint16_t)(1u << i);
		} else if (type != 0) {
			return false;
		}
		/* a text and a number can't stand for each other */
		if (s < SG_SLOTS && (ki->field[s].type == SG_T_STR) != (type == 2))
			s = SG_SLOTS;
		map->slot[f][i] = (uint8_t)s;
		map->same[f] &= s == i;
	}
	return !in->bad;
}

bool ss_map_get(struct ss_in *in, struct ss_map *map, const char *name[SS_MAX_KINDS])
{
	memset(map, 0, sizeof(*map));
	map->kinds.nr = ss_get_count(in, 9, SS_MAX_KINDS);
	if (map->kinds.nr < SS_NR_FIXED)
		return false;
	for (unsigned int f = 0; f < map->kinds.nr; f++) {
		if (!get_kind(in, map, f, &name[f]))
			return false;
		if (!map->unknown[f])
			map->to_file[map->from_file[f]] = (uint8_t)f;
	}
	return true;
}

void ss_map_event(const struct ss_map *map, struct sg_event *ev)
{
	unsigned int f = ev->kind;
	const struct sg_kind_info *ki;
	uint64_t v[SG_SLOTS];
	bool text = false;

	ev->kind = map->from_file[f];
	if (map->same[f])
		return;
	if (map->unknown[f]) {
		ev->v[SGF_other_id] = SS_UNKNOWN_ID + f;
		ev->str = NULL;
		ev->str_len = 0;
		return;
	}
	ki = sg_kind_info(ev->kind);
	for (unsigned int i = 0; i < SG_SLOTS; i++)
		v[i] = i < ki->nr_fields && ki->field[i].type == SG_T_STR ? 0 : SG_MISSING;
	for (unsigned int i = 0; i < map->kinds.kind[f].nr_fields; i++)
		if (map->slot[f][i] < SG_SLOTS) {
			v[map->slot[f][i]] = ev->v[i];
			text |= i == map->kinds.kind[f].text;
		}
	memcpy(ev->v, v, sizeof(v));
	if (!text) {
		ev->str = NULL;
		ev->str_len = 0;
	}
}
