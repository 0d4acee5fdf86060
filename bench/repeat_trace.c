// SPDX-License-Identifier: GPL-2.0-only
/*
 * repeat-trace IN OUT N: a long capture out of a short one, for measuring what size costs.
 *
 * IN is a trace.dat of version 6 with one buffer (trace-cmd convert --file-version 6).  Each CPU's pages
 * are written N times, each time later by the whole span of the trace, so that time goes on and no event
 * is lost in between.  What the events say repeats, too: pages are allocated again that never were freed.
 * Good for sizes and speeds, not for how well the machine is followed.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct in {
	const unsigned char *data;
	size_t len, at;
};

static void die(const char *name, const char *why)
{
	fprintf(stderr, "repeat-trace: %s: %s\n", name, why);
	exit(1);
}

static uint64_t number(struct in *in, unsigned int bytes)
{
	uint64_t v = 0;

	if (bytes > in->len - in->at)
		die("IN", "ends too early");
	for (unsigned int i = 0; i < bytes; i++)
		v |= (uint64_t)in->data[in->at + i] << 8 * i;
	in->at += bytes;
	return v;
}

static void skip(struct in *in, uint64_t bytes)
{
	if (bytes > in->len - in->at)
		die("IN", "ends too early");
	in->at += bytes;
}

static void skip_text(struct in *in)
{
	while (number(in, 1) != 0)
		;
}

static void expect(struct in *in, const char *text)
{
	size_t n = strlen(text) + 1;

	if (n > in->len - in->at || memcmp(in->data + in->at, text, n) != 0)
		die("IN", "isn't a trace.dat of version 6 with one buffer (trace-cmd convert --file-version 6)");
	in->at += n;
}

/* Up to behind "flyrecord"; the layout is trace-cmd's trace-cmd.dat.v6(5). */
static unsigned int read_head(struct in *in, unsigned int *ret_page)
{
	unsigned int cpus;
	uint64_t n;

	skip(in, 3);
	expect(in, "tracing6");
	if (number(in, 1) != 0)
		die("IN", "is big endian");
	skip(in, 1);
	*ret_page = (unsigned int)number(in, 4);
	expect(in, "header_page");
	n = number(in, 8);
	skip(in, n);
	expect(in, "header_event");
	n = number(in, 8);
	skip(in, n);
	for (n = number(in, 4); n > 0; n--) {
		uint64_t size = number(in, 8);

		skip(in, size);
	}
	for (n = number(in, 4); n > 0; n--) {
		skip_text(in);
		for (uint64_t k = number(in, 4); k > 0; k--) {
			uint64_t size = number(in, 8);

			skip(in, size);
		}
	}
	n = number(in, 4); /* kallsyms */
	skip(in, n);
	n = number(in, 4); /* printk formats */
	skip(in, n);
	n = number(in, 8); /* command lines */
	skip(in, n);
	cpus = (unsigned int)number(in, 4);
	if (in->len - in->at > 10 && memcmp(in->data + in->at, "options  ", 10) == 0) {
		skip(in, 10);
		while ((n = number(in, 2)) != 0) {
			uint64_t size = number(in, 4);

			skip(in, size);
		}
	}
	expect(in, "flyrecord");
	if (cpus == 0 || cpus > 4096 || *ret_page < 64 || *ret_page > 1u << 20)
		die("IN", "has impossible sizes");
	return cpus;
}

static uint64_t get64(const unsigned char *p)
{
	uint64_t v;

	memcpy(&v, p, 8);
	return v;
}

static uint32_t get32(const unsigned char *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return v;
}

#define PAGE_HEAD 16u /* time stamp and commit */

