// SPDX-License-Identifier: GPL-2.0-only
/*
 * The snapshots beside a trace: before/ and in-start/ of a capture directory.  in-end/ and after/
 * are what a run is judged by, and never looked at.
 */
#include "tr_snap.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "tr_priv.h"

#define MAX_TEXT                                                                                   \
	(32u << 20) /* bytes of one text file: zoneinfo of thousands of CPUs has a few MB */
#define WORDS    8192 /* of kpageflags handed over at once */
#define MAX_PFNS (1ull << 40)

/* Path of kpageflags, kept for streaming. */
struct flags_file {
	char *path;
	bool packed;
};

/* @dir/@name as memory, NULL when it isn't there (no note) or can't be read (a note). */
static char *slurp(struct tr_capture *tc, const char *dir, const char *name, size_t *ret_len)
{
	char *path = NULL, *buf = NULL;
	size_t len = 0;
	int fd;

	*ret_len = 0;
	if (asprintf(&path, "%s/%s", dir, name) < 0)
		return NULL;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		if (errno != ENOENT && errno != ENOTDIR)
			tr_note(tc, "%s: %s", path, strerror(errno));
		goto out;
	}
	for (size_t room = 0;;) { /* a size from stat() would be wrong for files of /proc */
		ssize_t n;

		if (len == room) {
			char *more = room < MAX_TEXT ? realloc(buf, room ? room * 2 : 16384) : NULL;

			if (!more) {
				tr_note(tc, "%s: too large, left out", path);
				free(buf);
				buf = NULL;
				break;
			}
			buf = more;
			room = room ? room * 2 : 16384;
		}
		n = read(fd, buf + len, room - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			tr_note(tc, "%s: %s", path, strerror(errno));
			free(buf);
			buf = NULL;
		}
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	close(fd);
out:
	free(path);
	*ret_len = buf ? len : 0;
	return buf;
}

static int stream_plain(int fd, sg_pageflags_fn fn, void *arg, uint64_t *words)
{
	uint64_t *buf = malloc(WORDS * sizeof(*buf)), pfn = 0;
	size_t have = 0;
	int r = buf ? SG_OK : SG_E_NOMEM;

	while (r == SG_OK) {
		ssize_t n = read(fd, (char *)buf + have, WORDS * sizeof(*buf) - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			r = SG_E_IO;
		if (n <= 0)
			break;
		have += (size_t)n;
		if (have == WORDS * sizeof(*buf)) {
			r = fn ? fn(arg, pfn, buf, WORDS) : SG_OK;
			pfn += WORDS;
			have = 0;
		}
	}
	if (r == SG_OK && have >= sizeof(*buf)) {
		r = fn ? fn(arg, pfn, buf, have / sizeof(*buf)) : SG_OK;
		pfn += have / sizeof(*buf);
	}
	free(buf);
	*words = pfn;
	return r;
}

/* As above for a packed file; without @fn it only counts. */
static int stream_packed(int fd, sg_pageflags_fn fn, void *arg, uint64_t *words)
{
	size_t in_size = ZSTD_DStreamInSize(), hint = 0;
	uint64_t *buf = malloc(WORDS * sizeof(*buf)), pfn = 0;
	ZSTD_DCtx *ctx = ZSTD_createDCtx();
	char *in = malloc(in_size);
	ZSTD_outBuffer ob = { buf, WORDS * sizeof(*buf), 0 };
	int r = buf && ctx && in ? SG_OK : SG_E_NOMEM;

	while (r == SG_OK) {
		ssize_t n = read(fd, in, in_size);
		ZSTD_inBuffer ib = { in, n > 0 ? (size_t)n : 0, 0 };

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			r = n < 0 ? SG_E_IO : hint ? SG_E_TRUNCATED : SG_OK;
			break;
		}
		/* once more after the input is used up: output may still be inside */
		for (bool more = true; more && r == SG_OK;) {
			hint = ZSTD_decompressStream(ctx, &ob, &ib);
			if (ZSTD_isError(hint)) {
				r = SG_E_FORMAT;
				break;
			}
			/* 0: the frame is at its end and all of it is out */
			more = ib.pos < ib.size || (hint && ob.pos == ob.size);
			if (ob.pos == ob.size) {
				r = fn ? fn(arg, pfn, buf, WORDS) : SG_OK;
				pfn += WORDS;
				ob.pos = 0;
				if (pfn > MAX_PFNS)
					r = SG_E_RANGE;
			}
		}
	}
	if (r == SG_OK && ob.pos >= sizeof(*buf)) {
		r = fn ? fn(arg, pfn, buf, ob.pos / sizeof(*buf)) : SG_OK;
		pfn += ob.pos / sizeof(*buf);
	}
	ZSTD_freeDCtx(ctx);
	free(in);
	free(buf);
	*words = pfn;
	return r;
}

