// SPDX-License-Identifier: GPL-2.0-only
/* The whole program with session files: saved, opened, played, recorded, and killed while recording. */
#include "test.h"

#include <dirent.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vt.h"

static char dir[64], file[128], cache[128];

#define ENV (const char *const[]){ cache, NULL }
#define START(t, ...) vt_start(t, 24, 80, (const char *const[]){ STORMGLASS, __VA_ARGS__, NULL }, ENV)

static int set_up(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/stormglass-test-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(file, sizeof(file), "%s/s.sgs", dir);
	snprintf(cache, sizeof(cache), "XDG_CACHE_HOME=%s/cache", dir);
	return 0;
}

static int clean_up(void **state)
{
	char cmd[128];

	(void)state;
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	return system(cmd);
}

static void quit(struct vt *t)
{
	vt_type(t, "qq"); /* the second for the question whether bookmarks may be lost */
	assert_int_equal(vt_wait_end(t), 0);
	assert_false(t->alt);
	vt_stop(t);
}

/* Runs a command on @name of the directory; its exit code. */
static int command(const char *what, const char *name)
{
	char cmd[400];
	int status;

	snprintf(cmd, sizeof(cmd), "%s %s %s >/dev/null 2>&1", STORMGLASS, what, name);
	status = system(cmd);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 99;
}

static void save_as(struct vt *t, const char *name)
{
	vt_type(t, "w\025"); /* ^U takes the name away that is offered */
	vt_wait(t, "save session as:");
	vt_type(t, name);
	vt_type(t, "\r");
}

/* Open, find, bookmark, save; and again from the file alone, at the same place, with all of it. */
static void save_and_open(void **state)
{
	char info[400], second[300];
	struct vt t;

	(void)state;
	START(&t, "--color=truecolor", SAMPLE);
	vt_wait(&t, "event 0/292,508");
	vt_type(&t, "/=event == mm_compaction_try_to_compact_pages\r");
	vt_wait(&t, "mm_compaction_try_to_compact_pages");
	vt_type(&t, "m\rcompacts the first direct compaction?\r");
	vt_wait(&t, "at bookmark compacts");
	vt_type(&t, "25lvma");
	vt_wait(&t, "at bookmark a");
	save_as(&t, file);
	vt_wait(&t, "saved as");
	quit(&t);
	assert_int_equal(command("session verify", file), 0);

	START(&t, "--color=truecolor", file);
	vt_wait(&t, "at bookmark a");
	vt_golden(&t, "session-opened", "at bookmark a");
	vt_type(&t, "M");
	vt_golden(&t, "session-bookmarks", "the first direct compaction?");
	vt_type(&t, "k\r");
	vt_wait(&t, "at bookmark compacts");
	vt_type(&t, "*"); /* the search came along */
	vt_wait(&t, "mm_compaction_try_to_compact_pages");
	/* never over itself: another name is offered, and that one is replaced after asking */
	save_as(&t, file);
	vt_wait(&t, "another");
	vt_type(&t, "w\r");
	vt_wait(&t, "saved as");
	vt_type(&t, "w\r");
	vt_wait(&t, "? (y or n)");
	vt_type(&t, "y");
	vt_wait(&t, "saved as");
	/* what is no session isn't replaced */
	save_as(&t, SAMPLE "/meta.json");
	vt_wait(&t, "another"); /* "... is there and is no session; take another name": one word, as the path decides where rows end */
	quit(&t);
	assert_int_equal(command("session verify", file), 0);
	snprintf(second, sizeof(second), "%.*s-2.sgs", (int)strlen(file) - 4, file);
	assert_int_equal(rename(second, file), 0);
	assert_int_equal(command("session verify", file), 0);
	/* with machines along the run */
	snprintf(info, sizeof(info), "%s session info %s | grep -q '^keyframes  [1-9][0-9]*$'", STORMGLASS, file);
	assert_int_equal(system(info), 0);
	/* positions by name in the commands as well */
	assert_int_equal(command("state --format buddyinfo --at bookmark:compacts", file), 0);
	assert_int_equal(command("state --format buddyinfo --at bookmark:nothing", file), 1);
	assert_int_equal(command("events --from bookmark:a --to bookmark:a", file), 0);
	assert_int_equal(command("events --from bookmark:a", SAMPLE), 1);
}

