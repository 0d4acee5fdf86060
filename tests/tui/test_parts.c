// SPDX-License-Identifier: GPL-2.0-only
/* The parts below the views: cells, input, keys, colours, numbers. */
#include "test.h"

#include <locale.h>
#include <stdio.h>
#include <math.h>
#include <string.h>

#include "ui_fmt.h"
#include "ui_grid.h"
#include "ui_input.h"
#include "ui_keys.h"
#include "ui_lines.h"

static struct ui_grid grid_of(int rows, int cols)
{
	struct ui_grid g = { 0 };

	assert_int_equal(ui_grid_resize(&g, rows, cols), 0);
	return g;
}

static uint32_t at(struct ui_grid *g, int row, int col)
{
	struct ui_cell *c = ui_grid_at(g, row, col);

	assert_non_null(c);
	return c->ch;
}

static void clips(void **state)
{
	struct ui_grid g = grid_of(3, 5);
	struct ui_rect r = { 1, 1, 1, 3 };

	(void)state;
	assert_int_equal(ui_text(&g, &r, 0, -1, ui_style(UI_ROLE_TEXT), "abcdefgh"), 7);
	assert_int_equal(at(&g, 1, 0), ' ');
	assert_int_equal(at(&g, 1, 1), 'b');
	assert_int_equal(at(&g, 1, 3), 'd');
	assert_int_equal(at(&g, 1, 4), ' ');
	ui_text(&g, &r, 1, 0, ui_style(UI_ROLE_TEXT), "below");
	ui_text(&g, &r, -1, 0, ui_style(UI_ROLE_TEXT), "above");
	for (int c = 0; c < 5; c++) {
		assert_int_equal(at(&g, 0, c), ' ');
		assert_int_equal(at(&g, 2, c), ' ');
	}
	r = (struct ui_rect){ -4, -4, 100, 100 }; /* larger than the grid on all sides */
	ui_fill(&g, &r, 4, 0, 100, ui_style(UI_ROLE_TEXT), 'x');
	assert_int_equal(at(&g, 0, 4), 'x');
	assert_null(ui_grid_at(&g, 3, 0));
	assert_null(ui_grid_at(&g, 0, -1));
	ui_grid_fini(&g);
}

static void wide(void **state)
{
	struct ui_grid g = grid_of(1, 4);
	struct ui_rect r = { 0, 0, 1, 4 };

	(void)state;
	assert_int_equal(ui_text(&g, &r, 0, 0, ui_style(UI_ROLE_TEXT), "a\xe6\xbc\xa2z"), 4);
	assert_int_equal(ui_grid_at(&g, 0, 1)->width, 2);
	assert_int_equal(ui_grid_at(&g, 0, 2)->width, 0);
	/* one half overwritten: the other must not stay behind */
	ui_char(&g, &r, 0, 2, ui_style(UI_ROLE_TEXT), 'y');
	assert_int_equal(at(&g, 0, 1), ' ');
	assert_int_equal(at(&g, 0, 2), 'y');
	/* no room for its right half */
	ui_char(&g, &r, 0, 3, ui_style(UI_ROLE_TEXT), 0x6f22);
	assert_int_equal(at(&g, 0, 3), '?');
	/* what a terminal would act on, and what combines, takes no cell or becomes '?' */
	ui_grid_clear(&g);
	assert_int_equal(ui_text(&g, &r, 0, 0, ui_style(UI_ROLE_TEXT), "\033\xcc\x81\xff"), 2);
	assert_int_equal(at(&g, 0, 0), '?');
	ui_grid_fini(&g);
}

