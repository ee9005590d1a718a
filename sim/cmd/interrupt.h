/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * interrupt.h - Ctrl-C says what is left, and the exit code is 130
 *
 * Nothing has to be cleaned up: files get their names when they are whole
 * (wholefile.h) and results are written in transactions, so the handler has only
 * to say so. A sweep takes the signal itself, to let its runs end.
 */
#ifndef SIM_CMD_INTERRUPT_H
#define SIM_CMD_INTERRUPT_H

/* From now on, for SIGINT and SIGTERM where they are not ignored. */
void interrupt_tell(void);

#endif
