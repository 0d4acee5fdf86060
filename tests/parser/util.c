// SPDX-License-Identifier: GPL-2.0-only
#include "util.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * libtracecmd 1.3 forgets the name of a clock, which it has from sscanf(); its own frames are lost
 * to the unwinder. The parser itself never lets sscanf() allocate.  libtraceevent loses a few bytes of print formats that it
 * can't read, such as those of arm64 and ppc64 kernels.
 */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:vsscanf\nleak:libtraceevent\n";
}

const char *tp_file(const void *d, size_t n, int *ret_fd)
{
	static char path[64];
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	for (size_t at = 0; at < n;) {
		ssize_t w = write(fd, (const char *)d + at, n - at);

		assert_true(w > 0);
		at += (size_t)w;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	*ret_fd = fd;
	return path;
}

struct tp_events tp_read_all(struct tr_capture *tc, size_t batch)
{
	struct tp_events e = { 0 };
	struct sg_event *ev = calloc(batch, sizeof(*ev));
	size_t n, room = 0;

	assert_non_null(ev);
	while ((n = tr_read(tc, ev, batch))) {
		assert_true(n <= batch);
		if (e.nr + n > room) {
			room = (e.nr + n) * 2;
			e.ev = realloc(e.ev, room * sizeof(*e.ev));
			e.text = realloc(e.text, room * sizeof(*e.text));
			assert_non_null(e.ev);
			assert_non_null(e.text);
		}
		for (size_t i = 0; i < n; i++) {
			e.ev[e.nr] = ev[i];
			e.text[e.nr] = ev[i].str ? strndup(ev[i].str, ev[i].str_len) : NULL;
			e.ev[e.nr++].str = NULL;
		}
	}
	free(ev);
	assert_int_equal(tr_progress(tc), 1000);
	return e;
}

void tp_events_free(struct tp_events *e)
{
	for (size_t i = 0; i < e->nr; i++)
		free(e->text[i]);
	free(e->text);
	free(e->ev);
	memset(e, 0, sizeof(*e));
}

struct tp_events tp_events_of(const char *path, unsigned int flags)
{
	struct tr_capture *tc;
	struct tp_events e;
	struct sg_err err;

	if (tr_open(path, flags, &tc, &err) < 0)
		fail_msg("%s", err.text);
	e = tp_read_all(tc, 777);
	tr_close(tc);
	return e;
}

bool tp_same(const struct sg_event *a, const struct sg_event *b)
{
	return a->ts == b->ts && a->pid == b->pid && a->kind == b->kind && a->cpu == b->cpu &&
	       a->instance == b->instance && a->common_flags == b->common_flags &&
	       a->preempt == b->preempt && a->missed == b->missed && a->str_len == b->str_len &&
	       memcmp(a->v, b->v, sg_kind_info(a->kind)->nr_fields * sizeof(a->v[0])) == 0;
}

void tp_assert_same(const struct tp_events *a, const struct tp_events *b)
{
	for (size_t i = 0; i < a->nr && i < b->nr; i++) {
		if (!tp_same(&a->ev[i], &b->ev[i]))
			fail_msg("event %zu differs: %s at %llu, %s at %llu", i,
				 sg_kind_info(a->ev[i].kind)->name, (unsigned long long)a->ev[i].ts,
				 sg_kind_info(b->ev[i].kind)->name,
				 (unsigned long long)b->ev[i].ts);
		assert_int_equal(!a->text[i], !b->text[i]);
		if (a->text[i])
			assert_string_equal(a->text[i], b->text[i]);
	}
	assert_int_equal(a->nr, b->nr);
}

long tp_survive(const void *d, size_t n, unsigned int flags, struct sg_err *err)
{
	static struct sg_event ev[256];
	struct tr_capture *tc;
	long events = 0;
	size_t got;
	int fd;
	const char *path = tp_file(d, n, &fd);

	memset(err, 0, sizeof(*err));
	if (tr_open(path, flags, &tc, err) < 0) {
		close(fd);
		return -1;
	}
	while ((got = tr_read(tc, ev, 256)))
		events += (long)got;
	tr_close(tc);
	close(fd);
	return events;
}

const char *tp_note(const struct sg_capture *cap, const char *part)
{
	for (unsigned int i = 0; i < cap->nr_notes; i++)
		if (strstr(cap->note[i].text, part))
			return cap->note[i].text;
	return NULL;
}

const struct sg_limit *tp_limit(const struct sg_capture *cap, enum sg_limit_id id, const char *part)
{
	for (unsigned int i = 0; i < sg_limits_count(&cap->limits); i++) {
		const struct sg_limit *l = sg_limits_at(&cap->limits, i);

		if (l->id == id && strstr(l->text, part))
			return l;
	}
	return NULL;
}

uint64_t tp_rnd(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

char *tp_tmpdir(void)
{
	const char *base = getenv("TMPDIR");
	char *dir;

	assert_true(asprintf(&dir, "%s/stormglass-test-XXXXXX", base && *base ? base : "/tmp") > 0);
	assert_non_null(mkdtemp(dir));
	return dir;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

void tp_rmdir(char *dir)
{
	nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(dir);
}

void tp_write(const char *dir, const char *name, const void *d, size_t n)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "we");
	assert_non_null(f);
	assert_int_equal(fwrite(d, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

static int with_trace(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static void add_dirs(const char *base, char ***dirs, size_t *nr)
{
	static const char *const names[] = { "trace.dat", "trace.dat.zst" };
	struct dirent **list;
	int n = scandir(base, &list, with_trace, alphasort);

	for (int i = 0; i < n; i++) {
		for (int k = 0; k < 2; k++) {
			char path[4096];

			snprintf(path, sizeof(path), "%s/%s/%s", base, list[i]->d_name, names[k]);
			if (access(path, R_OK) != 0)
				continue;
			*dirs = realloc(*dirs, (*nr + 1) * sizeof(**dirs));
			assert_non_null(*dirs);
			path[strlen(path) - strlen(names[k]) - 1] = '\0';
			(*dirs)[(*nr)++] = strdup(path);
			break;
		}
		free(list[i]);
	}
	if (n >= 0)
		free(list);
	else
		printf("no captures in %s: only those that are there are tested\n", base);
}

char **tp_captures(size_t *ret_nr)
{
	char **dirs = NULL;

	*ret_nr = 0;
	add_dirs(TP_SAMPLES, &dirs, ret_nr);
	add_dirs(TP_CAPTURES, &dirs, ret_nr);
	return dirs;
}

void tp_captures_free(char **dirs, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		free(dirs[i]);
	free(dirs);
}
