#include "cli/interrupt.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t raised;

/* All three get their usual effect back, so that any second signal ends the program. */
static void raise_flag(int number) {
    (void)number;
    raised = 1;
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
}

void cli_catch_interrupts(void) {
    struct sigaction action = {.sa_handler = raise_flag, .sa_flags = SA_RESTART}, before;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN) {
        sigaction(SIGHUP, &action, NULL);
    }
}

void cli_outlive_pipes(void) {
    signal(SIGPIPE, SIG_IGN);
}

int cli_interrupted(void) {
    return raised != 0;
}
