// SPDX-License-Identifier: GPL-2.0-only
/* Stills as a capture without events: from posted text, or from a directory of snapshots without a trace. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tr_priv.h"
#include "tr_sniff.h"
#include "tx_priv.h"

/* The description follows the still that is open. */
static void show(struct tr_capture *tc, unsigned int no)
{
	struct sg_capture *cap = &tc->cap;

	cap->kernel = tc->kernel ? tc->kernel : "unknown";
	tx_describe(cap, &tc->stills, no);
	sg_limits_free(&cap->limits);
	cap->limits = (struct sg_limits){ 0 };
	sg_limits_merge(&cap->limits, &tc->stills.still[no].still->limits);
}

static void begin(struct tr_capture *tc)
{
	struct sg_capture *cap = &tc->cap;

	cap->compression = "none";
	cap->clock = "";
	cap->clock_is_ns = true;
	cap->note = tc->note;
	tc->ended = true;
}

/* The kernel's MemTotal has the managed pages in kB. */
static unsigned int page_size_of(const struct sg_snapshot *s)
{
	const char *text = sg_snapshot_get(s, "meminfo.MemTotal");
	uint64_t kb = text ? strtoull(text, NULL, 10) : 0, managed = 0;

	for (unsigned int i = 0; i < s->nr_zones; i++)
		managed += s->zone[i].managed;
	for (unsigned int size = 1; size <= 1024 && kb && managed; size <<= 1)
		if (managed < UINT64_MAX / 2048 && managed * size >= kb - kb / 10 && managed * size <= kb + kb / 10)
			return size * 1024;
	return 0;
}

/* What every still should say and this one doesn't. */
static void missing(struct sg_snapshot *s)
{
	struct sg_still *st = s->still;
	bool proc = st->origin == SG_STILL_PROC || st->origin == SG_STILL_DIRECTORY, marks = true, lists = true;

	if (s->nr_zones == 0)
		return;
	if (proc && !st->page_size) {
		st->page_size = page_size_of(s);
		if (!st->page_size)
			sg_limits_add(&st->limits, SG_LIMIT_PAGE_SIZE_ASSUMED, 0, 0, NULL,
				      "these files don't tell the size of a page: sizes in bytes are for pages of 4 kB");
	}
	for (unsigned int i = 0; i < s->nr_zones; i++) {
		marks &= (s->zone[i].known & SG_ZONE_WMARKS) != 0;
		lists &= s->zone[i].have_free || s->have_pageflags;
	}
	if (!marks)
		sg_limits_add(&st->limits, SG_LIMIT_NOT_RECORDED, 0, 0, proc ? "add /proc/zoneinfo" : NULL,
			      "watermarks and sizes of some zones aren't in the text");
	if (!lists)
		sg_limits_add(&st->limits, SG_LIMIT_NOT_RECORDED, 0, 0,
			      proc ? "add /proc/buddyinfo and /proc/pagetypeinfo" :
				     "post the lines with the free lists (\"Node 0 DMA: 0*4kB ...\") as well",
			      "free blocks of some zones aren't in the text");
	if (!s->have_pageflags)
		sg_limits_add(&st->limits, SG_LIMIT_NO_PAGES, 0, 0, "/proc/kpageflags beside the other files tells them",
			      "nothing says which pages are free, only how many: there is no map");
}

static bool has_stills(const struct tr_src *src, char *text, size_t len, struct tr_capture *tc, int *r,
		       struct sg_err *err)
{
	struct sg_err why;

	if (!tx_is_still(text, len))
		return false;
	*r = tx_read(text, len, &tc->stills, &why);
	if (*r < 0)
		sg_fail(err, *r, "%s: %s", src->path, why.text);
	return true;
}

int tr_still_text(struct tr_capture *tc, struct sg_err *err)
{
	size_t len = 0;
	char *text = NULL;
	int r = tr_src_text(&tc->src, &text, &len, err);

	if (r < 0)
		return r;
	if (!has_stills(&tc->src, text, len, tc, &r, err))
		r = 0;
	free(text);
	if (r < 0 || tc->stills.nr == 0)
		return r;
	for (unsigned int i = 0; i < tc->stills.nr; i++)
		missing(&tc->stills.still[i]);
	begin(tc);
	show(tc, 0);
	return 1;
}

