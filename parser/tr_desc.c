// SPDX-License-Identifier: GPL-2.0-only
/* From format texts to the tables that decoding uses. */
#include "tr_priv.h"

#include <stdlib.h>

unsigned int tr_kind(const char *system, struct tr_span name)
{
	char buf[64];
	unsigned int kind;

	if (name.n >= sizeof(buf))
		return SG_EV_other;
	memcpy(buf, name.s, name.n);
	buf[name.n] = '\0';
	kind = sg_kind_by_name(buf);
	return kind && strcmp(sg_kind_info(kind)->system, system) == 0 ? kind : SG_EV_other;
}

unsigned int tr_other(struct tr_capture *tc, int id, struct tr_span name)
{
	struct sg_other *o;

	for (unsigned int i = 0; i < tc->cap.nr_other; i++)
		if (tc->other[i].id == id)
			return i;
	/* the last place collects what has none of its own */
	if (tc->cap.nr_other == tc->cap_other) {
		o = &tc->other[tc->cap_other - 1];
		o->id = -1;
		strcpy(o->name, "(further events)");
		return tc->cap_other - 1;
	}
	o = &tc->other[tc->cap.nr_other];
	o->id = id;
	o->count = 0;
	sg_clean(o->name, sizeof(o->name), name.s, name.n);
	return tc->cap.nr_other++;
}

static const struct tr_field *find_field(const struct tr_fmt *f, const char *aliases)
{
	const struct tr_field *best = NULL;
	unsigned int best_rank = UINT32_MAX;

	for (unsigned int i = 0; i < f->nr; i++) {
		unsigned int rank = tr_alias_rank(aliases, f->field[i].name);

		if (rank && rank < best_rank) {
			best = &f->field[i];
			best_rank = rank;
		}
	}
	return best;
}

static bool signed_slot(enum sg_type t)
{
	return t == SG_T_INT || t == SG_T_NID || t == SG_T_ZONE || t == SG_T_SYM;
}

/* How field @f gets into a slot of @type. */
static struct tr_load load_of(const struct tr_field *f, unsigned int slot, enum sg_type type)
{
	struct tr_load l = { .op = TR_LD_MISSING, .slot = (uint8_t)slot };
	bool sign;

	if (!f)
		return l;
	l.off = (uint16_t)f->offset;
	l.size = (uint16_t)f->size;
	if (type == SG_T_STR) {
		if (f->str == TR_STR_NO ||
		    ((f->str == TR_STR_LOC || f->str == TR_STR_REL_LOC) && f->size != 4))
			return l;
		l.op = TR_LD_STR;
		l.str = (uint8_t)f->str;
		return l;
	}
	if (f->str != TR_STR_NO)
		return l;
	sign = f->is_signed && signed_slot(type);
	switch (f->size) {
	case 1:
		l.op = sign ? TR_LD_S8 : TR_LD_U8;
		break;
	case 2:
		l.op = sign ? TR_LD_S16 : TR_LD_U16;
		break;
	case 4:
		l.op = type == SG_T_PFN ? TR_LD_PFN32 : sign ? TR_LD_S32 : TR_LD_U32;
		break;
	case 8:
		l.op = TR_LD_U64;
		break;
	}
	return l;
}

static uint32_t load_end(const struct tr_load *l)
{
	return l->op == TR_LD_MISSING ? 0 : (uint32_t)l->off + l->size;
}

static void add_load(struct tr_desc *d, struct tr_load l)
{
	d->load[d->nr++] = l;
	if (load_end(&l) > d->need)
		d->need = load_end(&l);
}

/* The fields that all records start with. */
static void common(struct tr_desc *d, const struct tr_fmt *f)
{
	d->flags = load_of(find_field(f, "common_flags"), 0, SG_T_UINT);
	d->preempt = load_of(find_field(f, "common_preempt_count"), 0, SG_T_UINT);
	d->pid = load_of(find_field(f, "common_pid"), 0, SG_T_INT);
	d->std_common = d->flags.op == TR_LD_U8 && d->flags.off == 2 && d->preempt.op == TR_LD_U8 &&
			d->preempt.off == 3 && d->pid.op == TR_LD_S32 && d->pid.off == 4;
	if (d->std_common && d->need < 8)
		d->need = 8;
}

