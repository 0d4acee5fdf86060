// SPDX-License-Identifier: GPL-2.0-only
/* What is kept of a capture comes back as it was, and damage is noticed. */
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "cmd_cache.h"
#include "cmd_cache_key.h"

#define NR 5000u

struct place {
	char dir[64], capture[128];
	struct sg_capture cap;
	struct sg_note note[1];
	struct sg_other other[1];
};

static int setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));
	FILE *f;

	strcpy(p->dir, "/tmp/stormglass-cache-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	setenv("XDG_CACHE_HOME", p->dir, 1);
	snprintf(p->capture, sizeof(p->capture), "%s/trace.dat", p->dir);
	f = fopen(p->capture, "w");
	fputs("the content counts, not the name", f);
	fclose(f);
	strcpy(p->note[0].text, "a note");
	strcpy(p->other[0].name, "sched_switch");
	p->other[0].count = 7;
	p->cap = (struct sg_capture){
		.lost_events = 12, .lost_unknown = true, .nr_notes = 1, .note = p->note, .nr_other = 1, .other = p->other,
	};
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct place *p = *state;
	char cmd[160];

	snprintf(cmd, sizeof(cmd), "rm -rf '%s'", p->dir);
	assert_int_equal(system(cmd), 0);
	free(p);
	return 0;
}

static struct sg_event event(unsigned int i)
{
	struct sg_event ev = { .kind = SG_EV_mm_page_free, .ts = i * 10, .pid = (int32_t)(i % 7), .cpu = i % 3 };

	ev.v[SGF_mm_page_free_pfn] = i * 977 % 100003;
	return ev;
}

static void fill(struct sg_log *log)
{
	for (unsigned int i = 0; i < NR; i++) {
		struct sg_event ev = event(i);

		assert_int_equal(sg_log_append(log, &ev), 0);
	}
}

static void assert_log(const struct sg_log *log)
{
	struct sg_cursor c;
	struct sg_event ev;

	assert_int_equal(sg_log_count(log), NR);
	sg_log_seek(log, &c, 1);
	for (unsigned int i = 0; i < NR; i++) {
		struct sg_event want = event(i);

		assert_true(sg_log_next(&c, &ev));
		assert_int_equal(ev.ts, want.ts);
		assert_int_equal(ev.pid, want.pid);
		assert_int_equal(ev.cpu, want.cpu);
		assert_int_equal(ev.v[SGF_mm_page_free_pfn], want.v[SGF_mm_page_free_pfn]);
	}
}

/* Keeps a log; @in_store: its blocks were in the store from the beginning. */
static void keep(struct place *p, bool in_store)
{
	struct cmd_cache *c = cmd_cache_open(p->capture, &p->cap);
	struct sg_log *log = sg_log_new();
	struct sg_err err = { 0 };

	assert_non_null(c);
	assert_false(cmd_cache_found(c));
	if (in_store) {
		const struct sg_log_store store = { cmd_store_keep, cmd_cache_store(c, &err) };

		assert_non_null(store.arg);
		sg_log_set_store(log, &store, 0);
	}
	fill(log);
	assert_log(log);
	assert_int_equal(sg_log_stored(log) > 0, in_store);
	assert_int_equal(cmd_cache_save(c, log, &err), 0);
	while (cmd_cache_save_more(c, 3, &err) == 1)
		;
	assert_int_equal(cmd_cache_save_image(c, 1000, "an image", 8, &err), 0);
	assert_int_equal(cmd_cache_save_image(c, 4000, "another", 7, &err), 0);
	assert_int_equal(cmd_cache_save_end(c, &err), 0);
	assert_string_equal(err.text, "");
	assert_log(log);
	sg_log_free(log);
	cmd_cache_close(c);
}

static void assert_kept(struct place *p)
{
	struct sg_capture cap = { 0 };
	struct cmd_cache *c = cmd_cache_open(p->capture, &cap);
	struct sg_log *log = sg_log_new();
	uint64_t pos;
	size_t len;
	int r;

	assert_true(cmd_cache_found(c));
	assert_int_equal(cmd_cache_events(c), NR);
	while ((r = cmd_cache_more(c, log, 600)) == 1)
		;
	assert_int_equal(r, 0);
	assert_log(log);
	cmd_cache_describe(c, &cap);
	assert_int_equal(cap.lost_events, 12);
	assert_true(cap.lost_unknown);
	assert_int_equal(cap.nr_notes, 1);
	assert_string_equal(cap.note[0].text, "a note");
	assert_string_equal(cap.other[0].name, "sched_switch");
	assert_int_equal(cap.other[0].count, 7);
	assert_memory_equal(cmd_cache_image(c, 0, &pos, &len), "an image", 8);
	assert_int_equal(pos, 1000);
	assert_memory_equal(cmd_cache_image(c, 1, &pos, &len), "another", 7);
	assert_int_equal(pos, 4000);
	assert_int_equal(len, 7);
	assert_null(cmd_cache_image(c, 2, &pos, &len));
	sg_log_free(log);
	cmd_cache_close(c);
}

static void test_comes_back(void **state)
{
	keep(*state, false);
	assert_kept(*state);
}

static void test_from_store(void **state)
{
	keep(*state, true);
	assert_kept(*state);
}

/* Another content, though name, size and time are the same, is another capture; a copy elsewhere is the same one. */
static void test_key(void **state)
{
	struct place *p = *state;
	struct cmd_cache_key a, b;
	char copy[160];
	FILE *f;

	assert_true(cmd_cache_key(p->capture, &a));
	snprintf(copy, sizeof(copy), "%s/copy", p->dir);
	f = fopen(copy, "w");
	fputs("the content counts, not the name", f);
	fclose(f);
	assert_true(cmd_cache_key(copy, &b));
	assert_memory_equal(&a, &b, sizeof(a));
	f = fopen(copy, "w");
	fputs("the content counts, not the nama", f);
	fclose(f);
	assert_true(cmd_cache_key(copy, &b));
	assert_memory_not_equal(&a, &b, sizeof(a));
	assert_false(cmd_cache_key("/no/such/file", &b));
}

