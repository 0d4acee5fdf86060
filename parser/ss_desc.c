// SPDX-License-Identifier: GPL-2.0-only
/* The description of a capture as bytes, and back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ss_priv.h"

#define MAX_TABLES    4096u
#define MAX_SYMS      65536u
#define MAX_INSTANCES 256u
#define MAX_NOTES     4096u
#define MAX_OTHERS    65536u
#define NO_TABLE      UINT32_MAX
#define MAX_LIMITS    4096u
#define MAX_TOLD      4096u
#define NR_GFP        (sizeof(struct sg_gfp) / sizeof(uint64_t))

/* The members in the order of the file: a new one goes to the end, here and in the format's description. */
_Static_assert(offsetof(struct sg_gfp, dma) == 0 && offsetof(struct sg_gfp, nolockdep) == (NR_GFP - 1) * 8 && NR_GFP == 23,
	       "gfp bits of a session file");

static void put_texts(struct ss_buf *b, const char *text, size_t size, unsigned int nr)
{
	ss_put(b, nr, 4);
	for (unsigned int i = 0; i < nr; i++)
		ss_put_text(b, text + i * size);
}

/* Tables of names, each once. */
struct tables {
	const struct sg_symtab *t[MAX_TABLES];
	unsigned int nr;
};

static uint32_t table_index(struct tables *ts, const struct sg_symtab *t)
{
	unsigned int i = 0;

	if (!t)
		return NO_TABLE;
	while (i < ts->nr && ts->t[i] != t)
		i++;
	if (i == ts->nr) {
		if (i == MAX_TABLES)
			return NO_TABLE;
		ts->t[ts->nr++] = t;
	}
	return i;
}

static void put_tables(struct ss_buf *b, const struct sg_capture *cap)
{
	struct ss_map map;
	struct tables *ts = sg_calloc(1, sizeof(*ts));
	uint32_t nr = 0, gfp;

	if (!ts) {
		b->failed = true;
		return;
	}
	ss_map_own(&map);
	gfp = table_index(ts, cap->gfp_names);
	for (unsigned int k = 0; k < SG_KIND_COUNT; k++)
		for (unsigned int i = 0; i < SG_SLOTS; i++)
			nr += table_index(ts, cap->sym[k][i]) != NO_TABLE;
	ss_put(b, ts->nr, 4);
	for (unsigned int i = 0; i < ts->nr; i++) {
		ss_put(b, ts->t[i]->flags, 1);
		ss_put(b, ts->t[i]->nr, 4);
		for (unsigned int j = 0; j < ts->t[i]->nr; j++) {
			ss_put(b, ts->t[i]->sym[j].value, 8);
			ss_put_text(b, ts->t[i]->sym[j].name);
		}
	}
	ss_put(b, gfp, 4);
	ss_put(b, nr, 4);
	for (unsigned int k = 0; k < SG_KIND_COUNT; k++)
		for (unsigned int i = 0; i < SG_SLOTS; i++) {
			uint32_t t = table_index(ts, cap->sym[k][i]);

			if (t == NO_TABLE)
				continue;
			ss_put(b, map.to_file[k], 1);
			ss_put(b, i, 1);
			ss_put(b, t, 4);
		}
	free(ts);
}

/* What the figures rest on, and which kinds may not have been switched on. */
static void put_limits(struct ss_buf *b, const struct sg_capture *cap, const struct ss_map *map)
{
	unsigned int nr = sg_limits_count(&cap->limits);

	ss_put(b, nr, 4);
	for (unsigned int i = 0; i < nr; i++) {
		const struct sg_limit *l = sg_limits_at(&cap->limits, i);

		ss_put_text(b, sg_limit_key(l->id));
		ss_put(b, l->from, 8);
		ss_put(b, l->to, 8);
		ss_put_text(b, l->text);
		ss_put_text(b, l->remedy);
	}
	for (unsigned int f = 0; f < map->kinds.nr; f++)
		ss_put(b, cap->unsure[map->from_file[f]], 1);
}

/* What a simulated run says of itself; nothing of a capture. */
static void put_simulated(struct ss_buf *b, const struct sg_simulated *r)
{
	if (!r)
		return;
	ss_put_text(b, r->capture);
	ss_put_text(b, r->asked);
	ss_put_text(b, r->policy);
	ss_put(b, r->seed, 8);
	ss_put(b, r->run, 4);
	ss_put(b, r->runs, 4);
	ss_put(b, r->from, 8);
	ss_put_text(b, r->ended);
	ss_put(b, r->nr_told, 4);
	for (unsigned int i = 0; i < r->nr_told; i++)
		ss_put_text(b, r->told[i]);
}

