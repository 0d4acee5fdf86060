// SPDX-License-Identifier: GPL-2.0-only
/* make-image-seeds FOLDER: writes the corpus that fuzz_image.c starts from. */
#include <stdio.h>

#include "image_cfg.h"

static int put(void *arg, const void *data, size_t len)
{
	return fwrite(data, 1, len, arg) == len ? 0 : -1;
}

int main(int argc, char **argv)
{
	for (unsigned int i = 0; argc == 2 && i < 8; i++) {
		struct image_cfg c;
		struct mm_machine *m;
		char path[512];
		FILE *f;

		image_cfg_init(&c, i & 1);
		m = mm_machine_new(&c.cfg, NULL);
		snprintf(path, sizeof(path), "%s/image-%u", argv[1], i);
		f = fopen(path, "wb");
		if (!m || !f)
			return 1;
		image_drive(m, 1000 + i, i / 2 * i * 12);
		fputc((int)(i & 1), f);
		if (mm_image_save(m, put, f) != 0 || fclose(f) != 0)
			return 1;
		mm_machine_free(m);
	}
	return argc == 2 ? 0 : 2;
}
