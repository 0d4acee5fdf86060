// SPDX-License-Identifier: GPL-2.0-only
/* Output and messages: the only place that writes to descriptors 1 and 2 for the commands. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"

int cmd_fail(const struct sg_err *err)
{
	fprintf(stderr, "stormglass: %s\n", err->text);
	return err->code == SG_E_USAGE ? CMD_USAGE : CMD_FAILED;
}

int cmd_usage(const struct cmd *cmd, const char *fmt, ...)
{
	const char *sub = cmd && !cmd->help_all ? cmd->name : "";
	struct sg_err err;
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	sg_fail(&err, SG_E_USAGE, "%s%s%s; 'stormglass %s%s--help' says more", sub,
		*sub ? ": " : "", text, sub, *sub ? " " : "");
	return cmd_fail(&err);
}

struct cmd_out *cmd_out_new(void)
{
	struct cmd_out *o = malloc(sizeof(*o));

	if (o) {
		o->error = 0;
		o->fd = STDOUT_FILENO;
		o->name = NULL;
		o->len = 0;
	}
	return o;
}

struct cmd_out *cmd_out_file(const char *path, struct sg_err *err)
{
	struct cmd_out *o = cmd_out_new();

	if (!o) {
		sg_fail(err, SG_E_NOMEM, "out of memory");
		return NULL;
	}
	o->name = path;
	o->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (o->fd < 0) {
		sg_fail(err, SG_E_IO, "%s: cannot be written: %s", path, strerror(errno));
		free(o);
		return NULL;
	}
	return o;
}

static void flush(struct cmd_out *o)
{
	size_t done = 0;

	while (done < o->len && !o->error) {
		ssize_t n = write(o->fd, o->buf + done, o->len - done);

		if (n >= 0)
			done += (size_t)n;
		else if (errno != EINTR && errno != EAGAIN)
			o->error = errno;
	}
	o->len = 0;
}

void cmd_put(struct cmd_out *o, const void *data, size_t len)
{
	const char *p = data;

	while (len > 0) {
		size_t n = CMD_OUT_SIZE - o->len;

		if (n > len)
			n = len;
		memcpy(o->buf + o->len, p, n);
		o->len += n;
		p += n;
		len -= n;
		if (o->len == CMD_OUT_SIZE)
			flush(o);
	}
}

void cmd_puts(struct cmd_out *o, const char *text)
{
	cmd_put(o, text, strlen(text));
}

void cmd_put_uint(struct cmd_out *o, uint64_t v)
{
	char buf[20];
	size_t at = sizeof(buf);

	do {
		buf[--at] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	cmd_put(o, buf + at, sizeof(buf) - at);
}

void cmd_put_int(struct cmd_out *o, int64_t v)
{
	if (v < 0)
		cmd_put(o, "-", 1);
	cmd_put_uint(o, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

void cmd_put_fill(struct cmd_out *o, char c, size_t n)
{
	while (n > 0) {
		size_t part = CMD_OUT_SIZE - o->len;

		if (part > n)
			part = n;
		memset(o->buf + o->len, c, part);
		o->len += part;
		n -= part;
		if (o->len == CMD_OUT_SIZE)
			flush(o);
	}
}

void cmd_printf(struct cmd_out *o, const char *fmt, ...)
{
	char buf[1024];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	if (n > 0)
		cmd_put(o, buf, (size_t)n < sizeof(buf) ? (size_t)n : sizeof(buf) - 1);
}

void cmd_put_time(struct cmd_out *o, const struct sg_capture *cap, uint64_t ts)
{
	char frac[10] = ".000000000";
	uint64_t ns = ts % 1000000000u;

	if (!cap->clock_is_ns) {
		cmd_put_uint(o, ts);
		return;
	}
	cmd_put_uint(o, ts / 1000000000u);
	for (unsigned int i = 9; i > 0; i--, ns /= 10)
		frac[i] = (char)('0' + ns % 10);
	cmd_put(o, frac, sizeof(frac));
}

int cmd_out_end(struct cmd_out *o, int code)
{
	struct sg_err err;
	const char *name = o->name ? o->name : "standard output";
	int e, fd = o->fd;

	flush(o);
	e = o->error;
	free(o);
	/* close() is where a network file system reports a full disk */
	if (close(fd) < 0 && !e && errno != EINTR)
		e = errno;
	if (e == 0 || e == EPIPE)
		return code;
	sg_fail(&err, SG_E_IO, "%s: cannot write: %s", name, strerror(e));
	return cmd_fail(&err);
}
