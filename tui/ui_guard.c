// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signals and the descriptors 1 and 2.  The handler of a deadly signal uses only
 * what POSIX allows in one: write, pread, dup2, tcsetattr, signal, raise.
 */
#include "ui_guard.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sg_err.h"

static const int deadly[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGSEGV, SIGABRT, SIGBUS, SIGFPE,
			      SIGILL, SIGSYS, SIGTRAP, SIGXCPU, SIGALRM, SIGUSR1, SIGUSR2 };
#define NR_DEADLY (sizeof(deadly) / sizeof(deadly[0]))
#define NR_NEWS   3
static const int news[NR_NEWS] = { SIGWINCH, SIGCONT, SIGTSTP };

static struct {
	bool active;
	volatile sig_atomic_t on_screen; /* the terminal is ours now */
	int tty;
	struct termios saved, ours;
	char restore[256];
	size_t restore_len;
	int caught; /* memory file that descriptors 1 and 2 point to, -1 when they don't */
	int old_out, old_err;
	int wake[2];
	volatile sig_atomic_t resized, resumed, stop;
	volatile sig_atomic_t defer, waiting; /* waiting: the signal that ends us as soon as we are ready */
	char where[256];
	struct sigaction old_deadly[NR_DEADLY], old_news[NR_NEWS];
	struct sigaction old_pipe;
	stack_t old_stack;
	char *stack;
} guard = { .tty = -1, .caught = -1, .old_out = -1, .old_err = -1, .wake = { -1, -1 } };

static void write_all(int fd, const char *s, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, s, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		s += n;
		len -= (size_t)n;
	}
}

static void give_back_terminal(void)
{
	if (!guard.on_screen)
		return;
	guard.on_screen = 0;
	write_all(guard.tty, guard.restore, guard.restore_len);
	tcsetattr(guard.tty, TCSADRAIN, &guard.saved);
}

/*
 * Would a terminal act on @c, which stands behind @before?  Bytes of 0x80 to 0x9f are control characters on their own and
 * behind 0xc2, and parts of other characters else.
 */
static bool steers(unsigned char c, unsigned char before)
{
	if (c < 0x20)
		return c != '\n' && c != '\t';
	return c == 0x7f || (c >= 0x80 && c < 0xa0 && (before < 0x80 || before == 0xc2));
}

/* Descriptors 1 and 2 as they were; what was caught goes to 2, without control characters. */
static void give_back_output(void)
{
	unsigned char before = 0;
	char buf[512];
	off_t at = 0;
	ssize_t n;

	if (guard.caught < 0)
		return;
	dup2(guard.old_out, STDOUT_FILENO);
	dup2(guard.old_err, STDERR_FILENO);
	while ((n = pread(guard.caught, buf, sizeof(buf), at)) > 0) {
		for (ssize_t i = 0; i < n; i++) {
			unsigned char c = (unsigned char)buf[i];

			if (steers(c, before))
				buf[i] = '?';
			before = c;
		}
		write_all(STDERR_FILENO, buf, (size_t)n);
		at += n;
	}
	close(guard.caught);
	close(guard.old_out);
	close(guard.old_err);
	guard.caught = guard.old_out = guard.old_err = -1;
}

static const char *signal_name(int sig)
{
	static const struct {
		int sig;
		const char *name;
	} names[] = { { SIGHUP, "SIGHUP" },   { SIGINT, "SIGINT" },   { SIGQUIT, "SIGQUIT" },
		      { SIGTERM, "SIGTERM" }, { SIGSEGV, "SIGSEGV" }, { SIGABRT, "SIGABRT" },
		      { SIGBUS, "SIGBUS" },   { SIGFPE, "SIGFPE" },   { SIGILL, "SIGILL" } };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].sig == sig)
			return names[i].name;
	return "a signal";
}

static void say(const char *s)
{
	write_all(STDERR_FILENO, s, strlen(s));
}

/* Restores all, says why, and dies. */
static void die(int sig)
{
	bool crash = sig == SIGSEGV || sig == SIGABRT || sig == SIGBUS || sig == SIGFPE ||
		     sig == SIGILL || sig == SIGSYS || sig == SIGTRAP;
	sigset_t set;

	give_back_terminal();
	give_back_output();
	say(crash ? "stormglass: crashed by " : "stormglass: ended by ");
	say(signal_name(sig));
	if (guard.where[0]) {
		say(" ");
		say(guard.where);
	}
	say(crash ? "; please report this line with what you did\n" : "\n");
	signal(sig, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, sig);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	raise(sig);
	_exit(128 + sig);
}

#define PATIENCE 10 /* seconds to complete what is being written */

static void on_deadly(int sig)
{
	int saved_errno = errno;
	bool asks = sig == SIGTERM || sig == SIGHUP || sig == SIGINT || sig == SIGQUIT;
	ssize_t n;

	if (guard.waiting && (asks || sig == SIGALRM))
		die(guard.waiting);
	if (!guard.defer || !asks)
		die(sig);
	guard.waiting = sig;
	alarm(PATIENCE);
	n = write(guard.wake[1], "", 1);
	(void)n;
	errno = saved_errno;
}

