/* Prints the reference page of the config keys. */
#include <stdio.h>

#include "model/config.h"

int main(void) {
    char *page = NULL;
    if (neural_config_reference(&page)) {
        fprintf(stderr, "%s\n", neural_last_error());
        return 1;
    }
    fputs(page, stdout);
    neural_text_free(page);
    return 0;
}
