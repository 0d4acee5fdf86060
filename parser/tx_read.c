// SPDX-License-Identifier: GPL-2.0-only
/* A posted text from its first line to its last: what begins a still, what belongs to it, what it lacks. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sg_mem.h"
#include "tx_priv.h"

#define MAX_BLOCKS (UINT64_C(1) << 40) /* of one order: more than 2^40 pages, 4 PiB */
#define FAR_LINES 400 /* a request's Mem-Info follows within so many lines: call traces have 30 to 60 */

void tx_still_clear(struct sg_snapshot *s)
{
	tr_snap_clear(s);
	free((void *)s->name);
	if (s->still)
		sg_limits_free(&s->still->limits);
	free(s->still);
	s->still = NULL;
	s->name = NULL;
}

void tx_clear(struct tx_stills *s)
{
	for (unsigned int i = 0; i < s->nr; i++)
		tx_still_clear(&s->still[i]);
	free(s->still);
	*s = (struct tx_stills){ 0 };
}

struct sg_zone_snap *tx_zone(struct tx_reader *rd, int node, const char *name)
{
	struct sg_snapshot *s = rd->d.s;
	unsigned int had = s->nr_zones;
	struct sg_zone_snap *z = tr_snap_zone(s, node, name);

	if (!z) {
		rd->nomem |= s->nr_zones < TR_SNAP_MAX_ZONES;
		return NULL;
	}
	if (s->nr_zones > rd->d.room) {
		unsigned int room = s->nr_zones * 2 + 6;
		struct tx_kb *kb = sg_realloc(rd->d.kb, room * sizeof(*kb));

		if (!kb) {
			rd->nomem = true;
			return NULL;
		}
		rd->d.kb = kb;
		rd->d.room = room;
	}
	if (s->nr_zones > had) {
		rd->d.kb[had] = (struct tx_kb){ 0 };
		rd->d.nr_kb = s->nr_zones;
		rd->zones++;
	}
	return z;
}

struct sg_snapshot *tx_begin(struct tx_reader *rd, enum sg_still_origin o)
{
	struct tx_stills *out = rd->out;
	struct sg_snapshot *s;
	struct sg_still *st;
	char name[32];

	tx_end(rd);
	if (out->nr >= TX_MAX_STILLS || rd->zones >= TX_MAX_ZONES) {
		out->cut_line = rd->t.nr;
		return NULL;
	}
	if (out->nr == out->room) {
		unsigned int room = out->room ? out->room * 2 : 4;

		s = sg_realloc(out->still, room * sizeof(*s));
		if (!s) {
			rd->nomem = true;
			return NULL;
		}
		out->still = s;
		out->room = room;
	}
	s = &out->still[out->nr];
	memset(s, 0, sizeof(*s));
	st = sg_calloc(1, sizeof(*st));
	snprintf(name, sizeof(name), "still %u", out->nr + 1);
	s->name = sg_strdup(name);
	s->still = st;
	if (!st || !s->name) {
		rd->nomem = true;
		tx_still_clear(s);
		return NULL;
	}
	st->origin = o;
	st->line = rd->t.nr;
	out->nr++;
	rd->d.s = s;
	rd->d.nr_kb = 0;
	rd->d.free_pages = 0;
	rd->d.list_kb = 0;
	rd->d.unreclaimable = rd->d.reclaimable = 0;
	rd->d.lists_differ = rd->d.cut = rd->d.sizes_differ = false;
	return s;
}

/* Zone types in their order in the kernel (include/linux/mmzone.h: enum zone_type); the middle ones depend on it. */
static const char *const type_names[] = { "DMA", "DMA32", "Normal", "HighMem", "Movable", "Device" };
#define ALWAYS (1u << 2 | 1u << 4) /* Normal, Movable */

static int type_bit(const char *name)
{
	for (int i = 0; i < 6; i++)
		if (strcmp(type_names[i], name) == 0)
			return i;
	return -1;
}

static unsigned int bits_below(unsigned int mask, int bit)
{
	unsigned int n = 0;

	for (int i = 0; i < bit; i++)
		n += mask >> i & 1;
	return n;
}

/*
 * Can the kernel have exactly the types of @mask?  A zone reserves nothing against requests of its own type or lower
 * ones, nor against those of a type without pages that lies between it and the next zone of its node.
 * Source: mm/page_alloc.c: setup_per_zone_lowmem_reserve(), 4.4 to 7.3
 */
static bool types_fit(const struct sg_snapshot *s, unsigned int mask, unsigned int nr)
{
	if (bits_below(mask, 6) != nr)
		return false;
	for (unsigned int i = 0; i < s->nr_zones; i++) {
		const struct sg_zone_snap *z = &s->zone[i];
		int bit = type_bit(z->name), next = 6;

		if (bit < 0 || !(mask >> bit & 1))
			return false;
		for (unsigned int k = 0; k < s->nr_zones; k++) {
			int other = type_bit(s->zone[k].name);

			if (s->zone[k].node == z->node && other > bit && other < next)
				next = other;
		}
		for (unsigned int k = 0; k < z->nr_protection; k++)
			if (z->protection[k] && k < bits_below(mask, next == 6 ? bit + 1 : next))
				return false;
	}
	return true;
}

