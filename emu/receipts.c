#include "emu/receipts.h"

#include <stddef.h>
#include <string.h>

#define BASIS UINT64_C(14695981039346656037)
#define PRIME UINT64_C(1099511628211)

uint64_t drill_receipt_digest(uint64_t so_far, const void *data, size_t size)
{
    const uint8_t *bytes = data;
    uint64_t digest = so_far != 0 ? so_far : BASIS;

    for (size_t i = 0; i < size; i++)
        digest = (digest ^ bytes[i]) * PRIME;
    return digest;
}

struct drill_receipt *drill_receipts_find(struct drill_receipt *first,
                                          const struct drill_host *host, const char *task)
{
    for (struct drill_receipt *each = first; each != NULL; each = each->next)
        if (each->host == host && strcmp(each->task, task) == 0)
            return each;
    return NULL;
}

struct drill_receipt *drill_receipts_need(struct drill_receipt **first, struct drill_mem *mem,
                                          const struct drill_host *host, const char *task)
{
    struct drill_receipt *self = drill_receipts_find(*first, host, task);

    if (self != NULL)
        return self;
    self = drill_mem_new(mem, sizeof *self);
    if (self == NULL)
        return NULL;
    memset(self, 0, offsetof(struct drill_receipt, late));
    self->task = drill_mem_text(mem, task);
    if (self->task == NULL) {
        drill_mem_free(mem, self, sizeof *self);
        return NULL;
    }
    self->host = host;
    self->next = *first;
    *first = self;
    return self;
}

void drill_receipts_fini(struct drill_receipt **first, struct drill_mem *mem)
{
    while (*first != NULL) {
        struct drill_receipt *self = *first;
        *first = self->next;
        drill_mem_free(mem, self->task, strlen(self->task) + 1);
        drill_mem_free(mem, self, sizeof *self);
    }
}

uint64_t drill_receipt_sum(const struct drill_receipt *self)
{
    return drill_receipt_digest(self->digest, self->late, self->late_size);
}

void drill_receipt_add(struct drill_receipt *self, const struct drill_args *args, size_t from,
                       size_t to)
{
    while (from < to) {
        if (self->late_size == DRILL_RECEIPT_LATE) {
            self->digest = drill_receipt_sum(self);
            self->late_size = 0;
        }
        const size_t left = DRILL_RECEIPT_LATE - self->late_size;
        const size_t size = to - from < left ? to - from : left;
        uint8_t *block = self->late + self->late_size;
        drill_args_take(args, from, block, size);
        if (self->count < DRILL_RECEIPT_FIRST) {
            const size_t room = DRILL_RECEIPT_FIRST - (size_t)self->count;
            memcpy(self->first + self->count, block, size < room ? size : room);
        }
        self->late_size += size;
        self->count += size;
        from += size;
    }
}