void ss_desc_put(struct ss_buf *b, const struct sg_capture *cap)
{
	const uint64_t *gfp = (const uint64_t *)&cap->gfp;
	struct ss_map map;

	ss_map_own(&map);
	ss_map_put(b);
	for (unsigned int f = 0; f < map.kinds.nr; f++)
		ss_put(b, cap->present[map.from_file[f]], 1);
	ss_put_text(b, cap->name);
	ss_put_text(b, cap->kernel);
	ss_put_text(b, cap->scenario);
	ss_put_text(b, cap->compression);
	ss_put_text(b, cap->clock);
	ss_put(b, cap->kver[0], 4);
	ss_put(b, cap->kver[1], 4);
	ss_put(b, (uint64_t)cap->file_version, 4);
	ss_put(b, cap->clock_is_ns, 1);
	ss_put(b, cap->big_endian, 1);
	ss_put(b, cap->migratetype_assumed, 1);
	ss_put(b, cap->page_size, 4);
	ss_put(b, cap->nr_cpus, 4);
	ss_put(b, cap->long_size, 4);
	ss_put(b, cap->nr_instances, 4);
	for (unsigned int i = 0; i < cap->nr_instances; i++)
		ss_put_text(b, cap->instance[i]);
	put_tables(b, cap);
	ss_put(b, NR_GFP, 4);
	for (unsigned int i = 0; i < NR_GFP; i++)
		ss_put(b, gfp[i], 8);
	put_texts(b, cap->migratetype[0], sizeof(cap->migratetype[0]), cap->nr_migratetypes);
	ss_put(b, (uint64_t)cap->mt_highatomic, 4);
	ss_put(b, (uint64_t)cap->mt_cma, 4);
	ss_put(b, (uint64_t)cap->mt_isolate, 4);
	put_texts(b, cap->zone_type[0], sizeof(cap->zone_type[0]), cap->nr_zone_types);
	ss_put(b, cap->nr_tasks, 4);
	for (unsigned int i = 0; i < cap->nr_tasks; i++) {
		ss_put(b, (uint64_t)(int64_t)cap->task[i].pid, 4);
		ss_put_text(b, cap->task[i].comm);
	}
	ss_put(b, cap->lost_events, 8);
	ss_put(b, cap->lost_unknown, 1);
	ss_put(b, cap->nr_notes, 4);
	for (unsigned int i = 0; i < cap->nr_notes; i++)
		ss_put_text(b, cap->note[i].text);
	ss_put(b, cap->nr_other, 4);
	for (unsigned int i = 0; i < cap->nr_other; i++) {
		ss_put(b, (uint64_t)(int64_t)cap->other[i].id, 4);
		ss_put_text(b, cap->other[i].name);
		ss_put(b, cap->other[i].count, 8);
	}
	ss_put_text(b, cap->machine ? cap->machine : "");
	ss_put(b, cap->nr_orders, 1);
	ss_put(b, cap->pageblock_order, 1);
	ss_put(b, cap->huge_order, 1);
	put_limits(b, cap, &map);
	put_simulated(b, cap->simulated);
}

/* ---- back ------------------------------------------------------------------------ */

static const char *copy_text(struct ss_in *in, struct ss_arena *a, size_t max)
{
	const char *s = ss_get_text(in);
	size_t len = strlen(s);
	char *t;

	if (len > max)
		len = max;
	t = ss_alloc(a, len + 1, 1);
	if (!t)
		return "";
	sg_clean(t, len + 1, s, len);
	return t;
}

static void fixed_text(struct ss_in *in, char *dst, size_t size)
{
	const char *s = ss_get_text(in);

	sg_clean(dst, size, s, strlen(s));
}

static bool get_texts(struct ss_in *in, char *dst, size_t size, unsigned int max, unsigned int *nr)
{
	uint32_t n = ss_get_count(in, 5, max);

	for (uint32_t i = 0; i < n; i++)
		fixed_text(in, dst + i * size, size);
	*nr = n;
	return !in->bad;
}

