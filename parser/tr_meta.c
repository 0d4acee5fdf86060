// SPDX-License-Identifier: GPL-2.0-only
/* meta.json of a capture directory: what the trace itself does not say. */
#include "tr_priv.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_META (4u << 20)

static char *text_of(const json_t *root, const char *key)
{
	const json_t *v = json_object_get(root, key);

	return json_is_string(v) && json_string_length(v)
		       ? tr_clean_dup(json_string_value(v), json_string_length(v))
		       : NULL;
}

void tr_meta_read(struct tr_capture *tc)
{
	struct tr_src src = { .fd = -1 };
	struct sg_err e = { 0 };
	json_error_t why;
	char *path = sg_printf("%s/meta.json", tc->dir), *buf;
	const json_t *options;
	json_t *root;

	if (!path)
		return;
	if (tr_src_open(path, &src, &e) < 0) {
		if (e.code != SG_E_NOTFOUND)
			tr_note(tc, "%s", e.text);
		goto out;
	}
	if (src.size > MAX_META) {
		tr_note(tc, "meta.json is left out: %llu bytes are more than a description has",
			(unsigned long long)src.size);
		goto out;
	}
	buf = sg_malloc((size_t)src.size);
	if (!buf)
		goto out;
	json_set_alloc_funcs(sg_malloc, free);
	root = json_loadb(buf, tr_src_read(&src, 0, buf, (size_t)src.size), 0, &why);
	free(buf);
	if (!root || !json_is_object(root)) {
		if (root)
			tr_note(tc, "meta.json is left out: it holds no object");
		else
			tr_note(tc, "meta.json is left out: line %d: %s", why.line, why.text);
	} else {
		tc->scenario = text_of(root, "shows");
		if (!tc->scenario)
			tc->scenario = text_of(root, "scenario");
		if (tc->scenario)
			tc->cap.scenario = tc->scenario;
		options = json_object_get(root, "options");
		if (json_is_string(options) && strstr(json_string_value(options), "page_alloc.shuffle=1"))
			tr_shuffled(tc);
		if (!tc->kernel)
			tc->kernel = text_of(root, "kernel");
	}
	json_decref(root);
out:
	tr_src_close(&src);
	free(path);
}
