// SPDX-License-Identifier: GPL-2.0-only
/* Errors as sentences, and text made safe for a terminal. */
#include "sg_err.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

int sg_fail(struct sg_err *err, int code, const char *fmt, ...)
{
	char raw[sizeof(err->text)];
	va_list ap;
	int n;

	if (!err)
		return code;
	va_start(ap, fmt);
	n = vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	if (n < 0)
		n = 0;
	if ((size_t)n >= sizeof(raw))
		n = sizeof(raw) - 1;
	err->code = code;
	sg_clean(err->text, sizeof(err->text), raw, (unsigned long)n);
	return code;
}

/*
 * Length of the well-formed UTF-8 sequence at @s (RFC 3629), 0 when there is none.
 * *@cp receives the code point.
 */
static unsigned long utf8_len(const unsigned char *s, unsigned long len, uint32_t *cp)
{
	static const uint32_t least[5] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned long n = s[0] < 0x80 ? 1 : s[0] >= 0xf0 && s[0] < 0xf5 ? 4 : s[0] >= 0xe0 && s[0] < 0xf0 ? 3 :
			  s[0] >= 0xc2 && s[0] < 0xe0 ? 2 : 0;

	if (n == 0 || n > len)
		return 0;
	*cp = n == 1 ? s[0] : s[0] & (0xffu >> (n + 1));
	for (unsigned long i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*cp = *cp << 6 | (s[i] & 0x3f);
	}
	return *cp < least[n] || (*cp >= 0xd800 && *cp < 0xe000) || *cp > 0x10ffff ? 0 : n;
}

/* Code points that steer a terminal or reorder the text around them. */
static bool is_harmful(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || (cp >= 0x202a && cp <= 0x202e) ||
	       (cp >= 0x2066 && cp <= 0x2069) || cp == 0x200e || cp == 0x200f || cp == 0x061c ||
	       cp == 0xfeff || (cp >= 0x2028 && cp <= 0x2029);
}

unsigned long sg_clean(char *dst, unsigned long size, const char *src, unsigned long len)
{
	const unsigned char *s = (const unsigned char *)src;
	unsigned long out = 0, i = 0;

	while (i < len && s[i]) {
		uint32_t cp = 0;
		unsigned long n = utf8_len(s + i, len - i, &cp);

		if (n == 0 || is_harmful(cp)) {
			if (out + 1 >= size)
				break;
			dst[out++] = '?';
			i += n ? n : 1;
			continue;
		}
		if (out + n >= size)
			break;
		memcpy(dst + out, s + i, n);
		out += n;
		i += n;
	}
	dst[out] = '\0';
	return out;
}