/* Five columns: "one", "two", "three", "four" and "end" are five rows, of which two are seen: it scrolls by three. */
static void lines(void **state)
{
	struct ui_lines *l = test_calloc(1, sizeof(*l));
	struct ui_grid g = grid_of(2, 5);
	struct ui_rect r = { 0, 0, 2, 5 };
	int scroll = 0;

	(void)state;
	ui_lines_add(l, UI_ROLE_TEXT, 0, "one two %s four", "three");
	ui_lines_add(l, UI_ROLE_TEXT, 0, "e\033d"); /* what a terminal would act on becomes '?' */
	ui_lines_fit(l, 2, 5);
	assert_int_equal(l->most, 3);
	ui_lines_draw(l, &g, &r, 1);
	assert_int_equal(at(&g, 0, 0), 't');
	assert_int_equal(at(&g, 0, 1), 'w');
	assert_int_equal(at(&g, 1, 4), 'e');
	assert_true(ui_lines_act(l, &scroll, UI_ACT_DOWN, 200));
	assert_int_equal(scroll, 3);
	assert_true(ui_lines_act(l, &scroll, UI_ACT_UP, 1));
	assert_int_equal(scroll, 2);
	assert_false(ui_lines_act(l, &scroll, UI_ACT_LEFT, 1));
	ui_grid_clear(&g);
	ui_lines_draw(l, &g, &r, 99); /* its end, and not past it */
	assert_int_equal(at(&g, 0, 0), 'f');
	assert_int_equal(at(&g, 1, 0), 'e');
	assert_int_equal(at(&g, 1, 1), '?');
	assert_int_equal(at(&g, 1, 2), 'd');
	ui_lines_fit(l, 40, 5);
	assert_int_equal(l->most, 0);
	for (int i = 0; i < UI_LINES_MAX + 3; i++)
		ui_lines_add(l, UI_ROLE_TEXT, 0, "more");
	assert_int_equal(l->nr, UI_LINES_MAX);
	ui_grid_fini(&g);
	test_free(l);
}

static void plain(void **state)
{
	struct ui_grid g = grid_of(1, 40);
	struct ui_rect r = { 0, 0, 1, 40 };

	(void)state;
	g.ascii = true;
	for (int i = 0; i < UI_GL_COUNT; i++)
		assert_in_range(ui_glyph(&g, (enum ui_glyph)i), 0x21, 0x7e);
	ui_text(&g, &r, 0, 0, ui_style(UI_ROLE_TEXT), "\xe2\x86\x92 \xc3\x97 \xe6\xbc\xa2");
	assert_int_equal(at(&g, 0, 0), '>');
	assert_int_equal(at(&g, 0, 2), 'x');
	assert_int_equal(at(&g, 0, 4), '?');
	ui_grid_fini(&g);
}

static void wraps(void **state)
{
	struct ui_grid g = grid_of(4, 10);
	struct ui_rect r = { 0, 0, 4, 10 };

	(void)state;
	assert_int_equal(
		ui_wrap(&g, &r, 0, 2, 4, 0, ui_style(UI_ROLE_TEXT), "one two three fourfivesix"),
		4);
	assert_int_equal(at(&g, 0, 6), 'o');
	assert_int_equal(at(&g, 1, 2), 't');
	assert_int_equal(at(&g, 2, 2), 'f');
	assert_int_equal(at(&g, 3, 2), 's');
	r.cols = 1; /* a wide character never fits: it must still come to an end */
	assert_true(ui_wrap(&g, &r, 0, 0, 4, 0, ui_style(UI_ROLE_TEXT),
			    "\xe6\xbc\xa2\xe6\xbc\xa2") >= 2);
	ui_grid_fini(&g);
}

static void bars(void **state)
{
	struct ui_grid g = grid_of(1, 10);
	struct ui_rect r = { 0, 0, 1, 10 };

	(void)state;
	ui_bar(&g, &r, 0, 0, 10, ui_style(UI_ROLE_FREE), 1, 1000000);
	assert_int_equal(at(&g, 0, 0), 0x258f); /* a little is not nothing */
	ui_bar(&g, &r, 0, 0, 10, ui_style(UI_ROLE_FREE), 55, 100);
	assert_int_equal(at(&g, 0, 4), 0x2588);
	assert_int_equal(at(&g, 0, 5), 0x258c);
	ui_bar(&g, &r, 0, 0, 10, ui_style(UI_ROLE_FREE), UINT64_MAX, 3);
	assert_int_equal(at(&g, 0, 9), 0x2588);
	ui_bar(&g, &r, 0, 0, -3, ui_style(UI_ROLE_FREE), 1, 1);
	ui_bar(&g, &r, 0, 0, 3, ui_style(UI_ROLE_FREE), 1, 0);
	ui_grid_fini(&g);
}

