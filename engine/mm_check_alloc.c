// SPDX-License-Identifier: GPL-2.0-only
#include "mm_check.h"

const struct mm_checker mm_checker_alloc = {
	.name = "alloc",
};
