// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_replay DIR...: runs the target over every file of a corpus, and over each with some bytes
 * changed, without a fuzzing engine.  Part of the ordinary tests.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#define MAX_FILE (8u << 20)
#define VARIANTS 40

static uint64_t rnd(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static void variants(uint8_t *d, size_t n, uint64_t seed)
{
	static const uint8_t edges[] = { 0, 1, 0x7f, 0x80, 0xff };

	LLVMFuzzerTestOneInput(d, n);
	for (int i = 0; i < VARIANTS && n; i++) {
		size_t at = rnd(&seed) % n;
		uint8_t old = d[at];

		d[at] = i & 1 ? edges[rnd(&seed) % sizeof(edges)] : (uint8_t)rnd(&seed);
		LLVMFuzzerTestOneInput(d, n);
		d[at] = old;
		LLVMFuzzerTestOneInput(d, rnd(&seed) % n);
	}
}

static int not_dot(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static int replay_dir(const char *dir)
{
	struct dirent **list;
	int n = scandir(dir, &list, not_dot, alphasort), done = 0;

	if (n < 0) {
		fprintf(stderr, "%s: no such directory\n", dir);
		return 1;
	}
	for (int i = 0; i < n; i++) {
		uint8_t *d = malloc(MAX_FILE);
		char path[4096];
		size_t len;
		FILE *f;

		snprintf(path, sizeof(path), "%s/%s", dir, list[i]->d_name);
		f = d ? fopen(path, "re") : NULL;
		if (!f) {
			fprintf(stderr, "%s: cannot be read\n", path);
			return 1;
		}
		len = fread(d, 1, MAX_FILE, f);
		fclose(f);
		variants(d, len, (uint64_t)i + 1);
		free(d);
		free(list[i]);
		done++;
	}
	free(list);
	printf("%s: %d files\n", dir, done);
	return done == 0;
}

int main(int argc, char **argv)
{
	int r = argc < 2;

	for (int i = 1; i < argc; i++)
		r |= replay_dir(argv[i]);
	return r;
}
