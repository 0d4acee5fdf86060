// SPDX-License-Identifier: GPL-2.0-only
/* make_seeds DIR: writes the made trace.dat files of the tests as seeds for fuzzing. */
#include <stdio.h>

#include "make.h"

int main(int argc, char **argv)
{
	static const char *const comps[] = { "none", "zstd" };

	if (argc != 2) {
		fprintf(stderr, "usage: make_seeds DIR\n");
		return 2;
	}
	for (int version = 6; version <= 7; version++)
		for (int be = 0; be < 2; be++)
			for (unsigned int longs = 4; longs <= 8; longs += 4)
				for (int c = 0; c < version - 5; c++) {
					struct mk_buf b = mk_sample(version, be, longs, comps[c]);
					char path[4096];
					FILE *f;

					snprintf(path, sizeof(path), "%s/made-v%d-%s-%u-%s",
						 argv[1], version, be ? "be" : "le", longs * 8,
						 comps[c]);
					f = fopen(path, "we");
					if (!f || fwrite(b.d, 1, b.n, f) != b.n || fclose(f) != 0) {
						perror(path);
						return 1;
					}
					mk_free(&b);
				}
	return 0;
}
