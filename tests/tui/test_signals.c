// SPDX-License-Identifier: GPL-2.0-only
/* However the program ends or stops, the terminal is left as it was. */
#include "test.h"

#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vt.h"

#define ARGS(...)                                                                                  \
	(const char *const[])                                                                      \
	{                                                                                          \
		UI_APP, __VA_ARGS__, NULL                                                          \
	}

static void terminal_is_sane(struct vt *t)
{
	struct termios now;

	assert_int_equal(tcgetattr(t->slave, &now), 0);
	assert_int_equal(now.c_iflag, t->before.c_iflag);
	assert_int_equal(now.c_oflag, t->before.c_oflag);
	assert_int_equal(now.c_lflag, t->before.c_lflag);
	assert_memory_equal(now.c_cc, t->before.c_cc, sizeof(now.c_cc));
	assert_false(t->alt);
	assert_false(t->mouse);
	assert_true(t->cursor_visible);
}

static void killed_by(int sig, const char *message)
{
	struct vt t;
	struct termios now;
	int status;

	vt_start(&t, 24, 80, ARGS("--at=event:310"), NULL);
	vt_wait(&t, "event 310/424");
	assert_true(t.alt);
	assert_true(t.mouse);
	assert_int_equal(tcgetattr(t.slave, &now), 0);
	assert_false(now.c_lflag & ICANON);
	kill(t.pid, sig);
	status = vt_wait_end(&t);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), sig);
	terminal_is_sane(&t);
	if (!vt_shows(&t, message))
		fail_msg("no '%s' on the screen:\n%s", message, vt_text(&t));
	vt_stop(&t);
}

static void deadly(void **state)
{
	(void)state;
	killed_by(SIGTERM, "stormglass: ended by SIGTERM at event 310 of hand-made");
	killed_by(SIGHUP, "ended by SIGHUP");
	killed_by(SIGINT, "ended by SIGINT");
	killed_by(SIGQUIT, "ended by SIGQUIT");
	killed_by(SIGSEGV, "stormglass: crashed by SIGSEGV at event 310 of hand-made");
	killed_by(SIGABRT, "crashed by SIGABRT");
	killed_by(SIGBUS, "crashed by SIGBUS");
	killed_by(SIGFPE, "crashed by SIGFPE");
}

static void crash(void **state)
{
	struct vt t;
	int status;

	(void)state;
	vt_start(&t, 24, 80, ARGS("--crash"), NULL);
	status = vt_wait_end(&t);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSEGV);
	terminal_is_sane(&t);
	assert_true(vt_shows(&t, "crashed by SIGSEGV"));
	vt_stop(&t);
}

static void suspend_with(const char *key, bool by_signal)
{
	struct vt t;
	pid_t job;
	int status;

	vt_start_job(&t, 24, 80, ARGS("--color=truecolor", "--at=event:310"), NULL);
	vt_wait(&t, "event 310/424");
	vt_type(&t, ".");
	vt_golden(&t, "80x24-compaction", "event 310/424");
	if (by_signal) {
		job = tcgetpgrp(t.master); /* of its other end */
		assert_true(job > 0);
		kill(job, SIGTSTP);
	} else {
		vt_type(&t, key);
	}
	vt_wait_stop(&t);
	terminal_is_sane(&t);
	/* somebody else uses the terminal, and it has another size afterwards and back again */
	vterm_input_write(t.vterm, "$ other output\r\n", 16);
	vt_continue(&t);
	vt_golden(&t, "80x24-compaction", "event 310/424");
	assert_true(t.alt);
	vt_type(&t, "l");
	vt_wait(&t, "event 311/424");
	vt_type(&t, "q");
	status = vt_wait_end(&t);
	assert_int_equal(status, 0);
	terminal_is_sane(&t);
	vt_stop(&t);
}

/* The mouse steps and selects, unless it is left to the terminal. */
static void mouse(void **state)
{
	struct vt t;

	(void)state;
	vt_start(&t, 24, 80, ARGS("--at=event:310"), NULL);
	vt_wait(&t, "event 310/424");
	vt_type(&t, "\033[<65;5;5M\033[<65;5;5M");
	vt_wait(&t, "event 312/424");
	vt_type(&t, "\033[<0;10;5M\033[<0;10;5m");
	vt_wait(&t, "block 21: "); /* second row of the map, third cell: 8 + 11 + 2 */
	vt_type(&t, "q");
	assert_int_equal(vt_wait_end(&t), 0);
	terminal_is_sane(&t);
	vt_stop(&t);
	vt_start(&t, 24, 80, ARGS("--no-mouse"), NULL);
	vt_wait(&t, "event 0/424");
	assert_false(t.mouse);
	vt_type(&t, "q");
	assert_int_equal(vt_wait_end(&t), 0);
	vt_stop(&t);
	/* a terminal that has none isn't told about it */
	vt_start(&t, 24, 80, ARGS("--color=8"), (const char *const[]){ "TERM=vt220", NULL });
	vt_wait(&t, "event 0/424");
	assert_null(strstr(t.raw, "1000h"));
	vt_type(&t, "q");
	assert_int_equal(vt_wait_end(&t), 0);
	vt_stop(&t);
}

