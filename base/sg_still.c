// SPDX-License-Identifier: GPL-2.0-only
/* Names of where stills come from. */
#include "sg_still.h"

static const struct {
	const char *key, *text;
} origin[SG_STILL_COUNT] = {
#define X(id, key, text) [SG_STILL_##id] = { key, text },
	SG_STILL_LIST(X)
#undef X
};

const char *sg_still_key(enum sg_still_origin o)
{
	return (unsigned int)o < SG_STILL_COUNT ? origin[o].key : "unknown";
}

const char *sg_still_text(enum sg_still_origin o)
{
	return (unsigned int)o < SG_STILL_COUNT ? origin[o].text : "unknown";
}
