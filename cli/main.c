/* The program. //cli:train, //cli:eval and //cli:infer compile this with their word fixed. */
#include <stddef.h>

#include "cli/command.h"

#ifndef CLI_FIRST_WORD
#define CLI_FIRST_WORD NULL
#endif

int main(int argc, char **argv) {
    return cli_main(CLI_FIRST_WORD, argc, argv);
}
