// SPDX-License-Identifier: GPL-2.0-only
/*
 * The snapshots beside a trace: before/ and in-start/ of a capture directory.  in-end/ is what a run is judged by, and only
 * read for that; after/ is never looked at.
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

#include "tr_in.h"
#include "tr_priv.h"

#define MAX_TEXT                                                                                   \
	(32u << 20) /* bytes of one text file: zoneinfo of thousands of CPUs has a few MB */
#define WORDS    8192 /* of kpageflags handed over at once */
#define MAX_PFNS (1ull << 40)
#define MAX_PACKED (256u << 20) /* bytes of a packed kpageflags that are read for their frames' sizes */

/* Path of kpageflags, kept for streaming. */
struct flags_file {
	char *path;
	bool packed; /* by its name */
	bool swap;   /* the machine has another byte order than this one */
};

/*
 * @dir/@name, or the same with the ending of a packer, open for reading and unpacked on the way; NULL when it isn't
 * there (no note) or can't be opened (a note). @ret_path is new memory, set also without a file.
 */
static struct tr_in *open_file(struct tr_capture *tc, const char *dir, const char *name, int *ret_fd, char **ret_path)
{
	static const char *const ending[] = { "", ".zst", ".gz", ".xz" };
	struct tr_in *in = NULL;
	struct sg_err err;

