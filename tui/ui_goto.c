// SPDX-License-Identifier: GPL-2.0-only
/* Positions and frames given as text. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sg_pos.h"
#include "ui_model.h"

static const char *after(const char *s, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(s, prefix, n) == 0 ? s + n : NULL;
}

static void jump(struct ui_model *md, uint64_t pos)
{
	md->run->before_jump = md->run->pos;
	md->playing = false;
	ui_model_seek(md, pos);
}

/* Both need the events that the place depends on: wait until they are read. */
static void wait_for(struct ui_model *md, bool share, uint64_t value)
{
	md->run->before_jump = md->run->pos;
	md->playing = false;
	md->run->job = (struct ui_job){
		.kind = UI_JOB_WAIT, .share = share, .from = md->run->pos, .ts = value, .milli = value
	};
}

static int goto_time(struct ui_model *md, const char *s, struct sg_err *err)
{
	uint64_t ts;

	if (!sg_time_read(s, md->run->cap->clock_is_ns, &ts))
		return sg_fail(err, SG_E_USAGE, "'%s' is no time: give %s", s,
			       md->run->cap->clock_is_ns ? "seconds as time:7.25"
						    : "units of the capture's clock as time:7250");
	wait_for(md, false, ts);
	return 0;
}

static int goto_percent(struct ui_model *md, const char *s, struct sg_err *err)
{
	uint64_t milli;
	char num[24];
	size_t n = strlen(s) - 1;

	if (n >= sizeof(num))
		return sg_fail(err, SG_E_USAGE, "'%s' is no share of the events: give 0%% to 100%%",
			       s);
	memcpy(num, s, n);
	num[n] = '\0';
	if (!sg_time_read(num, true, &milli) || milli > 100000000000ull)
		return sg_fail(err, SG_E_USAGE, "'%s' is no share of the events: give 0%% to 100%%",
			       s);
	wait_for(md, true, milli / 1000000);
	return 0;
}

/* A number that no counter holds is more than there are; the largest one means the end. */
static bool read_event(const char *s, uint64_t *ret)
{
	if (ui_parse_num(s, ret))
		return true;
	if (*s < '0' || *s > '9' || s[strspn(s, "0123456789,")])
		return false;
	*ret = UINT64_MAX - 1;
	return true;
}

int ui_model_goto(struct ui_model *md, const char *text, struct sg_err *err)
{
	const char *arg;
	uint64_t n;
	size_t len;

	while (*text == ' ')
		text++;
	len = strlen(text);
	if ((arg = after(text, "mark:"))) {
		if (!*arg)
			return sg_fail(err, SG_E_USAGE, "mark: needs the start of a marker's text");
		ui_model_find(md, UI_FIND_MARK, 1, 1, arg);
		return 0;
	}
	if ((arg = after(text, "bookmark:"))) {
		int i = ui_marks_find(&md->run->marks, arg);

		if (i < 0)
			return sg_fail(err, SG_E_USAGE, "there is no bookmark '%.63s': M lists them", arg);
		jump(md, md->run->marks.m[i].pos);
		return 0;
	}
	if ((arg = after(text, "time:")))
		return goto_time(md, arg, err);
	if (strcmp(text, "end") == 0) {
		jump(md, md->run->loaded ? md->run->total : UINT64_MAX);
		return 0;
	}
	if (strcmp(text, "start") == 0) {
		jump(md, 0);
		return 0;
	}
	if (len > 1 && text[len - 1] == '%')
		return goto_percent(md, text, err);
	if ((*text == '+' || *text == '-') && ui_parse_num(text + 1, &n)) {
		md->run->before_jump = md->run->pos;
		md->playing = false;
		ui_model_step(md, *text == '+' ? 1 : -1, n);
		return 0;
	}
	arg = after(text, "event:");
	if (!read_event(arg ? arg : text, &n))
		return sg_fail(err, SG_E_USAGE,
			       "'%s' is no position: give event:N, time:S, mark:TEXT, "
			       "bookmark:NAME, end, N, N%%, +N or -N",
			       text);
	if (md->run->loaded && n > md->run->total)
		return sg_fail(err, SG_E_USAGE, "there is no event %.40s: the last one is %" PRIu64, arg ? arg : text, md->run->total);
	jump(md, n);
	return 0;
}

int ui_model_frame_set(struct ui_model *md, const char *text, struct sg_err *err)
{
	static const struct {
		const char *unit;
		uint64_t ns;
	} units[] = { { "ns", 1 }, { "us", 1000 }, { "ms", 1000000 }, { "s", 1000000000 } };
	size_t n = strspn(text, "0123456789,");
	const char *unit = text + n;
	uint64_t value;
	char num[32];

	if (n == 0 || n >= sizeof(num))
		goto bad;
	memcpy(num, text, n);
	num[n] = '\0';
	if (!ui_parse_num(num, &value) || value == 0)
		goto bad;
	unit += strspn(unit, " ");
	if (!*unit) {
		md->frame_events = value;
		return 0;
	}
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(unit, units[i].unit) != 0)
			continue;
		if (!md->run->cap->clock_is_ns)
			return sg_fail(
				err, SG_E_USAGE,
				"this capture's clock doesn't count time: give a number of events");
		if (__builtin_mul_overflow(value, units[i].ns, &value))
			goto bad;
		md->frame_events = 0;
		md->frame_ns = value;
		return 0;
	}
bad:
	return sg_fail(err, SG_E_USAGE,
		       "a frame is a number of events (1000) or a time (10ms, 500us, 2s), not '%s'",
		       text);
}

char *ui_model_frame_text(const struct ui_model *md, char buf[static UI_FMT_MAX])
{
	char num[UI_FMT_MAX];

	if (md->frame_events)
		snprintf(buf, UI_FMT_MAX, "%.30s events", ui_fmt_num(num, md->frame_events));
	else
		ui_fmt_span(buf, md->frame_ns, true);
	return buf;
}
