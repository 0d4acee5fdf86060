// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copies of /proc/zoneinfo, buddyinfo and pagetypeinfo in a text.  Their lines are gathered, put together again where a
 * mail program wrapped them, and given to the readers of snapshots.  One still gets one copy of each file: the second
 * copy of a file begins the next still.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sg_err.h"
#include "sg_mem.h"
#include "tx_priv.h"

enum file { F_NONE, F_ZONEINFO, F_BUDDYINFO, F_TYPES, NR_FILES };

struct buf {
	char *s;
	size_t n, room;
	unsigned int first; /* zones whose line came: the first one's node and name come again in a second copy */
	char zone[48];
};

struct tx_proc {
	struct buf buf[NR_FILES];
	enum file at;    /* the file of the line before */
	bool blocks;     /* in pagetypeinfo, behind "Number of blocks type" */
	bool header;     /* the line before was this heading, which may be wrapped */
	bool free_rows;  /* pagetypeinfo's rows have come */
	struct tx_line begin;
	unsigned int line;
};

static bool put(struct tx_reader *rd, struct buf *b, const char *s, size_t n, bool newline)
{
	if (b->n + n + 2 > b->room) {
		size_t room = (b->n + n + 2) * 2;
		char *p = sg_realloc(b->s, room);

		if (!p) {
			rd->nomem = true;
			return false;
		}
		b->s = p;
		b->room = room;
	}
	if (b->n)
		b->s[b->n++] = newline ? '\n' : ' ';
	memcpy(b->s + b->n, s, n);
	b->n += n;
	return true;
}

static bool begins(const struct tx_line *l, const char *text)
{
	return tx_find(l->s, l->e, text) == l->s;
}

/* "Node 0, zone   Normal": what follows the name; NULL when it is no such line. */
static const char *zone_of(const struct tx_line *l, char key[48])
{
	const char *p = l->s, *name;
	uint64_t node;

	if (!begins(l, "Node"))
		return NULL;
	for (p += 4; p < l->e && (*p == ' ' || *p == '\t'); p++)
		;
	if (!tx_digits(&p, l->e, &node) || p >= l->e || *p++ != ',')
		return NULL;
	while (p < l->e && (*p == ' ' || *p == '\t'))
		p++;
	if (l->e - p < 5 || memcmp(p, "zone", 4) != 0)
		return NULL;
	for (p += 4; p < l->e && (*p == ' ' || *p == '\t'); p++)
		;
	for (name = p; p < l->e && *p != ' ' && *p != '\t' && *p != ',';)
		p++;
	if (p == name)
		return NULL;
	memset(key, 0, 48);
	sg_clean(key, 32, name, (size_t)(p - name));
	key[40] = (char)(node & 127);
	key[41] = (char)(node >> 7 & 127);
	key[42] = (char)(node >> 14 & 127);
	return p;
}

static bool only_numbers(const struct tx_line *l)
{
	bool any = false;

	for (const char *p = l->s; p < l->e; p++) {
		if (*p >= '0' && *p <= '9')
			any = true;
		else if (*p != ' ' && *p != '\t' && *p != '>')
			return false;
	}
	return any;
}

/* Names of migratetypes only: the rest of a heading. */
static bool only_types(const struct tx_line *l)
{
	static const char *const names[] = { "Unmovable", "Movable", "Reclaimable", "HighAtomic", "CMA", "Isolate" };
	struct tx_cur c = { .l = *l };
	struct tx_word w;
	bool any = false;

	while (tx_word(&c, &w)) {
		bool known = false;

		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			known |= tx_is(&w, names[i]);
		if (!known)
			return false;
		any = true;
	}
	return any;
}

static bool digit_behind(const char *p, const struct tx_line *l)
{
	while (p < l->e && (*p == ' ' || *p == '\t'))
		p++;
	return p < l->e && *p >= '0' && *p <= '9';
}

/* Which file has this line, as far as it alone tells. */
static enum file file_of(const struct tx_proc *pr, const struct tx_line *l, char key[48])
{
	const char *rest = zone_of(l, key);

	if (rest) {
		while (rest < l->e && (*rest == ' ' || *rest == '\t'))
			rest++;
		if (rest < l->e && *rest == ',') /* ", type  Unmovable" */
			return F_TYPES;
		if (digit_behind(rest, l))
			return pr && pr->blocks ? F_TYPES : F_BUDDYINFO;
		return rest == l->e ? F_ZONEINFO : F_NONE;
	}
	if (begins(l, "Page block order:") || begins(l, "Pages per block:") || begins(l, "Number of blocks type") ||
	    begins(l, "Number of mixed blocks") || begins(l, "Free pages count per migrate type"))
		return F_TYPES;
	return F_NONE;
}

bool tx_proc_is(const struct tx_line *l)
{
	char key[48];

	return file_of(NULL, l, key) != F_NONE;
}

/* Is this the start of a copy of a file that is there already? */
static bool again(const struct tx_proc *pr, enum file f, const struct tx_line *l, const char *key)
{
	const struct buf *b = &pr->buf[f];

	if (b->n == 0)
		return false;
	if (f == F_TYPES)
		return begins(l, "Page block order:");
	return memcmp(b->zone, key, sizeof(b->zone)) == 0;
}

