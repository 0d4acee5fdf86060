// SPDX-License-Identifier: GPL-2.0-only
/* Page states of a snapshot, packed. */
#include "machine/seed.h"

#include <stdlib.h>
#include <string.h>

/* Bits of /proc/kpageflags (include/uapi/linux/kernel-page-flags.h). */
#define KPF_UPTODATE (1ull << 3) /* of the head of a free block: PG_reported (include/linux/page-flags.h, 6.1 to 7.3) */
#define KPF_LRU (1ull << 5)
#define KPF_ACTIVE (1ull << 6)
#define KPF_BUDDY (1ull << 10)
#define KPF_ANON (1ull << 12)
#define KPF_SWAPBACKED (1ull << 14)
#define KPF_UNEVICTABLE (1ull << 18)
#define KPF_NOPAGE (1ull << 20)

struct builder {
	struct mm_seed_map *s;
	const struct mm_seed_span *span;
	unsigned int nr_spans, max_order;
	uint8_t *buf;        /* window of pages that have not been packed yet */
	uint64_t first, len; /* window: pfn of buf[0], bytes */
	uint64_t cap;
	const struct mm_map *map;
	int failed;
};

static uint64_t hash64(const uint8_t *p)
{
	uint64_t h = 0x9e3779b97f4a7c15ull, w;

	for (unsigned int i = 0; i < MM_SEED_PATTERN; i += 8) {
		memcpy(&w, p + i, 8);
		h = (h ^ w) * 0xff51afd7ed558ccdull;
		h ^= h >> 32;
	}
	return h;
}

static int grow_hash(struct mm_seed_map *s)
{
	uint32_t size = s->hash_size ? s->hash_size * 2 : 4096;
	uint32_t *h = malloc(size * sizeof(*h));

	if (!h)
		return SG_E_NOMEM;
	memset(h, 0xff, size * sizeof(*h));
	for (uint32_t i = 0; i < s->nr_patterns; i++) {
		uint64_t k = hash64(s->pattern + (size_t)i * MM_SEED_PATTERN);

		while (h[k & (size - 1)] != UINT32_MAX)
			k++;
		h[k & (size - 1)] = i;
	}
	free(s->hash);
	s->hash = h;
	s->hash_size = size;
	return SG_OK;
}

/* Index of pattern @p, added when new; UINT32_MAX when memory runs out. */
static uint32_t intern(struct mm_seed_map *s, const uint8_t *p)
{
	uint64_t k;

	if ((s->nr_patterns + 1) * 2 > s->hash_size && grow_hash(s) < 0)
		return UINT32_MAX;
	for (k = hash64(p);; k++) {
		uint32_t i = s->hash[k & (s->hash_size - 1)];

		if (i == UINT32_MAX)
			break;
		if (memcmp(s->pattern + (size_t)i * MM_SEED_PATTERN, p, MM_SEED_PATTERN) == 0)
			return i;
	}
	if (s->nr_patterns == s->cap_patterns) {
		uint32_t cap = s->cap_patterns ? s->cap_patterns * 2 : 256;
		uint8_t *n = realloc(s->pattern, (size_t)cap * MM_SEED_PATTERN);

		if (!n)
			return UINT32_MAX;
		s->pattern = n;
		s->cap_patterns = cap;
	}
	memcpy(s->pattern + (size_t)s->nr_patterns * MM_SEED_PATTERN, p, MM_SEED_PATTERN);
	s->hash[k & (s->hash_size - 1)] = s->nr_patterns;
	return s->nr_patterns++;
}

static struct mm_seed_map *map_new(uint64_t nr_pfns)
{
	uint64_t n = (nr_pfns + MM_SEED_PATTERN - 1) / MM_SEED_PATTERN;
	struct mm_seed_map *s = calloc(1, sizeof(*s));
	uint8_t p[MM_SEED_PATTERN];

	if (!s)
		return NULL;
	s->refs = 1;
	s->nr_pfns = n * MM_SEED_PATTERN;
	s->pattern_of = malloc((n ? n : 1) * sizeof(*s->pattern_of));
	memset(p, MM_SEED_UNKNOWN, sizeof(p));
	if (!s->pattern_of || intern(s, p) != 0) {
		mm_seed_put(s);
		return NULL;
	}
	memset(p, MM_SEED_NONE, sizeof(p));
	if (intern(s, p) != 1) {
		mm_seed_put(s);
		return NULL;
	}
	for (uint64_t i = 0; i < n; i++)
		s->pattern_of[i] = 1;
	return s;
}

