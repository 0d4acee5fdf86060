// SPDX-License-Identifier: GPL-2.0-only
/* How far check's figures can be trusted: contradictions, lost events and what they cost, notes. */
#include "cmd_trust.h"

#include <inttypes.h>
#include <stdio.h>

void cmd_trust_event(struct cmd_trust *t, const struct mm_check *c, const struct sg_event *ev, uint64_t number)
{
	if (!ev->missed)
		return;
	t->gaps++;
	if (t->first_gap)
		return;
	t->first_gap = number;
	for (unsigned int k = 0; k < MM_CHECK_COUNT; k++) {
		t->total_before[k] = mm_check_get(c, k)->total;
		t->decidable_before[k] = mm_check_get(c, k)->decidable;
	}
}

/* Decisions on both sides of the first gap, and how many of them are decidable. */
struct sides {
	uint64_t total_before, decidable_before, total_after, decidable_after;
};

static struct sides two_sides(const struct cmd_trust *t, const struct mm_check *c, int kind)
{
	struct sides s = { 0 };

	for (unsigned int k = 0; k < MM_CHECK_COUNT; k++) {
		const struct mm_check_sum *sum = mm_check_get(c, k);

		if (kind >= 0 && k != (unsigned int)kind)
			continue;
		s.total_before += t->total_before[k];
		s.decidable_before += t->decidable_before[k];
		s.total_after += sum->total - t->total_before[k];
		s.decidable_after += sum->decidable - t->decidable_before[k];
	}
	return s;
}

static void put_contradictions(struct cmd_out *o, const struct mm_machine *m)
{
	uint64_t expected = mm_contra_count(m, MM_CONTRA_SNAPSHOT_RACE), n = 0;

	for (int i = 0; i < MM_CONTRA_COUNT; i++)
		n += mm_contra_count(m, (enum mm_contra)i);
	cmd_printf(o, "\ncontradictions between model and trace: %" PRIu64, n - expected);
	if (n > expected)
		cmd_puts(o, ", each counted and repaired");
	if (expected)
		cmd_printf(o, "; %" PRIu64 " more while the snapshot was read, as expected", expected);
	cmd_puts(o, n ? "\n  (stormglass report tells them by kind)\n" : "\n");
}

static void put_side(struct cmd_out *o, const char *which, uint64_t decidable, uint64_t total)
{
	cmd_printf(o, "  decisions %s: %" PRIu64, which, total);
	if (total)
		cmd_printf(o, ", %.1f%% of them decidable", 100.0 * (double)decidable / (double)total);
	cmd_puts(o, "\n");
}

static void put_lost(const struct cmd_trust *t, struct cmd_out *o, const struct mm_check *c, int kind)
{
	const struct sg_capture *cap = mm_check_config(c)->cap;
	struct sides s;

	if (!cap->lost_events && sg_limits_find(&cap->limits, SG_LIMIT_NOT_READABLE)) {
		cmd_puts(o, "lost events: unknown, what can't be read isn't counted\n");
		return;
	}
	if (!cap->lost_events && !cap->lost_unknown && !t->gaps) {
		cmd_puts(o, "lost events: none\n");
		return;
	}
	cmd_printf(o, "lost events: %" PRIu64 "%s\n", cap->lost_events,
		   cap->lost_unknown ? " and gaps of unknown size" : "");
	if (!t->gaps) {
		cmd_puts(o, "  none of them before an event that is there: what is checked isn't touched\n");
		return;
	}
	s = two_sides(t, c, kind);
	cmd_printf(o, "  gaps: %" PRIu64 ", the first before event %" PRIu64
		   "; after each of them what was free is unknown until events tell\n", t->gaps, t->first_gap);
	put_side(o, "before the first gap", s.decidable_before, s.total_before);
	put_side(o, "after it", s.decidable_after, s.total_after);
}

void cmd_trust_text(const struct cmd_trust *t, struct cmd_out *o, const struct mm_check *c, const struct mm_machine *m,
		    int kind)
{
	const struct sg_capture *cap = mm_check_config(c)->cap;

	put_contradictions(o, m);
	put_lost(t, o, c, kind);
	if (cap->nr_notes)
		cmd_puts(o, "notes\n");
	for (unsigned int i = 0; i < cap->nr_notes; i++)
		cmd_printf(o, "  %s\n", cap->note[i].text);
}

void cmd_trust_json(const struct cmd_trust *t, struct cmd_json *j, const struct mm_check *c, const struct mm_machine *m)
{
	const struct sg_capture *cap = mm_check_config(c)->cap;
	struct sides s = two_sides(t, c, -1);

	cmd_json_contradictions(j, m);
	cmd_json_known(j, "lost_events", cap->lost_events,
		       cap->lost_events || !sg_limits_find(&cap->limits, SG_LIMIT_NOT_READABLE));
	cmd_json_bool(j, "lost_unknown", cap->lost_unknown);
	cmd_json_uint(j, "gaps", t->gaps);
	if (t->gaps) {
		cmd_json_object(j, "first_gap", true);
		cmd_json_uint(j, "event", t->first_gap);
		cmd_json_uint(j, "total_before", s.total_before);
		cmd_json_uint(j, "decidable_before", s.decidable_before);
		cmd_json_uint(j, "total_after", s.total_after);
		cmd_json_uint(j, "decidable_after", s.decidable_after);
		cmd_json_end(j);
	} else {
		cmd_json_null(j, "first_gap");
	}
	cmd_json_array(j, "notes", false);
	for (unsigned int i = 0; i < cap->nr_notes; i++)
		cmd_json_str(j, NULL, cap->note[i].text);
	cmd_json_end(j);
}
