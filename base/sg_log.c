// SPDX-License-Identifier: GPL-2.0-only
/*
 * The event log: blocks of EVENTS_PER_BLOCK events, each a byte string of its own
 * that never moves once it is full.
 *
 * One event is
 *	head     1 byte: H_* bits
 *	kind     1 byte
 *	cpu      varint, only with H_CPU (another than the event before)
 *	pid      varint zigzag, only with H_PID (another than the last seen for this cpu & 7)
 *	ts       varint: difference to the event before, modulo 2^64
 *	missed   varint zigzag, only with H_MISSED
 *	context  3 bytes: instance, common_flags, preempt, only with H_CTX (not all zero)
 *	slots    per field of the kind: a varint; a pfn as zigzag difference to the pfn
 *	         before it, signed types as zigzag; SG_MISSING as all ones
 *	text     bytes, as many as the slot of the SG_T_STR field says
 * ts, cpu, pid and pfn start from 0 in each block, so that a block stands alone.
 */
#include "sg_log.h"

#include <stdlib.h>
#include <string.h>

#include "sg_err.h"
#include "sg_mem.h"

#define EVENTS_PER_BLOCK SG_LOG_BLOCK_EVENTS
#define MAX_HEAD 48u                  /* bytes of an event without its slots and text */
#define H_CPU 1u
#define H_PID 2u
#define H_MISSED 4u
#define H_CTX 8u

struct block {
	uint8_t *data;
	uint32_t len, cap; /* cap 0 with data: it lies in the store, or is borrowed */
	uint64_t first_ts; /* of its first event */
};

struct sg_log {
	struct block *block;
	size_t nr_blocks, cap_blocks;
	uint64_t count, bytes, max_pfn;
	unsigned int max_order;
	uint64_t memory, stored; /* bytes from which on blocks go to the store; bytes there */
	struct sg_log_store store;
	struct sg_layout layout;
	struct sg_cursor tail; /* where the next event is packed: its ts, pfn, cpu and pid context */
};

struct sg_log *sg_log_new(void)
{
	return calloc(1, sizeof(struct sg_log));
}

void sg_log_free(struct sg_log *log)
{
	if (!log)
		return;
	for (size_t i = 0; i < log->nr_blocks; i++)
		if (log->block[i].cap)
			free(log->block[i].data);
	free(log->block);
	sg_layout_fini(&log->layout);
	free(log);
}

void sg_log_set_store(struct sg_log *log, const struct sg_log_store *store, uint64_t memory)
{
	log->store = *store;
	log->memory = memory;
}

static uint64_t zigzag(uint64_t v)
{
	return v << 1 ^ (uint64_t)((int64_t)v >> 63);
}

static uint64_t unzigzag(uint64_t v)
{
	return v >> 1 ^ (0 - (v & 1));
}

static uint8_t *put(uint8_t *p, uint64_t v)
{
	while (v >= 0x80) {
		*p++ = (uint8_t)v | 0x80;
		v >>= 7;
	}
	*p++ = (uint8_t)v;
	return p;
}

static inline const uint8_t *get(const uint8_t *p, uint64_t *v)
{
	uint64_t r = *p & 0x7f;
	unsigned int shift = 7;

	while (*p++ & 0x80) {
		r |= (uint64_t)(*p & 0x7f) << shift;
		shift += 7;
	}
	*v = r;
	return p;
}

static bool is_signed(enum sg_type t)
{
	return t == SG_T_INT || t == SG_T_NID || t == SG_T_ZONE || t == SG_T_SYM;
}

static void context_reset(struct sg_cursor *c)
{
	c->ts = 0;
	c->pfn = 0;
	c->cpu = 0;
	memset(c->pid, 0, sizeof(c->pid));
}

/* The block is full: it goes to the store, or gives back what it doesn't need. */
static void settle(struct sg_log *log, struct block *full)
{
	uint8_t *tight;

	if (!full->cap)
		return;
	if (log->store.keep && log->bytes >= log->memory) {
		const uint8_t *kept = log->store.keep(log->store.arg, full->data, full->len);

		if (kept) {
			free(full->data);
			log->bytes -= full->cap;
			log->stored += full->len;
			full->data = (uint8_t *)kept;
			full->cap = 0;
			return;
		}
	}
	tight = realloc(full->data, full->len);
	if (tight) {
		log->bytes -= full->cap - full->len;
		full->data = tight;
		full->cap = full->len;
	}
}

/* One more place in the table of blocks. */
static bool table_room(struct sg_log *log)
{
	size_t cap = log->cap_blocks ? log->cap_blocks * 2 : 64;
	struct block *nb;

	if (log->nr_blocks < log->cap_blocks)
		return true;
	nb = sg_realloc(log->block, cap * sizeof(*nb));
	if (!nb)
		return false;
	log->bytes += (cap - log->cap_blocks) * sizeof(*nb);
	log->block = nb;
	log->cap_blocks = cap;
	return true;
}