static void map_done(struct mm_seed_map *s)
{
	free(s->hash);
	s->hash = NULL;
	s->sum = 1;
	for (uint64_t i = 0; s->pattern_of && i < s->nr_pfns / MM_SEED_PATTERN; i++)
		s->sum = (s->sum ^ s->pattern_of[i]) * 0x9fb21c651e98df25ull + 1;
	for (uint32_t i = 0; i < s->nr_patterns; i++)
		s->sum = (s->sum ^ hash64(s->pattern + (size_t)i * MM_SEED_PATTERN)) * 0x9fb21c651e98df25ull + 1;
	s->bytes = sizeof(*s) + s->nr_pfns / MM_SEED_PATTERN * sizeof(*s->pattern_of) +
		   (uint64_t)s->cap_patterns * MM_SEED_PATTERN;
}

void mm_seed_stretch(struct mm_seed_map *s, uint64_t end)
{
	if (!s->pattern_of && s->nr_spans && s->span[s->nr_spans - 1].end < end)
		s->span[s->nr_spans - 1].end = end;
}

struct mm_seed_map *mm_seed_get(struct mm_seed_map *s)
{
	s->refs++;
	return s;
}

void mm_seed_put(struct mm_seed_map *s)
{
	if (!s || --s->refs > 0)
		return;
	free(s->pattern_of);
	free(s->pattern);
	free(s->hash);
	free(s);
}

/* End of the zone that holds @pfn (and *@start its start), 0 when none does. */
static uint64_t span_of(const struct builder *b, uint64_t pfn, uint64_t *start)
{
	for (unsigned int i = 0; i < b->nr_spans; i++)
		if (pfn >= b->span[i].start && pfn < b->span[i].end) {
			*start = b->span[i].start;
			return b->span[i].end;
		}
	return 0;
}

/*
 * Cuts the run of free pages [from, to) (window indices) into buddy blocks: at each
 * page the largest block that is aligned and fits, which is what merging at once yields.
 */
static void cut_blocks(struct builder *b, uint64_t from, uint64_t to)
{
	while (from < to) {
		uint64_t pfn = b->first + from;
		unsigned int o = b->max_order;

		while (o > 0 && ((pfn & ((1ull << o) - 1)) || from + (1ull << o) > to))
			o--;
		memset(b->buf + from, MM_SEED_FREET, 1ull << o);
		b->buf[from] = (uint8_t)(MM_SEED_FREE | o << 4);
		from += 1ull << o;
	}
}

/* Pages that no zone spans are none of ours, whatever their flags say. */
static void drop_outside(struct builder *b, uint64_t nr)
{
	for (uint64_t i = 0; i < nr;) {
		uint64_t start, pfn = b->first + i, end = span_of(b, pfn, &start), next = b->first + nr;

		if (end) {
			i = end < next ? end - b->first : nr;
			continue;
		}
		for (unsigned int k = 0; k < b->nr_spans; k++)
			if (b->span[k].start > pfn && b->span[k].start < next)
				next = b->span[k].start;
		memset(b->buf + i, MM_SEED_NONE, next - pfn);
		i = next - b->first;
	}
}

/* Packs the first @nr pages of the window (a multiple of 2^max_order, or all at the end). */
static int flush(struct builder *b, uint64_t nr)
{
	drop_outside(b, nr);
	for (uint64_t i = 0; i < nr;) {
		uint64_t start = 0, end, j = i;

		if (b->buf[i] != MM_SEED_FREET) {
			i++;
			continue;
		}
		end = span_of(b, b->first + i, &start);
		while (j < nr && b->buf[j] == MM_SEED_FREET && (end == 0 || b->first + j < end))
			j++;
		cut_blocks(b, i, j);
		i = j;
	}
	for (uint64_t i = 0; i < nr; i += MM_SEED_PATTERN) {
		uint8_t p[MM_SEED_PATTERN];
		uint64_t n = nr - i < MM_SEED_PATTERN ? nr - i : MM_SEED_PATTERN;
		uint64_t at = (b->first + i) / MM_SEED_PATTERN;
		uint32_t idx;

		memcpy(p, b->buf + i, n);
		for (uint64_t k = n; k < MM_SEED_PATTERN; k++) { /* the file ends here */
			uint64_t start;

			p[k] = span_of(b, b->first + i + k, &start) ? MM_SEED_UNKNOWN : MM_SEED_NONE;
		}
		if ((at + 1) * MM_SEED_PATTERN > b->s->nr_pfns)
			break;
		idx = intern(b->s, p);
		if (idx == UINT32_MAX)
			return SG_E_NOMEM;
		b->s->pattern_of[at] = idx;
	}
	memmove(b->buf, b->buf + nr, b->len - nr);
	b->first += nr;
	b->len -= nr;
	return SG_OK;
}

