// SPDX-License-Identifier: GPL-2.0-only
/* Runs from the screens of the whole program: made, stopped, kept, found again, and what a policy that fails comes to. */
#include "test.h"

#include <dirent.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vt.h"

static char dir[64], file[128], cache[128];

#define ENV (const char *const[]){ cache, "CC=cc", "PATH=/usr/bin:/bin", NULL }
#define START(t, ...) vt_start(t, 24, 120, (const char *const[]){ STORMGLASS, "--color=truecolor", __VA_ARGS__, NULL }, ENV)

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
	vt_type(t, "qqq");
	assert_int_equal(vt_wait_end(t), 0);
	assert_false(t->alt);
	vt_stop(t);
}

/* Files of runs in the cache whose names have @what. */
static unsigned int files(const char *what)
{
	char path[160];
	unsigned int nr = 0;
	struct dirent *de;
	DIR *d;

	snprintf(path, sizeof(path), "%s/cache/stormglass", dir);
	d = opendir(path);
	while (d && (de = readdir(d)) != NULL)
		nr += strstr(de->d_name, what) != NULL;
	if (d)
		closedir(d);
	return nr;
}

/* A policy whose answer to the question after so many requests is @what. */
static const char *policy(const char *name, const char *what)
{
	static char path[160];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s.c", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "#include <stormglass/policy.h>\n#include <stdlib.h>\n#include <unistd.h>\n"
		   "static void flags(void *state, const struct mm_eye *eye, const struct mm_ask_flags *in, uint32_t *flags)\n"
		   "{\n\tstatic unsigned int nr;\n\tif (++nr > 500) {\n\t\t%s;\n\t}\n}\n"
		   "const struct mm_hooks stormglass_policy = { MM_HOOKS_HEAD(\"%s\"), .flags = flags };\n", what, name);
	assert_int_equal(fclose(f), 0);
	return path;
}

/* Makes a run of a file's policy. */
static void run_file(struct vt *t, const char *path)
{
	vt_type(t, "p");
	vt_wait(t, "policy as text");
	vt_type(t, "FILE\r\025");
	vt_wait(t, ".c or .so:");
	vt_type(t, path);
	vt_type(t, "\r");
	vt_wait(t, "Enter runs /tmp");
	vt_type(t, "\r");
}

/* Made once; shown, and gone back from; there the next time, from the capture and from a session of it. */
static void kept(void **state)
{
	struct vt t;

	(void)state;
	START(&t, STEADY);
	vt_wait(&t, "event 0/");
	vt_type(&t, "g50%\rpstorm=all\r");
	vt_wait(&t, "own,storm=all is there");
	vt_wait(&t, "whole");
	assert_int_equal(files(".run"), 1);
	assert_int_equal(files(".about"), 1);
	vt_type(&t, "nthe series\r");
	vt_wait(&t, "the series");
	vt_type(&t, "\r");
	vt_wait(&t, "simulated  own,storm=all  seed 1");
	vt_type(&t, "`");
	vt_wait(&t, "observed");
	vt_type(&t, "w\025");
	vt_wait(&t, "save session as:");
	vt_type(&t, file);
	vt_type(&t, "\r");
	vt_wait(&t, "saved as");
	quit(&t);
	for (unsigned int i = 0; i < 2; i++) {
		START(&t, i ? file : STEADY);
		vt_wait(&t, i ? "event 45,718/" : "event 0/"); /* a session shows its place, and then what was on the screen */
		vt_type(&t, "R");
		vt_wait(&t, "the series");
		assert_true(vt_shows(&t, "whole"));
		vt_type(&t, "pstorm=all\r");
		vt_wait(&t, "this run is there already");
		assert_int_equal(files(".run"), 1);
		quit(&t);
	}
	/* where the cache is gone, the session knows how it was made */
	assert_int_equal(clean_up(NULL) | set_up(NULL), 0);
	START(&t, STEADY);
	vt_wait(&t, "event 0/");
	vt_type(&t, "R");
	vt_wait(&t, "No run was made yet");
	quit(&t);
}

