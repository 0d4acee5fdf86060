// SPDX-License-Identifier: GPL-2.0-only
/*
 * The real terminal, and the only file that includes curses' headers.  It takes
 * from ncurses the terminal's description (terminfo) and not its screen: the grid
 * is compared here, because curses can't send 24-bit colours to a terminal whose
 * description has 256, and its endwin() may not be called from a signal handler.
 */
#include "ui_term.h"

#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "ui_guard.h"
#include "ui_input.h"

struct curses_term {
	struct ui_term base;
	int fd;
	struct termios saved, raw;
	struct ui_cell *prev; /* what the terminal shows, rows * cols */
	int rows, cols;
	bool valid; /* @prev is what it shows */
	bool cursor_shown;
	bool skip_corner; /* writing the last cell would scroll */
	struct ui_style style;
	bool style_known;
	char *out;
	size_t len, cap;
	bool nomem, gone;
	bool light; /* its background is */
	bool mouse; /* its clicks and wheel come as keys */
	bool resumed_seen; /* the process was suspended through suspend(): not news */
	struct ui_input in;
};

/* tputs() hands its characters to a function without an argument */
static struct curses_term *sink;

static void out_bytes(struct curses_term *t, const char *s, size_t n)
{
	if (t->len + n > t->cap) {
		size_t cap = (t->len + n) * 2 + 4096;
		char *p = realloc(t->out, cap);

		if (!p) {
			t->nomem = true;
			return;
		}
		t->out = p;
		t->cap = cap;
	}
	memcpy(t->out + t->len, s, n);
	t->len += n;
}

static int out_char(int c)
{
	char b = (char)c;

	out_bytes(sink, &b, 1);
	return c;
}

static void out_cap(struct curses_term *t, const char *cap)
{
	if (!cap || cap == (const char *)-1)
		return;
	sink = t;
	tputs(cap, 1, out_char);
}

static void flush_out(struct curses_term *t)
{
	size_t at = 0;

	while (at < t->len) {
		ssize_t n = write(t->fd, t->out + at, t->len - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			struct pollfd p = { .fd = t->fd, .events = POLLOUT };

			poll(&p, 1, 1000);
			continue;
		}
		if (n <= 0) {
			t->gone = true;
			break;
		}
		at += (size_t)n;
	}
	t->len = 0;
	if (t->nomem) { /* part of the screen was not sent */
		t->nomem = false;
		t->valid = false;
	}
}

static void out_colour(struct curses_term *t, int32_t colour, bool back)
{
	char buf[32];

	if (colour < 0)
		return;
	if (t->base.colour == UI_COLOUR_TRUE) {
		int n = snprintf(buf, sizeof(buf), "\033[%d;2;%d;%d;%dm", back ? 48 : 38,
				 colour >> 16 & 255, colour >> 8 & 255, colour & 255);

		out_bytes(t, buf, (size_t)n);
		return;
	}
	if (back ? set_a_background != NULL : set_a_foreground != NULL)
		out_cap(t, tiparm(back ? set_a_background : set_a_foreground, (int)colour));
}

static void out_style(struct curses_term *t, struct ui_style st)
{
	struct ui_look look = ui_theme_look(t->base.colour, t->light, st);

	if (t->style_known && memcmp(&t->style, &st, sizeof(st)) == 0)
		return;
	out_cap(t, exit_attribute_mode);
	if (look.attr & UI_BOLD)
		out_cap(t, enter_bold_mode);
	if (look.attr & UI_UNDERLINE)
		out_cap(t, enter_underline_mode);
	if (look.attr & UI_REVERSE)
		out_cap(t, enter_reverse_mode);
	if (look.attr & UI_DIM)
		out_cap(t, enter_dim_mode);
	out_colour(t, look.fg, false);
	out_colour(t, look.bg, true);
	t->style = st;
	t->style_known = true;
}

static bool same_cell(const struct ui_cell *a, const struct ui_cell *b)
{
	return a->ch == b->ch && a->width == b->width &&
	       memcmp(&a->style, &b->style, sizeof(a->style)) == 0;
}

