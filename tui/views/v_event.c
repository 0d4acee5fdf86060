// SPDX-License-Identifier: GPL-2.0-only
/* The event at the position: in words, its fields, what it changed, what it contradicted. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ui_view.h"

#define TEXT_MAX 1024

struct v_event {
	char who[256];
	char words[512];
	char fields[TEXT_MAX];
	char changes[TEXT_MAX];
	char contra[512];
	bool decision;
};

static const char *const state_names[] = {
	[MM_PAGE_NONE] = "no page", [MM_PAGE_UNKNOWN] = "unknown", [MM_PAGE_FREE] = "free",
	[MM_PAGE_PCP] = "per-cpu",  [MM_PAGE_ALLOC] = "allocated", [MM_PAGE_ISOLATED] = "isolated",
};

static const char *state_name(enum mm_page_state s)
{
	return (unsigned int)s <= MM_PAGE_ISOLATED ? state_names[s] : "?";
}

static size_t append(char *buf, size_t size, size_t at, const char *text)
{
	size_t n = strlen(text);

	if (at + n >= size)
		return at;
	memcpy(buf + at, text, n + 1);
	return at + n;
}

static void fields_text(struct v_event *v, const struct ui_model *md)
{
	const struct sg_kind_info *ki = sg_kind_info(md->run->ev.kind);
	size_t at = 0;

	v->fields[0] = '\0';
	for (unsigned int i = 0; i < ki->nr_fields; i++) {
		char value[400], raw[400], text[500];

		mm_event_field(md->run->cap, &md->run->ev, i, raw, sizeof(raw));
		sg_clean(value, sizeof(value), raw, strlen(raw));
		if (!value[0])
			continue;
		snprintf(text, sizeof(text), "%s%s=%s", at ? "  " : "", ki->field[i].name, value);
		at = append(v->fields, sizeof(v->fields), at, text);
	}
}

/* Pageblocks that the event made, or showed to be, of another migratetype. */
static void blocks_text(struct v_event *v, const struct ui_model *md)
{
	size_t nr = 0, total = 0, at = strlen(v->changes);
	const struct mm_block_change *ch = mm_block_changes(md->run->m, &nr, &total);
	char text[160];

	for (size_t i = 0; i < nr && i < 6; i++) {
		if (ch[i].from == MM_MT_UNKNOWN)
			snprintf(text, sizeof(text), ";  pageblock 0x%" PRIx64 " turns out to be %s", ch[i].pfn,
				 ui_mt_name(md, ch[i].to));
		else
			snprintf(text, sizeof(text), ";  pageblock 0x%" PRIx64 " %s \u2192 %s", ch[i].pfn,
				 ui_mt_name(md, ch[i].from), ui_mt_name(md, ch[i].to));
		at = append(v->changes, sizeof(v->changes), at, text);
	}
	if (total > 6) {
		snprintf(text, sizeof(text), ";  and %zu more pageblocks", total - 6);
		append(v->changes, sizeof(v->changes), at, text);
	}
}

static void changes_text(struct v_event *v, const struct ui_model *md)
{
	size_t nr = 0, total = 0, at = 0;
	const struct mm_change *ch = mm_changes(md->run->m, &nr, &total);
	char text[160];

	v->changes[0] = '\0';
	for (size_t i = 0; i < nr && i < 12; i++) {
		int zone = mm_zone_of(md->run->m, ch[i].pfn);

		snprintf(text, sizeof(text), "%spfn 0x%" PRIx64 " %s \u2192 %s",
			 i ? ";  " : "changes: ", ch[i].pfn, state_name(ch[i].from),
			 state_name(ch[i].to));
		if (ch[i].nr != 1)
			snprintf(text + strlen(text), sizeof(text) - strlen(text),
				 ", %" PRIu64 " pages", ch[i].nr);
		at = append(v->changes, sizeof(v->changes), at, text);
		if (zone >= 0 && (unsigned int)zone != md->zone) {
			struct mm_zone_info zi;
			char node[12];

			mm_zone_get(md->run->m, (unsigned int)zone, &zi);
			snprintf(text, sizeof(text), " (node %s %.16s)", mm_node_text(zi.node, node), zi.name);
			at = append(v->changes, sizeof(v->changes), at, text);
		}
	}
	if (total > 12) {
		snprintf(text, sizeof(text), ";  and %zu more", total - 12);
		append(v->changes, sizeof(v->changes), at, text);
	}
	if (total == 0)
		append(v->changes, sizeof(v->changes), 0, "changes no page");
	blocks_text(v, md);
}

