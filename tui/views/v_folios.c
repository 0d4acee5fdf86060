// SPDX-License-Identifier: GPL-2.0-only
/* Live allocations of the zone by order, as far as they were made within the trace. */
#include <stdio.h>
#include <string.h>

#include "ui_view.h"

struct v_folios {
	uint64_t most, pages;
};

static void folios_sync(void *view, const struct ui_model *md, const struct ui_rect *r)
{
	struct v_folios *v = view;

	(void)r;
	v->most = v->pages = 0;
	for (unsigned int o = 0; o < md->run->zi.nr_orders; o++) {
		uint64_t pages = md->run->zi.folios[o] << o;

		v->pages += pages;
		if (pages > v->most)
			v->most = pages;
	}
}

static void folios_draw(const void *view, const struct ui_model *md, struct ui_grid *g,
			const struct ui_rect *r)
{
	const struct v_folios *v = view;
	struct ui_rect in = ui_box(g, r,
				   r->cols >= 50 ? "allocated folios by order (made in the trace)"
						 : "folios by order",
				   md->focus == UI_FOCUS_FIGURES && md->figures == UI_FIG_FOLIOS);
	char num[UI_FMT_MAX];
	int bar = in.cols - 26;

	ui_text(g, &in, 0, 0, ui_style(UI_ROLE_DIM), "      count      memory share");
	for (unsigned int o = 0; o < md->run->zi.nr_orders && (int)o + 1 < in.rows; o++) {
		uint64_t n = md->run->zi.folios[o];

		ui_textf(g, &in, (int)o + 1, 0, ui_style(UI_ROLE_STRONG), "%2u", o);
		ui_textf(g, &in, (int)o + 1, 2, ui_style(n ? UI_ROLE_TEXT : UI_ROLE_DIM), "%9s",
			 ui_fmt_short(num, n, 9));
		ui_textf(g, &in, (int)o + 1, 11, ui_style(n ? UI_ROLE_TEXT : UI_ROLE_DIM), "%12s",
			 ui_fmt_size(num, (n << o) << md->run->page_shift));
		ui_bar(g, &in, (int)o + 1, 24, bar, ui_style(UI_ROLE_MOVABLE), n << o, v->most);
	}
}

const struct ui_view_ops ui_v_folios = {
	.name = "folios",
	.min_rows = 4,
	.min_cols = 22,
	.state_size = sizeof(struct v_folios),
	.sync = folios_sync,
	.draw = folios_draw,
};
