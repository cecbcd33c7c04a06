/* Rules: from their text to what is evaluated. */
#ifndef FUZZY_RULE_H_
#define FUZZY_RULE_H_

#include "fuzzy/system_type.h"

/* Parses text against the variables of the system. On success out owns its memory. */
neural_status neural_fuzzy_rule_parse(const neural_fuzzy_system *system, const char *text,
                                      fuzzy_rule *out);
void neural_fuzzy_rule_free(fuzzy_rule *rule);

#endif /* FUZZY_RULE_H_ */
