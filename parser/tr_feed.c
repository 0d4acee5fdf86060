// SPDX-License-Identifier: GPL-2.0-only
/*
 * Blocks of sub-buffers, read and unpacked ahead of the caller by one thread, a few blocks for each
 * CPU.  Without the thread the caller does the same work when it needs a block.
 */
#include "tr_priv.h"

#include <signal.h>
#include <stdlib.h>

#define RAW_SIZE (256u << 10)          /* read at once from the file */
#define BLOCK_SIZE (320u << 10)        /* of unpacked data, when there are few CPUs */
#define BLOCK_BUDGET (192u << 20)      /* of all blocks, when there are many */
#define BLOCK_LIMIT ((uint64_t)1 << 30) /* of all blocks, in a damaged file */

static bool grow(struct tr_feeder *fr, struct tr_block *b, size_t need)
{
	uint8_t *p;

	if (need <= b->cap)
		return true;
	if (fr->held + (need - b->cap) > BLOCK_LIMIT)
		return false;
	p = realloc(b->data, need);
	if (!p)
		return false;
	fr->held += need - b->cap;
	b->data = p;
	b->cap = need;
	return true;
}

static bool raw_room(struct tr_feeder *fr, size_t need)
{
	uint8_t *p;

	if (need <= fr->raw_cap)
		return true;
	p = realloc(fr->raw, need);
	if (!p)
		return false;
	fr->raw = p;
	fr->raw_cap = need;
	return true;
}

static void lose(struct tr_feed *f, struct tr_block *b, enum tr_gap why, bool rest)
{
	b->gap = (uint8_t)why;
	b->gap_at = f->pos;
	if (rest)
		f->pos = f->end;
}

static void fill_plain(struct tr_feeder *fr, struct tr_feed *f, struct tr_block *b)
{
	uint64_t left = f->end - f->pos;
	size_t want = fr->block_size / f->page_size * f->page_size, got;

	if (want == 0)
		want = f->page_size;
	if (want > left)
		want = (size_t)left;
	if (!grow(fr, b, want)) {
		lose(f, b, TR_GAP_MEMORY, true);
		return;
	}
	got = tr_src_read(fr->src, f->pos, b->data, want);
	f->pos += got;
	b->len = got;
	b->src_bytes = got;
	if (got < want) {
		b->len -= b->len % f->page_size;
		if (b->len == 0)
			lose(f, b, TR_GAP_READ, true);
		else
			f->cut = true;
	}
}

/*
 * Appends chunks to @b until it has enough or the data ends.  A chunk that is damaged ends the block:
 * the next one starts with the gap.
 */
static void fill_packed(struct tr_feeder *fr, struct tr_feed *f, struct tr_block *b)
{
	size_t got, at = 0;

	if (!raw_room(fr, RAW_SIZE)) {
		lose(f, b, TR_GAP_MEMORY, true);
		return;
	}
	got = tr_src_read(fr->src, f->pos, fr->raw, f->end - f->pos < fr->raw_cap ? f->end - f->pos : fr->raw_cap);
	while (f->chunks) {
		uint32_t csize, usize;

		if (got - at < 8) {
			if (at == 0)
				lose(f, b, TR_GAP_CHAIN, true);
			return;
		}
		csize = tr_rd32(fr->raw + at, fr->swap);
		usize = tr_rd32(fr->raw + at + 4, fr->swap);
		if (csize > f->end - f->pos - 8 || usize > TR_MAX_CHUNK || usize == 0) {
			if (b->len == 0)
				lose(f, b, TR_GAP_CHAIN, true);
			return;
		}
		if (csize > got - at - 8) { /* not whole in memory: once more from here */
			if (at)
				return;
			if (!raw_room(fr, (size_t)csize + 8)) {
				lose(f, b, TR_GAP_MEMORY, true);
				return;
			}
			got = tr_src_read(fr->src, f->pos, fr->raw, (size_t)csize + 8);
			if (got < (size_t)csize + 8) {
				lose(f, b, TR_GAP_READ, true);
				return;
			}
		}
		if (b->len && b->len + usize > fr->block_size)
			return;
		if (!grow(fr, b, b->len + usize > fr->block_size ? b->len + usize : fr->block_size)) {
			if (b->len == 0)
				lose(f, b, TR_GAP_MEMORY, true);
			return;
		}
		if (!tr_unpack(fr->unpack, b->data + b->len, usize, fr->raw + at + 8, csize)) {
			if (b->len)
				return; /* what is whole first; this chunk is found damaged again next time */
			lose(f, b, TR_GAP_CHUNK, false);
			usize = 0;
		}
		b->len += usize;
		b->src_bytes += (uint64_t)csize + 8;
		at += (size_t)csize + 8;
		f->pos += (uint64_t)csize + 8;
		f->chunks--;
		if (b->gap)
			return;
	}
	f->pos = f->end;
}

static bool exhausted(const struct tr_feed *f)
{
	return f->pos >= f->end || (f->compressed && f->chunks == 0);
}

