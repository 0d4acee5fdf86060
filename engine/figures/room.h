/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a run cost, in figures: counted from its events, observed or simulated alike; runs compared.
 * Sees: store, policy, machine, rules, say, observe, demand, sim, check, time, index, run.
 */
#if defined(MM_ROOM) && MM_ROOM < 13
#error "figures/ is not seen from here: engine/meson.build has the order of the rooms"
#endif
