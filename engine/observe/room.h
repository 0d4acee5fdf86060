/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The trace into the machine, event by event; what the observer concludes from an event and puts right.
 * Sees: store, policy, machine, rules, say.
 */
#if defined(MM_ROOM) && MM_ROOM < 6
#error "observe/ is not seen from here: engine/meson.build has the order of the rooms"
#endif
