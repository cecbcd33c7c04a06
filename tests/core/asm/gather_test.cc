// Rows taken from a table, and added into one, by index.
#include <sys/mman.h>

#include "tests/core/asm/kernel_harness.h"

namespace neural_test {
namespace {

template <class T, class Index>
using Rows = void(T *dst, const T *src, const Index *index, int64_t rows, int64_t cols);

// Holds `values` flush with the upper page.
template <class T> class Placed {
  public:
    explicit Placed(const std::vector<T> &values)
        : len_(static_cast<int64_t>(values.size())), buffer_(values.size() * sizeof(T)),
          data_(buffer_.at_end<T>(len_)) {
        std::copy(values.begin(), values.end(), data_);
    }
    operator T *() { return data_; }
    bool is_intact() const { return buffer_.is_intact(); }
    bool has_bits_of(const std::vector<T> &want) const {
        return std::memcmp(data_, want.data(), len_ * sizeof(T)) == 0;
    }

  private:
    int64_t len_;
    GuardedBuffer buffer_;
    T *data_;
};

// Indices with repetitions, the first and the last row among them.
template <class Index> std::vector<Index> some_rows(int64_t rows, int64_t table_rows) {
    auto random = generator("rows");
    std::vector<Index> index(rows);
    for (int64_t i = 0; i < rows; i++) {
        index[i] = static_cast<Index>(i == 1 ? table_rows - 1 : i % 3 ? random() % table_rows : 0);
    }
    return index;
}

class GatherTest : public KernelTest {
  protected:
    bool is_scatter() const {
        return GetParam().slot().family == Family::scatter_add ||
               GetParam().slot().family == Family::scatter_add_i32;
    }
    bool is_i32() const {
        return GetParam().slot().family == Family::gather_i32 ||
               GetParam().slot().family == Family::scatter_add_i32;
    }

    template <class T, class Index> void shape(int64_t rows, int64_t cols, int64_t table_rows) {
        auto random = generator(GetParam().symbol);
        const std::vector<T> table = ordinary_values<T>(random, table_rows * cols);
        const std::vector<T> list = ordinary_values<T>(random, rows * cols);
        const std::vector<Index> index = some_rows<Index>(rows, table_rows);
        std::vector<T> want = is_scatter() ? table : list;
        for (int64_t i = 0; i < rows * cols; i++) {
            const int64_t at = static_cast<int64_t>(index[i / cols]) * cols + i % cols;
            if (is_scatter()) {
                want[at] += list[i];
            } else {
                want[i] = table[at];
            }
        }
        Placed<T> dst(is_scatter() ? table : list), src(is_scatter() ? list : table);
        Placed<Index> indices(index);
        call_checked(GetParam().as<Rows<T, Index>>(), static_cast<T *>(dst),
                     static_cast<const T *>(static_cast<T *>(src)),
                     static_cast<const Index *>(static_cast<Index *>(indices)), rows, cols);
        EXPECT_TRUE(dst.has_bits_of(want)) << rows << " rows of " << cols;
        EXPECT_TRUE(dst.is_intact() && src.is_intact() && indices.is_intact());
    }

    template <class T, class Index> void shapes() {
        for (int64_t cols : test_lengths()) {
            for (int64_t rows : {0, 1, 2, 5}) {
                shape<T, Index>(rows, cols, 7);
            }
        }
        for (int64_t rows = 0; rows < 20; rows++) {
            shape<T, Index>(rows, 1, 5);
        }
        shape<T, Index>(997, 33, 101);
        shape<T, Index>(20011, 1, 30011);
    }

    // An index beyond 2^31 bytes, in a mapping of which two pages are touched.
    template <class T, class Index> void far_row() {
        const int64_t cols = 1 << 10, far = (int64_t(3) << 30) / (cols * int64_t(sizeof(T)));
        const size_t bytes = (far + 1) * cols * sizeof(T);
        T *table = static_cast<T *>(mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
        ASSERT_NE(table, MAP_FAILED);
        std::vector<T> list(cols, T(3));
        const Index index[1] = {static_cast<Index>(far)};
        table[far * cols + 5] = T(2);
        T *dst = is_scatter() ? table : list.data(), *src = is_scatter() ? list.data() : table;
        call_checked(GetParam().as<Rows<T, Index>>(), dst, static_cast<const T *>(src),
                     static_cast<const Index *>(index), int64_t(1), cols);
        EXPECT_EQ(is_scatter() ? table[far * cols + 5] : list[5], is_scatter() ? T(5) : T(2));
        munmap(table, bytes);
    }

    template <class T> void run() {
        if (is_i32()) {
            shapes<T, int32_t>();
            far_row<T, int32_t>();
        } else {
            shapes<T, int64_t>();
            far_row<T, int64_t>();
        }
    }
};

TEST_BY_DTYPE(GatherTest, Rows, run)

INSTANTIATE_TEST_SUITE_P(All, GatherTest,
                         testing::ValuesIn(kernels_of({Family::gather, Family::gather_i32,
                                                       Family::scatter_add,
                                                       Family::scatter_add_i32})),
                         kernel_test_name);

} // namespace
} // namespace neural_test
