// SPDX-License-Identifier: GPL-2.0-only
/* Things that are no capture, or not a good one: each gives its line. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <trace-cmd/trace-cmd.h>
#include <unistd.h>

#include "tr_quiet.h"
#include "util.h"

static void expect_fail(const char *path, int code, const char *part)
{
	struct tr_capture *tc = NULL;
	struct sg_err err;

	assert_int_equal(tr_open(path, 0, &tc, &err), code);
	assert_int_equal(err.code, code);
	assert_null(tc);
	assert_null(strchr(err.text, '\n'));
	assert_non_null(strstr(err.text, path));
	if (!strstr(err.text, part))
		fail_msg("\"%s\" does not say \"%s\"", err.text, part);
	assert_int_equal(tr_open(path, TR_PLAIN, &tc, NULL), code);
}

static void fail_bytes(const void *d, size_t n, int code, const char *part)
{
	int fd;
	char path[64];

	snprintf(path, sizeof(path), "%s", tp_file(d, n, &fd));
	expect_fail(path, code, part);
	close(fd);
}

static void files(void **state)
{
	struct mk_buf b = mk_sample(7, false, 8, "none");
	char *dir = tp_tmpdir(), *path;

	assert_true(asprintf(&path, "%s/x", dir) > 0);
	expect_fail(path, SG_E_NOTFOUND, "No such file");
	assert_int_equal(mkfifo(path, 0600), 0);
	expect_fail(path, SG_E_IO, "not a regular file");
	remove(path);
	expect_fail(dir, SG_E_NOTFOUND, "no trace.dat");
	tp_write(dir, "x", "", 0);
	expect_fail(path, SG_E_TRUNCATED, "empty");
	tp_write(dir, "trace.dat", "hello", 5);
	expect_fail(dir, SG_E_FORMAT, "not a trace.dat");
	expect_fail("/dev/null", SG_E_IO, "not a regular file");
	fail_bytes("\x17\x08\x44tra", 6, SG_E_TRUNCATED, "cut");
	fail_bytes("#!/bin/sh\necho not at all a trace\n", 33, SG_E_FORMAT, "trace-cmd record");
	b.d[10] = '9';
	fail_bytes(b.d, b.n, SG_E_UNSUPPORTED, "version \"9\"");
	b.d[10] = '7';
	b.d[12] = 2;
	fail_bytes(b.d, b.n, SG_E_FORMAT, "byte order");
	b.d[12] = 0;
	b.d[13] = 3;
	fail_bytes(b.d, b.n, SG_E_FORMAT, "bytes in a long");
	b.d[13] = 8;
	memset(b.d + 14, 0xff, 4);
	fail_bytes(b.d, b.n, SG_E_FORMAT, "page size");
	memset(b.d + 14, 0, 4);
	fail_bytes(b.d, b.n, SG_E_FORMAT, "page size");
	b.d[15] = 2;
	memcpy(b.d + 18, "lzma", 4);
	fail_bytes(b.d, b.n, SG_E_UNSUPPORTED, "\"lzma\"");
	fail_bytes("\x28\xb5\x2f\xfd garbage follows here", 25, SG_E_FORMAT, "zstd");
	free(path);
	tp_rmdir(dir);
	mk_free(&b);
}

/* A name that would steer the terminal comes out clean. */
static void hostile_name(void **state)
{
	struct tr_capture *tc;
	struct sg_err err;

	assert_int_equal(tr_open("/nowhere/\033[2J\nx", 0, &tc, &err), SG_E_NOTFOUND);
	assert_null(strchr(err.text, '\033'));
	assert_null(strchr(err.text, '\n'));
	assert_non_null(strstr(err.text, "/nowhere/?[2J?x"));
}

