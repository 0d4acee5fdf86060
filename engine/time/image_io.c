// SPDX-License-Identifier: GPL-2.0-only
/* Numbers to bytes and back. */
#include "time/image_io.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define PIECE (256u << 10)

int mm_io_bad(struct mm_io *io, const char *fmt, ...)
{
	char text[200];
	va_list ap;

	if (!io->failed) {
		va_start(ap, fmt);
		vsnprintf(text, sizeof(text), fmt, ap);
		va_end(ap);
		io->failed = true;
		sg_fail(io->err, SG_E_FORMAT, "the image of the machine is damaged: %s", text);
	}
	io->at = io->end;
	return SG_E_FORMAT;
}

void mm_io_flush(struct mm_io *io)
{
	if (io->failed || io->len == 0)
		return;
	io->result = io->fn(io->arg, io->buf, io->len);
	io->failed = io->result != 0;
	io->len = 0;
}

static unsigned char *room(struct mm_io *io, size_t n)
{
	if (io->failed)
		return NULL;
	if (!io->buf) {
		io->buf = malloc(PIECE);
		io->cap = io->buf ? PIECE : 0;
	}
	if (io->len + n > io->cap)
		mm_io_flush(io);
	if (io->len + n > io->cap) {
		if (!io->failed)
			io->result = SG_E_NOMEM;
		io->failed = true;
		return NULL;
	}
	return io->buf + io->len;
}

void mm_io_put_byte(struct mm_io *io, unsigned int v)
{
	unsigned char *p = room(io, 1);

	if (p) {
		*p = (unsigned char)v;
		io->len++;
	}
}

void mm_io_put(struct mm_io *io, uint64_t v)
{
	unsigned char *p = room(io, 10), *q = p;

	if (!p)
		return;
	while (v >= 0x80) {
		*q++ = (unsigned char)v | 0x80;
		v >>= 7;
	}
	*q++ = (unsigned char)v;
	io->len += (size_t)(q - p);
}

unsigned int mm_io_get_byte(struct mm_io *io)
{
	if (io->at == io->end) {
		mm_io_bad(io, "it ends too early");
		return 0;
	}
	return *io->at++;
}

uint64_t mm_io_get(struct mm_io *io)
{
	uint64_t v = 0;

	for (unsigned int shift = 0; shift < 70; shift += 7) {
		unsigned int b = mm_io_get_byte(io);

		if (shift == 63 && b > 1)
			break;
		v |= (uint64_t)(b & 0x7f) << shift;
		if (b == 0 && shift > 0)
			break; /* there is one way only to write a number */
		if (!(b & 0x80))
			return v;
	}
	mm_io_bad(io, "a number is written wrongly");
	return 0;
}

void mm_io_num(struct mm_io *io, uint64_t *v, uint64_t least, uint64_t most, const char *what)
{
	if (!io->reading) {
		mm_io_put(io, *v);
		return;
	}
	*v = mm_io_get(io);
	if (io->failed) {
		*v = least;
	} else if (*v < least || *v > most) {
		mm_io_bad(io, "%s is %llu", what, (unsigned long long)*v);
		*v = least;
	}
}

void mm_io_int(struct mm_io *io, int64_t *v, int64_t least, int64_t most, const char *what)
{
	if (!io->reading) {
		mm_io_put(io, mm_zigzag((uint64_t)*v));
		return;
	}
	*v = (int64_t)mm_unzigzag(mm_io_get(io));
	if (io->failed) {
		*v = least;
	} else if (*v < least || *v > most) {
		mm_io_bad(io, "%s is %lld", what, (long long)*v);
		*v = least;
	}
}