/* Makes room for one more event of at most @need bytes; opens a new block when the last is full. */
static struct block *room(struct sg_log *log, size_t need)
{
	struct block *b;

	if (log->count % EVENTS_PER_BLOCK == 0) {
		if (!table_room(log))
			return NULL;
		if (log->nr_blocks > 0)
			settle(log, &log->block[log->nr_blocks - 1]);
		log->block[log->nr_blocks++] = (struct block){ 0 };
		context_reset(&log->tail);
	}
	b = &log->block[log->nr_blocks - 1];
	if (b->cap - b->len < need) {
		size_t cap = b->cap + need + 16 * EVENTS_PER_BLOCK;
		uint8_t *data = cap <= UINT32_MAX ? sg_realloc(b->data, cap) : NULL;

		if (!data)
			return NULL;
		log->bytes += cap - b->cap;
		b->data = data;
		b->cap = (uint32_t)cap;
	}
	return b;
}

static unsigned int larger_order(unsigned int a, unsigned int b)
{
	return a > b ? a : b;
}

int sg_log_append(struct sg_log *log, const struct sg_event *ev)
{
	const struct sg_kind_info *ki = sg_kind_info(ev->kind);
	struct sg_cursor *t = &log->tail;
	struct block *b = room(log, MAX_HEAD + 10 * SG_SLOTS + ev->str_len);
	unsigned int head = 0;
	uint8_t *p, *start;

	if (!b) {
		/* a block opened for an event that never came would break the numbering */
		if (log->nr_blocks > log->count / EVENTS_PER_BLOCK + (log->count % EVENTS_PER_BLOCK != 0))
			log->nr_blocks--;
		return SG_E_NOMEM;
	}
	if (b->len == 0)
		b->first_ts = ev->ts;
	start = p = b->data + b->len;
	p++;
	*p++ = (uint8_t)ev->kind;
	if (ev->cpu != t->cpu) {
		head |= H_CPU;
		p = put(p, ev->cpu);
		t->cpu = ev->cpu;
	}
	if (ev->pid != t->pid[ev->cpu & 7]) {
		head |= H_PID;
		p = put(p, zigzag((uint64_t)(int64_t)ev->pid));
		t->pid[ev->cpu & 7] = ev->pid;
	}
	p = put(p, ev->ts - t->ts);
	t->ts = ev->ts;
	if (ev->missed) {
		head |= H_MISSED;
		p = put(p, zigzag((uint64_t)ev->missed));
	}
	if (ev->instance | ev->common_flags | ev->preempt) {
		head |= H_CTX;
		*p++ = ev->instance;
		*p++ = ev->common_flags;
		*p++ = ev->preempt;
	}
	*start = (uint8_t)head;
	for (unsigned int i = 0; i < ki->nr_fields; i++) {
		enum sg_type type = ki->field[i].type;
		uint64_t v = ev->v[i];

		if (type == SG_T_STR) {
			p = put(p, ev->str_len);
		} else if (type == SG_T_PFN) {
			p = put(p, zigzag(v - t->pfn));
			if (v != UINT64_MAX) {
				t->pfn = v;
				if (v > log->max_pfn)
					log->max_pfn = v;
			}
		} else {
			p = put(p, is_signed(type) ? zigzag(v) : v);
		}
	}
	if (ev->str_len) {
		memcpy(p, ev->str, ev->str_len);
		p += ev->str_len;
	}
	log->max_order = larger_order(log->max_order, sg_event_order(ev));
	b->len = (uint32_t)(p - b->data);
	log->count++;
	sg_layout_add(&log->layout, ev);
	return SG_OK;
}

uint64_t sg_log_count(const struct sg_log *log)
{
	return log->count;
}

uint64_t sg_log_stored(const struct sg_log *log)
{
	return log->stored;
}

uint64_t sg_log_bytes(const struct sg_log *log)
{
	return log->bytes + sizeof(*log);
}

const struct sg_layout *sg_log_layout(const struct sg_log *log)
{
	return &log->layout;
}

uint64_t sg_log_max_pfn(const struct sg_log *log)
{
	return log->max_pfn;
}

unsigned int sg_log_max_order(const struct sg_log *log)
{
	return log->max_order;
}

