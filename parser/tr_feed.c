// SPDX-License-Identifier: GPL-2.0-only
/*
 * Blocks of sub-buffers, read and unpacked ahead of the walk by a thread, a few blocks for each
 * CPU. Filling a block has two steps: claiming finds out what comes next in the file, one thread at
 * a time for a CPU; unpacking can be done for several blocks at once.  The caller fills too
 * whenever the block that it needs is not there, so both processors are busy whatever the data is
 * like; without the thread it does all of it.
 */
#include "tr_priv.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>

#define RAW_SIZE     (128u << 10) /* read at once from the file, compressed */
#define BLOCK_SIZE   (160u << 10) /* of unpacked data, when there are few CPUs */
#define BLOCK_BUDGET (256u << 20) /* of all blocks, when there are many */
#define BLOCK_LIMIT  ((uint64_t)1 << 30) /* of all blocks, in a damaged file */

static bool block_room(struct tr_feeder *fr, struct tr_block *b, size_t need)
{
	uint8_t *p;

	if (need <= b->cap)
		return true;
	if (atomic_fetch_add(&fr->held, need - b->cap) + (need - b->cap) > BLOCK_LIMIT)
		return false;
	p = sg_realloc(b->data, need + TR_SLACK);
	if (!p)
		return false;
	b->data = p;
	b->cap = need;
	return true;
}

static bool raw_room(struct tr_hand *h, size_t need)
{
	uint8_t *p;

	if (need <= h->raw_cap)
		return true;
	p = sg_realloc(h->raw, need);
	if (!p)
		return false;
	h->raw = p;
	h->raw_cap = need;
	return true;
}

/* The next part of @b is a gap; with @rest nothing more of this CPU can be read. */
static void lose(struct tr_feed *f, struct tr_block *b, enum tr_gap why, bool rest)
{
	b->part[b->nr++] = (struct tr_part){ .gap = (uint8_t)why, .gap_at = f->pos };
	if (rest) {
		f->pos = f->end;
		f->chunks = 0;
	}
}

static void claim_plain(struct tr_feeder *fr, struct tr_feed *f, struct tr_block *b)
{
	uint64_t left = f->end - f->pos;
	size_t want = fr->block_size / f->page_size * f->page_size, got;

	if (want == 0)
		want = f->page_size;
	if (want > left)
		want = (size_t)left;
	if (!block_room(fr, b, want)) {
		lose(f, b, TR_GAP_MEMORY, true);
		return;
	}
	got = tr_src_read(fr->src, f->pos, b->data, want);
	f->pos += got;
	b->src_bytes = got;
	b->part[b->nr++] = (struct tr_part){ .data = b->data, .len = got };
	if (got < want)
		lose(f, b, TR_GAP_READ, true);
}

/* One chunk into the list; false when the block is to end before it. */
static bool claim_chunk(struct tr_feeder *fr, struct tr_feed *f, struct tr_hand *h,
			struct tr_block *b, size_t *got, size_t *at, size_t *total)
{
	uint32_t csize, usize;

	if (*got - *at < 8) {
		if (*at)
			return false;
		lose(f, b, f->end - f->pos < 8 ? TR_GAP_CHAIN : TR_GAP_READ, true);
		return true;
	}
	csize = tr_rd32(h->raw + *at, fr->swap);
	usize = tr_rd32(h->raw + *at + 4, fr->swap);
	if (csize == 0 || csize > f->end - f->pos - 8 || usize > TR_MAX_CHUNK || usize == 0) {
		lose(f, b, TR_GAP_CHAIN, true);
		return true;
	}
	if (*total && *total + usize > fr->block_size)
		return false;
	if (csize > *got - *at - 8) { /* not whole in memory: once more from here */
		if (*at)
			return false;
		if (!raw_room(h, (size_t)csize + 8)) {
			lose(f, b, TR_GAP_MEMORY, true);
			return true;
		}
		*got = tr_src_read(fr->src, f->pos, h->raw, (size_t)csize + 8);
		if (*got < (size_t)csize + 8) {
			lose(f, b, TR_GAP_READ, true);
			return true;
		}
	}
	h->chunk[b->nr].at = *at + 8;
	h->chunk[b->nr].csize = csize;
	h->chunk[b->nr].usize = usize;
	b->part[b->nr++] = (struct tr_part){ .len = usize, .gap_at = f->pos };
	*total += usize;
	*at += (size_t)csize + 8;
	f->pos += (uint64_t)csize + 8;
	f->chunks--;
	b->src_bytes += (uint64_t)csize + 8;
	return true;
}

