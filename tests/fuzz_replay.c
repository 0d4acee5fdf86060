// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs a fuzz target over the files of folders, without a fuzzing engine: the
 * corpus as a plain test.  Arguments: folders or files.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned int nr_run, nr_failed;

static void run_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = NULL;
	struct stat st;

	if (f && fstat(fileno(f), &st) == 0 && (data = malloc((size_t)st.st_size + 1)) != NULL &&
	    fread(data, 1, (size_t)st.st_size, f) == (size_t)st.st_size) {
		LLVMFuzzerTestOneInput(data, (size_t)st.st_size);
		nr_run++;
	} else {
		fprintf(stderr, "%s: cannot be read\n", path);
		nr_failed++;
	}
	free(data);
	if (f)
		fclose(f);
}

static void run_path(const char *path)
{
	struct dirent *e;
	struct stat st;
	DIR *d;

	if (stat(path, &st) == 0 && !S_ISDIR(st.st_mode)) {
		run_file(path);
		return;
	}
	d = opendir(path);
	if (!d) {
		fprintf(stderr, "%s: cannot be opened\n", path);
		nr_failed++;
		return;
	}
	while ((e = readdir(d)) != NULL) {
		char full[4096];

		if (e->d_name[0] == '.' ||
		    snprintf(full, sizeof(full), "%s/%s", path, e->d_name) >= (int)sizeof(full))
			continue;
		run_path(full);
	}
	closedir(d);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		run_path(argv[i]);
	printf("%u inputs, %u unreadable\n", nr_run, nr_failed);
	return nr_failed > 0 || nr_run == 0;
}