/* Keeps the names of @kind's slot; also those of gfp flags and zones. */
static void keep_names(struct tr_capture *tc, unsigned int kind, unsigned int slot,
		       enum sg_type type, const struct tr_fmt *f, const struct tr_field *fld)
{
	struct sg_capture *cap = &tc->cap;
	struct sg_symtab *t = &tc->symtab[tc->nr_symtab];
	struct sg_sym *sym = NULL;

	if (cap->sym[kind][slot] || !tr_table_find(f->print, fld->name, &t->flags, &sym, &t->nr))
		return;
	t->sym = sym;
	cap->sym[kind][slot] = t;
	tc->nr_symtab++;
	if (type == SG_T_GFP && (!cap->gfp_names || t->nr > cap->gfp_names->nr))
		cap->gfp_names = t;
	if (type == SG_T_ZONE && !tc->zone_names)
		tc->zone_names = t;
	for (unsigned int i = 0; type == SG_T_ZONE && i < t->nr; i++) {
		uint64_t z = t->sym[i].value;

		if (z >= SG_MAX_ZONE_TYPES)
			continue;
		memcpy(cap->zone_type[z], t->sym[i].name, sizeof(cap->zone_type[z]) - 1);
		if (z >= cap->nr_zone_types)
			cap->nr_zone_types = (unsigned int)z + 1;
	}
}

/* The branch-free form of the loads, where there is one. */
static void make_picks(struct tr_capture *tc, struct tr_desc *d)
{
	d->fast = d->std_common && !tc->head.swap && !tc->head.big_endian && tc->type.off <= 6;
	for (unsigned int i = 0; i < d->nr; i++) {
		const struct tr_load *l = &d->load[i];
		struct tr_pick *p = &d->pick[i];
		unsigned int bits = l->size * 8u;

		*p = (struct tr_pick){ .off = l->off };
		switch (l->op) {
		case TR_LD_MISSING:
			*p = (struct tr_pick){ .missing = SG_MISSING };
			continue;
		case TR_LD_S8:
		case TR_LD_S16:
		case TR_LD_S32:
			p->sign = 1ull << (bits - 1);
			break;
		case TR_LD_U8:
		case TR_LD_U16:
		case TR_LD_U32:
		case TR_LD_U64:
			break;
		default:
			d->fast = false;
			continue;
		}
		p->shift = (uint8_t)(64 - bits);
	}
}

static void one_event(struct tr_capture *tc, const char *system, unsigned int nr_system, const struct tr_fmt *f)
{
	unsigned int kind = tr_kind(system, f->name);
	const struct sg_kind_info *ki = sg_kind_info(kind);
	struct tr_desc *d = &tc->desc[tc->nr_desc];

	if (tc->by_id[f->id])
		return; /* the first one counts */
	memset(d, 0, sizeof(*d));
	d->kind = (uint16_t)kind;
	d->system = nr_system;
	common(d, f);
	if (kind == SG_EV_other) {
		d->other = tr_other(tc, f->id, f->name);
	} else {
		tc->cap.present[kind] = true;
		for (unsigned int s = 0; s < ki->nr_fields; s++) {
			enum sg_type type = ki->field[s].type;
			const struct tr_field *fld = find_field(f, ki->field[s].aliases);

			add_load(d, load_of(fld, s, type));
			if (fld && (type == SG_T_SYM || type == SG_T_FLAGS || type == SG_T_GFP ||
				    type == SG_T_ZONE))
				keep_names(tc, kind, s, type, f, fld);
		}
		make_picks(tc, d);
		if (kind == SG_EV_mm_page_alloc_extfrag)
			tr_orders_take(tc, f->print);
	}
	tc->by_id[f->id] = (uint16_t)tc->nr_desc++;
}