/* Sends the cells of one row that differ. */
static void show_row(struct curses_term *t, const struct ui_grid *g, int row)
{
	const struct ui_cell *now = &g->cell[(size_t)row * (size_t)g->cols];
	struct ui_cell *old = &t->prev[(size_t)row * (size_t)g->cols];
	int at = -1; /* column at which the terminal's cursor stands */

	for (int c = 0; c < g->cols; c++) {
		char buf[4];

		if (t->valid && same_cell(&now[c], &old[c]))
			continue;
		old[c] = now[c];
		if (now[c].width == 0)
			continue;
		if (row == g->rows - 1 && c + now[c].width >= g->cols && t->skip_corner)
			continue;
		if (at != c)
			out_cap(t, tiparm(cursor_address, row, c));
		out_style(t, now[c].style);
		out_bytes(t, buf, (size_t)ui_utf8_put(buf, now[c].ch));
		at = c + now[c].width;
	}
}

static void curses_show(struct ui_term *term, const struct ui_grid *g)
{
	struct curses_term *t = (struct curses_term *)term;
	size_t n = (size_t)g->rows * (size_t)g->cols;

	if (!t->prev || g->rows != t->rows || g->cols != t->cols) {
		struct ui_cell *p = realloc(t->prev, n * sizeof(*p));

		if (!p)
			return;
		t->prev = p;
		t->rows = g->rows;
		t->cols = g->cols;
		t->valid = false;
	}
	if (t->cursor_shown)
		out_cap(t, cursor_invisible);
	t->cursor_shown = false;
	if (!t->valid) {
		t->style_known = false;
		out_cap(t, exit_attribute_mode);
		out_cap(t, clear_screen);
	}
	for (int row = 0; row < g->rows; row++)
		show_row(t, g, row);
	t->valid = true;
	if (g->cursor_row >= 0 && g->cursor_row < g->rows && g->cursor_col >= 0 &&
	    g->cursor_col < g->cols) {
		out_cap(t, tiparm(cursor_address, g->cursor_row, g->cursor_col));
		out_cap(t, cursor_normal);
		t->cursor_shown = true;
	}
	flush_out(t);
}

static void curses_invalidate(struct ui_term *term)
{
	((struct curses_term *)term)->valid = false;
}

static void curses_size(struct ui_term *term, int *ret_rows, int *ret_cols)
{
	struct curses_term *t = (struct curses_term *)term;
	struct winsize ws;

	if (ioctl(t->fd, TIOCGWINSZ, &ws) == 0 && ws.ws_row > 0 && ws.ws_col > 0) {
		*ret_rows = ws.ws_row;
		*ret_cols = ws.ws_col;
		return;
	}
	*ret_rows = lines > 0 ? lines : 24;
	*ret_cols = columns > 0 ? columns : 80;
}

static uint64_t curses_now(struct ui_term *term)
{
	struct timespec ts;

	(void)term;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* xterm's modes: clicks and the wheel, as decimal numbers.  terminfo has no name for them. */
static const char mouse_on[] = "\033[?1000h\033[?1006h";
static const char mouse_off[] = "\033[?1006l\033[?1000l";

static void take_screen(struct curses_term *t)
{
	out_cap(t, enter_ca_mode);
	out_cap(t, keypad_xmit);
	out_cap(t, cursor_invisible);
	if (t->mouse)
		out_bytes(t, mouse_on, sizeof(mouse_on) - 1);
	t->valid = false;
	t->cursor_shown = false;
	flush_out(t);
}

static void curses_suspend(struct ui_term *term)
{
	struct curses_term *t = (struct curses_term *)term;
	struct sigaction ign = { .sa_handler = SIG_IGN }, dfl = { .sa_handler = SIG_DFL }, old;

	ui_guard_pause();
	/* first those who share our job (a shell script that started us), then we ourselves */
	sigaction(SIGTSTP, &ign, &old);
	kill(0, SIGTSTP);
	sigaction(SIGTSTP, &dfl, NULL);
	raise(SIGTSTP);
	sigaction(SIGTSTP, &old, NULL);
	ui_guard_resume();
	take_screen(t);
	t->resumed_seen = true;
}

/* News from signal handlers as a key, UI_KEY_NONE for none. */
static int news(struct curses_term *t)
{
	bool resized, resumed, stop;

	if (ui_guard_take(&resized, &resumed, &stop))
		return UI_KEY_HANGUP;
	if (stop) {
		curses_suspend(&t->base);
		return UI_KEY_RESUMED;
	}
	if (resumed) {
		if (!t->resumed_seen) { /* by SIGSTOP: somebody else may have used the terminal */
			tcsetattr(t->fd, TCSADRAIN, &t->raw);
			take_screen(t);
		}
		t->resumed_seen = false;
		return UI_KEY_RESUMED;
	}
	return resized ? UI_KEY_RESIZE : UI_KEY_NONE;
}

static int curses_key(struct ui_term *term, int timeout_ms)
{
	struct curses_term *t = (struct curses_term *)term;
	struct pollfd p[2] = { { .fd = t->fd, .events = POLLIN },
			       { .fd = ui_guard_fd(), .events = POLLIN } };
	int key, n;

	if (t->gone)
		return UI_KEY_HANGUP;
	key = ui_input_next(&t->in, false);
	if (key != UI_KEY_NONE)
		return key;
	/* a lone Escape is one when nothing follows it at once */
	if (ui_input_pending(&t->in) && (timeout_ms < 0 || timeout_ms > 40))
		timeout_ms = 40;
	n = poll(p, 2, timeout_ms);
	if (n > 0 && p[1].revents) {
		key = news(t);
		if (key != UI_KEY_NONE)
			return key;
	}
	if (n > 0 && p[0].revents) {
		char buf[256];
		ssize_t got = read(t->fd, buf, sizeof(buf));

		if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN)) {
			t->gone = true;
			return UI_KEY_HANGUP;
		}
		if (got > 0)
			ui_input_feed(&t->in, buf, (size_t)got);
		return ui_input_next(&t->in, false);
	}
	return ui_input_pending(&t->in) && timeout_ms > 0 ? ui_input_next(&t->in, true)
							  : UI_KEY_NONE;
}

