#include "core/asm/kernel_slots.h"

#include <stddef.h>

static const struct {
    const char *name, *accuracy;
} slots[] = {
#define NEURAL_SLOT(op, type, accuracy) {#op, #accuracy},
#define NEURAL_PLAIN_SLOT(op, type, accuracy) {#op, #accuracy},
#include "core/asm/slots.inc"
};
enum { SLOTS = sizeof slots / sizeof *slots };

int neural_kernel_slot_count(void) {
    return SLOTS;
}

const char *neural_kernel_slot_name(int slot) {
    return slot >= 0 && slot < SLOTS ? slots[slot].name : NULL;
}

const char *neural_kernel_slot_accuracy(int slot) {
    return slot >= 0 && slot < SLOTS ? slots[slot].accuracy : NULL;
}
