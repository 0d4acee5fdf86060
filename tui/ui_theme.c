// SPDX-License-Identifier: GPL-2.0-only
/* Roles to colours. */
#include "ui_theme.h"

#include <string.h>
#include <strings.h>

#include "ui_grid.h"

static const struct role {
	const char *name;
	struct tone {
		int32_t rgb;
		int16_t c256;
		int8_t c8;
	} tone[2]; /* on a dark background, on a light one */
	uint8_t attr, mono;
} roles[UI_ROLE_COUNT] = {
#define X(id, rgb, c256, c8, lrgb, l256, l8, attr, mono) \
	[UI_ROLE_##id] = { #id, { { rgb, c256, c8 }, { lrgb, l256, l8 } }, attr, mono },
	UI_ROLE_LIST(X)
#undef X
};

static int32_t colour_of(enum ui_colour_mode mode, bool light, const struct role *role)
{
	const struct tone *r = &role->tone[light];

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

struct ui_look ui_theme_look(enum ui_colour_mode mode, bool light, struct ui_style st)
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
	look.fg = colour_of(mode, light, fg);
	look.bg = st.bg == UI_ROLE_TEXT ? -1 : colour_of(mode, light, bg);
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

int ui_theme_light_env(const char *colorfgbg)
{
	const char *last = colorfgbg ? strrchr(colorfgbg, ';') : NULL;

	if (!last || !last[1] || strspn(last + 1, "0123456789") != strlen(last + 1) || strlen(last + 1) > 2)
		return -1;
	/* of the sixteen colours white and light grey, and the bright ones, are light */
	last++;
	return strcmp(last, "7") == 0 || (strlen(last) == 1 ? last[0] == '9' : true);
}

/* "ffff" or "ff" or "f" in thousandths; -1 for another text.  *@s moves behind it. */
static int part(const char **s, const char *end)
{
	unsigned int v = 0, most = 0;

	for (; *s < end && most < 0xffff; (*s)++) {
		const char *hex = "0123456789abcdef", *at = strchr(hex, **s | (**s >= 'A' ? 0x20 : 0));

		if (!**s || !at)
			break;
		v = v * 16 + (unsigned int)(at - hex);
		most = most * 16 + 15;
	}
	return most ? (int)(v * 1000 / most) : -1;
}

int ui_theme_light_answer(const char *answer, size_t len)
{
	static const char begin[] = "]11;rgb:";
	const char *s = memmem(answer, len, begin, sizeof(begin) - 1), *end = answer + len;
	int c[3];

	if (!s)
		return -1;
	s += sizeof(begin) - 1;
	for (int i = 0; i < 3; i++) {
		c[i] = part(&s, end);
		if (c[i] < 0 || (i < 2 && (s == end || *s++ != '/')))
			return -1;
	}
	/* ITU-R BT.709's weights of red, green and blue */
	return c[0] * 213 + c[1] * 715 + c[2] * 72 > 500 * 1000;
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

int ui_background_by_name(const char *name)
{
	static const char *const names[] = { "auto", "dark", "light" };

	for (int i = 0; i < 3; i++)
		if (strcmp(name, names[i]) == 0)
			return i;
	return -1;
}

int ui_colour_by_name(const char *name)
{
	static const char *const names[] = { "auto", "none", "8", "256", "truecolor" };

	for (int i = 0; i < 5; i++)
		if (strcmp(name, names[i]) == 0)
			return i;
	return -1;
}