/* Events whose print format has no usable table borrow the names of gfp flags and zones. */
static void lend_names(struct tr_capture *tc)
{
	struct sg_capture *cap = &tc->cap;

	for (unsigned int k = 1; k < SG_KIND_COUNT; k++) {
		const struct sg_kind_info *ki = sg_kind_info(k);

		for (unsigned int s = 0; s < ki->nr_fields; s++) {
			if (!cap->present[k] || cap->sym[k][s])
				continue;
			if (ki->field[s].type == SG_T_GFP)
				cap->sym[k][s] = cap->gfp_names;
			else if (ki->field[s].type == SG_T_ZONE)
				cap->sym[k][s] = tc->zone_names;
		}
	}
}

/* The bits of "__GFP_<name>", or of "GFP_<name>" where kernels print only that. */
static uint64_t gfp_bits(const struct sg_symtab *t, const char *name)
{
	uint64_t alone = 0;

	for (unsigned int i = 0; t && i < t->nr; i++) {
		const char *n = t->sym[i].name;

		if (strncmp(n, "__GFP_", 6) == 0 && strcmp(n + 6, name) == 0)
			return t->sym[i].value;
		if (strncmp(n, "GFP_", 4) == 0 && strcmp(n + 4, name) == 0)
			alone = t->sym[i].value;
	}
	return alone;
}

void tr_gfp_meaning(struct sg_capture *cap)
{
	const struct sg_symtab *t = cap->gfp_names;
	struct sg_gfp *g = &cap->gfp;

	g->dma = gfp_bits(t, "DMA");
	g->highmem = gfp_bits(t, "HIGHMEM");
	g->dma32 = gfp_bits(t, "DMA32");
	g->movable = gfp_bits(t, "MOVABLE");
	g->reclaimable = gfp_bits(t, "RECLAIMABLE");
	g->high = gfp_bits(t, "HIGH");
	g->io = gfp_bits(t, "IO");
	g->fs = gfp_bits(t, "FS");
	g->zero = gfp_bits(t, "ZERO");
	g->direct_reclaim = gfp_bits(t, "DIRECT_RECLAIM");
	g->kswapd_reclaim = gfp_bits(t, "KSWAPD_RECLAIM");
	g->write = gfp_bits(t, "WRITE");
	g->nowarn = gfp_bits(t, "NOWARN");
	g->retry_mayfail = gfp_bits(t, "RETRY_MAYFAIL");
	g->nofail = gfp_bits(t, "NOFAIL");
	g->noretry = gfp_bits(t, "NORETRY");
	g->memalloc = gfp_bits(t, "MEMALLOC");
	g->comp = gfp_bits(t, "COMP");
	g->nomemalloc = gfp_bits(t, "NOMEMALLOC");
	g->hardwall = gfp_bits(t, "HARDWALL");
	g->thisnode = gfp_bits(t, "THISNODE");
	g->account = gfp_bits(t, "ACCOUNT");
	g->nolockdep = gfp_bits(t, "NOLOCKDEP");
}

/* header_page's fields, or the usual layout for the size of a long. */
static void page_layout(struct tr_capture *tc)
{
	struct tr_page_layout *l = &tc->layout;
	const char *text = tc->head.header_page;
	bool commit = false, data = false;
	struct tr_field f;
	size_t pos = 0;

	*l = (struct tr_page_layout){ .commit_off = 8,
				      .commit_size = tc->head.long_size,
				      .data_off = 8 + tc->head.long_size };
	while (text && tr_fmt_field_line(text, strlen(text), &pos, &f)) {
		if (tr_span_is(f.name, "timestamp") && f.size == 8 && f.offset <= 64) {
			l->ts_off = f.offset;
		} else if (tr_span_is(f.name, "commit") && (f.size == 4 || f.size == 8) &&
			   f.offset <= 64) {
			l->commit_off = f.offset;
			l->commit_size = f.size;
			commit = true;
		} else if (tr_span_is(f.name, "data") && f.offset <= 128) {
			l->data_off = f.offset;
			data = true;
		}
	}
	if (commit && !data)
		l->data_off = l->commit_off + l->commit_size;
	if (text && !commit)
		tr_note(tc, "the layout of trace pages is not described as expected: the usual one "
			    "is assumed");
	tc->cap.long_size = l->commit_size;
}