bool sg_log_next(struct sg_cursor *c, struct sg_event *ev)
{
	const struct sg_log *log = c->log;
	const struct sg_kind_info *ki;
	const struct block *b;
	const uint8_t *p;
	unsigned int head;
	uint64_t v;

	if (c->next == 0 || c->next > log->count)
		return false;
	if ((c->next - 1) / EVENTS_PER_BLOCK != c->block) {
		c->block = (c->next - 1) / EVENTS_PER_BLOCK;
		c->off = 0;
		context_reset(c);
	}
	b = &log->block[c->block];
	p = b->data + c->off;
	head = *p++;
	ev->kind = *p++;
	ki = sg_kind_info(ev->kind);
	if (head & H_CPU) {
		p = get(p, &v);
		c->cpu = (uint16_t)v;
	}
	ev->cpu = c->cpu;
	if (head & H_PID) {
		p = get(p, &v);
		c->pid[c->cpu & 7] = (int32_t)unzigzag(v);
	}
	ev->pid = c->pid[c->cpu & 7];
	p = get(p, &v);
	c->ts += v;
	ev->ts = c->ts;
	ev->missed = 0;
	if (head & H_MISSED) {
		p = get(p, &v);
		ev->missed = (int64_t)unzigzag(v);
	}
	ev->instance = ev->common_flags = ev->preempt = 0;
	if (head & H_CTX) {
		ev->instance = *p++;
		ev->common_flags = *p++;
		ev->preempt = *p++;
	}
	ev->str = NULL;
	ev->str_len = 0;
	for (unsigned int i = 0; i < ki->nr_fields; i++) {
		enum sg_type type = ki->field[i].type;

		p = get(p, &v);
		if (type == SG_T_STR) {
			ev->str_len = (uint32_t)v;
		} else if (type == SG_T_PFN) {
			v = c->pfn + unzigzag(v);
			if (v != UINT64_MAX)
				c->pfn = v;
		} else if (is_signed(type)) {
			v = unzigzag(v);
		}
		ev->v[i] = v;
	}
	if (ev->str_len) {
		ev->str = (const char *)p;
		p += ev->str_len;
	}
	c->off = (uint32_t)(p - b->data);
	c->next++;
	return true;
}

void sg_log_seek(const struct sg_log *log, struct sg_cursor *c, uint64_t number)
{
	struct sg_event ev;
	uint64_t first = number ? (number - 1) / EVENTS_PER_BLOCK * EVENTS_PER_BLOCK + 1 : 1;

	c->log = log;
	if (number == 0)
		number = 1;
	c->next = first;
	c->block = (first - 1) / EVENTS_PER_BLOCK;
	c->off = 0;
	context_reset(c);
	while (c->next < number && sg_log_next(c, &ev))
		;
}

bool sg_log_get(const struct sg_log *log, struct sg_cursor *c, uint64_t number, struct sg_event *ev)
{
	if (number == 0 || number > log->count)
		return false;
	if (c->log != log || c->next == 0 || c->next > number || number - c->next > EVENTS_PER_BLOCK)
		sg_log_seek(log, c, number);
	while (c->next < number)
		if (!sg_log_next(c, ev))
			return false;
	return sg_log_next(c, ev);
}

uint64_t sg_log_find_ts(const struct sg_log *log, uint64_t ts)
{
	size_t lo = 0, hi = log->nr_blocks;
	struct sg_cursor c;
	struct sg_event ev;
	uint64_t found;

	while (lo < hi) { /* the last block that starts at or before ts */
		size_t mid = lo + (hi - lo) / 2;

		if (log->block[mid].first_ts <= ts)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == 0)
		return 0;
	found = (lo - 1) * EVENTS_PER_BLOCK;
	sg_log_seek(log, &c, found + 1);
	for (unsigned int i = 0; i < EVENTS_PER_BLOCK && sg_log_next(&c, &ev) && ev.ts <= ts; i++)
		found++;
	return found;
}

uint64_t sg_log_blocks(const struct sg_log *log)
{
	return log->nr_blocks;
}

struct sg_log_block sg_log_block(const struct sg_log *log, uint64_t i)
{
	const struct block *b = &log->block[i];
	uint64_t first = i * EVENTS_PER_BLOCK, left = log->count - first;

	return (struct sg_log_block){ b->data, b->len, left < EVENTS_PER_BLOCK ? (uint32_t)left : EVENTS_PER_BLOCK };
}

/* As get(), within the bytes that there are and 64 bits. */
static const uint8_t *get_checked(const uint8_t *p, const uint8_t *end, uint64_t *v)
{
	uint64_t r = 0;

	for (unsigned int shift = 0; p < end && shift < 64; shift += 7) {
		uint8_t c = *p++;

		if (shift == 63 && c > 1)
			return NULL;
		r |= (uint64_t)(c & 0x7f) << shift;
		if (!(c & 0x80)) {
			*v = r;
			return p;
		}
	}
	return NULL;
}