static void curses_close(struct ui_term *term)
{
	struct curses_term *t = (struct curses_term *)term;

	ui_guard_leave();
	del_curterm(cur_term);
	close(t->fd);
	free(t->prev);
	free(t->out);
	free(t);
}

static const struct ui_term_ops curses_ops = {
	.size = curses_size,
	.show = curses_show,
	.invalidate = curses_invalidate,
	.key = curses_key,
	.suspend = curses_suspend,
	.now_us = curses_now,
	.close = curses_close,
};

/* Loads the terminal's description; an error names TERM and what to do. */
static int describe(int fd, struct sg_err *err)
{
	const char *name = getenv("TERM");
	int status = 0;

	if (!name || !*name)
		return sg_fail(err, SG_E_UNSUPPORTED,
			       "TERM is not set: set it to your terminal's type, for example "
			       "TERM=xterm-256color");
	if (setupterm(NULL, fd, &status) != OK)
		return sg_fail(err, SG_E_UNSUPPORTED,
			       status == 1 ? "terminal type '%.60s' (TERM) is a printing terminal: "
					     "set TERM to another"
					   : "terminal type '%.60s' (TERM) is not known here: set "
					     "TERM to another, "
					     "for example xterm, or install ncurses-term",
			       name);
	if (!cursor_address || !clear_screen || !exit_attribute_mode) {
		del_curterm(cur_term);
		return sg_fail(err, SG_E_UNSUPPORTED,
			       "terminal type '%.60s' (TERM) can't move its cursor: use a "
			       "full-screen terminal, or "
			       "'stormglass report' for text",
			       name);
	}
	return 0;
}

