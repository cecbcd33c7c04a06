// Texts with random faults, replayable by NEURAL_TEST_SEED.
#ifndef TESTS_MODEL_MUTATIONS_H_
#define TESTS_MODEL_MUTATIONS_H_

#include <cstdlib>
#include <random>
#include <string>

// NEURAL_TEST_SEED, else a new one; to be printed by what fails.
inline unsigned TestSeed() {
    const char *given = std::getenv("NEURAL_TEST_SEED");
    return given ? static_cast<unsigned>(std::strtoul(given, nullptr, 0)) : std::random_device{}();
}

// `text` with one to four characters replaced, runs of up to five erased, or characters inserted;
// what is new comes from the alphabet. Never empty.
inline std::string Mutated(std::string text, const std::string &alphabet, std::mt19937 *random) {
    const auto below = [random](size_t bound) { return (*random)() % bound; };
    for (size_t edits = 1 + below(4); edits; edits--) {
        const size_t at = below(text.size());
        switch (below(3)) {
        case 0:
            text[at] = alphabet[below(alphabet.size())];
            break;
        case 1:
            text.erase(at, 1 + below(5));
            break;
        default:
            text.insert(at, 1, alphabet[below(alphabet.size())]);
        }
        text += text.empty() ? "x" : "";
    }
    return text;
}

#endif // TESTS_MODEL_MUTATIONS_H_
