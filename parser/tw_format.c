// SPDX-License-Identifier: GPL-2.0-only
/*
 * Formats of the events of a trace.dat that is written: the capture's where it has all fields, else made as those of
 * events/SYSTEM/NAME/format are.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tw_priv.h"

#define FIRST_ID 30000u /* of made formats: above those that a kernel gives out to its own events, below 65536 */
#define PRINT_ID 5u     /* TRACE_PRINT: kernel/trace/trace.h, 6.1 to 7.3 */

static bool is_signed(enum sg_type t)
{
	return t == SG_T_INT || t == SG_T_NID || t == SG_T_ZONE || t == SG_T_SYM;
}

/* Do all values of the slot come back out of @size bytes? */
static bool fits(const struct tw_range *r, enum sg_type type, unsigned int size, bool sign)
{
	unsigned int bits = size * 8;

	if (size == 8)
		return true;
	if (size != 1 && size != 2 && size != 4)
		return false;
	if (is_signed(type) && sign)
		return r->least >= -(INT64_C(1) << (bits - 1)) && r->high < INT64_C(1) << (bits - 1);
	return r->most < UINT64_C(1) << bits;
}

/* ---- the capture's ------------------------------------------------------------ */

static const struct tr_field *field_of(const struct tr_fmt *f, const char *aliases)
{
	const struct tr_field *best = NULL;
	unsigned int rank, least = UINT32_MAX;

	for (unsigned int i = 0; i < f->nr; i++) {
		rank = tr_alias_rank(aliases, f->field[i].name);
		if (rank && rank < least) {
			best = &f->field[i];
			least = rank;
		}
	}
	return best;
}

static bool lies_at(const struct tr_fmt *f, const char *name, unsigned int off, unsigned int size)
{
	const struct tr_field *fld = field_of(f, name);

	return fld && fld->offset == off && fld->size == size;
}

/* Takes the format apart; false when it lacks a field that the events have, or can't hold a value of it. */
static bool take(struct tw_event *e, const struct tr_fmt *f, const struct sg_kind_info *ki, const struct tw_seen *seen)
{
	unsigned int size = TW_COMMON, texts = 0;

	if (!lies_at(f, "common_type", 0, 2) || !lies_at(f, "common_flags", 2, 1) || !lies_at(f, "common_preempt_count", 3, 1) ||
	    !lies_at(f, "common_pid", 4, 4) || f->id <= 0)
		return false;
	for (unsigned int i = 0; i < f->nr; i++) {
		const struct tr_field *fld = &f->field[i];

		if (fld->offset + fld->size > size)
			size = fld->offset + fld->size;
	}
	if (size > 2048)
		return false;
	e->nr = 0;
	for (unsigned int s = 0; s < ki->nr_fields; s++) {
		const struct tr_field *fld = field_of(f, ki->field[s].aliases);
		enum sg_type type = ki->field[s].type;

		if (!fld) {
			if (seen->slot[s].any)
				return false;
			continue;
		}
		if (type == SG_T_STR ? fld->str == TR_STR_NO || fld->str == TR_STR_REL_LOC || texts++ :
				       fld->str != TR_STR_NO || !fits(&seen->slot[s], type, fld->size, fld->is_signed))
			return false;
		e->field[e->nr++] = (struct tw_field){ .slot = (uint8_t)s, .size = (uint8_t)fld->size, .str = (uint8_t)fld->str,
						       .off = (uint16_t)fld->offset };
	}
	e->id = (uint16_t)f->id;
	e->size = (uint16_t)size;
	return true;
}

/*
 * Kernels 7.x print REC->ent.pid, a member of a member, which libtraceevent gives up on: it shows the bare fields and
 * nothing of what they mean.
 */
static bool is_shown(const struct tr_fmt *f)
{
	return !memmem(f->print.s, f->print.n, "REC->ent.", strlen("REC->ent."));
}

static bool of_capture(struct tw_event *e, unsigned int kind, const struct tw_seen *seen, const struct tr_capture *from)
{
	/* records of another byte order or word size are laid out otherwise */
	if (!from || from->head.big_endian || from->head.long_size != 8)
		return false;
	for (unsigned int i = 0; i < from->head.nr_fmt; i++) {
		const struct tr_text *t = &from->head.fmt[i];
		struct tr_fmt f;

		if (!tr_fmt_parse(t->text, t->len, &f) || tr_kind(t->system, f.name) != kind)
			continue;
		if (!is_shown(&f) || !take(e, &f, sg_kind_info(kind), seen))
			return false;
		e->system = sg_kind_info(kind)->system;
		e->text = t->text;
		e->len = strnlen(t->text, t->len);
		return true;
	}
	return false;
}

