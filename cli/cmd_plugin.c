// SPDX-License-Identifier: GPL-2.0-only
/* Policies out of files: found in a text, looked at in a process of their own, filled in where a run is made. */
#include "cmd_plugin.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cmd_plugin_cc.h"
#include "sg_mem.h"

#define PROBE_MS 10000 /* to load it and look at it */
#define OBJECT_MOST (UINT64_C(256) << 20) /* bytes of a shared object */

/* A file that was named, as it was then. */
struct plugin {
	struct plugin *next;
	char *path;
	struct stat st;
	int fd;       /* the shared object, in memory: the file may change or go away */
	char name[41];
	struct mm_hooks hooks; /* see the header */
};

static struct plugin *plugins; /* of this program, the newest first */

/* ---- looked at ------------------------------------------------------------------ */

/* What another process found. */
struct probe {
	int32_t code;
	uint32_t state_size;
	char name[41];
	char text[sizeof(((struct sg_err *)0)->text)];
};

/* Into this process.  Return: its policy, or NULL and the sentence without the file's name */
static const struct mm_hooks *load(int fd, struct sg_err *err)
{
	struct mm_policy none = { 0 };
	const struct mm_hooks *h;
	char self[64];
	void *so;

	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	so = dlopen(self, RTLD_NOW | RTLD_LOCAL);
	if (!so) {
		const char *why = dlerror(), *rest = why ? strstr(why, ": ") : NULL;

		sg_fail(err, SG_E_UNSUPPORTED, "it can't be loaded: %.300s",
			rest && strncmp(why, self, strlen(self)) == 0 ? rest + 2 : why ? why : "?");
		return NULL;
	}
	h = dlsym(so, CMD_PLUGIN_SYMBOL);
	if (!h) {
		sg_fail(err, SG_E_UNSUPPORTED, "it has no policy: that is a symbol 'const struct mm_hooks %s'", CMD_PLUGIN_SYMBOL);
		return NULL;
	}
	return mm_policy_add(&none, h, err) < 0 ? NULL : h;
}

static _Noreturn void probe(int fd, int to)
{
	struct rlimit cpu = { PROBE_MS / 1000, PROBE_MS / 1000 }, core = { 0, 0 };
	struct probe p = { 0 };
	struct sg_err err = { 0 };
	const struct mm_hooks *h;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setrlimit(RLIMIT_CPU, &cpu);
	setrlimit(RLIMIT_CORE, &core);
	for (int sig = 1; sig < NSIG; sig++)
		if (sig == SIGSEGV || sig == SIGBUS || sig == SIGFPE || sig == SIGILL || sig == SIGABRT)
			signal(sig, SIG_DFL);
	h = load(fd, &err);
	if (h) {
		p.state_size = h->state_size;
		snprintf(p.name, sizeof(p.name), "%s", h->name);
	} else {
		p.code = err.code;
		snprintf(p.text, sizeof(p.text), "%s", err.text);
	}
	_exit(write(to, &p, sizeof(p)) == (ssize_t)sizeof(p) ? 0 : 1);
}

/* All of what it says, or until it has taken too long. */
static size_t listen_to(int fd, struct probe *p)
{
	size_t got = 0;

	while (got < sizeof(*p)) {
		struct pollfd in = { .fd = fd, .events = POLLIN };
		int r = poll(&in, 1, PROBE_MS);
		ssize_t n = r > 0 ? read(fd, (char *)p + got, sizeof(*p) - got) : r;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		got += (size_t)n;
	}
	return got;
}

