// SPDX-License-Identifier: GPL-2.0-only
/* Pseudo terminal and emulator, see vt.h. */
#include "vt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <utmp.h>

#include <cmocka.h>

#include "ui_grid.h"

#define DEADLINE_MS 30000

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int on_prop(VTermProp prop, VTermValue *val, void *user)
{
	struct vt *t = user;

	if (prop == VTERM_PROP_ALTSCREEN)
		t->alt = val->boolean;
	if (prop == VTERM_PROP_MOUSE)
		t->mouse = val->number != VTERM_PROP_MOUSE_NONE;
	if (prop == VTERM_PROP_CURSORVISIBLE)
		t->cursor_visible = val->boolean;
	return 1;
}

static const VTermScreenCallbacks callbacks = { .settermprop = on_prop };

static void make_terminal(struct vt *t, int rows, int cols)
{
	struct winsize ws = { .ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols };

	*t = (struct vt){ .rows = rows, .cols = cols, .control = -1 };
	assert_int_equal(openpty(&t->master, &t->slave, NULL, NULL, &ws), 0);
	fcntl(t->master, F_SETFD, FD_CLOEXEC);
	assert_int_equal(tcgetattr(t->slave, &t->before), 0);
	t->vterm = vterm_new(rows, cols);
	assert_non_null(t->vterm);
	vterm_set_utf8(t->vterm, 1);
	t->screen = vterm_obtain_screen(t->vterm);
	vterm_screen_enable_altscreen(t->screen, 1);
	vterm_screen_set_callbacks(t->screen, &callbacks, t);
	vterm_screen_reset(t->screen, 1);
	t->cursor_visible = true;
}

/* A clean environment: size, locale, colours and home of whoever runs the tests must not matter. */
static void exec_program(const char *const argv[], const char *const env[])
{
	const char *keep = getenv("ASAN_OPTIONS"), *ubsan = getenv("UBSAN_OPTIONS");
	char asan[400];

	/* what a sanitizer says must come through: abort prints it after the screen */
	snprintf(asan, sizeof(asan), "%s%sabort_on_error=1:handle_segv=0:detect_leaks=1",
		 keep ? keep : "", keep ? ":" : "");
	if (ubsan)
		ubsan = strdup(ubsan);
	clearenv();
	setenv("PATH", "/usr/bin:/bin", 1);
	setenv("TERM", "xterm-256color", 1);
	setenv("LANG", "C.UTF-8", 1);
	setenv("ASAN_OPTIONS", asan, 1);
	if (ubsan)
		setenv("UBSAN_OPTIONS", ubsan, 1);
	for (; env && *env; env++) {
		char *s = strdup(*env), *eq = s ? strchr(s, '=') : NULL;

		if (eq) {
			*eq = '\0';
			if (eq[1])
				setenv(s, eq + 1, 1);
			else
				unsetenv(s);
		}
	}
	/* a test run in the background or under nohup hands down signals that are ignored */
	for (int sig = 1; sig < NSIG; sig++)
		if (sig != SIGKILL && sig != SIGSTOP)
			signal(sig, SIG_DFL);
	execv(argv[0], (char *const *)argv);
	_exit(127);
}

void vt_start(struct vt *t, int rows, int cols, const char *const argv[], const char *const env[])
{
	make_terminal(t, rows, cols);
	t->pid = fork();
	assert_true(t->pid >= 0);
	if (t->pid == 0) {
		login_tty(t->slave);
		exec_program(argv, env);
	}
}

