/* Terms of variables. */
#ifndef FUZZY_TERM_H_
#define FUZZY_TERM_H_

#include "fuzzy/system_type.h"

void neural_fuzzy_term_free(fuzzy_term *term);

#endif /* FUZZY_TERM_H_ */
