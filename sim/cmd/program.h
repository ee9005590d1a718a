/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * program.h - which program this is: the SHA-256 of its sources
 *
 * Fixed at build (Makefile): every .c and .h of sim/, models/ and plots/ and
 * the seam, in the order of their names. It is in the key of every run, so
 * results of two versions of the simulator are never taken for each other.
 */
#ifndef SIM_CMD_PROGRAM_H
#define SIM_CMD_PROGRAM_H

const char *program_sha256(void);

#endif
