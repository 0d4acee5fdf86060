// SPDX-License-Identifier: GPL-2.0-only
/* The container's first bytes, and what versions 6 and 7 have in common. */
#include "tr_in.h"
#include "tr_priv.h"

#include <stdlib.h>

/* What packed the file whose first bytes these are, of those that aren't unpacked here; NULL none. */
static const char *packer(const uint8_t got[10])
{
	if (memcmp(got, "BZh", 3) == 0)
		return "bzip2";
	if (memcmp(got, "\x04\x22\x4d\x18", 4) == 0)
		return "lz4";
	if (memcmp(got, "PK\x03\x04", 4) == 0)
		return "zip";
	if (memcmp(got, "LZIP", 4) == 0)
		return "lzip";
	return tr_packer_of(got, 10) ? "one packer inside another" : NULL;
}

/* The first 16 bytes: magic, "tracing", version, byte order, size of a long, page size. */
int tr_head_read(struct tr_capture *tc, struct tr_head *h, struct sg_err *err)
{
	static const uint8_t magic[10] = { 0x17, 0x08, 0x44, 't', 'r', 'a', 'c', 'i', 'n', 'g' };
	const char *path = tc->src.path;
	struct tr_cur c = { .src = &tc->src, .end = tc->src.size };
	uint8_t got[10], flags[2];
	char ver[8] = "";
	uint64_t options;
	int top;

	if (!tr_cur_get(&c, got, sizeof(got))) {
		size_t n = tr_src_read(&tc->src, 0, got, sizeof(got));

		if (memcmp(got, magic, n) == 0)
			return sg_fail(
				err, SG_E_TRUNCATED,
				"%s: ends after %zu bytes, inside its magic: the file is cut; copy it again, whole", path,
				n);
		return sg_fail(err, SG_E_FORMAT,
			       "%s: not a trace.dat; make one with trace-cmd record", path);
	}
	if (packer(got))
		return sg_fail(err, SG_E_UNSUPPORTED, "%s: packed with %s: unpack it first (zstd, gzip and xz are read packed)",
			       path, packer(got));
	if (memcmp(got, magic, sizeof(magic)) != 0)
		return sg_fail(err, SG_E_FORMAT,
			       "%s: not a trace.dat (it does not start like one); make one with "
			       "trace-cmd record",
			       path);
	if (!tr_cur_str(&c, ver, sizeof(ver))) {
		if (tr_cur_left(&c) < sizeof(ver))
			return sg_fail(err, SG_E_TRUNCATED,
				       "%s: ends inside its header: the file is cut; copy it again, whole", path);
		return sg_fail(err, SG_E_FORMAT, "%s: the file's version is damaged", path);
	}
	if (strcmp(ver, "6") != 0 && strcmp(ver, "7") != 0)
		return sg_fail(err, SG_E_UNSUPPORTED,
			       "%s: trace.dat version \"%s\" is not known (6 and 7 are); convert "
			       "it with trace-cmd convert",
			       path, ver);
	h->version = ver[0] - '0';
	if (!tr_cur_get(&c, flags, 2))
		return sg_fail(err, SG_E_TRUNCATED, "%s: ends inside its header: the file is cut; copy it again, whole",
			       path);
	if (flags[0] > 1 || (flags[1] != 4 && flags[1] != 8))
		return sg_fail(
			err, SG_E_FORMAT,
			"%s: damaged header: byte order %u (0 or 1), bytes in a long %u (4 or 8)",
			path, flags[0], flags[1]);
	h->big_endian = flags[0];
	h->swap = h->big_endian != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
	h->long_size = flags[1];
	c.swap = h->swap;
	if (!tr_cur_u32(&c, &h->page_size))
		return sg_fail(err, SG_E_TRUNCATED, "%s: ends inside its header: the file is cut; copy it again, whole",
			       path);
	if (h->page_size < 256 || h->page_size > TR_MAX_PAGE)
		return sg_fail(err, SG_E_FORMAT, "%s: damaged header: a page size of %u bytes",
			       path, h->page_size);
	top = tr_head_instance(h, "");
	if (top < 0)
		return sg_fail(err, SG_E_NOMEM, "%s: out of memory", path);
	strcpy(h->comp_name, "none");
	if (h->version == 6)
		return tr_head_v6(tc, h, &c, err);

	char zver[64];

	if (!tr_cur_str(&c, h->comp_name, sizeof(h->comp_name)) ||
	    !tr_cur_str(&c, zver, sizeof(zver)) || !tr_cur_u64(&c, &options))
		return sg_fail(err, SG_E_TRUNCATED,
			       "%s: ends inside its header, or the header is damaged", path);
	h->comp = strcmp(h->comp_name, "none") == 0   ? TR_COMP_NONE
		  : strcmp(h->comp_name, "zstd") == 0 ? TR_COMP_ZSTD
						      : TR_COMP_ZLIB;
	if (!tr_comp_supported(h->comp) ||
	    (h->comp == TR_COMP_ZLIB && strcmp(h->comp_name, "zlib") != 0))
		return sg_fail(err, SG_E_UNSUPPORTED,
			       "%s: compressed with \"%s\", which this build cannot read; convert "
			       "it with trace-cmd convert --compression zstd",
			       path, h->comp_name);
	return tr_head_v7(tc, h, options, err);
}

