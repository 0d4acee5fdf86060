// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target: text that people post.  What it yields is described, made into a machine, and every reason is said:
 * numbers of any size come out of such a text.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "mm.h"
#include "rules/refusal.h"
#include "tx.h"

#define SHOWN 4 /* of the stills of a text */

static void look(struct tx_stills *st, unsigned int no)
{
	struct sg_capture cap = { .kernel = "unknown", .compression = "none", .clock = "", .path = "", .name = "", .scenario = "" };
	const struct sg_snapshot *s = &st->still[no];
	struct sg_limits found = { 0 };
	struct mm_config cfg = { .cap = &cap, .nr_seeds = 1, .seed = { { .snap = s } }, .limits = &found };
	struct mm_machine *m;
	struct sg_err err;
	char say[600];

	tx_describe(&cap, st, no);
	mm_still_say(&cap, s, no, say, sizeof(say));
	mm_refusal_say_request(&cap, s, say, sizeof(say));
	mm_refusal_say_all(&cap, s, say, sizeof(say));
	for (unsigned int i = 0; i < s->nr_zones; i++)
		mm_refusal_say_zone(&cap, s, i, say, sizeof(say));
	m = mm_machine_new(&cfg, &err);
	for (unsigned int i = 0; m && i < mm_nr_zones(m); i++) {
		struct mm_zone_info z;

		mm_zone_get(m, i, &z);
		for (unsigned int o = 0; o < 12; o++)
			if (mm_unusable_index(&z, o) < 0)
				abort();
	}
	mm_machine_free(m);
	sg_limits_free(&found);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tx_stills st = { 0 };
	char *text = malloc(size ? size : 1); /* exact, so that reading beyond it is seen */

	if (!text)
		abort();
	if (size)
		memcpy(text, data, size);
	tx_is_still(text, size);
	if (tx_read(text, size, &st, NULL) == 0)
		for (unsigned int i = 0; i < st.nr && i < SHOWN; i++)
			look(&st, i);
	tx_clear(&st);
	free(text);
	return 0;
}
