/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * no_entry.c - a shared object, but no scheduler
 */
int no_entry(void);

int
no_entry(void)
{
    return 0;
}
