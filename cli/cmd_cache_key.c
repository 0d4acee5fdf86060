// SPDX-License-Identifier: GPL-2.0-only
#include "cmd_cache_key.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xxhash.h>

#define WHOLE (UINT64_C(64) << 20)
#define SAMPLE 65536u
#define SAMPLES 256u

static bool add_bytes(XXH3_state_t *h, int fd, uint64_t at, uint64_t len)
{
	char buf[SAMPLE];

	while (len > 0) {
		ssize_t n = pread(fd, buf, len < sizeof(buf) ? len : sizeof(buf), (off_t)at);

		if (n <= 0)
			return false;
		XXH3_128bits_update(h, buf, (size_t)n);
		at += (uint64_t)n;
		len -= (uint64_t)n;
	}
	return true;
}

/* @whole: all of its bytes, however many */
static bool add_file(XXH3_state_t *h, const char *path, const char *name, bool whole)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	uint64_t size;
	bool ok;

	if (fd < 0)
		return false;
	ok = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
	size = ok ? (uint64_t)st.st_size : 0;
	XXH3_128bits_update(h, name, strlen(name) + 1);
	XXH3_128bits_update(h, &size, sizeof(size));
	if (ok && (whole || size <= WHOLE)) {
		ok = add_bytes(h, fd, 0, size);
	} else if (ok) {
		XXH3_128bits_update(h, &st.st_mtim, sizeof(st.st_mtim));
		for (uint64_t i = 0; i < SAMPLES && ok; i++)
			ok = add_bytes(h, fd, (size - SAMPLE) / (SAMPLES - 1) * i, SAMPLE);
		ok = ok && add_bytes(h, fd, size - SAMPLE, SAMPLE);
	}
	close(fd);
	return ok;
}

/* The regular files of a folder, in the order of their names. A folder that isn't there adds nothing. */
static bool add_folder(XXH3_state_t *h, const char *base, const char *folder, bool whole)
{
	char path[PATH_MAX], name[NAME_MAX + 64];
	struct dirent **de;
	bool ok = true;
	int nr;

	if (snprintf(path, sizeof(path), "%s/%s", base, folder) >= (int)sizeof(path))
		return false;
	nr = scandir(path, &de, NULL, alphasort);
	for (int i = 0; i < nr; i++) {
		struct stat st;

		if (snprintf(path, sizeof(path), "%s/%s/%s", base, folder, de[i]->d_name) >= (int)sizeof(path))
			ok = false;
		snprintf(name, sizeof(name), "%s/%s", folder, de[i]->d_name);
		if (ok && stat(path, &st) == 0 && S_ISREG(st.st_mode))
			ok = add_file(h, path, name, whole);
		free(de[i]);
	}
	if (nr >= 0)
		free(de);
	return ok;
}

/* All that makes up the capture at @path, in an order that doesn't depend on where it lies. */
static bool add_capture(XXH3_state_t *h, const char *path, bool whole)
{
	static const char *const file[] = { "trace.dat", "trace.dat.zst", "trace.dat.gz", "trace.dat.xz", "trace.txt",
					  "trace.txt.zst", "trace.txt.gz", "trace.txt.xz", "meta.json" };
	char name[PATH_MAX];
	struct stat st;
	bool ok = stat(path, &st) == 0;

	if (!ok || !S_ISDIR(st.st_mode))
		return ok && add_file(h, path, "", whole);
	for (unsigned int i = 0; i < sizeof(file) / sizeof(file[0]) && ok; i++) {
		ok = snprintf(name, sizeof(name), "%s/%s", path, file[i]) < (int)sizeof(name);
		if (ok && access(name, F_OK) == 0)
			ok = add_file(h, name, file[i], whole);
	}
	return ok && add_folder(h, path, "before", whole) && add_folder(h, path, "in-start", whole);
}

bool cmd_cache_key(const char *path, struct cmd_cache_key *ret)
{
	XXH3_state_t *h = XXH3_createState();
	XXH128_canonical_t id;
	struct stat st;
	bool ok = h && XXH3_128bits_reset(h) == XXH_OK && add_capture(h, path, false);

	memset(ret, 0, sizeof(*ret));
	if (ok) {
		XXH128_canonicalFromHash(&id, XXH3_128bits_digest(h));
		memcpy(ret->content, id.digest, sizeof(ret->content));
		ok = stat("/proc/self/exe", &st) == 0;
		ret->program[0] = (uint64_t)st.st_size;
		ret->program[1] = (uint64_t)st.st_mtim.tv_sec * 1000000000u + (uint64_t)st.st_mtim.tv_nsec;
	}
	XXH3_freeState(h);
	return ok;
}

bool cmd_cache_content(const char *path, unsigned char ret[CMD_CACHE_ID])
{
	XXH3_state_t *h = XXH3_createState();
	XXH128_canonical_t id;
	bool ok = h && XXH3_128bits_reset(h) == XXH_OK && add_capture(h, path, true) && add_folder(h, path, "in-end", true);

	if (ok) {
		XXH128_canonicalFromHash(&id, XXH3_128bits_digest(h));
		memcpy(ret, id.digest, CMD_CACHE_ID);
	}
	XXH3_freeState(h);
	return ok;
}
