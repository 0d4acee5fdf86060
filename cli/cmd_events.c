// SPDX-License-Identifier: GPL-2.0-only
/* stormglass events: the decoded events, one a line or as JSON, as they are read. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "cmd_sgs.h"
#include "sg_filter.h"

#define MAX_VALUE 512u
#define MAX_WORDS 1024u

struct request {
	const char *file, *from, *to, *filter;
	bool json, explain;
};

struct printer {
	const struct sg_capture *cap;
	const struct mm_machine *m; /* with explanations */
	struct cmd_out *o;
	struct cmd_json j;
	uint64_t count;
};

const char *cmd_event_name(const struct sg_capture *cap, const struct sg_event *ev)
{
	if (ev->kind != SG_EV_other)
		return sg_kind_info(ev->kind)->name;
	for (unsigned int i = 0; i < cap->nr_other; i++)
		if ((uint64_t)cap->other[i].id == ev->v[SGF_other_id])
			return cap->other[i].name;
	return "other";
}

static void put_padded(struct cmd_out *o, const char *text, size_t width)
{
	size_t len = strlen(text);

	cmd_puts(o, text);
	if (len < width)
		cmd_put_fill(o, ' ', width - len);
}

/* Text of a string slot: cleaned, and its quotes told from ours. */
static void put_string(struct cmd_out *o, const struct sg_event *ev)
{
	char clean[MAX_VALUE];

	sg_clean(clean, sizeof(clean), ev->str ? ev->str : "", ev->str ? ev->str_len : 0);
	cmd_put(o, "\"", 1);
	for (const char *p = clean; *p; p++) {
		if (*p == '"' || *p == '\\')
			cmd_put(o, "\\", 1);
		cmd_put(o, p, 1);
	}
	cmd_put(o, "\"", 1);
}

static void print_line(struct printer *p, const struct sg_event *ev, uint64_t number)
{
	const struct sg_kind_info *ki = sg_kind_info(ev->kind);
	struct cmd_out *o = p->o;
	char text[MAX_WORDS];

	cmd_printf(o, "%8" PRIu64 "  ", number);
	cmd_put_time(o, p->cap, ev->ts);
	cmd_printf(o, "  [%03u]  ", ev->cpu);
	snprintf(text, sizeof(text), "%s-%d", sg_capture_comm(p->cap, ev->pid), ev->pid);
	put_padded(o, text, 20);
	cmd_puts(o, "  ");
	if (p->cap->nr_instances > 1 && ev->instance > 0 && ev->instance < p->cap->nr_instances)
		cmd_printf(o, "%s/", p->cap->instance[ev->instance]);
	cmd_puts(o, cmd_event_name(p->cap, ev));
	cmd_put(o, ":", 1);
	for (unsigned int i = 0; i < ki->nr_fields; i++) {
		if (ki->field[i].type == SG_T_STR) {
			cmd_printf(o, " %s=", ki->field[i].name);
			put_string(o, ev);
		} else if (mm_event_field(p->cap, ev, i, text, sizeof(text)) > 0) {
			cmd_printf(o, " %s=%s", ki->field[i].name, text);
		}
	}
	if (ev->missed > 0)
		cmd_printf(o, "  [%" PRId64 " events lost before this one]", ev->missed);
	else if (ev->missed < 0)
		cmd_puts(o, "  [events lost before this one]");
	cmd_put(o, "\n", 1);
	if (p->m) {
		mm_explain(p->m, ev, text, sizeof(text));
		cmd_printf(o, "          %s\n", text);
	}
}

/* Numbers stay numbers; what the capture has names for becomes its name. */
static void json_field(struct cmd_json *j, const struct sg_capture *cap, const struct sg_event *ev, unsigned int slot)
{
	const struct sg_field *f = &sg_kind_info(ev->kind)->field[slot];
	uint64_t v = ev->v[slot];
	char text[MAX_VALUE];

	switch (f->type) {
	case SG_T_STR:
		cmd_json_strn(j, f->name, ev->str ? ev->str : "", ev->str ? ev->str_len : 0);
		return;
	case SG_T_PFN:
		if (v == UINT64_MAX)
			cmd_json_null(j, f->name);
		else
			cmd_json_uint(j, f->name, v);
		return;
	case SG_T_INT:
	case SG_T_NID:
		cmd_json_int(j, f->name, (int64_t)v);
		return;
	case SG_T_UINT:
	case SG_T_ORDER:
		if (v != SG_MISSING)
			cmd_json_uint(j, f->name, v);
		return;
	case SG_T_BOOL:
		if (v != SG_MISSING)
			cmd_json_bool(j, f->name, v != 0);
		return;
	default:
		if (mm_event_field(cap, ev, slot, text, sizeof(text)) > 0)
			cmd_json_str(j, f->name, text);
	}
}

