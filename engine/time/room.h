/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Time travel: timeline, keyframes, images, what later events tell.
 * Sees: store, policy, machine, rules, say, observe, demand, sim, check.
 */
#if defined(MM_ROOM) && MM_ROOM < 10
#error "time/ is not seen from here: engine/meson.build has the order of the rooms"
#endif