/* ---- made ones ------------------------------------------------------------------- */

/* How a field is declared, how large it is, and how it is printed. */
struct decl {
	const char *type, *conversion;
	unsigned int size;
	bool sign;
};

static struct decl declared(enum sg_type type, const struct tw_range *r)
{
	static const struct decl long_hex = { "unsigned long", "0x%lx", 8, false }, ulong_ = { "unsigned long", "%lu", 8, false },
				 long_ = { "long", "%ld", 8, true }, uint_ = { "unsigned int", "%u", 4, false },
				 int_ = { "int", "%d", 4, true };

	switch (type) {
	case SG_T_PFN:
	case SG_T_HEX:
	case SG_T_GFP:
	case SG_T_FLAGS:
		return long_hex;
	case SG_T_UINT:
		return ulong_;
	default:
		break;
	}
	if (is_signed(type))
		return fits(r, type, 4, true) ? int_ : long_;
	return fits(r, type, 4, false) ? uint_ : ulong_;
}

static const char *name_of(const struct sg_field *f, char buf[64])
{
	snprintf(buf, 64, "%.*s", (int)strcspn(f->aliases, "|"), f->aliases);
	return buf;
}

/* A name between quotes: what would end them is written otherwise. */
static void put_quoted(FILE *o, const char *name)
{
	fputc('"', o);
	for (; *name; name++)
		fputc(*name == '"' || *name == '\\' || (unsigned char)*name < ' ' ? '_' : *name, o);
	fputc('"', o);
}

static void put_names(FILE *o, const char *name, const struct sg_symtab *t)
{
	if (t->flags)
		fprintf(o, "(REC->%s) ? __print_flags(REC->%s, \"|\"", name, name);
	else
		fprintf(o, "__print_symbolic(REC->%s", name);
	for (unsigned int i = 0; i < t->nr; i++) {
		fprintf(o, ", { 0x%" PRIx64 ", ", t->sym[i].value);
		put_quoted(o, t->sym[i].name);
		fputs(" }", o);
	}
	fputs(t->flags ? ") : \"none\"" : ")", o);
}

/*
 * The kernel's sizes stand in this print format as its definitions of them, and readers take them from there.
 * Source: include/linux/pageblock-flags.h, include/trace/events/kmem.h, 6.1 to 7.3
 */
static void put_pageblock_order(FILE *o, const struct sg_capture *cap)
{
	unsigned int shift = 12, most = cap->nr_orders - 1;

	while (shift < 18 && 1u << shift < cap->page_size)
		shift++;
	fprintf(o, ", (((unsigned int)((%u - %u))) < ((unsigned int)(%u)) ? ((unsigned int)((%u - %u))) : ((unsigned int)(%u)))",
		cap->huge_order + shift, shift, most, cap->huge_order + shift, shift, most);
}

static bool tells_sizes(const struct sg_capture *cap)
{
	unsigned int least = cap->huge_order + 1 < cap->nr_orders ? cap->huge_order : cap->nr_orders - 1;

	return cap->nr_orders > 1 && cap->huge_order > 0 && cap->pageblock_order == least;
}

/* The declarations, from @off on; fills @e. */
static void put_fields(FILE *o, struct tw_event *e, unsigned int kind, const struct tw_seen *seen)
{
	const struct sg_kind_info *ki = sg_kind_info(kind);
	unsigned int off = TW_COMMON;
	char name[64];

	for (unsigned int s = 0; s < ki->nr_fields; s++) {
		struct decl d = declared(ki->field[s].type, &seen->slot[s]);
		enum tr_str_kind str = TR_STR_NO;

		if (ki->field[s].type == SG_T_STR) {
			/* a marker's text stands at its end without a length, as in no other event */
			str = kind == SG_EV_print ? TR_STR_REST : TR_STR_LOC;
			d = (struct decl){ str == TR_STR_REST ? "char" : "__data_loc char[]", "%s", str == TR_STR_REST ? 0 : 4, false };
		} else if (!seen->slot[s].any) {
			continue;
		}
		if (d.size)
			off = (off + d.size - 1) / d.size * d.size;
		e->field[e->nr++] = (struct tw_field){ .slot = (uint8_t)s, .size = (uint8_t)d.size, .str = (uint8_t)str,
						       .off = (uint16_t)off };
		fprintf(o, "\tfield:%s %s%s;\toffset:%u;\tsize:%u;\tsigned:%d;\n", d.type, name_of(&ki->field[s], name),
			str == TR_STR_REST ? "[]" : "", off, d.size, d.sign);
		off += d.size;
	}
	e->size = (uint16_t)((off + 3) / 4 * 4);
}