static bool add_dir(struct tr_capture *tc, const char *dir, const char *name)
{
	struct tx_stills *out = &tc->stills;
	struct tr_snap_types t = { 0 };
	struct sg_snapshot *s = sg_realloc(out->still, (out->nr + 1) * sizeof(*s));
	struct sg_still *st = sg_calloc(1, sizeof(*st));

	if (s)
		out->still = s;
	if (!s || !st) {
		free(st);
		return false;
	}
	s = &out->still[out->nr];
	memset(s, 0, sizeof(*s));
	s->still = st;
	s->name = tr_clean_dup(name, strlen(name));
	if (!s->name || !tr_snap_dir(tc, s, &t, dir) || (s->nr_zones == 0 && !s->have_pageflags)) {
		bool nomem = !s->name;

		tr_snap_drop(s);
		return !nomem;
	}
	st->origin = SG_STILL_DIRECTORY;
	st->nr_migratetypes = t.nr;
	memcpy(st->migratetype, t.name, sizeof(t.name));
	tx_types_of(s, &t);
	for (unsigned int i = 0; i < s->nr_zones; i++)
		tx_zone_known(st, &s->zone[i]);
	tx_zone_types(s);
	out->nr++;
	missing(s);
	return true;
}

static int no_dots(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

/* In the order of a capture: before and in-start, the others by name, in-end and after. */
static int rank(const char *name)
{
	static const char *const known[] = { "before", "in-start" };

	for (int i = 0; i < 2; i++)
		if (strcmp(name, known[i]) == 0)
			return i;
	return strcmp(name, "in-end") == 0 ? 3 : strcmp(name, "after") == 0 ? 4 : 2;
}

#define MAX_DIRS 256 /* snapshot folders of one directory */

int tr_still_dir(struct tr_capture *tc, const char *path, struct sg_err *err)
{
	struct dirent **list = NULL;
	int nr = scandir(path, &list, no_dots, alphasort);
	bool ok = add_dir(tc, path, "."), cut = false;

	for (int k = 0; k <= 4; k++)
		for (int i = 0; ok && i < nr; i++) {
			struct stat st;
			char *dir;

			if (rank(list[i]->d_name) != k)
				continue;
			dir = sg_printf("%s/%s", path, list[i]->d_name);
			if (!dir) {
				ok = false;
				break;
			}
			if (stat(dir, &st) == 0 && S_ISDIR(st.st_mode)) {
				cut |= tc->stills.nr >= MAX_DIRS;
				if (tc->stills.nr < MAX_DIRS)
					ok = add_dir(tc, dir, list[i]->d_name);
			}
			free(dir);
		}
	for (int i = 0; i < nr; i++)
		free(list[i]);
	free(list);
	if (!ok)
		return sg_fail(err, SG_E_NOMEM, "%s: out of memory", path);
	if (tc->stills.nr == 0)
		return sg_fail(err, SG_E_NOTFOUND,
			       "%s: the directory has no trace.dat, no trace.dat.zst, and no snapshot (zoneinfo, buddyinfo, "
			       "pagetypeinfo or kpageflags); name the trace file itself", path);
	for (unsigned int i = 0; cut && i < tc->stills.nr; i++)
		sg_limits_add(&tc->stills.still[i].still->limits, SG_LIMIT_CAP_HIT, 0, 0, "open one of its directories",
			      "the directory holds more snapshots than the %d that are read", MAX_DIRS);
	begin(tc);
	show(tc, 0);
	return SG_OK;
}

void tr_stills_free(struct tr_capture *tc)
{
	for (unsigned int i = 0; i < tc->stills.nr; i++)
		tr_snap_drop(&tc->stills.still[i]);
	free(tc->stills.still);
	tc->stills = (struct tx_stills){ 0 };
}

const struct sg_snapshot *tr_still(const struct tr_capture *tc)
{
	return tc->cap.still ? &tc->stills.still[tc->cap.still_no] : NULL;
}

int tr_still_select(struct tr_capture *tc, unsigned int no, struct sg_err *err)
{
	if (!tc->cap.still)
		return sg_fail(err, SG_E_USAGE, "%s: this is a trace, which holds no dumps to choose from", tc->cap.path);
	if (no >= tc->stills.nr)
		return sg_fail(err, SG_E_USAGE, "%s: there is no dump %u: it holds %u", tc->cap.path, no + 1, tc->stills.nr);
	show(tc, no);
	return SG_OK;
}
