// SPDX-License-Identifier: GPL-2.0-only
/*
 * A cache file is
 *	head     4096 bytes: struct head
 *	data     blocks of the event log and images, anywhere
 *	index    struct entry for each block, then for each image; then notes, other events, limits
 * in the machine's own byte order: it never leaves the machine.
 */
#include "cmd_cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xxhash.h>

#include "cmd_cache_key.h"

#define MAGIC "stormglass cache\n"
#define LAYOUT 2u
#define HEAD_BYTES 4096u

struct head {
	char magic[20];
	uint32_t layout;
	struct cmd_cache_key key;
	uint64_t events, blocks, images, notes, others, limits;
	uint8_t unsure[SG_KIND_COUNT];
	uint64_t index_at, index_len, index_hash;
	uint64_t lost_events;
	uint64_t lost_unknown;
	uint64_t hash; /* of all before it */
};

/* A block of events or an image. */
struct entry {
	uint64_t at, hash;
	uint64_t pos; /* image: position; block: events in it */
	uint64_t len;
};

struct cmd_cache {
	char *dir, *path;
	const struct sg_capture *cap;
	struct cmd_cache_key key;
	/* found */
	const uint8_t *map;
	uint64_t map_len;
	struct head head;
	const struct entry *entry;
	uint64_t next; /* block */
	struct sg_note *note;
	struct sg_other *other;
	struct sg_limits limits;
	/* being written */
	struct cmd_store *store; /* blocks of the log may lie in it */
	bool saving;
	const struct sg_log *log;
	struct entry *out;
	uint64_t nr_out, cap_out;
};

static uint64_t hash_of(const void *data, size_t len)
{
	return XXH3_64bits(data, len);
}

/* ---- reading --------------------------------------------------------------- */

static void forget(struct cmd_cache *c)
{
	if (c->map)
		munmap((void *)c->map, c->map_len);
	c->map = NULL;
	c->entry = NULL;
	c->head = (struct head){ 0 };
}

/* Sums that can't overflow: each part is bounded by the file's length first. */
static bool head_fits(const struct head *h, uint64_t len)
{
	uint64_t need;

	if (memcmp(h->magic, MAGIC, sizeof(MAGIC)) != 0 || h->layout != LAYOUT || h->hash != hash_of(h, offsetof(struct head, hash)))
		return false;
	if (h->blocks > len || h->images > len || h->notes > len || h->others > len || h->limits > len)
		return false;
	need = (h->blocks + h->images) * sizeof(struct entry) + h->notes * sizeof(struct sg_note) +
	       h->others * sizeof(struct sg_other) + h->limits * sizeof(struct sg_limit);
	return h->index_at >= HEAD_BYTES && h->index_at <= len && h->index_at % 8 == 0 && h->index_len == need &&
	       h->index_len <= len - h->index_at;
}

static bool find(struct cmd_cache *c)
{
	int fd = open(c->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	const uint8_t *tail;
	struct stat st;
	void *map;

	if (fd < 0)
		return false;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid() || st.st_size < (off_t)HEAD_BYTES) {
		close(fd);
		return false;
	}
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	futimens(fd, NULL); /* used now: others go first */
	close(fd);
	if (map == MAP_FAILED)
		return false;
	c->map = map;
	c->map_len = (uint64_t)st.st_size;
	memcpy(&c->head, c->map, sizeof(c->head));
	if (!head_fits(&c->head, c->map_len) || memcmp(&c->head.key, &c->key, sizeof(c->key)) != 0 ||
	    hash_of(c->map + c->head.index_at, c->head.index_len) != c->head.index_hash) {
		forget(c);
		return false;
	}
	c->entry = (const struct entry *)(c->map + c->head.index_at);
	tail = (const uint8_t *)(c->entry + c->head.blocks + c->head.images);
	c->note = calloc(c->head.notes + 1, sizeof(*c->note));
	c->other = calloc(c->head.others + 1, sizeof(*c->other));
	if (!c->note || !c->other) {
		forget(c);
		return false;
	}
	memcpy(c->note, tail, c->head.notes * sizeof(*c->note));
	memcpy(c->other, tail + c->head.notes * sizeof(*c->note), c->head.others * sizeof(*c->other));
	tail += c->head.notes * sizeof(*c->note) + c->head.others * sizeof(*c->other);
	for (uint64_t i = 0; i < c->head.limits; i++) {
		struct sg_limit l;

		memcpy(&l, tail + i * sizeof(l), sizeof(l));
		l.text[sizeof(l.text) - 1] = l.remedy[sizeof(l.remedy) - 1] = '\0';
		if ((unsigned int)l.id < SG_LIMIT_COUNT)
			sg_limits_add(&c->limits, l.id, l.from, l.to, l.remedy, "%s", l.text);
	}
	for (uint64_t i = 0; i < c->head.notes; i++)
		c->note[i].text[sizeof(c->note[i].text) - 1] = '\0';
	for (uint64_t i = 0; i < c->head.others; i++)
		c->other[i].name[sizeof(c->other[i].name) - 1] = '\0';
	return true;
}