static const struct sg_symtab *names(const struct sg_capture *cap, unsigned int kind, const struct tw_field *f)
{
	const struct sg_symtab *t = cap->sym[kind][f->slot];

	return f->str == TR_STR_NO && t && t->nr ? t : NULL;
}

static void put_print(FILE *o, const struct tw_event *e, unsigned int kind, const struct tw_seen *seen, const struct sg_capture *cap)
{
	const struct sg_kind_info *ki = sg_kind_info(kind);
	bool sizes = kind == SG_EV_mm_page_alloc_extfrag && tells_sizes(cap);
	char name[64];

	fputs("\nprint fmt: \"", o);
	for (unsigned int i = 0; i < e->nr; i++) {
		const struct tw_field *f = &e->field[i];
		bool text = f->str != TR_STR_NO || names(cap, kind, f);

		fprintf(o, "%s%s=%s", i ? " " : "", name_of(&ki->field[f->slot], name),
			text ? "%s" : declared(ki->field[f->slot].type, &seen->slot[f->slot]).conversion);
		if (sizes && f->slot == SGF_mm_page_alloc_extfrag_fallback_order)
			fputs(" pageblock_order=%d", o);
	}
	fputc('"', o);
	for (unsigned int i = 0; i < e->nr; i++) {
		const struct tw_field *f = &e->field[i];
		const struct sg_symtab *t = names(cap, kind, f);

		name_of(&ki->field[f->slot], name);
		fputs(", ", o);
		if (f->str == TR_STR_LOC)
			fprintf(o, "__get_str(%s)", name);
		else if (t)
			put_names(o, name, t);
		else
			fprintf(o, "REC->%s", name);
		if (sizes && f->slot == SGF_mm_page_alloc_extfrag_fallback_order)
			put_pageblock_order(o, cap);
	}
	fputc('\n', o);
}

static void put_format(FILE *o, struct tw_event *e, unsigned int kind, const struct tw_seen *seen, const struct sg_capture *cap)
{
	fprintf(o, "name: %s\nID: %u\nformat:\n"
		"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
		"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"
		"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n"
		"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n", sg_kind_info(kind)->name, e->id);
	put_fields(o, e, kind, seen);
	put_print(o, e, kind, seen, cap);
}

/* Memory streams write when they are closed. */
static int make(struct tw_event *e, unsigned int kind, unsigned int id, const struct tw_seen *seen, const struct sg_capture *cap)
{
	char *text = NULL;
	size_t len = 0;
	FILE *o = open_memstream(&text, &len);

	if (!o)
		return SG_E_NOMEM;
	e->id = (uint16_t)id;
	e->nr = 0;
	put_format(o, e, kind, seen, cap);
	if (fclose(o) != 0 || !text) {
		free(text);
		return SG_E_NOMEM;
	}
	e->system = sg_kind_info(kind)->system;
	e->text = e->made = text;
	e->len = len;
	return SG_OK;
}

static bool id_taken(const struct tw_event *ev, unsigned int id)
{
	for (unsigned int k = 1; k < SG_KIND_COUNT; k++)
		if (ev[k].text && ev[k].id == id)
			return true;
	return false;
}

int tw_formats(struct tw_event ev[SG_KIND_COUNT], const struct tw_seen seen[SG_KIND_COUNT], const struct sg_capture *cap,
	       const struct tr_capture *from, struct tw_told *told)
{
	unsigned int next = FIRST_ID;
	int r = SG_OK;

	for (unsigned int k = 1; k < SG_KIND_COUNT; k++)
		if (seen[k].events && of_capture(&ev[k], k, &seen[k], from))
			told->taken++;
	for (unsigned int k = 1; k < SG_KIND_COUNT && r == SG_OK; k++) {
		unsigned int id = PRINT_ID;

		if (!seen[k].events || ev[k].text)
			continue;
		if (k != SG_EV_print || id_taken(ev, id)) {
			while (id_taken(ev, next))
				next++;
			id = next++;
		}
		r = make(&ev[k], k, id, &seen[k], cap);
		told->made += r == SG_OK;
	}
	return r;
}

void tw_formats_free(struct tw_event ev[SG_KIND_COUNT])
{
	for (unsigned int k = 0; k < SG_KIND_COUNT; k++)
		free(ev[k].made);
}
