/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Errors: a negative code and one sentence that can be shown as it is.  The one
 * who knows most writes the sentence; callers pass it on.
 */
#ifndef SG_ERR_H
#define SG_ERR_H

#define SG_ERR_LIST(X)                                                    \
	X(NOMEM, "out of memory")                                         \
	X(IO, "the file cannot be read")                                  \
	X(FORMAT, "the file is not what it should be")                    \
	X(TRUNCATED, "the file ends too early")                           \
	X(UNSUPPORTED, "a format that this version does not read")        \
	X(RANGE, "a value outside its range")                             \
	X(NOTFOUND, "no such thing")                                      \
	X(USAGE, "wrong usage")

enum sg_code {
	SG_OK = 0,
#define X(name, text) SG_E_POS_##name,
	SG_ERR_LIST(X)
#undef X
#define X(name, text) SG_E_##name = -SG_E_POS_##name,
	SG_ERR_LIST(X)
#undef X
};

/** An error: @text is one sentence without newline, safe for a terminal. */
struct sg_err {
	int code;
	char text[512];
};

/**
 * sg_fail() - write the sentence and return the code
 * @err:  filled in unless NULL; control characters in the text are replaced
 * @code: negative enum sg_code
 * Return: @code, so that callers write: return sg_fail(err, SG_E_IO, ...)
 */
int sg_fail(struct sg_err *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/**
 * sg_clean() - copy text so that a terminal can't be told anything by it
 * @dst:  receives at most @size - 1 bytes and a NUL
 * @size: bytes, > 0
 * @src:  @len bytes from anywhere (a task name, a marker, a file name)
 * Control bytes (below 0x20, 0x7f), and bytes that are not valid UTF-8 or encode
 * C1 controls or bidirectional overrides, become '?'.
 * Return: bytes written without the NUL
 */
unsigned long sg_clean(char *dst, unsigned long size, const char *src, unsigned long len);

#endif
