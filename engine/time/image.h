/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A machine's whole state as bytes, and back: for keyframes that are kept in files.
 *
 * Equal states give equal bytes, on every kind of computer.  Only what differs from the snapshot that
 * the machine was seeded with is in them, in columns, so that a compressor makes little of it; doc/image.md has
 * the layout.  An image belongs to a configuration (zones, CPUs, snapshots) and fits no other.
 */
#ifndef MM_TIME_IMAGE_H
#define MM_TIME_IMAGE_H

#include "time/room.h"

#include "mm.h"

#define MM_IMAGE_VERSION 7u

/** Receives an image piece by piece.  Return: 0 to go on, anything else stops. */
typedef int (*mm_image_write_fn)(void *arg, const void *data, size_t len);

/** Writes the state of @m.  0, what @fn returned, or SG_E_NOMEM. */
int mm_image_save(const struct mm_machine *m, mm_image_write_fn fn, void *arg);

/**
 * mm_image_load() - a machine in the state of an image
 * @cfg:  as for mm_machine_new(); the image must be of it
 * @data: @len bytes from anywhere: each is checked, and memory is used in proportion to @len only
 * @ret:  untouched on failure
 * Return: 0; SG_E_FORMAT, SG_E_UNSUPPORTED (another version), SG_E_RANGE (of another configuration) or
 * SG_E_NOMEM with the sentence in @err
 * Events that follow change the machine as they would have changed the one that was saved.
 */
int mm_image_load(const struct mm_config *cfg, const void *data, size_t len, struct mm_machine **ret,
		  struct sg_err *err);

/**
 * mm_start_new() - the machine before the first event: @cfg->start where that is to be had, else mm_machine_new()
 * A start that is damaged or of another version of the engine is passed over: the snapshot knows less, and nothing wrong.
 */
struct mm_machine *mm_start_new(const struct mm_config *cfg, struct sg_err *err);

/** Position of the state in an image's head, UINT64_MAX when it is none. */
uint64_t mm_image_position(const void *data, size_t len);

#endif
