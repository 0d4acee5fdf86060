/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rules held against the trace: what they say before an event, and what the kernel did.
 * Sees: store, policy, machine, rules, say, observe, demand, sim.
 */
#if defined(MM_ROOM) && MM_ROOM < 9
#error "check/ is not seen from here: engine/meson.build has the order of the rooms"
#endif
