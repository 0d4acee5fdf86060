// SPDX-License-Identifier: GPL-2.0-only
/* One number for all that a machine's state consists of, as its image has it: two machines in the same state have the same. */
#include "time/image_io.h"

#include <stdlib.h>
#include <string.h>

static uint64_t mix(uint64_t h, const void *p, size_t n)
{
	const unsigned char *c = p;

	for (; n >= 8; n -= 8, c += 8) {
		uint64_t w;

		memcpy(&w, c, 8);
		h = (h ^ w) * 0x9fb21c651e98df25ull;
		h ^= h >> 29;
	}
	for (; n; n--, c++)
		h = (h ^ *c) * 0x100000001b3ull;
	return h;
}

static int mix_piece(void *arg, const void *data, size_t len)
{
	*(uint64_t *)arg = mix(*(uint64_t *)arg, data, len);
	return 0;
}

uint64_t mm_hash(const struct mm_machine *m)
{
	const struct page_ent *raw;
	const struct block_ent *b;
	uint64_t h = 0xcbf29ce484222325ull;
	struct mm_io io = { .fn = mix_piece, .arg = &h };

	mm_image_core(&io, (struct mm_machine *)(uintptr_t)m); /* writing changes nothing */
	mm_image_put_lists(&io, m);
	mm_io_flush(&io);
	free(io.buf);
	/* what was touched but is as if it hadn't been doesn't count */
	for (uint64_t i = 0; (raw = mm_cow_next(&m->pages, &i)) != NULL; i++) {
		struct page_ent e = mm_ent_meaning(raw), s = mm_ent_seed(m, i);

		if (memcmp(&e, &s, sizeof(e)) != 0)
			h = mix(mix(h, &i, sizeof(i)), &e, sizeof(e));
	}
	for (uint64_t i = 0; (b = mm_cow_next(&m->blocks, &i)) != NULL; i++) {
		struct block_ent s = mm_blk_seed(m, i);

		if (memcmp(b, &s, sizeof(s)) != 0)
			h = mix(mix(h, &i, sizeof(i)), b, sizeof(*b));
	}
	return h;
}
