// SPDX-License-Identifier: GPL-2.0-only
/* Roles to colours. */
#include "ui_theme.h"

#include <string.h>
#include <strings.h>

#include "ui_grid.h"

static const struct role {
	const char *name;
	int32_t rgb;
	int16_t c256;
	int8_t c8;
	uint8_t attr, mono;
} roles[UI_ROLE_COUNT] = {
#define X(id, rgb, c256, c8, attr, mono) [UI_ROLE_##id] = { #id, rgb, c256, c8, attr, mono },
	UI_ROLE_LIST(X)
#undef X
};

static int32_t colour_of(enum ui_colour_mode mode, const struct role *r)
{
	switch (mode) {
	case UI_COLOUR_TRUE:
		return r->rgb;
	case UI_COLOUR_256:
		return r->c256;
	case UI_COLOUR_8:
		return r->c8;
	default:
		return -1;
	}
}

struct ui_look ui_theme_look(enum ui_colour_mode mode, struct ui_style st)
{
	const struct role *fg = &roles[st.fg < UI_ROLE_COUNT ? st.fg : UI_ROLE_TEXT];
	const struct role *bg = &roles[st.bg < UI_ROLE_COUNT ? st.bg : UI_ROLE_TEXT];
	struct ui_look look = { -1, -1, (unsigned int)st.attr };

	if (mode == UI_COLOUR_NONE) {
		look.attr |= fg->mono;
		if (st.bg != UI_ROLE_TEXT)
			look.attr |= UI_REVERSE;
		return look;
	}
	look.fg = colour_of(mode, fg);
	look.bg = st.bg == UI_ROLE_TEXT ? -1 : colour_of(mode, bg);
	look.attr |= fg->attr;
	/* a background that the mode can't show must not get lost */
	if (st.bg != UI_ROLE_TEXT && look.bg < 0) {
		look.fg = -1;
		look.attr |= UI_REVERSE;
	}
	return look;
}

enum ui_colour_mode ui_theme_auto(int nr_colours, const char *no_color, const char *colorterm)
{
	if (no_color && *no_color)
		return UI_COLOUR_NONE;
	if (nr_colours >= 8 && colorterm &&
	    (strcmp(colorterm, "truecolor") == 0 || strcmp(colorterm, "24bit") == 0))
		return UI_COLOUR_TRUE;
	if (nr_colours > 256)
		return UI_COLOUR_TRUE;
	if (nr_colours == 256)
		return UI_COLOUR_256;
	return nr_colours >= 8 ? UI_COLOUR_8 : UI_COLOUR_NONE;
}

enum ui_role ui_theme_migratetype(const char *name)
{
	static const struct {
		const char *name;
		enum ui_role role;
	} map[] = {
		{ "Unmovable", UI_ROLE_UNMOVABLE },
		{ "Movable", UI_ROLE_MOVABLE },
		{ "Reclaimable", UI_ROLE_RECLAIMABLE },
		{ "HighAtomic", UI_ROLE_HIGHATOMIC },
		{ "CMA", UI_ROLE_CMA },
		{ "Isolate", UI_ROLE_ISOLATE },
	};

	for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++)
		if (strcasecmp(name, map[i].name) == 0)
			return map[i].role;
	return UI_ROLE_OTHER_TYPE;
}

const char *ui_role_name(enum ui_role role)
{
	return (unsigned int)role < UI_ROLE_COUNT ? roles[role].name : "?";
}

int ui_colour_by_name(const char *name)
{
	static const char *const names[] = { "auto", "none", "8", "256", "truecolor" };

	for (int i = 0; i < 5; i++)
		if (strcmp(name, names[i]) == 0)
			return i;
	return -1;
}
