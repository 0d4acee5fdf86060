// SPDX-License-Identifier: GPL-2.0-only
/* One decision with all that is known of it: who asked, both answers, the rule, the numbers that were compared. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "say/words.h"
#include "ui_decision_text.h"
#include "ui_lines.h"
#include "ui_view.h"

struct v_numbers {
	char title[160];
	struct ui_lines l;
};

static void add_asker(struct ui_lines *l, const struct ui_model *md, const struct mm_decision *d)
{
	bool order = false, type = false, gfp = false, drain = d->kind == MM_CHECK_DRAIN;

	ui_lines_add(l, UI_ROLE_TEXT, 12, "  %s  %s-%" PRId32 " on CPU %u", drain ? "freed by" : "asked by",
		     sg_capture_comm(md->run->cap, d->pid), d->pid, md->run->ev.cpu);
	if (drain) /* its order and type are those of the first page that leaves */
		return;
	for (unsigned int i = 0; i < d->nr_numbers; i++) {
		char text[400];
		const char *name = d->number[i].name;

		if (strcmp(name, "order") != 0 && strcmp(name, "migratetype") != 0 && strcmp(name, "gfp") != 0)
			continue;
		order |= name[0] == 'o';
		type |= name[0] == 'm';
		gfp |= name[0] == 'g';
		ui_lines_add(l, UI_ROLE_TEXT, 12, "  %-9s %s",
			     name[0] == 'o'   ? "order"
			     : name[0] == 'm' ? "type"
					      : "flags",
			     mm_number_text(md->run->cap, name, d->number[i].value, text, sizeof(text)));
	}
	if (!gfp && order && type)
		ui_lines_add(
			l, UI_ROLE_DIM, 12,
			"  flags     not in this event: the request that the page is for has an event of its own");
}

static void add_numbers(struct ui_lines *l, const struct ui_model *md, const struct mm_decision *d, int cols)
{
	int value = cols >= 110 ? 26 : 14;

	ui_lines_add(l, UI_ROLE_STRONG, 2, "Numbers compared");
	for (unsigned int i = 0; i < d->nr_numbers; i++) {
		char text[400];

		ui_lines_add(l, UI_ROLE_TEXT, 26 + value, "  %-21s %*s  %s", d->number[i].name, value,
			     mm_number_text(md->run->cap, d->number[i].name, d->number[i].value, text, sizeof(text)),
			     mm_number_about(d->number[i].name));
	}
	if (d->nr_numbers == 0)
		ui_lines_add(l, UI_ROLE_DIM, 2, "  none");
}

static void add_answers(struct ui_lines *l, const struct ui_model *md, const struct mm_decision *d)
{
	const char *rules;
	bool guess;

	rules = mm_decide_rules(md->run->dec.d, &guess);
	ui_lines_add(l, ui_verdict_role(d->verdict), 2, "%s: %s", mm_check_key(d->kind), ui_verdict_text(d->verdict));
	ui_lines_add(l, UI_ROLE_TEXT, 12, "  about     %s", mm_check_text(d->kind));
	ui_lines_add(l, UI_ROLE_STRONG, 12, "  kernel    %s", d->kernel[0] ? d->kernel : "(no outcome in the trace)");
	ui_lines_add(l, UI_ROLE_STRONG, 12, "  rules     %s", d->ours[0] ? d->ours : "no answer");
	if (d->verdict == MM_UNDECIDED)
		ui_lines_add(l, UI_ROLE_KEY, 12, "  missing   %s (%s)", mm_missing_text(d->why), d->why);
	if (d->reason[0])
		ui_lines_add(l, UI_ROLE_TEXT, 12, "  why       %s", d->reason);
	ui_lines_add(l, UI_ROLE_TEXT, 12, "  rule      %s", d->rule);
	ui_lines_add(l, guess ? UI_ROLE_WARN : UI_ROLE_TEXT, 12, "  version   %s%s%.60s%s", rules,
		     guess ? ": a guess, the capture's kernel " : ", the capture's kernel is ",
		     md->run->cap->kernel[0] ? md->run->cap->kernel : "(unnamed)",
		     guess ? " is none of those whose rules are all known" : "");
}

static void add_others(struct ui_lines *l, const struct ui_model *md)
{
	const struct ui_decide *dec = &md->run->dec;

	if (dec->nr_here < 2)
		return;
	ui_lines_add(l, UI_ROLE_STRONG, 2, "Decisions of this event (n and N go through them)");
	for (uint64_t i = 0; i < dec->nr_here && i < 16; i++) {
		struct mm_decide_ref ref;

		if (mm_decide_get(dec->d, dec->first + i, &ref))
			ui_lines_add(l, dec->first + i == dec->index ? UI_ROLE_STRONG : UI_ROLE_TEXT, 4,
				     "  %c %s: %s", dec->first + i == dec->index ? '>' : ' ', mm_check_key(ref.kind),
				     ui_verdict_text(ref.verdict));
	}
	if (dec->nr_here > 16)
		ui_lines_add(l, UI_ROLE_TEXT, 4, "    and %" PRIu64 " more", dec->nr_here - 16);
}

static void numbers_sync(void *view, const struct ui_model *md, const struct ui_rect *r)
{
	const struct mm_decision *d = ui_decide_words(md);
	struct v_numbers *v = view;
	char count[128], num[UI_FMT_MAX], ts[UI_FMT_MAX];
	struct ui_lines *l = &v->l;

	l->nr = 0;
	ui_decision_count(md, count, sizeof(count));
	snprintf(v->title, sizeof(v->title), "%s (Esc closes)", count);
	if (!md->run->dec.have) {
		ui_lines_add(l, UI_ROLE_TEXT, 2, "%s",
			     ui_decide_reached(md) ? "No decision at this event: n and N go to the next and the "
						     "previous one, d and D to the next and the"
						     " previous one in which the rules and the kernel differ."
						   : "The rules have not come this far yet.");
	} else if (!d) {
		ui_lines_add(l, UI_ROLE_DIM, 2, "%s",
			     md->run->dec.words_failed ? "There is no memory for its words." : "...");
	} else {
		add_answers(l, md, d);
		add_asker(l, md, d);
		ui_fmt_ts(ts, d->ts, md->run->cap->clock_is_ns);
		ui_lines_add(l, UI_ROLE_TEXT, 12, "  at        event %s, %s", ui_fmt_num(num, d->event), ts);
		add_numbers(l, md, d, r->cols);
		add_others(l, md);
	}
	ui_lines_fit(l, r->rows - 2, r->cols - 2);
}

static void numbers_draw(const void *view, const struct ui_model *md, struct ui_grid *g, const struct ui_rect *r)
{
	const struct v_numbers *v = view;
	struct ui_rect in = ui_box(g, r, v->title, true);

	ui_lines_draw(&v->l, g, &in, md->overlay_scroll);
}

static bool numbers_act(void *view, struct ui_model *md, enum ui_action a, uint64_t n)
{
	const struct v_numbers *v = view;

	return ui_lines_act(&v->l, &md->overlay_scroll, a, n);
}

const struct ui_view_ops ui_v_numbers = {
	.name = "numbers",
	.min_rows = 3,
	.min_cols = 20,
	.state_size = sizeof(struct v_numbers),
	.sync = numbers_sync,
	.draw = numbers_draw,
	.act = numbers_act,
};