static void fill(struct tr_feeder *fr, struct tr_feed *f, struct tr_block *b)
{
	b->len = 0;
	b->gap = TR_GAP_NONE;
	b->src_bytes = 0;
	if (!f->opened && f->compressed) {
		uint8_t n[4];

		if (tr_src_read(fr->src, f->pos, n, 4) < 4) {
			lose(f, b, TR_GAP_READ, true);
		} else {
			f->chunks = tr_rd32(n, fr->swap);
			f->pos += 4;
		}
	}
	f->opened = true;
	if (f->cut) {
		lose(f, b, TR_GAP_READ, true);
		f->cut = false;
	}
	if (exhausted(f))
		return;
	if (f->compressed)
		fill_packed(fr, f, b);
	else
		fill_plain(fr, f, b);
}

/* The feed that needs a block most, -1 when all are full or done; under the lock. */
static int neediest(struct tr_feeder *fr)
{
	unsigned int best = TR_BLOCKS;
	int at = -1;

	for (unsigned int i = 0; i < fr->nr; i++)
		if (!fr->feed[i].done && fr->feed[i].ready < best) {
			best = fr->feed[i].ready;
			at = (int)i;
			if (best == 0)
				break;
		}
	return at;
}

static void *work(void *arg)
{
	struct tr_feeder *fr = arg;

	pthread_mutex_lock(&fr->lock);
	while (!fr->stop) {
		int i = neediest(fr);
		struct tr_feed *f;

		if (i < 0) {
			pthread_cond_wait(&fr->freed, &fr->lock);
			continue;
		}
		f = &fr->feed[i];
		struct tr_block *b = &f->block[(f->head + f->ready) % TR_BLOCKS];

		pthread_mutex_unlock(&fr->lock);
		fill(fr, f, b);
		pthread_mutex_lock(&fr->lock);
		f->ready++;
		f->done = exhausted(f) && !f->cut;
		pthread_cond_signal(&fr->filled);
	}
	pthread_mutex_unlock(&fr->lock);
	return NULL;
}

int tr_feeder_start(struct tr_capture *tc, bool thread)
{
	struct tr_feeder *fr = &tc->feeder;
	size_t share;
	sigset_t all, old;

	fr->src = &tc->src;
	fr->swap = tc->head.swap;
	fr->nr = tc->head.nr_where;
	fr->feed = calloc(fr->nr ? fr->nr : 1, sizeof(*fr->feed));
	fr->unpack = tr_unpack_new(tc->head.comp);
	if (!fr->feed || !fr->unpack)
		return SG_E_NOMEM;
	share = BLOCK_BUDGET / TR_BLOCKS / (fr->nr ? fr->nr : 1);
	fr->block_size = share < BLOCK_SIZE ? share : BLOCK_SIZE;
	for (unsigned int i = 0; i < fr->nr; i++) {
		const struct tr_where *w = &tc->head.where[i];
		const struct tr_inst *in = &tc->head.inst[w->inst];

		fr->feed[i] = (struct tr_feed){ .pos = w->off, .end = w->off + w->size,
						.compressed = in->compressed, .page_size = in->page_size };
	}
	pthread_mutex_init(&fr->lock, NULL);
	pthread_cond_init(&fr->filled, NULL);
	pthread_cond_init(&fr->freed, NULL);
	fr->ready = true;
	if (!thread || fr->nr == 0)
		return SG_OK;
	/* signals are the caller's business, not this thread's */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	fr->threaded = pthread_create(&fr->thread, NULL, work, fr) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return SG_OK;
}

void tr_feeder_stop(struct tr_feeder *fr)
{
	if (fr->threaded) {
		pthread_mutex_lock(&fr->lock);
		fr->stop = true;
		pthread_cond_signal(&fr->freed);
		pthread_mutex_unlock(&fr->lock);
		pthread_join(fr->thread, NULL);
	}
	if (fr->ready) {
		pthread_cond_destroy(&fr->filled);
		pthread_cond_destroy(&fr->freed);
		pthread_mutex_destroy(&fr->lock);
	}
	for (unsigned int i = 0; fr->feed && i < fr->nr; i++)
		for (unsigned int k = 0; k < TR_BLOCKS; k++)
			free(fr->feed[i].block[k].data);
	free(fr->feed);
	free(fr->raw);
	tr_unpack_free(fr->unpack);
	memset(fr, 0, sizeof(*fr));
}

const struct tr_block *tr_feeder_next(struct tr_feeder *fr, unsigned int i)
{
	struct tr_feed *f = &fr->feed[i];

	if (!fr->threaded) {
		if (f->opened && exhausted(f) && !f->cut)
			return NULL;
		fill(fr, f, &f->block[0]);
		return &f->block[0];
	}
	pthread_mutex_lock(&fr->lock);
	if (f->taken) {
		f->taken = false;
		f->head = (f->head + 1) % TR_BLOCKS;
		f->ready--;
		pthread_cond_signal(&fr->freed);
	}
	while (f->ready == 0 && !f->done)
		pthread_cond_wait(&fr->filled, &fr->lock);
	f->taken = f->ready > 0;
	pthread_mutex_unlock(&fr->lock);
	return f->taken ? &f->block[f->head] : NULL;
}