/* A session without the cache: how its runs were made, and Enter makes one again. Of a simulated one p says why not. */
static void recipes(void **state)
{
	char text[160];
	struct vt t;

	(void)state;
	START(&t, "--no-cache", STEADY);
	vt_wait(&t, "event 0/");
	vt_type(&t, "pstorm=p4\r");
	vt_wait(&t, "is there: Enter opens it");
	vt_type(&t, "w\025");
	vt_wait(&t, "save session as:");
	vt_type(&t, file);
	vt_type(&t, "\r");
	vt_wait(&t, "saved as");
	vt_type(&t, "\033R\033[B\r");
	vt_wait(&t, "simulated");
	vt_type(&t, "w\025");
	vt_wait(&t, "save session as:");
	snprintf(text, sizeof(text), "%s/simulated.sgs", dir);
	vt_type(&t, text);
	vt_type(&t, "\r");
	vt_wait(&t, "saved as");
	quit(&t);
	assert_int_equal(files(".run"), 0);
	START(&t, file);
	vt_wait(&t, "event ");
	vt_type(&t, "R");
	vt_wait(&t, "not made");
	vt_type(&t, "\033[B\r");
	vt_wait(&t, "is there: Enter opens it");
	assert_int_equal(files(".run"), 1);
	vt_type(&t, "d");
	vt_wait(&t, "delete run own,storm=p4");
	vt_type(&t, "y");
	vt_wait(&t, "No run was made yet");
	assert_int_equal(files(".run") + files(".about"), 0);
	quit(&t);
	START(&t, text);
	vt_wait(&t, "simulated");
	vt_type(&t, "p");
	vt_wait(&t, "open steady-6.1, the capture");
	quit(&t);
}

/* Stopped: what it had is kept, and opens. One that is made when the program ends leaves nothing behind. */
static void stopped(void **state)
{
	struct vt t;

	(void)state;
	START(&t, STEADY);
	vt_wait(&t, "event 0/");
	run_file(&t, policy("slow", "usleep(3000)"));
	vt_wait(&t, "running");
	vt_type(&t, "pstorm=p4\r");
	vt_wait(&t, "waits");
	vt_type(&t, "s");
	vt_wait(&t, "not made");
	vt_type(&t, "\033[As");
	vt_wait(&t, "cut off");
	vt_wait(&t, "the user ended it");
	assert_int_equal(files(".run"), 1);
	vt_type(&t, "\r");
	vt_wait(&t, "ended early (i)");
	/* once more, from the start, and left in its middle */
	run_file(&t, policy("slow", "usleep(3000)"));
	vt_wait(&t, "running");
	vt_type(&t, "qq");
	vt_wait(&t, "q again");
	vt_type(&t, "q");
	assert_int_equal(vt_wait_end(&t), 0);
	vt_stop(&t);
	assert_int_equal(files("-"), 0);
}

/* A policy that crashes is named, and the run goes on without it; one that can't be compiled is no policy. */
static void fails(void **state)
{
	struct vt t;

	(void)state;
	START(&t, STEADY);
	vt_wait(&t, "event 0/");
	run_file(&t, policy("broken", "*(volatile int *)8 = 1"));
	vt_wait(&t, "policy broken failed at position");
	vt_wait(&t, "whole");
	vt_type(&t, "\r");
	vt_wait(&t, "simulated");
	vt_type(&t, "p");
	vt_wait(&t, "policy as text");
	vt_type(&t, "FILE\r\025");
	vt_wait(&t, ".c or .so:");
	vt_type(&t, policy("nonsense", "this is no C"));
	vt_type(&t, "\r");
	vt_wait(&t, "can't be compiled");
	vt_type(&t, "\r");
	vt_type(&t, "\033\033");
	quit(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(kept, set_up, clean_up),
		cmocka_unit_test_setup_teardown(recipes, set_up, clean_up),
		cmocka_unit_test_setup_teardown(stopped, set_up, clean_up),
		cmocka_unit_test_setup_teardown(fails, set_up, clean_up),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
