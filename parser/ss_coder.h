/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The entropy coder of event frames: single bits under adaptive probabilities, and numbers made of
 * them.  Each function writes what it is given when @enc, and otherwise ignores it and returns what
 * it read: writer and reader share every line of the model, so that they can't differ.
 * Integers only: the same bytes on every machine.  doc/session-format.md, "Bits".
 */
#ifndef SS_CODER_H
#define SS_CODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef SS_COST
#define SS_COST(p, bit) ((void)0)
#endif

/*
 * What most events need is there twice, for writing and for reading, with @enc a constant in each.
 * Under sanitizers that would only make the compiler slow.
 */
#if defined(__SANITIZE_ADDRESS__) || !defined(__OPTIMIZE__)
#define SS_INLINE static __attribute__((noinline, unused))
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SS_INLINE static __attribute__((noinline, unused))
#endif
#endif
#ifndef SS_INLINE
#define SS_INLINE static inline __attribute__((always_inline))
#endif
#define SS_SELDOM static __attribute__((noinline, unused)) /* and what few events need only once */

/** Bit in the high 22 bits: probability of 1; in the low 10: how often it was used, up to a limit. */
typedef uint32_t ss_prob;
#define SS_PROB_INIT 0x80000000u
#define SS_LIMIT 250      /* how slowly a probability learns in the end: single, mixed */
#define SS_LIMIT_MIXED 60
#define SS_MIX_INIT 28000
#define SS_MIX_RATE 15

struct ss_coder {
	uint32_t lo, hi, x;      /* interval; x: the reader's 32 bits of input */
	uint8_t *out;            /* writer: room for what one event may need is made beforehand */
	const uint8_t *in, *end; /* reader */
	size_t over;             /* reader: bytes asked for behind the end */
};

/** Tables that all coders share; filled once by ss_coder_tables(). */
struct ss_tables {
	uint16_t squash[4096];  /* of (x + 2048): 65536 / (1 + exp(-x / 256)) */
	int16_t stretch[4096];  /* of a probability in 1/4096: its inverse */
	uint16_t rate[1024];    /* 65536 / (n + 1.5) */
};
const struct ss_tables *ss_coder_tables(void);

SS_INLINE void ss_coder_start(struct ss_coder *c)
{
	c->lo = 0;
	c->hi = UINT32_MAX;
}

SS_INLINE uint8_t ss_coder_byte(struct ss_coder *c)
{
	if (c->in < c->end)
		return *c->in++;
	c->over++;
	return 0;
}

/* One bit at @p1 of 65536 (1 .. 65535) for a 1. */
SS_INLINE unsigned int ss_code(struct ss_coder *c, const bool enc, uint32_t p1, unsigned int bit)
{
	uint32_t mid = c->lo + (uint32_t)(((uint64_t)(c->hi - c->lo) * p1) >> 16);

	if (!enc)
		bit = c->x <= mid;
	SS_COST(p1, bit);
	if (bit)
		c->hi = mid;
	else
		c->lo = mid + 1;
	while ((c->lo ^ c->hi) < 1u << 24) {
		if (enc)
			*c->out++ = (uint8_t)(c->hi >> 24);
		else
			c->x = c->x << 8 | ss_coder_byte(c);
		c->lo <<= 8;
		c->hi = c->hi << 8 | 0xff;
	}
	return bit;
}

SS_INLINE void ss_learn(const struct ss_tables *t, ss_prob *p, unsigned int bit, unsigned int limit)
{
	uint32_t v = *p, n = v & 1023, pr = v >> 10;

	if (bit)
		pr += (uint32_t)(((uint64_t)(0x3fffff - pr) * t->rate[n]) >> 16);
	else
		pr -= (uint32_t)(((uint64_t)pr * t->rate[n]) >> 16);
	*p = pr << 10 | (n < limit ? n + 1 : limit);
}

SS_INLINE uint32_t ss_p16(ss_prob p)
{
	uint32_t v = p >> 16;

	return v < 16 ? 16 : v > 65520 ? 65520 : v;
}