static int stream(const struct flags_file *ff, sg_pageflags_fn fn, void *arg, uint64_t *words)
{
	int fd = open(ff->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), r;

	*words = 0;
	if (fd < 0)
		return SG_E_IO;
	r = ff->packed ? stream_packed(fd, fn, arg, words) : stream_plain(fd, fn, arg, words);
	close(fd);
	return r;
}

static int snap_pageflags(const struct sg_snapshot *snap, sg_pageflags_fn fn, void *arg)
{
	uint64_t words;

	return snap->priv ? stream(snap->priv, fn, arg, &words) : SG_E_NOTFOUND;
}

/* The number of words without reading them all, 0 when the file doesn't say. */
static uint64_t words_of(const struct flags_file *ff)
{
	unsigned long long size = 0;
	unsigned char head[32];
	struct stat st;
	ssize_t n;
	int fd = open(ff->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return 0;
	if (!ff->packed && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		size = (unsigned long long)st.st_size;
	n = ff->packed ? read(fd, head, sizeof(head)) : 0;
	if (n > 0) {
		size = ZSTD_getFrameContentSize(head, (size_t)n);
		if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR)
			size = 0;
	}
	close(fd);
	return size / 8;
}

static void find_pageflags(struct tr_capture *tc, struct sg_snapshot *s, const char *dir)
{
	static const char *const names[] = { "kpageflags.zst", "kpageflags" };
	struct flags_file *ff = calloc(1, sizeof(*ff));

	for (int i = 0; ff && i < 2; i++) {
		if (asprintf(&ff->path, "%s/%s", dir, names[i]) < 0) {
			ff->path = NULL;
			break;
		}
		ff->packed = i == 0;
		if (access(ff->path, R_OK) == 0) {
			int r = SG_OK;

			s->nr_pfns = words_of(ff);
			if (s->nr_pfns == 0) /* packed from a pipe: the size must be counted */
				r = stream(ff, NULL, NULL, &s->nr_pfns);
			if (r == SG_OK && s->nr_pfns && s->nr_pfns <= MAX_PFNS) {
				s->have_pageflags = true;
				s->priv = ff;
				s->pageflags = snap_pageflags;
				return;
			}
			tr_note(tc,
				"%s: damaged or empty: which pages were free at this snapshot is "
				"not known",
				ff->path);
		} else if (errno != ENOENT) {
			tr_note(tc, "%s: %s", ff->path, strerror(errno));
		}
		free(ff->path);
		ff->path = NULL;
	}
	free(ff);
}

/* thp.* files: each is one value. */
static void thp_files(struct tr_capture *tc, struct sg_snapshot *s, const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		size_t len;
		char *text;

		if (strncmp(e->d_name, "thp.", 4) != 0)
			continue;
		text = slurp(tc, dir, e->d_name, &len);
		if (text)
			tr_snap_value(s, e->d_name, text, len);
		free(text);
	}
	if (d)
		closedir(d);
}

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct sg_kv *)a)->key, ((const struct sg_kv *)b)->key);
}

