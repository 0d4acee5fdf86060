/* SPDX-License-Identifier: GPL-2.0-only */
/* Words that the panel of decisions and the screen of one decision share. */
#ifndef UI_DECISION_TEXT_H
#define UI_DECISION_TEXT_H

#include "ui_model.h"
#include "ui_theme.h"

/** "the rules and the kernel agree" and its like. */
const char *ui_verdict_text(enum mm_verdict v);
enum ui_role ui_verdict_role(enum mm_verdict v);
/** "decision 12 of 345, 3 differ", with "so far 43%" while the index is being made. */
void ui_decision_count(const struct ui_model *md, char *buf, size_t size);

#endif
