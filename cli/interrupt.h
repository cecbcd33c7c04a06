/* The one thing a signal handler may touch. */
#ifndef CLI_INTERRUPT_H_
#define CLI_INTERRUPT_H_

/* From now on the first SIGINT, SIGTERM or SIGHUP only raises a flag; the next one has its usual
 * effect again. A SIGHUP that is ignored (nohup) stays so. */
void cli_catch_interrupts(void);

/* From now on writing to a pipe that nobody reads fails instead of ending the program. */
void cli_outlive_pipes(void);

/* 1 when such a signal has come. */
int cli_interrupted(void);

#endif /* CLI_INTERRUPT_H_ */
