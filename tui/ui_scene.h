/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A scene: what the screens show at a position, as far as a person chose it (zone,
 * cursor, zoom, panel, search, ...), without colours and without the terminal's
 * size.  As text it is words like "zone=0/Normal zoom=fit"; a change of scene is
 * only the words that changed, so that a path of scenes stays short.
 */
#ifndef UI_SCENE_H
#define UI_SCENE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ui_fmt.h"

struct ui_model;

struct ui_scene {
	int node;
	char zone[16];      /* "" when no zone is known */
	bool cursor_set;
	uint64_t cursor;    /* pfn; 0 unless set, and while the cursor follows the changes */
	bool block_open, follow, trail;
	int zoom;           /* -1: as it fits */
	int map_style, focus, figures, overlay;
	int overlay_scroll, event_scroll, decision_scroll, mark_sel;
	int kind;           /* of decisions that are stopped at, from 1; 0: all */
	uint64_t frame_events, frame_ns;
	char search[UI_TEXT_MAX];
};

/** Bytes that the text of any scene needs. */
#define UI_SCENE_TEXT 1024

/** What the model shows now.  All bytes are set: scenes may be compared with memcmp(). */
void ui_scene_take(const struct ui_model *md, struct ui_scene *ret);
/** Shows @sc.  What isn't there (a zone of another machine, a filter that can't be) is left as it is. */
void ui_scene_show(struct ui_model *md, const struct ui_scene *sc);

/**
 * ui_scene_write() - a scene as text
 * @old:   only what differs from it; NULL: all
 * Return: bytes without the NUL
 */
size_t ui_scene_write(const struct ui_scene *old, const struct ui_scene *now, char buf[static UI_SCENE_TEXT]);
/**
 * ui_scene_read() - change @sc by the words of a text
 * The text may come from anywhere: words that aren't known or make no sense are left out.
 */
void ui_scene_read(struct ui_scene *sc, const char *text, size_t len);

#endif
