// The slot list as text against the list as the kernel tests read it.
#include "core/asm/kernel_slots.h"

#include <sstream>

#include "tests/core/asm/kernel_harness.h"

namespace neural_test {
namespace {

std::string text_of(const neural_accuracy &accuracy) {
    static const char *const kinds[] = {"EXACT", "ULP", "SUM"};
    std::ostringstream text;
    text << kinds[accuracy.kind];
    if (accuracy.kind != NEURAL_ACCURACY_EXACT) {
        text << "(" << accuracy.bound << ")";
    }
    return text.str();
}

TEST(KernelSlots, AreThoseOfTheList) {
    ASSERT_EQ(neural_kernel_slot_count(), static_cast<int>(slots().size()));
    for (int i = 0; i < neural_kernel_slot_count(); i++) {
        EXPECT_EQ(neural_kernel_slot_name(i), slots()[i].op);
        EXPECT_EQ(neural_kernel_slot_accuracy(i), text_of(slots()[i].accuracy)) << slots()[i].op;
    }
}

TEST(KernelSlots, EndWhereTheListEnds) {
    for (const int slot : {-1, neural_kernel_slot_count(), 1 << 30}) {
        EXPECT_EQ(neural_kernel_slot_name(slot), nullptr);
        EXPECT_EQ(neural_kernel_slot_accuracy(slot), nullptr);
    }
}

} // namespace
} // namespace neural_test
