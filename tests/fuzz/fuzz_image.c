// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target: images of a machine.  The first byte chooses the machine and what happens to it after the
 * image is loaded.  An image that is taken must be written again just as it was.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "image_cfg.h"

struct compare {
	const uint8_t *at;
	size_t left;
};

static int same(void *arg, const void *data, size_t len)
{
	struct compare *c = arg;

	if (len > c->left || memcmp(c->at, data, len) != 0)
		abort();
	c->at += len;
	c->left -= len;
	return 0;
}

static int drop(void *arg, const void *data, size_t len)
{
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct image_cfg c;
	struct mm_machine *m = NULL;
	struct sg_err err;
	struct compare all;

	if (size < 1)
		return 0;
	image_cfg_init(&c, data[0] & 1);
	if (mm_image_load(&c.cfg, data + 1, size - 1, &m, &err) < 0)
		return 0;
	all = (struct compare){ data + 1, size - 1 };
	if (mm_image_save(m, same, &all) != 0 || all.left)
		abort();
	image_drive(m, size * 77 + data[0], 200);
	mm_image_save(m, drop, NULL);
	mm_machine_free(m);
	return 0;
}