static void contra_text(struct v_event *v, const struct ui_model *md)
{
	uint32_t set = mm_last_contra(md->run->m);
	size_t at = 0;

	v->contra[0] = '\0';
	for (int c = 0; c < MM_CONTRA_COUNT; c++) {
		char text[200];

		if (!(set & 1u << c))
			continue;
		snprintf(text, sizeof(text), "%s%s",
			 at ? "; " : "contradiction: ", mm_contra_text((enum mm_contra)c));
		at = append(v->contra, sizeof(v->contra), at, text);
	}
}

static void event_sync(void *view, const struct ui_model *md, const struct ui_rect *r)
{
	struct v_event *v = view;
	const struct sg_kind_info *ki = sg_kind_info(md->run->ev.kind);
	char raw[sizeof(v->words)], num[UI_FMT_MAX], ts[UI_FMT_MAX], span[UI_FMT_MAX];
	size_t n;

	if (!md->run->have_event)
		return;
	v->decision = mm_is_decision(&md->run->ev) || md->run->dec.nr_here > 0;
	if (md->run->cap->clock_is_ns)
		snprintf(ts, sizeof(ts), "%" PRIu64 ".%09" PRIu64 " s", md->run->ev.ts / 1000000000,
			 md->run->ev.ts % 1000000000);
	else
		ui_fmt_ts(ts, md->run->ev.ts, false);
	ui_fmt_span(span, md->run->ev.ts - md->run->prev_ts, md->run->cap->clock_is_ns);
	/* on a narrow screen number and time are left to the header, so that the rest is one row */
	if (r->cols >= 100)
		snprintf(v->who, sizeof(v->who), "event %s  %s (+%s)  ", ui_fmt_num(num, md->run->pos),
			 ts, span);
	else
		snprintf(v->who, sizeof(v->who), "+%s  ", span);
	n = strlen(v->who);
	snprintf(v->who + n, sizeof(v->who) - n, "cpu %u  %s-%" PRId32 "  %s%s%s", md->run->ev.cpu,
		 sg_capture_comm(md->run->cap, md->run->ev.pid), md->run->ev.pid, ki->system,
		 ki->system[0] ? ":" : "", ki->name);
	n = strlen(v->who);
	if (md->run->ev.instance > 0 && md->run->ev.instance < md->run->cap->nr_instances)
		snprintf(v->who + n, sizeof(v->who) - n, "  instance %.40s",
			 md->run->cap->instance[md->run->ev.instance]);
	n = strlen(v->who);
	if (md->run->ev.missed > 0)
		snprintf(v->who + n, sizeof(v->who) - n, "  (%" PRId64 " events lost before it)",
			 md->run->ev.missed);
	else if (md->run->ev.missed < 0)
		snprintf(v->who + n, sizeof(v->who) - n, "  (events lost before it)");
	mm_explain(md->run->m, &md->run->ev, raw, sizeof(raw));
	sg_clean(v->words, sizeof(v->words), raw, strlen(raw));
	fields_text(v, md);
	changes_text(v, md);
	contra_text(v, md);
}