static void sizes(void **state)
{
	struct ui_grid g = { 0 };

	(void)state;
	assert_int_equal(ui_grid_resize(&g, 0, -5), 0);
	assert_int_equal(g.rows, 1);
	assert_int_equal(g.cols, 1);
	for (int n = 1; n < 12; n++) {
		struct ui_rect r = { 0, 0, n, n };

		assert_int_equal(ui_grid_resize(&g, n, n), 0);
		ui_box(&g, &r, "a title", true);
	}
	ui_grid_fini(&g);
}

static void feed(struct ui_input *in, const char *s)
{
	ui_input_feed(in, s, strlen(s));
}

static void input(void **state)
{
	struct ui_input in = { 0 };

	(void)state;
	ui_input_learn(&in, "\033[?weird", UI_KEY_PGDN);
	feed(&in, "l\033[A\033OB\033[5~\033[1;5C\033[Z\033[?weird\xc3\xa4\r\n\x7f");
	assert_int_equal(ui_input_next(&in, false), 'l');
	assert_int_equal(ui_input_next(&in, false), UI_KEY_UP);
	assert_int_equal(ui_input_next(&in, false), UI_KEY_DOWN);
	assert_int_equal(ui_input_next(&in, false), UI_KEY_PGUP);
	assert_int_equal(ui_input_next(&in, false), UI_KEY_RIGHT);
	assert_int_equal(ui_input_next(&in, false), UI_KEY_BACKTAB);
	assert_int_equal(ui_input_next(&in, false), UI_KEY_PGDN);
	assert_int_equal(ui_input_next(&in, false), 0xe4);
	assert_int_equal(ui_input_next(&in, false), UI_KEY_ENTER);
	assert_int_equal(ui_input_next(&in, false), UI_KEY_ENTER);
	assert_int_equal(ui_input_next(&in, false), UI_KEY_BACKSPACE);
	assert_int_equal(ui_input_next(&in, false), UI_KEY_NONE);
	/* in pieces */
	feed(&in, "\033");
	assert_int_equal(ui_input_next(&in, false), UI_KEY_NONE);
	feed(&in, "[");
	assert_int_equal(ui_input_next(&in, false), UI_KEY_NONE);
	feed(&in, "B");
	assert_int_equal(ui_input_next(&in, false), UI_KEY_DOWN);
	/* Escape itself, and before another key */
	feed(&in, "\033");
	assert_int_equal(ui_input_next(&in, true), UI_KEY_ESC);
	feed(&in, "\033q");
	assert_int_equal(ui_input_next(&in, false), UI_KEY_ESC);
	assert_int_equal(ui_input_next(&in, false), 'q');
	assert_false(ui_input_pending(&in));
}

/* What a terminal answers to a question of another program is no input, whole or cut off, with either end. */
static void input_answers(void **state)
{
	struct ui_input in = { 0 };

	(void)state;
	feed(&in, "\033]11;rgb:0000/qqqq/0000\007a\033P1$r0m\033\\b\033_q\033[A");
	assert_int_equal(ui_input_next(&in, false), UI_KEY_OTHER);
	assert_int_equal(ui_input_next(&in, false), 'a');
	assert_int_equal(ui_input_next(&in, false), UI_KEY_OTHER);
	assert_int_equal(ui_input_next(&in, false), 'b');
	assert_int_equal(ui_input_next(&in, false), UI_KEY_OTHER); /* never ended: another sequence begins */
	assert_int_equal(ui_input_next(&in, false), UI_KEY_UP);
	assert_false(ui_input_pending(&in));
	feed(&in, "\033]10;qq");
	assert_int_equal(ui_input_next(&in, false), UI_KEY_NONE);
	assert_int_equal(ui_input_next(&in, true), UI_KEY_OTHER);
	assert_false(ui_input_pending(&in));
	/* Alt with such a letter is Escape and the letter, as with any other */
	feed(&in, "\033P");
	assert_int_equal(ui_input_next(&in, false), UI_KEY_NONE);
	assert_int_equal(ui_input_next(&in, true), UI_KEY_ESC);
	assert_int_equal(ui_input_next(&in, true), 'P');
	/* F1, as xterm, the number pad's mode and others send it */
	feed(&in, "\033OP\033[11~\033[P");
	for (int i = 0; i < 3; i++)
		assert_int_equal(ui_input_next(&in, false), UI_KEY_F1);
	assert_int_equal(ui_keys_action(UI_KEY_F1), UI_ACT_HELP);
	assert_false(ui_input_pending(&in));
}

