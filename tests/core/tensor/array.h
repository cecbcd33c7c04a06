// The side of the oracles: row-major numbers in double, without the library.
#ifndef TESTS_CORE_TENSOR_ARRAY_H_
#define TESTS_CORE_TENSOR_ARRAY_H_

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "core/tensor/shape.h"

namespace tensor_testing {

using Dims = std::vector<int64_t>;

inline int64_t len_of(const Dims &dims) {
    int64_t len = 1;
    for (int64_t size : dims) {
        len *= size;
    }
    return len;
}

// Row-major numbers with their sizes.
struct Array {
    Dims dims;
    std::vector<double> v;
    int64_t len() const { return static_cast<int64_t>(v.size()); }
};

// One index per dimension, without the heap: the oracles make one for every element.
class Index {
  public:
    explicit Index(size_t size) : size_(size) {}
    size_t size() const { return size_; }
    int64_t operator[](size_t d) const { return at_[d]; }
    int64_t &operator[](size_t d) { return at_[d]; }

  private:
    int64_t at_[NEURAL_MAX_DIMS] = {};
    size_t size_;
};

// Position i of an array of sizes dims.
inline Index index_of(int64_t i, const Dims &dims) {
    Index index(dims.size());
    for (size_t d = dims.size(); d-- > 0;) {
        index[d] = i % dims[d];
        i /= dims[d];
    }
    return index;
}

// Where index of the broadcast shape reads an array of sizes dims.
inline int64_t broadcast_position(const Index &index, const Dims &dims) {
    int64_t at = 0;
    for (size_t d = 0; d < dims.size(); d++) {
        const int64_t i = index[index.size() - dims.size() + d];
        at = at * dims[d] + (dims[d] == 1 ? 0 : i);
    }
    return at;
}

// Multiples of 1/8 in [-2, 2]: their sums and products are exact in f32.
inline Array random_grid(const Dims &dims, std::mt19937_64 &random) {
    Array array{dims, std::vector<double>(static_cast<size_t>(len_of(dims)))};
    for (double &x : array.v) {
        x = (static_cast<double>(random() % 33) - 16) / 8;
    }
    return array;
}

inline Array random_uniform(const Dims &dims, double low, double high, std::mt19937_64 &random) {
    Array array{dims, std::vector<double>(static_cast<size_t>(len_of(dims)))};
    std::uniform_real_distribution<double> uniform(low, high);
    for (double &x : array.v) {
        x = static_cast<float>(uniform(random));
    }
    return array;
}

inline std::string text_of(const Dims &dims) {
    std::string text = "[";
    for (size_t d = 0; d < dims.size(); d++) {
        text += (d ? ", " : "") + std::to_string(dims[d]);
    }
    return text + "]";
}

} // namespace tensor_testing

#endif // TESTS_CORE_TENSOR_ARRAY_H_
