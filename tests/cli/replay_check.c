// SPDX-License-Identifier: GPL-2.0-only
/*
 * Holds a session against the capture that it was made of:
 *	replay_check CAPTURE SESSION [POSITIONS]
 * Both are run side by side.  The events have to be the same field by field, and the
 * machines' states at POSITIONS (1,000) places, spread evenly over the run, and at its end.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

static bool same_event(const struct sg_event *a, const struct sg_event *b)
{
	const struct sg_kind_info *ki = sg_kind_info(a->kind);

	if (a->kind != b->kind || a->ts != b->ts || a->cpu != b->cpu || a->pid != b->pid || a->missed != b->missed ||
	    a->str_len != b->str_len)
		return false;
	for (unsigned int i = 0; i < ki->nr_fields; i++)
		if (a->v[i] != b->v[i])
			return false;
	return a->str_len == 0 || memcmp(a->str, b->str, a->str_len) == 0;
}

static uint64_t count(struct cmd_source *src)
{
	struct sg_err err;
	uint64_t n = 0;

	while (cmd_next(src))
		n++;
	return cmd_rewind(src, &err) < 0 ? 0 : n;
}

/* 0 when all is the same. */
static int compare(struct cmd_source *a, struct cmd_source *b, struct mm_machine *ma, struct mm_machine *mb,
		   uint64_t total, uint64_t positions)
{
	const struct sg_event *ea, *eb;
	uint64_t n = 0, compared = 0;

	do {
		if (n * positions / (total ? total : 1) >= compared || n == total) {
			if (mm_hash(ma) != mm_hash(mb)) {
				fprintf(stderr, "the states differ at event %" PRIu64 "\n", n);
				return 1;
			}
			compared++;
		}
		ea = cmd_next(a);
		eb = cmd_next(b);
		if (!ea || !eb)
			break;
		n++;
		if (!same_event(ea, eb)) {
			fprintf(stderr, "event %" PRIu64 " differs\n", n);
			return 1;
		}
		mm_observe(ma, ea);
		mm_observe(mb, eb);
	} while (true);
	if (ea || eb || n != total) {
		fprintf(stderr, "%s has more events than %s\n", ea ? a->path : b->path, ea ? b->path : a->path);
		return 1;
	}
	printf("%" PRIu64 " events the same, states the same at %" PRIu64 " positions\n", n, compared);
	return 0;
}

int main(int argc, char **argv)
{
	struct cmd_source a = { 0 }, b = { 0 };
	struct mm_machine *ma = NULL, *mb = NULL;
	struct sg_err err = { 0 };
	uint64_t total;
	int r;

	if (argc < 3) {
		fprintf(stderr, "usage: replay_check CAPTURE SESSION [POSITIONS]\n");
		return 2;
	}
	r = cmd_open(argv[1], &a, &err);
	if (r == 0)
		r = cmd_open(argv[2], &b, &err);
	total = r == 0 ? count(&a) : 0; /* first: rewinding takes away what a machine refers to */
	if (r == 0)
		r = cmd_machine_new(&a, &ma, &err);
	if (r == 0)
		r = cmd_machine_new(&b, &mb, &err);
	if (r == 0)
		r = compare(&a, &b, ma, mb, total, argc > 3 ? strtoull(argv[3], NULL, 10) : 1000);
	else
		fprintf(stderr, "%s\n", err.text);
	mm_machine_free(ma);
	mm_machine_free(mb);
	cmd_close(&a);
	cmd_close(&b);
	return r != 0;
}
