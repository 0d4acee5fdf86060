// SPDX-License-Identifier: GPL-2.0-only
/* The decoder of terminal input. */
#include "ui_input.h"

#include <string.h>

#include "ui_grid.h"
#include "ui_keys.h"

void ui_input_learn(struct ui_input *in, const char *seq, int key)
{
	size_t n;

	if (!seq || seq == (const char *)-1 || in->nr_known == UI_INPUT_KEYS)
		return;
	n = strlen(seq);
	if (n < 2 || n >= sizeof(in->known[0].seq))
		return;
	memcpy(in->known[in->nr_known].seq, seq, n + 1);
	in->known[in->nr_known++].key = key;
}

void ui_input_feed(struct ui_input *in, const char *bytes, size_t n)
{
	if (n > sizeof(in->buf) - in->len)
		n = sizeof(in->buf) - in->len;
	memcpy(in->buf + in->len, bytes, n);
	in->len += n;
}

bool ui_input_pending(const struct ui_input *in)
{
	return in->len > 0;
}

static int drop(struct ui_input *in, size_t n, int key)
{
	memmove(in->buf, in->buf + n, in->len - n);
	in->len -= n;
	return key;
}

/* Key of a CSI or SS3 sequence: its final byte, or its number before '~'. */
static int csi_key(char final, unsigned int number)
{
	switch (final) {
	case 'A':
		return UI_KEY_UP;
	case 'B':
		return UI_KEY_DOWN;
	case 'C':
		return UI_KEY_RIGHT;
	case 'D':
		return UI_KEY_LEFT;
	case 'H':
		return UI_KEY_HOME;
	case 'F':
		return UI_KEY_END;
	case 'M':
		return UI_KEY_ENTER; /* of the number pad */
	case 'P':
		return UI_KEY_F1;
	case 'Z':
		return UI_KEY_BACKTAB;
	case '~':
		switch (number) {
		case 1:
		case 7:
			return UI_KEY_HOME;
		case 4:
		case 8:
			return UI_KEY_END;
		case 3:
			return UI_KEY_DELETE;
		case 5:
			return UI_KEY_PGUP;
		case 6:
			return UI_KEY_PGDN;
		case 11:
			return UI_KEY_F1;
		}
	}
	return UI_KEY_OTHER;
}

/*
 * "ESC [ < button ; column ; row M" of the mouse (xterm's mode 1006; m: released).
 * Returns the bytes it has, 0 when it is not complete.
 */
static size_t mouse(const struct ui_input *in, int *ret_key)
{
	unsigned int v[3] = { 0 };
	size_t i = 3;

	*ret_key = UI_KEY_OTHER;
	for (int k = 0; k < 3; k++) {
		while (i < in->len && in->buf[i] >= '0' && in->buf[i] <= '9') {
			v[k] = v[k] < 100000 ? v[k] * 10 + (unsigned int)(in->buf[i] - '0') : v[k];
			i++;
		}
		if (i < in->len && k < 2 && in->buf[i] == ';')
			i++;
	}
	if (i >= in->len)
		return in->len == sizeof(in->buf) ? in->len : 0;
	if (in->buf[i] != 'M' || v[1] == 0 || v[2] == 0 || v[1] > UI_MOUSE_MAX || v[2] > UI_MOUSE_MAX)
		return i + 1;
	v[0] &= ~(4u | 8u | 16u); /* with Shift, Alt or Control it is the same */
	if (v[0] == 0)
		*ret_key = ui_key_mouse(UI_MOUSE_CLICK, (int)v[2] - 1, (int)v[1] - 1);
	else if (v[0] == 64 || v[0] == 65)
		*ret_key = ui_key_mouse(v[0] == 64 ? UI_MOUSE_WHEEL_UP : UI_MOUSE_WHEEL_DOWN, (int)v[2] - 1,
					(int)v[1] - 1);
	return i + 1;
}

/*
 * "ESC ] ... BEL" and its like: what a terminal answers when some program has asked it for its colours or its name.
 * Returns the bytes it has with its end, 0 when it is not complete.
 */
static size_t answer(const struct ui_input *in)
{
	for (size_t i = 2; i < in->len; i++) {
		if (in->buf[i] == 7)
			return i + 1;
		if (in->buf[i] == 27 && i + 1 < in->len)
			return in->buf[i + 1] == '\\' ? i + 2 : i;
	}
	return in->len == sizeof(in->buf) ? in->len : 0;
}

/*
 * A sequence that starts with Escape.  Returns the bytes it has, 0 when it is not
 * complete; an Escape with anything else behind it is a key of its own, as it is when all that follows (@final) is the
 * first letter of an answer: Alt with that letter.
 */
static size_t escape(const struct ui_input *in, bool final, int *ret_key)
{
	unsigned int number = 0;
	size_t i = 2;

	for (unsigned int k = 0; k < in->nr_known; k++) {
		size_t n = strlen(in->known[k].seq);

		if (n <= in->len && memcmp(in->buf, in->known[k].seq, n) == 0) {
			*ret_key = in->known[k].key;
			return n;
		}
	}
	*ret_key = UI_KEY_ESC;
	if (in->len < 2)
		return 0;
	if (in->buf[1] == 'O') {
		if (in->len < 3)
			return 0;
		*ret_key = csi_key(in->buf[2], 0);
		return 3;
	}
	if (strchr("]P_^X", in->buf[1]) && in->buf[1]) {
		size_t n = answer(in);

		if (n || !final || in->len > 2) {
			*ret_key = UI_KEY_OTHER;
			return n;
		}
	}
	if (in->buf[1] != '[')
		return 1;
	if (in->len > 2 && in->buf[2] == '<')
		return mouse(in, ret_key);
	while (i < in->len && in->buf[i] >= '0' && in->buf[i] <= '9' && number < 1000)
		number = number * 10 + (unsigned int)(in->buf[i++] - '0');
	while (i < in->len && in->buf[i] >= 0x20 && in->buf[i] < 0x40)
		i++;
	if (i >= in->len)
		return in->len == sizeof(in->buf) ? in->len : 0;
	*ret_key = csi_key(in->buf[i], number);
	return i + 1;
}

int ui_input_next(struct ui_input *in, bool final)
{
	unsigned char c = (unsigned char)in->buf[0];
	char one[5] = "";
	size_t need, used;
	uint32_t cp;
	int key;

	if (in->len == 0)
		return UI_KEY_NONE;
	if (c == 27) {
		used = escape(in, final, &key);
		if (used == 0 && !final)
			return UI_KEY_NONE;
		/* a sequence that nothing completes: Escape, and the rest of it is no input */
		return drop(in, used ? used : in->len, key);
	}
	if (c == 0)
		return drop(in, 1, UI_KEY_OTHER);
	if (c == 8)
		return drop(in, 1, UI_KEY_BACKSPACE);
	if (c < 0x80)
		return drop(in, 1, c == '\n' ? UI_KEY_ENTER : c);
	need = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc2 ? 2 : 1;
	if (in->len < need && !final)
		return UI_KEY_NONE;
	memcpy(one, in->buf, need < in->len ? need : in->len);
	used = (size_t)(ui_utf8_get(one, &cp) - one);
	return drop(in, used, cp == 0xfffd || used > in->len ? UI_KEY_OTHER : (int)cp);
}
