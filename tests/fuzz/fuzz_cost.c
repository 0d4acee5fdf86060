// SPDX-License-Identifier: GPL-2.0-only
/* Fuzz target: costs from any bytes. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cmd_cost.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const list[] = { "allocstall", "extfrag", "polluted_blocks_end" };
	double v[COST_MOST_NAMES];
	char *text = malloc(size + 1), near[100];
	struct cost *c = NULL;
	struct sg_err err;
	const char *name;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	for (unsigned int i = 0; i < COST_MOST_NAMES; i++)
		v[i] = i % 5 == 4 ? NAN : i % 3 * 1e300;
	if (cost_new(text, &c, &err) == 0) {
		double x = cost_of(c, v);

		if (!isnan(x) && !isfinite(x))
			abort();
		for (unsigned int i = 0; (name = cost_name(c, i)) != NULL; i++)
			cost_near(name, list, 3, near, sizeof(near));
	}
	cost_free(c);
	free(text);
	return 0;
}
