/* Blocks of rules. */
#ifndef FUZZY_BLOCK_H_
#define FUZZY_BLOCK_H_

#include "fuzzy/system_type.h"

void neural_fuzzy_block_free(fuzzy_block *block);

#endif /* FUZZY_BLOCK_H_ */
