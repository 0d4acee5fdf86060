// SPDX-License-Identifier: GPL-2.0-only
/* Zones by address, as the kernels of each architecture lay them out. */
#include <string.h>

#include "machine/layout.h"

#define MIB (1ull << 20)
#define GIB (1ull << 30)

static bool named(const struct sg_capture *cap, const char *name)
{
	for (unsigned int i = 0; i < cap->nr_zone_types; i++)
		if (strcmp(cap->zone_type[i], name) == 0)
			return true;
	return cap->nr_zone_types == 0;
}

static void add(const struct sg_capture *cap, struct mm_arch_zones *r, const char *name, uint64_t bytes, uint64_t page)
{
	if (!named(cap, name))
		return;
	r->zone[r->nr].name = name;
	r->zone[r->nr].end = bytes == UINT64_MAX ? UINT64_MAX : bytes / page;
	r->zone[r->nr++].guessed = false;
}

/*
 * arch/x86/mm/init.c: zone_sizes_init(), arch/arm64/mm/init.c: zone_sizes_init(), arch/s390/mm/init.c: paging_init(),
 * arch/powerpc/mm/mem.c: paging_init(), arch/riscv/mm/init.c: zone_sizes_init(), arch/loongarch/mm/init.c:
 * zone_sizes_init(); 5.10 to 7.3.  A zone counts when the capture's formats name it: the kernel was built with it.
 */
void mm_arch_zones(const struct sg_capture *cap, uint64_t lowmem_last, struct mm_arch_zones *r)
{
	uint64_t page = cap->page_size >= 1024 && cap->page_size <= MIB ? cap->page_size : 4096, low;

	memset(r, 0, sizeof(*r));
	r->known = true;
	switch (cap->arch) {
	case SG_ARCH_X86_64:
		r->from_zero = true;
		add(cap, r, "DMA", 16 * MIB, page);
		add(cap, r, "DMA32", 4 * GIB, page);
		add(cap, r, "Normal", UINT64_MAX, page);
		break;
	case SG_ARCH_I386:
		r->from_zero = true;
		add(cap, r, "DMA", 16 * MIB, page);
		if (!named(cap, "HighMem")) {
			add(cap, r, "Normal", UINT64_MAX, page);
			break;
		}
		/*
		 * Low memory ends where the kernel's address space is used up: 896 MiB less what this kernel reserves for
		 * mappings of its own (arch/x86/mm/init_32.c: find_low_pfn_range()), which depends on the CPUs that it was built
		 * for.  A guess: 880 MiB, or as far as requests reached that may not have high memory.
		 */
		low = (lowmem_last + 1 + 1023) / 1024 * 1024;
		if (low < 880 * MIB / page)
			low = 880 * MIB / page;
		if (low > 896 * MIB / page)
			low = 896 * MIB / page;
		add(cap, r, "Normal", low * page, page);
		r->zone[r->nr - 1].guessed = true;
		add(cap, r, "HighMem", UINT64_MAX, page);
		break;
	case SG_ARCH_ARM64:
		/* DMA reaches as far as 32 bits do, unless the firmware says less; DMA32 is what is left of that: nothing */
		add(cap, r, named(cap, "DMA") ? "DMA" : "DMA32", 4 * GIB, page);
		add(cap, r, "Normal", UINT64_MAX, page);
		break;
	case SG_ARCH_RISCV64:
	case SG_ARCH_LOONGARCH64:
		r->from_zero = cap->arch == SG_ARCH_LOONGARCH64;
		add(cap, r, "DMA32", 4 * GIB, page);
		add(cap, r, "Normal", UINT64_MAX, page);
		break;
	case SG_ARCH_S390X:
		r->from_zero = true;
		add(cap, r, "DMA", 2 * GIB, page);
		add(cap, r, "Normal", UINT64_MAX, page);
		break;
	case SG_ARCH_PPC64:
		r->from_zero = true;
		if (cap->nr_zone_types && named(cap, "DMA"))
			add(cap, r, "DMA", 2 * GIB, page);
		add(cap, r, "Normal", UINT64_MAX, page);
		break;
	default:
		r->known = false;
		break;
	}
	if (r->nr == 0 || r->zone[r->nr - 1].end != UINT64_MAX) {
		r->zone[r->nr].name = "";
		r->zone[r->nr++].end = UINT64_MAX;
	}
}

/* SECTION_SIZE_BITS in arch/<arch>/include/asm/sparsemem.h, 5.10 to 7.3 */
uint64_t mm_arch_section(const struct sg_capture *cap)
{
	switch (cap->arch) {
	case SG_ARCH_PPC64:
		return 16 * MIB;
	case SG_ARCH_S390X:
		return 128 * MIB; /* 256 MiB before 6.14 */
	case SG_ARCH_LOONGARCH64:
		return 512 * MIB;
	case SG_ARCH_ARM64:
		return cap->page_size > 16384 ? 512 * MIB : 128 * MIB;
	default:
		return 128 * MIB;
	}
}