/* The order of migratetypes in pagetypeinfo is their order in the kernel. */
static void take_types(struct tr_capture *tc, const struct tr_snap_types *t)
{
	struct sg_capture *cap = &tc->cap;

	if (t->nr == 0 || !cap->migratetype_assumed)
		return;
	cap->migratetype_assumed = false;
	cap->nr_migratetypes = t->nr;
	cap->mt_highatomic = cap->mt_cma = cap->mt_isolate = -1;
	for (unsigned int i = 0; i < t->nr; i++) {
		memcpy(cap->migratetype[i], t->name[i], sizeof(cap->migratetype[i]));
		if (strcmp(t->name[i], "HighAtomic") == 0)
			cap->mt_highatomic = (int)i;
		else if (strcmp(t->name[i], "CMA") == 0)
			cap->mt_cma = (int)i;
		else if (strcmp(t->name[i], "Isolate") == 0)
			cap->mt_isolate = (int)i;
	}
}

static bool one_snapshot(struct tr_capture *tc, struct sg_snapshot *s, const char *dir)
{
	struct tr_snap_types types = { 0 };
	bool ok = true, any = false;
	size_t len;
	char *text;

	text = slurp(tc, dir, "zoneinfo", &len);
	if (text)
		ok = tr_snap_zoneinfo(s, text, len);
	any |= len > 0;
	free(text);
	text = slurp(tc, dir, "buddyinfo", &len);
	if (text)
		ok &= tr_snap_buddyinfo(s, text, len);
	any |= len > 0;
	free(text);
	text = slurp(tc, dir, "pagetypeinfo", &len);
	if (text)
		ok &= tr_snap_pagetypeinfo(s, &types, text, len);
	any |= len > 0;
	free(text);

	static const struct {
		const char *file, *prefix; /* without a prefix: one value */
	} more[] = { { "vmstat", "vmstat" },
		     { "meminfo", "meminfo" },
		     { "sysctl-vm", "sysctl" },
		     { "lru_gen.enabled", NULL },
		     { "numa.demotion_enabled", NULL },
		     { "swaps", "swaps" } };

	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
		text = slurp(tc, dir, more[i].file, &len);
		if (text)
			ok &= more[i].prefix ? tr_snap_lines(s, more[i].prefix, text, len)
					     : tr_snap_value(s, more[i].file, text, len);
		any |= len > 0;
		free(text);
	}
	thp_files(tc, s, dir);
	if (s->nr_kv)
		qsort(s->kv, s->nr_kv, sizeof(*s->kv), by_key);
	find_pageflags(tc, s, dir);
	any |= s->have_pageflags;
	take_types(tc, &types);
	if (!ok)
		tr_note(tc, "%s: not read to the end for lack of memory", dir);
	if (any && s->nr_zones == 0)
		tr_note(tc, "%s: no zone is known (zoneinfo is missing or damaged)", dir);
	return any;
}

void tr_snaps_read(struct tr_capture *tc)
{
	static const char *const names[] = { "before", "in-start" };

	for (size_t i = 0; i < 2; i++) {
		struct sg_snapshot *s = &tc->snap[tc->nr_snaps];
		struct stat st;
		char *dir;

		if (asprintf(&dir, "%s/%s", tc->dir, names[i]) < 0)
			return;
		memset(s, 0, sizeof(*s));
		s->name = names[i];
		if (stat(dir, &st) == 0 && S_ISDIR(st.st_mode)) {
			if (one_snapshot(tc, s, dir)) {
				tc->nr_snaps++;
			} else {
				tr_note(tc,
					"%s: the snapshot folder holds nothing that can be read",
					dir);
				tr_snap_clear(s);
			}
		}
		free(dir);
	}
}

void tr_snaps_free(struct tr_capture *tc)
{
	for (unsigned int i = 0; i < tc->nr_snaps; i++) {
		struct flags_file *ff = tc->snap[i].priv;

		tr_snap_clear(&tc->snap[i]);
		if (ff)
			free(ff->path);
		free(ff);
	}
	tc->nr_snaps = 0;
}
