/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libraries.h - the versions of the libraries that this program runs with
 *
 * Those that were loaded, not those it was compiled with.
 */
#ifndef SIM_LAB_LIBRARIES_H
#define SIM_LAB_LIBRARIES_H

const char *libraries_gsl(void);
const char *libraries_sqlite(void);
const char *libraries_yaml(void);

#endif
