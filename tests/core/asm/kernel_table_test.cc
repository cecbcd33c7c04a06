// The tables: every slot filled at every level, by a kernel of its own, and the ceiling.
#include <set>

#include "tests/core/asm/kernel_harness.h"

namespace neural_test {
namespace {

std::vector<neural_isa> levels_here() {
    std::vector<neural_isa> levels;
    for (int isa = 0; isa <= neural_isa_detected(); isa++) {
        levels.push_back((neural_isa)isa);
    }
    return levels;
}

// The pointer of a slot in a table, found through the slot list.
struct SlotPointer {
    std::string op, dtype;
    AnyFunction function;

    std::string name() const { return dtype.empty() ? op : op + "_" + dtype; }
};

std::vector<SlotPointer> pointers_of(const neural_kernel_table &table) {
    return {
#define NEURAL_SLOT(op, type, accuracy)                                                            \
    {#op, "f32", reinterpret_cast<AnyFunction>(table.op##_f32)},                                   \
        {#op, "f64", reinterpret_cast<AnyFunction>(table.op##_f64)},
#define NEURAL_PLAIN_SLOT(op, type, accuracy) {#op, "", reinterpret_cast<AnyFunction>(table.op)},
#include "core/asm/slots.inc"
    };
}

const Kernel *row_of(const SlotPointer &slot, neural_isa isa) {
    for (const Kernel &kernel : kernels()) {
        if (kernel.op == slot.op && kernel.dtype == slot.dtype && kernel.isa == isa) {
            return &kernel;
        }
    }
    return nullptr;
}

// Asks the lists, so that it does not depend on this CPU.
TEST(KernelTable, HasNoHoles) {
    for (int isa = 0; isa < NEURAL_ISA_COUNT; isa++) {
        for (const SlotPointer &slot : pointers_of(*neural_kernels_at(NEURAL_ISA_C))) {
            EXPECT_NE(row_of(slot, (neural_isa)isa), nullptr)
                << "hole: neural_" << slot.name() << "_" << neural_isa_name((neural_isa)isa);
        }
    }
    for (neural_isa isa : levels_here()) {
        for (const SlotPointer &slot : pointers_of(*neural_kernels_at(isa))) {
            EXPECT_NE(slot.function, nullptr) << slot.name();
        }
    }
}

// A slot holds its own level's kernel, or inherits the nearest lower one.
TEST(KernelTable, HoldsTheHighestRow) {
    for (neural_isa isa : levels_here()) {
        EXPECT_EQ(neural_kernels_at(isa)->isa, isa);
        for (const SlotPointer &slot : pointers_of(*neural_kernels_at(isa))) {
            int level = isa;
            while (level >= 0 && !row_of(slot, (neural_isa)level)) {
                level--;
            }
            ASSERT_GE(level, 0) << "no kernel for " << slot.name();
            EXPECT_EQ(slot.function, row_of(slot, (neural_isa)level)->function)
                << slot.name() << " at " << neural_isa_name(isa);
        }
    }
}

TEST(KernelTable, HasNoRowTwiceAndNoUnknownRow) {
    std::set<std::string> seen;
    for (const Kernel &kernel : kernels()) {
        EXPECT_TRUE(seen.insert(kernel.symbol).second) << kernel.symbol << " is listed twice";
        EXPECT_EQ(kernel.slot().op, kernel.op);
    }
}

TEST(KernelTable, IsAbsentBeyondTheCpu) {
    for (int isa = neural_isa_detected() + 1; isa < NEURAL_ISA_COUNT; isa++) {
        EXPECT_EQ(neural_kernels_at((neural_isa)isa), nullptr);
    }
    EXPECT_EQ(neural_kernels_at(NEURAL_ISA_COUNT), nullptr);
}

TEST(KernelTable, ActiveIsTheActiveLevel) {
    EXPECT_EQ(neural_kernels(), neural_kernels_at(neural_isa_active()));
}

} // namespace
} // namespace neural_test
