// SPDX-License-Identifier: GPL-2.0-only
/* Runs the machine's C compiler over a policy. */
#include "cmd_plugin_cc.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd_install.h"
#include "sg_mem.h"

#define HEADER "stormglass/policy.h"
#define CC_SECONDS 60 /* of processor time, each of its processes */
#define WORDS_MOST 65536u /* bytes of what it says */
#define MOST_ARGS 48

static bool is_quiet;

void cmd_plugin_cc_quiet(bool quiet)
{
	is_quiet = quiet;
}

static bool has_header(const char *dir)
{
	char path[4200];

	snprintf(path, sizeof(path), "%s/" HEADER, dir);
	return access(path, R_OK) == 0;
}

int cmd_plugin_include(char *buf, size_t size, struct sg_err *err)
{
	const char *said = getenv("STORMGLASS_INCLUDE");
	char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	if (said && *said) {
		snprintf(buf, size, "%s", said);
		return has_header(buf) ? 0 : sg_fail(err, SG_E_USAGE, "STORMGLASS_INCLUDE=%.200s: there is no " HEADER, said);
	}
	if (n > 0) { /* PREFIX/bin/stormglass and PREFIX/include, or both in a build tree */
		exe[n] = 0;
		snprintf(buf, size, "%s/../include", dirname(exe));
		if (has_header(buf))
			return 0;
	}
	snprintf(buf, size, "%s", SG_INCLUDE_DIR);
	return has_header(buf) ? 0 : sg_fail(err, SG_E_IO, "the header " HEADER " isn't installed: neither in %.200s nor beside the program; "
					     "STORMGLASS_INCLUDE names another folder", buf);
}

/* Blanks part the words of @text, which is written to. */
static int words(char *text, char **arg, int nr)
{
	for (char *save = NULL, *w = strtok_r(text, " \t", &save); w && nr < MOST_ARGS / 2; w = strtok_r(NULL, " \t", &save))
		arg[nr++] = w;
	return nr;
}

static _Noreturn void compile(const char *path, const char *so, const char *include, char *cc, int said)
{
	struct rlimit cpu = { CC_SECONDS, CC_SECONDS };
	char *arg[MOST_ARGS] = { NULL }, full[4200], option[4200];
	static const char *const fixed[] = { "-shared", "-fPIC", "-O2", "-g", "-Wall", "-Wextra", "-Wno-unused-parameter" };
	int nr = words(cc, arg, 0);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setrlimit(RLIMIT_CPU, &cpu);
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		arg[nr++] = (char *)(uintptr_t)fixed[i];
	snprintf(option, sizeof(option), "-I%s", include);
	/* a name that begins with - is no option */
	snprintf(full, sizeof(full), "%s%s", path[0] == '-' ? "./" : "", path);
	arg[nr++] = option;
	arg[nr++] = (char *)(uintptr_t)"-o";
	arg[nr++] = (char *)(uintptr_t)so;
	arg[nr++] = full;
	dup2(said, STDOUT_FILENO);
	dup2(said, STDERR_FILENO);
	execvp(arg[0], arg);
	_exit(errno == ENOENT ? 127 : 126);
}

/* What it said, to be freed; NULL when that was nothing. */
static char *said_in(int fd)
{
	char *text = malloc(WORDS_MOST);
	ssize_t n = text ? pread(fd, text, WORDS_MOST - 1, 0) : -1;

	if (n <= 0) {
		free(text);
		return NULL;
	}
	text[n] = 0;
	return text;
}

static void show(const char *path, const char *head, const char *text)
{
	if (is_quiet || !text)
		return;
	fprintf(stderr, "stormglass: %s %s\n%s", path, head, text);
	if (text[strlen(text) - 1] != '\n')
		fputc('\n', stderr);
}

/* The first line that has an error, without what a terminal would do with it. */
static void first_error(const char *text, char *buf, size_t size)
{
	const char *at = text ? strstr(text, "error:") : NULL;
	size_t n;

	buf[0] = 0;
	if (!at)
		return;
	while (at > text && at[-1] != '\n')
		at--;
	n = strcspn(at, "\n");
	sg_clean(buf, size, at, n);
}

static int judge(const char *path, const char *cc, int status, const char *text, struct sg_err *err)
{
	char line[200], how[80];

	if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
		show(path, "has warnings:", text);
		return 0;
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return sg_fail(err, SG_E_UNSUPPORTED, "%s can't be compiled here: there is no compiler '%s'; CC names another one, and a "
			       "policy compiled elsewhere is taken as a .so", path, cc);
	show(path, "can't be compiled:", text);
	first_error(text, line, sizeof(line));
	snprintf(how, sizeof(how), WIFSIGNALED(status) ? "ended by signal %d" : "exit code %d",
		 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	return line[0] ? sg_fail(err, SG_E_USAGE, "%s can't be compiled: %s", path, line) :
			 sg_fail(err, SG_E_USAGE, "%s can't be compiled: %s: %s", path, cc, how);
}

static int run_cc(const char *path, const char *so, int said, struct sg_err *err)
{
	const char *chosen = getenv("CC");
	char include[4150], *cc = sg_strdup(chosen && chosen[strspn(chosen, " \t")] ? chosen : "cc"), *name = cc ? sg_strdup(cc) : NULL;
	int r = cmd_plugin_include(include, sizeof(include), err), status = 0;
	char *text;
	pid_t pid;

	if (r == 0 && !name)
		r = sg_fail(err, SG_E_NOMEM, "out of memory");
	if (r == 0) {
		fflush(NULL);
		pid = fork();
		if (pid == 0)
			compile(path, so, include, cc, said);
		if (pid < 0)
			r = sg_fail(err, SG_E_NOMEM, "%s: no process to compile it: %s", path, strerror(errno));
		while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	if (r == 0) {
		text = said_in(said);
		r = judge(path, name, status, text, err);
		free(text);
	}
	free(cc);
	free(name);
	return r;
}

int cmd_plugin_cc(const char *path, struct sg_err *err)
{
	const char *tmp = getenv("TMPDIR");
	char *dir = sg_printf("%s/stormglass-XXXXXX", tmp && *tmp ? tmp : "/tmp"), *so = NULL, *log = NULL;
	int said = -1, fd = -1, r = 0;

	if (!dir || !mkdtemp(dir)) {
		r = sg_fail(err, SG_E_IO, "%s: no place to compile it: %s: %s", path, dir ? dir : "", strerror(errno));
		free(dir);
		return r;
	}
	so = sg_printf("%s/policy.so", dir);
	log = sg_printf("%s/said", dir);
	if (so && log)
		said = open(log, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (said < 0)
		r = sg_fail(err, SG_E_IO, "%s: %s", dir, strerror(errno));
	if (r == 0)
		r = run_cc(path, so, said, err);
	if (r == 0) {
		fd = open(so, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			r = sg_fail(err, SG_E_IO, "%s: the compiler made no shared object: %s", path, strerror(errno));
	}
	if (said >= 0)
		close(said);
	if (so)
		unlink(so);
	if (log)
		unlink(log);
	rmdir(dir);
	free(so);
	free(log);
	free(dir);
	return r < 0 ? r : fd;
}