bool tx_proc_line(struct tx_reader *rd, const struct tx_line *l)
{
	struct tx_proc *pr = rd->proc;
	char key[48] = { 0 };
	enum file f = file_of(pr, l, key);

	if (f == F_NONE && (!pr || pr->at == F_NONE))
		return false;
	if (!pr) {
		pr = rd->proc = sg_calloc(1, sizeof(*pr));
		if (!pr) {
			rd->nomem = true;
			return false;
		}
	}
	if (f != F_NONE) {
		if (again(pr, f, l, key)) {
			tx_proc_flush(rd);
			pr->blocks = false;
		}
		if (pr->buf[F_ZONEINFO].n + pr->buf[F_BUDDYINFO].n + pr->buf[F_TYPES].n == 0) {
			pr->begin = *l;
			pr->line = rd->t.nr;
		}
		if (pr->buf[f].n == 0)
			memcpy(pr->buf[f].zone, key, sizeof(key));
		pr->at = f;
		pr->header = begins(l, "Number of blocks type");
		pr->blocks = f == F_TYPES && (pr->blocks || pr->header) && !begins(l, "Page block order:");
		put(rd, &pr->buf[f], l->s, (size_t)(l->e - l->s), true);
		return true;
	}
	if (l->s == l->e)
		return true;
	if (tx_meminfo_is(l)) {
		tx_proc_flush(rd);
		pr->at = F_NONE;
		pr->blocks = pr->header = false;
		return false;
	}
	if (pr->at != F_ZONEINFO && (only_numbers(l) || (pr->header && only_types(l)))) {
		put(rd, &pr->buf[pr->at], l->s, (size_t)(l->e - l->s), false);
		return true;
	}
	if (pr->at == F_ZONEINFO && !l->fresh) { /* everything up to the next file belongs to it */
		put(rd, &pr->buf[F_ZONEINFO], l->s, (size_t)(l->e - l->s), true);
		return true;
	}
	pr->at = F_NONE;
	pr->blocks = pr->header = false;
	return false;
}

static void types(struct sg_still *st, const struct tr_snap_types *t)
{
	st->nr_migratetypes = t->nr;
	for (unsigned int i = 0; i < t->nr; i++)
		memcpy(st->migratetype[i], t->name[i], sizeof(st->migratetype[i]));
}

static uint64_t typed(const struct sg_zone_snap *z, const struct tr_snap_types *t, const char *name)
{
	uint64_t n = 0;

	for (unsigned int i = 0; i < t->nr; i++)
		for (unsigned int o = 0; strcmp(t->name[i], name) == 0 && o < SG_MAX_ORDERS; o++)
			n += z->type_free[i][o] < UINT64_MAX >> 32 ? z->type_free[i][o] << o : 0;
	return n;
}

/* Figures that follow from the rows by migratetype. */
void tx_types_of(struct sg_snapshot *s, const struct tr_snap_types *t)
{
	for (unsigned int i = 0; i < s->nr_zones; i++) {
		struct sg_zone_snap *z = &s->zone[i];

		if (!z->have_types)
			continue;
		for (unsigned int k = 0; k < t->nr; k++)
			for (unsigned int o = 0; o < SG_MAX_ORDERS; o++)
				if (z->type_free[k][o])
					z->types_at[o] |= (uint8_t)(1u << k);
		z->known |= SG_ZONE_TYPES_AT | SG_ZONE_FREE_HIGHATOMIC | SG_ZONE_FREE_CMA;
		z->free_highatomic = typed(z, t, "HighAtomic");
		z->free_cma = typed(z, t, "CMA");
		if (!z->have_free) { /* the same blocks, counted by type */
			for (unsigned int o = 0; o < SG_MAX_ORDERS; o++)
				for (unsigned int k = 0; k < t->nr; k++)
					z->free[o] += z->type_free[k][o];
			z->have_free = true;
		}
	}
}

void tx_proc_flush(struct tx_reader *rd)
{
	struct tx_proc *pr = rd->proc;
	struct tr_snap_types t = { 0 };
	struct sg_snapshot *s;
	struct buf *b;
	bool ok = true;

	if (!pr)
		return;
	b = pr->buf;
	if (b[F_ZONEINFO].n + b[F_BUDDYINFO].n + b[F_TYPES].n == 0)
		return;
	s = tx_begin(rd, SG_STILL_PROC);
	if (s) {
		s->still->line = pr->line;
		if (b[F_ZONEINFO].n)
			ok = tr_snap_zoneinfo(s, b[F_ZONEINFO].s, b[F_ZONEINFO].n);
		if (b[F_BUDDYINFO].n)
			ok &= tr_snap_zones(s, b[F_BUDDYINFO].s, b[F_BUDDYINFO].n) &&
			      tr_snap_buddyinfo(s, b[F_BUDDYINFO].s, b[F_BUDDYINFO].n);
		if (b[F_TYPES].n)
			ok &= tr_snap_zones(s, b[F_TYPES].s, b[F_TYPES].n) &&
			      tr_snap_pagetypeinfo(s, &t, b[F_TYPES].s, b[F_TYPES].n);
		rd->zones += s->nr_zones;
		rd->nomem |= !ok;
		types(s->still, &t);
		tx_types_of(s, &t);
	}
	for (int i = 0; i < NR_FILES; i++)
		b[i].n = 0;
	tx_end(rd);
}

void tx_proc_free(struct tx_proc *p)
{
	for (int i = 0; p && i < NR_FILES; i++)
		free(p->buf[i].s);
	free(p);
}
