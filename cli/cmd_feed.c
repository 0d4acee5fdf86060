// SPDX-License-Identifier: GPL-2.0-only
#include "cmd_feed.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd_cache.h"
#include "cmd_keyf.h"
#include "sg_mem.h"

/* Blocks of 512 events written in one slice of idle time: some 6 MB. */
#define SAVE_BLOCKS 1000u
/* Keyframes of which images are kept: the first jump anywhere then replays a 64th of the run at most. */
#define KEYFRAMES_KEPT 64u

enum feed_state {
	FEED_CACHE,   /* events come from the cache */
	FEED_CAPTURE, /* from the capture */
	FEED_READ,    /* all is there, and may be kept */
	FEED_SAVING,
	FEED_IMAGES,
	FEED_DONE,
};

struct cmd_feed {
	struct cmd_source src;
	struct sg_capture cap; /* as the screens see it */
	struct mm_config cfg;
	struct sg_log *log;
	struct cmd_cache *cache;
	struct cmd_store *store; /* without a cache */
	struct cmd_feed_options opt;
	enum feed_state state;
	bool cached;
	uint64_t skip; /* events of the capture that are in the log already */
	size_t image;
	size_t kept;   /* images of the cache that were looked at, SIZE_MAX: all */
	size_t used;   /* and taken */
	struct cmd_keyf_in keyf; /* those of a session */
};

uint64_t cmd_feed_memory(void)
{
	long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);

	return pages > 0 && size > 0 ? (uint64_t)pages * (uint64_t)size / 8 : UINT64_C(1) << 30;
}

static void keep_outside(struct cmd_feed *f)
{
	struct sg_log_store store = { .keep = cmd_store_keep };
	struct sg_err err;

	if (f->cache)
		store.arg = cmd_cache_store(f->cache, &err);
	if (!store.arg && cmd_store_open(NULL, &f->store, &err) == 0)
		store.arg = f->store;
	if (store.arg)
		sg_log_set_store(f->log, &store, f->opt.memory);
}

int cmd_feed_open(const char *file, const struct cmd_feed_options *opt, struct cmd_feed **ret, struct sg_err *err)
{
	return cmd_feed_open_dump(file, 0, opt, ret, err);
}

int cmd_feed_open_dump(const char *file, unsigned int dump, const struct cmd_feed_options *opt, struct cmd_feed **ret,
		       struct sg_err *err)
{
	struct cmd_feed *f = calloc(1, sizeof(*f));
	int r;

	if (!f)
		return sg_fail(err, SG_E_NOMEM, "out of memory");
	f->opt = *opt;
	f->state = FEED_CAPTURE;
	r = cmd_open_dump(file, dump, &f->src, err);
	if (r == 0) {
		f->log = sg_log_new();
		if (!f->log)
			r = sg_fail(err, SG_E_NOMEM, "%s: out of memory", file);
	}
	if (r < 0) {
		cmd_feed_close(f);
		return r;
	}
	f->cap = *f->src.cap;
	f->cfg = f->src.cfg;
	f->cfg.cap = &f->cap;
	if (!f->cap.still && !opt->no_cache && strcmp(file, "-") != 0) /* what came from a pipe won't come again */
		f->cache = cmd_cache_open(file, f->src.cap);
	if (f->cache && cmd_cache_found(f->cache)) {
		f->cached = true;
		f->state = FEED_CACHE;
	} else {
		keep_outside(f);
	}
	*ret = f;
	return SG_OK;
}

void cmd_feed_close(struct cmd_feed *f)
{
	struct sg_err err;

	if (!f)
		return;
	/* left before the run was known to its end: the events are kept at least */
	if (f->state == FEED_IMAGES)
		cmd_cache_save_end(f->cache, &err);
	cmd_keyf_load_fini(&f->keyf);
	sg_log_free(f->log);
	cmd_cache_close(f->cache);
	cmd_store_close(f->store);
	cmd_close(&f->src);
	free(f);
}

struct cmd_source *cmd_feed_source(struct cmd_feed *f)
{
	return &f->src;
}

const struct sg_capture *cmd_feed_capture(const struct cmd_feed *f)
{
	return &f->cap;
}

struct sg_log *cmd_feed_log(struct cmd_feed *f)
{
	return f->log;
}

const struct mm_config *cmd_feed_config(const struct cmd_feed *f)
{
	return &f->cfg;
}

bool cmd_feed_cached(const struct cmd_feed *f)
{
	return f->cached;
}

bool cmd_feed_whole(const struct cmd_feed *f)
{
	return f->state > FEED_CAPTURE;
}

static int more_cached(struct cmd_feed *f, uint64_t budget)
{
	int r = cmd_cache_more(f->cache, f->log, budget);

	if (r == SG_E_FORMAT) { /* damaged: the capture has what follows */
		f->cached = false;
		f->skip = sg_log_count(f->log);
		f->state = FEED_CAPTURE;
		return 1;
	}
	if (r == 0) {
		cmd_cache_describe(f->cache, &f->cap);
		f->state = FEED_DONE; /* what is kept needn't be written again */
	}
	return r;
}

