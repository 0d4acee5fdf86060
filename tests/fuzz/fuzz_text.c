// SPDX-License-Identifier: GPL-2.0-only
/* Fuzz target: event formats and the text files of snapshots; the first byte says which. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "tr_priv.h"
#include "tr_snap.h"

static void format(const char *text, size_t n)
{
	static struct tr_fmt f;
	struct tr_field fld;
	size_t pos = 0;
	uint64_t v;

	if (tr_fmt_parse(text, n, &f))
		for (unsigned int i = 0; i < f.nr; i++) {
			struct sg_sym *sym;
			unsigned int nr;
			bool flags;

			if (tr_table_find(f.print, f.field[i].name, &flags, &sym, &nr))
				free(sym);
			tr_alias_rank("pfn|page|x", f.field[i].name);
		}
	while (tr_fmt_field_line(text, n, &pos, &fld))
		;
	tr_expr_eval((struct tr_span){ text, n }, &v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tr_snap_types types = { 0 };
	struct sg_snapshot s = { 0 };
	char *text, clock[16];
	size_t n;

	if (size == 0)
		return 0;
	n = size - 1;
	text = malloc(n + 1); /* exact, so that reading beyond it is seen */
	if (!text)
		abort();
	memcpy(text, data + 1, n);
	switch (data[0] % 4) {
	case 0:
		format(text, n);
		break;
	case 1: /* zones first, as the others look for them */
		tr_snap_zoneinfo(&s, text, n);
		tr_snap_buddyinfo(&s, text, n);
		tr_snap_pagetypeinfo(&s, &types, text, n);
		break;
	case 2:
		tr_snap_lines(&s, "vmstat", text, n);
		tr_snap_value(&s, "thp.enabled", text, n);
		break;
	case 3:
		text[n] = '\0';
		tr_clock_name(clock, sizeof(clock), text);
		break;
	}
	tr_snap_clear(&s);
	free(text);
	return 0;
}
