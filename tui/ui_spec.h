/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A policy as text, changed piece by piece: "own,storm=p2+p4,defrag_mode=1".  The first piece is what lies beneath, the others
 * are KEY=VALUE; a value may be parts joined by +.  Nothing here knows what they mean.
 */
#ifndef UI_SPEC_H
#define UI_SPEC_H

#include <stdbool.h>
#include <stddef.h>

#include "ui_maker.h"

/** The first piece, cut at @size. */
void ui_spec_base(const char *spec, char *buf, size_t size);
/** Another first piece; false, and nothing changes, when there is no room. */
bool ui_spec_set_base(char spec[static UI_MADE_SPEC], const char *base);
/** The value of @key, cut at @size; false without one. */
bool ui_spec_get(const char *spec, const char *key, char *buf, size_t size);
/** @key=@value, where @key stood before or at the end; NULL: without @key.  False, and nothing changes, when there is no room. */
bool ui_spec_set(char spec[static UI_MADE_SPEC], const char *key, const char *value);
/** Is @value all of the value of @key, or one of its parts? */
bool ui_spec_has(const char *spec, const char *key, const char *value);
/**
 * ui_spec_toggle() - choose @value of @key, or no longer
 * @part: it is one of several that may be joined
 */
bool ui_spec_toggle(char spec[static UI_MADE_SPEC], const char *key, const char *value, bool part, bool (*is_part)(void *arg, const char *value, size_t len),
		    void *arg);

#endif
