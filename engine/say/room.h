/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The record of a decision, and words for decisions and events.
 * Sees: store, policy, machine, rules.
 */
#if defined(MM_ROOM) && MM_ROOM < 5
#error "say/ is not seen from here: engine/meson.build has the order of the rooms"
#endif