/* The little shell: runs the program as a foreground job and tells how it fares. */
static void job_shell(int tty, int control, const char *const argv[], const char *const env[])
{
	int status = 0;
	char c;
	pid_t job;

	login_tty(tty);
	signal(SIGTTOU, SIG_IGN);
	job = fork();
	if (job == 0) {
		setpgid(0, 0);
		tcsetpgrp(STDIN_FILENO, getpid());
		signal(SIGTTOU, SIG_DFL);
		close(control);
		exec_program(argv, env);
	}
	setpgid(job, job);
	for (;;) {
		if (waitpid(job, &status, WUNTRACED) < 0)
			_exit(126);
		if (!WIFSTOPPED(status))
			break;
		tcsetpgrp(STDIN_FILENO, getpgrp());
		if (write(control, "s", 1) != 1 || read(control, &c, 1) != 1)
			_exit(125);
		tcsetpgrp(STDIN_FILENO, job);
		kill(-job, SIGCONT);
	}
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

void vt_start_job(struct vt *t, int rows, int cols, const char *const argv[],
		  const char *const env[])
{
	int pair[2];

	make_terminal(t, rows, cols);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	t->pid = fork();
	assert_true(t->pid >= 0);
	if (t->pid == 0)
		job_shell(t->slave, pair[1], argv, env);
	close(pair[1]);
	t->control = pair[0];
}

/* Reads what there is; false when nothing came within @ms. */
static bool pump(struct vt *t, int ms)
{
	struct pollfd p = { .fd = t->master, .events = POLLIN };
	char buf[8192];
	ssize_t n;

	if (poll(&p, 1, ms) <= 0)
		return false;
	n = read(t->master, buf, sizeof(buf));
	if (n <= 0)
		return false;
	vterm_input_write(t->vterm, buf, (size_t)n);
	t->raw = realloc(t->raw, t->raw_len + (size_t)n + 1);
	assert_non_null(t->raw);
	memcpy(t->raw + t->raw_len, buf, (size_t)n);
	t->raw_len += (size_t)n;
	t->raw[t->raw_len] = '\0';
	return true;
}

void vt_wait_stop(struct vt *t)
{
	int64_t end = now_ms() + DEADLINE_MS;
	struct pollfd p = { .fd = t->control, .events = POLLIN };
	char c;

	while (poll(&p, 1, 0) == 0) {
		assert_true(now_ms() < end);
		pump(t, 20);
	}
	assert_int_equal(read(t->control, &c, 1), 1);
	while (pump(t, 0))
		;
}

void vt_continue(struct vt *t)
{
	assert_int_equal(write(t->control, "c", 1), 1);
}

int vt_wait_end(struct vt *t)
{
	int64_t end = now_ms() + DEADLINE_MS;
	int status = 0;

	while (waitpid(t->pid, &status, WNOHANG) == 0) {
		pump(t, 20);
		if (now_ms() >= end)
			fail_msg("the program does not end; the screen:\n%s", vt_text(t));
	}
	t->pid = 0;
	while (pump(t, 0))
		;
	return status;
}

void vt_stop(struct vt *t)
{
	if (t->pid > 0) {
		kill(t->pid, SIGKILL);
		waitpid(t->pid, NULL, 0);
	}
	if (t->control >= 0)
		close(t->control);
	close(t->master);
	close(t->slave);
	vterm_free(t->vterm);
	free(t->raw);
	*t = (struct vt){ 0 };
}

void vt_type(struct vt *t, const char *keys)
{
	size_t n = strlen(keys);

	assert_int_equal(write(t->master, keys, n), (ssize_t)n);
}

void vt_resize(struct vt *t, int rows, int cols)
{
	struct winsize ws = { .ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols };

	t->rows = rows;
	t->cols = cols;
	vterm_set_size(t->vterm, rows, cols);
	assert_int_equal(ioctl(t->master, TIOCSWINSZ, &ws), 0); /* the kernel sends SIGWINCH */
}

static bool is_colour(const VTermColor *c, int32_t rgb, int c256, int c8)
{
	if (VTERM_COLOR_IS_RGB(c))
		return rgb == (c->rgb.red << 16 | c->rgb.green << 8 | c->rgb.blue);
	return c->indexed.idx == c256 || c->indexed.idx == c8;
}

/*
 * A letter for how a cell looks: the first role with its colour, '.' for the
 * terminal's own.  On a background it is the upper-case letter of that one.
 */
static char look_of(const VTermScreenCell *cell)
{
	static const struct {
		int32_t rgb;
		int c256, c8;
	} roles[] = {
#define X(id, rgb, c256, c8, lrgb, l256, l8, attr, mono) { rgb, c256, c8 },
		UI_ROLE_LIST(X)
#undef X
	};
	bool back = !VTERM_COLOR_IS_DEFAULT_BG(&cell->bg);
	const VTermColor *c = back ? &cell->bg : &cell->fg;

	if (back || !VTERM_COLOR_IS_DEFAULT_FG(&cell->fg))
		for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
			if (is_colour(c, roles[i].rgb, roles[i].c256, roles[i].c8))
				return (char)((back ? 'A' : 'a') + i);
	if (cell->attrs.reverse)
		return '!';
	if (cell->attrs.underline)
		return '_';
	return cell->attrs.bold ? '*' : '.';
}

const char *vt_text(struct vt *t)
{
	static char buf[512 * 1024];
	size_t n = 0;

	for (int part = 0; part < 2; part++) {
		for (int row = 0; row < t->rows; row++) {
			for (int col = 0; col < t->cols; col++) {
				VTermScreenCell cell;

				vterm_screen_get_cell(t->screen, (VTermPos){ row, col }, &cell);
				if (cell.chars[0] ==
				    UINT32_MAX) /* right half of a wide character */
					continue;
				assert_true(n + 16 < sizeof(buf));
				if (part == 0)
					n += (size_t)ui_utf8_put(
						buf + n, cell.chars[0] ? cell.chars[0] : ' ');
				else
					buf[n++] = cell.chars[0] == 0 || cell.chars[0] == ' '
							   ? (VTERM_COLOR_IS_DEFAULT_BG(&cell.bg)
								      ? ' '
								      : look_of(&cell))
							   : look_of(&cell);
			}
			n += (size_t)snprintf(buf + n, sizeof(buf) - n, "|\n");
		}
	}
	return buf;
}

bool vt_shows(struct vt *t, const char *text)
{
	return strstr(vt_text(t), text) != NULL;
}

void vt_wait(struct vt *t, const char *text)
{
	int64_t end = now_ms() + DEADLINE_MS;

	while (!vt_shows(t, text)) {
		pump(t, 50);
		if (now_ms() >= end)
			fail_msg("'%s' does not come; the screen:\n%s", text, vt_text(t));
	}
}

static char *read_file(const char *path)
{
	static char buf[512 * 1024];
	FILE *f = fopen(path, "r");
	size_t n;

	if (!f)
		return NULL;
	n = fread(buf, 1, sizeof(buf) - 1, f);
	fclose(f);
	buf[n] = '\0';
	return buf;
}

void vt_golden(struct vt *t, const char *name, const char *text)
{
	int64_t end = now_ms() + DEADLINE_MS;
	const char *want;
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s.screen", GOLDEN_DIR, name);
	vt_wait(t, text);
	if (getenv("UPDATE_GOLDEN")) {
		while (pump(t, 700))
			;
		f = fopen(path, "w");
		assert_non_null(f);
		fputs(vt_text(t), f);
		fclose(f);
		return;
	}
	want = read_file(path);
	if (!want)
		fail_msg("%s is missing: run the test with UPDATE_GOLDEN=1 and look at what it "
			 "writes",
			 path);
	while (strcmp(want, vt_text(t)) != 0) {
		pump(t, 50);
		if (now_ms() >= end)
			fail_msg("the screen is not %s, but:\n%s\n(UPDATE_GOLDEN=1 rewrites the "
				 "files)",
				 path, vt_text(t));
	}
}
