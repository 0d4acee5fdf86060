/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What tasks asked for, taken out of a trace, and what later events tell of the machine at the start.
 * Sees: store, policy, machine, rules, say, observe.
 */
#if defined(MM_ROOM) && MM_ROOM < 7
#error "demand/ is not seen from here: engine/meson.build has the order of the rooms"
#endif