static void suspend(void **state)
{
	(void)state;
	suspend_with("\032", false);
	suspend_with(NULL, true);
}

/* Stopped from outside, without a chance to restore anything: it comes back all the same. */
static void stopped(void **state)
{
	struct vt t;

	(void)state;
	vt_start(&t, 24, 80, ARGS("--color=truecolor", "--at=end"), NULL);
	vt_golden(&t, "80x24-end", "event 424/424");
	kill(t.pid, SIGSTOP);
	waitpid(t.pid, NULL, WUNTRACED);
	assert_int_equal(tcsetattr(t.slave, TCSANOW, &t.before), 0);
	vterm_input_write(t.vterm, "\033[2J\033[Hgarbage", 14);
	kill(t.pid, SIGCONT);
	vt_golden(&t, "80x24-end", "event 424/424");
	vt_type(&t, "q");
	assert_int_equal(vt_wait_end(&t), 0);
	vt_stop(&t);
}

static void hangup(void **state)
{
	struct vt t;
	int status, fd;

	(void)state;
	vt_start(&t, 24, 80, ARGS("--at=end"), NULL);
	vt_wait(&t, "event 424/424");
	/* the terminal goes away */
	fd = open("/dev/null", O_RDWR);
	dup2(fd, t.slave);
	dup2(fd, t.master);
	close(fd);
	for (int i = 0; i < 3000 && waitpid(t.pid, &status, WNOHANG) == 0; i++)
		usleep(10000);
	assert_int_equal(kill(t.pid, 0), -1);
	t.pid = 0;
	vt_stop(&t);
}

/* What libraries print while the screen is up comes afterwards, as text. */
static void chatter(void **state)
{
	struct vt t;

	(void)state;
	vt_start(&t, 24, 80, ARGS("--color=truecolor", "--chatter", "--at=end"), NULL);
	vt_golden(&t, "80x24-end", "event 424/424");
	vt_type(&t, "q");
	assert_int_equal(vt_wait_end(&t), 0);
	terminal_is_sane(&t);
	assert_true(vt_shows(&t, "chatter on stdout"));
	assert_true(vt_shows(&t, "chatter on stderr ?[2J"));
	assert_true(vt_shows(&t, "and ? ?5m "));
	assert_true(vt_shows(&t, "?5m caf\xc3\xa9 \xe2\x86\x90"));
	vt_stop(&t);
}

static void refuses(const char *env, const char *message)
{
	struct vt t;
	int status;

	vt_start(&t, 24, 100, ARGS("--color=auto"), (const char *const[]){ env, NULL });
	status = vt_wait_end(&t);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
	if (!vt_shows(&t, message))
		fail_msg("no '%s' but\n%s", message, vt_text(&t));
	terminal_is_sane(&t);
	vt_stop(&t);
}

static void refused(void **state)
{
	(void)state;
	refuses("TERM=", "TERM is not set");
	refuses("TERM=no-such-terminal",
		"terminal type 'no-such-terminal' (TERM) is not known here");
	refuses("TERM=dumb", "terminal type 'dumb' (TERM) can't move its cursor");
}

static void no_terminal(void **state)
{
	char line[512] = "";
	FILE *f = popen(UI_APP " 2>&1 </dev/null", "r");

	(void)state;
	assert_non_null(f);
	assert_non_null(fgets(line, sizeof(line), f));
	assert_non_null(strstr(line, "standard output is not a terminal"));
	assert_int_equal(WEXITSTATUS(pclose(f)), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(deadly),  cmocka_unit_test(crash),       cmocka_unit_test(mouse),       cmocka_unit_test(suspend),
		cmocka_unit_test(stopped), cmocka_unit_test(hangup),      cmocka_unit_test(chatter),
		cmocka_unit_test(refused), cmocka_unit_test(no_terminal),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