static void path_of(struct place *p, char *path, size_t size)
{
	struct cmd_cache_key k;
	size_t n;

	assert_true(cmd_cache_key(p->capture, &k));
	n = (size_t)snprintf(path, size, "%s/stormglass/", p->dir);
	for (unsigned int i = 0; i < CMD_CACHE_ID; i++)
		n += (size_t)snprintf(path + n, size - n, "%02x", k.content[i]);
	snprintf(path + n, size - n, ".events");
}

/* One byte changed anywhere: the file isn't used, or what was changed isn't; never a wrong event. */
static void test_damage(void **state)
{
	struct place *p = *state;
	char path[PATH_MAX];
	unsigned int noticed = 0, tried = 0;
	struct stat st;

	keep(p, false);
	path_of(p, path, sizeof(path));
	assert_int_equal(stat(path, &st), 0);
	for (off_t at = 0; at < st.st_size; at += at < 200 ? 1 : 211) {
		struct cmd_cache *c;
		struct sg_log *log = sg_log_new();
		struct sg_capture cap = { 0 };
		char old, bad;
		uint64_t pos;
		size_t len;
		int fd = open(path, O_RDWR), r = 0;

		assert_true(fd >= 0);
		assert_int_equal(pread(fd, &old, 1, at), 1);
		bad = (char)(old ^ 0x41);
		assert_int_equal(pwrite(fd, &bad, 1, at), 1);
		c = cmd_cache_open(p->capture, &cap);
		if (cmd_cache_found(c)) {
			while ((r = cmd_cache_more(c, log, 1000)) == 1)
				;
			if (r == 0)
				assert_log(log);
			else
				assert_int_equal(access(path, F_OK), -1); /* it went */
			for (unsigned int i = 0; i < 2; i++)
				if (!cmd_cache_image(c, i, &pos, &len))
					r = -1;
		} else {
			r = -1;
		}
		/* the head is some 150 bytes of its page, the rest of that is empty */
		if (at < 128 || at >= 4096) {
			tried++;
			noticed += r != 0;
		}
		sg_log_free(log);
		cmd_cache_close(c);
		assert_int_equal(pwrite(fd, &old, 1, at), 1);
		close(fd);
		if (access(path, F_OK) < 0)
			keep(p, false);
	}
	assert_true(tried > 200);
	assert_true(noticed + 1 >= tried); /* before the index up to seven bytes are empty */
	assert_kept(p);
}

/* Cut off at any place: not used. */
static void test_cut(void **state)
{
	struct place *p = *state;
	char path[PATH_MAX];
	struct stat st;

	keep(p, false);
	path_of(p, path, sizeof(path));
	assert_int_equal(stat(path, &st), 0);
	for (off_t len = st.st_size - 1; len >= 0; len -= 97) {
		struct sg_capture cap = { 0 };
		struct cmd_cache *c;

		assert_int_equal(truncate(path, len), 0);
		c = cmd_cache_open(p->capture, &cap);
		assert_non_null(c);
		assert_false(cmd_cache_found(c));
		cmd_cache_close(c);
	}
}

/* A full disk: nothing is kept, the log in memory stays whole, the reason is told. */
static void test_full_disk(void **state)
{
	struct place *p = *state;
	struct cmd_cache *c = cmd_cache_open(p->capture, &p->cap);
	struct sg_log *log = sg_log_new();
	struct rlimit old, small;
	struct sg_err err = { 0 };
	struct sg_log_store store;
	char path[PATH_MAX];

	store = (struct sg_log_store){ cmd_store_keep, cmd_cache_store(c, &err) };
	assert_non_null(store.arg);
	sg_log_set_store(log, &store, 0);
	getrlimit(RLIMIT_FSIZE, &old);
	signal(SIGXFSZ, SIG_IGN);
	small = old;
	small.rlim_cur = 20000;
	setrlimit(RLIMIT_FSIZE, &small);
	fill(log);
	assert_log(log);
	assert_int_equal(cmd_cache_save(c, log, &err), 0);
	assert_int_equal(cmd_cache_save_more(c, 1000, &err), SG_E_IO);
	setrlimit(RLIMIT_FSIZE, &old);
	assert_non_null(strstr(err.text, "isn't kept"));
	assert_log(log);
	sg_log_free(log);
	cmd_cache_close(c);
	path_of(p, path, sizeof(path));
	assert_int_equal(access(path, F_OK), -1);
}

/* No directory of the user's own: no cache, and no harm. */
static void test_no_directory(void **state)
{
	struct place *p = *state;
	char dir[128];

	snprintf(dir, sizeof(dir), "%s/stormglass", p->dir);
	assert_int_equal(mkdir(dir, 0777), 0);
	assert_int_equal(chmod(dir, 0777), 0);
	assert_null(cmd_cache_open(p->capture, &p->cap)); /* others may write there */
	setenv("XDG_CACHE_HOME", "/proc/no/such", 1);
	assert_null(cmd_cache_open(p->capture, &p->cap));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_comes_back, setup, teardown),
		cmocka_unit_test_setup_teardown(test_from_store, setup, teardown),
		cmocka_unit_test_setup_teardown(test_key, setup, teardown),
		cmocka_unit_test_setup_teardown(test_damage, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cut, setup, teardown),
		cmocka_unit_test_setup_teardown(test_full_disk, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_directory, setup, teardown),
	};

	return cmocka_run_group_tests_name("cache", tests, NULL, NULL);
}