static int look_at(struct plugin *pl, struct sg_err *err)
{
	struct probe p = { 0 };
	int fd[2], status = 0;
	char how[80];
	bool whole;
	pid_t pid;

	if (pipe2(fd, O_CLOEXEC) < 0)
		return sg_fail(err, SG_E_IO, "%s: no pipe: %s", pl->path, strerror(errno));
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		probe(pl->fd, fd[1]);
	close(fd[1]);
	if (pid < 0) {
		close(fd[0]);
		return sg_fail(err, SG_E_NOMEM, "%s: no process to look at it: %s", pl->path, strerror(errno));
	}
	whole = listen_to(fd[0], &p) == sizeof(p);
	close(fd[0]);
	if (!whole)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	p.text[sizeof(p.text) - 1] = p.name[sizeof(p.name) - 1] = 0;
	if (!whole) {
		cmd_ended_how(status, how, sizeof(how));
		return sg_fail(err, SG_E_UNSUPPORTED, "%s: it can't even be loaded: %s", pl->path,
			       WIFSIGNALED(status) && (WTERMSIG(status) == SIGKILL || WTERMSIG(status) == SIGXCPU) ?
			       "it takes longer than 10 s" : how);
	}
	if (p.code < 0) {
		char clean[sizeof(p.text)];

		sg_clean(clean, sizeof(clean), p.text, strlen(p.text));
		return sg_fail(err, p.code, "%s: %s", pl->path, clean);
	}
	memcpy(pl->name, p.name, sizeof(pl->name));
	pl->hooks = (struct mm_hooks){ MM_HOOKS_HEAD(pl->name), .state_size = p.state_size };
	return 0;
}

/* ---- taken in ------------------------------------------------------------------- */

static bool ends_in(const char *s, size_t n, const char *end)
{
	size_t k = strlen(end);

	return n > k && memcmp(s + n - k, end, k) == 0;
}

