// SPDX-License-Identifier: GPL-2.0-only
/* Verdicts and counts of decisions in words. */
#include "ui_decision_text.h"

#include <stdio.h>

#include "say/words.h"

const char *ui_verdict_text(enum mm_verdict v)
{
	switch (v) {
	case MM_EQUAL:
		return "the rules and the kernel agree";
	case MM_DIFFERS:
		return "the rules and the kernel differ";
	default:
		return "the rules can't decide";
	}
}

enum ui_role ui_verdict_role(enum mm_verdict v)
{
	return v == MM_EQUAL ? UI_ROLE_GOOD : v == MM_DIFFERS ? UI_ROLE_WARN : UI_ROLE_PROGRESS;
}

void ui_decision_count(const struct ui_model *md, char *buf, size_t size)
{
	struct mm_decide_filter all = ui_decide_filter(md, false), differ = ui_decide_filter(md, true);
	const struct ui_decide *dec = &md->run->dec;
	struct mm_text t = { buf, size, 0 };
	char a[UI_FMT_MAX], b[UI_FMT_MAX];
	uint64_t nr;
	bool guess;

	buf[0] = '\0';
	mm_text_add(&t, "decision");
	if (!dec->d)
		return;
	nr = mm_decide_count(dec->d, &all);
	if (dec->have && (!dec->kinds || dec->kinds >> dec->ref.kind & 1))
		mm_text_add(&t, " %s of %s", ui_fmt_num(a, mm_decide_rank(dec->d, &all, dec->index) + 1), ui_fmt_num(b, nr));
	else
		mm_text_add(&t, "s: %s", ui_fmt_num(a, nr));
	if (dec->kinds)
		mm_text_add(&t, " (%s)", ui_decide_kind_text(md));
	mm_text_add(&t, ", %s differ", ui_fmt_num(a, mm_decide_count(dec->d, &differ)));
	mm_decide_rules(dec->d, &guess);
	if (guess)
		mm_text_add(&t, ", rules guessed");
	if (dec->progress.stopped)
		mm_text_add(&t, ", no memory after event %s", ui_fmt_num(a, dec->progress.events));
	if (dec->progress.done || dec->progress.stopped)
		return;
	if (md->run->loaded && md->run->total)
		mm_text_add(&t, ", checked %u%%", (unsigned int)(dec->progress.events * 100 / md->run->total));
	else
		mm_text_add(&t, " up to event %s", ui_fmt_num(a, dec->progress.events));
}