void tx_zone_types(struct sg_snapshot *s)
{
	/* what is built most: x86-64 and arm64, the same without ZONE_DEVICE, ppc64, s390x, 32 bit */
	static const unsigned int usual[] = { 0x37, 0x17, 0x35, 0x15, 0x14, 0x34, 0x1d, 0x1c, 0x16, 0x36 };
	unsigned int nr = 0, fitting = 0, first = 0, seen = ALWAYS;
	struct sg_still *st = s->still;

	for (unsigned int i = 0; i < s->nr_zones; i++) {
		int bit = type_bit(s->zone[i].name);

		if (bit < 0)
			return;
		seen |= 1u << bit;
		if (s->zone[i].nr_protection > nr)
			nr = s->zone[i].nr_protection;
	}
	if (nr == 0 || nr > 6)
		return;
	for (unsigned int i = 0; i < sizeof(usual) / sizeof(usual[0]) + 64; i++) {
		unsigned int mask = i < 10 ? usual[i] : i - 10;

		if ((mask & seen) != seen || !types_fit(s, mask, nr) || mask == first)
			continue;
		if (fitting++ == 0)
			first = mask;
	}
	if (!fitting)
		return;
	for (int i = 0; i < 6; i++)
		if (first >> i & 1)
			snprintf(st->zone_type[st->nr_zone_types++], sizeof(st->zone_type[0]), "%s", type_names[i]);
}

void tx_zone_known(struct sg_still *st, struct sg_zone_snap *z)
{
	bool odd = z->nr_orders > SG_MAX_ORDERS;

	if (z->spanned)
		z->known |= SG_ZONE_WMARKS | SG_ZONE_SIZE;
	if (!(z->known & SG_ZONE_PCP) && z->nr_pcp) {
		for (unsigned int i = 0; i < z->nr_pcp; i++)
			z->nr_pcp_pages += z->pcp[i].count;
		z->known |= SG_ZONE_PCP;
	}
	for (unsigned int o = 0; o < SG_MAX_ORDERS; o++) {
		odd |= z->free[o] > MAX_BLOCKS;
		for (unsigned int t = 0; t < SG_MAX_MIGRATETYPES; t++)
			odd |= z->type_free[t][o] > MAX_BLOCKS;
	}
	if (!odd)
		return;
	memset(z->free, 0, sizeof(z->free));
	memset(z->type_free, 0, sizeof(z->type_free));
	z->nr_orders = 0;
	z->have_free = z->have_types = false;
	z->known &= ~(uint32_t)(SG_ZONE_TYPES_AT | SG_ZONE_FREE_HIGHATOMIC);
	sg_limits_add(&st->limits, SG_LIMIT_TEXT_LOSSY, 0, 0, NULL,
		      "zone %s of node %d has counts of free blocks that no machine has: they aren't believed", z->name, z->node);
}

void tx_end(struct tx_reader *rd)
{
	struct sg_snapshot *s = rd->d.s;
	struct sg_still *st;

	if (!s)
		return;
	st = s->still;
	tx_meminfo_finish(&rd->d);
	for (unsigned int i = 0; i < s->nr_zones; i++)
		tx_zone_known(st, &s->zone[i]);
	tx_zone_types(s);
	if (s->nr_zones == 0 && st->origin != SG_STILL_OOM_MEMCG)
		sg_limits_add(&st->limits, SG_LIMIT_TEXT_LOSSY, 0, 0,
			      "post the lines from \"Mem-Info:\" on as well; the kernel leaves them out when many requests fail",
			      "no Mem-Info follows the request: nothing is known of the zones");
	rd->d.s = NULL;
}

/* Takes over what the line's prefix says. */
static void stamp(struct sg_still *st, const struct tx_line *l)
{
	st->have_time = l->have_time;
	st->time_ns = l->time_ns;
	if (l->when)
		sg_clean(st->when, sizeof(st->when), l->when, l->when_len);
}

static bool memcg_line(const struct tx_line *l)
{
	return (tx_find(l->s, l->e, "memory: usage ") && tx_find(l->s, l->e, "limit ")) ||
	       tx_find(l->s, l->e, "Memory cgroup out of memory") || tx_find(l->s, l->e, "constraint=CONSTRAINT_MEMCG");
}