static bool get_tables(struct ss_in *in, struct ss_arena *a, struct sg_capture *cap, const struct ss_map *map)
{
	uint32_t nr = ss_get_count(in, 5, MAX_TABLES), refs, gfp;
	struct sg_symtab *t = ss_alloc(a, nr + 1, sizeof(*t));

	for (uint32_t i = 0; t && i < nr; i++) {
		struct sg_sym *sym;
		uint32_t n;

		t[i].flags = ss_get(in, 1) != 0;
		n = ss_get_count(in, 13, MAX_SYMS);
		sym = ss_alloc(a, n + 1, sizeof(*sym));
		if (!sym)
			return false;
		for (uint32_t j = 0; j < n; j++) {
			sym[j].value = ss_get(in, 8);
			fixed_text(in, sym[j].name, sizeof(sym[j].name));
		}
		t[i].nr = n;
		t[i].sym = sym;
	}
	if (!t)
		return false;
	gfp = (uint32_t)ss_get(in, 4);
	if (gfp < nr)
		cap->gfp_names = &t[gfp];
	refs = ss_get_count(in, 6, SS_MAX_KINDS * SG_SLOTS);
	for (uint32_t i = 0; i < refs; i++) {
		uint64_t f = ss_get(in, 1), slot = ss_get(in, 1), which = ss_get(in, 4);

		if (f >= map->kinds.nr || slot >= map->kinds.kind[f].nr_fields || which >= nr)
			return false;
		if (map->unknown[f])
			continue;
		if (!map->same[f])
			slot = map->slot[f][slot];
		if (slot < SG_SLOTS)
			cap->sym[map->from_file[f]][slot] = &t[which];
	}
	return !in->bad;
}

/*
 * Files of before there were limits end here.  One of a key that this program doesn't know becomes a note: what it
 * means for the figures isn't known, but nothing is hidden.
 */
static bool get_limits(struct ss_in *in, struct sg_capture *cap, const struct ss_map *map, struct sg_note *note)
{
	uint32_t n;

	if (in->p == in->end)
		return !in->bad;
	n = ss_get_count(in, 31, MAX_LIMITS);
	for (uint32_t i = 0; i < n && !in->bad; i++) {
		char key[48], text[400], remedy[300];
		uint64_t from, to;
		int id;

		fixed_text(in, key, sizeof(key));
		from = ss_get(in, 8);
		to = ss_get(in, 8);
		fixed_text(in, text, sizeof(text));
		fixed_text(in, remedy, sizeof(remedy));
		if (in->bad || from == 0 || to < from)
			return false;
		id = sg_limit_by_key(key);
		if (id >= 0)
			sg_limits_add(&cap->limits, (enum sg_limit_id)id, from, to, remedy, "%s", text);
		else
			snprintf(note[cap->nr_notes++].text, sizeof(note->text), "%s: %.190s", key, text);
	}
	for (unsigned int f = 0; f < map->kinds.nr; f++)
		cap->unsure[map->from_file[f]] |= ss_get(in, 1) != 0;
	return !in->bad;
}

static bool get_rest(struct ss_in *in, struct ss_arena *a, struct sg_capture *cap, const struct ss_map *map,
		     const char *const *kind_name)
{
	unsigned int unknown = 0;
	struct sg_task_name *task;
	struct sg_other *other;
	struct sg_note *note;
	uint32_t n;

	n = ss_get_count(in, 9, UINT32_MAX);
	task = ss_alloc(a, n + 1, sizeof(*task));
	for (uint32_t i = 0; task && i < n; i++) {
		task[i].pid = (int32_t)ss_get(in, 4);
		fixed_text(in, task[i].comm, sizeof(task[i].comm));
		if (i > 0 && task[i].pid <= task[i - 1].pid)
			return false;
	}
	cap->task = task;
	cap->nr_tasks = n;
	cap->lost_events = ss_get(in, 8);
	cap->lost_unknown = ss_get(in, 1) != 0;
	n = ss_get_count(in, 5, MAX_NOTES);
	note = ss_alloc(a, n + MAX_LIMITS, sizeof(*note)); /* a limit of an unknown key becomes one, too */
	for (uint32_t i = 0; note && i < n; i++)
		fixed_text(in, note[i].text, sizeof(note[i].text));
	cap->note = note;
	cap->nr_notes = n;
	n = ss_get_count(in, 17, MAX_OTHERS);
	for (unsigned int f = 0; f < map->kinds.nr; f++)
		unknown += map->unknown[f];
	other = ss_alloc(a, n + unknown + 1, sizeof(*other));
	if (!task || !note || !other)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		other[i].id = (int)ss_get(in, 4);
		fixed_text(in, other[i].name, sizeof(other[i].name));
		other[i].count = ss_get(in, 8);
	}
	for (unsigned int f = 0; f < map->kinds.nr; f++)
		if (map->unknown[f]) {
			other[n].id = SS_UNKNOWN_ID + (int)f;
			sg_clean(other[n++].name, sizeof(other[0].name), kind_name[f], strlen(kind_name[f]));
		}
	cap->other = other;
	cap->nr_other = n;
	return !in->bad;
}