static int by_pid(const void *a, const void *b)
{
	const struct sg_task_name *x = a, *y = b;

	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

/* "PID NAME" lines. */
static int task_names(struct tr_capture *tc)
{
	const char *p = tc->head.cmdlines;
	unsigned int nr = 0, max = 0;

	for (const char *s = p; s && *s; s++)
		max += *s == '\n';
	tc->task = sg_calloc((size_t)max + 1, sizeof(*tc->task));
	if (!tc->task)
		return SG_E_NOMEM;
	while (p && *p && nr <= max) {
		size_t n = strcspn(p, "\n");
		char *end;
		long pid = strtol(p, &end, 10);

		if (end != p && end < p + n && *end == ' ' && pid >= 0 && pid <= INT32_MAX) {
			tc->task[nr].pid = (int32_t)pid;
			sg_clean(tc->task[nr].comm, sizeof(tc->task[nr].comm), end + 1,
				 (size_t)(p + n - end - 1));
			nr++;
		}
		p += n + (p[n] == '\n');
	}
	qsort(tc->task, nr, sizeof(*tc->task), by_pid);
	tc->cap.task = tc->task;
	tc->cap.nr_tasks = nr;
	return SG_OK;
}

int tr_describe(struct tr_capture *tc, struct sg_err *err)
{
	const char *last = NULL; /* system of the format before */
	struct sg_capture *cap = &tc->cap;
	struct tr_fmt *f = sg_malloc(sizeof(*f));
	unsigned int damaged = 0;
	bool type_known = false;

	tc->desc = sg_calloc((size_t)tc->head.nr_fmt + 1, sizeof(*tc->desc));
	tc->cap_other = tc->head.nr_fmt + 65;
	tc->other = sg_calloc(tc->cap_other, sizeof(*tc->other));
	tc->symtab = sg_calloc((size_t)SG_KIND_COUNT * SG_SLOTS, sizeof(*tc->symtab));
	if (!f || !tc->desc || !tc->other || !tc->symtab || task_names(tc) < 0) {
		free(f);
		return sg_fail(err, SG_E_NOMEM, "%s: out of memory", tc->src.path);
	}
	cap->other = tc->other;
	tc->nr_desc = 1; /* 0 is "unknown id" */
	tc->type = (struct tr_load){ .op = TR_LD_U16, .size = 2 };
	for (unsigned int i = 0; i < tc->head.nr_fmt; i++) {
		const struct tr_text *t = &tc->head.fmt[i];
		const struct tr_field *type;

		if (!tr_fmt_parse(t->text, t->len, f)) {
			damaged++;
			continue;
		}
		type = find_field(f, "common_type");
		if (type && !type_known && type->offset < 64 &&
		    load_of(type, 0, SG_T_UINT).op == TR_LD_U16) {
			tc->type = load_of(type, 0, SG_T_UINT);
			type_known = true;
		}
		/* formats of one system stand together, in whatever order the systems come; damaged ones are none of it */
		if (!last || strcmp(t->system, last) != 0)
			tc->nr_systems++;
		last = t->system;
		one_event(tc, t->system, tc->nr_systems - 1, f);
	}
	free(f);
	if (damaged)
		tr_note(tc, "%u of %u event formats are damaged: their events are only counted",
			damaged, tc->head.nr_fmt);
	lend_names(tc);
	tr_gfp_meaning(cap);
	page_layout(tc);
	return SG_OK;
}