static void learn_keys(struct curses_term *t)
{
	const struct {
		const char *seq;
		int key;
	} keys[] = {
		{ key_up, UI_KEY_UP },        { key_down, UI_KEY_DOWN },
		{ key_left, UI_KEY_LEFT },    { key_right, UI_KEY_RIGHT },
		{ key_home, UI_KEY_HOME },    { key_end, UI_KEY_END },
		{ key_ppage, UI_KEY_PGUP },   { key_npage, UI_KEY_PGDN },
		{ key_btab, UI_KEY_BACKTAB }, { key_dc, UI_KEY_DELETE },
		{ key_enter, UI_KEY_ENTER },  { key_f1, UI_KEY_F1 },
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		ui_input_learn(&t->in, keys[i].seq, keys[i].key);
}

static void make_raw(struct curses_term *t)
{
	t->raw = t->saved;
	t->raw.c_iflag &= ~(tcflag_t)(ICRNL | INLCR | IGNCR | IXON | ISTRIP | BRKINT);
	t->raw.c_oflag &= ~(tcflag_t)OPOST;
	t->raw.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
	t->raw.c_cc[VMIN] = 1;
	t->raw.c_cc[VTIME] = 0;
	tcsetattr(t->fd, TCSADRAIN, &t->raw);
}

/* The text that restores the terminal, made beforehand for the signal handlers. */
static void enter_guard(struct curses_term *t)
{
	t->len = 0;
	out_cap(t, exit_attribute_mode);
	out_cap(t, cursor_normal);
	out_cap(t, keypad_local);
	if (t->mouse)
		out_bytes(t, mouse_off, sizeof(mouse_off) - 1);
	/* without a second screen the cursor stands anywhere: go below what is there */
	if (exit_ca_mode)
		out_cap(t, exit_ca_mode);
	else
		out_bytes(t, "\r\n", 2);
	ui_guard_enter(t->fd, &t->saved, t->out ? t->out : "", t->len);
	t->len = 0;
}

#define ANSWER_MS 150 /* a terminal that answers does so at once; a slow line's answer comes too late and is no key either */

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/*
 * Asks the terminal for its background, and then for what it is: nearly every terminal answers the second, so one that
 * doesn't know the first isn't waited for.  What was typed meanwhile, and the answers, go to the input, which knows them.
 */
static int ask_background(struct curses_term *t)
{
	static const char question[] = "\033]11;?\033\\\033[c";
	int64_t end = now_ms() + ANSWER_MS;
	char buf[512];
	size_t n = 0;

	out_bytes(t, question, sizeof(question) - 1);
	flush_out(t);
	while (n < sizeof(buf)) {
		struct pollfd p = { .fd = t->fd, .events = POLLIN };
		int64_t left = end - now_ms();
		const char *is;
		ssize_t got;

		if (left <= 0 || poll(&p, 1, (int)left) <= 0)
			break;
		got = read(t->fd, buf + n, sizeof(buf) - n);
		if (got <= 0)
			break;
		ui_input_feed(&t->in, buf + n, (size_t)got);
		n += (size_t)got;
		is = memmem(buf, n, "\033[?", 3);
		if (is && memchr(is, 'c', n - (size_t)(is - buf)))
			break;
	}
	return ui_theme_light_answer(buf, n);
}

/* Terminals that are known to print what they don't understand, or to have no background but a dark one, aren't asked. */
static bool is_light(struct curses_term *t, enum ui_background wanted)
{
	const char *term = getenv("TERM");
	int r = wanted == UI_BACKGROUND_AUTO ? ui_theme_light_env(getenv("COLORFGBG")) : wanted == UI_BACKGROUND_LIGHT;

	if (r < 0 && t->base.colour != UI_COLOUR_NONE && term && strcmp(term, "linux") != 0 && strncmp(term, "vt", 2) != 0)
		r = ask_background(t);
	return r == 1;
}

int ui_term_curses_open(const struct ui_options *opt, struct ui_term **ret, struct sg_err *err)
{
	struct curses_term *t;
	int fd, r;

	if (!isatty(STDOUT_FILENO))
		return sg_fail(err, SG_E_UNSUPPORTED,
			       "standard output is not a terminal: use 'stormglass report', "
			       "'state' or 'events' for text");
	fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		return sg_fail(err, SG_E_IO, "the terminal can't be opened: %s", strerror(errno));
	r = describe(fd, err);
	if (r < 0) {
		close(fd);
		return r;
	}
	t = calloc(1, sizeof(*t));
	if (!t || tcgetattr(fd, &t->saved) < 0) {
		r = t ? sg_fail(err, SG_E_UNSUPPORTED, "the terminal's modes can't be read: %s",
				strerror(errno))
		      : sg_fail(err, SG_E_NOMEM, "out of memory for the screen");
		del_curterm(cur_term);
		close(fd);
		free(t);
		return r;
	}
	t->base.ops = &curses_ops;
	t->fd = fd;
	t->base.colour = opt->colour != UI_COLOUR_AUTO
				 ? opt->colour
				 : ui_theme_auto(max_colors, getenv("NO_COLOR"),
						 getenv("COLORTERM"));
	t->skip_corner = auto_right_margin && !eat_newline_glitch;
	/* a terminal that names its mouse understands the modes that all of them have */
	t->mouse = !opt->no_mouse && key_mouse && key_mouse != (const char *)-1;
	learn_keys(t);
	make_raw(t);
	t->light = is_light(t, opt->background);
	enter_guard(t);
	take_screen(t);
	*ret = &t->base;
	return 0;
}