void ui_guard_defer(bool on)
{
	guard.defer = on;
}

void ui_guard_end(void)
{
	if (guard.waiting)
		die(guard.waiting);
}

static void on_news(int sig)
{
	int saved_errno = errno;
	ssize_t n;

	if (sig == SIGWINCH)
		guard.resized = 1;
	else if (sig == SIGCONT)
		guard.resumed = 1;
	else
		guard.stop = 1;
	n = write(guard.wake[1], "", 1); /* a full pipe has woken the reader already */
	(void)n;
	errno = saved_errno;
}

static void catch_output(void)
{
	int fd = memfd_create("stormglass-output", MFD_CLOEXEC);

	if (fd < 0)
		return;
	guard.old_out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	guard.old_err = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	if (guard.old_out < 0 || guard.old_err < 0) {
		close(fd);
		return;
	}
	/* appended, so that both descriptors write behind each other */
	fcntl(fd, F_SETFL, O_APPEND);
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	guard.caught = fd;
}

static void handle_signals(void)
{
	struct sigaction sa = { .sa_handler = on_deadly, .sa_flags = SA_ONSTACK };
	size_t size = 64 * 1024;

	guard.stack = malloc(size);
	if (guard.stack) {
		stack_t st = { .ss_sp = guard.stack, .ss_size = size };

		sigaltstack(&st, &guard.old_stack);
	}
	sigfillset(&sa.sa_mask);
	for (size_t i = 0; i < NR_DEADLY; i++) {
		sigaction(deadly[i], NULL, &guard.old_deadly[i]);
		/* nohup and the like chose to ignore it: leave that */
		if (guard.old_deadly[i].sa_handler != SIG_IGN)
			sigaction(deadly[i], &sa, NULL);
	}
	sa.sa_handler = on_news;
	sa.sa_flags = SA_RESTART;
	sigemptyset(&sa.sa_mask);
	for (size_t i = 0; i < NR_NEWS; i++)
		sigaction(news[i], &sa, &guard.old_news[i]);
	sa.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &sa, &guard.old_pipe);
}

void ui_guard_enter(int fd, const struct termios *saved, const char *restore, size_t len)
{
	static bool registered;

	/* a library that calls exit() must not leave the screen behind either */
	if (!registered)
		registered = atexit(ui_guard_leave) == 0;
	guard.tty = fd;
	guard.saved = *saved;
	tcgetattr(fd, &guard.ours);
	guard.restore_len = len < sizeof(guard.restore) ? len : sizeof(guard.restore);
	memcpy(guard.restore, restore, guard.restore_len);
	guard.where[0] = '\0';
	guard.resized = guard.resumed = guard.stop = guard.defer = guard.waiting = 0;
	if (pipe2(guard.wake, O_CLOEXEC | O_NONBLOCK) < 0)
		guard.wake[0] = guard.wake[1] = -1;
	guard.on_screen = 1;
	guard.active = true;
	handle_signals();
	catch_output();
}

void ui_guard_leave(void)
{
	if (!guard.active)
		return;
	give_back_terminal();
	for (size_t i = 0; i < NR_DEADLY; i++)
		sigaction(deadly[i], &guard.old_deadly[i], NULL);
	for (size_t i = 0; i < NR_NEWS; i++)
		sigaction(news[i], &guard.old_news[i], NULL);
	sigaction(SIGPIPE, &guard.old_pipe, NULL);
	if (guard.stack)
		sigaltstack(&guard.old_stack, NULL);
	free(guard.stack);
	guard.stack = NULL;
	give_back_output();
	for (int i = 0; i < 2; i++) {
		if (guard.wake[i] >= 0)
			close(guard.wake[i]);
		guard.wake[i] = -1;
	}
	guard.active = false;
}

void ui_guard_pause(void)
{
	tcgetattr(guard.tty, &guard.ours);
	give_back_terminal();
}

void ui_guard_resume(void)
{
	/* the shell may have left other modes: take them as those to go back to */
	tcgetattr(guard.tty, &guard.saved);
	tcsetattr(guard.tty, TCSADRAIN, &guard.ours);
	guard.on_screen = 1;
}

void ui_guard_where(const char *text)
{
	sg_clean(guard.where, sizeof(guard.where), text, strlen(text));
}

int ui_guard_fd(void)
{
	return guard.wake[0];
}

bool ui_guard_take(bool *ret_resized, bool *ret_resumed, bool *ret_stop)
{
	char buf[64];

	while (read(guard.wake[0], buf, sizeof(buf)) > 0)
		;
	*ret_resized = guard.resized;
	*ret_resumed = guard.resumed;
	*ret_stop = guard.stop;
	guard.resized = guard.resumed = guard.stop = 0;
	return guard.waiting != 0;
}