/* The bytes of an entry, NULL when they aren't what they were. */
static const uint8_t *bytes_of(const struct cmd_cache *c, const struct entry *e)
{
	if (e->at > c->map_len || e->len > c->map_len - e->at || hash_of(c->map + e->at, e->len) != e->hash)
		return NULL;
	return c->map + e->at;
}

struct cmd_cache *cmd_cache_open(const char *path, const struct sg_capture *cap)
{
	struct cmd_cache *c = calloc(1, sizeof(*c));
	char hex[2 * CMD_CACHE_ID + 1];

	if (!c)
		return NULL;
	c->cap = cap;
	c->dir = cmd_cache_dir();
	if (!c->dir || !cmd_cache_key(path, &c->key)) {
		cmd_cache_close(c);
		return NULL;
	}
	for (unsigned int i = 0; i < CMD_CACHE_ID; i++)
		snprintf(hex + 2 * i, 3, "%02x", c->key.content[i]);
	if (asprintf(&c->path, "%s/%s.events", c->dir, hex) < 0) {
		c->path = NULL;
		cmd_cache_close(c);
		return NULL;
	}
	find(c);
	return c;
}

void cmd_cache_close(struct cmd_cache *c)
{
	if (!c)
		return;
	forget(c);
	cmd_store_close(c->store);
	free(c->note);
	free(c->other);
	sg_limits_free(&c->limits);
	free(c->out);
	free(c->dir);
	free(c->path);
	free(c);
}

bool cmd_cache_found(const struct cmd_cache *c)
{
	return c->map != NULL;
}

uint64_t cmd_cache_events(const struct cmd_cache *c)
{
	return c->head.events;
}

int cmd_cache_more(struct cmd_cache *c, struct sg_log *log, uint64_t budget)
{
	uint64_t until = sg_log_count(log) + budget;

	while (c->next < c->head.blocks && sg_log_count(log) < until) {
		const struct entry *e = &c->entry[c->next];
		struct sg_log_block b = { bytes_of(c, e), (uint32_t)e->len, (uint32_t)e->pos };
		int r = SG_E_FORMAT;

		if (b.data && e->len <= SG_LOG_BLOCK_BYTES && e->pos <= SG_LOG_BLOCK_EVENTS)
			r = sg_log_add_block(log, &b);
		if (r < 0) {
			if (r != SG_E_NOMEM)
				unlink(c->path);
			return r == SG_E_NOMEM ? r : SG_E_FORMAT;
		}
		c->next++;
	}
	if (c->next < c->head.blocks)
		return 1;
	return sg_log_count(log) == c->head.events ? 0 : SG_E_FORMAT;
}

void cmd_cache_describe(const struct cmd_cache *c, struct sg_capture *cap)
{
	cap->lost_events = c->head.lost_events;
	cap->lost_unknown = c->head.lost_unknown != 0;
	cap->nr_notes = (unsigned int)c->head.notes;
	cap->note = c->note;
	cap->nr_other = (unsigned int)c->head.others;
	cap->other = c->other;
	cap->limits = c->limits;
	for (unsigned int k = 0; k < SG_KIND_COUNT; k++)
		cap->unsure[k] = c->head.unsure[k] != 0;
}

