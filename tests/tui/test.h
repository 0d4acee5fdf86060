/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of the screens share. */
#ifndef TEST_H
#define TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