/** A bit under one probability. */
SS_INLINE unsigned int ss_bit(struct ss_coder *c, const struct ss_tables *t, const bool enc, ss_prob *p,
			      unsigned int bit)
{
	bit = ss_code(c, enc, ss_p16(*p), bit);
	ss_learn(t, p, bit, SS_LIMIT);
	return bit;
}

/** Weights of a mixture of two probabilities, 65536 is 1. */
struct ss_mix {
	int32_t w[2];
};

/** A bit under a mixture of two probabilities; the weights learn which of the two knows better. */
SS_INLINE unsigned int ss_bit2(struct ss_coder *c, const struct ss_tables *t, const bool enc, ss_prob *a,
			       ss_prob *b, struct ss_mix *m, unsigned int bit)
{
	int32_t sa = t->stretch[*a >> 20], sb = t->stretch[*b >> 20], x, err;
	uint32_t p;

	x = (int32_t)(((int64_t)m->w[0] * sa + (int64_t)m->w[1] * sb) >> 16);
	x = x < -2047 ? -2047 : x > 2047 ? 2047 : x;
	p = t->squash[x + 2048];
	bit = ss_code(c, enc, p, bit);
	err = (int32_t)(bit << 16) - (int32_t)p;
	m->w[0] += (int32_t)(((int64_t)sa * err) >> SS_MIX_RATE);
	m->w[1] += (int32_t)(((int64_t)sb * err) >> SS_MIX_RATE);
	ss_learn(t, a, bit, SS_LIMIT_MIXED);
	ss_learn(t, b, bit, SS_LIMIT_MIXED);
	return bit;
}

/** @nr bits (at most 64) that nothing is known about, the highest first. */
SS_INLINE uint64_t ss_raw(struct ss_coder *c, const bool enc, uint64_t v, unsigned int nr)
{
	uint64_t r = 0;

	if (enc) {
		uint32_t lo = c->lo, hi = c->hi;
		uint8_t *out = c->out;

		for (unsigned int i = nr; i-- > 0;) {
			uint32_t half = (hi - lo) >> 1, zero = (uint32_t)(v >> i & 1) - 1;

			SS_COST(32768, v >> i & 1);
			/* no branch on what can't be foreseen: a 1 takes the lower half */
			hi = lo + half + (zero & ((hi - lo) - half));
			lo += zero & (half + 1);
			while ((lo ^ hi) < 1u << 24) {
				*out++ = (uint8_t)(hi >> 24);
				lo <<= 8;
				hi = hi << 8 | 0xff;
			}
		}
		c->lo = lo;
		c->hi = hi;
		c->out = out;
		return nr < 64 ? v & ((1ull << nr) - 1) : v;
	}
	while (nr-- > 0)
		r = r << 1 | ss_code(c, enc, 32768, v >> nr & 1);
	return r;
}

/** A symbol of @nr bits; @p has 1 << @nr probabilities.  Returns it with a 1 before its bits. */
SS_SELDOM unsigned int ss_sym(struct ss_coder *c, const struct ss_tables *t, const bool enc, ss_prob *p,
			      unsigned int nr, unsigned int v)
{
	unsigned int node = 1;

	while (nr-- > 0)
		node = node << 1 | ss_bit(c, t, enc, &p[node], v >> nr & 1);
	return node;
}

/** Probabilities of a number: its length in bits, then the three bits below the leading one. */
struct ss_num {
	ss_prob len[128], top[65][8];
};

/** Any number. */
SS_SELDOM uint64_t ss_number_(struct ss_coder *c, const struct ss_tables *t, const bool enc, struct ss_num *m,
			     uint64_t v)
{
	unsigned int len = enc && v ? 64 - (unsigned int)__builtin_clzll(v) : 0, nr;
	uint64_t r;

	len = ss_sym(c, t, enc, m->len, 7, len) - 128;
	if (len > 64)
		len = 64;
	if (len <= 1)
		return len;
	nr = len - 1 < 3 ? len - 1 : 3;
	r = ss_sym(c, t, enc, m->top[len], nr, enc ? (unsigned int)(v >> (len - 1 - nr)) & ((1u << nr) - 1) : 0);
	nr = len - 1 - nr;
	return nr ? r << nr | ss_raw(c, enc, v, nr) : r;
}

#endif