const void *cmd_cache_image(struct cmd_cache *c, size_t i, uint64_t *ret_pos, size_t *ret_len)
{
	const struct entry *e;
	const void *data;

	*ret_pos = 0;
	if (!c->map || i >= c->head.images)
		return NULL;
	e = &c->entry[c->head.blocks + i];
	data = bytes_of(c, e);
	*ret_pos = data ? e->pos : UINT64_MAX;
	*ret_len = e->len;
	return data;
}

/* ---- writing ----------------------------------------------------------------- */

static int give_up(struct cmd_cache *c, struct sg_err *err, const char *why)
{
	c->saving = false;
	return sg_fail(err, SG_E_IO, "%s: the capture isn't kept for the next time: %s", c->dir, why);
}

struct cmd_store *cmd_cache_store(struct cmd_cache *c, struct sg_err *err)
{
	static const char zeros[HEAD_BYTES];
	uint64_t at;

	if (!c->store && cmd_store_open(c->dir, &c->store, err) == 0 &&
	    cmd_store_append(c->store, zeros, sizeof(zeros), &at) < 0) {
		sg_fail(err, SG_E_IO, "%s: can't be written: %s", c->dir, strerror(cmd_store_error(c->store)));
		cmd_store_close(c->store);
		c->store = NULL;
	}
	return c->store;
}

int cmd_cache_save(struct cmd_cache *c, const struct sg_log *log, struct sg_err *err)
{
	uint64_t len = sg_log_bytes(log) + sg_log_stored(log);

	c->log = log;
	c->nr_out = 0;
	if (len > CMD_CACHE_LIMIT / 2)
		return sg_fail(err, SG_E_RANGE, "%s: the capture isn't kept for the next time: it would take more than %" PRIu64 " MiB",
			       c->dir, (uint64_t)CMD_CACHE_LIMIT / 2 >> 20);
	if (!cmd_cache_store(c, err))
		return SG_E_IO;
	c->saving = true;
	return SG_OK;
}

static struct entry *one_more(struct cmd_cache *c)
{
	if (c->nr_out == c->cap_out) {
		uint64_t cap = c->cap_out ? c->cap_out * 2 : 1024;
		struct entry *out = realloc(c->out, cap * sizeof(*out));

		if (!out)
			return NULL;
		c->out = out;
		c->cap_out = cap;
	}
	return &c->out[c->nr_out++];
}

/* Appends unless the bytes lie in the file already. */
static int add(struct cmd_cache *c, const uint8_t *data, uint64_t len, uint64_t pos, struct sg_err *err)
{
	struct entry *e = one_more(c);

	if (!e)
		return give_up(c, err, "out of memory");
	*e = (struct entry){ .hash = hash_of(data, len), .pos = pos, .len = len };
	if (!cmd_store_offset(c->store, data, &e->at) && cmd_store_append(c->store, data, len, &e->at) < 0)
		return give_up(c, err, strerror(cmd_store_error(c->store)));
	return SG_OK;
}

int cmd_cache_save_more(struct cmd_cache *c, uint64_t blocks, struct sg_err *err)
{
	if (!c->saving)
		return SG_OK;
	for (; blocks > 0 && c->nr_out < sg_log_blocks(c->log); blocks--) {
		struct sg_log_block b = sg_log_block(c->log, c->nr_out);
		int r = add(c, b.data, b.len, b.events, err);

		if (r < 0)
			return r;
	}
	return c->nr_out < sg_log_blocks(c->log);
}

uint64_t cmd_cache_save_room(const struct cmd_cache *c)
{
	uint64_t len = c->store ? cmd_store_len(c->store) : 0;

	return c->saving && len < CMD_CACHE_LIMIT / 2 ? CMD_CACHE_LIMIT / 2 - len : 0;
}

