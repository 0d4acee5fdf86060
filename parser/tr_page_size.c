// SPDX-License-Identifier: GPL-2.0-only
/*
 * How large the traced machine's pages are.  The size in the trace file's head is that of the ring buffer's
 * sub-buffers, which is one page only as long as nobody chose another one (trace-cmd record --subbuf-size).
 */
#include "tr_priv.h"

#include <stdlib.h>

/* A guess: how far the managed pages may be from MemTotal, in percent. */
#define SLACK_PERCENT 10

/* Architectures with one page size; 0 for others. */
static unsigned int of_arch(enum sg_arch arch)
{
	switch (arch) {
	case SG_ARCH_X86_64:
	case SG_ARCH_I386:
	case SG_ARCH_ARM:
	case SG_ARCH_S390X:
	case SG_ARCH_RISCV64:
		return 4096;
	default:
		return 0;
	}
}

/* May pages of the architecture have this size?  Source: arch/{arm64,powerpc,loongarch}/Kconfig */
static bool possible(enum sg_arch arch, unsigned int size)
{
	switch (arch) {
	case SG_ARCH_PPC64:
		return size == 4096 || size == 65536;
	case SG_ARCH_ARM64:
	case SG_ARCH_LOONGARCH64:
	case SG_ARCH_UNKNOWN:
		return size == 4096 || size == 16384 || size == 65536 || (arch == SG_ARCH_UNKNOWN && size == 8192);
	default:
		return size == of_arch(arch);
	}
}

/* MemTotal in bytes is what all zones manage in pages; 0 when the snapshot doesn't have both, or they don't fit. */
static unsigned int of_snapshot(const struct sg_snapshot *s)
{
	const char *total = sg_snapshot_get(s, "meminfo.MemTotal");
	uint64_t kb = total ? strtoull(total, NULL, 10) : 0, managed = 0;

	for (unsigned int i = 0; i < s->nr_zones; i++)
		managed += s->zone[i].managed < UINT64_MAX >> 20 ? s->zone[i].managed : 0;
	if (kb > UINT64_MAX / 1000 || managed == 0)
		return 0;
	for (uint64_t size = 4; size <= 256; size *= 2) {
		uint64_t have = managed * size;

		if (kb >= have - have * SLACK_PERCENT / 100 && kb <= have + have * SLACK_PERCENT / 100)
			return (unsigned int)size << 10;
	}
	return 0;
}

void tr_page_size(struct tr_capture *tc)
{
	struct sg_capture *cap = &tc->cap;
	unsigned int file = tc->head.page_size, size = of_arch(cap->arch), shown = 0;
	/* --subbuf-size needs a kernel's buffer_subbuf_size_kb, which came with 6.8 */
	bool one_page = !tc->text && cap->kver[0] && (cap->kver[0] < 6 || (cap->kver[0] == 6 && cap->kver[1] < 8));

	for (unsigned int i = 0; i < tc->nr_snaps && shown == 0; i++)
		shown = of_snapshot(&tc->snap[i]);
	if (size && shown && size != shown)
		sg_limits_add(&cap->limits, SG_LIMIT_SNAPSHOT_DISAGREES, 1, SG_LIMIT_END,
			      "take the snapshot on the machine that is traced",
			      "meminfo's MemTotal and zoneinfo's managed pages say that a page has %u bytes, but on %s it has %u: "
			      "the snapshot isn't of this machine, or damaged", shown, cap->machine, size);
	if (size == 0)
		size = shown;
	if (size == 0 && tc->page_shift)
		size = 1u << tc->page_shift;
	if (size == 0 && one_page && possible(cap->arch, file))
		size = file;
	if (size == 0) {
		size = possible(cap->arch, file) ? file : 4096;
		sg_limits_add(&cap->limits, SG_LIMIT_PAGE_SIZE_ASSUMED, 1, SG_LIMIT_END,
			      "record a snapshot beside the trace: meminfo and zoneinfo tell it",
			      "how large a page is isn't in this capture: %u bytes are assumed%s; sizes in bytes, and what the "
			      "kernel derives from them (batches, watermarks), are as good as that", size,
			      size == file && !tc->text ? ", as the trace file's buffers have" : "");
	}
	cap->page_size = size;
}