static void plays(void **state)
{
	struct vt t;

	(void)state;
	START(&t, "play", "--speed", "5", file);
	vt_wait(&t, "film \xc3\x97"
		    "5");
	vt_wait(&t, "end of the film");
	vt_wait(&t, "mm_compaction_try_to_compact_pages"); /* where the path ended */
	vt_type(&t, " ");
	vt_wait(&t, "film 0:00 / ");
	vt_type(&t, "l"); /* steps out */
	vt_wait(&t, "out of the film");
	vt_type(&t, "P");
	vt_wait(&t, "end of the film");
	quit(&t);
	assert_int_equal(command("play", file), 1); /* not a terminal */
	assert_int_equal(command("play", SAMPLE), 1);
}

/* A full disk is said, and nothing is lost by it. */
static void full_disk(void **state)
{
	struct vt t;

	(void)state;
	START(&t, SAMPLE);
	vt_wait(&t, "event 0/292,508");
	vt_type(&t, "17lma");
	save_as(&t, "/dev/full");
	vt_wait(&t, "not saved: ");
	vt_type(&t, "50l'a");
	vt_wait(&t, "event 17/292,508");
	save_as(&t, "/no/such/directory/x.sgs");
	vt_wait(&t, "not saved: ");
	vt_type(&t, "\033");
	quit(&t);
}

/* The one file in the directory whose name starts like the session's. */
static void find(char *name, size_t size)
{
	struct dirent *e;
	DIR *d = opendir(dir);
	int nr = 0;

	assert_non_null(d);
	while ((e = readdir(d)) != NULL)
		if (strstr(e->d_name, "r.sgs")) {
			snprintf(name, size, "%s/%.100s", dir, e->d_name);
			nr++;
		}
	closedir(d);
	assert_int_equal(nr, 1);
}

static void record(struct vt *t, const char *to)
{
	START(t, "--record", to, SAMPLE);
	vt_wait(t, "recording");
	vt_wait(t, "292,508");
	vt_type(t, "g11511\r");
	vt_wait(t, "event 11,511/292,508");
	vt_type(t, "mk100l");
	vt_wait(t, "100 after bookmark k");
}

static void opens_at(const char *name, const char *where)
{
	struct vt t;

	START(&t, name);
	vt_wait(&t, where);
	quit(&t);
}

/* Ended by a signal: the session is complete, and the process still dies of the signal. */
static void terminated(void **state)
{
	static const int sigs[] = { SIGTERM, SIGHUP };
	char name[192];
	struct vt t;
	int status;

	(void)state;
	snprintf(name, sizeof(name), "%s/r.sgs", dir);
	for (size_t i = 0; i < 2; i++) {
		record(&t, name);
		kill(t.pid, sigs[i]);
		status = vt_wait_end(&t);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), sigs[i]);
		assert_false(t.alt);
		assert_true(vt_shows(&t, "the session is in"));
		vt_stop(&t);
		assert_int_equal(command("session verify", name), 0);
		opens_at(name, "100 after bookmark k");
		/* a recording replaces nothing */
		assert_int_equal(command("--record " SAMPLE "/meta.json", SAMPLE), 2);
		assert_int_equal(unlink(name), 0);
	}
}

/* Killed without a chance: what has been written opens, and misses the last seconds at most. */
static void killed(void **state)
{
	char name[192], left[300] = "";
	struct vt t;

	(void)state;
	snprintf(name, sizeof(name), "%s/r.sgs", dir);
	record(&t, name);
	usleep(2500000); /* time, because what is tested is that time brings it to the disk */
	kill(t.pid, SIGKILL);
	waitpid(t.pid, NULL, 0);
	t.pid = 0;
	vt_stop(&t);
	find(left, sizeof(left));
	opens_at(left, "100 after bookmark k");
	opens_at(left, "/292,508"); /* the events of the last frame too, which isn't full */
	assert_int_equal(unlink(left), 0);
}

/* Left before all is read: it goes on reading until the session is whole. */
static void left_early(void **state)
{
	char name[192];
	struct vt t;

	(void)state;
	snprintf(name, sizeof(name), "%s/r.sgs", dir);
	START(&t, "--record", name, SAMPLE);
	vt_type(&t, "q");
	assert_int_equal(vt_wait_end(&t), 0);
	vt_stop(&t);
	assert_int_equal(command("session verify", name), 0);
	opens_at(name, "/292,508");
	assert_int_equal(unlink(name), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(save_and_open), cmocka_unit_test(plays),  cmocka_unit_test(full_disk),
		cmocka_unit_test(terminated),	 cmocka_unit_test(killed), cmocka_unit_test(left_early),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, set_up, clean_up);
}