static void claim_packed(struct tr_feeder *fr, struct tr_feed *f, struct tr_hand *h,
			 struct tr_block *b)
{
	size_t got, at = 0, total = 0, want;

	if (!f->opened) {
		uint8_t n[4];

		if (tr_src_read(fr->src, f->pos, n, 4) < 4) {
			lose(f, b, TR_GAP_READ, true);
			return;
		}
		f->chunks = tr_rd32(n, fr->swap);
		f->pos += 4;
		if (f->chunks == 0)
			return;
	}
	if (!raw_room(h, RAW_SIZE)) {
		lose(f, b, TR_GAP_MEMORY, true);
		return;
	}
	want = f->end - f->pos < RAW_SIZE ? (size_t)(f->end - f->pos) : RAW_SIZE;
	got = tr_src_read(fr->src, f->pos, h->raw, want);
	while (f->chunks && b->nr < TR_PARTS && total < fr->block_size)
		if (!claim_chunk(fr, f, h, b, &got, &at, &total))
			break;
}

/* Whatever was not claimed for unpacking has a csize of 0 in the hand's list. */
static void claim(struct tr_feeder *fr, struct tr_feed *f, struct tr_hand *h, struct tr_block *b)
{
	b->nr = 0;
	b->src_bytes = 0;
	memset(h->chunk, 0, sizeof(h->chunk));
	if (f->compressed)
		claim_packed(fr, f, h, b);
	else
		claim_plain(fr, f, b);
	f->opened = true;
}

/* Unpacks what was claimed; a damaged chunk becomes a gap. */
static void unpack(struct tr_feeder *fr, struct tr_hand *h, struct tr_block *b)
{
	size_t total = 0, at = 0;
	bool room;

	for (unsigned int i = 0; i < b->nr; i++)
		total += h->chunk[i].usize;
	if (total == 0)
		return;
	room = block_room(fr, b, total);
	for (unsigned int i = 0; i < b->nr; i++) {
		struct tr_part *p = &b->part[i];

		if (h->chunk[i].csize == 0)
			continue;
		if (!room || !tr_unpack(h->unpack, b->data + at, h->chunk[i].usize,
					h->raw + h->chunk[i].at, h->chunk[i].csize)) {
			p->gap = room ? TR_GAP_CHUNK : TR_GAP_MEMORY;
			p->data = NULL;
			p->len = 0;
			continue;
		}
		p->data = b->data + at;
		at += h->chunk[i].usize;
	}
}

static bool exhausted(const struct tr_feed *f)
{
	return f->pos >= f->end || (f->compressed && f->opened && f->chunks == 0);
}

static bool can_claim(const struct tr_feed *f)
{
	return !f->done && !f->claiming && f->count < TR_BLOCKS;
}

/* The feed that needs a block most, NULL when none can be filled; under the lock. */
static struct tr_feed *neediest(struct tr_feeder *fr)
{
	struct tr_feed *best = NULL;

	for (unsigned int i = 0; i < fr->nr; i++) {
		struct tr_feed *f = &fr->feed[i];

		if (can_claim(f) && (!best || f->count < best->count))
			best = f;
	}
	return best;
}