void cmd_json_event(struct cmd_json *j, const struct sg_capture *cap, const struct mm_machine *m,
		    const struct sg_event *ev, uint64_t number)
{
	const struct sg_kind_info *ki = sg_kind_info(ev->kind);
	char text[MAX_WORDS];

	cmd_json_object(j, NULL, true);
	cmd_json_uint(j, "number", number);
	cmd_json_time(j, "time", cap, ev->ts);
	cmd_json_uint(j, "cpu", ev->cpu);
	cmd_json_int(j, "pid", ev->pid);
	cmd_json_str(j, "task", sg_capture_comm(cap, ev->pid));
	cmd_json_str(j, "system", ki->system);
	cmd_json_str(j, "event", cmd_event_name(cap, ev));
	if (cap->nr_instances > 1 && ev->instance < cap->nr_instances)
		cmd_json_str(j, "instance", cap->instance[ev->instance]);
	if (ev->missed)
		cmd_json_int(j, "lost_before", ev->missed);
	cmd_json_object(j, "fields", true);
	for (unsigned int i = 0; i < ki->nr_fields; i++)
		json_field(j, cap, ev, i);
	cmd_json_end(j);
	if (m) {
		mm_explain(m, ev, text, sizeof(text));
		cmd_json_str(j, "explanation", text);
	}
	cmd_json_end(j);
}

static void begin(struct printer *p, bool json)
{
	cmd_json_init(&p->j, p->o);
	if (!json)
		return;
	cmd_json_object(&p->j, NULL, false);
	cmd_json_str(&p->j, "capture", p->cap->name);
	cmd_json_str(&p->j, "kernel", p->cap->kernel);
	cmd_json_str(&p->j, "clock", p->cap->clock);
	cmd_json_bool(&p->j, "clock_is_ns", p->cap->clock_is_ns);
	cmd_json_array(&p->j, "events", false);
}

static void finish(struct printer *p, bool json)
{
	if (!json)
		return;
	cmd_json_end(&p->j);
	cmd_json_uint(&p->j, "count", p->count);
	cmd_json_end(&p->j);
}

/* Numbers of the first and the last event to print; a first of 0 is as good as 1. */
static int limits(struct cmd_source *src, const struct request *rq, uint64_t *first, uint64_t *last,
		  struct sg_err *err)
{
	struct sg_pos_scan from = { 0 }, to = { 0 };
	const struct sg_event *ev;
	int r = cmd_read_pos(src, rq->from ? rq->from : "event:0", &from.pos, err);

	if (r == 0)
		r = cmd_read_pos(src, rq->to ? rq->to : "end", &to.pos, err);
	if (r < 0)
		return r;
	*first = from.pos.kind == SG_POS_EVENT ? from.pos.n : 0;
	*last = to.pos.kind == SG_POS_EVENT ? to.pos.n : UINT64_MAX;
	/* numbers are known at once; times and markers need a look through the events first */
	if (from.pos.kind == SG_POS_EVENT &&
	    (to.pos.kind == SG_POS_EVENT || to.pos.kind == SG_POS_END))
		return cmd_range(*first, *last, err);
	from.done = from.pos.kind == SG_POS_EVENT;
	to.done = to.pos.kind == SG_POS_EVENT || to.pos.kind == SG_POS_END;
	while ((!from.done || !to.done) && (ev = cmd_next(src)) != NULL) {
		cmd_feed_pos(src, &from, ev);
		cmd_feed_pos(src, &to, ev);
	}
	if (from.pos.kind != SG_POS_EVENT)
		r = sg_pos_found(&from, first, err);
	if (r == 0 && to.pos.kind != SG_POS_EVENT && to.pos.kind != SG_POS_END)
		r = sg_pos_found(&to, last, err);
	if (r == 0)
		r = cmd_range(*first, *last, err);
	return r < 0 ? r : cmd_rewind(src, err);
}

