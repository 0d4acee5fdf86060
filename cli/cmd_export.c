// SPDX-License-Identifier: GPL-2.0-only
/* stormglass session export: events as JSON lines or CSV, as they are read. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "cmd_session.h"
#include "sg_mem.h"

#define MAX_VALUE 512u

/* Fields that have a column of their own; all others stand in the last one. */
static const char *const columns[] = { "pfn", "order", "gfp_flags", "migratetype" };
#define NR_COLUMNS (sizeof(columns) / sizeof(columns[0]))

/* A text as CSV wants it: in quotes when it has a comma or quotes; it is clean already. */
static void put_csv(struct cmd_out *o, const char *text)
{
	if (!strpbrk(text, ",\" ")) {
		cmd_puts(o, text);
		return;
	}
	cmd_put(o, "\"", 1);
	for (; *text; text++) {
		if (*text == '"')
			cmd_put(o, "\"", 1);
		cmd_put(o, text, 1);
	}
	cmd_put(o, "\"", 1);
}

static void field_text(const struct sg_capture *cap, const struct sg_event *ev, unsigned int slot, char *buf,
		       size_t size)
{
	buf[0] = '\0';
	if (sg_kind_info(ev->kind)->field[slot].type == SG_T_PFN) { /* a plain number, as in JSON */
		if (ev->v[slot] != UINT64_MAX)
			snprintf(buf, size, "%" PRIu64, ev->v[slot]);
	} else if (sg_kind_info(ev->kind)->field[slot].type == SG_T_STR) {
		sg_clean(buf, size, ev->str ? ev->str : "", ev->str ? ev->str_len : 0);
	} else {
		mm_event_field(cap, ev, slot, buf, size);
	}
}

static bool own_column(const char *name)
{
	for (size_t i = 0; i < NR_COLUMNS; i++)
		if (strcmp(columns[i], name) == 0)
			return true;
	return false;
}

static void csv_line(struct cmd_out *o, const struct sg_capture *cap, const struct sg_event *ev, uint64_t number)
{
	const struct sg_kind_info *ki = sg_kind_info(ev->kind);
	char text[MAX_VALUE], rest[SG_SLOTS * (MAX_VALUE + 40)];
	size_t len = 0;

	cmd_put_uint(o, number);
	cmd_puts(o, ",");
	cmd_put_time(o, cap, ev->ts);
	cmd_printf(o, ",%u,%d,", ev->cpu, ev->pid);
	put_csv(o, sg_capture_comm(cap, ev->pid));
	cmd_printf(o, ",%s,", ki->system);
	put_csv(o, cmd_event_name(cap, ev));
	cmd_puts(o, ",");
	if (ev->instance < cap->nr_instances)
		put_csv(o, cap->instance[ev->instance]);
	cmd_puts(o, ",");
	if (ev->missed)
		cmd_put_int(o, ev->missed);
	for (size_t c = 0; c < NR_COLUMNS; c++) {
		cmd_puts(o, ",");
		for (unsigned int i = 0; i < ki->nr_fields; i++)
			if (strcmp(ki->field[i].name, columns[c]) == 0) {
				field_text(cap, ev, i, text, sizeof(text));
				put_csv(o, text);
			}
	}
	rest[0] = '\0';
	for (unsigned int i = 0; i < ki->nr_fields; i++) {
		if (own_column(ki->field[i].name))
			continue;
		field_text(cap, ev, i, text, sizeof(text));
		len += (size_t)snprintf(rest + len, sizeof(rest) - len, "%s%s=%s", len ? " " : "", ki->field[i].name, text);
	}
	cmd_puts(o, ",");
	put_csv(o, rest);
	cmd_puts(o, "\n");
}

/* A position of the session, its own bookmarks included. */
static int read_pos(struct ss_reader *r, const char *text, struct sg_pos *ret, struct sg_err *err)
{
	struct ss_bookmark *mark = NULL;
	struct sg_bookmark *list = NULL;
	struct ss_summary sum;
	size_t nr = 0;
	int code = sg_pos_read(text, ss_info(r)->clock_is_ns, ret, err);

	if (code == SG_OK && sg_pos_wants_total(ret)) {
		ss_summarize(r, &sum);
		sg_pos_total(ret, sum.last_number);
		return SG_OK;
	}
	if (code < 0 || ret->kind != SG_POS_BOOKMARK)
		return code;
	code = ss_get_bookmarks(r, &mark, &nr, err);
	if (code == SG_OK) {
		list = calloc(nr + 1, sizeof(*list));
		if (!list)
			code = sg_fail(err, SG_E_NOMEM, "out of memory");
	}
	for (size_t i = 0; list && i < nr; i++)
		list[i] = (struct sg_bookmark){ mark[i].pos, mark[i].name, mark[i].note };
	if (code == SG_OK)
		code = sg_pos_bind(ret, list, nr, err);
	free(list);
	free(mark);
	return code;
}

