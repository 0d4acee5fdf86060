// SPDX-License-Identifier: GPL-2.0-only
/* What the figures rest on, printed before them: as text, as JSON, on standard error. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"

#define WIDTH 108u

/* @text behind @indent blanks, broken at blanks; the first line is begun already, at column @col. */
static void put_broken(struct cmd_out *o, const char *text, size_t col, size_t indent)
{
	while (*text) {
		size_t n = strcspn(text, " ");

		if (col > indent && col + 1 + n > WIDTH) {
			cmd_puts(o, "\n");
			cmd_put_fill(o, ' ', indent);
			col = indent;
		} else if (col > indent) {
			cmd_puts(o, " ");
			col++;
		}
		cmd_put(o, text, n);
		col += n;
		text += n;
		text += strspn(text, " ");
	}
	cmd_puts(o, "\n");
}

/* "events 17 to 20", "from event 17 on", "" for all. */
static const char *extent(const struct sg_limit *l, char buf[64])
{
	if (l->from <= 1 && l->to == SG_LIMIT_END)
		buf[0] = '\0';
	else if (l->to == SG_LIMIT_END)
		snprintf(buf, 64, "from event %" PRIu64 " on", l->from);
	else
		snprintf(buf, 64, "events %" PRIu64 " to %" PRIu64, l->from, l->to);
	return buf;
}

void cmd_limits_text(struct cmd_out *o, const struct sg_limits *l)
{
	char buf[64], head[96];

	if (sg_limits_count(l) == 0)
		return;
	cmd_puts(o, "limits: what the figures below rest on\n");
	for (unsigned int i = 0; i < sg_limits_count(l); i++) {
		const struct sg_limit *x = sg_limits_at(l, i);

		extent(x, buf);
		snprintf(head, sizeof(head), "  %s%s%s%s: ", sg_limit_key(x->id), *buf ? " (" : "", buf, *buf ? ")" : "");
		cmd_puts(o, head);
		cmd_puts(o, " " + (strlen(head) > 0));
		put_broken(o, x->text, strlen(head), 6);
		if (*x->remedy) {
			cmd_puts(o, "      -> ");
			put_broken(o, x->remedy, 9, 9);
		}
	}
	cmd_puts(o, "\n");
}

void cmd_limits_json(struct cmd_json *j, const struct sg_limits *l)
{
	cmd_json_array(j, "limits", false);
	for (unsigned int i = 0; i < sg_limits_count(l); i++) {
		const struct sg_limit *x = sg_limits_at(l, i);

		cmd_json_object(j, NULL, true);
		cmd_json_str(j, "key", sg_limit_key(x->id));
		cmd_json_str(j, "text", x->text);
		cmd_json_str(j, "remedy", x->remedy);
		cmd_json_uint(j, "from", x->from);
		if (x->to == SG_LIMIT_END)
			cmd_json_null(j, "to");
		else
			cmd_json_uint(j, "to", x->to);
		cmd_json_end(j);
	}
	cmd_json_end(j);
}

void cmd_limits_say(const struct sg_limits *l, uint64_t event)
{
	char buf[64];

	for (unsigned int i = 0; i < sg_limits_count(l); i++) {
		const struct sg_limit *x = sg_limits_at(l, i);

		if (x->from > event && x->from > 1)
			continue;
		extent(x, buf);
		fprintf(stderr, "stormglass: limit %s%s%s%s: %s\n", sg_limit_key(x->id), *buf ? " (" : "", buf, *buf ? ")" : "",
			x->text);
	}
}

bool cmd_free_known(const struct sg_limits *l, const struct mm_zone_info *z, uint64_t event)
{
	return z->list_known && sg_limits_hiding(l, event) < 0 && !sg_limits_touch(l, SG_LIMIT_SNAPSHOT_STALE, event);
}
