/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A simulated run: a capture's demand, in time, on a machine that decides for itself.
 * Sees: store, policy, machine, rules, say, observe, demand, sim, check, time, index.
 */
#if defined(MM_ROOM) && MM_ROOM < 12
#error "run/ is not seen from here: engine/meson.build has the order of the rooms"
#endif