static void line(struct tx_reader *rd, const struct tx_line *l)
{
	const char *at = NULL;
	enum sg_still_origin o = tx_request_line(l, &rd->t, &at);
	struct sg_snapshot *s = rd->d.s;

	if (o != SG_STILL_COUNT) {
		tx_proc_flush(rd);
		s = tx_begin(rd, o);
		if (s) {
			stamp(s->still, l);
			s->still->have_request = true;
			tx_request_read(&s->still->request, o, l, at, &rd->t);
		}
		return;
	}
	if (tx_proc_is(l)) {
		tx_end(rd); /* the kernel's dump is over where a file of /proc begins */
		s = NULL;
	}
	if (!s && tx_proc_line(rd, l))
		return;
	if (s && rd->t.nr - s->still->line > FAR_LINES && s->nr_zones == 0) {
		tx_end(rd); /* what comes now isn't its own */
		s = NULL;
	}
	if (s && s->still->origin == SG_STILL_OOM && memcg_line(l) && s->nr_zones == 0)
		s->still->origin = SG_STILL_OOM_MEMCG;
	if (s && tx_request_more(s->still, l, &rd->t))
		return;
	if (tx_meminfo_is(l)) {
		unsigned int had = rd->out->nr;

		tx_meminfo_line(rd, l);
		if (rd->out->nr != had && rd->d.s)
			stamp(rd->d.s->still, l);
	}
}

static int read_all(const char *text, size_t len, struct tx_reader *rd)
{
	struct tx_line l;

	rd->t = (struct tx_text){ .p = text, .end = text + len };
	while (!rd->nomem && !rd->out->cut_line && tx_next_line(&rd->t, &l))
		line(rd, &l);
	tx_proc_flush(rd);
	tx_end(rd);
	tx_proc_free(rd->proc);
	free(rd->d.kb);
	return rd->nomem ? SG_E_NOMEM : SG_OK;
}

int tx_read(const char *text, size_t len, struct tx_stills *ret, struct sg_err *err)
{
	struct tx_stills out = { 0 };
	struct tx_reader rd = { .out = &out };
	int r = read_all(text, len, &rd);

	if (r < 0) {
		tx_clear(&out);
		return sg_fail(err, r, "out of memory for the text");
	}
	if (out.nr == 0) {
		tx_clear(&out);
		return sg_fail(err, SG_E_NOTFOUND, "the text holds no Mem-Info dump and no file of /proc");
	}
	for (unsigned int i = 0; out.cut_line && i < out.nr; i++)
		sg_limits_add(&out.still[i].still->limits, SG_LIMIT_CAP_HIT, 0, 0, "cut the text into parts",
			      "the text is read up to line %u, where %u dumps were reached; what follows isn't shown",
			      out.cut_line, out.nr);
	*ret = out;
	return SG_OK;
}

void tx_describe(struct sg_capture *cap, const struct tx_stills *s, unsigned int no)
{
	static const char *const usual[] = { "Unmovable", "Movable", "Reclaimable", "HighAtomic", "CMA", "Isolate" };
	const struct sg_still *st = s->still[no].still;

	cap->still = true;
	cap->nr_stills = s->nr;
	cap->still_no = no;
	if (st->kernel[0])
		cap->kernel = st->kernel;
	if (sscanf(cap->kernel, "%u.%u", &cap->kver[0], &cap->kver[1]) != 2)
		cap->kver[0] = cap->kver[1] = 0;
	cap->page_size = st->page_size ? st->page_size : 4096;
	cap->migratetype_assumed = st->nr_migratetypes == 0;
	cap->nr_migratetypes = st->nr_migratetypes ? st->nr_migratetypes : 6;
	cap->mt_highatomic = cap->mt_cma = cap->mt_isolate = -1;
	for (unsigned int i = 0; i < cap->nr_migratetypes; i++) {
		snprintf(cap->migratetype[i], sizeof(cap->migratetype[i]), "%s",
			 st->nr_migratetypes ? st->migratetype[i] : usual[i]);
		if (strcmp(cap->migratetype[i], "HighAtomic") == 0)
			cap->mt_highatomic = (int)i;
		else if (strcmp(cap->migratetype[i], "CMA") == 0)
			cap->mt_cma = (int)i;
		else if (strcmp(cap->migratetype[i], "Isolate") == 0)
			cap->mt_isolate = (int)i;
	}
	cap->nr_zone_types = st->nr_zone_types;
	memcpy(cap->zone_type, st->zone_type, sizeof(cap->zone_type));
}

bool tx_is_still(const char *text, size_t len)
{
	struct tx_text t = { .p = text, .end = text + len };
	struct tx_line l;
	const char *at;

	while (tx_next_line(&t, &l)) {
		if (tx_request_line(&l, &t, &at) != SG_STILL_COUNT || tx_find(l.s, l.e, "Mem-Info:") ||
		    tx_find(l.s, l.e, "lowmem_reserve[]:"))
			return true;
		if (tx_find(l.s, l.e, "Node") == l.s && tx_find(l.s, l.e, ", zone ") )
			return true;
		if (tx_find(l.s, l.e, "*4kB (") || tx_find(l.s, l.e, " free:") )
			if (tx_find(l.s, l.e, "kB min:") || tx_find(l.s, l.e, "kB boost:") || tx_find(l.s, l.e, "kB (U") ||
			    tx_find(l.s, l.e, "kB (M"))
				return true;
	}
	return false;
}