int cmd_cache_save_image(struct cmd_cache *c, uint64_t pos, const void *image, size_t len, struct sg_err *err)
{
	return c->saving ? add(c, image, len, pos, err) : SG_OK;
}

struct old_file {
	struct timespec used;
	uint64_t bytes;
	char *path;
};

static int by_use(const void *a, const void *b)
{
	const struct old_file *x = a, *y = b;

	if (x->used.tv_sec != y->used.tv_sec)
		return x->used.tv_sec < y->used.tv_sec ? -1 : 1;
	return x->used.tv_nsec < y->used.tv_nsec ? -1 : x->used.tv_nsec > y->used.tv_nsec;
}

void cmd_cache_room(const char *dir, uint64_t need)
{
	struct old_file *file = NULL;
	size_t nr = 0;
	uint64_t sum = need;
	DIR *d = opendir(dir);
	struct dirent *de;

	while (d && (de = readdir(d)) != NULL) {
		struct old_file *more = realloc(file, (nr + 1) * sizeof(*file));
		struct stat st;
		char *path;

		if (!more)
			break;
		file = more;
		if (de->d_name[0] == '.' || asprintf(&path, "%s/%s", dir, de->d_name) < 0)
			continue;
		if (lstat(path, &st) < 0 || !S_ISREG(st.st_mode)) {
			free(path);
			continue;
		}
		file[nr++] = (struct old_file){ st.st_mtim, (uint64_t)st.st_size, path };
		sum += (uint64_t)st.st_size;
	}
	if (d)
		closedir(d);
	if (nr)
		qsort(file, nr, sizeof(*file), by_use);
	for (size_t i = 0; i < nr; i++) {
		if (sum > CMD_CACHE_LIMIT && unlink(file[i].path) == 0)
			sum -= file[i].bytes;
		free(file[i].path);
	}
	free(file);
}

int cmd_cache_save_end(struct cmd_cache *c, struct sg_err *err)
{
	struct head h = { .magic = MAGIC, .layout = LAYOUT, .key = c->key };
	uint64_t at, blocks = sg_log_blocks(c->log), pad = 0;
	size_t entries = c->nr_out * sizeof(*c->out), notes = c->cap->nr_notes * sizeof(*c->cap->note),
	       others = c->cap->nr_other * sizeof(*c->cap->other), limits = c->cap->limits.nr * sizeof(struct sg_limit);
	unsigned char *index;
	int r;

	if (!c->saving)
		return SG_OK;
	h.events = sg_log_count(c->log);
	h.blocks = blocks;
	h.images = c->nr_out - blocks;
	h.notes = c->cap->nr_notes;
	h.others = c->cap->nr_other;
	h.limits = c->cap->limits.nr;
	for (unsigned int k = 0; k < SG_KIND_COUNT; k++)
		h.unsure[k] = c->cap->unsure[k];
	h.lost_events = c->cap->lost_events;
	h.lost_unknown = c->cap->lost_unknown;
	h.index_len = entries + notes + others + limits;
	index = malloc(h.index_len ? h.index_len : 1);
	if (!index)
		return give_up(c, err, "out of memory");
	if (entries)
		memcpy(index, c->out, entries);
	if (notes)
		memcpy(index + entries, c->cap->note, notes);
	if (others)
		memcpy(index + entries + notes, c->cap->other, others);
	if (limits)
		memcpy(index + entries + notes + others, c->cap->limits.l, limits);
	h.index_hash = hash_of(index, h.index_len);
	r = cmd_store_append(c->store, &pad, (8 - cmd_store_len(c->store) % 8) % 8, &at);
	if (r == 0)
		r = cmd_store_append(c->store, index, h.index_len, &h.index_at);
	free(index);
	h.hash = hash_of(&h, offsetof(struct head, hash));
	if (r == 0)
		r = cmd_store_patch(c->store, 0, &h, sizeof(h));
	if (r < 0)
		return give_up(c, err, strerror(cmd_store_error(c->store)));
	cmd_cache_room(c->dir, cmd_store_len(c->store));
	c->saving = false;
	return cmd_store_publish(c->store, c->path, err);
}