/* Without permission; as root another user's rights are taken on, in a child. */
static void permission(void **state)
{
	char *dir = tp_tmpdir(), *file, *closed;
	int status;
	pid_t pid;

	assert_int_equal(chmod(dir, 0755), 0);
	assert_true(asprintf(&file, "%s/secret.dat", dir) > 0);
	assert_true(asprintf(&closed, "%s/closed", dir) > 0);
	tp_write(dir, "secret.dat", "x", 1);
	assert_int_equal(mkdir(closed, 0700), 0);
	tp_write(closed, "trace.dat", "x", 1);
	assert_int_equal(chmod(file, 0), 0);
	assert_int_equal(chmod(closed, 0), 0);
	pid = fork();
	if (pid == 0) {
		struct tr_capture *tc;
		struct sg_err err;

		if (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0)
			_exit(1);
		if (tr_open(file, 0, &tc, &err) != SG_E_IO || !strstr(err.text, file) ||
		    !strstr(err.text, "Permission denied"))
			_exit(2);
		if (tr_open(closed, 0, &tc, &err) != SG_E_IO ||
		    !strstr(err.text, "Permission denied"))
			_exit(3);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	chmod(closed, 0700);
	free(file);
	free(closed);
	tp_rmdir(dir);
}

/* Captures that open and say what they lack. */
static void lacking(void **state)
{
	struct mk_file f = {
		.version = 7, .longs = 8, .page_size = 512, .comp = "zstd", .nr_inst = 1
	};
	struct tr_capture *tc;
	struct tp_events e;
	struct mk_page p;
	struct mk_buf b;
	struct sg_err err;
	int fd;

	f.inst[0].name = "";
	b = mk_build(&f); /* no CPU, no event */
	assert_int_equal(tr_open(tp_file(b.d, b.n, &fd), 0, &tc, &err), 0);
	e = tp_read_all(tc, 10);
	assert_int_equal(e.nr, 0);
	assert_non_null(tp_note(tr_info(tc), "no events at all"));
	tp_events_free(&e);
	tr_close(tc);
	close(fd);
	mk_free(&b);

	f.no_memory_events = true;
	f.inst[0].nr_cpus = 1;
	p = mk_page_start(&f, &f.inst[0].cpu[0], 1);
	mk_other(&p, 1, 1, 1);
	mk_page_end(&p, 0, -1);
	b = mk_build(&f);
	assert_int_equal(tr_open(tp_file(b.d, b.n, &fd), 0, &tc, &err), 0);
	assert_non_null(tp_limit(tr_info(tc), SG_LIMIT_NOT_RECORDED, "None of the memory events"));
	e = tp_read_all(tc, 10);
	assert_int_equal(e.nr, 1);
	assert_int_equal(tr_info(tc)->other[0].count, 1);
	assert_string_equal(tr_info(tc)->other[0].name, "sched_waking");
	tp_events_free(&e);
	tr_close(tc);
	close(fd);
	mk_free(&b);

	f.no_memory_events = false; /* the formats are there, the events are not */
	b = mk_build(&f);
	assert_int_equal(tr_open(tp_file(b.d, b.n, &fd), 0, &tc, &err), 0);
	e = tp_read_all(tc, 10);
	assert_non_null(tp_limit(tr_info(tc), SG_LIMIT_NOT_RECORDED, "None of the 1 events is a memory event"));
	tp_events_free(&e);
	tr_close(tc);
	close(fd);
	mk_free(&b);
	mk_file_free(&f);
}

/* A handful of bytes that claim to unpack to a terabyte. */
static void bombs(void **state)
{
	struct mk_buf b = mk_sample(7, false, 8, "zstd");
	struct sg_err err;

	/* the first section behind the header: its unpacked size */
	for (size_t i = 30; i + 16 < b.n; i++)
		if (memcmp(b.d + i, "\x10\0\1\0\0\0\0\0", 8) == 0) {
			memset(b.d + i + 20, 0xff, 4);
			break;
		}
	assert_int_equal(tp_survive(b.d, b.n, 0, &err),
			 10); /* that section is only the usual layout */
	mk_free(&b);
}

/* The libraries' own messages are swallowed: the hooks are in place. */
static void hooks(void **state)
{
	struct mk_buf b = mk_sample(7, false, 8, "none");
	unsigned long before = tr_quiet_count();
	struct tracecmd_input *h;
	int fd, pipefd[2], keep;
	char said[256];
	ssize_t n;

	b.d[10] = '9'; /* "Unsupported file version" */
	tp_file(b.d, b.n, &fd);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(pipe2(pipefd, O_NONBLOCK | O_CLOEXEC), 0);
	fflush(stderr);
	keep = dup(2);
	dup2(pipefd[1], 2);
	h = tracecmd_open_fd(fd, 0);
	fflush(stderr);
	dup2(keep, 2);
	close(keep);
	assert_null(h);
	n = read(pipefd[0], said, sizeof(said));
	assert_true(n <= 0);
	assert_true(tr_quiet_count() > before);
	close(pipefd[0]);
	close(pipefd[1]);
	mk_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files),      cmocka_unit_test(hostile_name),
		cmocka_unit_test(permission), cmocka_unit_test(lacking),
		cmocka_unit_test(bombs),      cmocka_unit_test(hooks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