/* Clicks and the wheel with their places; what else a mouse can say is no key. */
static void input_mouse(void **state)
{
	struct ui_input in = { 0 };

	(void)state;
	feed(&in, "\033[<0;1;1M\033[<0;1;1m\033[<64;80;24M\033[<65;10;5M\033[<20;4096;4096M\033[<16;3;2Mx");
	assert_int_equal(ui_input_next(&in, false), ui_key_mouse(UI_MOUSE_CLICK, 0, 0));
	assert_int_equal(ui_input_next(&in, false), UI_KEY_OTHER); /* released */
	assert_int_equal(ui_input_next(&in, false), ui_key_mouse(UI_MOUSE_WHEEL_UP, 23, 79));
	assert_int_equal(ui_input_next(&in, false), ui_key_mouse(UI_MOUSE_WHEEL_DOWN, 4, 9));
	assert_int_equal(ui_input_next(&in, false), UI_KEY_OTHER); /* too far away */
	assert_int_equal(ui_input_next(&in, false), ui_key_mouse(UI_MOUSE_CLICK, 1, 2)); /* with Control */
	assert_int_equal(ui_input_next(&in, false), 'x');
	feed(&in, "\033[<0;12;");
	assert_int_equal(ui_input_next(&in, false), UI_KEY_NONE);
	feed(&in, "7M\033[<2;5;5M\033[<35;5;5M\033[<0;0;5M\033[<99999999999;5;5M\033[<;;M\033[<0;5M");
	assert_int_equal(ui_input_next(&in, false), ui_key_mouse(UI_MOUSE_CLICK, 6, 11));
	for (int i = 0; i < 6; i++)
		assert_int_equal(ui_input_next(&in, false), UI_KEY_OTHER);
	assert_false(ui_input_pending(&in));
	/* such a key is taken apart as it was put together */
	assert_true(ui_key_is_mouse(ui_key_mouse(UI_MOUSE_WHEEL_DOWN, 4095, 7)));
	assert_int_equal(ui_mouse_what(ui_key_mouse(UI_MOUSE_WHEEL_DOWN, 4095, 7)), UI_MOUSE_WHEEL_DOWN);
	assert_int_equal(ui_mouse_row(ui_key_mouse(UI_MOUSE_WHEEL_DOWN, 4095, 7)), 4095);
	assert_int_equal(ui_mouse_col(ui_key_mouse(UI_MOUSE_WHEEL_DOWN, 4095, 7)), 7);
	assert_false(ui_key_is_mouse(UI_KEY_HANGUP));
	assert_false(ui_key_is_mouse(0x10ffff));
}

/* Any bytes end in keys, and it always comes to rest. */
static void input_fuzz(void **state)
{
	uint64_t seed = 12345;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		struct ui_input in = { 0 };
		int keys = 0;

		for (int n = 0; n < 20; n++) {
			char buf[64];

			for (size_t i = 0; i < sizeof(buf); i++) {
				seed = seed * 6364136223846793005u + 1442695040888963407u;
				buf[i] = "\033[O0;~A\xc3\xe6\xff\0zM?"[(seed >> 40) % 15];
			}
			ui_input_feed(&in, buf, (seed >> 33) % sizeof(buf));
			while (ui_input_next(&in, n == 19) != UI_KEY_NONE)
				assert_true(++keys < 100000);
		}
		while (ui_input_next(&in, true) != UI_KEY_NONE)
			;
		assert_false(ui_input_pending(&in));
	}
}