void tr_head_free(struct tr_head *h)
{
	for (unsigned int i = 0; i < h->nr_inst; i++)
		free(h->inst[i].name);
	free(h->inst);
	free(h->where);
	for (unsigned int i = 0; i < h->nr_fmt; i++) {
		free(h->fmt[i].system);
		free(h->fmt[i].text);
	}
	free(h->fmt);
	free(h->header_page);
	free(h->cmdlines);
	free(h->stat);
	for (unsigned int i = 0; i < h->tc.nr_sync; i++)
		free(h->tc.sync[i].s);
	free(h->tc.sync);
	memset(h, 0, sizeof(*h));
}

/* "header_page", size, text, "header_event", size, text: the second is the same in all kernels. */
bool tr_head_page_info(struct tr_head *h, struct tr_cur *c)
{
	char name[13];
	uint64_t n;

	c->what = "the description of its pages";
	if (!tr_cur_get(c, name, 12) || memcmp(name, "header_page", 12) != 0 ||
	    !tr_cur_u64(c, &n) || n > TR_MAX_FORMAT)
		return false;
	free(h->header_page);
	h->header_page = tr_cur_dup(c, n);
	if (!h->header_page)
		return false;
	h->have_header_page = true;
	return tr_cur_get(c, name, 13) && memcmp(name, "header_event", 13) == 0 &&
	       tr_cur_u64(c, &n) && tr_cur_skip(c, n);
}

static bool one_format(struct tr_head *h, struct tr_cur *c, const char *system)
{
	struct tr_text *t;
	uint64_t n;

	if (!tr_cur_u64(c, &n) || n > TR_MAX_FORMAT || h->nr_fmt >= TR_MAX_FORMATS ||
	    h->text_bytes + n > TR_MAX_SECTION)
		return false;
	if ((h->nr_fmt & (h->nr_fmt - 1)) == 0) { /* room doubles at powers of two */
		size_t room = h->nr_fmt ? h->nr_fmt * 2 : 1;

		t = sg_realloc(h->fmt, room * sizeof(*t));
		if (!t)
			return false;
		h->fmt = t;
	}
	t = &h->fmt[h->nr_fmt];
	t->text = tr_cur_dup(c, n);
	t->system = t->text ? sg_strdup(system) : NULL;
	t->len = (size_t)n;
	if (!t->system) {
		free(t->text);
		return false;
	}
	h->nr_fmt++;
	h->text_bytes += n;
	return true;
}

bool tr_head_ftrace_formats(struct tr_head *h, struct tr_cur *c)
{
	uint32_t nr;

	c->what = "the formats of the built-in events";
	if (!tr_cur_u32(c, &nr))
		return false;
	for (uint32_t i = 0; i < nr; i++)
		if (!one_format(h, c, "ftrace"))
			return false;
	return true;
}

bool tr_head_event_formats(struct tr_head *h, struct tr_cur *c)
{
	uint32_t systems, nr;
	char system[256];

	c->what = "the formats of the events";
	h->have_formats = true;
	if (!tr_cur_u32(c, &systems))
		return false;
	for (uint32_t s = 0; s < systems; s++) {
		if (!tr_cur_str(c, system, sizeof(system)) || !tr_cur_u32(c, &nr))
			return false;
		for (uint32_t i = 0; i < nr; i++)
			if (!one_format(h, c, system))
				return false;
	}
	return true;
}

bool tr_head_cmdlines(struct tr_head *h, struct tr_cur *c)
{
	uint64_t n;

	c->what = "the names of the tasks";
	if (!tr_cur_u64(c, &n))
		return false;
	free(h->cmdlines);
	h->cmdlines = tr_cur_dup(c, n);
	return h->cmdlines != NULL;
}

int tr_head_instance(struct tr_head *h, const char *name)
{
	struct tr_inst *in;

	if (h->nr_inst && !*name)
		return 0;
	if (h->nr_inst >= TR_MAX_INSTANCES)
		return -1;
	in = sg_realloc(h->inst, (h->nr_inst + 1) * sizeof(*in));
	if (!in)
		return -1;
	h->inst = in;
	in = &h->inst[h->nr_inst];
	*in = (struct tr_inst){ .page_size = h->page_size, .name = sg_strdup(name) };
	if (!in->name)
		return -1;
	return (int)h->nr_inst++;
}

int tr_head_where(struct tr_head *h, unsigned int inst, unsigned int cpu, uint64_t off,
		  uint64_t size)
{
	struct tr_where *w;

	if (cpu > UINT16_MAX || h->nr_where >= TR_MAX_STREAMS)
		return SG_E_RANGE;
	if (size == 0)
		return SG_OK;
	if ((h->nr_where & (h->nr_where - 1)) == 0) {
		w = sg_realloc(h->where, (h->nr_where ? h->nr_where * 2 : 1) * sizeof(*w));
		if (!w)
			return SG_E_NOMEM;
		h->where = w;
	}
	h->where[h->nr_where++] =
		(struct tr_where){ .inst = inst, .cpu = cpu, .off = off, .size = size };
	return SG_OK;
}
