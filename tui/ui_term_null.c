// SPDX-License-Identifier: GPL-2.0-only
/* A terminal without a device: a size, keys from a script, a clock that only keys move. */
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "ui_term.h"

struct null_term {
	struct ui_term base;
	int rows, cols;
	const char *script;
	void (*shown)(void *arg, const struct ui_grid *g);
	void *arg;
	uint64_t now_us, wait_us;
};

static void null_size(struct ui_term *term, int *ret_rows, int *ret_cols)
{
	struct null_term *t = (struct null_term *)term;

	*ret_rows = t->rows;
	*ret_cols = t->cols;
}

static void null_show(struct ui_term *term, const struct ui_grid *g)
{
	struct null_term *t = (struct null_term *)term;

	if (t->shown)
		t->shown(t->arg, g);
}

static void null_nothing(struct ui_term *term)
{
	(void)term;
}

static uint64_t null_now(struct ui_term *term)
{
	return ((struct null_term *)term)->now_us;
}

/* "<Enter>", "<80x24>", "<300ms>": a key, a size, a pause; UI_KEY_NONE when it is none of them. */
static int named(struct null_term *t, const char *s, size_t len)
{
	char buf[24];
	int rows, cols, key;

	key = ui_keys_parse(s, len);
	if (key != UI_KEY_NONE)
		return key;
	if (len >= sizeof(buf))
		return UI_KEY_NONE;
	memcpy(buf, s, len);
	buf[len] = '\0';
	if (sscanf(buf, "click:%4d,%4d", &rows, &cols) == 2)
		return ui_key_mouse(UI_MOUSE_CLICK, rows, cols);
	if (strcmp(buf, "wheel-up") == 0 || strcmp(buf, "wheel-down") == 0)
		return ui_key_mouse(buf[6] == 'u' ? UI_MOUSE_WHEEL_UP : UI_MOUSE_WHEEL_DOWN, 0, 0);
	if (strstr(buf, "ms") && sscanf(buf, "%6d", &rows) == 1) {
		t->wait_us = (uint64_t)rows * 1000;
		return UI_KEY_OTHER;
	}
	if (sscanf(buf, "%4dx%4d", &cols, &rows) != 2)
		return UI_KEY_NONE;
	t->rows = rows;
	t->cols = cols;
	return UI_KEY_RESIZE;
}

static int null_key(struct ui_term *term, int timeout_ms)
{
	struct null_term *t = (struct null_term *)term;
	uint32_t cp;

	/* whoever asks with a timeout of 0 has work to do first: keys come when it is idle */
	t->now_us += 1000;
	if (timeout_ms == 0)
		return UI_KEY_NONE;
	if (t->wait_us > 0) {
		uint64_t step = timeout_ms > 0 && timeout_ms < 1000 ? (uint64_t)timeout_ms * 1000
								    : 10000;

		t->now_us += step;
		t->wait_us -= step < t->wait_us ? step : t->wait_us;
		return UI_KEY_NONE;
	}
	if (*t->script == '\0')
		return UI_KEY_HANGUP;
	if (*t->script == '<') {
		const char *end = strchr(t->script, '>');
		int key = end ? named(t, t->script + 1, (size_t)(end - t->script - 1))
			      : UI_KEY_NONE;

		if (key != UI_KEY_NONE) {
			t->script = end + 1;
			return key;
		}
	}
	t->script = ui_utf8_get(t->script, &cp);
	return (int)cp;
}

static void null_close(struct ui_term *term)
{
	free(term);
}

static const struct ui_term_ops null_ops = {
	.size = null_size,
	.show = null_show,
	.invalidate = null_nothing,
	.key = null_key,
	.suspend = null_nothing,
	.now_us = null_now,
	.close = null_close,
};

int ui_term_null_open(int rows, int cols, const char *script,
		      void (*shown)(void *arg, const struct ui_grid *g), void *arg,
		      struct ui_term **ret)
{
	struct null_term *t = calloc(1, sizeof(*t));

	if (!t)
		return SG_E_NOMEM;
	*t = (struct null_term){
		.base = { .ops = &null_ops, .colour = UI_COLOUR_TRUE },
		.rows = rows,
		.cols = cols,
		.script = script,
		.shown = shown,
		.arg = arg,
	};
	*ret = &t->base;
	return 0;
}
