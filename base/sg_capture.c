// SPDX-License-Identifier: GPL-2.0-only
/* Look-ups in a capture's description. */
#include "sg_capture.h"

#include <string.h>

const char *sg_capture_comm(const struct sg_capture *cap, int32_t pid)
{
	unsigned int lo = 0, hi = cap->nr_tasks;

	if (pid == 0)
		return "<idle>";
	while (lo < hi) {
		unsigned int mid = lo + (hi - lo) / 2;

		if (cap->task[mid].pid == pid)
			return cap->task[mid].comm;
		if (cap->task[mid].pid < pid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return "<...>";
}

enum sg_arch sg_arch_by_name(const char *machine)
{
	static const struct {
		const char *name;
		enum sg_arch arch;
	} known[] = {
		{ "x86_64", SG_ARCH_X86_64 },   { "i386", SG_ARCH_I386 },       { "i486", SG_ARCH_I386 },
		{ "i586", SG_ARCH_I386 },       { "i686", SG_ARCH_I386 },       { "aarch64", SG_ARCH_ARM64 },
		{ "aarch64_be", SG_ARCH_ARM64 }, { "ppc64", SG_ARCH_PPC64 },    { "ppc64le", SG_ARCH_PPC64 },
		{ "s390x", SG_ARCH_S390X },     { "riscv64", SG_ARCH_RISCV64 }, { "loongarch64", SG_ARCH_LOONGARCH64 },
	};

	for (size_t i = 0; machine && i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(machine, known[i].name) == 0)
			return known[i].arch;
	/* armv6l, armv7l, armv8l (a 32-bit task's view), armeb */
	return machine && strncmp(machine, "arm", 3) == 0 ? SG_ARCH_ARM : SG_ARCH_UNKNOWN;
}

bool sg_capture_records(const struct sg_capture *cap, unsigned int kind)
{
	return kind < SG_KIND_COUNT && cap->present[kind] && !cap->unsure[kind];
}

const char *sg_snapshot_get(const struct sg_snapshot *snap, const char *key)
{
	for (unsigned int i = 0; snap && i < snap->nr_kv; i++)
		if (strcmp(snap->kv[i].key, key) == 0)
			return snap->kv[i].value;
	return NULL;
}
