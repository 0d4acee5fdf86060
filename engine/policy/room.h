/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which kernel decides: its facts and settings, and what gfp flags mean.
 * Sees: store.
 */
#if defined(MM_ROOM) && MM_ROOM < 2
#error "policy/ is not seen from here: engine/meson.build has the order of the rooms"
#endif
