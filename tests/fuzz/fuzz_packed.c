// SPDX-License-Identifier: GPL-2.0-only
/* Fuzz target: any bytes as a packed file, unpacked to its end, twice in pieces of other sizes with the same outcome. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "tr_in.h"

#define MOST (4u << 20) /* a small file may unpack to terabytes */

static uint64_t unpack(int fd, size_t piece, long *ret_end)
{
	static char buf[65536];
	uint64_t hash = 14695981039346656037u, total = 0;
	struct tr_in *in;
	struct sg_err err;
	ssize_t n;

	*ret_end = -1;
	if (lseek(fd, 0, SEEK_SET) < 0)
		abort();
	in = tr_in_open(fd, "fuzz", &err);
	if (!in)
		return 0;
	while ((n = tr_in_read(in, buf, piece, &err)) > 0 && total < MOST) {
		if ((size_t)n > piece)
			abort();
		for (ssize_t i = 0; i < n && total + (uint64_t)i < MOST; i++)
			hash = (hash ^ (unsigned char)buf[i]) * 1099511628211u;
		total += (uint64_t)n;
	}
	if (n < 0 && (strlen(err.text) == 0 || strchr(err.text, '\n')))
		abort(); /* every failure has its line */
	*ret_end = total < MOST ? (n < 0 ? (long)n : (long)total) : (long)MOST;
	tr_in_close(in);
	return n < 0 ? 0 : hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	uint64_t a, b;
	long x, y;

	tr_in_window_most = 8u << 20;
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	a = unpack(fd, 65536, &x);
	b = unpack(fd, 4001, &y);
	if (x != y || a != b)
		abort();
	close(fd);
	return 0;
}
