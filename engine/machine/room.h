/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine's state: pages, pageblocks, zones, free lists, per-cpu lists, what a snapshot makes of them, and the steps
 * that change them.  A step does what it says and nothing else.
 * Sees: store, policy.
 */
#if defined(MM_ROOM) && MM_ROOM < 3
#error "machine/ is not seen from here: engine/meson.build has the order of the rooms"
#endif
