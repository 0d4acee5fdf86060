// SPDX-License-Identifier: GPL-2.0-only
/* A machine's whole state as bytes, and back. */
#include "time/image.h"

#include <stdlib.h>
#include <string.h>

#include "time/image_io.h"

static const unsigned char magic[8] = { 'S', 'G', 'I', 'M', 'A', 'G', 'E', '\n' };

int mm_image_save(const struct mm_machine *m, mm_image_write_fn fn, void *arg)
{
	struct mm_io io = { .fn = fn, .arg = arg };

	for (unsigned int i = 0; i < sizeof(magic); i++)
		mm_io_put_byte(&io, magic[i]);
	mm_io_put(&io, MM_IMAGE_VERSION);
	mm_io_put(&io, m->core.position);
	mm_image_core(&io, (struct mm_machine *)(uintptr_t)m); /* writing changes nothing */
	mm_image_put_pages(&io, m);
	mm_image_put_lists(&io, m);
	mm_io_flush(&io);
	free(io.buf);
	return io.result;
}

/* Behind the magic and the version; 0 or the error. */
static int open_image(struct mm_io *io, uint64_t *ret_pos)
{
	uint64_t version;

	if ((size_t)(io->end - io->at) < sizeof(magic) || memcmp(io->at, magic, sizeof(magic)) != 0)
		return sg_fail(io->err, SG_E_FORMAT, "this is no image of a machine");
	io->at += sizeof(magic);
	version = mm_io_get(io);
	if (!io->failed && version > MM_IMAGE_VERSION)
		return sg_fail(io->err, SG_E_UNSUPPORTED,
			       "the image of the machine is of version %llu, and this program knows %u: use a newer one",
			       (unsigned long long)version, MM_IMAGE_VERSION);
	if (!io->failed && version < MM_IMAGE_VERSION)
		return sg_fail(io->err, SG_E_UNSUPPORTED,
			       "the image of the machine is of version %llu, which lacks parts of the state that version %u has: it is to be made again",
			       (unsigned long long)version, MM_IMAGE_VERSION);
	*ret_pos = mm_io_get(io);
	return io->failed ? SG_E_FORMAT : SG_OK;
}

uint64_t mm_image_position(const void *data, size_t len)
{
	struct mm_io io = { .reading = true, .at = data, .end = (const unsigned char *)data + len };
	uint64_t pos = UINT64_MAX;

	return open_image(&io, &pos) == SG_OK ? pos : UINT64_MAX;
}

int mm_image_read(struct mm_machine *m, const void *data, size_t len, struct sg_err *err)
{
	struct mm_io io = { .reading = true, .at = data, .end = (const unsigned char *)data + len, .err = err };
	uint64_t pos = 0;
	int r = open_image(&io, &pos);

	if (r < 0)
		return r;
	mm_image_core(&io, m);
	if (!io.failed && m->core.position != pos)
		mm_io_bad(&io, "it has two positions");
	if (!io.failed)
		mm_image_get_pages(&io, m);
	if (!io.failed && io.at != io.end)
		mm_io_bad(&io, "something follows its end");
	m->nr_changes = m->total_changes = 0;
	m->nr_block_changes = m->total_block_changes = 0;
	m->last_contra = 0;
	if (m->out_of_memory)
		return sg_fail(err, SG_E_NOMEM, "out of memory for the image of a machine");
	return io.failed ? SG_E_FORMAT : SG_OK;
}

int mm_image_load(const struct mm_config *cfg, const void *data, size_t len, struct mm_machine **ret,
		  struct sg_err *err)
{
	struct mm_io io = { .reading = true, .at = data, .end = (const unsigned char *)data + len, .err = err };
	struct mm_machine *m;
	uint64_t pos = 0;
	int r = open_image(&io, &pos);

	if (r < 0)
		return r;
	m = mm_machine_new(cfg, err);
	if (!m)
		return err && err->code ? err->code : SG_E_NOMEM;
	r = mm_image_read(m, data, len, err);
	if (r < 0) {
		mm_machine_free(m);
		return r;
	}
	*ret = m;
	return SG_OK;
}

struct mm_machine *mm_start_new(const struct mm_config *cfg, struct sg_err *err)
{
	struct sg_err why = { 0 };
	struct mm_machine *m;
	int r;

	if (!cfg->start || mm_image_position(cfg->start, cfg->start_len) != 0)
		return mm_machine_new(cfg, err);
	r = mm_image_load(cfg, cfg->start, cfg->start_len, &m, &why);
	if (r == SG_OK)
		return m;
	if (r != SG_E_NOMEM)
		return mm_machine_new(cfg, err);
	sg_fail(err, r, "%s", why.text);
	return NULL;
}
