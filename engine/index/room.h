/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The decisions of a run, to be found and counted, and where two runs part.
 * Sees: store, policy, machine, rules, say, observe, demand, sim, check, time.
 */
#if defined(MM_ROOM) && MM_ROOM < 11
#error "index/ is not seen from here: engine/meson.build has the order of the rooms"
#endif