static uint8_t seed_byte(uint64_t f)
{
	unsigned int lru = MM_LRU_NONE;

	if (f & KPF_NOPAGE)
		return MM_SEED_NONE;
	if (f & KPF_BUDDY)
		return MM_SEED_FREET; /* heads are found when blocks are cut */
	if (f & KPF_UNEVICTABLE)
		lru = MM_LRU_UNEVICTABLE;
	else if (f & KPF_LRU)
		lru = f & (KPF_ANON | KPF_SWAPBACKED) ? MM_LRU_ANON : MM_LRU_FILE;
	return (uint8_t)(MM_SEED_USED | lru << 4 | (f & KPF_ACTIVE ? 8 : 0));
}

static int take_flags(void *arg, uint64_t pfn, const uint64_t *flags, size_t nr)
{
	struct builder *b = arg;
	const uint64_t step = 1ull << b->max_order;

	if (pfn != b->first + b->len)
		return 1; /* pieces must follow each other; the rest stays unknown */
	for (size_t i = 0; i < nr; i++) {
		if (b->len == b->cap) {
			b->failed = flush(b, b->cap / step * step);
			if (b->failed)
				return 1;
		}
		b->s->reported |= (flags[i] & (KPF_BUDDY | KPF_UPTODATE | KPF_NOPAGE)) == (KPF_BUDDY | KPF_UPTODATE);
		b->buf[b->len++] = seed_byte(flags[i]);
	}
	return 0;
}

/* The same by pfn, of a machine whose pages are numbered: what no range has is left out. */
static int take_mapped(void *arg, uint64_t pfn, const uint64_t *flags, size_t nr)
{
	struct builder *b = arg;
	int r = 0;

	for (uint32_t i = 0; i < b->map->nr && r == 0; i++) {
		const struct mm_map_range *m = &b->map->range[i];
		uint64_t from = pfn > m->start ? pfn : m->start, to = pfn + nr < m->end ? pfn + nr : m->end;

		if (from < to)
			r = take_flags(b, m->base + (from - m->start), flags + (from - pfn), to - from);
	}
	return r;
}

int mm_seed_new(const struct sg_snapshot *snap, const struct mm_seed_span *span, unsigned int nr,
		unsigned int max_order, const struct mm_map *map, struct mm_seed_map **ret, struct sg_err *err)
{
	struct builder b = { .span = span, .nr_spans = nr, .max_order = max_order, .map = map };
	uint64_t end = map ? map->total : snap->nr_pfns;
	int r;

	for (unsigned int i = 0; i < nr; i++)
		if (span[i].end > end)
			end = span[i].end;
	b.s = map_new(end);
	b.cap = 64ull << max_order;
	b.buf = malloc(b.cap);
	if (!b.s || !b.buf) {
		mm_seed_put(b.s);
		free(b.buf);
		return sg_fail(err, SG_E_NOMEM, "out of memory for the snapshot '%s'", snap->name);
	}
	for (uint64_t i = 0; i < b.s->nr_pfns / MM_SEED_PATTERN; i++) {
		uint64_t start;

		b.s->pattern_of[i] = span_of(&b, i * MM_SEED_PATTERN, &start) ? 0 : 1;
	}
	r = snap->pageflags(snap, map ? take_mapped : take_flags, &b);
	if (!b.failed && b.len)
		b.failed = flush(&b, b.len);
	free(b.buf);
	if (b.failed) {
		mm_seed_put(b.s);
		return sg_fail(err, SG_E_NOMEM, "out of memory for the snapshot '%s'", snap->name);
	}
	map_done(b.s);
	*ret = b.s;
	return r < 0 ? r : SG_OK; /* a damaged file: what was read counts, the rest is unknown */
}

int mm_seed_blank(const struct mm_seed_span *span, unsigned int nr, struct mm_seed_map **ret,
		  struct sg_err *err)
{
	struct mm_seed_map *s = map_new(0);

	if (!s)
		return sg_fail(err, SG_E_NOMEM, "out of memory");
	free(s->pattern_of);
	s->pattern_of = NULL;
	for (unsigned int i = 0; i < nr && i < MM_MAX_ZONES; i++)
		s->span[s->nr_spans++] = span[i];
	map_done(s);
	*ret = s;
	return SG_OK;
}
