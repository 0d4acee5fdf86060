/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers to bytes and back, with one function for both directions where the layout is the same:
 * a field is named once, with its range.  Private to engine/.
 */
#ifndef MM_TIME_IMAGE_IO_H
#define MM_TIME_IMAGE_IO_H

#include "time/room.h"

#include "time/image.h"
#include "machine/state.h"

struct mm_io {
	bool reading;
	bool failed;            /* nothing counts after it */
	struct sg_err *err;     /* reading: the first thing wrong */
	/* reading */
	const unsigned char *at, *end;
	/* writing: collected, then handed out in large pieces */
	unsigned char *buf;
	size_t len, cap;
	mm_image_write_fn fn;
	void *arg;
	int result;             /* what stopped the writing */
};

/** Reading: what is wrong, once.  Return: SG_E_FORMAT. */
int mm_io_bad(struct mm_io *io, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/** Writing: hands out what is collected. */
void mm_io_flush(struct mm_io *io);
void mm_io_put(struct mm_io *io, uint64_t v);
void mm_io_put_byte(struct mm_io *io, unsigned int v);
uint64_t mm_io_get(struct mm_io *io);
unsigned int mm_io_get_byte(struct mm_io *io);
/** A number in [@least, @most], whichever way; out of range it is @least. */
void mm_io_num(struct mm_io *io, uint64_t *v, uint64_t least, uint64_t most, const char *what);
void mm_io_int(struct mm_io *io, int64_t *v, int64_t least, int64_t most, const char *what);

static inline uint64_t mm_zigzag(uint64_t v)
{
	return v << 1 ^ (uint64_t)((int64_t)v >> 63);
}

static inline uint64_t mm_unzigzag(uint64_t v)
{
	return v >> 1 ^ (0 - (v & 1));
}

/* A field in [0, most], and a signed one in [least, most]. */
#define IO_NUM(io, field, most)                                                                 \
	do {                                                                                    \
		uint64_t v_ = (uint64_t)(field);                                                \
		mm_io_num(io, &v_, 0, most, #field);                                            \
		if ((io)->reading)                                                              \
			(field) = (__typeof__(field))v_;                                        \
	} while (0)
#define IO_INT(io, field, least, most)                                                          \
	do {                                                                                    \
		int64_t v_ = (int64_t)(field);                                                  \
		mm_io_int(io, &v_, least, most, #field);                                        \
		if ((io)->reading)                                                              \
			(field) = (__typeof__(field))v_;                                        \
	} while (0)

/* time/image_core.c: all but pages and lists; reading, @m becomes it */
void mm_image_core(struct mm_io *io, struct mm_machine *m);
/* time/image_pages.c */
void mm_image_put_pages(struct mm_io *io, const struct mm_machine *m);
void mm_image_get_pages(struct mm_io *io, struct mm_machine *m);
/* time/image_lists.c */
void mm_image_put_lists(struct mm_io *io, const struct mm_machine *m);
void mm_image_get_lists(struct mm_io *io, struct mm_machine *m, uint64_t nr_linked);
/* time/image.c: @m, a machine of the configuration in any state, becomes the image's */
int mm_image_read(struct mm_machine *m, const void *data, size_t len, struct sg_err *err);

#endif