/* Each key has one meaning, and each action a key, a group and a text. */
static void keys(void **state)
{
	(void)state;
	for (int a = 1; a < UI_ACT_COUNT; a++) {
		const struct ui_action_info *i = ui_action_info((enum ui_action)a);
		const char *s = i->keys;

		assert_true(i->group[0] && i->text[0] && i->keys[0]);
		while (*s) {
			size_t len = strcspn(s, " ");
			int key = ui_keys_parse(s, len);

			assert_int_not_equal(key, UI_KEY_NONE);
			if (ui_keys_action(key) != (enum ui_action)a)
				fail_msg("key '%.*s' of %s belongs to %s", (int)len, s, i->id,
					 ui_action_info(ui_keys_action(key))->id);
			s += len;
			s += strspn(s, " ");
		}
	}
	assert_int_equal(ui_keys_action(UI_KEY_OTHER), UI_ACT_NONE);
	assert_int_equal(ui_keys_action(0x1f600), UI_ACT_NONE);
}

static void colours(void **state)
{
	(void)state;
	assert_int_equal(ui_theme_auto(256, "1", "truecolor"), UI_COLOUR_NONE);
	assert_int_equal(ui_theme_auto(256, "", "truecolor"), UI_COLOUR_TRUE);
	assert_int_equal(ui_theme_auto(256, NULL, NULL), UI_COLOUR_256);
	assert_int_equal(ui_theme_auto(88, NULL, NULL), UI_COLOUR_8);
	assert_int_equal(ui_theme_auto(-1, NULL, NULL), UI_COLOUR_NONE);
	assert_int_equal(ui_theme_auto(1 << 24, NULL, NULL), UI_COLOUR_TRUE);
	assert_int_equal(ui_colour_by_name("truecolor"), UI_COLOUR_TRUE);
	assert_int_equal(ui_colour_by_name("16"), -1);
	/* without colours a background must still be seen */
	assert_true(ui_theme_look(UI_COLOUR_NONE, false, ui_style_on(UI_ROLE_MOVABLE, 0)).attr &
		    UI_REVERSE);
	/* migratetypes differ from each other in every mode that has colours */
	for (enum ui_colour_mode m = UI_COLOUR_8; m <= UI_COLOUR_TRUE; m++)
		for (int a = UI_ROLE_UNMOVABLE; a <= UI_ROLE_ISOLATE; a++)
			for (int b = UI_ROLE_UNMOVABLE; b < a; b++)
				for (int light = 0; light < 2; light++)
					assert_int_not_equal(
						ui_theme_look(m, light, ui_style((enum ui_role)a)).fg,
						ui_theme_look(m, light, ui_style((enum ui_role)b)).fg);
}

/* Relative luminance of the WCAG, which contrast is made of. */
static double luminance(int32_t rgb)
{
	static const double weight[] = { 0.2126, 0.7152, 0.0722 };
	double sum = 0;

	for (int i = 0; i < 3; i++) {
		double c = (rgb >> (16 - 8 * i) & 255) / 255.0;

		sum += weight[i] * (c <= 0.03928 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4));
	}
	return sum;
}

/* The colour that xterm gives to one of 256 (16 and more: its cube and its greys). */
static int32_t cube(int32_t c)
{
	static const int32_t level[] = { 0, 95, 135, 175, 215, 255 };

	if (c >= 232)
		return (8 + 10 * (c - 232)) * 0x010101;
	c -= 16;
	return level[c / 36] << 16 | level[c / 6 % 6] << 8 | level[c % 6];
}