static void draw_start(const struct ui_model *md, struct ui_grid *g, const struct ui_rect *in)
{
	if (md->run->total == 0)
		ui_text(g, in, 0, 0, ui_style(UI_ROLE_DIM),
			!md->run->loaded ? "Reading the first events."
			: sg_limits_find(&md->run->cap->limits, SG_LIMIT_NOT_READABLE)
				? "The events of this capture can't be read: i tells why."
				: "This capture has no events that stormglass knows.");
	else
		ui_wrap(g, in, 0, 0, in->rows, 0, ui_style(UI_ROLE_TEXT),
			"This is the start, before the first event. l steps to the next event, L a "
			"frame, e to the next "
			"decision, space plays, ? shows all keys.");
}

/* The position by its nearest name, at the right end of the upper edge. */
static void draw_where(const struct ui_model *md, struct ui_grid *g, const struct ui_rect *r)
{
	char text[UI_WHERE_TEXT + 2];
	int col;

	if (!md->run->where[0])
		return;
	snprintf(text, sizeof(text), " %s ", md->run->where);
	col = r->cols - 2 - ui_width(text);
	ui_text(g, r, 0, col > 20 ? col : 20, ui_style(UI_ROLE_TEXT), text);
}

static void event_draw(const void *view, const struct ui_model *md, struct ui_grid *g,
		       const struct ui_rect *r)
{
	const struct v_event *v = view;
	bool focused = md->focus == UI_FOCUS_EVENT;
	struct ui_rect in = { r->row + 1, r->col + 1, r->rows - 1, r->cols - 2 };
	const struct {
		const char *text;
		enum ui_role role;
		unsigned int attr;
	} parts[] = {
		{ v->who, UI_ROLE_DIM, 0 },
		{ v->words, v->decision ? UI_ROLE_KEY : UI_ROLE_STRONG, 0 },
		{ v->contra, UI_ROLE_WARN, 0 },
		{ v->changes, UI_ROLE_GOOD, 0 },
		{ v->fields, UI_ROLE_DIM, 0 },
	};
	int row = 0, skip = md->event_scroll;

	if (r->rows >= 10) {
		in = ui_box(g, r, v->decision && md->run->have_event ? "event \u25c6 decision" : "event",
			    focused);
	} else { /* a rule on top is all the frame there is room for */
		struct ui_style st = ui_style(focused ? UI_ROLE_FOCUS : UI_ROLE_BORDER);

		ui_fill(g, r, 0, 0, r->cols, st, ui_glyph(g, UI_GL_H));
		ui_text(g, r, 0, 2, ui_style(focused ? UI_ROLE_FOCUS : UI_ROLE_STRONG),
			v->decision && md->run->have_event ? " event \u25c6 decision " : " event ");
	}
	draw_where(md, g, r);
	if (!md->run->have_event) {
		draw_start(md, g, &in);
		return;
	}
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && row < in.rows; i++) {
		int rows;

		if (!parts[i].text[0])
			continue;
		rows = ui_wrap(g, &in, row, i ? 2 : 0, in.rows - row, skip, ui_style(parts[i].role),
			       parts[i].text);
		if (rows <= skip) {
			skip -= rows;
			continue;
		}
		row += rows - skip;
		skip = 0;
	}
}

static bool event_act(void *view, struct ui_model *md, enum ui_action a, uint64_t n)
{
	int by = n > 100 ? 100 : (int)n;

	(void)view;
	switch (a) {
	case UI_ACT_UP:
		md->event_scroll = md->event_scroll > by ? md->event_scroll - by : 0;
		return true;
	case UI_ACT_DOWN:
		md->event_scroll = md->event_scroll + by < 20 ? md->event_scroll + by : 20;
		return true;
	default:
		return false;
	}
}

const struct ui_view_ops ui_v_event = {
	.name = "event",
	.min_rows = 2,
	.min_cols = 20,
	.state_size = sizeof(struct v_event),
	.sync = event_sync,
	.draw = event_draw,
	.act = event_act,
};
