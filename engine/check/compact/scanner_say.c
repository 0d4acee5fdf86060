// SPDX-License-Identifier: GPL-2.0-only
/* What the check of compaction's scanners reports: its decisions in numbers and words. */
#include <inttypes.h>
#include <string.h>

#include "check/compact/scanner.h"
#include "check/check.h"
#include "say/words.h"

/* "the free scanner at pfn 0x1000" */
static void say_place(struct mm_text *t, const struct mm_machine *m, const char *who, const struct mm_known_pfn *at)
{
	if (at->known)
		mm_text_add(t, "%s at pfn 0x%" PRIx64, who, mm_out(m, at->pfn));
	else
		mm_text_add(t, "%s at an unknown place", who);
}

/* One number of an answer: pfns in hexadecimal, as the kernel's tools print them. */
static void say_number(struct mm_text *t, const struct mm_machine *m, const char *name, uint64_t value)
{
	size_t len = strlen(name);
	bool pfn = len > 3 && strcmp(name + len - 3, "pfn") == 0;

	if (t->len)
		mm_text_add(t, ", ");
	if (pfn && value == UINT64_MAX)
		mm_text_add(t, "%s: no block is left", name);
	else if (pfn)
		mm_text_add(t, "%s 0x%" PRIx64, name, strstr(name, "end_pfn") ? mm_edge_out(m, value) : mm_out(m, value));
	else
		mm_text_add(t, "%s %" PRIu64, name, value);
}

/* The kernel's number under a name of its own. */
static const char *kernel_name(const char *name)
{
	static const char *const names[][2] = {
		{ "start_pfn", "kernel_start_pfn" },	 { "end_pfn", "kernel_end_pfn" }, { "nr_taken", "kernel_nr_taken" },
		{ "migrate_pfn", "kernel_migrate_pfn" }, { "min_pfn", "kernel_min_pfn" }, { "free_pfn", "kernel_free_pfn" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i][0], name) == 0)
			return names[i][1];
	return "kernel";
}

void mm_scanner_tell(struct mm_compact_state *s, const struct mm_compact_task *t, bool runs, const char *rule,
		     const char *what, const struct mm_scanner_answer *a)
{
	char ours[128] = "", kernel[128] = "", reason[480] = "";
	struct mm_text to = { ours, sizeof(ours), 0 }, tk = { kernel, sizeof(kernel), 0 }, tr = { reason, sizeof(reason), 0 };
	struct mm_decision d = {
		.kind = MM_CHECK_SCANNER, .event = mm_position(s->m) + 1, .ts = s->ev->ts, .pid = s->ev->pid, .rule = rule,
		.ours = ours, .kernel = kernel, .reason = reason, .why = a->why,
		.verdict = a->why ? MM_UNDECIDED : a->equal ? MM_EQUAL : MM_DIFFERS,
	};
	bool words = mm_check_wants_text(s->c);

	for (unsigned int i = 0; i < 3 && a->name[i]; i++) {
		if (!a->why) {
			d.number[d.nr_numbers].name = a->name[i];
			d.number[d.nr_numbers++].value = (int64_t)a->ours[i];
		}
		d.number[d.nr_numbers].name = kernel_name(a->name[i]);
		d.number[d.nr_numbers++].value = (int64_t)a->kernel[i];
		if (!words)
			continue;
		if (!a->why)
			say_number(&to, s->m, a->name[i], a->ours[i]);
		say_number(&tk, s->m, a->name[i], a->kernel[i]);
	}
	if (t) {
		d.number[d.nr_numbers].name = "order";
		d.number[d.nr_numbers++].value = t->order;
		if (t->in_try) {
			d.number[d.nr_numbers].name = "gfp";
			d.number[d.nr_numbers++].value = (int64_t)t->gfp;
		}
	}
	if (words) {
		mm_text_add(&tr, "%s", what);
		if (t && t->zone >= 0) {
			mm_text_add(&tr, " Zone %s, ", s->m->core.zone[t->zone].name);
			if (t->order < 0)
				mm_text_add(&tr, "all of it");
			else
				mm_text_add(&tr, "order %" PRId64, t->order);
			mm_text_add(&tr, t->sync ? ", synchronous" : ", asynchronous");
			if (runs) {
				say_place(&tr, s->m, ": the migrate scanner was", &t->migrate);
				say_place(&tr, s->m, ", the free scanner", &t->free);
			}
			mm_text_add(&tr, ".");
		}
	}
	mm_check_report(s->c, &d);
}

bool mm_scanner_equal(const struct mm_scanner_answer *a)
{
	for (unsigned int i = 0; i < 3 && a->name[i]; i++)
		if (a->ours[i] != a->kernel[i])
			return false;
	return true;
}
