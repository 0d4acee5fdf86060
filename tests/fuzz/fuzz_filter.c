// SPDX-License-Identifier: GPL-2.0-only
/* Fuzz target: filters, positions and cleaned text from any bytes. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "sg_err.h"
#include "sg_filter.h"
#include "sg_pos.h"

static const struct sg_sym gfp_sym[] = { { 0x40, "__GFP_IO" }, { 0x80, "__GFP_FS" } };
static const struct sg_symtab gfp_tab = { true, 2, gfp_sym };
static const struct sg_task_name tasks[] = { { 40, "kswapd0" } };
static const struct sg_capture cap = {
	.clock_is_ns = true,
	.nr_tasks = 1,
	.task = tasks,
	.gfp_names = &gfp_tab,
	.nr_migratetypes = 2,
	.migratetype = { "Unmovable", "Movable" },
	.nr_zone_types = 1,
	.zone_type = { "DMA" },
};

static void match_all(const struct sg_filter *f)
{
	for (unsigned int k = 0; k < SG_KIND_COUNT; k++) {
		struct sg_event ev = {
			.kind = (uint16_t)k, .pid = 40, .str = "text", .str_len = 4
		};

		for (unsigned int i = 0; i < SG_SLOTS; i++)
			ev.v[i] = i % 3 ? i * 5 : UINT64_MAX;
		sg_filter_match(f, &ev, k);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), clean[64];
	struct sg_filter *f = NULL;
	struct sg_err err;
	struct sg_pos pos;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (sg_filter_new(text, &cap, &f, &err) == 0)
		match_all(f);
	sg_filter_free(f);
	sg_pos_read(text, true, &pos, &err);
	sg_pos_read(text, false, &pos, &err);
	sg_clean(clean, sizeof(clean), text, size);
	free(text);
	return 0;
}