static int run(struct cmd_source *src, const struct request *rq, struct printer *p,
	       const struct sg_filter *filter, struct mm_machine *m, uint64_t first, uint64_t last,
	       struct sg_err *err)
{
	const struct sg_event *ev;

	begin(p, rq->json);
	while (src->number < last && !cmd_out_gone(p->o) && (ev = cmd_next(src)) != NULL) {
		if (src->number > last) /* it lies in a gap */
			break;
		if (m) {
			mm_skip(m, src->number);
			mm_observe(m, ev);
		}
		if (src->number < first || (filter && !sg_filter_match(filter, ev, src->number)))
			continue;
		p->count++;
		if (rq->json)
			cmd_json_event(&p->j, p->cap, p->m, ev, src->number);
		else
			print_line(p, ev, src->number);
	}
	finish(p, rq->json);
	if (cmd_out_gone(p->o))
		return SG_OK;
	if (first > src->number && first <= last)
		return sg_fail(err, SG_E_NOTFOUND,
			       "--from event:%" PRIu64 ": there are only %" PRIu64 " events", first,
			       src->number);
	if (last != UINT64_MAX && src->number < last)
		return sg_fail(err, SG_E_NOTFOUND,
			       "--to event:%" PRIu64 ": there are only %" PRIu64 " events", last,
			       src->number);
	return SG_OK;
}

static int show_events(const struct request *rq)
{
	struct cmd_source src;
	struct sg_filter *filter = NULL;
	struct mm_machine *m = NULL;
	struct printer p = { 0 };
	struct sg_err err = { 0 };
	uint64_t first = 0, last = UINT64_MAX;
	int code = CMD_OK, r = cmd_open(rq->file, &src, &err);

	if (r == 0)
		r = cmd_wants_events(&src, &err);
	if (r == 0)
		r = limits(&src, rq, &first, &last, &err);
	if (r == 0 && rq->explain)
		r = cmd_machine_new(&src, &m, &err);
	/* after the last rewind: the filter borrows the capture's description */
	if (r == 0 && rq->filter)
		r = sg_filter_new(rq->filter, src.cap, &filter, &err);
	if (r == 0) {
		p = (struct printer){ .cap = src.cap, .m = m, .o = cmd_out_new() };
		r = p.o ? run(&src, rq, &p, filter, m, first, last, &err)
			: sg_fail(&err, SG_E_NOMEM, "out of memory");
	}
	if (p.o)
		code = cmd_out_end(p.o, CMD_OK);
	if (code == CMD_OK && r < 0)
		code = cmd_fail(&err);
	mm_machine_free(m);
	sg_filter_free(filter);
	cmd_close(&src);
	return code;
}

int cmd_events(const struct cmd *cmd, int argc, char **argv)
{
	static const struct option options[] = {
		{ "from", required_argument, NULL, 'f' },   { "to", required_argument, NULL, 't' },
		{ "filter", required_argument, NULL, 'F' }, { "explain", no_argument, NULL, 'e' },
		{ "json", no_argument, NULL, 'j' },         { "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },      { 0 },
	};
	struct request rq = { 0 };
	struct sg_err err;
	int o, r;

	while ((o = getopt_long(argc, argv, ":hV", options, NULL)) != -1) {
		switch (o) {
		case 'f':
			rq.from = optarg;
			break;
		case 't':
			rq.to = optarg;
			break;
		case 'F':
			rq.filter = optarg;
			break;
		case 'e':
			rq.explain = true;
			break;
		case 'j':
			rq.json = true;
			break;
		default:
			return cmd_common_option(cmd, o, argv[optind - 1]);
		}
	}
	r = cmd_take_file(cmd, argc, argv, &rq.file);
	if (r != CMD_OK)
		return r;
	if (rq.from && !cmd_is_pos(rq.from, &err))
		return cmd_usage(cmd, "--from: %s", err.text);
	if (rq.to && !cmd_is_pos(rq.to, &err))
		return cmd_usage(cmd, "--to: %s", err.text);
	return show_events(&rq);
}
