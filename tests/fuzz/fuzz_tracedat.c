// SPDX-License-Identifier: GPL-2.0-only
/* Fuzz target: any bytes as a trace.dat, opened and read to the end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "tr.h"

#define MAX_EVENTS 2000000u /* a small file may hold many tiny records, not more than this */

/* Looks at all that the description holds, so that a sanitizer sees what is not set. */
static unsigned long look(const struct sg_capture *cap)
{
	unsigned long sum = strlen(cap->path) + strlen(cap->name) + strlen(cap->kernel) +
			    strlen(cap->clock) + cap->nr_cpus + cap->kver[0] + cap->gfp.movable;

	for (unsigned int k = 0; k < SG_KIND_COUNT; k++)
		for (unsigned int s = 0; s < SG_SLOTS; s++)
			for (unsigned int i = 0; cap->sym[k][s] && i < cap->sym[k][s]->nr; i++)
				sum += cap->sym[k][s]->sym[i].value +
				       strlen(cap->sym[k][s]->sym[i].name);
	for (unsigned int i = 0; i < cap->nr_tasks; i++)
		sum += (unsigned long)cap->task[i].pid + strlen(cap->task[i].comm);
	for (unsigned int i = 0; i < cap->nr_notes; i++)
		sum += strlen(cap->note[i].text);
	for (unsigned int i = 0; i < cap->nr_other; i++)
		sum += strlen(cap->other[i].name) + cap->other[i].count;
	for (unsigned int i = 0; i < cap->nr_instances; i++)
		sum += strlen(cap->instance[i]);
	return sum;
}

static volatile unsigned long sink; /* keeps the looking from being left out */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sg_event ev[256];
	struct tr_capture *tc;
	struct sg_err err;
	size_t n, total = 0;
	char path[64];
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	/* mostly in one thread: quicker, and the same each time */
	if (tr_open(path, size % 16 ? TR_NO_THREAD : 0, &tc, &err) == SG_OK) {
		while (total < MAX_EVENTS && (n = tr_read(tc, ev, 256))) {
			for (size_t i = 0; i < n; i++) {
				const struct sg_kind_info *ki = sg_kind_info(ev[i].kind);

				sink += ev[i].ts + ev[i].cpu + ev[i].instance +
					(unsigned long)ev[i].missed;
				for (unsigned int s = 0; s < ki->nr_fields; s++)
					sink += ev[i].v[s];
				for (uint32_t c = 0; c < ev[i].str_len; c++)
					sink += (unsigned char)ev[i].str[c];
			}
			total += n;
		}
		sink += look(tr_info(tc)) + tr_progress(tc);
		tr_close(tc);
	} else if (strlen(err.text) == 0 || strchr(err.text, '\n')) {
		abort(); /* every failure has its line */
	}
	close(fd);
	return 0;
}
