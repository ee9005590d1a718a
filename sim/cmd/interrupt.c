/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * interrupt.c - see interrupt.h
 */
#include "sim/cmd/interrupt.h"

#include <signal.h>
#include <stddef.h>
#include <termios.h>
#include <unistd.h>

#include "sim/cmd/commands.h"

/* on_signal - calls nothing but what a handler may */
_Noreturn static void
on_signal(int number)
{
    static const char said[] = "\ninterrupted: no unfinished file is left\n";
    struct termios terminal;
    /* On a terminal a line of progress may stand there. */
    const size_t from = tcgetattr(STDERR_FILENO, &terminal) == 0 ? 0 : 1;

    (void)number;
    if (write(STDERR_FILENO, said + from, sizeof said - 1 - from) < 0) {
        _exit(EXIT_IO_ERROR);
    }
    _exit(EXIT_INTERRUPTED);
}

static void
tell(int number)
{
    struct sigaction action = {.sa_handler = on_signal};
    struct sigaction old;

    if (sigaction(number, NULL, &old) == 0 && old.sa_handler == SIG_DFL) {
        sigaction(number, &action, NULL);
    }
}

void
interrupt_tell(void)
{
    tell(SIGINT);
    tell(SIGTERM);
}
