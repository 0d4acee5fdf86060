/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text files of a snapshot, given as memory.  Each adds to the snapshot; what cannot be understood
 * is skipped.  They return false only when memory runs out.
 */
#ifndef TR_SNAP_H
#define TR_SNAP_H

#include "sg_capture.h"

#define TR_SNAP_MAX_ZONES 4096u
#define TR_SNAP_MAX_CPUS  16384u
#define TR_SNAP_MAX_KV    4096u

/** /proc/zoneinfo: zones with pages, in its order. */
bool tr_snap_zoneinfo(struct sg_snapshot *s, const char *text, size_t len);
/** /proc/buddyinfo, for zones that are there. */
bool tr_snap_buddyinfo(struct sg_snapshot *s, const char *text, size_t len);
/** Names of migratetypes by number, as the rows of pagetypeinfo come. */
struct tr_snap_types {
	unsigned int nr;
	char name[SG_MAX_MIGRATETYPES][16];
};
/** /proc/pagetypeinfo, for zones that are there. */
bool tr_snap_pagetypeinfo(struct sg_snapshot *s, struct tr_snap_types *types, const char *text,
			  size_t len);
/** Lines "key value" or "key = value" as @prefix.key. */
bool tr_snap_lines(struct sg_snapshot *s, const char *prefix, const char *text, size_t len);
/** One value under @key. */
bool tr_snap_value(struct sg_snapshot *s, const char *key, const char *text, size_t len);
/** The zone of this node and name, a new one when there is none; NULL: too many, or memory runs out. */
struct sg_zone_snap *tr_snap_zone(struct sg_snapshot *s, int node, const char *name);
/** Adds the zones that lines "Node N, zone NAME" name, for a snapshot without zoneinfo. */
bool tr_snap_zones(struct sg_snapshot *s, const char *text, size_t len);
/** Frees zones and values. */
void tr_snap_clear(struct sg_snapshot *s);

#endif
