/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Copy-on-write arrays, and the pool that their memory comes from.
 * Sees: nothing of the engine but mm.h.
 */
#if defined(MM_ROOM) && MM_ROOM < 1
#error "store/ is not seen from here: engine/meson.build has the order of the rooms"
#endif
