// SPDX-License-Identifier: GPL-2.0-only
/* Key names to codes, codes to actions, and the printed list. */
#include "ui_keys.h"

#include <stdio.h>
#include <string.h>

#include "ui.h"
#include "ui_grid.h"

static const struct ui_action_info actions[UI_ACT_COUNT] = { [UI_ACT_NONE] = { "", "", "", "" },
#define X(id, keys, group, text) [UI_ACT_##id] = { #id, keys, group, text },
							     UI_ACT_LIST(X)
#undef X
};

static const struct {
	const char *name;
	int key;
} named[] = {
	{ "space", ' ' },        { "Enter", UI_KEY_ENTER },     { "Esc", UI_KEY_ESC },
	{ "Tab", UI_KEY_TAB },   { "BackTab", UI_KEY_BACKTAB }, { "Up", UI_KEY_UP },
	{ "Down", UI_KEY_DOWN }, { "Left", UI_KEY_LEFT },       { "Right", UI_KEY_RIGHT },
	{ "Home", UI_KEY_HOME }, { "End", UI_KEY_END },         { "PgUp", UI_KEY_PGUP },
	{ "PgDn", UI_KEY_PGDN }, { "Delete", UI_KEY_DELETE },   { "Backspace", UI_KEY_BACKSPACE },
	{ "F1", UI_KEY_F1 },
};

const struct ui_action_info *ui_action_info(enum ui_action a)
{
	return &actions[(unsigned int)a < UI_ACT_COUNT ? a : UI_ACT_NONE];
}

int ui_keys_parse(const char *name, size_t len)
{
	char one[5] = "";
	uint32_t cp;

	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++)
		if (strlen(named[i].name) == len && memcmp(named[i].name, name, len) == 0)
			return named[i].key;
	if (len == 2 && name[0] == '^' && name[1] >= '@' && name[1] <= '_')
		return name[1] - '@';
	if (len == 0 || len >= sizeof(one))
		return UI_KEY_NONE;
	memcpy(one, name, len);
	if (*ui_utf8_get(one, &cp) != '\0')
		return UI_KEY_NONE;
	return (int)cp;
}

enum ui_action ui_keys_action(int key)
{
	if (key == UI_KEY_NONE)
		return UI_ACT_NONE;
	if (key == '\n')
		key = UI_KEY_ENTER;
	for (int a = 1; a < UI_ACT_COUNT; a++) {
		const char *s = actions[a].keys;

		while (*s) {
			size_t len = strcspn(s, " ");

			if (ui_keys_parse(s, len) == key)
				return (enum ui_action)a;
			s += len;
			s += strspn(s, " ");
		}
	}
	return UI_ACT_NONE;
}

void ui_keys_print(FILE *out)
{
	const char *group = "";

	for (int a = 1; a < UI_ACT_COUNT; a++) {
		if (strcmp(group, actions[a].group) != 0) {
			fprintf(out, "%s%s\n", *group ? "\n" : "", actions[a].group);
			group = actions[a].group;
		}
		fprintf(out, "  %-14s %s\n", actions[a].keys, actions[a].text);
	}
}
