// SPDX-License-Identifier: GPL-2.0-only
/* Writes JSON as it goes, so that a long list never has to be in memory. */
#include "cmd.h"

#include <inttypes.h>
#include <string.h>

void cmd_json_init(struct cmd_json *j, struct cmd_out *out)
{
	memset(j, 0, sizeof(*j));
	j->out = out;
}

static void put_text(struct cmd_out *o, const char *s, size_t len)
{
	char clean[256];

	cmd_put(o, "\"", 1);
	while (len > 0) {
		unsigned long n;
		size_t step = len < 240 ? len : 240;

		/* don't cut a character in two: go back to where one starts */
		while (step < len && step > 236 && ((unsigned char)s[step] & 0xc0) == 0x80)
			step--;
		n = sg_clean(clean, sizeof(clean), s, step);
		for (unsigned long i = 0, from = 0; i <= n; i++)
			if (i == n || clean[i] == '"' || clean[i] == '\\') {
				cmd_put(o, clean + from, i - from);
				if (i < n)
					cmd_put(o, "\\", 1);
				from = i;
			}
		if (memchr(s, 0, step))
			break;
		s += step;
		len -= step;
	}
	cmd_put(o, "\"", 1);
}

/* Comma, line and indent before a value, and its key. */
static void lead(struct cmd_json *j, const char *key)
{
	if (j->depth > 0) {
		unsigned int d = j->depth - 1;

		if (j->any[d])
			cmd_put(j->out, ",", 1);
		if (!j->compact[d]) {
			cmd_put(j->out, "\n", 1);
			cmd_put_fill(j->out, ' ', 2 * j->depth);
		} else if (j->any[d]) {
			cmd_put(j->out, " ", 1);
		}
		j->any[d] = true;
	}
	if (key) {
		put_text(j->out, key, strlen(key));
		cmd_put(j->out, ": ", 2);
	}
}

static void open_level(struct cmd_json *j, const char *key, bool compact, const char *brackets)
{
	lead(j, key);
	cmd_put(j->out, brackets, 1);
	if (j->depth == CMD_JSON_DEPTH)
		return; /* deeper than any of our documents */
	j->compact[j->depth] = compact || (j->depth > 0 && j->compact[j->depth - 1]);
	j->any[j->depth] = false;
	j->close[j->depth] = brackets[1];
	j->depth++;
}

void cmd_json_object(struct cmd_json *j, const char *key, bool compact)
{
	open_level(j, key, compact, "{}");
}

void cmd_json_array(struct cmd_json *j, const char *key, bool compact)
{
	open_level(j, key, compact, "[]");
}

void cmd_json_end(struct cmd_json *j)
{
	unsigned int d = --j->depth;

	if (j->any[d] && !j->compact[d]) {
		cmd_put(j->out, "\n", 1);
		cmd_put_fill(j->out, ' ', 2 * d);
	}
	cmd_put(j->out, &j->close[d], 1);
	if (d == 0)
		cmd_put(j->out, "\n", 1);
}

void cmd_json_strn(struct cmd_json *j, const char *key, const char *s, size_t len)
{
	lead(j, key);
	put_text(j->out, s, len);
}

void cmd_json_str(struct cmd_json *j, const char *key, const char *s)
{
	cmd_json_strn(j, key, s, strlen(s));
}

void cmd_json_uint(struct cmd_json *j, const char *key, uint64_t v)
{
	lead(j, key);
	cmd_put_uint(j->out, v);
}

void cmd_json_int(struct cmd_json *j, const char *key, int64_t v)
{
	lead(j, key);
	cmd_put_int(j->out, v);
}

void cmd_json_bool(struct cmd_json *j, const char *key, bool v)
{
	lead(j, key);
	cmd_puts(j->out, v ? "true" : "false");
}

void cmd_json_null(struct cmd_json *j, const char *key)
{
	lead(j, key);
	cmd_puts(j->out, "null");
}

void cmd_json_milli(struct cmd_json *j, const char *key, int64_t v)
{
	uint64_t mag = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;

	lead(j, key);
	cmd_printf(j->out, "%s%" PRIu64 ".%03u", v < 0 ? "-" : "", mag / 1000, (unsigned int)(mag % 1000));
}

void cmd_json_time(struct cmd_json *j, const char *key, const struct sg_capture *cap, uint64_t ts)
{
	lead(j, key);
	cmd_put_time(j->out, cap, ts);
}

void cmd_json_uints(struct cmd_json *j, const char *key, const uint64_t *v, size_t nr)
{
	cmd_json_array(j, key, true);
	for (size_t i = 0; i < nr; i++)
		cmd_json_uint(j, NULL, v[i]);
	cmd_json_end(j);
}

void cmd_json_known(struct cmd_json *j, const char *key, uint64_t v, bool known)
{
	if (known)
		cmd_json_uint(j, key, v);
	else
		cmd_json_null(j, key);
}

void cmd_json_uints_known(struct cmd_json *j, const char *key, const uint64_t *v, size_t nr, bool known)
{
	if (known) {
		cmd_json_uints(j, key, v, nr);
		return;
	}
	cmd_json_array(j, key, true);
	for (size_t i = 0; i < nr; i++)
		cmd_json_null(j, NULL);
	cmd_json_end(j);
}
