/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libraries.c - see libraries.h
 */
#include "sim/lab/libraries.h"

#include <gsl/gsl_version.h>
#include <sqlite3.h>
#include <yaml.h>

const char *
libraries_gsl(void)
{
    return gsl_version;
}

const char *
libraries_sqlite(void)
{
    return sqlite3_libversion();
}

const char *
libraries_yaml(void)
{
    return yaml_get_version_string();
}