/* On white everything is read: 4.5 to 1, what the WCAG asks of text; yellow, which isn't, is no colour of text there. */
static void backgrounds(void **state)
{
	(void)state;
	for (int r = 0; r < UI_ROLE_COUNT; r++) {
		struct ui_style st = ui_style((enum ui_role)r);
		int32_t fg = ui_theme_look(UI_COLOUR_TRUE, true, st).fg, of256 = ui_theme_look(UI_COLOUR_256, true, st).fg;
		int32_t of8 = ui_theme_look(UI_COLOUR_8, true, st).fg;

		if (fg < 0 || r == UI_ROLE_INK)
			continue;
		if (1.05 / (luminance(fg) + 0.05) < 4.5 || 1.05 / (luminance(cube(of256)) + 0.05) < 4.5)
			fail_msg("%s can't be read on white: #%06x, %d", ui_role_name((enum ui_role)r), (unsigned int)fg, of256);
		assert_true(of8 != 3 && of8 != 7);
	}
	assert_int_equal(ui_theme_light_env("15;0"), 0);
	assert_int_equal(ui_theme_light_env("0;15"), 1);
	assert_int_equal(ui_theme_light_env("0;default;7"), 1);
	assert_int_equal(ui_theme_light_env("7;8"), 0);
	assert_int_equal(ui_theme_light_env("default;default"), -1);
	assert_int_equal(ui_theme_light_env("15"), -1);
	assert_int_equal(ui_theme_light_env("0;"), -1);
	assert_int_equal(ui_theme_light_env("0;999"), -1);
	assert_int_equal(ui_theme_light_env(NULL), -1);
#define ANSWER(text) ui_theme_light_answer(text, sizeof(text) - 1)
	assert_int_equal(ANSWER("\033]11;rgb:ffff/ffff/ffff\033\\"), 1);
	assert_int_equal(ANSWER("xl\033]11;rgb:fd/f6/e3\a\033[?62;c"), 1);
	assert_int_equal(ANSWER("\033]11;rgb:0000/2b2b/3636\033\\"), 0);
	assert_int_equal(ANSWER("\033]11;rgb:FFFF/FFFF/dddd"), 1);
	assert_int_equal(ANSWER("\033]11;rgb:f/f/f"), 1);
	assert_int_equal(ANSWER("\033]11;rgb:ffff/ffff"), -1);
	assert_int_equal(ANSWER("\033]11;rgb:ffff/ffff/"), -1);
	assert_int_equal(ANSWER("\033]11;rgb:"), -1);
	assert_int_equal(ANSWER("\033]10;rgb:ffff/ffff/ffff"), -1);
	assert_int_equal(ANSWER("\033[?62;c"), -1);
	assert_int_equal(ANSWER(""), -1);
	assert_int_equal(ui_background_by_name("light"), UI_BACKGROUND_LIGHT);
	assert_int_equal(ui_background_by_name("white"), -1);
}

static void numbers(void **state)
{
	char buf[UI_FMT_MAX];
	uint64_t n = 0;

	(void)state;
	assert_string_equal(ui_fmt_num(buf, 0), "0");
	assert_string_equal(ui_fmt_num(buf, 999), "999");
	assert_string_equal(ui_fmt_num(buf, 1234567), "1,234,567");
	assert_string_equal(ui_fmt_num(buf, UINT64_MAX), "18,446,744,073,709,551,615");
	assert_string_equal(ui_fmt_short(buf, 99999, 5), "99999");
	assert_string_equal(ui_fmt_short(buf, 123456, 5), "123k");
	assert_string_equal(ui_fmt_short(buf, UINT64_MAX, 5), "18E");
	assert_string_equal(ui_fmt_size(buf, 0), "0 B");
	assert_string_equal(ui_fmt_size(buf, 2 << 20), "2 MiB");
	assert_string_equal(ui_fmt_size(buf, 1ull << 30), "1.0 GiB");
	assert_string_equal(ui_fmt_size(buf, UINT64_MAX), "15.9 EiB");
	assert_string_equal(ui_fmt_ts(buf, 7412083456, true), "7.412083 s");
	assert_string_equal(ui_fmt_span(buf, 3300, true), "3.3 \xc2\xb5s");
	assert_string_equal(ui_fmt_milli(buf, -1000), "-1.000");
	assert_string_equal(ui_fmt_milli(buf, 83), "0.083");
	assert_true(ui_parse_num("381,204", &n));
	assert_int_equal(n, 381204);
	assert_false(ui_parse_num("", &n));
	assert_false(ui_parse_num("-1", &n));
	assert_false(ui_parse_num("99999999999999999999", &n));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clips),   cmocka_unit_test(wide),       cmocka_unit_test(lines), cmocka_unit_test(plain),
		cmocka_unit_test(wraps),   cmocka_unit_test(bars),       cmocka_unit_test(sizes),
		cmocka_unit_test(input),   cmocka_unit_test(input_answers),
		cmocka_unit_test(input_mouse), cmocka_unit_test(input_fuzz), cmocka_unit_test(keys),
		cmocka_unit_test(colours), cmocka_unit_test(backgrounds), cmocka_unit_test(numbers),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