/* Walks one event; NULL when it isn't one.  @ev gets what sg_layout_fact() reads. */
static const uint8_t *check_event(const uint8_t *p, const uint8_t *end, struct sg_cursor *c, uint64_t *max_pfn,
				  unsigned int *max_order, struct sg_event *ev)
{
	const struct sg_kind_info *ki;
	unsigned int head, kind;
	uint64_t v, str_len = 0;

	if (end - p < 2 || p[1] >= SG_KIND_COUNT)
		return NULL;
	head = *p++;
	if (head & ~(H_CPU | H_PID | H_MISSED | H_CTX))
		return NULL;
	ev->kind = kind = *p++;
	ki = sg_kind_info(kind);
	if (head & H_CPU) {
		p = get_checked(p, end, &v);
		if (!p || v > UINT16_MAX)
			return NULL;
		c->cpu = (uint16_t)v;
	}
	if (head & H_PID) {
		p = get_checked(p, end, &v);
		if (!p || v > UINT32_MAX)
			return NULL;
		c->pid[c->cpu & 7] = (int32_t)unzigzag(v);
	}
	ev->pid = c->pid[c->cpu & 7];
	p = get_checked(p, end, &v);
	if (!p)
		return NULL;
	c->ts += v;
	if (head & H_MISSED) {
		p = get_checked(p, end, &v);
		if (!p)
			return NULL;
	}
	if (head & H_CTX) {
		if (end - p < 3)
			return NULL;
		p += 3;
	}
	for (unsigned int i = 0; i < ki->nr_fields; i++) {
		p = get_checked(p, end, &v);
		if (!p)
			return NULL;
		if (ki->field[i].type == SG_T_STR) {
			str_len = v;
		} else if (ki->field[i].type == SG_T_PFN) {
			v = c->pfn + unzigzag(v);
			if (v != UINT64_MAX) {
				c->pfn = v;
				if (v > *max_pfn)
					*max_pfn = v;
			}
		} else if (sg_is_block_order(kind, i)) {
			*max_order = larger_order(*max_order, v < 16 ? (unsigned int)v : 0);
		} else if (is_signed(ki->field[i].type)) {
			v = unzigzag(v);
		}
		ev->v[i] = v;
	}
	return str_len <= (uint64_t)(end - p) ? p + str_len : NULL;
}

/* Appends the events of a checked block one by one. */
static int append_again(struct sg_log *log, const struct sg_log_block *b)
{
	struct block one = { .data = (uint8_t *)b->data, .len = b->len };
	const struct sg_log from = { .block = &one, .nr_blocks = 1, .count = b->events };
	struct sg_cursor c;
	struct sg_event ev;

	sg_log_seek(&from, &c, 1);
	while (sg_log_next(&c, &ev)) {
		int r = sg_log_append(log, &ev);

		if (r < 0)
			return r;
	}
	return SG_OK;
}

int sg_log_add_block(struct sg_log *log, const struct sg_log_block *b)
{
	const uint8_t *p = b->data, *end = b->data + b->len;
	struct sg_layout_fact fact[SG_LOG_BLOCK_EVENTS];
	uint64_t max_pfn = log->max_pfn, first_ts = 0;
	unsigned int max_order = log->max_order;
	struct sg_cursor c = { 0 };
	struct sg_event ev;
	unsigned int facts = 0;

	if (log->count % EVENTS_PER_BLOCK)
		return SG_E_RANGE;
	if (b->events == 0 || b->events > EVENTS_PER_BLOCK || b->len > SG_LOG_BLOCK_BYTES)
		return SG_E_FORMAT;
	for (uint32_t i = 0; i < b->events; i++) {
		p = check_event(p, end, &c, &max_pfn, &max_order, &ev);
		if (!p)
			return SG_E_FORMAT;
		facts += sg_layout_fact(&ev, &fact[facts]);
		if (i == 0)
			first_ts = c.ts;
	}
	if (p != end)
		return SG_E_FORMAT;
	if (b->events < EVENTS_PER_BLOCK) /* more will follow it, in the same block */
		return append_again(log, b);
	if (!table_room(log))
		return SG_E_NOMEM;
	if (log->nr_blocks > 0)
		settle(log, &log->block[log->nr_blocks - 1]);
	log->block[log->nr_blocks++] = (struct block){ .data = (uint8_t *)b->data, .len = b->len, .first_ts = first_ts };
	log->count += b->events;
	log->stored += b->len;
	log->max_pfn = max_pfn;
	log->max_order = max_order;
	for (unsigned int i = 0; i < facts; i++)
		sg_layout_put(&log->layout, &fact[i]);
	return SG_OK;
}