	*ret_fd = -1;
	*ret_path = NULL;
	for (size_t i = 0; i < sizeof(ending) / sizeof(ending[0]) && *ret_fd < 0; i++) {
		free(*ret_path);
		*ret_path = NULL;
		*ret_path = sg_printf("%s/%s%s", dir, name, ending[i]);
		if (!*ret_path)
			return NULL;
		*ret_fd = open(*ret_path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		if (*ret_fd < 0 && errno != ENOENT && errno != ENOTDIR) {
			sg_open_fail(errno);
			tr_note(tc, "%s: %s", *ret_path, strerror(errno));
			return NULL;
		}
	}
	if (*ret_fd < 0)
		return NULL;
	in = tr_in_open(*ret_fd, *ret_path, &err);
	if (!in) {
		tr_note(tc, "%s", err.text);
		close(*ret_fd);
		*ret_fd = -1;
	}
	return in;
}

/* @dir/@name as memory, NULL when it isn't there (no note) or can't be read (a note). */
static char *slurp(struct tr_capture *tc, const char *dir, const char *name, size_t *ret_len)
{
	char *path, *buf = NULL;
	struct tr_in *in;
	struct sg_err err;
	size_t len = 0;
	int fd;

	*ret_len = 0;
	in = open_file(tc, dir, name, &fd, &path);
	for (size_t room = 0; in;) { /* a size from stat() would be wrong for files of /proc */
		ssize_t n;

		if (len == room) {
			char *more = room < MAX_TEXT ? sg_realloc(buf, room ? room * 2 : 16384) : NULL;

			if (!more) {
				tr_note(tc, "%s: too large, left out", path);
				free(buf);
				buf = NULL;
				break;
			}
			buf = more;
			room = room ? room * 2 : 16384;
		}
		n = tr_in_read(in, buf + len, room - len, &err);
		if (n < 0) {
			tr_note(tc, "%s", err.text);
			free(buf);
			buf = NULL;
		}
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	tr_in_close(in);
	if (fd >= 0)
		close(fd);
	free(path);
	*ret_len = buf ? len : 0;
	return buf;
}

/* Words as the machine wrote them, in this one's byte order. */
static int hand_out(const struct flags_file *ff, sg_pageflags_fn fn, void *arg, uint64_t pfn, uint64_t *buf, size_t nr)
{
	if (!fn)
		return SG_OK;
	for (size_t i = 0; ff->swap && i < nr; i++)
		buf[i] = __builtin_bswap64(buf[i]);
	return fn(arg, pfn, buf, nr);
}

/* The words of kpageflags in pieces; without @fn they are only counted. */
static int stream(const struct flags_file *ff, sg_pageflags_fn fn, void *arg, uint64_t *words, struct sg_err *err)
{
	int fd = open(ff->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	uint64_t *buf = sg_malloc(WORDS * sizeof(*buf)), pfn = 0;
	struct tr_in *in;
	size_t have = 0;
	ssize_t n = 0;
	int r = SG_OK;

	*words = 0;
	if (fd < 0)
		sg_open_fail(errno);
	in = fd >= 0 && buf ? tr_in_open(fd, ff->path, err) : NULL;
	if (!in)
		r = fd < 0 ? sg_fail(err, SG_E_IO, "%s: %s", ff->path, strerror(errno)) : SG_E_NOMEM;
	else if (ff->packed && tr_in_packer(in) == TR_PACK_NONE)
		r = sg_fail(err, SG_E_FORMAT, "%s: isn't packed, as its name says", ff->path);
	while (r == SG_OK) {
		n = tr_in_read(in, (char *)buf + have, WORDS * sizeof(*buf) - have, err);
		if (n <= 0)
			break;
		have += (size_t)n;
		if (have == WORDS * sizeof(*buf)) {
			r = hand_out(ff, fn, arg, pfn, buf, WORDS);
			pfn += WORDS;
			have = 0;
			if (pfn > MAX_PFNS)
				r = sg_fail(err, SG_E_RANGE, "%s: more words than a machine has pages", ff->path);
		}
	}
	if (r == SG_OK && n < 0)
		r = (int)n;
	if (r == SG_OK && have >= sizeof(*buf)) {
		r = hand_out(ff, fn, arg, pfn, buf, have / sizeof(*buf));
		pfn += have / sizeof(*buf);
	}
	tr_in_close(in);
	if (fd >= 0)
		close(fd);
	free(buf);
	*words = pfn;
	return r;
}

static int snap_pageflags(const struct sg_snapshot *snap, sg_pageflags_fn fn, void *arg)
{
	struct sg_err err;
	uint64_t words;

	return snap->priv ? stream(snap->priv, fn, arg, &words, &err) : SG_E_NOTFOUND;
}

/* The sizes that zstd's frames say, added up; 0 when one of them doesn't say its own. */
static uint64_t size_of_frames(const uint8_t *data, size_t len)
{
	unsigned long long total = 0;

	while (len) {
		unsigned long long raw = ZSTD_getFrameContentSize(data, len);
		size_t bytes = ZSTD_findFrameCompressedSize(data, len);

		if (raw == ZSTD_CONTENTSIZE_UNKNOWN || raw == ZSTD_CONTENTSIZE_ERROR || raw > MAX_PFNS * 8 ||
		    total + raw > MAX_PFNS * 8)
			return 0;
		total += raw;
		if (ZSTD_isError(bytes) || bytes == 0) /* cut: reading it tells */
			return total;
		data += bytes;
		len -= bytes;
	}
	return total;
}

/* The number of words without unpacking them all, 0 when the file doesn't say. */
static uint64_t words_of(const struct flags_file *ff)
{
	int fd = open(ff->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	uint8_t head[TR_PACK_HEAD], *data = NULL;
	uint64_t size = 0;
	struct stat st;
	ssize_t n;

	if (fd < 0) {
		sg_open_fail(errno);
		return 0;
	}
	n = pread(fd, head, sizeof(head), 0);
	if (n < 0)
		sg_read_fail(errno);
	if (n < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return 0;
	}
	switch (tr_packer_of(head, (size_t)n)) {
	case TR_PACK_NONE:
		size = ff->packed ? 0 : (uint64_t)st.st_size;
		break;
	case TR_PACK_ZSTD:
		data = st.st_size <= (off_t)MAX_PACKED ? sg_malloc((size_t)st.st_size) : NULL;
		if (data && pread(fd, data, (size_t)st.st_size, 0) == st.st_size)
			size = size_of_frames(data, (size_t)st.st_size);
		free(data);
		break;
	default:
		break;
	}
	close(fd);
	return size / 8;
}

static void find_pageflags(struct tr_capture *tc, struct sg_snapshot *s, const char *dir)
{
	static const char *const names[] = { "kpageflags.zst", "kpageflags.gz", "kpageflags.xz", "kpageflags" };
	struct flags_file *ff = sg_calloc(1, sizeof(*ff));

	for (size_t i = 0; ff && i < sizeof(names) / sizeof(names[0]); i++) {
		ff->path = sg_printf("%s/%s", dir, names[i]);
		if (!ff->path)
			break;
		ff->packed = names[i][10] != '\0';
		ff->swap = tc->head.swap;
		if (access(ff->path, R_OK) == 0) {
			struct sg_err err = { 0 };
			int r = SG_OK;

			s->nr_pfns = words_of(ff);
			if (s->nr_pfns == 0) /* packed from a pipe: the size must be counted */
				r = stream(ff, NULL, NULL, &s->nr_pfns, &err);
			if (r == SG_OK && s->nr_pfns && s->nr_pfns <= MAX_PFNS) {
				s->have_pageflags = true;
				s->priv = ff;
				s->pageflags = snap_pageflags;
				return;
			}
			if (r < 0 && err.text[0])
				tr_note(tc, "%s", err.text);
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

	if (!d)
		sg_open_fail(errno);
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

/*
 * Was the kernel booted with page_alloc.shuffle?  The parameter's own file says it, or the command line.
 * Source: mm/shuffle.c: shuffle_param_set(), 5.2 to 7.3
 */
static void take_shuffle(struct tr_capture *tc, const char *dir)
{
	static const char on[] = "page_alloc.shuffle=";
	char *text, *at = NULL;
	bool shuffled = false;
	size_t len;

	text = slurp(tc, dir, "page_alloc.shuffle", &len);
	if (text && len)
		shuffled = text[0] == 'Y' || text[0] == '1';
	free(text);
	text = slurp(tc, dir, "cmdline", &len);
	if (text && len)
		at = memmem(text, len, on, sizeof(on) - 1);
	if (at) {
		size_t left = len - (size_t)(at - text) - (sizeof(on) - 1);

		at += sizeof(on) - 1;
		shuffled |= left && (*at == 'y' || *at == 'Y' || *at == '1' || *at == 't' || *at == 'T' ||
				     (left > 1 && at[0] == 'o' && at[1] == 'n'));
	}
	free(text);
	if (shuffled)
		tr_shuffled(tc);
}

void tr_shuffled(struct tr_capture *tc)
{
	sg_limits_add(&tc->cap.limits, SG_LIMIT_SHUFFLED, 1, SG_LIMIT_END, NULL,
		      "the kernel shuffles free blocks of the highest order (page_alloc.shuffle=1): which of them comes first isn't "
		      "known, and picks out of them are undecided");
}

bool tr_snap_dir(struct tr_capture *tc, struct sg_snapshot *s, struct tr_snap_types *types, const char *dir)
{
	bool ok = true, any = false;
	size_t len;
	char *text;

	text = slurp(tc, dir, "zoneinfo", &len);
	if (text)
		ok = tr_snap_zoneinfo(s, text, len);
	any |= len > 0;
	free(text);
	text = slurp(tc, dir, "buddyinfo", &len);
	if (text && s->still && s->nr_zones == 0)
		ok &= tr_snap_zones(s, text, len);
	if (text)
		ok &= tr_snap_buddyinfo(s, text, len);
	any |= len > 0;
	free(text);
	text = slurp(tc, dir, "pagetypeinfo", &len);
	if (text && s->still && s->nr_zones == 0)
		ok &= tr_snap_zones(s, text, len);
	if (text)
		ok &= tr_snap_pagetypeinfo(s, types, text, len);
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
	take_shuffle(tc, dir);
	if (s->nr_kv)
		qsort(s->kv, s->nr_kv, sizeof(*s->kv), by_key);
	find_pageflags(tc, s, dir);
	any |= s->have_pageflags;
	if (!ok)
		tr_note(tc, "%s: not read to the end for lack of memory", dir);
	if (any && s->nr_zones == 0 && !s->still)
		tr_note(tc, "%s: no zone is known (zoneinfo is missing or damaged)", dir);
	return any;
}

void tr_snaps_read(struct tr_capture *tc)
{
	static const char *const names[] = { "before", "in-start" };

	for (size_t i = 0; i < 2; i++) {
		struct sg_snapshot *s = &tc->snap[tc->nr_snaps];
		struct tr_snap_types types = { 0 };
		struct stat st;
		char *dir = sg_printf("%s/%s", tc->dir, names[i]);

		if (!dir)
			return;
		memset(s, 0, sizeof(*s));
		s->name = names[i];
		if (stat(dir, &st) == 0 && S_ISDIR(st.st_mode)) {
			if (tr_snap_dir(tc, s, &types, dir)) {
				take_types(tc, &types);
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

const struct sg_snapshot *tr_snapshot_end(struct tr_capture *tc)
{
	struct tr_snap_types types = { 0 };
	struct stat st;
	char *dir;

	if (tc->end_read || tc->cap.still || !tc->dir)
		return tc->end.name ? &tc->end : NULL;
	tc->end_read = true;
	dir = sg_printf("%s/in-end", tc->dir);
	if (dir && stat(dir, &st) == 0 && S_ISDIR(st.st_mode)) {
		if (tr_snap_dir(tc, &tc->end, &types, dir))
			tc->end.name = "in-end";
		else
			tr_snap_clear(&tc->end);
	}
	free(dir);
	return tc->end.name ? &tc->end : NULL;
}

void tr_snap_drop(struct sg_snapshot *s)
{
	struct flags_file *ff = s->priv;

	tr_snap_clear(s);
	if (s->still) {
		sg_limits_free(&s->still->limits);
		free((void *)s->name);
	}
	free(s->still);
	if (ff)
		free(ff->path);
	free(ff);
	*s = (struct sg_snapshot){ 0 };
}

void tr_snaps_free(struct tr_capture *tc)
{
	for (unsigned int i = 0; i < tc->nr_snaps; i++)
		tr_snap_drop(&tc->snap[i]);
	tc->nr_snaps = 0;
	tr_snap_drop(&tc->end);
}
