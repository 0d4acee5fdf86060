/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine that decides for itself: allocation, reclaim, compaction.
 * Sees: store, policy, machine, rules, say, observe, demand.
 */
#if defined(MM_ROOM) && MM_ROOM < 8
#error "sim/ is not seen from here: engine/meson.build has the order of the rooms"
#endif
