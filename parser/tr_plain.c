// SPDX-License-Identifier: GPL-2.0-only
/*
 * The slow way: libtracecmd reads the records, libtraceevent finds the fields.  It shares nothing
 * with the fast way from the container to the bytes of a field, and so checks it.
 */
#include "tr_priv.h"
#include "tr_quiet.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <trace-cmd/trace-cmd.h>
#include <traceevent/event-parse.h>
#include <unistd.h>

struct plain_event {
	struct tep_event *ev;
	unsigned int kind, other;
	struct tep_format_field *slot[SG_SLOTS];
};

/* The next record of one CPU of one instance. */
struct plain_head {
	unsigned int inst;
	int cpu;
	struct tep_record *rec;
};

struct tr_plain {
	struct tracecmd_input *top;
	unsigned int nr;
	struct tracecmd_input *handle[TR_MAX_INSTANCES + 1];
	unsigned int nr_heads;
	struct plain_head *head;
	struct tep_handle *tep;
	struct plain_event *by_id[65536];
};

int tr_plain_open(struct tr_capture *tc, struct sg_err *err)
{
	struct tr_plain *p = sg_calloc(1, sizeof(*p));
	struct tr_quiet q;
	char name[64];
	int fd;

	if (!p)
		return sg_fail(err, SG_E_NOMEM, "%s: out of memory", tc->src.path);
	tc->plain = p;
	/* an open file of its own: the library seeks and closes */
	snprintf(name, sizeof(name), "/proc/self/fd/%d", tc->src.fd);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return sg_fail(err, SG_E_IO, "%s: cannot be opened a second time", tc->src.path);
	tr_quiet_begin(&q); /* it tells truncated files by printf() */
	p->top = tracecmd_open_fd(fd, TRACECMD_FL_LOAD_NO_PLUGINS);
	tr_quiet_end(&q);
	if (!p->top) {
		close(fd);
		return sg_fail(err, SG_E_FORMAT, "%s: libtracecmd cannot read it", tc->src.path);
	}
	p->tep = tracecmd_get_tep(p->top);
	p->handle[p->nr++] = p->top;
	for (int i = 0; i < tracecmd_buffer_instances(p->top) && p->nr <= TR_MAX_INSTANCES; i++) {
		struct tracecmd_input *h = tracecmd_buffer_instance_handle(p->top, i);

		if (h)
			p->handle[p->nr++] = h;
	}
	for (unsigned int i = 0; i < p->nr; i++) {
		int cpus = (int)tc->cap.nr_cpus;
		struct plain_head *more = sg_realloc(p->head,
						  (p->nr_heads + (size_t)cpus + 1) * sizeof(*more));

		if (!more)
			return sg_fail(err, SG_E_NOMEM, "%s: out of memory", tc->src.path);
		p->head = more;
		for (int c = 0; c < cpus; c++)
			p->head[p->nr_heads++] =
				(struct plain_head){ i, c, tracecmd_read_data(p->handle[i], c) };
	}
	return SG_OK;
}

void tr_plain_close(struct tr_plain *p)
{
	if (!p)
		return;
	for (unsigned int i = 0; i < 65536; i++)
		free(p->by_id[i]);
	for (unsigned int i = 0; i < p->nr_heads; i++)
		tracecmd_free_record(p->head[i].rec);
	free(p->head);
	for (unsigned int i = p->nr; i-- > 0;)
		tracecmd_close(p->handle[i]);
	free(p);
}

static struct plain_event *event_of(struct tr_capture *tc, unsigned int id)
{
	struct tr_plain *p = tc->plain;
	struct plain_event *pe = p->by_id[id];
	const struct sg_kind_info *ki;
	char name[32];

	if (pe)
		return pe;
	pe = p->by_id[id] = sg_calloc(1, sizeof(*pe));
	if (!pe)
		return NULL;
	pe->ev = tep_find_event(p->tep, (int)id);
	if (!pe->ev) {
		int n = snprintf(name, sizeof(name), "event-%u", id);

		pe->other = tr_other(tc, (int)id, (struct tr_span){ name, (size_t)n });
		return pe;
	}
	pe->kind = tr_kind(pe->ev->system, (struct tr_span){ pe->ev->name, strlen(pe->ev->name) });
	if (pe->kind == SG_EV_other)
		pe->other = tr_other(tc, (int)id,
				     (struct tr_span){ pe->ev->name, strlen(pe->ev->name) });
	ki = sg_kind_info(pe->kind);
	for (unsigned int s = 0; s < ki->nr_fields; s++) {
		unsigned int best = UINT32_MAX;

		for (struct tep_format_field *f = pe->ev->format.fields; f; f = f->next) {
			unsigned int rank = tr_alias_rank(
				ki->field[s].aliases, (struct tr_span){ f->name, strlen(f->name) });

			if (rank && rank < best) {
				best = rank;
				pe->slot[s] = f;
			}
		}
	}
	return pe;
}

