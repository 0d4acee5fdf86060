/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bytes from a terminal to keys: sequences that the terminal's description
 * names, the usual escape sequences besides, and UTF-8.  Any bytes may come.
 */
#ifndef UI_INPUT_H
#define UI_INPUT_H

#include <stdbool.h>
#include <stddef.h>

#define UI_INPUT_KEYS 16

struct ui_input {
	char buf[512];
	size_t len;
	unsigned int nr_known;
	struct {
		char seq[12];
		int key;
	} known[UI_INPUT_KEYS];
};

/** Adds a sequence; NULL, empty, too long or one too many: ignored. */
void ui_input_learn(struct ui_input *in, const char *seq, int key);
/** Adds bytes; those that find no room are dropped. */
void ui_input_feed(struct ui_input *in, const char *bytes, size_t n);
/** Next key, UI_KEY_NONE when there is none, or only the start of one unless @final. */
int ui_input_next(struct ui_input *in, bool final);
/** Whether bytes wait for more. */
bool ui_input_pending(const struct ui_input *in);

#endif
