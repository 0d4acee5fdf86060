/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the panel of policies and the list of runs. */
#ifndef UI_MAKE_PRIV_H
#define UI_MAKE_PRIV_H

#include "ui_model.h"
#include "ui_shell.h"

/** Shows one of the panels, or none. */
void ui_make_overlay(struct ui_model *md, enum ui_overlay o);
/** Why there are no runs, a sentence; NULL: there are. */
const char *ui_make_no_runs(const struct ui_model *md);
/** Keys of both panels that belong to the program; false for others. */
bool ui_make_program_key(struct ui_shell *sh, int key);
/** Has a run made, and shows the list; or says why not. */
void ui_make_start(struct ui_shell *sh, const struct ui_recipe *how);
/** The selected run gets a name. */
void ui_make_named(struct ui_model *md, const char *name);

#endif