/* Numbers of the first and the last event to print, as of stormglass events. */
static int limits(struct ss_reader *r, const struct cmd_export *ex, uint64_t *first, uint64_t *last, struct sg_err *err)
{
	struct sg_pos_scan from = { 0 }, to = { 0 };
	struct sg_event ev[64];
	size_t n;
	int code = read_pos(r, ex->from ? ex->from : "event:0", &from.pos, err);

	if (code == SG_OK)
		code = read_pos(r, ex->to ? ex->to : "end", &to.pos, err);
	if (code < 0)
		return code;
	*first = from.pos.n;
	*last = to.pos.kind == SG_POS_EVENT ? to.pos.n : UINT64_MAX;
	from.done = from.pos.kind == SG_POS_EVENT;
	to.done = to.pos.kind == SG_POS_EVENT || to.pos.kind == SG_POS_END;
	if (from.done && to.done)
		return cmd_range(*first, *last, err);
	while ((!from.done || !to.done) && (n = ss_read(r, ev, 64)) > 0)
		for (size_t i = 0; i < n; i++) {
			from.seen = to.seen = ss_last(r) - n + i;
			sg_pos_feed(&from, &ev[i]);
			sg_pos_feed(&to, &ev[i]);
		}
	if (from.pos.kind != SG_POS_EVENT)
		code = sg_pos_found(&from, first, err);
	if (code == SG_OK && to.pos.kind != SG_POS_EVENT && to.pos.kind != SG_POS_END)
		code = sg_pos_found(&to, last, err);
	if (code == SG_OK)
		code = cmd_range(*first, *last, err);
	return code < 0 ? code : ss_seek(r, 1, err);
}

static int print_events(struct ss_reader *r, struct cmd_out *o, const struct cmd_export *ex, uint64_t first,
			uint64_t last, struct sg_err *err)
{
	struct sg_event ev[64];
	struct cmd_json j;
	uint64_t number = 0;
	size_t n;

	cmd_json_init(&j, o);
	if (ex->csv)
		cmd_puts(o, "number,time,cpu,pid,task,system,event,instance,lost_before,pfn,order,gfp_flags,migratetype,"
			    "fields\n");
	while (number < last && !cmd_out_gone(o) && (n = ss_read(r, ev, 64)) > 0)
		for (size_t i = 0; i < n && number < last; i++) {
			uint64_t before = number;

			number = ss_last(r) - n + i + 1;
			if (number > before + 1 && !sg_read_failures(NULL)) /* else the error says so */
				fprintf(stderr, "stormglass: events %" PRIu64 " to %" PRIu64 " can't be read: the file is damaged there\n",
					before + 1, number - 1);
			if (number < first || number > last)
				continue;
			if (ex->csv)
				csv_line(o, ss_info(r), &ev[i], number);
			else
				cmd_json_event(&j, ss_info(r), NULL, &ev[i], number);
		}
	if (!cmd_out_gone(o) && ((first > number && first <= last) || (last != UINT64_MAX && number < last)))
		return sg_fail(err, SG_E_NOTFOUND, "%s event:%" PRIu64 ": there are only %" PRIu64 " events",
			       first > number ? "--from" : "--to", first > number ? first : last, number);
	return SG_OK;
}

int cmd_export(const char *file, const struct cmd_export *ex)
{
	uint64_t first = 0, last = UINT64_MAX;
	struct ss_reader *r;
	struct cmd_out *o;
	struct sg_err err;
	int out = CMD_OK, code = ss_open(file, SS_NO_SNAPSHOTS, &r, &err);

	if (code < 0)
		return cmd_fail(&err);
	code = limits(r, ex, &first, &last, &err);
	if (code == SG_OK) {
		o = cmd_out_new();
		code = o ? print_events(r, o, ex, first, last, &err) : sg_fail(&err, SG_E_NOMEM, "out of memory");
		if (o)
			out = cmd_out_end(o, CMD_OK);
	}
	ss_close(r);
	return out == CMD_OK && code < 0 ? cmd_fail(&err) : out;
}