static uint64_t text_value(struct tr_capture *tc, const struct tep_format_field *f,
			   const struct tep_record *rec, struct sg_event *ev)
{
	unsigned long long loc;
	uint64_t off = (uint64_t)f->offset, n = (uint64_t)f->size;
	const char *s;
	size_t used;

	if (f->flags & TEP_FIELD_IS_DYNAMIC) {
		if (f->size != 4 || off + 4 > (uint64_t)rec->size)
			return SG_MISSING;
		loc = tep_read_number(tc->plain->tep, (char *)rec->data + off, 4);
		n = loc >> 16;
		off = (loc & 0xffff) + (f->flags & TEP_FIELD_IS_RELATIVE ? off + 4 : 0);
	} else if (!(f->flags & TEP_FIELD_IS_ARRAY)) {
		return SG_MISSING;
	} else if (n == 0) {
		if (off > (uint64_t)rec->size)
			return SG_MISSING;
		n = (uint64_t)rec->size - off;
	}
	if (off > (uint64_t)rec->size || n > (uint64_t)rec->size - off)
		return SG_MISSING;
	s = (const char *)rec->data + off;
	used = strnlen(s, n);
	if (ev->kind == SG_EV_print && used && s[used - 1] == '\n')
		used--;
	ev->str = tr_arena_copy(&tc->arena, s, used);
	ev->str_len = ev->str ? (uint32_t)used : 0;
	return ev->str_len;
}

static uint64_t value(struct tr_capture *tc, enum sg_type type, const struct tep_format_field *f,
		      const struct tep_record *rec, struct sg_event *ev)
{
	uint64_t v;

	if (!f)
		return SG_MISSING;
	if (type == SG_T_STR)
		return text_value(tc, f, rec, ev);
	if ((f->flags & (TEP_FIELD_IS_ARRAY | TEP_FIELD_IS_DYNAMIC)) ||
	    f->offset + f->size > rec->size ||
	    (f->size != 1 && f->size != 2 && f->size != 4 && f->size != 8))
		return SG_MISSING;
	v = tep_read_number(tc->plain->tep, (char *)rec->data + f->offset, f->size);
	if (f->size < 8 && type == SG_T_PFN && f->size == 4 && v == UINT32_MAX)
		return UINT64_MAX;
	if (f->size < 8 && (f->flags & TEP_FIELD_IS_SIGNED) &&
	    (type == SG_T_INT || type == SG_T_NID || type == SG_T_ZONE || type == SG_T_SYM)) {
		unsigned int shift = 64 - 8 * (unsigned int)f->size;

		v = (uint64_t)((int64_t)(v << shift) >> shift);
	}
	return v;
}

/* The library's time in ns. */
static uint64_t plain_ts(const struct tr_clock *c, uint64_t ts)
{
	return c->ticks ? (ts - c->offset) * c->mult + c->offset : ts;
}

static void translate(struct tr_capture *tc, unsigned int inst, struct tep_record *rec,
		      struct sg_event *ev)
{
	struct tr_plain *p = tc->plain;
	int id = rec->size >= 2 ? tep_data_type(p->tep, rec) : -1;
	const struct plain_event *pe = id >= 0 && id <= UINT16_MAX ? event_of(tc, (unsigned int)id)
								   : NULL;
	const struct sg_kind_info *ki;

	*ev = (struct sg_event){ .ts = plain_ts(&tc->head.tc, rec->ts),
				 .cpu = (uint16_t)rec->cpu,
				 .instance = (uint8_t)inst,
				 .missed = rec->missed_events };
	if (rec->size >= 8) {
		ev->pid = tep_data_pid(p->tep, rec);
		ev->common_flags = (uint8_t)tep_data_flags(p->tep, rec);
		ev->preempt = (uint8_t)tep_data_preempt_count(p->tep, rec);
	}
	if (rec->missed_events)
		tr_count_lost(tc, rec->missed_events);
	if (!pe) {
		tc->other[tr_other(tc, -1, (struct tr_span){ "(no id)", 7 })].count++;
		ev->v[0] = SG_MISSING;
		return;
	}
	ev->kind = (uint16_t)pe->kind;
	tc->seen[pe->kind]++;
	if (pe->kind == SG_EV_other) {
		tc->other[pe->other].count++;
		ev->v[SGF_other_id] = (uint64_t)id;
		return;
	}
	ki = sg_kind_info(pe->kind);
	for (unsigned int s = 0; s < ki->nr_fields; s++)
		ev->v[s] = value(tc, ki->field[s].type, pe->slot[s], rec, ev);
}

size_t tr_plain_read(struct tr_capture *tc, struct sg_event *ev, size_t max)
{
	struct tr_plain *p = tc->plain;
	size_t n = 0;

	while (n < max) {
		struct plain_head *first = NULL;

		for (unsigned int i = 0; i < p->nr_heads; i++)
			if (p->head[i].rec && (!first || p->head[i].rec->ts < first->rec->ts))
				first = &p->head[i];
		if (!first)
			break;
		translate(tc, first->inst, first->rec, &ev[n++]);
		tracecmd_free_record(first->rec);
		first->rec = tracecmd_read_data(p->handle[first->inst], first->cpu);
	}
	return n;
}
