/* Tries one piece of work with every allocation failing in turn, and with every operation on a file
 * failing, interrupted, or short. After each: a clean status and text, the answer of an undisturbed
 * run or none, nothing leaked, files that are whole, and a second try that succeeds. */
#ifndef TESTS_FAULT_HARNESS_H_
#define TESTS_FAULT_HARNESS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "core/base/status.h"

namespace fault {

using Files = std::map<std::string, std::string>; // by path below the directory

struct Outcome {
    neural_status status = NEURAL_OK;
    std::string text;   // the error's
    std::string answer; // what came out, beside files
    Outcome() = default;
    explicit Outcome(neural_status failed);
};

/* The work: everything it opens and makes is closed and gone at its end. */
struct Work {
    std::string name;
    Files before; // there when it begins
    std::function<Outcome(const std::string &dir)> run;
    /* "" when a file that is neither as before nor as an undisturbed run leaves it is good, else
     * what is wrong with it. NULL: there may be none. */
    std::function<std::string(const std::string &path, const std::string &content)> judge;
    int64_t most = 150; // points of a kind without FAULT_EVERY, about
};

/* Each prints how many points were tried: "one allocation: 175 of 523 points". FAULT_EVERY=1 in the
 * environment tries every one, without it some of each kind that are spread evenly. */
void FailAllocations(const Work &work);
void FailFiles(const Work &work);

} // namespace fault

#endif // TESTS_FAULT_HARNESS_H_