/* Walks the records of a page: the time of the last one; shifts absolute time stamps when @shift isn't 0. */
static uint64_t walk(unsigned char *page, unsigned int size, uint64_t shift)
{
	uint64_t ts = get64(page), commit = get64(page + 8) & 0xfffff;
	size_t at = PAGE_HEAD, end = PAGE_HEAD + commit;

	if (end > size)
		die("IN", "has a page that is fuller than it is large");
	while (at + 4 <= end) {
		uint32_t head = get32(page + at), type = head & 31, delta = head >> 5;
		uint32_t array = at + 8 <= end ? get32(page + at + 4) : 0;

		if (type == 29) {
			if (!delta)
				break; /* the rest of the page is empty */
			ts += delta;
			at += 4 + array;
		} else if (type == 30) {
			ts += delta + ((uint64_t)array << 27);
			at += 8;
		} else if (type == 31) { /* the low 59 bits of the clock */
			uint64_t abs = delta + ((uint64_t)array << 27);

			ts = (ts & ~((UINT64_C(1) << 59) - 1)) | abs;
			abs += shift;
			head = (uint32_t)(abs << 5) | 31;
			array = (uint32_t)(abs >> 27);
			memcpy(page + at, &head, 4);
			memcpy(page + at + 4, &array, 4);
			at += 8;
		} else {
			ts += delta;
			at += type ? 4 + 4 * (size_t)type : 4 + array;
		}
	}
	return ts;
}

static void put(int fd, const char *name, const void *data, size_t len)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno != EINTR)
			die(name, strerror(errno));
		if (n > 0) {
			p += n;
			len -= (size_t)n;
		}
	}
}

int main(int argc, char **argv)
{
	struct in in = { 0 };
	struct stat st;
	unsigned int page, cpus, times;
	uint64_t first = UINT64_MAX, last = 0, table, at;
	uint64_t (*cpu)[2];
	unsigned char *copy;
	void *map;
	int fd;

	if (argc != 4 || sscanf(argv[3], "%u", &times) != 1 || times == 0) {
		fprintf(stderr, "usage: repeat-trace IN OUT N\n");
		return 2;
	}
	fd = open(argv[1], O_RDONLY);
	if (fd < 0 || fstat(fd, &st) < 0)
		die(argv[1], strerror(errno));
	in.len = (size_t)st.st_size;
	map = mmap(NULL, in.len, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		die(argv[1], strerror(errno));
	in.data = map;
	cpus = read_head(&in, &page);
	table = in.at;
	cpu = calloc(cpus, sizeof(*cpu));
	copy = malloc(page);
	if (!cpu || !copy)
		die(argv[1], "out of memory");
	for (unsigned int c = 0; c < cpus; c++) {
		cpu[c][0] = number(&in, 8);
		cpu[c][1] = number(&in, 8);
		if (cpu[c][0] > in.len || cpu[c][1] > in.len - cpu[c][0] || cpu[c][1] % page)
			die(argv[1], "names data outside the file");
		for (uint64_t o = 0; o < cpu[c][1]; o += page) {
			uint64_t ts;

			memcpy(copy, in.data + cpu[c][0] + o, page);
			if (get64(copy) < first)
				first = get64(copy);
			ts = walk(copy, page, 0);
			if (ts > last)
				last = ts;
		}
	}
	fd = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC, 0666);
	if (fd < 0)
		die(argv[2], strerror(errno));
	put(fd, argv[2], in.data, table);
	at = (in.at + page - 1) / page * page;
	for (unsigned int c = 0; c < cpus; c++) {
		uint64_t row[2] = { at, cpu[c][1] * times };

		put(fd, argv[2], row, sizeof(row));
		at += row[1];
	}
	memset(copy, 0, page);
	put(fd, argv[2], copy, (page - in.at % page) % page);
	for (unsigned int c = 0; c < cpus; c++) {
		for (unsigned int t = 0; t < times; t++) {
			uint64_t shift = t * (last - first + 1000);

			for (uint64_t o = 0; o < cpu[c][1]; o += page) {
				uint64_t ts;

				memcpy(copy, in.data + cpu[c][0] + o, page);
				walk(copy, page, shift);
				ts = get64(copy) + shift;
				memcpy(copy, &ts, 8);
				put(fd, argv[2], copy, page);
			}
		}
	}
	if (close(fd) < 0)
		die(argv[2], strerror(errno));
	printf("%u times %.3f s, %.1f MB\n", times, (double)(last - first) / 1e9, (double)at / 1e6);
	return 0;
}