/* The bytes of @from, in memory. */
static int in_memory(const char *path, int from, struct sg_err *err)
{
	int to = memfd_create("stormglass-policy", MFD_CLOEXEC);
	char buf[65536];
	uint64_t all = 0;
	ssize_t n;

	while (to >= 0 && (n = read(from, buf, sizeof(buf))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		all += n > 0 ? (uint64_t)n : 0;
		if (n < 0 || all > OBJECT_MOST || write(to, buf, (size_t)n) != n) {
			close(to);
			return sg_fail(err, SG_E_IO, "%s: can't be read into memory: %s", path,
				       all > OBJECT_MOST ? "it is too large for a policy" : strerror(errno));
		}
	}
	return to < 0 ? sg_fail(err, SG_E_IO, "%s: no file in memory: %s", path, strerror(errno)) : to;
}

static int take_in(struct plugin *pl, struct sg_err *err)
{
	int fd = ends_in(pl->path, strlen(pl->path), ".c") ? cmd_plugin_cc(pl->path, err) : open(pl->path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err->code < 0 ? err->code : sg_fail(err, SG_E_IO, "%s: %s", pl->path, strerror(errno));
	pl->fd = in_memory(pl->path, fd, err);
	close(fd);
	return pl->fd < 0 ? pl->fd : look_at(pl, err);
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static int plugin_of(const char *path, const struct mm_hooks **ret, struct sg_err *err)
{
	struct plugin *pl = plugins;
	struct stat st;
	int r;

	if (stat(path, &st) < 0)
		return sg_fail(err, SG_E_USAGE, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return sg_fail(err, SG_E_USAGE, "%s: a policy is a file that ends in .c or .so", path);
	while (pl && !(strcmp(pl->path, path) == 0 && same_file(&pl->st, &st)))
		pl = pl->next;
	if (!pl) {
		*err = (struct sg_err){ 0 };
		pl = calloc(1, sizeof(*pl));
		if (pl)
			pl->path = sg_strdup(path);
		if (!pl || !pl->path) {
			free(pl);
			return sg_fail(err, SG_E_NOMEM, "out of memory");
		}
		pl->st = st;
		pl->fd = -1;
		r = take_in(pl, err);
		if (r < 0) {
			if (pl->fd >= 0)
				close(pl->fd);
			free(pl->path);
			free(pl);
			return r;
		}
		pl->next = plugins;
		plugins = pl;
	}
	*ret = &pl->hooks;
	return 0;
}

/* ---- the text --------------------------------------------------------------------- */

static bool is_file(const char *s, size_t n)
{
	char *path = sg_printf("%.*s", (int)n, s);
	struct stat st;
	bool yes = path && stat(path, &st) == 0 && S_ISREG(st.st_mode);

	free(path);
	return yes;
}

/* Bytes of @s, which begins a part, that are a file's name; 0: it is none. */
static size_t file_at(const char *s)
{
	size_t first = strcspn(s, ","), found = 0;

	for (size_t n = first;; n += 1 + strcspn(s + n + 1, ",")) {
		if ((ends_in(s, n, ".c") || ends_in(s, n, ".so")) && is_file(s, n))
			found = n;
		if (!s[n])
			break;
	}
	if (found)
		return found;
	return ends_in(s, first, ".c") || ends_in(s, first, ".so") || memchr(s, '/', first) ? first : 0;
}

bool cmd_plugin_named(const char *spec)
{
	for (size_t n; ; spec += n + 1) {
		if (file_at(spec))
			return true;
		n = strcspn(spec, ",");
		if (!spec[n])
			return false;
	}
}

static int add_file(const char *s, size_t n, struct cmd_plugins *pl, struct sg_err *err)
{
	char *path;
	int r;

	if (!ends_in(s, n, ".c") && !ends_in(s, n, ".so"))
		return sg_fail(err, SG_E_USAGE, "%.*s: a policy is a file that ends in .c or .so", (int)(n < 200 ? n : 200), s);
	if (pl->nr == CMD_PLUGIN_MAX)
		return sg_fail(err, SG_E_USAGE, "at most %d files can make up a policy", CMD_PLUGIN_MAX);
	path = sg_printf("%.*s", (int)n, s);
	if (!path)
		return sg_fail(err, SG_E_NOMEM, "out of memory");
	r = plugin_of(path, &pl->hooks[pl->nr], err);
	pl->nr += r == 0;
	free(path);
	return r;
}

int cmd_plugin_split(const char *spec, struct cmd_plugins *ret, char **ret_rest, struct sg_err *err)
{
	char *rest = sg_strdup(""), *base = NULL, *more;
	bool first = true;
	int r = rest ? 0 : sg_fail(err, SG_E_NOMEM, "out of memory");

	*ret = (struct cmd_plugins){ 0 };
	for (size_t n; r == 0; spec += n + 1, first = false) {
		n = file_at(spec);
		if (n) {
			r = add_file(spec, n, ret, err);
		} else {
			bool named = strncmp(spec, "base=", 5) == 0;

			n = strcspn(spec, ",");
			if (named || first || strncmp(spec, "linux-", 6) == 0) {
				if (base)
					r = sg_fail(err, SG_E_USAGE, "%.*s: %.60s lies beneath already", (int)(n < 60 ? n : 60), spec, base);
				else
					base = sg_printf("%.*s", (int)(n - 5 * named), spec + 5 * named);
				if (!base)
					r = sg_fail(err, SG_E_NOMEM, "out of memory");
			} else {
				more = sg_printf("%s,%.*s", rest, (int)n, spec);
				free(rest);
				rest = more;
				if (!rest)
					r = sg_fail(err, SG_E_NOMEM, "out of memory");
			}
		}
		if (!spec[n])
			break;
	}
	if (r == 0) {
		*ret_rest = sg_printf("%s%s", base ? base : "own", rest);
		if (!*ret_rest)
			r = sg_fail(err, SG_E_NOMEM, "out of memory");
	}
	free(rest);
	free(base);
	return r;
}

int cmd_plugin_add(const struct cmd_plugins *pl, struct mm_policy *p, struct sg_err *err)
{
	for (unsigned int i = 0; i < pl->nr; i++) {
		int r = mm_policy_add(p, pl->hooks[i], err);
		size_t n = strlen(p->plugin);

		if (r < 0)
			return r;
		p->plugged |= (uint16_t)(1u << (p->nr_overlays - 1));
		if (n + strlen(pl->hooks[i]->name) + 2 > sizeof(p->plugin))
			return sg_fail(err, SG_E_RANGE, "the policies' names are too long together");
		if (n)
			p->plugin[n++] = '+';
		strcpy(p->plugin + n, pl->hooks[i]->name);
	}
	return 0;
}

/* ---- in the process of a run ---------------------------------------------------------- */

int cmd_plugin_enter(const struct mm_policy *p, struct sg_err *err)
{
	for (unsigned int i = 0; i < p->nr_overlays; i++)
		for (struct plugin *pl = plugins; pl; pl = pl->next) {
			const struct mm_hooks *h;

			if (p->overlay[i] != &pl->hooks)
				continue;
			h = load(pl->fd, err);
			if (!h)
				return err->code;
			pl->hooks = (struct mm_hooks){ 0 };
			memcpy(&pl->hooks, h, h->size < sizeof(*h) ? h->size : sizeof(*h));
			pl->hooks.size = sizeof(*h);
			pl->hooks.revision = MM_HOOKS_REVISION;
			pl->hooks.name = pl->name;
		}
	return 0;
}