/* Captures, and older files, end before it. */
static bool get_simulated(struct ss_in *in, struct ss_arena *a, struct sg_capture *cap)
{
	struct sg_simulated *r;
	const char **told;
	uint32_t n;

	if (in->bad || in->p == in->end)
		return !in->bad;
	r = ss_alloc(a, 1, sizeof(*r));
	if (!r)
		return false;
	r->capture = copy_text(in, a, 4096);
	r->asked = copy_text(in, a, SS_MAX_TEXT);
	r->policy = copy_text(in, a, SS_MAX_TEXT);
	r->seed = ss_get(in, 8);
	r->run = (uint32_t)ss_get(in, 4);
	r->runs = (uint32_t)ss_get(in, 4);
	r->from = ss_get(in, 8);
	r->ended = copy_text(in, a, 4096);
	n = ss_get_count(in, 5, MAX_TOLD);
	told = ss_alloc(a, n + 1, sizeof(*told));
	for (uint32_t i = 0; told && i < n; i++)
		told[i] = copy_text(in, a, 4096);
	r->told = told;
	r->nr_told = told ? n : 0;
	cap->simulated = r;
	return !in->bad;
}

bool ss_desc_get(struct ss_in *in, struct ss_arena *a, struct sg_capture *cap, struct ss_map *map)
{
	const char *kind_name[SS_MAX_KINDS], **instance;
	uint64_t *gfp = (uint64_t *)&cap->gfp;
	uint32_t n;

	if (!ss_map_get(in, map, kind_name))
		return false;
	memset(cap, 0, sizeof(*cap));
	for (unsigned int f = 0; f < map->kinds.nr; f++)
		cap->present[map->from_file[f]] |= ss_get(in, 1) != 0;
	cap->name = copy_text(in, a, 4096);
	cap->kernel = copy_text(in, a, 256);
	cap->scenario = copy_text(in, a, SS_MAX_TEXT);
	cap->compression = copy_text(in, a, 64);
	cap->clock = copy_text(in, a, 64);
	cap->kver[0] = (unsigned int)ss_get(in, 4);
	cap->kver[1] = (unsigned int)ss_get(in, 4);
	cap->file_version = (int)ss_get(in, 4);
	cap->clock_is_ns = ss_get(in, 1) != 0;
	cap->big_endian = ss_get(in, 1) != 0;
	cap->migratetype_assumed = ss_get(in, 1) != 0;
	cap->page_size = (unsigned int)ss_get(in, 4);
	cap->nr_cpus = (unsigned int)ss_get(in, 4);
	cap->long_size = (unsigned int)ss_get(in, 4);
	n = ss_get_count(in, 5, MAX_INSTANCES);
	instance = ss_alloc(a, n + 1, sizeof(*instance));
	for (uint32_t i = 0; instance && i < n; i++)
		instance[i] = copy_text(in, a, 256);
	cap->instance = instance;
	cap->nr_instances = n;
	/* as much as a parser lets through */
	if (cap->page_size < 256 || cap->page_size > 16u << 20 ||
	    cap->nr_cpus > 65536 || (cap->long_size != 4 && cap->long_size != 8) || !get_tables(in, a, cap, map))
		return false;
	n = ss_get_count(in, 8, 256);
	for (uint32_t i = 0; i < n; i++) {
		uint64_t v = ss_get(in, 8);

		if (i < NR_GFP)
			gfp[i] = v;
	}
	if (!get_texts(in, cap->migratetype[0], sizeof(cap->migratetype[0]), SG_MAX_MIGRATETYPES, &cap->nr_migratetypes))
		return false;
	cap->mt_highatomic = (int32_t)ss_get(in, 4);
	cap->mt_cma = (int32_t)ss_get(in, 4);
	cap->mt_isolate = (int32_t)ss_get(in, 4);
	if (cap->mt_highatomic < -1 || cap->mt_highatomic >= (int)SG_MAX_MIGRATETYPES || cap->mt_cma < -1 ||
	    cap->mt_cma >= (int)SG_MAX_MIGRATETYPES || cap->mt_isolate < -1 ||
	    cap->mt_isolate >= (int)SG_MAX_MIGRATETYPES ||
	    !get_texts(in, cap->zone_type[0], sizeof(cap->zone_type[0]), SG_MAX_ZONE_TYPES, &cap->nr_zone_types))
		return false;
	if (!get_rest(in, a, cap, map, kind_name))
		return false;
	cap->machine = in->p < in->end ? copy_text(in, a, 64) : ""; /* older sessions end here */
	cap->arch = sg_arch_by_name(cap->machine);
	if (in->p < in->end) {
		cap->nr_orders = (unsigned int)ss_get(in, 1);
		cap->pageblock_order = (unsigned int)ss_get(in, 1);
		cap->huge_order = (unsigned int)ss_get(in, 1);
	}
	return get_limits(in, cap, map, (struct sg_note *)cap->note) && get_simulated(in, a, cap) && !a->failed;
}