/* Fills the next block of @f.  The lock is held, and given up in between. */
static void fill(struct tr_feeder *fr, struct tr_feed *f, struct tr_hand *h)
{
	struct tr_block *b = &f->block[(f->head + f->count) % TR_BLOCKS];

	f->claiming = true;
	f->count++;
	b->ready = false;
	pthread_mutex_unlock(&fr->lock);
	claim(fr, f, h, b);
	pthread_mutex_lock(&fr->lock);
	f->claiming = false;
	f->done = exhausted(f);
	pthread_mutex_unlock(&fr->lock);
	unpack(fr, h, b);
	pthread_mutex_lock(&fr->lock);
	b->ready = true;
	pthread_cond_signal(&fr->change);
}

static void *work(void *arg)
{
	struct tr_feeder *fr = arg;

	pthread_mutex_lock(&fr->lock);
	while (!fr->stop) {
		struct tr_feed *f = neediest(fr);

		if (f)
			fill(fr, f, &fr->hand[1]);
		else
			pthread_cond_wait(&fr->change, &fr->lock);
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
	fr->feed = sg_calloc(fr->nr ? fr->nr : 1, sizeof(*fr->feed));
	for (int i = 0; i < 2; i++)
		fr->hand[i].unpack = tr_unpack_new(tc->head.comp);
	if (!fr->feed || !fr->hand[0].unpack || !fr->hand[1].unpack)
		return SG_E_NOMEM;
	share = BLOCK_BUDGET / TR_BLOCKS / (fr->nr ? fr->nr : 1);
	fr->block_size = share < BLOCK_SIZE ? share : BLOCK_SIZE;
	for (unsigned int i = 0; i < fr->nr; i++) {
		const struct tr_where *w = &tc->head.where[i];
		const struct tr_inst *in = &tc->head.inst[w->inst];

		fr->feed[i] = (struct tr_feed){ .pos = w->off,
						.end = w->off + w->size,
						.compressed = in->compressed,
						.page_size = in->page_size };
	}
	pthread_mutex_init(&fr->lock, NULL);
	pthread_cond_init(&fr->change, NULL);
	fr->ready = true;
	posix_fadvise(tc->src.fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	/* copying from the page cache costs less than handing over between threads */
	if (!thread || fr->nr == 0 || tc->head.comp == TR_COMP_NONE)
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
		pthread_cond_signal(&fr->change);
		pthread_mutex_unlock(&fr->lock);
		pthread_join(fr->thread, NULL);
	}
	if (fr->ready) {
		pthread_cond_destroy(&fr->change);
		pthread_mutex_destroy(&fr->lock);
	}
	for (unsigned int i = 0; fr->feed && i < fr->nr; i++)
		for (unsigned int k = 0; k < TR_BLOCKS; k++)
			free(fr->feed[i].block[k].data);
	free(fr->feed);
	for (int i = 0; i < 2; i++) {
		free(fr->hand[i].raw);
		tr_unpack_free(fr->hand[i].unpack);
	}
	memset(fr, 0, sizeof(*fr));
}

const struct tr_block *tr_feeder_next(struct tr_feeder *fr, unsigned int i)
{
	struct tr_feed *f = &fr->feed[i];
	struct tr_block *b = NULL;

	pthread_mutex_lock(&fr->lock);
	if (f->taken) {
		f->taken = false;
		f->head = (f->head + 1) % TR_BLOCKS;
		f->count--;
		pthread_cond_signal(&fr->change);
	}
	f->done |= !f->claiming && exhausted(f);
	for (;;) {
		struct tr_feed *other;

		b = &f->block[f->head];
		if (f->count && b->ready)
			break;
		if (f->count == 0 && f->done) {
			b = NULL;
			break;
		}
		/* instead of waiting: this one's block, or one that will be needed soon */
		other = can_claim(f) ? f : fr->threaded ? neediest(fr) : NULL;
		if (other)
			fill(fr, other, &fr->hand[0]);
		else
			pthread_cond_wait(&fr->change, &fr->lock);
	}
	f->taken = b != NULL;
	pthread_mutex_unlock(&fr->lock);
	return b;
}
