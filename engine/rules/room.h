/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's rules, pure: what they are given, what they answer.  Nothing here changes a machine.
 * Sees: store, policy, machine.
 */
#if defined(MM_ROOM) && MM_ROOM < 4
#error "rules/ is not seen from here: engine/meson.build has the order of the rooms"
#endif
