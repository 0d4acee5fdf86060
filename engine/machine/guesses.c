// SPDX-License-Identifier: GPL-2.0-only
/* Guesses that can be varied, for bench/guesses.py; other builds have them as constants. */
#include "machine/guesses.h"

#ifdef MM_GUESSES_VARY
#include <stdlib.h>

unsigned int mm_guess[MM_GUESS_COUNT] = {
#define X(name, value, off, text) value,
	MM_GUESS_LIST(X)
#undef X
};

__attribute__((constructor)) static void from_environment(void)
{
	static const char *const key[] = {
#define X(name, value, off, text) "MM_GUESS_" #name,
		MM_GUESS_LIST(X)
#undef X
	};

	for (unsigned int i = 0; i < MM_GUESS_COUNT; i++)
		if (getenv(key[i]))
			mm_guess[i] = (unsigned int)strtoul(getenv(key[i]), NULL, 0);
}
#endif