int cmd_feed_more(void *feed, uint64_t budget)
{
	struct cmd_feed *f = feed;
	uint64_t memory, reads;

	if (f->state == FEED_CACHE)
		return more_cached(f, budget);
	if (f->state != FEED_CAPTURE)
		return 0;
	memory = sg_mem_failures();
	reads = sg_read_failures(NULL);
	while (budget-- > 0) {
		const struct sg_event *ev = cmd_next(&f->src);
		int r;

		if (!ev) {
			f->state = f->cache && sg_log_count(f->log) >= CMD_CACHE_LEAST ? FEED_READ : FEED_DONE;
			break;
		}
		if (f->skip > 0) {
			f->skip--;
			continue;
		}
		r = sg_log_append(f->log, ev);
		if (r < 0) {
			f->state = FEED_DONE;
			f->cap = *f->src.cap; /* what it points to may have moved */
			return r;
		}
	}
	f->cap = *f->src.cap;
	/* something is missing by now: what would follow isn't the capture, and isn't to be kept */
	if (sg_mem_failures() != memory || sg_read_failures(NULL) != reads) {
		f->state = FEED_DONE;
		return sg_mem_failures() != memory ? SG_E_NOMEM : SG_E_IO;
	}
	return f->state == FEED_CAPTURE;
}

unsigned int cmd_feed_progress(void *feed)
{
	struct cmd_feed *f = feed;

	if (f->state == FEED_CACHE)
		return (unsigned int)(sg_log_count(f->log) * 1000 / (cmd_cache_events(f->cache) + 1));
	return f->state == FEED_CAPTURE ? cmd_progress(&f->src) : 1000;
}

/* The next image of the cache; false when there are no more, or they can't be used. */
static bool cached_keyframe(struct cmd_feed *f, struct mm_timeline *tl)
{
	struct sg_err err;
	const void *data;
	uint64_t pos;
	size_t len;

	if (!f->cached)
		return false;
	data = cmd_cache_image(f->cache, f->kept++, &pos, &len);
	if (!data) /* damaged: it is made again when it is needed */
		return pos == UINT64_MAX;
	if (pos > sg_log_count(f->log) || mm_timeline_keyframe_add(tl, data, len, &err) < 0)
		return false;
	f->used++;
	return true;
}

bool cmd_feed_keyframes(void *feed, struct mm_timeline *tl)
{
	struct cmd_feed *f = feed;

	if (f->kept != SIZE_MAX) {
		if (!cached_keyframe(f, tl))
			f->kept = SIZE_MAX;
		return true;
	}
	/* there are more in the cache than in a session */
	return f->used == 0 && f->src.ss && cmd_keyf_load(&f->keyf, f->src.ss, tl, sg_log_count(f->log));
}

/* Number of the keyframe that image @i is of: not all, evenly; UINT64_MAX behind the last. */
static uint64_t image_of(const struct mm_timeline *tl, size_t i)
{
	uint64_t nr = mm_timeline_keyframes(tl), most = nr - 1 < KEYFRAMES_KEPT ? nr - 1 : KEYFRAMES_KEPT;

	return i < most ? (i + 1) * (nr - 1) / most : UINT64_MAX;
}

static int save_image(struct cmd_feed *f, struct mm_timeline *tl, struct sg_err *err)
{
	uint64_t k = image_of(tl, f->image);
	struct cmd_image im = { 0 };
	int r;

	if (k == UINT64_MAX) {
		f->state = FEED_DONE;
		r = cmd_cache_save_end(f->cache, err);
		return r < 0 ? r : 0;
	}
	f->image++;
	r = mm_timeline_keyframe_save(tl, k, cmd_image_add, &im);
	/* no memory or no room for it: the next time it is made again */
	if (r == 0 && im.len <= cmd_cache_save_room(f->cache))
		r = cmd_cache_save_image(f->cache, mm_timeline_keyframe_position(tl, k), im.data, im.len, err);
	free(im.data);
	if (r < 0)
		f->state = FEED_DONE;
	return r < 0 ? r : 1;
}

int cmd_feed_idle(void *feed, struct mm_timeline *tl, bool ready, struct sg_err *err)
{
	struct cmd_feed *f = feed;
	int r;

	switch (f->state) {
	case FEED_READ:
		r = cmd_cache_save(f->cache, f->log, err);
		f->state = r < 0 ? FEED_DONE : FEED_SAVING;
		return r < 0 ? r : 1;
	case FEED_SAVING:
		r = cmd_cache_save_more(f->cache, SAVE_BLOCKS, err);
		if (r <= 0)
			f->state = r < 0 ? FEED_DONE : FEED_IMAGES;
		return r < 0 ? r : 1;
	case FEED_IMAGES:
		return ready ? save_image(f, tl, err) : 1;
	default:
		return 0;
	}
}
