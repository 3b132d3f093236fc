#include "emu/fds.h"

#include <errno.h>

enum { FIRST_TAKEN = (1 << DRILL_FDS_FIRST) - 1 };

void drill_fds_init(struct drill_fds *self, struct drill_mem *mem)
{
    *self = (struct drill_fds){.mem = mem, .limit = DRILL_FDS_LIMIT};
}

static void drop_page(struct drill_fds *self, struct drill_fd_page *page)
{
    struct drill_mem *mem = self->mem;
    struct drill_fd_page **aside = &self->lookaside[page->index % DRILL_FDS_LOOKASIDE];

    if (*aside == page)
        *aside = NULL;
    HASH_DEL(self->pages, page);
    drill_mem_free(mem, page, sizeof *page);
}

void drill_fds_fini(struct drill_fds *self)
{
    while (self->pages != NULL) {
        struct drill_fd_page *page = self->pages;
        for (uint32_t bit = 0; bit < DRILL_FDS_PAGE; bit++) {
            struct drill_file *file = page->files[bit];
            page->files[bit] = NULL;
            if (file != NULL)
                drill_file_drop(file);
        }
        drop_page(self, page);
    }
    self->lowest = self->count = 0;
}

struct drill_fd_page *drill_fds_page(struct drill_fds *self, uint32_t index)
{
    struct drill_fd_page *page;

    HASH_FIND(hh, self->pages, &index, sizeof index, page);
    if (page != NULL)
        self->lookaside[index % DRILL_FDS_LOOKASIDE] = page;
    return page;
}

static struct drill_fd_page *make_page(struct drill_fds *self, uint32_t index)
{
    struct drill_mem *mem = self->mem;
    struct drill_fd_page *page = drill_mem_zeroed(mem, sizeof *page);

    if (page == NULL)
        return NULL;
    page->index = index;
    if (index == 0)
        page->used = FIRST_TAKEN;
    HASH_ADD(hh, self->pages, index, sizeof index, page);
    if (!drill_table_has(page)) {
        drill_mem_free(mem, page, sizeof *page);
        return NULL;
    }
    return page;
}

static void fill(struct drill_fds *self, struct drill_fd_page *page, uint32_t bit,
                 struct drill_file *file, bool close_on_exec)
{
    page->used |= UINT64_C(1) << bit;
    page->close_on_exec &= ~(UINT64_C(1) << bit);
    page->close_on_exec |= (uint64_t)close_on_exec << bit;
    page->files[bit] = file;
    self->count++;
}

static struct drill_fd_page *find_page(struct drill_fds *self, uint32_t index)
{
    struct drill_fd_page *page = self->lookaside[index % DRILL_FDS_LOOKASIDE];

    return page != NULL && page->index == index ? page : drill_fds_page(self, index);
}

/* The lowest free number not below `from`, and its page, made if there is none. */
static int find_free(struct drill_fds *self, int from, struct drill_fd_page **found)
{
    const uint32_t start = (uint32_t)from / DRILL_FDS_PAGE;
    uint64_t below = (UINT64_C(1) << ((uint32_t)from % DRILL_FDS_PAGE)) - 1;

    if (from < 0)
        return -EINVAL;
    for (uint32_t index = start > self->lowest ? start : self->lowest;; index++, below = 0) {
        struct drill_fd_page *page = find_page(self, index);
        if (index != start)
            below = 0;
        const uint64_t taken = page != NULL ? page->used : index == 0 ? FIRST_TAKEN : 0;
        if ((taken | below) == UINT64_MAX) {
            self->lowest += index == self->lowest && taken == UINT64_MAX;
            continue;
        }
        const uint32_t fd = index * DRILL_FDS_PAGE + (uint32_t)__builtin_ctzll(~(taken | below));
        if (fd >= self->limit)
            return -EMFILE;
        if (page == NULL && (page = make_page(self, index)) == NULL)
            return -ENOMEM;
        *found = page;
        return (int)fd;
    }
}

int drill_fds_check(struct drill_fds *self)
{
    struct drill_fd_page *page;
    const int fd = find_free(self, 0, &page);

    return fd < 0 ? fd : 0;
}

int drill_fds_add(struct drill_fds *self, struct drill_file *file, int from, bool close_on_exec)
{
    struct drill_fd_page *page;
    const int fd = find_free(self, from, &page);

    if (fd >= 0)
        fill(self, page, (uint32_t)fd % DRILL_FDS_PAGE, file, close_on_exec);
    return fd;
}

int drill_fds_put(struct drill_fds *self, struct drill_file *file, int fd, bool close_on_exec)
{
    const uint32_t index = (uint32_t)fd / DRILL_FDS_PAGE, bit = (uint32_t)fd % DRILL_FDS_PAGE;

    if (fd < 0 || (uint32_t)fd >= self->limit)
        return -EBADF;
    struct drill_fd_page *page = find_page(self, index);
    if (page == NULL && (page = make_page(self, index)) == NULL)
        return -ENOMEM;
    struct drill_file *old = page->files[bit];
    fill(self, page, bit, file, close_on_exec);
    if (old != NULL) {
        self->count--;
        drill_file_drop(old);
    }
    return fd;
}

struct drill_file *drill_fds_take(struct drill_fds *self, int fd)
{
    const uint32_t bit = (uint32_t)fd % DRILL_FDS_PAGE;
    struct drill_fd_page *page = fd < 0 ? NULL : find_page(self, (uint32_t)fd / DRILL_FDS_PAGE);

    if (page == NULL || page->files[bit] == NULL)
        return NULL;
    struct drill_file *file = page->files[bit];
    page->files[bit] = NULL;
    page->used &= ~(UINT64_C(1) << bit);
    self->count--;
    if (page->index < self->lowest)
        self->lowest = page->index;
    if (page->used == 0 && page->index != 0)
        drop_page(self, page);
    return file;
}

static int first_in(const struct drill_fd_page *page, int from)
{
    const int first = (int)(page->index * DRILL_FDS_PAGE);

    for (int bit = from > first ? from - first : 0; bit < DRILL_FDS_PAGE; bit++)
        if (page->files[bit] != NULL)
            return first + bit;
    return -1;
}

/* Pages mostly follow one another; where they do not, all are looked through. */
int drill_fds_next(struct drill_fds *self, int from)
{
    const uint32_t index = (uint32_t)from / DRILL_FDS_PAGE;
    int best = -1;

    for (uint32_t near = index; near <= index + 1; near++) {
        const struct drill_fd_page *page = drill_fds_page(self, near);
        const int found = page != NULL ? first_in(page, from) : -1;
        if (found >= 0)
            return found;
    }
    for (const struct drill_fd_page *page = self->pages; page != NULL; page = page->hh.next) {
        const int found = page->index > index ? first_in(page, from) : -1;
        if (found >= 0 && (best < 0 || found < best))
            best = found;
    }
    return best;
}

uint32_t drill_fds_limit_for(struct drill_fds *self, uint64_t more)
{
    uint32_t limit = 0;

    for (uint32_t index = 0; limit < self->limit; index++) {
        const struct drill_fd_page *page = find_page(self, index);
        const uint64_t taken = page != NULL ? page->used : index == 0 ? FIRST_TAKEN : 0;
        for (uint32_t bit = 0; bit < DRILL_FDS_PAGE && limit < self->limit; bit++, limit++) {
            const bool is_free = (taken >> bit & 1) == 0;
            if (is_free && more == 0)
                return limit;
            more -= is_free;
        }
    }
    return self->limit;
}
