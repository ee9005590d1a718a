/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mtasim.c - the program; see commands.h
 */
#include "sim/cmd/commands.h"

int
main(int argc, char **argv)
{
    return commands_main(argc, argv);
}
